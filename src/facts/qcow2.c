/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: the first bytes of an image, which whoever wrote the image chose. Out: the few fields that
 * the metadata cache depends on, and its sizes. Law: a header that parses has sizes so bounded that
 * the arithmetic below cannot overflow.
 */
#include "facts/qcow2.h"

#include "base/error.h"
#include "base/i18n.h"

#include <inttypes.h>
#include <string.h>

#define MAGIC 0x514649fbU /* "QFI\xfb" */
#define V2_HEADER_BYTES 72
#define V3_HEADER_BYTES 104
#define COMPRESSION_TYPE_OFFSET 104

#define MIN_CLUSTER_BITS 9
#define MAX_CLUSTER_BITS 21
/* 32 subclusters a cluster, none smaller than a sector */
#define MIN_EXTENDED_L2_CLUSTER_BITS 14
#define MAX_REFCOUNT_ORDER 6
#define MAX_BACKING_NAME_BYTES 1023

#define FEATURE_CORRUPT (1U << 1)
#define FEATURE_COMPRESSION (1U << 3)
#define FEATURE_EXTENDED_L2 (1U << 4)
/* dirty, corrupt, external data file, compression type, extended L2 */
#define FEATURES_KNOWN 0x1fU

#define CRYPT_NONE 0
#define CRYPT_LUKS 2
#define COMPRESSION_ZLIB 0
#define COMPRESSION_ZSTD 1

/* QEMU's own limits; an image beyond them does not open */
#define MAX_REFCOUNT_TABLE_BYTES (8U << 20)
#define MAX_L1_TABLE_BYTES (32U << 20)
#define L1_ENTRY_BYTES 8
#define MAX_SNAPSHOTS 65536
#define SNAPSHOT_HEADER_BYTES 40

#define EXTENSION_END 0
#define EXTENSION_BACKING_FORMAT 0xe2792acaU

#define SECTOR_BYTES 512
#define DEFAULT_L2_LIMIT_BYTES (32U << 20)
#define OLD_DEFAULT_L2_BYTES (1U << 20)
#define OLD_DEFAULT_L2_CLUSTERS 8
#define MIN_REFCOUNT_CLUSTERS 4
#define MIN_L2_ENTRIES 2
#define L2_SLICE_BYTES 4096

typedef struct {
    guint32 version;
    guint64 backing_file_offset;
    guint32 backing_file_size;
    guint32 cluster_bits;
    guint64 size;
    guint32 crypt_method;
    guint32 l1_size;
    guint64 l1_table_offset;
    guint64 refcount_table_offset;
    guint32 refcount_table_clusters;
    guint32 nb_snapshots;
    guint64 snapshots_offset;
    guint64 incompatible_features;
    guint32 refcount_order;
    guint32 header_length;
    guint8 compression_type;
} RawHeader;

/* One of the three tables that the header points to. */
typedef struct {
    const char *offset_field;
    unsigned offset_at;
    guint64 offset;
    const char *count_field;
    unsigned count_at;
    guint32 count;
    guint32 max_count;
    guint32 entry_bytes;
} Table;

static guint32
be32(const guint8 *bytes)
{
    guint32 value;
    memcpy(&value, bytes, sizeof value);
    return GUINT32_FROM_BE(value);
}

static guint64
be64(const guint8 *bytes)
{
    guint64 value;
    memcpy(&value, bytes, sizeof value);
    return GUINT64_FROM_BE(value);
}

static bool
check_length(gsize length, guint32 needed, GError **error)
{
    if (length >= needed)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                _("the image ends at byte '%zu', but its qcow2 header has '%u' bytes"), length,
                needed);
    return false;
}

/* @max is the largest that QEMU takes; the smallest is said where it is not 0. */
static bool
check_range(const char *field, unsigned at, guint64 value, guint64 min, guint64 max, GError **error)
{
    if (value >= min && value <= max)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                _("the qcow2 header field '%s' at byte %u is '%" PRIu64 "', but must be %" PRIu64
                  " to %" PRIu64),
                field, at, value, min, max);
    return false;
}

