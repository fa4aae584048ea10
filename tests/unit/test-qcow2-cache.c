/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qcow2-fixture.h"

typedef struct {
    guint64 size;
    unsigned cluster_bits;
    bool extended_l2;
    guint64 tables;       /* all L2 tables */
    guint64 full;         /* max_size for full coverage */
    guint64 default_disk; /* how much of the disk the default covers */
    guint64 short_size;   /* a max_size, of 128 KiB a GiB, */
    guint64 short_l2;     /* and what QEMU makes of it */
} Row;

/* Worked out by hand after QEMU 10.0's read_cache_sizes(). */
static const Row rows[] = {
    {40 * GIB, 16, false, 5242880, 5505024, 40 * GIB, 5 * MIB, 4864 * KIB},
    {100 * GIB, 16, false, 13107200, 13369344, 100 * GIB, 12800 * KIB, 12544 * KIB},
    {256 * GIB, 16, false, 33554432, 33816576, 256 * GIB, 32 * MIB, 32512 * KIB},
    {500 * GIB, 16, false, 65536000, 65798144, 256 * GIB, 64000 * KIB, 63744 * KIB},
    {1 * TIB, 16, false, 134217728, 134479872, 256 * GIB, 128 * MIB, 130816 * KIB},
    {2 * TIB, 16, false, 268435456, 268697600, 256 * GIB, 256 * MIB, 261888 * KIB},
    {16 * TIB, 16, false, 2147483648, 2147745792, 256 * GIB, 2 * GIB, 2096896 * KIB},
    {40 * GIB, 16, true, 10485760, 10747904, 40 * GIB, 5 * MIB, 4864 * KIB},
    {100 * GIB, 16, true, 26214400, 26476544, 100 * GIB, 12800 * KIB, 12544 * KIB},
    {256 * GIB, 16, true, 67108864, 67371008, 128 * GIB, 32 * MIB, 32512 * KIB},
    {500 * GIB, 16, true, 131072000, 131334144, 128 * GIB, 64000 * KIB, 63744 * KIB},
    {1 * TIB, 16, true, 268435456, 268697600, 128 * GIB, 128 * MIB, 130816 * KIB},
    {2 * TIB, 16, true, 536870912, 537133056, 128 * GIB, 256 * MIB, 261888 * KIB},
    {16 * TIB, 16, true, 4294967296, 4295229440, 128 * GIB, 2 * GIB, 2096896 * KIB},
    {40 * GIB, 21, false, 2097152, 10485760, 40 * GIB, 5 * MIB, 8 * KIB},
    {100 * GIB, 21, false, 2097152, 10485760, 100 * GIB, 12800 * KIB, 4 * MIB},
    {256 * GIB, 21, false, 2097152, 10485760, 256 * GIB, 32 * MIB, 4 * MIB},
    {500 * GIB, 21, false, 2097152, 10485760, 500 * GIB, 64000 * KIB, 4 * MIB},
    {1 * TIB, 21, false, 4194304, 12582912, 1 * TIB, 128 * MIB, 4 * MIB},
    {2 * TIB, 21, false, 8388608, 16777216, 2 * TIB, 256 * MIB, 8 * MIB},
    {16 * TIB, 21, false, 67108864, 75497472, 8 * TIB, 2 * GIB, 64 * MIB},
    {40 * GIB, 21, true, 2097152, 10485760, 40 * GIB, 5 * MIB, 8 * KIB},
    {100 * GIB, 21, true, 2097152, 10485760, 100 * GIB, 12800 * KIB, 4 * MIB},
    {256 * GIB, 21, true, 2097152, 10485760, 256 * GIB, 32 * MIB, 4 * MIB},
    {500 * GIB, 21, true, 4194304, 12582912, 500 * GIB, 64000 * KIB, 4 * MIB},
    {1 * TIB, 21, true, 8388608, 16777216, 1 * TIB, 128 * MIB, 8 * MIB},
    {2 * TIB, 21, true, 16777216, 25165824, 2 * TIB, 256 * MIB, 16 * MIB},
    {16 * TIB, 21, true, 134217728, 142606336, 4 * TIB, 2 * GIB, 128 * MIB},
};

