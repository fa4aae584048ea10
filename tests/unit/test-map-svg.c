/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The map as SVG, and how guests get onto it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libxml/parser.h>
#include <string.h>

#include "map-hosts.h"

#define TEST(name, function)                                                                       \
    {                                                                                              \
        name, function, NULL, NULL, NULL                                                           \
    }

/* ---- SVG ---- */

static xmlDoc *
parse(const char *svg)
{
    xmlDoc *document = xmlReadMemory(svg, (int)strlen(svg), "map.svg", NULL,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);

    if (!document)
        fail_msg("not well-formed");
    return document;
}

/* Every CPU once, every other id once too; nothing that runs or is fetched. */
static void
inspect(const xmlNode *node, GHashTable *ids, VtCpuSet *ret_cpus)
{
    for (; node; node = node->next) {
        assert_string_not_equal((const char *)node->name, "script");
        assert_string_not_equal((const char *)node->name, "image");
        for (const xmlAttr *a = node->type == XML_ELEMENT_NODE ? node->properties : NULL; a;
             a = a->next) {
            const char *name = (const char *)a->name;
            const char *value = (const char *)a->children->content;

            assert_false(g_str_has_prefix(name, "on") || strcmp(name, "href") == 0);
            if (strcmp(name, "id") != 0)
                continue;
            assert_true(g_hash_table_add(ids, g_strdup(value)));
            if (g_str_has_prefix(value, "cpu"))
                vt_cpuset_add(ret_cpus, (unsigned)g_ascii_strtoull(value + 3, NULL, 10));
        }
        inspect(node->children, ids, ret_cpus);
    }
}

static void
expect_sound(const VtTopology *host, GPtrArray *guests)
{
    g_autoptr(VtMap) map = vt_map_new("host & <guests>", host, guests, NULL);
    g_autofree char *svg = vt_map_to_svg(map);
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(VtCpuSet) drawn = vt_cpuset_new();
    xmlDoc *document = parse(svg);

    assert_string_equal((const char *)xmlDocGetRootElement(document)->name, "svg");
    inspect(xmlDocGetRootElement(document), ids, drawn);
    assert_true(vt_cpuset_equal(drawn, host->online));
    xmlFreeDoc(document);
}

static void
test_draws_every_cpu_once_as_svg(void **state)
{
    static const Spec specs[] = {
        {1, 1, 4, 1, false}, {1, 1, 2, 2, true},  {8, 2, 3, 2, false},   {1, 32, 2, 4, false},
        {2, 8, 8, 2, false}, {8, 8, 8, 2, false}, {2, 1, 256, 2, false},
    };
    g_autoptr(VtTopology) odd = odd_host();

    (void)state;
    expect_sound(odd, some_guests(odd));
    for (gsize i = 0; i < G_N_ELEMENTS(specs); i++) {
        g_autoptr(VtTopology) host = make_host(&specs[i]);
        expect_sound(host, some_guests(host));
    }
}

static void
test_escapes_names(void **state)
{
    static const char *const names[] = {
        "<script>alert(1)</script>",
        "a&b",
        "\"quoted'",
        "]]>",
        "\033[31m\n",
        "\xff\x01\x0b",
        "\xef\xbf\xbf",
        "\xe5\x90\x8d",
    };
    static const Spec spec = {1, 1, 8, 1, false};
    g_autoptr(VtTopology) host = make_host(&spec);
    GPtrArray *guests = no_guests();

    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        g_ptr_array_add(guests, pinned_guest(names[i], VT_MAP_RUNNING, 1, (unsigned)i, 1));
    expect_sound(host, guests);
}

static void
test_draws_many_guests(void **state)
{
    static const Spec spec = {4, 2, 8, 2, false};
    g_autoptr(VtTopology) host = make_host(&spec);
    GPtrArray *guests = no_guests();

    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        g_autofree char *name = g_strdup_printf("guest%u", i);
        g_ptr_array_add(guests, pinned_guest(name, (VtMapState)(i % 3), 2, i, 64));
    }
    expect_sound(host, guests);
}

/* ---- guests ---- */

static VtMapGuest *
read_guest(const char *xml)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtDocument) document = vt_document_parse(xml, strlen(xml), "domain", &error);

    if (!document)
        fail_msg("%s", error->message);
    return vt_map_guest_from_domain(document, VT_MAP_RUNNING);
}

