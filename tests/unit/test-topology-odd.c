/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts that contradict themselves, that are spoiled, or that have several kinds of cores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/error.h"
#include "read-topology.h"

#include <string.h>
#include <sys/stat.h>

#define TEST(name, function)                                                                       \
    {                                                                                              \
        name, function, NULL, NULL, NULL                                                           \
    }

static void
expect_oddity(const VtTopology *host, const char *part)
{
    for (guint i = 0; i < host->oddities->len; i++) {
        if (strstr(host->oddities->pdata[i], part))
            return;
    }
    fail_msg("no oddity of %u has '%s'", host->oddities->len, part);
}

static void
test_nodes_that_all_claim_every_cpu_are_unknown(void **state)
{
    static const FakeHost fake = {.nodes = 2, .domains = 1, .cores = 4, .threads = 2};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_write(root, "0-15", NODE "/node0/cpulist");
    fake_write(root, "0-15", NODE "/node1/cpulist");
    host = read_host(root);
    assert_int_equal(host->nodes->len, 0);
    assert_int_equal(core_at(host, 7)->node, -1);
    expect_oddity(host, "several NUMA nodes claim the same CPUs");
}

static void
test_siblings_in_two_nodes_are_left_alone(void **state)
{
    static const FakeHost fake = {.nodes = 2, .domains = 1, .cores = 2, .threads = 2};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_write(root, "0-1,5", NODE "/node0/cpulist");
    fake_write(root, "2-4,6-7", NODE "/node1/cpulist");
    host = read_host(root);
    expect_set(core_at(host, 0)->cpus, "0");
    expect_set(core_at(host, 0)->online, "0,4");
    expect_oddity(host, "CPUs 4 are in another NUMA node");
}

static void
test_contradictory_siblings_are_noted_and_left_alone(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 4, .threads = 2};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_write(root, "0-7", CPU "/cpu0/topology/thread_siblings_list");
    fake_write(root, "5", CPU "/cpu5/topology/thread_siblings_list");
    host = read_host(root);
    assert_int_equal(host->cores->len, 4);
    expect_set(core_at(host, 0)->online, "0,4");
    expect_set(core_at(host, 0)->cpus, "4");
    expect_set(core_at(host, 1)->cpus, "2,6");
    expect_set(core_at(host, 2)->cpus, "3,7");
    expect_set(core_at(host, 3)->cpus, "5");
    expect_oddity(host, "left alone: 0-1");
}

static void
test_a_large_host_survives_one_wrong_sibling_list(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 70, .threads = 2};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_write(root, "0-139", CPU "/cpu0/topology/thread_siblings_list");
    host = read_host(root);
    assert_int_equal(host->cores->len, 70);
    expect_set(core_at(host, 0)->cpus, "70");
    expect_oddity(host, "left alone: 0");
}

static void
test_cpus_without_topology_are_left_alone(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 4, .threads = 1};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_remove(root, CPU "/cpu2/topology");
    fake_remove(root, CPU "/cpu3/topology/thread_siblings");
    fake_remove(root, CPU "/cpu3/topology/thread_siblings_list");
    host = read_host(root);
    assert_int_equal(host->cores->len, 3);
    expect_set(core_at(host, 2)->cpus, "3");
    expect_oddity(host, "no topology are left alone: 2");
}

static void
test_a_cgroup_of_offline_cpus_only_is_left_aside(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 2, .threads = 1};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_write(root, "8-9", "sys/fs/cgroup/machine.slice/cpuset.cpus.effective");
    host = read_host(root);
    expect_set(host->allowed, "0-1");
    expect_oddity(host, "'8-9'");
}

static void
test_a_null_mask_is_an_empty_one(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 2, .threads = 1};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_write(root, "(null)", CPU "/isolated");
    host = read_host(root);
    assert_int_equal(vt_cpuset_count(host->isolated), 0);
    assert_int_equal(host->oddities->len, 0);
}

