/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/i18n.h"

#include <glib.h>
#include <locale.h>
#include <string.h>

bool vt_has_catalogue;

void
vt_i18n_start(const char *localedir)
{
    setlocale(LC_ALL, "");
    bindtextdomain(VT_GETTEXT_PACKAGE, localedir);
    bind_textdomain_codeset(VT_GETTEXT_PACKAGE, "UTF-8");
    vt_has_catalogue = *dgettext(VT_GETTEXT_PACKAGE, "") != '\0'; /* its head */
}

/* A catalogue's head says what it is in. */
char *
vt_i18n_language(void)
{
    const char *head = vt_has_catalogue ? dgettext(VT_GETTEXT_PACKAGE, "") : "";
    const char *line = strstr(head, "Language: ");
    gsize length = line ? strcspn(line += strlen("Language: "), "\n") : 0;
    char *language = length > 0 ? g_strndup(line, length) : g_strdup("en");

    return g_strdelimit(language, "_", '-');
}