static bool
read_raw(const guint8 *bytes, gsize length, RawHeader *raw, GError **error)
{
    /* a domain can name any file: of one that is no image nothing is told */
    if (length >= sizeof(guint32) && be32(bytes) != MAGIC) {
        g_set_error_literal(
            error, VT_ERROR, VT_ERROR_INPUT,
            _("the field 'magic' at byte 0 is not qcow2's, so this is no qcow2 image"));
        return false;
    }
    if (!check_length(length, V2_HEADER_BYTES, error))
        return false;
    *raw = (RawHeader){
        .version = be32(bytes + 4),
        .backing_file_offset = be64(bytes + 8),
        .backing_file_size = be32(bytes + 16),
        .cluster_bits = be32(bytes + 20),
        .size = be64(bytes + 24),
        .crypt_method = be32(bytes + 32),
        .l1_size = be32(bytes + 36),
        .l1_table_offset = be64(bytes + 40),
        .refcount_table_offset = be64(bytes + 48),
        .refcount_table_clusters = be32(bytes + 56),
        .nb_snapshots = be32(bytes + 60),
        .snapshots_offset = be64(bytes + 64),
        /* what version 2 implies */
        .refcount_order = 4,
        .header_length = V2_HEADER_BYTES,
    };
    if (!check_range("version", 4, raw->version, 2, 3, error))
        return false;
    if (raw->version == 2)
        return true;

    if (!check_length(length, V3_HEADER_BYTES, error))
        return false;
    raw->incompatible_features = be64(bytes + 72);
    raw->refcount_order = be32(bytes + 96);
    raw->header_length = be32(bytes + 100);
    /* Fields past the compression type do not exist yet, so a longer header is not read on. */
    if (!check_length(length, MIN(raw->header_length, VT_QCOW2_HEADER_BYTES), error))
        return false;
    if (raw->header_length > COMPRESSION_TYPE_OFFSET)
        raw->compression_type = bytes[COMPRESSION_TYPE_OFFSET];
    return true;
}

static bool
check_geometry(const RawHeader *raw, GError **error)
{
    if (!check_range("cluster_bits", 20, raw->cluster_bits, MIN_CLUSTER_BITS, MAX_CLUSTER_BITS,
                     error))
        return false;
    guint64 cluster = G_GUINT64_CONSTANT(1) << raw->cluster_bits;
    if (raw->version == 3 &&
        !check_range("header_length", 100, raw->header_length, V3_HEADER_BYTES, cluster, error))
        return false;
    if (!check_range("backing_file_offset", 8, raw->backing_file_offset, 0, cluster, error))
        return false;
    if (raw->backing_file_offset != 0 &&
        !check_range("backing_file_size", 16, raw->backing_file_size, 0,
                     MIN(MAX_BACKING_NAME_BYTES, cluster - raw->backing_file_offset), error))
        return false;
    return check_range("refcount_order", 96, raw->refcount_order, 0, MAX_REFCOUNT_ORDER, error);
}

static bool
check_compression(const RawHeader *raw, GError **error)
{
    if (!check_range("compression_type", COMPRESSION_TYPE_OFFSET, raw->compression_type,
                     COMPRESSION_ZLIB, COMPRESSION_ZSTD, error))
        return false;
    bool announced = (raw->incompatible_features & FEATURE_COMPRESSION) != 0;
    if (announced == (raw->compression_type != COMPRESSION_ZLIB))
        return true;
    g_set_error(
        error, VT_ERROR, VT_ERROR_INPUT,
        _("the qcow2 header field 'compression_type' at byte 104 is '%u', which contradicts "
          "bit 3 of 'incompatible_features' at byte 72"),
        raw->compression_type);
    return false;
}

static bool
check_features(const RawHeader *raw, GError **error)
{
    guint64 unknown = raw->incompatible_features & ~(guint64)FEATURES_KNOWN;
    if (unknown != 0) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("the qcow2 header field 'incompatible_features' at byte 72 has the unknown "
                      "bits '0x%" PRIx64 "'"),
                    unknown);
        return false;
    }
    /* QEMU still opens it to read, but no guest can run from it: repair comes before tuning. */
    if ((raw->incompatible_features & FEATURE_CORRUPT) != 0) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("the qcow2 header field 'incompatible_features' at byte 72 has bit 1 set: "
                      "the image is marked corrupt; repair it with 'qemu-img check -r all'"));
        return false;
    }
    if ((raw->incompatible_features & FEATURE_EXTENDED_L2) != 0 &&
        raw->cluster_bits < MIN_EXTENDED_L2_CLUSTER_BITS) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("the qcow2 header field 'cluster_bits' at byte 20 is '%u', but must be at "
                      "least %d with extended L2 entries"),
                    raw->cluster_bits, MIN_EXTENDED_L2_CLUSTER_BITS);
        return false;
    }
    /* Old AES encryption parses, but QEMU runs no guest with it. */
    if (raw->crypt_method != CRYPT_NONE && raw->crypt_method != CRYPT_LUKS) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("the qcow2 header field 'crypt_method' at byte 32 is '%u', but QEMU runs "
                      "guests only with 0 (none) and 2 (LUKS)"),
                    raw->crypt_method);
        return false;
    }
    return check_compression(raw, error);
}