static VtQcow2Header
header_of_row(const Row *row)
{
    guint8 bytes[VT_QCOW2_HEADER_BYTES];
    VtQcow2Header header;
    make_header(bytes, row->cluster_bits, row->size);
    put64(bytes, 72, row->extended_l2 ? 1 << 4 : 0);
    assert_parses(bytes, sizeof bytes, &header);
    assert_int_equal(header.extended_l2, row->extended_l2);
    return header;
}

static void
test_sizes_follow_the_table(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        VtQcow2Header header = header_of_row(&rows[i]);
        VtQcow2Cache cache = vt_qcow2_cache(&header);
        assert_int_equal(cache.l2_table_bytes, rows[i].tables);
        assert_int_equal(cache.full_coverage_bytes, rows[i].full);
        assert_int_equal(cache.default_covers, rows[i].default_disk == rows[i].size);
        assert_int_equal(cache.default_l2_bytes, MIN(rows[i].tables, 32 * MIB));
        assert_int_equal(vt_qcow2_covered_bytes(&header, cache.default_l2_bytes),
                         rows[i].default_disk);
    }
}

static void
test_short_max_size_gives_what_qemu_gives(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        VtQcow2Header header = header_of_row(&rows[i]);
        assert_int_equal(vt_qcow2_cached_l2_bytes(&header, rows[i].short_size), rows[i].short_l2);
    }
}

static void
test_short_max_size_covers_a_part(void **state)
{
    (void)state;
    const guint64 covered_tenth_permille[] = {9500, 9800, 9921, 9960, 9980, 9990}; /* of rows */
    for (gsize i = 0; i < G_N_ELEMENTS(covered_tenth_permille); i++) {
        VtQcow2Header header = header_of_row(&rows[i]);
        guint64 covered = vt_qcow2_covered_bytes(&header, rows[i].short_l2);
        assert_int_equal(covered * 10000 / rows[i].size, covered_tenth_permille[i]);
    }
    VtQcow2Header large_clusters = header_of_row(&rows[14]); /* 40 GiB at 2 MiB */
    assert_int_equal(vt_qcow2_covered_bytes(&large_clusters, rows[14].short_l2), 2 * GIB);
    VtQcow2Header extended = header_of_row(&rows[21]);
    assert_int_equal(vt_qcow2_covered_bytes(&extended, rows[21].short_l2), 1 * GIB);
}

static void
test_no_room_is_too_large_to_multiply(void **state)
{
    (void)state;
    VtQcow2Header header = header_of_row(&rows[6]);
    assert_int_equal(vt_qcow2_covered_bytes(&header, G_MAXUINT64), 16 * TIB);
    assert_int_equal(vt_qcow2_covered_bytes(&header, 0), 0);
    header.virtual_size_bytes = 16 * TIB - 1; /* the last cluster is not whole */
    assert_int_equal(vt_qcow2_covered_bytes(&header, 2 * GIB), 16 * TIB - 1);
}

static void
test_where_not_all_tables_have_room_slices_are_read(void **state)
{
    (void)state;
    VtQcow2Header header = header_of_row(&rows[3]);
    assert_int_equal(vt_qcow2_read_bytes(&header, 65536000), 65536);
    assert_int_equal(vt_qcow2_read_bytes(&header, 65536000 - 1), 4096);
    header.cluster_bits = 9;
    assert_int_equal(vt_qcow2_read_bytes(&header, 1024), 512);
}

static void
test_one_byte_less_than_full_coverage_does_not_cover(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        VtQcow2Header header = header_of_row(&rows[i]);
        VtQcow2Cache cache = vt_qcow2_cache(&header);
        guint64 least = 2 * (G_GUINT64_CONSTANT(1) << rows[i].cluster_bits);
        guint64 full = cache.full_coverage_bytes;
        guint64 whole = MAX(cache.l2_table_bytes, least);
        assert_int_equal(vt_qcow2_cached_l2_bytes(&header, full), whole);
        assert_int_equal(vt_qcow2_cached_l2_bytes(&header, full + 1), whole);
        assert_int_equal(vt_qcow2_cached_l2_bytes(&header, G_MAXUINT64), whole);
        assert_int_equal(vt_qcow2_cached_l2_bytes(&header, full - 1), cache.l2_table_bytes - 4096);
    }
}

