/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#include "diagnose/disk-coverage.h"
#include "report/disk-coverage.h"
#undef TEST
#include "qcow2-fixture.h"

/* Serves the image that a path describes: "/500-16" has 500 GiB and clusters of 2^16 bytes,
 * "/500-16-extended" extended L2 entries besides; "/-" is none. */
static gssize
serve(const char *path, guint8 *buffer, gsize size, char **ret_why, gpointer data G_GNUC_UNUSED,
      GError **error G_GNUC_UNUSED)
{
    g_auto(GStrv) parts = g_strsplit(path + 1, "-", -1);

    assert_true(size >= VT_QCOW2_HEADER_BYTES);
    if (!g_ascii_isdigit(*parts[0])) {
        *ret_why = g_strdup("it is not here");
        return 0;
    }
    make_header(buffer, (unsigned)atoi(parts[1]), g_ascii_strtoull(parts[0], NULL, 10) * GIB);
    put64(buffer, 72, parts[2] ? 1 << 4 : 0);
    return VT_QCOW2_HEADER_BYTES;
}

/* What is judged, with the rules that vmtune has. */
typedef struct {
    VtRuleDatabase *database;
    VtFacts *facts;
    VtDocument *running, *stored;
    VtTuneResult *running_result, *stored_result;
    GHashTable *statistics;
    GPtrArray *coverage;
} Stage;

static void
stage_free(Stage *stage)
{
    g_clear_pointer(&stage->coverage, g_ptr_array_unref);
    vt_tune_result_free(stage->running_result);
    vt_tune_result_free(stage->stored_result);
    vt_document_free(stage->running);
    vt_document_free(stage->stored);
    vt_facts_free(stage->facts);
    vt_rule_database_free(stage->database);
    g_hash_table_unref(stage->statistics);
    g_free(stage);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stage, stage_free)

static Stage *
stage_new(gint64 qemu_version)
{
    const char *const folders[] = {g_getenv("VMTUNE_DATADIR"), NULL};
    g_autofree char *rules = g_build_filename(folders[0], "rules", NULL);
    const char *const directories[] = {rules, NULL};
    g_autoptr(GError) error = NULL;
    Stage *stage = g_new0(Stage, 1);

    stage->database = vt_rule_database_load(directories, &error);
    assert_no_error(error);
    stage->facts = vt_facts_new(NULL);
    vt_facts_set_int(stage->facts, "qemu.version", qemu_version, "test");
    vt_facts_set_int(stage->facts, "libvirt.version", 9000000, "test");
    stage->statistics = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return stage;
}

static VtTuneResult *
judge(const Stage *stage, const VtDocument *document)
{
    const VtTuneInput input = {
        .database = stage->database,
        .facts = stage->facts,
        .images = serve,
        .metadata_cache_budget_bytes = 512 * MIB,
    };
    g_autoptr(GError) error = NULL;
    VtTuneResult *result = vt_judge(document, &input, &error);

    assert_no_error(error);
    return result;
}

#define DOMAIN(devices)                                                                            \
    "<domain type='kvm'><name>n</name><os><type arch='x86_64' machine='q35'>hvm</type></os>"       \
    "<devices>" devices "</devices></domain>"
#define DISK(image, inner, below)                                                                  \
    "<disk type='file' device='disk'><driver name='qemu' type='qcow2'>" inner                      \
    "</driver><source file='" image "'/>" below "<target dev='vda' bus='virtio'/></disk>"
#define CACHE(bytes) "<metadata_cache><max_size unit='bytes'>" bytes "</max_size></metadata_cache>"

/* The one disk of a domain that was started from @running and is now stored as @stored. */
static const VtDiskCoverage *
cover(Stage *stage, const char *running, const char *stored)
{
    stage->running = parse(running);
    stage->running_result = judge(stage, stage->running);
    stage->stored = stored ? parse(stored) : NULL;
    stage->stored_result = stored ? judge(stage, stage->stored) : NULL;
    stage->coverage =
        vt_disk_coverage(stage->running_result, stage->stored_result, stage->statistics);
    assert_int_equal(stage->coverage->len, 1);
    return stage->coverage->pdata[0];
}

