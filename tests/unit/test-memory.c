/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#include "facts/build.h"
#include "fake-topology.h"

#define DOMAIN "<memory>4194304</memory><vcpu>2</vcpu>"

/* Two nodes with 8 GiB each, and the second core of each isolated. */
static VtTopology *
make_two_nodes(void)
{
    const Spec spec = {.nodes = 2, .domains = 1, .cores = 2, .threads = 1};
    VtTopology *host = make_host(&spec);

    vt_cpuset_add(host->isolated, 1);
    vt_cpuset_add(host->isolated, 3);
    return host;
}

static void
add_pool(VtFacts *facts, gint64 page_kib, gint64 node, gint64 pages, gint64 free_pages)
{
    VtFacts *pool = vt_facts_add_record(facts, "host.hugepages", "test");

    vt_facts_set_int(pool, "host.hugepages.page_kib", page_kib, "test");
    vt_facts_set_int(pool, "host.hugepages.node", node, "test");
    vt_facts_set_int(pool, "host.hugepages.pages", pages, "test");
    vt_facts_set_int(pool, "host.hugepages.free_pages", free_pages, "test");
}

/* 2 MiB: 3072 pages, of which 2048 on node 1 and all free there. */
static VtFacts *
facts_of(const char *inner, bool with_host)
{
    g_autofree char *xml = g_strdup_printf("<domain type='kvm'>%s</domain>", inner);
    g_autoptr(VtDocument) document = parse(xml);
    g_autoptr(VtTopology) host = with_host ? make_two_nodes() : NULL;
    VtFacts *facts = vt_facts_new(NULL);

    if (with_host) {
        vt_facts_set_int(facts, "host.default_hugepage_kib", 2048, "test");
        add_pool(facts, 2048, -1, 3072, 2048);
        add_pool(facts, 2048, 0, 1024, 0);
        add_pool(facts, 2048, 1, 2048, 2048);
    }
    vt_facts_from_domain(facts, document);
    vt_facts_from_dedication(facts, document, host);
    vt_facts_from_memory(facts, document, host);
    return facts;
}

static void
assert_number(const VtFacts *facts, const char *name, gint64 expected)
{
    gint64 number;

    if (!vt_facts_get_int(facts, name, &number))
        fail_msg("%s is unknown", name);
    assert_int_equal(number, expected);
}

#define PAGES(page) "<memoryBacking><hugepages>" page "</hugepages></memoryBacking>"
#define NUMATUNE(mode, nodes) "<numatune><memory " mode " nodeset='" nodes "'/></numatune>"

static void
assert_missing(const char *inner, gint64 page_kib, gint64 missing)
{
    g_autofree char *domain = g_strconcat(DOMAIN, inner, NULL);
    g_autoptr(VtFacts) facts = facts_of(domain, true);

    assert_number(facts, "memory.hugepage_kib", page_kib);
    assert_number(facts, "memory.hugepages_missing", missing);
}

static void
test_the_pool_is_held_against_the_guests_memory(void **state G_GNUC_UNUSED)
{
    assert_missing(PAGES(""), 2048, 0);
    assert_missing(PAGES("<page size='2' unit='MiB'/>"), 2048, 0);
    assert_missing(PAGES("") NUMATUNE("mode='strict'", "0"), 2048, 1024);
    assert_missing(PAGES("") NUMATUNE("", "0"), 2048, 1024); /* strict is the default */
    assert_missing(PAGES("") NUMATUNE("mode='preferred'", "0"), 2048, 0);
    assert_missing(PAGES("<page size='1' unit='GiB'/>"), 1048576, 4);
}

static void
test_a_size_that_the_host_lacks_is_told(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) facts = facts_of(DOMAIN PAGES("<page size='1' unit='GiB'/>"), true);

    assert_false(vt_facts_is_true(facts, "memory.hugepage_offered"));
    assert_true(vt_facts_get(facts, "memory.hugepage_offered")->known);
}

static void
test_what_is_not_clear_is_unknown(void **state G_GNUC_UNUSED)
{
    static const char *const pages[] = {
        PAGES("<page size='2' unit='MiB'/><page size='1' unit='GiB' nodeset='1'/>"),
        PAGES("<page size='large'/>"),
        PAGES("<page/>"),
    };

    for (gsize i = 0; i < G_N_ELEMENTS(pages); i++) {
        g_autofree char *domain = g_strconcat(DOMAIN, pages[i], NULL);
        g_autoptr(VtFacts) facts = facts_of(domain, true);
        assert_false(vt_facts_get(facts, "memory.hugepage_kib")->known);
        assert_false(vt_facts_get(facts, "memory.hugepages_missing")->known);
    }
}

