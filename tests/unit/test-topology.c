/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "read-topology.h"

#define TEST(name, function)                                                                       \
    {                                                                                              \
        name, function, NULL, NULL, NULL                                                           \
    }

/* What holds on every host, however it is numbered. */
static void
expect_shape(const VtTopology *host, const FakeHost *fake)
{
    unsigned per_node = fake->domains * fake->cores;

    assert_int_equal(host->cores->len, fake_core_count(fake));
    assert_int_equal(host->nodes->len, fake->nodes);
    assert_int_equal(host->l3_domains->len, fake->without_l3 ? 0 : fake->nodes * fake->domains);
    assert_int_equal(host->threads_per_core, fake->threads);
    assert_int_equal(host->oddities->len, 0);
    for (unsigned number = 0; number < fake_core_count(fake); number++) {
        g_autoptr(VtCpuSet) cpus = fake_cpus(fake, number, 1);
        g_autoptr(VtCpuSet) l3 = fake_cpus(fake, number / fake->cores * fake->cores, fake->cores);
        const VtHostCore *core = NULL;

        for (guint i = 0; i < host->cores->len; i++) {
            if (vt_cpuset_equal(core_at(host, i)->cpus, cpus))
                core = core_at(host, i);
        }
        assert_non_null(core);
        assert_true(vt_cpuset_equal(core->online, cpus));
        assert_int_equal(core->node, number / per_node);
        assert_int_equal(core->package, number / per_node);
        assert_int_equal(core->kind, VT_CORE_KIND_UNKNOWN);
        assert_true(fake->without_l3 || vt_cpuset_equal(host->l3_domains->pdata[core->l3], l3));
    }
}

static void
test_reads_any_numbering_of_cpus(void **state)
{
    static const FakeHost hosts[] = {
        {.nodes = 1, .domains = 1, .cores = 4, .threads = 1},
        {.nodes = 2, .domains = 1, .cores = 4, .threads = 2},
        {.nodes = 2, .domains = 2, .cores = 4, .threads = 2, .adjacent = true},
        {.nodes = 2, .domains = 2, .cores = 3, .threads = 2},
        {.nodes = 4, .domains = 1, .cores = 5, .threads = 2, .round_robin = true},
        {.nodes = 1, .domains = 2, .cores = 2, .threads = 4},
        {.nodes = 2, .domains = 2, .cores = 3, .threads = 2, .masks = true},
        {.nodes = 2, .domains = 1, .cores = 20, .threads = 2, .masks = true, .adjacent = true},
        {.nodes = 2, .domains = 1, .cores = 2, .threads = 2, .without_l3 = true},
    };

    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(hosts); i++) {
        g_autoptr(FakeRoot) root = fake_host(&hosts[i]);
        g_autoptr(VtTopology) host = read_host(root);

        expect_shape(host, &hosts[i]);
    }
}

static void
test_reads_cpu_numbers_above_255(void **state)
{
    static const FakeHost fake = {.nodes = 2, .domains = 1, .cores = 65, .threads = 2};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    /* The second sibling is known through the first: at this size it is not read again. */
    for (unsigned cpu = 130; cpu < 260; cpu++)
        fake_remove(root, CPU "/cpu%u/topology", cpu);
    host = read_host(root);
    expect_shape(host, &fake);
    expect_set(core_at(host, 129)->cpus, "129,259");
}

static void
test_reads_memory_of_nodes(void **state)
{
    static const FakeHost fake = {.nodes = 2, .domains = 1, .cores = 2, .threads = 1};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;
    const VtHostNode *node;

    (void)state;
    fake_remove(root, NODE "/node0/meminfo");
    host = read_host(root);
    node = vt_topology_find_node(host, 1);
    assert_true(node->memory_known);
    assert_int_equal(node->memory_kib, 8388609);
    assert_int_equal(node->free_memory_kib, 4194305);
    assert_false(vt_topology_find_node(host, 0)->memory_known);
    assert_null(vt_topology_find_node(host, 2));
}