static void
expect_vcpu(const VtMapGuest *guest, guint index, unsigned number, const char *list)
{
    const VtMapVcpu *vcpu;
    g_autofree char *found = NULL;

    assert_true(index < guest->vcpus->len);
    vcpu = guest->vcpus->pdata[index];
    found = vcpu->mask ? vt_cpuset_format(vcpu->mask) : NULL;
    assert_int_equal(vcpu->number, number);
    if (list)
        assert_string_equal(found, list);
    else
        assert_null(found);
}

static void
test_reads_pins_of_the_vcpus_that_are_enabled(void **state)
{
    g_autoptr(VtMapGuest) guest =
        read_guest("<domain><name>a</name><vcpu current='2'>4</vcpu>"
                   "<vcpus><vcpu id='0' enabled='yes'/><vcpu id='1' enabled='no'/>"
                   "<vcpu id='2' enabled='yes'/><vcpu id='3' enabled='no'/></vcpus>"
                   "<cputune><vcpupin vcpu='0' cpuset='4'/><vcpupin vcpu='1' cpuset='5'/>"
                   "<vcpupin vcpu='2' cpuset='6-7'/><vcpupin vcpu='9' cpuset='1'/>"
                   "<emulatorpin cpuset='0-1'/><iothreadpin iothread='1' cpuset='2'/>"
                   "<iothreadpin iothread='2' cpuset='3'/></cputune></domain>");
    g_autofree char *emulator = vt_cpuset_format(guest->emulator);
    g_autofree char *iothreads = vt_cpuset_format(guest->iothreads);

    (void)state;
    assert_int_equal(guest->vcpus->len, 2);
    expect_vcpu(guest, 0, 0, "4");
    expect_vcpu(guest, 1, 2, "6-7");
    assert_string_equal(emulator, "0-1");
    assert_string_equal(iothreads, "2-3");
}

static void
test_gives_the_cpuset_of_the_domain_to_vcpus_without_pins(void **state)
{
    g_autoptr(VtMapGuest) guest = read_guest("<domain><vcpu cpuset='2-3'>2</vcpu><cputune>"
                                             "<vcpupin vcpu='1' cpuset='5'/></cputune></domain>");
    g_autoptr(VtMapGuest) bare = read_guest("<domain><vcpu>2</vcpu></domain>");

    (void)state;
    expect_vcpu(guest, 0, 0, "2-3");
    expect_vcpu(guest, 1, 1, "5");
    expect_vcpu(bare, 1, 1, NULL);
    assert_null(bare->emulator);
    assert_string_equal(bare->name, "(no name)");
}

static void
test_survives_numbers_that_make_no_sense(void **state)
{
    g_autoptr(VtMapGuest) guest =
        read_guest("<domain><vcpu current='-1'>4000000000</vcpu><vcpus><vcpu id='x'/></vcpus>"
                   "<cputune><vcpupin vcpu='1' cpuset='a'/><vcpupin cpuset='3'/></cputune>"
                   "</domain>");

    (void)state;
    assert_int_equal(guest->vcpus->len, 1);
    expect_vcpu(guest, 0, 0, NULL);
}

/* ---- lists ---- */

static void
test_writes_lists_with_steps_short(void **state)
{
    static const struct {
        const char *list, *expected;
    } cases[] = {
        {"", ""},
        {"3", "3"},
        {"0-1", "0-1"},
        {"0,2", "0,2"},
        {"0,2,4", "0,2,4"},
        {"0,2,4,6", "0,2..6"},
        {"0,4,8,12,13,14", "0,4..12,13-14"},
        {"1,3-8,20", "1,3-8,20"},
    };

    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(VtCpuSet) set = cpus(cases[i].list);
        g_autofree char *text = vt_map_format_cpus(set);

        assert_string_equal(text, cases[i].expected);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("draws every CPU once as SVG", test_draws_every_cpu_once_as_svg),
        TEST("escapes names", test_escapes_names),
        TEST("draws many guests", test_draws_many_guests),
        TEST("reads the pins of the vCPUs that are enabled",
             test_reads_pins_of_the_vcpus_that_are_enabled),
        TEST("gives the domain's cpuset to vCPUs without pins",
             test_gives_the_cpuset_of_the_domain_to_vcpus_without_pins),
        TEST("survives numbers that make no sense", test_survives_numbers_that_make_no_sense),
        TEST("writes lists with steps short", test_writes_lists_with_steps_short),
    };

    return cmocka_run_group_tests_name("map-svg", tests, NULL, NULL);
}
