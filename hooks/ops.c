/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ops.h"

#include <stdio.h>
#include <unistd.h>

#include "base/read.h"

int
vt_hook_give_up(const GError *error)
{
    fprintf(stderr, "vmtune: %s\n", error->message);
    return VT_HOOK_ALLOW;
}

VtDocument *
vt_hook_read_domain(const char *name, GError **error)
{
    gsize length;
    g_autofree char *bytes = vt_read_all(STDIN_FILENO, name, VT_DOCUMENT_MAX_BYTES, &length, error);

    return bytes ? vt_document_parse(bytes, length, name, error) : NULL;
}

char *
vt_hook_uuid(const VtDocument *domain)
{
    const xmlNode *element = vt_element_child(vt_document_root(domain), "uuid");

    return element ? vt_element_text(element) : g_strdup("");
}
