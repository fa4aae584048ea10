/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/disk-coverage.h"
#include "xml/document.h"

/**
 * VtCacheUse: whether what a guest works on outgrows the metadata caches of its disks. Pure.
 *
 * QEMU counts no misses: query-blockstats has the guest's own requests alone, and its figures for
 * the nodes below a disk are always 0 (QEMU 7.2 and 10.0, bdrv_query_bds_stats()). But what QEMU
 * reads besides what the guest asked for is L2 tables, and the kernel counts all that a process
 * reads (proc(5), /proc/PID/io): rchar, without asynchronous ones, or read_bytes, from storage
 * alone. Held against trace event qcow2_cache_get_read on QEMU 7.2 it is right to a thousandth.
 */

/* One look at a running guest. */
typedef struct {
    GHashTable *statistics; /* (element-type utf8 guint64): libvirt's, "block.vda.rd.reqs" */
    guint64 calls;          /* syscr: how often QEMU read */
    guint64 call_bytes;     /* rchar: what it got */
    guint64 storage_bytes;  /* read_bytes: what of all came from storage */
} VtReadCounts;

typedef enum {
    VT_CACHE_UNKNOWN,
    VT_CACHE_FITS,     /* hardly any table was read */
    VT_CACHE_FILLS,    /* tables were read, but no more since the start than there is room for */
    VT_CACHE_REREADS,  /* and more since the start: most likely outgrown */
    VT_CACHE_OUTGROWN, /* more than there is room for, while it was watched */
} VtCacheVerdict;

typedef struct {
    VtCacheVerdict verdict;
    char *why; /* (nullable): translated: why it is unknown */
    double seconds;
    guint64 requests;        /* the guest's reads and writes of the disks that are meant */
    guint64 tables;          /* read for them */
    guint64 tables_of_start; /* read since QEMU was started, at most */
    guint64 room;            /* for so many the caches of those disks have room */
    GPtrArray *disks;        /* char*: targets of those that a cache does not cover */
    GPtrArray *remarks;      /* char*: what else can have been read, translated sentences */
} VtCacheUse;

/**
 * vt_cache_use:
 * @coverage: (element-type VtDiskCoverage): of the running guest
 * @domain: its definition
 * @before, @after: two looks, @seconds apart
 *
 * Returns: (transfer full): what follows; the figures are 0 where the verdict is unknown
 */
VtCacheUse *vt_cache_use(const GPtrArray *coverage, const VtDocument *domain,
                         const VtReadCounts *before, const VtReadCounts *after, double seconds);
/** As above where no look could be had: unknown, for the reason @why. */
VtCacheUse *vt_cache_use_unknown(const GPtrArray *coverage, const char *why);
void vt_cache_use_free(VtCacheUse *use); /* accepts NULL */

/** Whether something is to be mended, as far as can be told. */
bool vt_cache_use_is_trouble(const VtCacheUse *use);

/** "unknown", "fits", "fills", "rereads", "outgrown". */
const char *vt_cache_verdict_to_string(VtCacheVerdict verdict);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtCacheUse, vt_cache_use_free)
