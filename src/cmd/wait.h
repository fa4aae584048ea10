/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/**
 * VtWait: seconds that pass with a line of progress on standard error, and that a signal ends. Who
 * waits so comes back to clean up, where the signal itself would have left everything as it was.
 */
typedef struct {
    double seconds;                 /* how long */
    const char *doing;              /* what the line of progress says: "win10" */
    bool (*is_over)(gpointer data); /* (nullable): it takes as long as this says, asked a few times
                                       a second, and @seconds is no more than what is expected */
    gpointer data;
    double at_most_seconds; /* with @is_over: then the wait is over all the same */
} VtWait;

/**
 * vt_wait:
 * @error: VT_ERROR_SYSTEM: a signal ended it, Ctrl-C or one that asks this process to end
 *
 * Returns: whether the time is over, or what was waited for has come
 */
bool vt_wait(const VtWait *wait, GError **error);
