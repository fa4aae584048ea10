/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "edges/session.h"

/**
 * Tuning a stored domain. The command, the worker and the watch share this path.
 */

typedef struct {
    VtJudged *judged;
    bool changed;       /* the stored XML was rewritten */
    guint pinned_live;  /* changes that were made to the running guest as well */
    GPtrArray *notices; /* char*: what did not go as well as it might have, changes stand */
} VtApplied;

void vt_applied_free(VtApplied *applied); /* accepts NULL */

/** Returns: (transfer none) (nullable): the layer that owns the domain's XML, "nova" and such. */
const char *vt_judged_managed_by(const VtJudged *judged);

/**
 * vt_apply:
 * @repin: also replace pins that are not sound on this host, the administrator's too
 * @measured: (nullable): the record of how the guest runs now, for the history
 * @error: VT_ERROR_REFUSED for a transient domain, one that another layer manages, or one that
 *   changed while it was being looked at; VT_ERROR_SYSTEM from libvirt
 *
 * Fetches the stored XML with its secrets, tunes it, keeps the old XML, and defines the new one if
 * the stored XML is still what was looked at. Changes that take effect now are made to the running
 * guest too.
 *
 * Returns: (transfer full): what was done
 */
VtApplied *vt_apply(VtSession *session, const VtVirtDomain *domain, bool repin,
                    const char *measured, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtApplied, vt_applied_free)
