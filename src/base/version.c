/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/version.h"

char *
vt_version_to_string(guint64 version)
{
    return g_strdup_printf("%u.%u.%u", (unsigned)(version / 1000000),
                           (unsigned)(version / 1000 % 1000), (unsigned)(version % 1000));
}
