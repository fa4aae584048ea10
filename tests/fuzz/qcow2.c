/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The header of a disk image. A guest's owner can write what he likes into it. */
#include "fuzz.h"

#include "facts/qcow2.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    VtQcow2Header header;
    VtQcow2Cache cache;
    guint64 cluster, entry_bytes, disk_bytes;
    g_autofree char *backing = NULL, *format = NULL;

    if (!vt_qcow2_parse(data, size, &header, &error)) {
        fuzz_check_error(error);
        return 0;
    }
    MUST(header.version == 2 || header.version == 3);
    MUST(header.cluster_bits >= 9 && header.cluster_bits <= 21);
    cache = vt_qcow2_cache(&header);
    cluster = G_GUINT64_CONSTANT(1) << header.cluster_bits;
    entry_bytes = header.extended_l2 ? 16 : 8;
    disk_bytes = header.virtual_size_bytes / 512 * 512; /* QEMU counts whole sectors */
    /* every cluster of the disk has its entry, and no table is there for nothing */
    MUST(cache.l2_table_bytes % cluster == 0);
    MUST(cache.l2_table_bytes / entry_bytes * cluster >= disk_bytes);
    MUST(cache.l2_table_bytes == 0 ||
         (cache.l2_table_bytes - cluster) / entry_bytes * cluster < disk_bytes);
    MUST(cache.full_coverage_bytes == cache.l2_table_bytes + 4 * cluster);
    /* a name that is told is text, and a format has its name beside it */
    if (vt_qcow2_backing_file(data, size, &header, &backing, &format))
        MUST(!backing || g_utf8_validate(backing, -1, NULL));
    MUST(!format || backing);
    MUST(!cache.default_covers || cache.default_l2_bytes >= cache.l2_table_bytes);
    return 0;
}
