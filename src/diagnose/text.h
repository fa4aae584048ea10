/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/measurement.h"

/**
 * vt_measurement_read_text:
 * @measurement: what is found is added to it
 * @bytes: need not end with a zero
 * @origin: a file's name, for messages and tables
 * @error: VT_ERROR_INPUT, "origin:line:column: ..."; @measurement is of no use then
 *
 * Reads what is measured of a guest's exits out of a text that another program printed. Which
 * program is told by the text itself; one text may hold several parts in any order, and whatever
 * stands between them, such as a shell's prompt, is passed over. But what begins as a table must be
 * one to its end: half a table would be taken for a quiet guest.
 *
 * Understood: perf kvm stat, see diagnose/perf-table.h; kvm_stat, see diagnose/kvm-stat.h; trace
 * events, see diagnose/trace.h. Parts that tell of the same exits are an error.
 *
 * The caller calls vt_measurement_settle() when all texts are read.
 */
bool vt_measurement_read_text(VtMeasurement *measurement, const char *bytes, gsize length,
                              const char *origin, GError **error);
