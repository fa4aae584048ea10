/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validate/schema.h"

#include <libxml/relaxng.h>

#include "base/error.h"
#include "base/i18n.h"

struct VtSchema {
    xmlRelaxNG *schema;
};

static void
keep_first(void *data, VtXmlError error)
{
    char **message = data;

    if (!*message)
        *message = g_strchomp(
            g_strdup_printf("line %d: %s", error->line, error->message ? error->message : "?"));
}

VtSchema *
vt_schema_load(const char *path, GError **error)
{
    xmlRelaxNGParserCtxt *context = xmlRelaxNGNewParserCtxt(path);
    g_autofree char *message = NULL;
    VtSchema *schema;
    xmlRelaxNG *parsed = NULL;

    if (context) {
        xmlRelaxNGSetParserStructuredErrors(context, keep_first, &message);
        parsed = xmlRelaxNGParse(context);
        xmlRelaxNGFreeParserCtxt(context);
    }
    if (!parsed) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("%s: not a usable schema: %s"), path,
                    message ? message : "?");
        return NULL;
    }
    schema = g_new0(VtSchema, 1);
    schema->schema = parsed;
    return schema;
}

void
vt_schema_free(VtSchema *schema)
{
    if (!schema)
        return;
    xmlRelaxNGFree(schema->schema);
    g_free(schema);
}

bool
vt_schema_check(VtSchema *schema, const VtDocument *document, char **ret_message)
{
    xmlRelaxNGValidCtxt *context = xmlRelaxNGNewValidCtxt(schema->schema);
    g_autofree char *message = NULL;
    bool valid;

    xmlRelaxNGSetValidStructuredErrors(context, keep_first, &message);
    valid = xmlRelaxNGValidateDoc(context, vt_document_root(document)->doc) == 0;
    xmlRelaxNGFreeValidCtxt(context);
    if (!valid && ret_message)
        *ret_message = g_strdup(message ? message : "?");
    return valid;
}
