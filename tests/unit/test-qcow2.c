/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qcow2-fixture.h"

#include "base/error.h"

static void
assert_refuses(const guint8 *bytes, gsize length, const char *words, const char *more_words)
{
    VtQcow2Header header;
    memset(&header, 0x5a, sizeof header);
    VtQcow2Header before = header;
    g_autoptr(GError) error = NULL;
    assert_false(vt_qcow2_parse(bytes, length, &header, &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
    if (strstr(error->message, words) == NULL || strstr(error->message, more_words) == NULL)
        g_printerr("'%s' lacks '%s' or '%s'\n", error->message, words, more_words);
    assert_non_null(strstr(error->message, words));
    assert_non_null(strstr(error->message, more_words));
    assert_memory_equal(&header, &before, sizeof header);
}

static void
assert_field_refused(const guint8 *bytes, const char *field, unsigned offset)
{
    g_autofree char *quoted = g_strdup_printf("'%s'", field);
    g_autofree char *place = g_strdup_printf("byte %u ", offset);
    assert_refuses(bytes, VT_QCOW2_HEADER_BYTES, quoted, place);
}

static void
test_the_largest_disk_does_not_overflow(void **state)
{
    (void)state;
    guint8 bytes[VT_QCOW2_HEADER_BYTES];
    VtQcow2Header header;
    /* 2^22 L1 entries, 2^18 L2 entries each, of 2^21 bytes */
    guint64 largest = G_GUINT64_CONSTANT(1) << 61;
    make_header(bytes, 21, largest);
    assert_parses(bytes, sizeof bytes, &header);
    VtQcow2Cache cache = vt_qcow2_cache(&header);
    assert_int_equal(cache.l2_table_bytes, G_GUINT64_CONSTANT(1) << 43);
    assert_int_equal(cache.full_coverage_bytes, (G_GUINT64_CONSTANT(1) << 43) + 8 * MIB);

    put64(bytes, 24, largest + 1);
    assert_field_refused(bytes, "size", 24);
    put64(bytes, 24, G_MAXUINT64);
    assert_field_refused(bytes, "size", 24);
}

static void
test_reads_what_version_3_says(void **state)
{
    (void)state;
    guint8 bytes[VT_QCOW2_HEADER_BYTES];
    VtQcow2Header header;
    make_header(bytes, 17, 3 * TIB + 512);
    put64(bytes, 8, 4096);
    put32(bytes, 16, 1023);
    put32(bytes, 60, 7);
    put64(bytes, 72, 1 << 4 | 1);
    assert_parses(bytes, sizeof bytes, &header);
    assert_int_equal(header.version, 3);
    assert_int_equal(header.cluster_bits, 17);
    assert_int_equal(header.virtual_size_bytes, 3 * TIB + 512);
    assert_true(header.extended_l2);
    assert_int_not_equal(header.backing_name_offset, 0);
    assert_int_equal(header.snapshots, 7);
}

static void
test_reads_version_2_without_what_follows_it(void **state)
{
    (void)state;
    guint8 bytes[VT_QCOW2_HEADER_BYTES];
    VtQcow2Header header;
    make_v2_header(bytes, 16, 40 * GIB);
    assert_parses(bytes, 72, &header);
    assert_parses(bytes, sizeof bytes, &header);
    assert_int_equal(header.version, 2);
    assert_false(header.extended_l2);
    assert_int_equal(header.backing_name_offset, 0);
    assert_int_equal(header.snapshots, 0);
}

static void
test_refuses_an_image_cut_off_in_its_header(void **state)
{
    (void)state;
    guint8 bytes[VT_QCOW2_HEADER_BYTES];
    make_header(bytes, 16, 40 * GIB);
    for (gsize length = 0; length < sizeof bytes; length++) {
        g_autofree guint8 *copy = g_malloc(MAX(length, 1)); /* so that reading on is noticed */
        memcpy(copy, bytes, length);
        g_autofree char *place = g_strdup_printf("byte '%zu'", length);
        assert_refuses(copy, length, place, "header");
    }
    make_v2_header(bytes, 16, 40 * GIB);
    for (gsize length = 0; length < 72; length++) {
        g_autofree char *place = g_strdup_printf("byte '%zu'", length);
        assert_refuses(bytes, length, place, "'72'");
    }
}

static void
test_tells_nothing_of_a_file_that_is_no_image(void **state)
{
    (void)state;
    guint8 secret[VT_QCOW2_HEADER_BYTES] = "root:$y$j9T$1bWx:19000:0:99999:7:::";
    const gsize lengths[] = {4, 36, sizeof secret};
    for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
        VtQcow2Header header;
        g_autoptr(GError) error = NULL;
        assert_false(vt_qcow2_parse(secret, lengths[i], &header, &error));
        assert_string_equal(error->message, "the field 'magic' at byte 0 is not qcow2's, so this "
                                            "is no qcow2 image");
    }
}

static void
test_accepts_a_version_3_header_without_compression_type(void **state)
{
    (void)state;
    guint8 bytes[VT_QCOW2_HEADER_BYTES];
    VtQcow2Header header;
    make_header(bytes, 16, 40 * GIB);
    put32(bytes, 100, 104);
    bytes[104] = 0xff; /* an extension begins here */
    assert_parses(bytes, 104, &header);
    assert_parses(bytes, sizeof bytes, &header);
    assert_refuses(bytes, 103, "'103'", "'104'");
}

static void
test_accepts_a_header_longer_than_known(void **state)
{
    (void)state;
    guint8 bytes[VT_QCOW2_HEADER_BYTES];
    VtQcow2Header header;
    make_header(bytes, 16, 40 * GIB);
    put32(bytes, 100, 65536);
    assert_parses(bytes, sizeof bytes, &header);
}

typedef struct {
    const char *field;
    unsigned offset;
    unsigned width;
    guint64 value;
} Bad;

/* Each with a header that is sound but for it; clusters of 64 KiB. */
static const Bad bad_fields[] = {
    {"magic", 0, 4, 0},
    {"magic", 0, 4, 0x514649fa},
    {"version", 4, 4, 0},
    {"version", 4, 4, 1},
    {"version", 4, 4, 4},
    {"version", 4, 4, G_MAXUINT32},
    {"backing_file_offset", 8, 8, 65537},
    {"backing_file_offset", 8, 8, G_MAXUINT64},
    {"cluster_bits", 20, 4, 0},
    {"cluster_bits", 20, 4, 8},
    {"cluster_bits", 20, 4, 22},
    {"cluster_bits", 20, 4, 64},
    {"cluster_bits", 20, 4, G_MAXUINT32},
    {"size", 24, 8, (G_GUINT64_CONSTANT(1) << 51) + 1},
    {"size", 24, 8, G_MAXINT64},
    {"size", 24, 8, G_MAXUINT64},
    {"crypt_method", 32, 4, 1},
    {"crypt_method", 32, 4, 3},
    {"crypt_method", 32, 4, G_MAXUINT32},
    {"l1_size", 36, 4, 4194305},
    {"l1_size", 36, 4, G_MAXUINT32},
    {"l1_table_offset", 40, 8, 65537},
    {"l1_table_offset", 40, 8, G_MAXUINT64},
    {"l1_table_offset", 40, 8, G_MAXUINT64 - 65535},
    {"l1_table_offset", 40, 8, G_GUINT64_CONSTANT(1) << 63},
    {"refcount_table_offset", 48, 8, 1},
    {"refcount_table_offset", 48, 8, G_MAXUINT64 - 65535},
    {"refcount_table_clusters", 56, 4, 0},
    {"refcount_table_clusters", 56, 4, 129},
    {"refcount_table_clusters", 56, 4, G_MAXUINT32},
    {"nb_snapshots", 60, 4, 65537},
    {"nb_snapshots", 60, 4, G_MAXUINT32},
    {"snapshots_offset", 64, 8, 512},
    {"snapshots_offset", 64, 8, G_GUINT64_CONSTANT(1) << 63},
    {"incompatible_features", 72, 8, 1 << 1},
    {"incompatible_features", 72, 8, 1 << 5},
    {"incompatible_features", 72, 8, G_GUINT64_CONSTANT(1) << 63},
    {"refcount_order", 96, 4, 7},
    {"refcount_order", 96, 4, G_MAXUINT32},
    {"header_length", 100, 4, 0},
    {"header_length", 100, 4, 103},
    {"header_length", 100, 4, 65537},
    {"header_length", 100, 4, G_MAXUINT32},
    {"compression_type", 104, 1, 1},
    {"compression_type", 104, 1, 2},
    {"compression_type", 104, 1, 255},
};

static void
test_refuses_each_field_out_of_range_and_names_it(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(bad_fields); i++) {
        const Bad *bad = &bad_fields[i];
        guint8 bytes[VT_QCOW2_HEADER_BYTES];
        make_header(bytes, 16, 40 * GIB);
        if (bad->width == 8)
            put64(bytes, bad->offset, bad->value);
        else if (bad->width == 4)
            put32(bytes, bad->offset, (guint32)bad->value);
        else
            bytes[bad->offset] = (guint8)bad->value;
        assert_field_refused(bytes, bad->field, bad->offset);
    }
}