static void
test_node_ids_have_holes_and_nodes_lack_cpus_or_memory(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 4, .threads = 1};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_write(root, "0-1", NODE "/node0/cpulist");
    fake_write(root, "Node 0 MemTotal: 0 kB", NODE "/node0/meminfo");
    fake_write(root, "2-3", NODE "/node11/cpulist");
    fake_write(root, "", NODE "/node4/cpulist");
    fake_write(root, "Node 4 MemTotal: 77 kB", NODE "/node4/meminfo");
    host = read_host(root);
    assert_int_equal(host->nodes->len, 3);
    assert_int_equal(((VtHostNode *)host->nodes->pdata[1])->id, 4);
    assert_int_equal(((VtHostNode *)host->nodes->pdata[2])->id, 11);
    assert_int_equal(core_at(host, 3)->node, 11);
    assert_true(vt_topology_find_node(host, 0)->memory_known);
    assert_int_equal(vt_topology_find_node(host, 0)->memory_kib, 0);
    assert_int_equal(vt_topology_find_node(host, 4)->memory_kib, 77);
    assert_int_equal(vt_cpuset_count(vt_topology_find_node(host, 4)->cpus), 0);
}

static void
test_a_host_without_nodes_is_read(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 2, .threads = 2};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_remove(root, NODE);
    host = read_host(root);
    assert_int_equal(host->nodes->len, 0);
    assert_int_equal(core_at(host, 0)->node, -1);
    assert_int_equal(host->oddities->len, 0);
}

static void
test_only_the_lists_say_who_shares_an_l3(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 2, .cores = 2, .threads = 1};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    /* Domains that are no ranges, their ids against the order of the CPUs. */
    for (unsigned cpu = 0; cpu < 4; cpu++) {
        bool outer = cpu == 0 || cpu == 3;

        fake_write(root, outer ? "0,3" : "1-2", CPU "/cpu%u/cache/index2/shared_cpu_list", cpu);
        fake_write(root, outer ? "1" : "0", CPU "/cpu%u/cache/index2/id", cpu);
    }
    host = read_host(root);
    assert_int_equal(host->l3_domains->len, 2);
    expect_set(host->l3_domains->pdata[0], "0,3");
    expect_set(host->l3_domains->pdata[1], "1-2");
    assert_int_equal(core_at(host, 3)->l3, 0);
    assert_int_equal(core_at(host, 2)->l3, 1);
}

static void
test_the_l3_is_found_at_any_index(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 2, .cores = 2, .threads = 1};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    for (unsigned cpu = 2; cpu < 4; cpu++) {
        fake_write(root, "3", CPU "/cpu%u/cache/index0/level", cpu);
        fake_write(root, "2-3", CPU "/cpu%u/cache/index0/shared_cpu_list", cpu);
        fake_write(root, "1", CPU "/cpu%u/cache/index2/level", cpu);
    }
    host = read_host(root);
    assert_int_equal(host->l3_domains->len, 2);
    assert_int_equal(core_at(host, 3)->l3, 1);
}

static void
test_a_shared_l2_stands_in_where_there_is_no_l3(void **state)
{
    static const FakeHost shared = {
        .nodes = 1, .domains = 1, .cores = 6, .threads = 2, .without_l3 = true, .cores_per_l2 = 2};
    static const FakeHost private = {
        .nodes = 1, .domains = 1, .cores = 6, .threads = 2, .without_l3 = true};
    g_autoptr(FakeRoot) shared_root = fake_host(&shared);
    g_autoptr(FakeRoot) private_root = fake_host(&private);
    g_autoptr(VtTopology) with = read_host(shared_root);
    g_autoptr(VtTopology) without = read_host(private_root);

    (void)state;
    assert_int_equal(with->l3_domains->len, 3);
    expect_set(with->l3_domains->pdata[1], "2-3,8-9");
    assert_int_equal(core_at(with, 5)->l3, 2);
    assert_int_equal(without->l3_domains->len, 0);
    assert_int_equal(core_at(without, 5)->l3, -1);
}

