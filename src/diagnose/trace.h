/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/lines.h"
#include "diagnose/measurement.h"

/**
 * VtTrace: KVM's trace events in one text, a line each, as tracefs (trace, trace_pipe),
 * `trace-cmd report` and `perf script` print them:
 *
 *     CPU 0/KVM-2598 [000] d..1. 713.361560: kvm_exit: vcpu 0 reason IO_INSTRUCTION rip 0x80ab
 * info1 ... CPU 0/KVM-2598 [000] d..1. 713.361566: kvm_pio: pio_read at 0x608 size 4 count 1 val
 * 0x5a2c CPU 0/KVM-2598 [000] d..1. 713.361569: kvm_entry: vcpu 0, rip 0x80ad intr_info ...
 *
 * Read are kvm_exit, kvm_entry, kvm_pio, kvm_mmio, kvm_fast_mmio and kvm_msr (Linux
 * arch/x86/kvm/trace.h and include/trace/events/kvm.h, as of Linux 2.6.32 and later, and the plugin
 * of libtraceevent); all other events and lines are passed over.
 *
 * An exit takes from its kvm_exit to the next kvm_entry of the same task; what began in the trace
 * and does not end in it counts, but not its time. A string instruction that moves many items is
 * one exit, as is a read that KVM hands on (unsatisfied-read) and finishes later. An access takes
 * as long as the exit around it, or from itself to the kvm_entry where kvm_exit was not traced.
 */
typedef struct VtTrace VtTrace;

VtTrace *vt_trace_new(void);
void vt_trace_free(VtTrace *trace); /* accepts NULL */

/**
 * vt_trace_read:
 * @lines: at a line
 * @ret_known: (out): whether it belongs to such a text and says something
 *
 * Adds what the line tells to @measurement.
 */
bool vt_trace_read(VtTrace *trace, VtMeasurement *measurement, const VtLines *lines,
                   bool *ret_known, GError **error);

/** Ends the text: the times and the window are known then. */
void vt_trace_finish(VtTrace *trace, VtMeasurement *measurement);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtTrace, vt_trace_free)
