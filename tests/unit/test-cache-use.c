/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#include "diagnose/cache-use.h"

#define DISK(name, type, driver)                                                                   \
    "<disk type='" type "' device='disk'><driver name='qemu' type='qcow2' " driver "/>"            \
    "<target dev='" name "'/></disk>"
#define DOMAIN(devices) "<domain><devices>" devices "</devices></domain>"
#define ONE_DISK DOMAIN(DISK("vda", "file", ""))

/* What happened between two looks at a guest whose disk has room for 256 tables of 4 KiB. */
typedef struct {
    const char *domain;
    guint64 reads, read_bytes, writes;
    guint64 calls, call_bytes, storage_bytes;
    guint64 before;        /* of each of those there was so much before */
    guint64 tables_before; /* besides, so many tables */
    gint64 backing_images;
    bool covered;
} Window;

static void
put(GHashTable *statistics, const char *name, guint64 value)
{
    g_hash_table_insert(statistics, g_strdup(name), g_memdup2(&value, sizeof(value)));
}

static VtReadCounts
counts_of(const Window *window, bool after)
{
    guint64 before = window->before, tables = window->tables_before;
    VtReadCounts counts = {
        .statistics = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
        .calls = before + tables + (after ? window->calls : 0),
        .call_bytes = before * 4096 + tables * 4096 + (after ? window->call_bytes : 0),
        .storage_bytes = before * 4096 + tables * 4096 + (after ? window->storage_bytes : 0),
    };

    put(counts.statistics, "block.vda.rd.reqs", before + (after ? window->reads : 0));
    put(counts.statistics, "block.vda.rd.bytes", before * 4096 + (after ? window->read_bytes : 0));
    put(counts.statistics, "block.vda.wr.reqs", before + (after ? window->writes : 0));
    return counts;
}

static void
clear(VtDiskCoverage *disk)
{
    g_free(disk->target);
    g_free(disk->backing_uncovered);
}

static VtCacheUse *
use_of(const Window *window)
{
    g_autoptr(VtDocument) domain = parse(window->domain ? window->domain : ONE_DISK);
    g_autoptr(GPtrArray) coverage = g_ptr_array_new();
    VtDiskCoverage disk = {
        .target = g_strdup("vda"),
        .virtual_size_bytes = 1 << 30,
        .covered_bytes = window->covered ? 1 << 30 : 1 << 20,
        .cached_l2_bytes = 256 * 4096,
        .l2_read_bytes = 4096,
        .backing_images = window->backing_images,
        .backing_uncovered = g_strdup(""),
    };
    VtReadCounts before = counts_of(window, false), after = counts_of(window, true);
    VtCacheUse *use;

    g_ptr_array_add(coverage, &disk);
    use = vt_cache_use(coverage, domain, &before, &after, 10);
    g_hash_table_unref(before.statistics);
    g_hash_table_unref(after.statistics);
    clear(&disk);
    return use;
}

static void
assert_unknown(const Window *window, const char *words)
{
    g_autoptr(VtCacheUse) use = use_of(window);

    assert_int_equal(use->verdict, VT_CACHE_UNKNOWN);
    if (!strstr(use->why, words))
        fail_msg("'%s' lacks '%s'", use->why, words);
}

/* Taken from a guest of QEMU 7.2 that read 512 bytes every 32 MiB: each read took a table, which
 * QEMU's own trace events say too. */
static void
tables_are_what_was_read_besides(void **state G_GNUC_UNUSED)
{
    const Window window = {
        .reads = 3797, .read_bytes = 1944064, .calls = 15633, .call_bytes = 17556296};
    g_autoptr(VtCacheUse) use = use_of(&window);

    assert_true(use->tables >= 3795 && use->tables <= 3799);
    assert_int_equal(use->requests, 3797);
    assert_int_equal(use->room, 256);
    assert_int_equal(use->verdict, VT_CACHE_OUTGROWN);
    assert_string_equal(use->disks->pdata[0], "vda");
}

