/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cmd/cmd.h"

/**
 * vt_measure_before:
 * @domains: (element-type VtVirtDomain): those whose definitions are about to be changed
 * @error: a signal ended the wait
 *
 * Measures how the guests run now, all at the same time, and says of which there is no measurement
 * and why: that is no reason not to go on.
 *
 * Returns: (transfer full) (element-type utf8 utf8): records by UUID
 */
GHashTable *vt_measure_before(VtSession *session, const GPtrArray *domains,
                              const VtOptions *options, GError **error);