static void
test_a_garbled_file_is_noted_and_left_aside(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 2, .threads = 2};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_write(root, "0-x", CPU "/cpu0/topology/thread_siblings_list");
    fake_write(root, "00000005", CPU "/cpu0/topology/thread_siblings");
    host = read_host(root);
    expect_set(core_at(host, 0)->cpus, "0,2"); /* by its mask */
    expect_oddity(host, "cpu0/topology/thread_siblings_list' is left aside: '0-x'");
}

static void
test_a_fifo_in_a_capture_does_not_block(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 2, .threads = 1};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;
    g_autofree char *path = g_build_filename(root->path, CPU "/isolated", NULL);

    (void)state;
    assert_int_equal(g_unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    host = read_host(root);
    assert_int_equal(host->cores->len, 2);
}

static void
test_nothing_below_the_root_is_an_error(void **state)
{
    g_autoptr(FakeRoot) root = fake_empty();
    g_autoptr(GError) error = NULL;

    (void)state;
    assert_null(vt_topology_read(root->path, &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
    assert_non_null(strstr(error->message, root->path));
    g_clear_error(&error);
    fake_write(root, "0-3", CPU "/online");
    assert_null(vt_topology_read(root->path, &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
    vt_topology_free(NULL);
}

static void
write_khz(const FakeRoot *root, unsigned first, unsigned last, const char *khz)
{
    for (unsigned cpu = first; cpu <= last; cpu++)
        fake_write(root, khz, CPU "/cpu%u/cpufreq/cpuinfo_max_freq", cpu);
}

static void
test_lists_tell_the_kinds_of_cores(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 4, .threads = 2};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    write_khz(root, 0, 7, "3000000");
    fake_write(root, "0-1,4-5", "sys/bus/event_source/devices/cpu_core/cpus");
    fake_write(root, "2-3,6-7", "sys/bus/event_source/devices/cpu_atom/cpus");
    host = read_host(root);
    assert_int_equal(core_at(host, 1)->kind, VT_CORE_KIND_PERFORMANCE);
    assert_int_equal(core_at(host, 2)->kind, VT_CORE_KIND_EFFICIENCY);
}

static void
test_frequencies_tell_the_kinds_but_turbo_favourites_do_not(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 4, .threads = 2};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) same = NULL;
    g_autoptr(VtTopology) hybrid = NULL;

    (void)state;
    write_khz(root, 0, 7, "4300000");
    write_khz(root, 3, 3, "4900000");
    write_khz(root, 7, 7, "4900000");
    same = read_host(root);
    assert_int_equal(core_at(same, 0)->kind, VT_CORE_KIND_UNKNOWN);
    write_khz(root, 0, 0, "3300000");
    write_khz(root, 4, 4, "3300000");
    hybrid = read_host(root);
    assert_int_equal(core_at(hybrid, 0)->kind, VT_CORE_KIND_EFFICIENCY);
    assert_int_equal(core_at(hybrid, 1)->kind, VT_CORE_KIND_PERFORMANCE);
    assert_int_equal(core_at(hybrid, 3)->kind, VT_CORE_KIND_PERFORMANCE);
}

static void
test_l2_clusters_tell_the_kinds(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 5, .threads = 1};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    for (unsigned cpu = 1; cpu < 5; cpu++)
        fake_write(root, "1-4", CPU "/cpu%u/cache/index1/shared_cpu_list", cpu);
    host = read_host(root);
    assert_int_equal(core_at(host, 0)->kind, VT_CORE_KIND_PERFORMANCE);
    assert_int_equal(core_at(host, 4)->kind, VT_CORE_KIND_EFFICIENCY);
}

