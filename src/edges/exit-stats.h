/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/measurement.h"
#include "edges/virt.h"

/**
 * VtExitSample: KVM's counters of a running domain at one time, from libvirt's own statistics.
 * libvirt tells them from 8.9 on, QEMU from 7.1 on, Linux from 5.14 on.
 */
typedef struct {
    GHashTable *statistics; /* (element-type utf8 guint64) */
    unsigned run;           /* vt_virt_domain_run() */
    gint64 taken_us;        /* of the monotonic clock */
} VtExitSample;

/**
 * vt_exit_sample_take:
 * @error: VT_ERROR_REFUSED where @domain does not run
 *
 * Returns: (transfer full): the counters now
 */
VtExitSample *vt_exit_sample_take(const VtVirtDomain *domain, GError **error);

/** Whether libvirt, the emulator and the kernel have told any counters. */
bool vt_exit_sample_has_counters(const VtExitSample *sample);

void vt_exit_sample_free(VtExitSample *sample); /* accepts NULL */

/**
 * vt_exit_samples_measure:
 * @measurement: gets the counters of what lies between the two samples, and the seconds
 * @error: VT_ERROR_INPUT if they are of two runs of the guest
 */
bool vt_exit_samples_measure(const VtExitSample *before, const VtExitSample *after,
                             VtMeasurement *measurement, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtExitSample, vt_exit_sample_free)
