/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#include "facts/build.h"

static void
test_the_registry_is_in_order_and_complete(void **state G_GNUC_UNUSED)
{
    gsize count;
    const VtFactInfo *infos = vt_fact_infos(&count);

    for (gsize i = 0; i < count; i++) {
        if (i > 0 && strcmp(infos[i - 1].name, infos[i].name) >= 0)
            fail_msg("%s stands before %s", infos[i - 1].name, infos[i].name);
        assert_ptr_equal(vt_fact_info(infos[i].name), &infos[i]);
        assert_true(*infos[i].doc != '\0' && infos[i].unit != NULL);
        assert_int_equal(strspn(infos[i].name, G_CSET_a_2_z G_CSET_DIGITS "_."),
                         strlen(infos[i].name));
    }
    assert_null(vt_fact_info("no.such.fact"));
    assert_null(vt_fact_info(""));
}

static void
test_a_store_looks_into_its_parent(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) host = vt_facts_new(NULL);
    g_autoptr(VtFacts) domain = vt_facts_new(host);
    gint64 number = -1;

    vt_facts_set_int(host, "host.cpus", 4, "sys");
    vt_facts_set_bool(domain, "host.apicv", true, "here");
    assert_true(vt_facts_get_int(domain, "host.cpus", &number));
    assert_int_equal(number, 4);
    assert_true(vt_facts_is_true(domain, "host.apicv"));
    assert_false(vt_facts_is_true(host, "host.apicv"));
    assert_null(vt_facts_get(host, "host.apicv"));
    assert_ptr_equal(vt_facts_parent(domain), host);
}

static void
test_unknown_keeps_its_reason_and_yields_to_values(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) facts = vt_facts_new(NULL);
    gint64 number = -1;

    vt_facts_set_unknown(facts, "host.cpus", "no sysfs");
    assert_false(vt_facts_get(facts, "host.cpus")->known);
    assert_string_equal(vt_facts_get(facts, "host.cpus")->origin, "no sysfs");
    assert_false(vt_facts_get_int(facts, "host.cpus", &number));
    assert_int_equal(number, -1);
    vt_facts_set_int(facts, "host.cpus", 4, "sys");
    vt_facts_set_unknown(facts, "host.cpus", "too late");
    assert_true(vt_facts_get(facts, "host.cpus")->known);
    assert_string_equal(vt_facts_get(facts, "host.cpus")->origin, "sys");
}

static void
test_an_unknown_here_hides_the_parents_value(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) host = vt_facts_new(NULL);
    g_autoptr(VtFacts) domain = vt_facts_new(host);
    gint64 number;

    vt_facts_set_int(host, "host.cpus", 4, "sys");
    vt_facts_set_unknown(domain, "host.cpus", "not for this one");
    assert_false(vt_facts_get_int(domain, "host.cpus", &number));
}

static void
assert_format(const VtFacts *facts, const char *name, bool for_people, const char *expected)
{
    g_autofree char *text = vt_fact_format(vt_facts_get(facts, name), for_people);

    assert_string_equal(text, expected);
}

static void
test_values_are_formatted_by_type_and_unit(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) facts = vt_facts_new(NULL);

    vt_facts_set_int(facts, "disk.virtual_size_bytes", G_GINT64_CONSTANT(500) << 30, "test");
    vt_facts_set_int(facts, "domain.memory_kib", 8 << 20, "test");
    vt_facts_set_bool(facts, "host.apicv", false, "test");
    vt_facts_add_to_set(facts, "domcaps.hyperv", "vapic", "test");
    vt_facts_add_to_set(facts, "domcaps.hyperv", "relaxed", "test");
    vt_facts_add_to_set(facts, "domcaps.hyperv", "vapic", "test");
    vt_facts_add_record(facts, "disk", "test");
    assert_format(facts, "disk.virtual_size_bytes", false, "536870912000");
    assert_format(facts, "domain.memory_kib", false, "8388608");
    assert_format(facts, "host.apicv", true, "no");
    assert_format(facts, "domcaps.hyperv", true, "relaxed vapic");
    assert_format(facts, "disk", true, "1");
    assert_format(facts, "host.nodes", true, "unknown");
    g_autofree char *size = vt_fact_format(vt_facts_get(facts, "disk.virtual_size_bytes"), true);
    assert_true(g_str_has_prefix(size, "500.0") && g_str_has_suffix(size, "GiB"));
}

static void
test_sets_and_records_can_be_known_and_empty(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) facts = vt_facts_new(NULL);

    vt_facts_touch_set(facts, "domcaps.hyperv", "test");
    vt_facts_touch_records(facts, "disk", "test");
    assert_true(vt_facts_get(facts, "domcaps.hyperv")->known);
    assert_int_equal(vt_facts_get(facts, "domcaps.hyperv")->strings->len, 0);
    assert_int_equal(vt_facts_get(facts, "disk")->records->len, 0);
}

