/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * VtProgress: one line on standard error that says how far long work is, " 37/200 win10", and that
 * is gone before anything else is said. Only on a terminal that can erase a line, and never with
 * NO_COLOR: what is written to a file or a pipe has no trace of it.
 */
typedef struct {
    guint count;  /* of things to do; of one alone nothing is shown */
    gint64 drawn; /* when, in microseconds of the monotonic clock; 0 = never */
    gboolean visible;
} VtProgress;

/** Number @number, from 1, called @name, is begun. */
void vt_progress_show(VtProgress *progress, guint number, const char *name);

/** Takes the line away, before anything is printed and at the end. */
void vt_progress_clear(VtProgress *progress);
