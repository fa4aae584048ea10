/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/lines.h"

/** The columns of a table of perf's, and a row of it; see diagnose/perf-table.h. */

/* perf prints microseconds with two digits: this is the unit of the last one, and of all times
 * here. */
#define VT_PERF_UNIT_NS 10

typedef enum {
    VT_PERF_SAMPLES,
    VT_PERF_PERCENT, /* of samples or time: follows from the others */
    VT_PERF_MIN,
    VT_PERF_MAX,
    VT_PERF_MEAN,
} VtPerfColumn;

#define VT_PERF_COLUMNS_MAX 8

typedef struct {
    VtPerfColumn columns[VT_PERF_COLUMNS_MAX];
    guint count;
} VtPerfColumns;

/** @from: in the current line, where the first column's head is, behind the title of the table. */
bool vt_perf_columns_read(VtPerfColumns *columns, const VtLines *lines, const char *from,
                          GError **error);

typedef struct {
    const char *key; /* in the current line: "IO_INSTRUCTION", "0x608:PIN"; may have blanks in it */
    gsize key_length;
    guint64 count, mean, max;
    bool has_max;
} VtPerfRow;

/** Reads the current line. */
bool vt_perf_row_read(VtPerfRow *row, const VtPerfColumns *columns, const VtLines *lines,
                      GError **error);

/** Says that the line is not one that perf prints. Returns: false */
bool vt_perf_row_fail(const VtLines *lines, const char *at, GError **error);

/** @length: of a time with its unit, at @from in the current line: "4.39us". */
bool vt_perf_time_read(const VtLines *lines, const char *from, gsize length, guint64 *ret_time,
                       GError **error);
