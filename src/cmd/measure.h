/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cmd/subject.h"
#include "diagnose/measurement.h"

/**
 * vt_measure:
 * @subject: a domain
 * @measurement: gets what is measured
 * @error: VT_ERROR_REFUSED where this domain cannot be measured here: what is missing, and how it
 *   can be had another way
 *
 * Measures the exits of a running domain for --seconds, and shows how far that is.
 */
bool vt_measure(const VtSubject *subject, const VtOptions *options, VtMeasurement *measurement,
                GError **error);

/** Whether --seconds is a time to measure; @error: VT_ERROR_INPUT. */
bool vt_measure_check_seconds(const VtOptions *options, GError **error);

/** How long that takes, in seconds. */
double vt_measure_seconds(const VtOptions *options);

/** As vt_measure(), by perf instead of libvirt's statistics. */
bool vt_measure_by_perf(const VtSubject *subject, const VtOptions *options,
                        VtMeasurement *measurement, GError **error);

/** Adds to @error what to type, and where, to measure @subject with perf by hand. */
void vt_measure_advise_perf(const VtSubject *subject, const VtOptions *options, GError **error);