static void
test_refuses_a_backing_name_that_leaves_its_cluster(void **state)
{
    (void)state;
    guint8 bytes[VT_QCOW2_HEADER_BYTES];
    VtQcow2Header header;
    make_header(bytes, 16, 40 * GIB);
    put32(bytes, 16, G_MAXUINT32); /* without an offset it means nothing */
    assert_parses(bytes, sizeof bytes, &header);
    put64(bytes, 8, 65000);
    assert_field_refused(bytes, "backing_file_size", 16);
    put32(bytes, 16, 537);
    assert_field_refused(bytes, "backing_file_size", 16);
    put32(bytes, 16, 536);
    assert_parses(bytes, sizeof bytes, &header);
    put64(bytes, 8, 112);
    put32(bytes, 16, 1024);
    assert_field_refused(bytes, "backing_file_size", 16);
}

static void
test_accepts_the_known_features(void **state)
{
    (void)state;
    guint8 bytes[VT_QCOW2_HEADER_BYTES];
    VtQcow2Header header;
    make_header(bytes, 16, 40 * GIB);
    put64(bytes, 72, 1); /* dirty */
    assert_parses(bytes, sizeof bytes, &header);
    put64(bytes, 72, 1 << 2); /* external data file */
    assert_parses(bytes, sizeof bytes, &header);
    assert_int_equal(vt_qcow2_cache(&header).full_coverage_bytes, 5505024);
    put64(bytes, 72, 1 << 3); /* compression type, zstd */
    bytes[104] = 1;
    assert_parses(bytes, sizeof bytes, &header);
    bytes[104] = 0;
    assert_field_refused(bytes, "compression_type", 104);
}

