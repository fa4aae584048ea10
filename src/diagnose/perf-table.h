/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/lines.h"
#include "diagnose/measurement.h"

/**
 * VtPerfTables: the tables of `perf kvm stat report` and `perf kvm stat live` in one text (Linux
 * tools/perf/builtin-kvm.c, as of Linux 3.7 and later):
 *
 *     Analyze events for all VMs, all VCPUs:
 *
 *      IO Port Access   Samples  Samples%    Time%   Min Time   Max Time       Avg time
 *
 *           0x608:PIN    158788    61.85%   77.51%     1.04us    38.51us     4.39us ( +-  0.21% )
 *
 *     Total Samples:256738, Total events handled time:899615.43us.
 *
 * The title of the first column tells what it is about: VM-EXIT, IO Port Access, MMIO Access or
 * MSR Access. The oldest perf has no columns of the shortest and the longest time.
 *
 * Tables of one kind are added up where each is about another vCPU (--vcpu) or another moment
 * (live, where a time of day stands above each); otherwise the same exits would count twice.
 */
typedef struct VtPerfTables VtPerfTables;

VtPerfTables *vt_perf_tables_new(void);
void vt_perf_tables_free(VtPerfTables *tables); /* accepts NULL */

/**
 * vt_perf_tables_read:
 * @lines: at a line outside of a table; afterwards at the last one that was read
 * @ret_known: (out): whether the line is perf's
 *
 * Reads what begins there, one table at most, into @measurement.
 */
bool vt_perf_tables_read(VtPerfTables *tables, VtMeasurement *measurement, VtLines *lines,
                         bool *ret_known, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtPerfTables, vt_perf_tables_free)