static void
test_an_idle_pool_is_one_that_holds_all_of_the_guest(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) fits = facts_of(DOMAIN, true);
    g_autoptr(VtFacts) elsewhere = facts_of(DOMAIN NUMATUNE("mode='strict'", "0"), true);
    g_autoptr(VtFacts) larger = facts_of("<memory>4194305</memory><vcpu>2</vcpu>", true);
    g_autoptr(VtFacts) nowhere = facts_of(DOMAIN, false);

    assert_number(fits, "memory.idle_hugepage_kib", 2048);
    assert_number(elsewhere, "memory.idle_hugepage_kib", 0);
    assert_number(larger, "memory.idle_hugepage_kib", 0);
    assert_false(vt_facts_get(nowhere, "memory.idle_hugepage_kib")->known);
}

static void
assert_nodes(const char *inner, const char *absent, const char *too_small)
{
    g_autoptr(VtFacts) facts = facts_of(inner, true);

    assert_string_equal(vt_facts_get_string(facts, "lint.absent_nodes"), absent);
    assert_string_equal(vt_facts_get_string(facts, "lint.too_small_nodes"), too_small);
}

#define PINS(first, second)                                                                        \
    "<cputune><vcpupin vcpu='0' cpuset='" first "'/><vcpupin vcpu='1' cpuset='" second             \
    "'/></cputune>"
#define LARGE "<memory unit='GiB'>12</memory><vcpu>2</vcpu>"

static void
test_nodes_are_held_against_the_hosts(void **state G_GNUC_UNUSED)
{
    assert_nodes(DOMAIN, "", "");
    assert_nodes(DOMAIN NUMATUNE("mode='preferred'", "1-2"), "2", "");
    assert_nodes(DOMAIN "<numatune><memnode cellid='0' nodeset='4'/></numatune>", "4", "");
    assert_nodes(LARGE PINS("0", "1"), "", "nodes 0 have 8.0\u00a0GiB");
    assert_nodes(LARGE PINS("0", "2"), "", ""); /* all nodes there are */
    assert_nodes(LARGE, "", "");
    assert_nodes(LARGE PINS("0", "1") "<cpu><numa><cell/></numa></cpu>", "", "");
}

static void
assert_dedicated(const char *inner, bool with_host, bool known, bool dedicated)
{
    g_autofree char *domain = g_strconcat(DOMAIN, inner, NULL);
    g_autoptr(VtFacts) facts = facts_of(domain, with_host);

    assert_int_equal(vt_facts_get(facts, "domain.dedicated")->known, known);
    assert_int_equal(vt_facts_is_true(facts, "domain.dedicated"), dedicated);
}

#define HINT "<features><kvm><hint-dedicated state='on'/></kvm></features>"

static void
test_one_cpu_each_is_not_yet_a_cpu_of_ones_own(void **state G_GNUC_UNUSED)
{
    assert_dedicated("", true, true, false);
    assert_dedicated(PINS("0", "2"), true, true, false); /* as vmtune pins any guest */
    assert_dedicated(PINS("1", "3"), true, true, true);  /* isolated */
    assert_dedicated(PINS("1", "1"), true, true, false);
    assert_dedicated(PINS("1", "2-3"), true, true, false);
    assert_dedicated(PINS("0", "2") HINT, false, true, true);
    assert_dedicated(HINT, true, true, false);
    assert_dedicated(PINS("0", "2"), false, false, false); /* may be isolated */
}

static void
test_isolated_and_ordinary_cpus_are_told_apart(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) mixed = facts_of(DOMAIN PINS("0", "3"), true);
    g_autoptr(VtFacts) isolated = facts_of(DOMAIN PINS("1", "3"), true);

    assert_string_equal(vt_facts_get_string(mixed, "lint.mixed_isolation"),
                        "CPUs 3 are isolated, CPUs 0 are not");
    assert_string_equal(vt_facts_get_string(isolated, "lint.mixed_isolation"), "");
    assert_true(vt_facts_is_true(isolated, "domain.isolated"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("the pool is held against the guest's memory",
             test_the_pool_is_held_against_the_guests_memory),
        TEST("a size that the host lacks is told", test_a_size_that_the_host_lacks_is_told),
        TEST("what is not clear is unknown", test_what_is_not_clear_is_unknown),
        TEST("an idle pool is one that holds all of the guest",
             test_an_idle_pool_is_one_that_holds_all_of_the_guest),
        TEST("nodes are held against the host's", test_nodes_are_held_against_the_hosts),
        TEST("one CPU each is not yet a CPU of one's own",
             test_one_cpu_each_is_not_yet_a_cpu_of_ones_own),
        TEST("isolated and ordinary CPUs are told apart",
             test_isolated_and_ordinary_cpus_are_told_apart),
    };

    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
