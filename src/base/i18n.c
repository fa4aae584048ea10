/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/i18n.h"

#include <locale.h>

bool vt_has_catalogue;

void
vt_i18n_start(const char *localedir)
{
    setlocale(LC_ALL, "");
    bindtextdomain(VT_GETTEXT_PACKAGE, localedir);
    bind_textdomain_codeset(VT_GETTEXT_PACKAGE, "UTF-8");
    vt_has_catalogue = *dgettext(VT_GETTEXT_PACKAGE, "") != '\0'; /* its head */
}