static void
test_a_host_without_cache_files_is_read(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 3, .threads = 1};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    for (unsigned cpu = 0; cpu < 3; cpu++)
        fake_remove(root, CPU "/cpu%u/cache", cpu);
    host = read_host(root);
    assert_int_equal(host->cores->len, 3);
    assert_int_equal(host->l3_domains->len, 0);
}

static void
test_offline_cpu_0_is_in_no_core(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 4, .threads = 2};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_write(root, "1-7", CPU "/online");
    fake_remove(root, CPU "/cpu0/topology");
    fake_remove(root, CPU "/cpu0/cache");
    host = read_host(root);
    expect_set(host->possible, "0-7");
    expect_set(host->online, "1-7");
    assert_int_equal(host->cores->len, 4);
    expect_set(core_at(host, 0)->online, "1,5");
    expect_set(core_at(host, 3)->online, "4");
    expect_set(host->l3_domains->pdata[0], "1-7");
    assert_int_equal(host->oddities->len, 0);
}

static void
test_derives_online_where_the_capture_lacks_it(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 4, .threads = 2};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_remove(root, CPU "/online");
    fake_remove(root, CPU "/possible");
    fake_remove(root, CPU "/cpu7/topology");
    fake_write(root, "0", CPU "/cpu3/online");
    fake_write(root, "1", CPU "/cpu2/online");
    fake_write(root, "", CPU "/cpufreq/boost");
    host = read_host(root);
    expect_set(host->possible, "0-7");
    expect_set(host->online, "0-2,4-6");
    assert_int_equal(host->cores->len, 3);
}

static void
test_core_ids_are_not_believed(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 4, .threads = 1};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    for (unsigned cpu = 0; cpu < 4; cpu++)
        fake_write(root, "0", CPU "/cpu%u/topology/core_id", cpu);
    host = read_host(root);
    expect_shape(host, &fake);
}

static void
test_the_cgroup_cuts_what_is_allowed(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 4, .threads = 2};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_write(root, "1-3,5,90", "sys/fs/cgroup/machine.slice/cpuset.cpus.effective");
    host = read_host(root);
    expect_set(host->online, "0-7");
    expect_set(host->allowed, "1-3,5");
    assert_int_equal(host->cores->len, 3);
    expect_set(core_at(host, 0)->cpus, "1,5");
    expect_set(core_at(host, 1)->cpus, "2");
    expect_set(core_at(host, 1)->online, "2,6");
    assert_int_equal(host->threads_per_core, 2);
}

static void
test_the_cgroup_of_v1_and_its_memory_nodes_are_read(void **state)
{
    static const FakeHost fake = {.nodes = 3, .domains = 1, .cores = 2, .threads = 1};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_write(root, "1-4", "sys/fs/cgroup/cpuset/machine/cpuset.cpus");
    fake_write(root, "1-2,40", "sys/fs/cgroup/cpuset/machine/cpuset.mems");
    host = read_host(root);
    expect_set(host->allowed, "1-4");
    assert_true(vt_cpuset_has(host->allowed_nodes, 1));
    assert_false(vt_topology_node_has_memory(host, vt_topology_find_node(host, 0)));
    assert_true(vt_topology_node_has_memory(host, vt_topology_find_node(host, 2)));
}

static void
test_the_cpuset_of_a_host_before_cgroups_is_read(void **state)
{
    static const FakeHost fake = {.nodes = 2, .domains = 1, .cores = 4, .threads = 1};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL, escaped = NULL;

    (void)state;
    fake_write(root, "proc /proc proc rw 0 0\nnone /dev/cpuset cpuset rw 0 0", "proc/mounts");
    fake_write(root, "/guests", "proc/self/cpuset");
    fake_write(root, "0-2,6", "dev/cpuset/guests/cpus");
    fake_write(root, "1", "dev/cpuset/guests/mems");
    host = read_host(root);
    expect_set(host->allowed, "0-2,6");
    expect_set(host->allowed_nodes, "1");
    fake_write(root, "/../../cpuset/guests", "proc/self/cpuset");
    escaped = read_host(root);
    expect_set(escaped->allowed, "0-7");
}