static bool
check_table(const Table *table, guint32 min_count, unsigned cluster_bits, GError **error)
{
    if (!check_range(table->count_field, table->count_at, table->count, min_count, table->max_count,
                     error))
        return false;

    guint64 bytes, end;
    bool fits = g_uint64_checked_mul(&bytes, table->count, table->entry_bytes) &&
                g_uint64_checked_add(&end, table->offset, bytes) && end <= G_MAXINT64;
    guint64 cluster = G_GUINT64_CONSTANT(1) << cluster_bits;
    if (fits && table->offset % cluster == 0)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                _("the qcow2 header field '%s' at byte %u is '%" PRIu64 "', but must be a multiple "
                  "of the cluster size %" PRIu64 " below 2^63"),
                table->offset_field, table->offset_at, table->offset, cluster);
    return false;
}

static bool
check_tables(const RawHeader *raw, GError **error)
{
    guint32 cluster = 1U << raw->cluster_bits;
    const Table refcounts = {
        "refcount_table_offset",
        48,
        raw->refcount_table_offset,
        "refcount_table_clusters",
        56,
        raw->refcount_table_clusters,
        MAX_REFCOUNT_TABLE_BYTES / cluster,
        cluster,
    };
    const Table snapshots = {
        "snapshots_offset",
        64,
        raw->snapshots_offset,
        "nb_snapshots",
        60,
        raw->nb_snapshots,
        MAX_SNAPSHOTS,
        SNAPSHOT_HEADER_BYTES,
    };
    const Table l1 = {
        "l1_table_offset",
        40,
        raw->l1_table_offset,
        "l1_size",
        36,
        raw->l1_size,
        MAX_L1_TABLE_BYTES / L1_ENTRY_BYTES,
        L1_ENTRY_BYTES,
    };
    return check_table(&refcounts, 1, raw->cluster_bits, error) &&
           check_table(&snapshots, 0, raw->cluster_bits, error) &&
           check_table(&l1, 0, raw->cluster_bits, error);
}

static guint64
l2_entry_bytes(bool extended_l2)
{
    return extended_l2 ? 16 : 8;
}

static guint64
divide_up(guint64 value, guint64 divisor)
{
    return value / divisor + (value % divisor != 0);
}

/* The law of this file: the L1 table is bounded, each entry maps one L2 table, so size is too. */
static bool
check_size(const RawHeader *raw, bool extended_l2, GError **error)
{
    guint64 cluster = G_GUINT64_CONSTANT(1) << raw->cluster_bits;
    guint64 bytes_per_l1_entry = cluster / l2_entry_bytes(extended_l2) * cluster;
    guint64 needed = divide_up(raw->size, bytes_per_l1_entry);
    if (needed <= raw->l1_size)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                _("the qcow2 header field 'size' at byte 24 is '%" PRIu64 "', which needs %" PRIu64
                  " L1 entries, but the field 'l1_size' at byte 36 is '%u'"),
                raw->size, needed, raw->l1_size);
    return false;
}

bool
vt_qcow2_parse(const guint8 *bytes, gsize length, VtQcow2Header *ret_header, GError **error)
{
    RawHeader raw;
    if (!read_raw(bytes, length, &raw, error) || !check_geometry(&raw, error) ||
        !check_features(&raw, error) || !check_tables(&raw, error))
        return false;
    bool extended_l2 = (raw.incompatible_features & FEATURE_EXTENDED_L2) != 0;
    if (!check_size(&raw, extended_l2, error))
        return false;

    *ret_header = (VtQcow2Header){
        .version = raw.version,
        .cluster_bits = raw.cluster_bits,
        .virtual_size_bytes = raw.size,
        .extended_l2 = extended_l2,
        .backing_name_offset = raw.backing_file_offset,
        .backing_name_bytes = raw.backing_file_size,
        .header_bytes = raw.header_length,
        .snapshots = raw.nb_snapshots,
    };
    return true;
}

