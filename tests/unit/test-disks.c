/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#include "facts/build.h"
#undef TEST
#include "qcow2-fixture.h"

/* An image source that knows a few paths. */
static gssize
serve(const char *path, guint8 *buffer, gsize size, char **ret_why, gpointer data, GError **error)
{
    guint *asked = data;

    (*asked)++;
    assert_int_equal(size, VT_QCOW2_READ_BYTES);
    if (strcmp(path, "/trouble") == 0) {
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, "it burns");
        return -1;
    }
    if (g_str_has_prefix(path, "/raw")) {
        memset(buffer, 'x', size);
        return (gssize)size;
    }
    if (g_str_has_prefix(path, "/large") || g_str_has_prefix(path, "/small")) {
        make_header(buffer, 16, strstr(path, "large") ? 2 * TIB : 40 * GIB);
        return VT_QCOW2_HEADER_BYTES;
    }
    *ret_why = g_strdup("it is not here");
    return 0;
}

static VtFacts *
facts_of(const char *disks, guint64 budget, GPtrArray *ret_troubles)
{
    g_autofree char *xml = g_strdup_printf("<domain>\n<devices>%s</devices></domain>", disks);
    g_autoptr(VtDocument) document = parse(xml);
    g_autoptr(GPtrArray) troubles = g_ptr_array_new_with_free_func(g_free);
    VtFacts *facts = vt_facts_new(NULL);
    guint asked = 0;

    vt_facts_from_disks(facts, document, serve, &asked, budget,
                        ret_troubles ? ret_troubles : troubles);
    assert_int_equal(troubles->len, 0);
    return facts;
}

#define DISK(source, inner)                                                                        \
    "<disk type='file' device='disk'><driver name='qemu' type='qcow2'>" inner                      \
    "</driver><source file='" source "'/><target dev='vda'/></disk>"
#define CACHE(unit, size) "<metadata_cache><max_size " unit ">" size "</max_size></metadata_cache>"

static const VtFacts *
only_disk(const VtFacts *facts)
{
    const VtFact *disks = vt_facts_get(facts, "disk");

    assert_int_equal(disks->records->len, 1);
    return disks->records->pdata[0];
}

static void
assert_bool(const VtFacts *facts, const char *name, bool value)
{
    const VtFact *fact = vt_facts_get(facts, name);

    if (!fact || !fact->known || fact->number != value)
        fail_msg("%s is not %d", name, value);
}

static void
test_a_large_disk_needs_more_than_the_default(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) facts = facts_of(DISK("/large", ""), 512 * MIB, NULL);
    const VtFacts *disk = only_disk(facts);
    gint64 bytes;

    assert_string_equal(vt_facts_get_string(disk, "disk.place"), "devices/disk[target/@dev='vda']");
    assert_true(vt_facts_get_int(disk, "disk.full_coverage_bytes", &bytes));
    assert_int_equal(bytes, 268697600);
    assert_bool(disk, "disk.default_covers", false);
    assert_bool(disk, "disk.covered", false);
    assert_bool(disk, "disk.below_default", false);
    assert_bool(disk, "disk.within_budget", true);
}

static void
assert_cover(const char *disks, bool covered, bool below)
{
    g_autoptr(VtFacts) facts = facts_of(disks, 512 * MIB, NULL);

    assert_bool(only_disk(facts), "disk.covered", covered);
    assert_bool(only_disk(facts), "disk.below_default", below);
}

static void
test_a_cache_that_is_set_is_weighed(void **state G_GNUC_UNUSED)
{
    assert_cover(DISK("/large", CACHE("", "268697600")), true, false);
    assert_cover(DISK("/large", CACHE("unit='KiB'", "262400")), true, false);
    assert_cover(DISK("/large", CACHE("", "268697599")), false, false);
    assert_cover(DISK("/large", CACHE("unit='MiB'", "1")), false, true);
    assert_cover(DISK("/small", CACHE("", "5505024")), true, false);
    assert_cover(DISK("/small", CACHE("", "5242880")), false, true); /* four clusters short */
    assert_cover(DISK("/small", ""), true, false);
    assert_cover(DISK("/small", CACHE("", "0")), true, false); /* libvirt leaves it out */
    assert_cover(DISK("/large", "<metadata_cache/>"), false, false);
}

