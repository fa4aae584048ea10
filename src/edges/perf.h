/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/**
 * VtPerf: perf(1), run in a private folder of its own that goes with it, whatever the end: what
 * perf records of a guest is nobody else's business, and large. perf is ended with this process.
 */
typedef struct VtPerf VtPerf;

/** Makes the folder, in $TMPDIR or /var/tmp; /tmp is often memory. */
VtPerf *vt_perf_new(GError **error);

/** Ends what still runs, and removes the folder. Accepts NULL. */
void vt_perf_free(VtPerf *perf);

/**
 * vt_perf_start:
 * @arguments: NULL-terminated: what stands behind "perf"
 * @error: VT_ERROR_REFUSED if there is no perf
 *
 * Starts perf, one at a time, in the C locale. The caller waits until vt_perf_is_over() and then
 * calls vt_perf_finish().
 */
bool vt_perf_start(VtPerf *perf, const char *const *arguments, GError **error);

/** Whether the one that was started has ended. */
bool vt_perf_is_over(const VtPerf *perf);

/**
 * vt_perf_finish:
 * @ret_length: of what is returned; it is terminated, too
 * @error: VT_ERROR_REFUSED if perf failed, with what it said of that; one that still runs is ended
 *
 * Returns: (transfer full): all that perf has printed
 */
char *vt_perf_finish(VtPerf *perf, gsize *ret_length, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtPerf, vt_perf_free)