static void
test_mixed_smt_tells_the_kinds_unless_siblings_are_offline(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 3, .threads = 2};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) offline = NULL;
    g_autoptr(VtTopology) hybrid = NULL;

    (void)state;
    fake_write(root, "0-4", CPU "/online");
    offline = read_host(root);
    assert_int_equal(core_at(offline, 2)->kind, VT_CORE_KIND_UNKNOWN);
    fake_write(root, "0-4", CPU "/possible");
    hybrid = read_host(root);
    assert_int_equal(core_at(hybrid, 2)->kind, VT_CORE_KIND_EFFICIENCY);
    assert_int_equal(core_at(hybrid, 0)->kind, VT_CORE_KIND_PERFORMANCE);
}

static void
test_one_kind_online_is_no_hybrid(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 4, .threads = 1};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_write(root, "0-1", CPU "/online");
    fake_write(root, "0-1", "sys/devices/cpu_core/cpus");
    fake_write(root, "2-3", "sys/devices/cpu_atom/cpus");
    host = read_host(root);
    assert_int_equal(core_at(host, 0)->kind, VT_CORE_KIND_UNKNOWN);
}

static void
test_low_power_cores_are_outside_the_l3(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 6, .threads = 1};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    for (unsigned cpu = 0; cpu < 6; cpu++)
        fake_write(root, "0-3", CPU "/cpu%u/cache/index2/shared_cpu_list", cpu);
    for (unsigned cpu = 4; cpu < 6; cpu++) {
        fake_remove(root, CPU "/cpu%u/cache/index2", cpu);
        fake_write(root, "4-5", CPU "/cpu%u/cache/index1/shared_cpu_list", cpu);
    }
    fake_write(root, "0-1", "sys/devices/cpu_core/cpus");
    fake_write(root, "2-3", "sys/devices/cpu_atom/cpus");
    host = read_host(root);
    assert_int_equal(host->l3_domains->len, 1);
    assert_int_equal(core_at(host, 3)->l3, 0);
    assert_int_equal(core_at(host, 5)->l3, -1);
    assert_int_equal(core_at(host, 1)->kind, VT_CORE_KIND_PERFORMANCE);
    assert_int_equal(core_at(host, 5)->kind, VT_CORE_KIND_EFFICIENCY);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("nodes that all claim every CPU are unknown",
             test_nodes_that_all_claim_every_cpu_are_unknown),
        TEST("siblings in two nodes are left alone", test_siblings_in_two_nodes_are_left_alone),
        TEST("contradictory siblings are noted and left alone",
             test_contradictory_siblings_are_noted_and_left_alone),
        TEST("a large host survives one wrong sibling list",
             test_a_large_host_survives_one_wrong_sibling_list),
        TEST("CPUs without topology are left alone", test_cpus_without_topology_are_left_alone),
        TEST("a cgroup of offline CPUs only is left aside",
             test_a_cgroup_of_offline_cpus_only_is_left_aside),
        TEST("a null mask is an empty one", test_a_null_mask_is_an_empty_one),
        TEST("a garbled file is noted and left aside", test_a_garbled_file_is_noted_and_left_aside),
        TEST("a FIFO in a capture does not block", test_a_fifo_in_a_capture_does_not_block),
        TEST("nothing below the root is an error", test_nothing_below_the_root_is_an_error),
        TEST("lists tell the kinds of cores", test_lists_tell_the_kinds_of_cores),
        TEST("frequencies tell the kinds, but turbo favourites do not",
             test_frequencies_tell_the_kinds_but_turbo_favourites_do_not),
        TEST("L2 clusters tell the kinds", test_l2_clusters_tell_the_kinds),
        TEST("mixed SMT tells the kinds unless siblings are offline",
             test_mixed_smt_tells_the_kinds_unless_siblings_are_offline),
        TEST("one kind online is no hybrid", test_one_kind_online_is_no_hybrid),
        TEST("low-power cores are outside the L3", test_low_power_cores_are_outside_the_l3),
    };
    return cmocka_run_group_tests_name("topology-odd", tests, NULL, NULL);
}