static void
set_capacity(Stage *stage, guint64 bytes)
{
    g_hash_table_insert(stage->statistics, g_strdup("block.vda.capacity"),
                        g_memdup2(&bytes, sizeof(bytes)));
}

static void
the_default_covers_a_quarter_of_a_tib(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(7002000);
    const VtDiskCoverage *disk = cover(stage, DOMAIN(DISK("/1024-16", "", "")), NULL);

    assert_null(disk->why_unknown);
    assert_int_equal(disk->virtual_size_bytes, TIB);
    assert_int_equal(disk->covered_bytes, 256 * GIB);
    assert_int_equal(disk->cached_l2_bytes, 32 * MIB);
    assert_int_equal(disk->l2_table_bytes, 128 * MIB);
    assert_int_equal(disk->full_coverage_bytes, 134479872);
    assert_int_equal(disk->cure, VT_CURE_MISSING);
    assert_true(vt_disk_coverage_is_partial(disk));
    assert_false(disk->waits);
}

static void
the_default_covers_a_small_disk(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(7002000);
    const VtDiskCoverage *disk = cover(stage, DOMAIN(DISK("/256-16", "", "")), NULL);

    assert_int_equal(disk->covered_bytes, 256 * GIB);
    assert_false(vt_disk_coverage_is_partial(disk));
    assert_int_equal(disk->backing_images, 0);
}

static void
an_old_qemu_caches_1_mib(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(3000000);
    const VtDiskCoverage *disk = cover(stage, DOMAIN(DISK("/40-16", "", "")), NULL);

    assert_int_equal(disk->cached_l2_bytes, MIB);
    assert_int_equal(disk->covered_bytes, 8 * GIB);
}

static void
extended_entries_cover_half(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(7002000);
    const VtDiskCoverage *disk = cover(stage, DOMAIN(DISK("/500-16-extended", "", "")), NULL);

    assert_int_equal(disk->covered_bytes, 128 * GIB);
    assert_int_equal(disk->full_coverage_bytes, 131334144);
}

static void
size_in_gib_times_131072_falls_short(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) small = stage_new(7002000), wide = stage_new(7002000);
    const VtDiskCoverage *disk = cover(small, DOMAIN(DISK("/40-16", CACHE("5242880"), "")), NULL);
    const VtDiskCoverage *clusters =
        cover(wide, DOMAIN(DISK("/40-21", CACHE("5242880"), "")), NULL);

    assert_int_equal(disk->covered_bytes, 38 * GIB);
    assert_int_equal(disk->l2_read_bytes, 4096);
    assert_int_equal(disk->cure, VT_CURE_BY_HAND);
    assert_non_null(strstr(disk->cure_why, "is its size in GiB times 131072"));
    assert_int_equal(clusters->covered_bytes, 2 * GIB);
}

static void
what_runs_counts_and_what_is_stored_waits(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(7002000);
    const VtDiskCoverage *disk = cover(stage, DOMAIN(DISK("/2048-16", "", "")),
                                       DOMAIN(DISK("/2048-16", CACHE("268697600"), "")));

    assert_int_equal(disk->covered_bytes, 256 * GIB);
    assert_int_equal(disk->max_size_bytes, 0);
    assert_int_equal(disk->stored_max_size_bytes, 268697600);
    assert_true(disk->waits);
    assert_int_equal(disk->cure, VT_CURE_WAITS);
}

static void
what_is_stored_does_not_help_what_runs(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(7002000);
    const VtDiskCoverage *disk =
        cover(stage, DOMAIN(DISK("/2048-16", CACHE("268697600"), "")),
              DOMAIN("<disk type='file'><driver name='qemu' type='qcow2'/>"
                     "<source file='/2048-16'/><target dev='vdb' bus='virtio'/></disk>"));

    assert_int_equal(disk->covered_bytes, 2 * TIB);
    assert_false(disk->waits); /* the disk is not there at the next start */
}