/* Bytes of an image with a backing file, as qemu-img writes them. */
static gssize
make_overlay(guint8 *buffer, guint64 size, const char *backing, const char *format)
{
    guint32 at = VT_QCOW2_HEADER_BYTES;

    make_header(buffer, 16, size);
    if (format) {
        put32(buffer, at, 0xe2792aca);
        put32(buffer, at + 4, (guint32)strlen(format));
        memset(buffer + at + 8, 0, 8);
        memcpy(buffer + at + 8, format, strlen(format));
        at += 16;
    }
    memset(buffer + at, 0, 8);
    put64(buffer, 8, at + 8);
    put32(buffer, 16, (guint32)strlen(backing));
    memcpy(buffer + at + 8, backing, strlen(backing));
    return at + 8 + (gssize)strlen(backing);
}

static gssize
serve_chain(const char *path, guint8 *buffer, gsize size, char **ret_why, gpointer data,
            GError **error)
{
    if (strcmp(path, "/chain/top") == 0)
        return make_overlay(buffer, 40 * GIB, "middle", "qcow2");
    if (strcmp(path, "/chain/middle") == 0)
        return make_overlay(buffer, 40 * GIB, "/large", "qcow2");
    if (strcmp(path, "/on-raw") == 0)
        return make_overlay(buffer, 40 * GIB, "base", "raw");
    if (strcmp(path, "/on-guess") == 0)
        return make_overlay(buffer, 40 * GIB, "/large", NULL);
    if (strcmp(path, "/on-network") == 0)
        return make_overlay(buffer, 40 * GIB, "nbd://host/export", "raw");
    if (strcmp(path, "/loop") == 0)
        return make_overlay(buffer, 40 * GIB, "/loop", "qcow2");
    if (strcmp(path, "/on-trouble") == 0)
        return make_overlay(buffer, 40 * GIB, "/trouble", "qcow2");
    return serve(path, buffer, size, ret_why, data, error);
}

static VtFacts *
facts_of_chain(const char *disks, gint64 qemu_version)
{
    g_autofree char *xml = g_strdup_printf("<domain><devices>%s</devices></domain>", disks);
    g_autoptr(VtDocument) document = parse(xml);
    VtFacts *facts = vt_facts_new(NULL);
    guint asked = 0;

    if (qemu_version)
        vt_facts_set_int(facts, "qemu.version", qemu_version, "test");
    vt_facts_from_disks(facts, document, serve_chain, &asked, 512 * MIB, NULL);
    return facts;
}

static void
test_a_chain_is_followed_to_its_end(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) facts = facts_of_chain(DISK("/chain/top", ""), 0);
    const VtFacts *disk = only_disk(facts);
    gint64 number;

    assert_true(vt_facts_get_int(disk, "disk.backing_images", &number));
    assert_int_equal(number, 2);
    assert_true(vt_facts_get_int(disk, "disk.backing_cache_bytes", &number));
    assert_int_equal(number, 5 * MIB + 32 * MIB);
    assert_string_equal(vt_facts_get_string(disk, "disk.backing_uncovered"),
                        "/large (2.0\u00a0TiB)");
}

static void
test_a_raw_base_ends_the_chain(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) facts = facts_of_chain(DISK("/on-raw", ""), 0);
    gint64 number;

    assert_true(vt_facts_get_int(only_disk(facts), "disk.backing_images", &number));
    assert_int_equal(number, 0);
    assert_string_equal(vt_facts_get_string(only_disk(facts), "disk.backing_uncovered"), "");
}

static void
test_a_chain_that_cannot_be_followed_is_unknown_and_the_disk_is_not(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *disk, *why;
    } cases[] = {
        {DISK("/on-guess", ""), "is not given"},
        {DISK("/on-network", ""), "not a local file"},
        {DISK("/loop", ""), "does not end"},
        {DISK("/on-trouble", ""), "it burns"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(VtFacts) facts = facts_of_chain(cases[i].disk, 0);
        const VtFact *fact = vt_facts_get(only_disk(facts), "disk.backing_uncovered");

        assert_false(fact->known);
        assert_non_null(strstr(fact->origin, cases[i].why));
        assert_bool(only_disk(facts), "disk.covered", true);
    }
}

static void
test_a_chain_in_the_domain_goes_before_the_images(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) facts = facts_of_chain(
        "<disk type='file'><driver name='qemu' type='qcow2'/><source file='/chain/top'/>"
        "<backingStore type='file'><format type='qcow2'><metadata_cache><max_size>268697600"
        "</max_size></metadata_cache></format><source file='/large'/><backingStore/>"
        "</backingStore><target dev='vda'/></disk>",
        0);
    gint64 number;

    assert_true(vt_facts_get_int(only_disk(facts), "disk.backing_images", &number));
    assert_int_equal(number, 1);
    assert_string_equal(vt_facts_get_string(only_disk(facts), "disk.backing_uncovered"), "");
}