static void
test_templates_are_filled_in(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) facts = vt_facts_new(NULL);
    g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *text = NULL;
    g_autofree char *plain = NULL;

    vt_facts_set_string(facts, "domain.name", "{domain.name}", "test");
    text = vt_facts_expand(facts, "{domain.name}{host.cpus}, {domain.name} {", false, unknown);
    assert_string_equal(text, "{domain.name}unknown, {domain.name} {");
    assert_int_equal(unknown->len, 1);
    assert_string_equal(unknown->pdata[0], "host.cpus");
    plain = vt_facts_expand(facts, "", true, NULL);
    assert_string_equal(plain, "");
}

static void
count_fact(const VtFact *fact, gpointer data)
{
    g_string_append_printf(data, "%s ", fact->info->name);
}

static void
test_each_fact_of_a_store_is_visited_in_order(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) host = vt_facts_new(NULL);
    g_autoptr(VtFacts) domain = vt_facts_new(host);
    g_autoptr(GString) names = g_string_new(NULL);

    vt_facts_set_int(host, "host.cpus", 1, "test");
    vt_facts_set_string(domain, "guest.family", "linux", "test");
    vt_facts_set_unknown(domain, "domain.vcpus", "test");
    vt_facts_foreach(domain, count_fact, names);
    assert_string_equal(names->str, "domain.vcpus guest.family ");
}

static void
assert_size(const char *xml, const char *unit, guint64 bytes)
{
    g_autoptr(VtDocument) document = parse(xml);
    guint64 found = 7;

    assert_true(vt_element_size(vt_document_root(document), unit, &found));
    if (found != bytes)
        fail_msg("%s is %" G_GUINT64_FORMAT, xml, found);
}

static void
test_sizes_are_libvirts(void **state G_GNUC_UNUSED)
{
    assert_size("<s>4</s>", "KiB", 4096);
    assert_size("<s> 4\n</s>", "bytes", 4);
    assert_size("<s unit='b'>4</s>", "KiB", 4);
    assert_size("<s unit='BYTES'>4</s>", "KiB", 4);
    assert_size("<s unit='k'>1</s>", "b", 1024);
    assert_size("<s unit='KB'>1</s>", "b", 1000);
    assert_size("<s unit='mib'>1</s>", "b", 1 << 20);
    assert_size("<s unit='G'>1</s>", "b", 1 << 30);
    assert_size("<s unit='TB'>1</s>", "b", G_GUINT64_CONSTANT(1000000000000));
    assert_size("<s unit='PiB'>1</s>", "b", G_GUINT64_CONSTANT(1) << 50);
    assert_size("<s unit='p'>1</s>", "b", G_GUINT64_CONSTANT(1) << 50);
    assert_size("<s unit='EB'>2</s>", "b", G_GUINT64_CONSTANT(2000000000000000000));
}

static void
test_what_is_no_size_is_none(void **state G_GNUC_UNUSED)
{
    static const char *const bad[] = {
        "<s/>",
        "<s>-1</s>",
        "<s>1.5</s>",
        "<s>1 KiB</s>",
        "<s unit='KiBi'>1</s>",
        "<s unit='x'>1</s>",
        "<s>99999999999999999999</s>",
        "<s unit='EiB'>16</s>",
        "<s>+1</s>",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(VtDocument) document = parse(bad[i]);
        guint64 found;
        if (vt_element_size(vt_document_root(document), "KiB", &found))
            fail_msg("%s is a size", bad[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("the registry is in order and complete", test_the_registry_is_in_order_and_complete),
        TEST("a store looks into its parent", test_a_store_looks_into_its_parent),
        TEST("unknown keeps its reason and yields to values",
             test_unknown_keeps_its_reason_and_yields_to_values),
        TEST("an unknown here hides the parent's value",
             test_an_unknown_here_hides_the_parents_value),
        TEST("values are formatted by type and unit", test_values_are_formatted_by_type_and_unit),
        TEST("sets and records can be known and empty",
             test_sets_and_records_can_be_known_and_empty),
        TEST("templates are filled in", test_templates_are_filled_in),
        TEST("each fact of a store is visited in order",
             test_each_fact_of_a_store_is_visited_in_order),
        TEST("sizes are libvirt's", test_sizes_are_libvirts),
        TEST("what is no size is none", test_what_is_no_size_is_none),
    };

    return cmocka_run_group_tests_name("fact", tests, NULL, NULL);
}