static void
an_image_that_changed_under_qemu_tells_nothing(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) changed = stage_new(7002000), same = stage_new(7002000);
    const VtDiskCoverage *disk;

    set_capacity(changed, 500 * GIB);
    disk = cover(changed, DOMAIN(DISK("/2048-16", "", "")), NULL);
    assert_non_null(strstr(disk->why_unknown, "536870912000"));
    assert_true(vt_disk_coverage_is_partial(disk));
    set_capacity(same, 2 * TIB);
    disk = cover(same, DOMAIN(DISK("/2048-16", "", "")), NULL);
    assert_null(disk->why_unknown);
}

static void
an_image_that_is_not_to_be_had_is_unknown(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(7002000);
    const VtDiskCoverage *disk = cover(stage, DOMAIN(DISK("/-", CACHE("5"), "")), NULL);

    assert_string_equal(disk->why_unknown, "it is not here");
    assert_int_equal(disk->max_size_bytes, 5);
    assert_int_equal(disk->backing_images, -1);
}

static void
an_argument_of_qemus_own_leaves_it_unknown(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(7002000);
    const VtDiskCoverage *disk = cover(
        stage,
        "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
        "<name>n</name><os><type arch='x86_64' machine='q35'>hvm</type></os>"
        "<devices>" DISK("/40-16", "",
                         "") "</devices><qemu:commandline>"
                             "<qemu:arg value='-set'/><qemu:arg value='drive.d.l2-cache-size=1M'/>"
                             "</qemu:commandline></domain>",
        NULL);

    assert_non_null(strstr(disk->why_unknown, "l2-cache-size=1M"));
}

static void
images_below_have_caches_of_their_own(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(7002000);
    const VtDiskCoverage *disk =
        cover(stage,
              DOMAIN(DISK("/40-16", "",
                          "<backingStore type='file'><format type='qcow2'/>"
                          "<source file='/1024-16'/><backingStore/></backingStore>")),
              NULL);

    assert_int_equal(disk->covered_bytes, 40 * GIB);
    assert_int_equal(disk->backing_images, 1);
    assert_int_equal(disk->backing_cache_bytes, 32 * MIB);
    assert_non_null(strstr(disk->backing_uncovered, "/1024-16"));
    assert_true(vt_disk_coverage_is_partial(disk));
}

static void
other_formats_have_no_such_cache(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(7002000);

    stage->running = parse(DOMAIN("<disk type='file'><driver name='qemu' type='raw'/>"
                                  "<source file='/40-16'/><target dev='vda'/></disk>"));
    stage->running_result = judge(stage, stage->running);
    stage->coverage = vt_disk_coverage(stage->running_result, NULL, NULL);
    assert_int_equal(stage->coverage->len, 0);
}

/* ---- as text ---- */

static char *
report(const Stage *stage)
{
    const VtDiskView view = {.runs = true, .coverage = stage->coverage};
    const VtTextStyle style = {.width = 80, .ascii = true};

    return vt_report_disks(&view, "vmtune apply win10", &style);
}

static void
the_text_says_what_is_covered_and_what_all_takes(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(7002000);
    g_autofree char *text = NULL;

    cover(stage, DOMAIN(DISK("/2048-16", "", "")), NULL);
    text = report(stage);
    assert_string_equal(
        text, "\nThe disks' metadata caches\n"
              "vda   ###                   12.5 %\n"
              "  256.0 GiB of 2.0 TiB are covered.\n"
              "  QEMU's default caches 32.0 MiB of 256.0 MiB of L2 tables.\n"
              "  All of it takes a max_size of 268697600 bytes, and so up to 256.2 MiB of\n"
              "  memory. The rule disk/metadata-cache sets it: 'vmtune apply win10'.\n");
}

static void
a_cache_that_lacks_a_little_is_not_said_to_cover_all(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(7002000);
    g_autofree char *text = NULL;

    cover(stage, DOMAIN(DISK("/16384-16", CACHE("2147745791"), "")), NULL);
    text = report(stage);
    assert_non_null(strstr(text, " 99.9 %\n"));
}