static void
test_cache_has_two_entries_at_least(void **state)
{
    (void)state;
    VtQcow2Header header = header_of_row(&rows[0]);
    assert_int_equal(vt_qcow2_cached_l2_bytes(&header, 1), 2 * 4096);
    assert_int_equal(vt_qcow2_cached_l2_bytes(&header, 4 * 65536), 2 * 4096);
    assert_int_equal(vt_qcow2_cached_l2_bytes(&header, 4 * 65536 + 3 * 4096 - 1), 2 * 4096);
    assert_int_equal(vt_qcow2_cached_l2_bytes(&header, 4 * 65536 + 3 * 4096), 3 * 4096);

    header.virtual_size_bytes = MIB; /* one table: two entries hold more than there is */
    assert_int_equal(vt_qcow2_cache(&header).l2_table_bytes, 65536);
    assert_int_equal(vt_qcow2_cached_l2_bytes(&header, 5 * 65536), 2 * 65536);

    header.cluster_bits = 9; /* a slice is never larger than a cluster */
    header.virtual_size_bytes = GIB;
    assert_int_equal(vt_qcow2_cached_l2_bytes(&header, 1), 2 * 512);
}

static void
test_no_max_size_is_the_default(void **state)
{
    (void)state;
    VtQcow2Header covered = header_of_row(&rows[0]);
    VtQcow2Header beyond = header_of_row(&rows[4]);
    assert_int_equal(vt_qcow2_cached_l2_bytes(&covered, 0), 5242880);
    assert_int_equal(vt_qcow2_cached_l2_bytes(&beyond, 0), 32 * MIB);
}

static void
test_an_empty_disk_has_no_tables(void **state)
{
    (void)state;
    guint8 bytes[VT_QCOW2_HEADER_BYTES];
    VtQcow2Header header;
    make_header(bytes, 16, 0);
    put32(bytes, 36, 0);
    assert_parses(bytes, sizeof bytes, &header);
    VtQcow2Cache cache = vt_qcow2_cache(&header);
    assert_int_equal(cache.l2_table_bytes, 0);
    assert_int_equal(cache.full_coverage_bytes, 4 * 65536);
    assert_true(cache.default_covers);
}

static void
test_a_broken_last_sector_has_no_entry(void **state)
{
    (void)state;
    VtQcow2Header header = {.version = 3, .cluster_bits = 9, .virtual_size_bytes = 64 * 512 + 511};
    assert_int_equal(vt_qcow2_cache(&header).l2_table_bytes, 512);
    header.virtual_size_bytes++;
    assert_int_equal(vt_qcow2_cache(&header).l2_table_bytes, 1024);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("sizes follow the worked table", test_sizes_follow_the_table),
        TEST("a short max_size gives what QEMU gives", test_short_max_size_gives_what_qemu_gives),
        TEST("a max_size that is too short covers the part that was worked out",
             test_short_max_size_covers_a_part),
        TEST("no room is too large to multiply", test_no_room_is_too_large_to_multiply),
        TEST("where not all tables have room slices of 4 KiB are read",
             test_where_not_all_tables_have_room_slices_are_read),
        TEST("one byte less than full coverage does not cover",
             test_one_byte_less_than_full_coverage_does_not_cover),
        TEST("the cache has two entries at least", test_cache_has_two_entries_at_least),
        TEST("no max_size is the default", test_no_max_size_is_the_default),
        TEST("an empty disk has no tables", test_an_empty_disk_has_no_tables),
        TEST("a broken last sector has no entry", test_a_broken_last_sector_has_no_entry),
    };
    return cmocka_run_group_tests_name("qcow2-cache", tests, NULL, NULL);
}
