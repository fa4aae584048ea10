/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xml/secrets.h"

/* The text on its way: what lies before @done is in @out already. */
typedef struct {
    const VtDocument *document;
    const char *bytes;
    gsize done;
    GString *out;
} Copy;

static void
conceal(Copy *copy, gsize start, gsize end)
{
    g_string_append_len(copy->out, copy->bytes + copy->done, (gssize)(start - copy->done));
    g_string_append(copy->out, "***");
    copy->done = end;
}

static void
copy_element(Copy *copy, const xmlNode *element)
{
    const VtSpan *span = vt_document_span(copy->document, element);
    gsize start, end;
    char quote;

    if (vt_element_is(element, "graphics") &&
        vt_document_attribute_span(copy->document, element, "passwd", &start, &end, &quote))
        conceal(copy, start, end);
    if (vt_element_is(element, "cookie") && span->start_end < span->end_start) {
        conceal(copy, span->start_end, span->end_start);
        return;
    }
    for (const xmlNode *child = element->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE)
            copy_element(copy, child);
    }
}

char *
vt_document_without_secrets(const VtDocument *document, GError **error)
{
    Copy copy = {.document = document};
    gsize length;

    if (!vt_document_follow(document, error))
        return NULL;
    copy.bytes = vt_document_bytes(document, &length);
    copy.out = g_string_sized_new(length);
    copy_element(&copy, vt_document_root(document));
    g_string_append_len(copy.out, copy.bytes + copy.done, (gssize)(length - copy.done));
    return g_string_free(copy.out, FALSE);
}