static void
names_do_not_steer_the_terminal(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(7002000);
    g_autofree char *text = NULL;
    VtDiskCoverage *disk;

    cover(stage, DOMAIN(DISK("/40-16", "", "")), NULL);
    disk = stage->coverage->pdata[0];
    g_free(disk->backing_uncovered);
    disk->backing_uncovered = g_strdup("/\033[31m\n/b");
    text = report(stage);
    assert_null(strchr(text, '\033'));
    assert_non_null(strstr(text, "\\x1b[31m\\n/b"));
}

/* What is said of @use beside a disk that a cache covers in part. */
static char *
report_use(const Stage *stage, const VtCacheUse *use, unsigned width)
{
    const VtDiskView view = {.runs = true, .coverage = stage->coverage, .use = use};
    const VtTextStyle style = {.width = width, .ascii = true};

    return vt_report_disks(&view, "vmtune apply win10", &style);
}

static void
every_verdict_says_what_it_rests_on(void **state G_GNUC_UNUSED)
{
    static const struct {
        VtCacheVerdict verdict;
        const char *words;
    } expected[] = {
        {VT_CACHE_UNKNOWN, "is unknown: nobody knows."},
        {VT_CACHE_FITS, "4 711 times for something of vda, and QEMU read 815 parts"},
        {VT_CACHE_FILLS, "has room for 8 192 parts, and since the guest's start no more"},
        {VT_CACHE_REREADS, "since the guest's start up to 9 999 were read: most likely"},
        {VT_CACHE_OUTGROWN, "has room for 8 192 parts: what the guest works on outgrows it."},
    };
    g_autoptr(Stage) stage = stage_new(7002000);
    char *disks[] = {(char *)"vda"};
    GPtrArray targets = {.pdata = (gpointer *)disks, .len = 1}, remarks = {0};

    cover(stage, DOMAIN(DISK("/2048-16", "", "")), NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
        const VtCacheUse use = {
            .verdict = expected[i].verdict,
            .why = (char *)"nobody knows",
            .seconds = 10,
            .requests = 4711,
            .tables = 815,
            .tables_of_start = 9999,
            .room = 8192,
            .disks = &targets,
            .remarks = &remarks,
        };
        g_autofree char *text = report_use(stage, &use, 1000),
                        *narrow = report_use(stage, &use, 40);
        g_auto(GStrv) lines = g_strsplit(narrow, "\n", -1);

        if (!strstr(text, expected[i].words))
            fail_msg("'%s' lacks '%s'", text, expected[i].words);
        for (char **line = lines; *line; line++)
            assert_true(strlen(*line) <= 40);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("QEMU's default covers 256 GiB of 1 TiB", the_default_covers_a_quarter_of_a_tib),
        TEST("QEMU's default covers 256 GiB", the_default_covers_a_small_disk),
        TEST("a QEMU before 3.1 caches 1 MiB", an_old_qemu_caches_1_mib),
        TEST("with extended L2 entries the default covers half", extended_entries_cover_half),
        TEST("the size in GiB times 131072 falls short", size_in_gib_times_131072_falls_short),
        TEST("what runs counts, what is stored waits for a cold boot",
             what_runs_counts_and_what_is_stored_waits),
        TEST("a disk that is not stored has nothing to wait for",
             what_is_stored_does_not_help_what_runs),
        TEST("an image that was changed under QEMU tells nothing",
             an_image_that_changed_under_qemu_tells_nothing),
        TEST("an image that is not to be had is unknown",
             an_image_that_is_not_to_be_had_is_unknown),
        TEST("an argument to QEMU that sizes a cache leaves it unknown",
             an_argument_of_qemus_own_leaves_it_unknown),
        TEST("images below a disk have caches of their own", images_below_have_caches_of_their_own),
        TEST("other formats have no such cache", other_formats_have_no_such_cache),
        TEST("the text says what is covered and what all of it takes",
             the_text_says_what_is_covered_and_what_all_takes),
        TEST("a cache that lacks a little is not said to cover all",
             a_cache_that_lacks_a_little_is_not_said_to_cover_all),
        TEST("names do not steer the terminal", names_do_not_steer_the_terminal),
        TEST("every verdict says what it rests on, in lines as wide as asked for",
             every_verdict_says_what_it_rests_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