/* The extension that names the backing file's format; NULL if there is none in what was read. */
static char *
find_backing_format(const guint8 *bytes, gsize length, const VtQcow2Header *header)
{
    for (gsize at = header->header_bytes; at + 8 <= length;) {
        guint32 type = be32(bytes + at), size = be32(bytes + at + 4);

        if (type == EXTENSION_END || size > length - at - 8)
            return NULL;
        if (type == EXTENSION_BACKING_FORMAT)
            return g_strndup((const char *)bytes + at + 8, size);
        at += 8 + ((gsize)size + 7) / 8 * 8;
    }
    return NULL;
}

bool
vt_qcow2_backing_file(const guint8 *bytes, gsize length, const VtQcow2Header *header,
                      char **ret_name, char **ret_format)
{
    *ret_name = *ret_format = NULL;
    if (header->backing_name_offset == 0 || header->backing_name_bytes == 0)
        return true;
    if (header->backing_name_offset + header->backing_name_bytes > length)
        return false;
    *ret_name =
        g_strndup((const char *)bytes + header->backing_name_offset, header->backing_name_bytes);
    *ret_format = find_backing_format(bytes, length, header);
    if (g_utf8_validate(*ret_name, -1, NULL))
        return true;
    g_clear_pointer(ret_name, g_free);
    g_clear_pointer(ret_format, g_free);
    return false;
}

static guint64
all_l2_tables_bytes(const VtQcow2Header *header)
{
    guint64 cluster = G_GUINT64_CONSTANT(1) << header->cluster_bits;
    /* QEMU sees whole sectors: a broken last one has no data and no entry. */
    guint64 disk = header->virtual_size_bytes - header->virtual_size_bytes % SECTOR_BYTES;
    guint64 entries = divide_up(disk, cluster);
    return divide_up(entries * l2_entry_bytes(header->extended_l2), cluster) * cluster;
}

guint64
vt_qcow2_old_default_l2_bytes(const VtQcow2Header *header)
{
    guint64 cluster = G_GUINT64_CONSTANT(1) << header->cluster_bits;

    return MAX(OLD_DEFAULT_L2_BYTES, OLD_DEFAULT_L2_CLUSTERS * cluster);
}

VtQcow2Cache
vt_qcow2_cache(const VtQcow2Header *header)
{
    guint64 tables = all_l2_tables_bytes(header);
    guint64 cluster = G_GUINT64_CONSTANT(1) << header->cluster_bits;
    return (VtQcow2Cache){
        .l2_table_bytes = tables,
        .full_coverage_bytes = tables + MIN_REFCOUNT_CLUSTERS * cluster,
        .default_l2_bytes = MIN(tables, DEFAULT_L2_LIMIT_BYTES),
        .default_covers = tables <= DEFAULT_L2_LIMIT_BYTES,
    };
}

guint64
vt_qcow2_cached_l2_bytes(const VtQcow2Header *header, guint64 max_size_bytes)
{
    VtQcow2Cache cache = vt_qcow2_cache(header);
    guint64 cluster = G_GUINT64_CONSTANT(1) << header->cluster_bits;
    guint64 l2;
    if (max_size_bytes == 0) {
        l2 = cache.default_l2_bytes;
    } else if (max_size_bytes >= cache.full_coverage_bytes) {
        l2 = cache.l2_table_bytes;
    } else {
        /* When it does not suffice for both, the refcounts are served first. */
        l2 = max_size_bytes - MIN(max_size_bytes, MIN_REFCOUNT_CLUSTERS * cluster);
    }
    guint64 entry = vt_qcow2_read_bytes(header, l2);
    return MAX(l2 / entry, MIN_L2_ENTRIES) * entry;
}

guint64
vt_qcow2_read_bytes(const VtQcow2Header *header, guint64 l2_bytes)
{
    guint64 cluster = G_GUINT64_CONSTANT(1) << header->cluster_bits;

    return l2_bytes < all_l2_tables_bytes(header) ? MIN(cluster, L2_SLICE_BYTES) : cluster;
}

guint64
vt_qcow2_covered_bytes(const VtQcow2Header *header, guint64 l2_bytes)
{
    guint64 cluster = G_GUINT64_CONSTANT(1) << header->cluster_bits;
    guint64 entries = l2_bytes / l2_entry_bytes(header->extended_l2);

    /* compared before it is multiplied: the tables may be few and the room vast */
    return entries >= divide_up(header->virtual_size_bytes, cluster) ? header->virtual_size_bytes
                                                                     : entries * cluster;
}
