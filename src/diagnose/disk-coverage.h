/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/diagnosis.h"
#include "tune.h"

/**
 * VtDiskCoverage: what part of a qcow2 disk the metadata cache of the running QEMU covers. Pure:
 * the sizes are those of the facts, see facts/qcow2.h.
 */

/* The rule that sets the cache. */
#define VT_COVERAGE_RULE "disk/metadata-cache"

typedef struct {
    char *target;      /* "vda" */
    char *image;       /* "" if it is no local file */
    char *why_unknown; /* (nullable): translated; then nothing below but the sizes set is known */
    guint64 max_size_bytes;        /* that QEMU was started with; 0 = its default */
    guint64 stored_max_size_bytes; /* the same in the definition that the next cold boot takes */
    bool waits;                    /* those two differ: a cold boot brings the other one */
    guint64 virtual_size_bytes;
    guint64 covered_bytes;       /* of virtual_size_bytes */
    guint64 l2_table_bytes;      /* all L2 tables: what full coverage caches */
    guint64 cached_l2_bytes;     /* what there is room for */
    guint64 l2_read_bytes;       /* read from the image for a table that is not cached */
    guint64 full_coverage_bytes; /* the smallest max_size for all; the memory it takes, at most */
    VtCureState cure;            /* how VT_COVERAGE_RULE stands with the stored definition */
    char *cure_why;              /* (nullable): translated, where it is withheld or by hand */
    gint64 backing_images;       /* qcow2 images below it; -1 = not known */
    guint64 backing_cache_bytes; /* room of their caches, besides */
    char *backing_uncovered; /* those that their cache does not cover, for a person; "" = none */
} VtDiskCoverage;

/**
 * vt_disk_coverage:
 * @running: the definition that the guest runs with, judged; or the one to look at if none runs
 * @stored: (nullable): the definition that the next start takes, judged; NULL: the same
 * @statistics: (nullable) (element-type utf8 guint64): libvirt's of the running guest;
 *   "block.vda.capacity" is the size that QEMU goes by
 *
 * Returns: (transfer full) (element-type VtDiskCoverage): each qcow2 disk, in the order of the XML
 */
GPtrArray *vt_disk_coverage(const VtTuneResult *running, const VtTuneResult *stored,
                            GHashTable *statistics);

/** Whether a cache that does not cover all of its image is known to be there, or may be. */
bool vt_disk_coverage_is_partial(const VtDiskCoverage *coverage);

/** Returns: @field of disk @target in libvirt's statistics, "rd.reqs"; false if they lack it. */
bool vt_disk_statistic(GHashTable *statistics, const char *target, const char *field,
                       guint64 *ret_value);
