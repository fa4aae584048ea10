/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/measurement.h"

/**
 * KVM's counters of a domain, as libvirt tells them: "vcpu.0.exits.sum", counted since the vCPU was
 * made. Two looks at them make a measurement. Pure.
 */

/** Whether KVM's counters are among @statistics (element-type utf8 guint64). */
bool vt_counters_are_told(GHashTable *statistics);

/**
 * vt_measurement_read_counters:
 * @before, @after: (element-type utf8 guint64): statistics of one domain at two times
 * @origin: for messages and reports
 * @error: VT_ERROR_INPUT if a counter went back: it is another run of the guest
 *
 * Adds by how much each counter grew on all vCPUs together, as VT_EXITS_COUNTER; those that end in
 * "_ns" are nanoseconds. A vCPU that came or went meanwhile is left out, and said to be lost.
 */
bool vt_measurement_read_counters(VtMeasurement *measurement, GHashTable *before, GHashTable *after,
                                  const char *origin, GError **error);
