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
    assert_int_equal(size, VT_QCOW2_HEADER_BYTES);
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
        return (gssize)size;
    }
    *ret_why = g_strdup("it is not here");
    return 0;
}

static VtFacts *
facts_of(const char *disks, guint64 budget, GError **error)
{
    g_autofree char *xml = g_strdup_printf("<domain>\n<devices>%s</devices></domain>", disks);
    g_autoptr(VtDocument) document = parse(xml);
    g_autoptr(VtFacts) facts = vt_facts_new(NULL);
    guint asked = 0;

    return vt_facts_from_disks(facts, document, serve, &asked, budget, error)
               ? g_steal_pointer(&facts)
               : NULL;
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

static void
test_the_budget_counts_to_the_byte(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) fits = facts_of(DISK("/large", ""), 268697600, NULL);
    g_autoptr(VtFacts) short_of = facts_of(DISK("/large", ""), 268697599, NULL);

    assert_bool(only_disk(fits), "disk.within_budget", true);
    assert_bool(only_disk(short_of), "disk.within_budget", false);
}

static void
test_only_qcow2_disks_with_a_plain_name_count(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) facts = facts_of(
        "<disk type='file'><driver type='raw'/><source file='/large'/><target dev='a'/></disk>"
        "<disk type='file'><source file='/large'/><target dev='b'/></disk>"
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
        g_autoptr(GError) error = NULL;
        g_autoptr(VtFacts) facts = facts_of(cases[i].disk, 512 * MIB, &error);
        const VtFact *fact;

        assert_no_error(error);
        fact = vt_facts_get(only_disk(facts), "disk.covered");
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
test_what_misleads_is_an_error_at_the_disk(void **state G_GNUC_UNUSED)
{
    static const char *const disks[] = {DISK("/raw", ""), DISK("/trouble", "")};

    for (gsize i = 0; i < G_N_ELEMENTS(disks); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(VtFacts) facts = facts_of(disks[i], 512 * MIB, &error);

        assert_null(facts);
        assert_error_says(error, VT_ERROR_INPUT, "test.xml:2:10: disk image '/");
    }
}

static void
test_without_images_nothing_is_read(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtDocument) document =
        parse("<domain><devices>" DISK("/large", "") "</devices></domain>");
    g_autoptr(VtFacts) facts = vt_facts_new(NULL);

    assert_true(vt_facts_from_disks(facts, document, NULL, NULL, MIB, NULL));
    assert_false(vt_facts_get(only_disk(facts), "disk.covered")->known);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("a large disk needs more than the default",
             test_a_large_disk_needs_more_than_the_default),
        TEST("a cache that is set is weighed", test_a_cache_that_is_set_is_weighed),
        TEST("the budget counts to the byte", test_the_budget_counts_to_the_byte),
        TEST("only qcow2 disks with a plain name count",
             test_only_qcow2_disks_with_a_plain_name_count),
        TEST("what cannot be read is unknown and says why",
             test_what_cannot_be_read_is_unknown_and_says_why),
        TEST("block devices are read too", test_block_devices_are_read_too),
        TEST("what misleads is an error at the disk", test_what_misleads_is_an_error_at_the_disk),
        TEST("without images nothing is read", test_without_images_nothing_is_read),
    };

    return cmocka_run_group_tests_name("disks", tests, NULL, NULL);
}
