/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libintl.h>
#include <stdbool.h>

/* Whether there are messages in the user's language. To look for each anew where there are none
 * takes as long as a twentieth of all that is done for a domain. */
extern bool vt_has_catalogue;

/** Sets the user's locale; @localedir: where the catalogues are. Without it all is English. */
void vt_i18n_start(const char *localedir);

/** Returns: (transfer full): the language that messages are in, as HTML writes it: "en", "zh-CN".
 */
char *vt_i18n_language(void);

#define _(text) (vt_has_catalogue ? dgettext(VT_GETTEXT_PACKAGE, text) : (text))
#define N_(text) (text)
