/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose/text.h"

#include <string.h>

#include "base/i18n.h"
#include "diagnose/lines.h"
#include "diagnose/perf-table.h"

/* UTF-16, as some editors write it, has a zero in every second byte. */
static bool
check_no_zeros(const char *bytes, gsize length, const char *origin, GError **error)
{
    const char *zero = memchr(bytes, '\0', length);
    g_autoptr(VtLines) lines = NULL;

    if (!zero)
        return true;
    lines = vt_lines_new(bytes, (gsize)(zero - bytes) + 1, origin);
    while (vt_lines_next(lines))
        continue;
    return vt_lines_fail(lines, lines->text + strlen(lines->text), error,
                         _("there is a zero byte: this is no text, or it is UTF-16; make it again, "
                           "or convert it to UTF-8"));
}

static bool
fail_unknown(const char *origin, GError **error)
{
    g_autoptr(VtLines) lines = vt_lines_new("", 0, origin);

    return vt_lines_fail(lines, lines->text, error,
                         _("nothing in this text is a measurement that vmtune can read; "
                           "'LC_ALL=C perf kvm stat report' makes one"));
}

bool
vt_measurement_read_text(VtMeasurement *measurement, const char *bytes, gsize length,
                         const char *origin, GError **error)
{
    g_autoptr(VtLines) lines = vt_lines_new(bytes, length, origin);
    g_autoptr(VtPerfTables) perf = vt_perf_tables_new();
    bool known = false;

    if (!check_no_zeros(bytes, length, origin, error))
        return false;
    while (vt_lines_next(lines)) {
        if (!vt_perf_tables_knows(lines->text))
            continue;
        if (!vt_perf_tables_read(perf, measurement, lines, error))
            return false;
        known = true;
    }
    return known || fail_unknown(origin, error);
}
