/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/** Numbers as people read them. Each returns (transfer full) text in which no line may end: digits
 * and units are held together by no-break spaces. */

/** "351 826" */
char *vt_figure_count(guint64 count);

/** @share: 0 to 1; "73.0 %", and never "0.0 %" for what is not nothing; "?" if negative. */
char *vt_figure_share(double share);

/** @time_ns: "4.39 us", "899.6 ms", "3.28 s"; "?" if negative, as VT_TIME_UNKNOWN is. */
char *vt_figure_time(gint64 time_ns);

/** A rate or a number of seconds, with as many digits as tell something: "0.53", "9.8", "35 183".
 */
char *vt_figure_number(double number);