static void
test_old_qemu_caches_one_mib(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) old = facts_of_chain(DISK("/small", ""), 3000000);
    g_autoptr(VtFacts) newer = facts_of_chain(DISK("/small", ""), 3001000);
    gint64 number;

    assert_true(vt_facts_get_int(only_disk(old), "disk.default_l2_bytes", &number));
    assert_int_equal(number, MIB);
    assert_bool(only_disk(old), "disk.covered", false);
    assert_bool(only_disk(newer), "disk.covered", true);
}

static void
assert_history(const char *disk, bool formula, gint64 outgrown_bytes)
{
    g_autoptr(VtFacts) facts = facts_of(disk, 512 * MIB, NULL);
    gint64 number;

    assert_bool(only_disk(facts), "disk.gib_formula", formula);
    assert_bool(only_disk(facts), "disk.outgrown", outgrown_bytes > 0);
    assert_true(vt_facts_get_int(only_disk(facts), "disk.outgrown_bytes", &number));
    assert_int_equal(number, outgrown_bytes);
}

static void
test_where_a_size_comes_from_is_recognised(void **state G_GNUC_UNUSED)
{
    assert_history(DISK("/large", ""), false, 0);
    assert_history(DISK("/large", CACHE("", "268435456")), true, 0);  /* 2048 * 131072 */
    assert_history(DISK("/large", CACHE("", "268697600")), false, 0); /* right as it is */
    assert_history(DISK("/large", CACHE("", "65798144")), false, 500 * (gint64)GIB);
    assert_history(DISK("/large", CACHE("unit='MiB'", "64")), false, 0); /* a person's choice */
    assert_history(DISK("/small", CACHE("", "5242880")), true, 0);
    assert_history(DISK("/large", CACHE("", "2251799814078464")), false, 0); /* 2^51 and a GiB's */
}

static void
test_one_disk_is_the_boot_disk_unless_the_domain_orders_them(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) first =
        facts_of("<disk type='file' device='cdrom'><target dev='hdc'/></disk>" DISK("/small", ""),
                 512 * MIB, NULL);
    g_autoptr(VtFacts) ordered =
        facts_of(DISK("/small", "") "<disk type='file' device='cdrom'><target dev='hdc'/>"
                                    "<boot order='1'/></disk>",
                 512 * MIB, NULL);

    assert_bool(only_disk(first), "disk.boots", true);
    assert_bool(only_disk(ordered), "disk.boots", false);
}

static void
assert_queues(const char *disk, gint64 machine_version, gint64 queues)
{
    g_autofree char *xml = g_strdup_printf("<domain><devices>%s</devices></domain>", disk);
    g_autoptr(VtDocument) document = parse(xml);
    g_autoptr(VtFacts) facts = vt_facts_new(NULL);
    gint64 number = 0;

    vt_facts_set_int(facts, "domain.vcpus", 4, "test");
    if (machine_version)
        vt_facts_set_int(facts, "domain.machine_version", machine_version, "test");
    vt_facts_from_disks(facts, document, NULL, NULL, MIB, NULL);
    assert_int_equal(vt_facts_get_int(only_disk(facts), "disk.queues", &number), queues > 0);
    assert_int_equal(number, queues);
}

static void
test_queues_follow_bus_and_machine_type(void **state G_GNUC_UNUSED)
{
    assert_queues("<disk><target dev='vda' bus='virtio'/></disk>", 7002, 4);
    assert_queues("<disk><target dev='vda'/></disk>", 5002, 4);
    assert_queues("<disk><target dev='vda'/></disk>", 5001, 1);
    assert_queues("<disk><target dev='vda'/></disk>", 0, 0);
    assert_queues("<disk><driver queues='2'/><target dev='vda'/></disk>", 0, 2);
    assert_queues("<disk><target dev='sda' bus='sata'/></disk>", 0, 1);
    assert_queues("<disk><target dev='sda'/></disk>", 7002, 0); /* scsi: the controller's */
}

static void
test_the_budget_counts_to_the_byte(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) fits = facts_of(DISK("/large", ""), 268697600, NULL);
    g_autoptr(VtFacts) short_of = facts_of(DISK("/large", ""), 268697599, NULL);

    assert_bool(only_disk(fits), "disk.within_budget", true);
    assert_bool(only_disk(short_of), "disk.within_budget", false);
}

