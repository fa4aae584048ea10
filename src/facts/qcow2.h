/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/**
 * The qcow2 header and the arithmetic of QEMU's metadata cache.
 *
 * Bytes in, numbers out: nothing here opens a file. Layout: QEMU docs/interop/qcow2.txt; sizing:
 * QEMU 10.0 block/qcow2.c read_cache_sizes() and block/qcow2.h; before 3.1 docs/qcow2-cache.txt.
 */

/* What vt_qcow2_parse needs at most of the file. */
#define VT_QCOW2_HEADER_BYTES 112

/* What is read of an image: the header and, in all that qemu-img makes, the extensions and the name
 * of the backing file behind it. */
#define VT_QCOW2_READ_BYTES 4096

typedef struct {
    unsigned version;      /* 2 or 3 */
    unsigned cluster_bits; /* 9 to 21 */
    guint64 virtual_size_bytes;
    bool extended_l2;            /* 16-byte L2 entries */
    guint64 backing_name_offset; /* 0 = no backing file */
    unsigned backing_name_bytes;
    unsigned header_bytes; /* the extensions begin behind them */
    unsigned snapshots;
} VtQcow2Header;

/**
 * vt_qcow2_parse:
 * @bytes: the first bytes of the image, VT_QCOW2_HEADER_BYTES where the file has them
 * @ret_header: out; untouched on failure
 * @error: VT_ERROR_INPUT naming field, offset and value
 *
 * Refuses what QEMU refuses to run a guest from and what cannot be interpreted: wrong magic,
 * version, cluster_bits, refcount_order, header_length, tables that are too large or misplaced,
 * unknown incompatible features, an image marked corrupt, sizes that overflow.
 */
bool vt_qcow2_parse(const guint8 *bytes, gsize length, VtQcow2Header *ret_header, GError **error);

typedef struct {
    guint64 l2_table_bytes;      /* all L2 tables of the image: what full coverage caches */
    guint64 full_coverage_bytes; /* metadata_cache/max_size for it: l2_table_bytes + 4 clusters */
    guint64 default_l2_bytes;    /* what QEMU >= 3.1 on Linux caches when nothing is set */
    bool default_covers;         /* default_l2_bytes covers the whole disk */
} VtQcow2Cache;

/** The cache sizes that follow from a header; never fails for a header that parsed. */
VtQcow2Cache vt_qcow2_cache(const VtQcow2Header *header);

/** What QEMU before 3.1 caches when nothing is set: 1 MiB, or 8 clusters if that is more. */
guint64 vt_qcow2_old_default_l2_bytes(const VtQcow2Header *header);

/**
 * vt_qcow2_backing_file:
 * @bytes: the first bytes of the image that @header was parsed from
 * @ret_name: (out) (transfer full): the backing file as the image names it, NULL if it has none
 * @ret_format: (out) (transfer full): its format, NULL if the image does not say
 *
 * Returns: false if the name lies beyond @length or is no text
 */
bool vt_qcow2_backing_file(const guint8 *bytes, gsize length, const VtQcow2Header *header,
                           char **ret_name, char **ret_format);

/**
 * vt_qcow2_cached_l2_bytes:
 * @max_size_bytes: metadata_cache/max_size; 0 is libvirt's way to say that it is not set
 *
 * Returns: the room for L2 tables in QEMU's cache. It is never less than two entries, so it can
 * exceed l2_table_bytes; the disk is covered when it is not less than l2_table_bytes.
 */
guint64 vt_qcow2_cached_l2_bytes(const VtQcow2Header *header, guint64 max_size_bytes);

/**
 * vt_qcow2_read_bytes:
 * @l2_bytes: how much of its L2 tables QEMU caches
 *
 * Returns: how much of a table QEMU reads from the image at once, where it is not cached: all of
 * it, or a slice where not all tables have room
 */
guint64 vt_qcow2_read_bytes(const VtQcow2Header *header, guint64 l2_bytes);

/** How much of the disk @l2_bytes of its L2 tables are about. */
guint64 vt_qcow2_covered_bytes(const VtQcow2Header *header, guint64 l2_bytes);