/* The same guest with a cache that covers its disk in fact; its event loop woke 1602 times. */
static void
an_event_loop_that_wakes_reads_no_tables(void **state G_GNUC_UNUSED)
{
    const Window window = {.reads = 773, .read_bytes = 395776, .calls = 2375, .call_bytes = 409096};
    g_autoptr(VtCacheUse) use = use_of(&window);

    assert_int_equal(use->tables, 0);
    assert_int_equal(use->verdict, VT_CACHE_FITS);
}

/* The guest went on reading between the looks at its own counter and at QEMU's. */
static void
a_few_tables_are_none(void **state G_GNUC_UNUSED)
{
    const Window window = {.reads = 100,
                           .read_bytes = 409600,
                           .calls = 105,
                           .call_bytes = 409600 + 5 * 4096,
                           .tables_before = 1000};
    g_autoptr(VtCacheUse) use = use_of(&window);

    assert_int_equal(use->tables, 5);
    assert_int_equal(use->verdict, VT_CACHE_FITS);
}

static void
a_cache_that_still_has_room_fills(void **state G_GNUC_UNUSED)
{
    const Window window = {
        .reads = 1000, .read_bytes = 4096000, .calls = 1100, .call_bytes = 4096000 + 100 * 4096};
    g_autoptr(VtCacheUse) use = use_of(&window);

    assert_int_equal(use->tables, 100);
    assert_int_equal(use->tables_of_start, 100);
    assert_int_equal(use->verdict, VT_CACHE_FILLS);
}

static void
a_cache_that_was_full_before_rereads(void **state G_GNUC_UNUSED)
{
    const Window window = {.reads = 1000,
                           .read_bytes = 4096000,
                           .calls = 1100,
                           .call_bytes = 4096000 + 100 * 4096,
                           .before = 50,
                           .tables_before = 1000};
    g_autoptr(VtCacheUse) use = use_of(&window);

    assert_int_equal(use->tables, 100);
    assert_int_equal(use->tables_of_start, 1100);
    assert_int_equal(use->verdict, VT_CACHE_REREADS);
}

static void
what_may_be_something_else_is_no_certainty(void **state G_GNUC_UNUSED)
{
    Window window = {.reads = 1000,
                     .read_bytes = 4096000,
                     .calls = 2000,
                     .call_bytes = 4096000 + 1000 * 4096,
                     .backing_images = 1};
    g_autoptr(VtCacheUse) layered = use_of(&window);
    g_autoptr(VtCacheUse) packets = NULL, vhost = NULL, folder = NULL;

    assert_int_equal(layered->verdict, VT_CACHE_REREADS);
    assert_int_equal(layered->remarks->len, 1);
    window.backing_images = 0;
    window.domain = DOMAIN(DISK("vda", "file", "") "<interface type='bridge'>"
                                                   "<model type='e1000e'/></interface>");
    packets = use_of(&window);
    assert_int_equal(packets->verdict, VT_CACHE_REREADS);
    window.domain = DOMAIN(DISK("vda", "file", "") "<interface type='bridge'>"
                                                   "<model type='virtio'/></interface>");
    vhost = use_of(&window);
    assert_int_equal(vhost->verdict, VT_CACHE_OUTGROWN);
    window.domain = DOMAIN(DISK("vda", "file", "") "<filesystem type='mount'/>");
    folder = use_of(&window);
    assert_int_equal(folder->verdict, VT_CACHE_REREADS);
}