static void
test_ignores_unknown_features_that_are_compatible(void **state)
{
    (void)state;
    guint8 bytes[VT_QCOW2_HEADER_BYTES];
    VtQcow2Header header;
    make_header(bytes, 16, 40 * GIB);
    put64(bytes, 80, G_MAXUINT64);
    put64(bytes, 88, G_MAXUINT64);
    assert_parses(bytes, sizeof bytes, &header);
}

static void
test_says_that_a_corrupt_image_needs_repair(void **state)
{
    (void)state;
    guint8 bytes[VT_QCOW2_HEADER_BYTES];
    make_header(bytes, 16, 40 * GIB);
    put64(bytes, 72, 1 << 1);
    assert_refuses(bytes, sizeof bytes, "marked corrupt", "repair");
}

static void
test_accepts_luks(void **state)
{
    (void)state;
    guint8 bytes[VT_QCOW2_HEADER_BYTES];
    VtQcow2Header header;
    make_header(bytes, 16, 40 * GIB);
    put32(bytes, 32, 2);
    assert_parses(bytes, sizeof bytes, &header);
}

static void
test_accepts_every_cluster_size(void **state)
{
    (void)state;
    for (unsigned bits = 9; bits <= 21; bits++) {
        guint8 bytes[VT_QCOW2_HEADER_BYTES];
        VtQcow2Header header;
        make_header(bytes, bits, GIB);
        assert_parses(bytes, sizeof bytes, &header);
        guint64 cluster = G_GUINT64_CONSTANT(1) << bits;
        guint64 tables = GIB / cluster * 8;
        tables = (tables + cluster - 1) / cluster * cluster;
        assert_int_equal(vt_qcow2_cache(&header).l2_table_bytes, tables);
        make_v2_header(bytes, bits, GIB);
        assert_parses(bytes, sizeof bytes, &header);
    }
}

