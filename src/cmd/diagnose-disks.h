/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cmd/subject.h"
#include "report/disk-coverage.h"

/**
 * VtDiskSide: the disk side of vmtune diagnose. Between its beginning and its end the guest is
 * watched, for something else as well or for this alone.
 */
typedef struct VtDiskSide VtDiskSide;

/**
 * vt_disk_side_begin:
 * @subject, @running: must outlive the result
 * @running: (nullable): the definition that the guest runs with, judged
 * @blockstats: whether it is also asked if what the guest works on outgrows the caches
 */
VtDiskSide *vt_disk_side_begin(const VtSubject *subject, const VtJudged *running, bool blockstats);

/** Whether the end has something to compare with the beginning, so that time should pass. */
bool vt_disk_side_watches(const VtDiskSide *side);

/** Returns: (transfer none): what to report. */
const VtDiskView *vt_disk_side_end(VtDiskSide *side);
void vt_disk_side_free(VtDiskSide *side); /* accepts NULL */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtDiskSide, vt_disk_side_free)