static void
asynchronous_reads_are_seen_where_they_come_from_storage(void **state G_GNUC_UNUSED)
{
    Window window = {.domain = DOMAIN(DISK("vda", "file", "cache='none' io='native'")),
                     .reads = 500,
                     .read_bytes = 500 * 4096,
                     .calls = 7,
                     .call_bytes = 56,
                     .storage_bytes = 1000 * 4096};
    g_autoptr(VtCacheUse) use = use_of(&window);

    assert_int_equal(use->tables, 500);
    assert_int_equal(use->verdict, VT_CACHE_OUTGROWN);
    window.domain = DOMAIN(DISK("vda", "file", "cache='writeback' io='io_uring'"));
    assert_unknown(&window, "no counter sees it");
    window.domain = DOMAIN(DISK("vda", "file", "cache='none' io='native'") DISK("vdb", "file", ""));
    assert_unknown(&window, "no counter sees it");
}

static void
disks_on_the_network_are_left_out(void **state G_GNUC_UNUSED)
{
    const Window window = {.domain = DOMAIN(DISK("vda", "file", "")
                                                DISK("vdb", "network", "cache='none' io='native'")),
                           .reads = 1000,
                           .read_bytes = 4096000,
                           .calls = 1000,
                           .call_bytes = 4096000};
    g_autoptr(VtCacheUse) use = use_of(&window);

    assert_int_equal(use->verdict, VT_CACHE_FITS);
}

static void
what_cannot_be_told_is_unknown(void **state G_GNUC_UNUSED)
{
    const Window idle = {.calls = 1000, .call_bytes = 8000};
    const Window sparse = {
        .reads = 1000, .read_bytes = 4096000, .calls = 500, .call_bytes = 2048000};
    const Window layers = {.reads = 1, .read_bytes = 1, .backing_images = -1};

    assert_unknown(&idle, "neither read nor wrote");
    assert_unknown(&sparse, "never written");
    assert_unknown(&layers, "what the caches hold");
}

static void
writing_takes_tables_too(void **state G_GNUC_UNUSED)
{
    const Window window = {.writes = 1000, .calls = 900, .call_bytes = 900 * 4096};
    g_autoptr(VtCacheUse) use = use_of(&window);

    assert_int_equal(use->tables, 900);
    assert_int_equal(use->verdict, VT_CACHE_OUTGROWN);
}

static void
a_cache_that_covers_its_disk_is_not_outgrown(void **state G_GNUC_UNUSED)
{
    const Window window = {.covered = true, .reads = 1000, .call_bytes = 1 << 30};
    g_autoptr(VtCacheUse) use = use_of(&window);

    assert_int_equal(use->verdict, VT_CACHE_FITS);
    assert_int_equal(use->disks->len, 0);
}

/* Counters that go backwards are those of another process. */
static void
counters_that_go_backwards_make_no_giant(void **state G_GNUC_UNUSED)
{
    const Window window = {.reads = 1000,
                           .read_bytes = 4096000,
                           .calls = (guint64)-5000,
                           .call_bytes = (guint64)-5000,
                           .before = 10000};

    assert_unknown(&window, "never written");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("tables are what QEMU reads besides what the guest asked for",
             tables_are_what_was_read_besides),
        TEST("an event loop that wakes reads no tables", an_event_loop_that_wakes_reads_no_tables),
        TEST("a few tables are none", a_few_tables_are_none),
        TEST("a cache that still has room fills", a_cache_that_still_has_room_fills),
        TEST("a cache that was full before reads tables again",
             a_cache_that_was_full_before_rereads),
        TEST("what may be something else is no certainty",
             what_may_be_something_else_is_no_certainty),
        TEST("asynchronous reads are seen where they come from storage",
             asynchronous_reads_are_seen_where_they_come_from_storage),
        TEST("disks on the network are left out", disks_on_the_network_are_left_out),
        TEST("what cannot be told is unknown", what_cannot_be_told_is_unknown),
        TEST("writing takes tables too", writing_takes_tables_too),
        TEST("a cache that covers its disk is not outgrown",
             a_cache_that_covers_its_disk_is_not_outgrown),
        TEST("counters that go backwards make no giant", counters_that_go_backwards_make_no_giant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
