/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libintl.h>

#define _(text) dgettext(VT_GETTEXT_PACKAGE, text)
#define N_(text) (text)