static void
test_memory_nodes_that_do_not_exist_are_left_aside(void **state)
{
    static const FakeHost fake = {.nodes = 2, .domains = 1, .cores = 2, .threads = 1};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_write(root, "7", "sys/fs/cgroup/machine.slice/cpuset.mems.effective");
    host = read_host(root);
    assert_null(host->allowed_nodes);
    assert_int_equal(host->oddities->len, 1);
}

static void
test_distances_of_nodes_are_read(void **state)
{
    static const FakeHost fake = {.nodes = 3, .domains = 1, .cores = 2, .threads = 1};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_write(root, "10 12 31", NODE "/node0/distance");
    fake_write(root, "10 12", NODE "/node1/distance");
    host = read_host(root);
    assert_int_equal(vt_topology_distance(host, 0, 1), 12);
    assert_int_equal(vt_topology_distance(host, 0, 2), 31);
    assert_int_equal(vt_topology_distance(host, 1, 0), 20); /* two numbers for three nodes */
    assert_int_equal(vt_topology_distance(host, 2, 2), 10); /* nothing told */
    assert_int_equal(host->oddities->len, 1);
}

static void
test_reads_dies_and_cpus_without_a_tick(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 3, .threads = 2};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_write(root, "2,5", CPU "/nohz_full");
    fake_write(root, "1", CPU "/cpu1/topology/die_id");
    fake_write(root, "-1", CPU "/cpu2/topology/die_id");
    host = read_host(root);
    expect_set(host->nohz_full, "2,5");
    assert_int_equal(core_at(host, 0)->die, -1);
    assert_int_equal(core_at(host, 1)->die, 1);
    assert_int_equal(core_at(host, 2)->die, -1);
}

static void
test_one_isolated_sibling_isolates_the_core(void **state)
{
    static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 4, .threads = 2};
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_write(root, "6", CPU "/isolated");
    host = read_host(root);
    assert_true(core_at(host, 2)->isolated);
    assert_false(core_at(host, 1)->isolated);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("reads any numbering of CPUs", test_reads_any_numbering_of_cpus),
        TEST("reads CPU numbers above 255 and each core once", test_reads_cpu_numbers_above_255),
        TEST("reads the memory of nodes", test_reads_memory_of_nodes),
        TEST("node ids have holes, and nodes lack CPUs or memory",
             test_node_ids_have_holes_and_nodes_lack_cpus_or_memory),
        TEST("a host without nodes is read", test_a_host_without_nodes_is_read),
        TEST("only the lists say who shares an L3", test_only_the_lists_say_who_shares_an_l3),
        TEST("the L3 is found at any index", test_the_l3_is_found_at_any_index),
        TEST("a shared L2 stands in where there is no L3",
             test_a_shared_l2_stands_in_where_there_is_no_l3),
        TEST("a host without cache files is read", test_a_host_without_cache_files_is_read),
        TEST("offline CPU 0 is in no core", test_offline_cpu_0_is_in_no_core),
        TEST("derives online where the capture lacks it",
             test_derives_online_where_the_capture_lacks_it),
        TEST("core ids are not believed", test_core_ids_are_not_believed),
        TEST("the cgroup cuts what is allowed", test_the_cgroup_cuts_what_is_allowed),
        TEST("the cgroup of v1 and its memory nodes are read",
             test_the_cgroup_of_v1_and_its_memory_nodes_are_read),
        TEST("the cpuset of a host before cgroups is read",
             test_the_cpuset_of_a_host_before_cgroups_is_read),
        TEST("memory nodes that do not exist are left aside",
             test_memory_nodes_that_do_not_exist_are_left_aside),
        TEST("distances of nodes are read", test_distances_of_nodes_are_read),
        TEST("reads dies and CPUs without a tick", test_reads_dies_and_cpus_without_a_tick),
        TEST("one isolated sibling isolates the core", test_one_isolated_sibling_isolates_the_core),
    };
    return cmocka_run_group_tests_name("topology", tests, NULL, NULL);
}