static void
test_only_disks_with_a_plain_name_count(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) facts = facts_of(
        "<disk type='file' device='cdrom'><source file='/large'/><target dev='a'/></disk>"
        "<disk type='block' device='lun'><source dev='/large'/><target dev='b'/></disk>"
        "<disk type='file'><driver type='qcow2'/><source file='/large'/></disk>"
        "<disk type='file'><driver type='qcow2'/><source file='/large'/><target "
        "dev=\"it's\"/></disk>"
        "<disk type='file'><driver type='qcow2'/><source file='/large'/><target dev=''/></disk>",
        512 * MIB, NULL);

    assert_true(vt_facts_get(facts, "disk")->known);
    assert_int_equal(vt_facts_get(facts, "disk")->records->len, 0);
}

static void
test_what_cannot_be_read_is_unknown_and_says_why(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *disk, *why;
    } cases[] = {
        {DISK("/gone", ""), "it is not here"},
        {DISK("relative/large", ""), "not a local file"},
        {DISK("", ""), "not a local file"},
        {"<disk type='network'><driver type='qcow2'/><source protocol='rbd' name='/large'/>"
         "<target dev='vda'/></disk>",
         "not a local file"},
        {"<disk type='file'><driver type='qcow2'/><target dev='vda'/></disk>", "not a local file"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(VtFacts) facts = facts_of(cases[i].disk, 512 * MIB, NULL);
        const VtFact *fact = vt_facts_get(only_disk(facts), "disk.covered");

        assert_false(fact->known);
        assert_non_null(strstr(fact->origin, cases[i].why));
    }
}

static void
test_block_devices_are_read_too(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) facts =
        facts_of("<disk type='block'><driver type='qcow2'/><source dev='/large'/>"
                 "<target dev='vda'/></disk>",
                 512 * MIB, NULL);

    assert_bool(only_disk(facts), "disk.default_covers", false);
}

static void
test_what_misleads_is_trouble_for_its_own_disk(void **state G_GNUC_UNUSED)
{
    static const char *const disks[] = {DISK("/raw", ""), DISK("/trouble", "")};

    for (gsize i = 0; i < G_N_ELEMENTS(disks); i++) {
        g_autoptr(GPtrArray) troubles = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(VtFacts) facts = facts_of(disks[i], 512 * MIB, troubles);

        assert_int_equal(troubles->len, 1);
        assert_true(g_str_has_prefix(troubles->pdata[0], "test.xml:2:10: disk image '/"));
        assert_false(vt_facts_get(only_disk(facts), "disk.covered")->known);
    }
}

static void
test_without_images_nothing_is_read(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtDocument) document =
        parse("<domain><devices>" DISK("/large", "") "</devices></domain>");
    g_autoptr(VtFacts) facts = vt_facts_new(NULL);

    vt_facts_from_disks(facts, document, NULL, NULL, MIB, NULL);
    assert_null(vt_facts_get(only_disk(facts), "disk.covered"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("a large disk needs more than the default",
             test_a_large_disk_needs_more_than_the_default),
        TEST("a cache that is set is weighed", test_a_cache_that_is_set_is_weighed),
        TEST("the budget counts to the byte", test_the_budget_counts_to_the_byte),
        TEST("a chain is followed to its end", test_a_chain_is_followed_to_its_end),
        TEST("a raw base ends the chain", test_a_raw_base_ends_the_chain),
        TEST("a chain that cannot be followed is unknown, and the disk is not",
             test_a_chain_that_cannot_be_followed_is_unknown_and_the_disk_is_not),
        TEST("a chain in the domain goes before the images",
             test_a_chain_in_the_domain_goes_before_the_images),
        TEST("old QEMU caches one MiB", test_old_qemu_caches_one_mib),
        TEST("where a size comes from is recognised", test_where_a_size_comes_from_is_recognised),
        TEST("one disk is the boot disk unless the domain orders them",
             test_one_disk_is_the_boot_disk_unless_the_domain_orders_them),
        TEST("queues follow bus and machine type", test_queues_follow_bus_and_machine_type),
        TEST("only disks with a plain name count", test_only_disks_with_a_plain_name_count),
        TEST("what cannot be read is unknown and says why",
             test_what_cannot_be_read_is_unknown_and_says_why),
        TEST("block devices are read too", test_block_devices_are_read_too),
        TEST("what misleads is trouble for its own disk",
             test_what_misleads_is_trouble_for_its_own_disk),
        TEST("without images nothing is read", test_without_images_nothing_is_read),
    };

    return cmocka_run_group_tests_name("disks", tests, NULL, NULL);
}
