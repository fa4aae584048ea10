/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmtune undo: goes back to the definition from before an entry of the history. */
#include "edges/undo.h"

#include <string.h>

#include "base/i18n.h"
#include "base/printable.h"
#include "cmd/cmd.h"
#include "xml/secrets.h"

/* Definitions come here with their passwords, and a terminal is no place for these. */
static char *
conceal(const char *definition, const char *name, GError **error)
{
    g_autoptr(VtDocument) document = vt_document_parse(definition, strlen(definition), name, error);

    return document ? vt_document_without_secrets(document, error) : NULL;
}

static void
show_difference(const char *name, const VtUndone *undone)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *old = conceal(undone->expected, name, &error);
    g_autofree char *new = old ? conceal(undone->found, name, &error) : NULL;
    g_autofree char *old_label = g_strdup_printf(_("%s (as vmtune knows it)"), name);
    g_autofree char *new_label = g_strdup_printf(_("%s (now)"), name);
    g_autofree char *diff = new ? vt_unified_diff(old_label, old, new_label, new, &error) : NULL;

    if (!diff)
        vt_complain(error);
    else if (*diff)
        vt_print(diff);
    else if (strcmp(undone->expected, undone->found) != 0)
        vt_talk(_("%s: only a password differs"), name);
}

static int
undo(VtSession *session, const VtVirtDomain *domain, guint number, bool force)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtUndone) undone = NULL;
    const char *name = vt_virt_domain_name(domain);
    g_autofree char *quoted = vt_shell_name(name);

    if (!vt_undo(session, domain, number, force, &undone, &error)) {
        if (undone->expected)
            show_difference(name, undone);
        return vt_complain(error);
    }
    if (!undone->changed) {
        vt_talk(_("%s: the definition from before entry %u is stored already"), name,
                undone->number);
        return VT_EXIT_NOTHING;
    }
    vt_talk(_("%s: the definition from before entry %u is stored again; 'vmtune history %s' tells "
              "how to take that back"),
            name, undone->number, quoted);
    if (vt_virt_domain_is_active(domain))
        vt_talk(_("%s: the guest runs; pins that it has got stay until its next start"), name);
    return VT_EXIT_NOTHING;
}

static bool
parse_number(const char *text, guint *ret_number)
{
    guint64 number;

    if (!g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT32, &number, NULL))
        return false;
    *ret_number = (guint)number;
    return true;
}

int
vt_cmd_undo(const VtOptions *options)
{
    char **arguments = options->arguments;
    guint count = arguments ? g_strv_length(arguments) : 0, number = 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(VtSession) session = NULL;
    g_autoptr(VtVirtDomain) domain = NULL;

    if (count < 1 || count > 2) {
        vt_talk(_("vmtune: name one domain, and the number of an entry if it is not the last"));
        return VT_EXIT_TROUBLE;
    }
    if (count == 2 && !parse_number(arguments[1], &number)) {
        g_autofree char *quoted = vt_shell_name(arguments[0]);
        vt_talk(_("vmtune: '%s' is no number of an entry; 'vmtune history %s' lists them"),
                arguments[1], quoted);
        return VT_EXIT_TROUBLE;
    }
    session = vt_session_open(options->connect, "undo", &error);
    if (session)
        domain = vt_virt_lookup(session->virt, arguments[0], &error);
    return domain ? undo(session, domain, number, options->force) : vt_complain(error);
}
