/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cmd/diagnose-record.h"
#include "report/disk-coverage.h"
#include "report/style.h"

/**
 * vt_show_diagnosis:
 * @beside: (nullable): what to hold it against; or else what is kept of the domain, if it is due
 * @disks: (nullable)
 *
 * Prints, draws and saves a diagnosis, as the options say.
 *
 * Returns: an exit code
 */
int vt_show_diagnosis(const VtPresent *present, VtBeside *beside, const VtDiskView *disks,
                      const VtTextStyle *style);

/** Prints the disk side alone, of a guest whose exits could not be measured. */
int vt_show_disks(const VtSubject *subject, const VtDiskView *disks, const VtOptions *options,
                  const VtTextStyle *style);
