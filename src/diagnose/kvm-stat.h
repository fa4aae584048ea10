/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/lines.h"
#include "diagnose/measurement.h"

/**
 * VtKvmStat: what kvm_stat prints, in one text (Linux tools/kvm/kvm_stat, as of Linux 4.8 and
 * later; QEMU's scripts/kvm before):
 *
 *     kvm_stat -1: a row for each event, how often in all and in one second
 *         kvm_exit                                       8127       8104
 *         kvm_exit(HLT)                                  1011       1009
 *     its screen: how often in all, the share, and the average of a second
 *         kvm_exit                                       8127   45.1     8104
 *     kvm_stat -l: rows of counts below the names, once a second before Linux 5.8 and with the time
 *     of day since
 *         exits halt_exits
 *         2026-02-03 10:15:01      8104      1009
 *     kvm_stat -l -c: the same with commas, below "timestamp,exits,halt_exits"
 *
 * kvm_exit(HLT), from tracepoints, are exits by reason; what kvm_exit counts beyond them is
 * "UNKNOWN", as perf has it. All else are counters: those of debugfs by KVM's own names, and
 * tracepoints by theirs, but kvm_exit without its reasons is "exits".
 *
 * Of a screen nobody knows how long it counted. A count below zero is of a guest that ended
 * meanwhile, or of what is no event, such as pages; it is left out.
 */
typedef struct VtKvmStat VtKvmStat;

VtKvmStat *vt_kvm_stat_new(void);
void vt_kvm_stat_free(VtKvmStat *stat); /* accepts NULL */

/**
 * vt_kvm_stat_read:
 * @lines: at a line that is nobody else's
 *
 * What ends with the line before is added to @measurement. Nothing of another program's is an
 * error.
 */
bool vt_kvm_stat_read(VtKvmStat *stat, VtMeasurement *measurement, const VtLines *lines,
                      GError **error);

/** Ends the text, @lines: at its last line. */
bool vt_kvm_stat_finish(VtKvmStat *stat, VtMeasurement *measurement, const VtLines *lines,
                        GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtKvmStat, vt_kvm_stat_free)
