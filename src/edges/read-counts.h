/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/cache-use.h"
#include "edges/virt.h"

/**
 * vt_read_counts_take:
 * @virt: of @domain
 * @ret_counts: (out): all 0 and without statistics before; see vt_read_counts_clear()
 * @error: VT_ERROR_REFUSED where QEMU's own reads cannot be seen: what is missing
 *
 * What a running guest has asked of its disks, and what its QEMU has read, up to now.
 */
bool vt_read_counts_take(const VtVirt *virt, const VtVirtDomain *domain, VtReadCounts *ret_counts,
                         GError **error);
void vt_read_counts_clear(VtReadCounts *counts);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VtReadCounts, vt_read_counts_clear)
