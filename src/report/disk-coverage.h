/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/cache-use.h"
#include "report/style.h"

/** The disk side of a diagnosis. */
typedef struct {
    bool runs;                 /* or else it is what a start would give */
    const GPtrArray *coverage; /* VtDiskCoverage* */
    const VtCacheUse *use;     /* (nullable): nobody asked */
} VtDiskView;

/**
 * vt_report_disks:
 * @apply: the command that sets what is missing in this domain
 *
 * Returns: (transfer full): lines no wider than @style->width, "" where no disk is qcow2
 */
char *vt_report_disks(const VtDiskView *view, const char *apply, const VtTextStyle *style);
