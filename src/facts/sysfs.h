/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/cpuset.h"

/**
 * Small files below a root directory, as sysfs has them.
 *
 * Absence is never an error: a missing file, folder or root is NULL, empty or false. What is there
 * but does not parse counts as missing, and is noted in @oddities.
 */
typedef struct {
    const char *root;
    GPtrArray *oddities; /* (element-type utf8) */
} VtSysfs;

/** Adds one sentence to the reader's oddities. */
void vt_sysfs_note(const VtSysfs *sysfs, const char *format, ...) G_GNUC_PRINTF(2, 3);

/**
 * vt_sysfs_read_text:
 * @format: the path below the root, without a leading slash
 *
 * Returns: (transfer full): the text without surrounding white space, or NULL
 */
char *vt_sysfs_read_text(const VtSysfs *sysfs, const char *format, ...) G_GNUC_PRINTF(2, 3);

bool vt_sysfs_read_number(const VtSysfs *sysfs, gint64 *ret_number, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/** Returns: (transfer full): the set of a cpulist file, which may be empty; or NULL. */
VtCpuSet *vt_sysfs_read_list(const VtSysfs *sysfs, const char *format, ...) G_GNUC_PRINTF(2, 3);

/** Returns: (transfer full): the set of a hexadecimal mask file; or NULL. */
VtCpuSet *vt_sysfs_read_mask(const VtSysfs *sysfs, const char *format, ...) G_GNUC_PRINTF(2, 3);

/**
 * vt_sysfs_list_ids:
 * @folder: below the root
 * @prefix: "cpu" for cpu0, cpu1 and so on
 *
 * Returns: (transfer full): the numbers of the entries with that prefix, empty if there are none
 */
VtCpuSet *vt_sysfs_list_ids(const VtSysfs *sysfs, const char *folder, const char *prefix);
