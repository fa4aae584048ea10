/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ops.h"

#include <stdio.h>
#include <string.h>

#include "base/printable.h"
#include "base/read.h"

static const struct {
    const char *name;
    VtHookOperation run;
} operations[] = {
    {"prepare", vt_hook_prepare}, {"started", vt_hook_record},  {"reconnect", vt_hook_record},
    {"release", vt_hook_release}, {"migrate", vt_hook_migrate}, {"restore", vt_hook_restore},
};

VtHookOperation
vt_hook_find(const char *operation)
{
    for (gsize i = 0; i < G_N_ELEMENTS(operations); i++) {
        if (strcmp(operation, operations[i].name) == 0)
            return operations[i].run;
    }
    return NULL;
}

void
vt_hook_say(const char *format, ...)
{
    g_autofree char *text = NULL, *safe = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    safe = vt_printable(text, false);
    fprintf(stderr, "vmtune: %s\n", safe);
}

int
vt_hook_give_up(const GError *error)
{
    vt_hook_say("%s", error->message);
    return VT_HOOK_ALLOW;
}

VtDocument *
vt_hook_read_domain(const VtHookCall *call, GError **error)
{
    gsize length;
    g_autofree char *bytes =
        vt_read_all(call->xml_fd, call->name, VT_DOCUMENT_MAX_BYTES, &length, error);

    return bytes ? vt_document_parse(bytes, length, call->name, error) : NULL;
}

char *
vt_hook_conf_path(const VtHookCall *call, const char *file)
{
    return g_build_filename(call->conf_dir, file, NULL);
}

char *
vt_hook_uuid(const VtDocument *domain)
{
    const xmlNode *element = vt_element_child(vt_document_root(domain), "uuid");

    return element ? vt_element_text(element) : g_strdup("");
}
