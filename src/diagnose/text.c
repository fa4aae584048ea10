/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose/text.h"

#include <string.h>

#include "base/i18n.h"
#include "diagnose/kvm-stat.h"
#include "diagnose/lines.h"
#include "diagnose/perf-table.h"
#include "diagnose/trace.h"

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
                         _("nothing in this text is a measurement that vmtune can read; make one "
                           "with 'LC_ALL=C perf kvm stat report 2>&1', 'kvm_stat -1' or "
                           "'trace-cmd report', as vmtune(1) has it"));
}

/* The readers of all formats; each looks at every line that no other took. */
typedef struct {
    VtPerfTables *perf;
    VtTrace *trace;
    VtKvmStat *kvm_stat;
} Readers;

static bool
read_line(const Readers *readers, VtMeasurement *measurement, VtLines *lines, GError **error)
{
    bool known;

    return vt_perf_tables_read(readers->perf, measurement, lines, &known, error) &&
           (known || vt_trace_read(readers->trace, measurement, lines, &known, error)) &&
           (known || vt_kvm_stat_read(readers->kvm_stat, measurement, lines, error));
}

bool
vt_measurement_read_text(VtMeasurement *measurement, const char *bytes, gsize length,
                         const char *origin, GError **error)
{
    g_autoptr(VtLines) lines = vt_lines_new(bytes, length, origin);
    g_autoptr(VtPerfTables) perf = vt_perf_tables_new();
    g_autoptr(VtTrace) trace = vt_trace_new();
    g_autoptr(VtKvmStat) kvm_stat = vt_kvm_stat_new();
    const Readers readers = {perf, trace, kvm_stat};
    guint tables_before = measurement->tables->len;

    if (!check_no_zeros(bytes, length, origin, error))
        return false;
    while (vt_lines_next(lines)) {
        if (!read_line(&readers, measurement, lines, error))
            return false;
    }
    vt_trace_finish(trace, measurement);
    if (!vt_kvm_stat_finish(kvm_stat, measurement, lines, error))
        return false;
    return measurement->tables->len > tables_before || fail_unknown(origin, error);
}