static void
test_extended_l2_needs_clusters_of_16_kib(void **state)
{
    (void)state;
    for (unsigned bits = 9; bits <= 21; bits++) {
        guint8 bytes[VT_QCOW2_HEADER_BYTES];
        VtQcow2Header header;
        make_header(bytes, bits, GIB);
        put64(bytes, 72, 1 << 4);
        if (bits >= 14)
            assert_parses(bytes, sizeof bytes, &header);
        else
            assert_field_refused(bytes, "cluster_bits", 20);
    }
}

static void
test_size_must_fit_the_l1_table(void **state)
{
    (void)state;
    guint8 bytes[VT_QCOW2_HEADER_BYTES];
    VtQcow2Header header;
    make_header(bytes, 16, GIB); /* an L1 entry maps 512 MiB */
    put32(bytes, 36, 1);
    assert_field_refused(bytes, "size", 24);
    assert_field_refused(bytes, "l1_size", 36);
    put32(bytes, 36, 2);
    assert_parses(bytes, sizeof bytes, &header);
    put64(bytes, 72, 1 << 4); /* and 256 MiB with extended entries */
    assert_field_refused(bytes, "size", 24);
}

static void
test_any_bytes_parse_or_fail_cleanly(void **state)
{
    (void)state;
    g_autoptr(GRand) rand = g_rand_new_with_seed(20);
    for (unsigned round = 0; round < 200000; round++) {
        guint8 bytes[VT_QCOW2_HEADER_BYTES];
        make_header(bytes, 9 + round % 13, 40 * GIB);
        for (unsigned flips = 1 + round % 4; flips > 0; flips--)
            bytes[g_rand_int_range(rand, 0, sizeof bytes)] = (guint8)g_rand_int(rand);
        VtQcow2Header header;
        g_autoptr(GError) error = NULL;
        if (!vt_qcow2_parse(bytes, sizeof bytes, &header, &error)) {
            assert_true(g_utf8_validate(error->message, -1, NULL));
            continue;
        }
        VtQcow2Cache cache = vt_qcow2_cache(&header);
        assert_true(cache.full_coverage_bytes > cache.l2_table_bytes);
        assert_true(cache.l2_table_bytes <= G_GUINT64_CONSTANT(1) << 44);
        assert_true(vt_qcow2_cached_l2_bytes(&header, g_rand_int(rand)) >= 1024);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("the largest disk does not overflow", test_the_largest_disk_does_not_overflow),
        TEST("reads what version 3 says", test_reads_what_version_3_says),
        TEST("reads version 2 without what follows it",
             test_reads_version_2_without_what_follows_it),
        TEST("refuses an image cut off in its header", test_refuses_an_image_cut_off_in_its_header),
        TEST("tells nothing of a file that is no image",
             test_tells_nothing_of_a_file_that_is_no_image),
        TEST("accepts a version 3 header without compression type",
             test_accepts_a_version_3_header_without_compression_type),
        TEST("accepts a header longer than known", test_accepts_a_header_longer_than_known),
        TEST("refuses each field out of range and names it",
             test_refuses_each_field_out_of_range_and_names_it),
        TEST("refuses a backing name that leaves its cluster",
             test_refuses_a_backing_name_that_leaves_its_cluster),
        TEST("accepts the known features", test_accepts_the_known_features),
        TEST("ignores unknown features that are compatible",
             test_ignores_unknown_features_that_are_compatible),
        TEST("says that a corrupt image needs repair", test_says_that_a_corrupt_image_needs_repair),
        TEST("accepts LUKS", test_accepts_luks),
        TEST("accepts every cluster size", test_accepts_every_cluster_size),
        TEST("extended L2 needs clusters of 16 KiB", test_extended_l2_needs_clusters_of_16_kib),
        TEST("the size must fit the L1 table", test_size_must_fit_the_l1_table),
        TEST("any bytes parse or fail cleanly", test_any_bytes_parse_or_fail_cleanly),
    };
    return cmocka_run_group_tests_name("qcow2", tests, NULL, NULL);
}
