/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake-topology.h"

#include <string.h>

#define TEST(name, function)                                                                       \
    {                                                                                              \
        name, function, NULL, NULL, NULL                                                           \
    }

static void
expect_pins(const VtPinPlan *plan, const char *pins, const char *emulator)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *threads = vt_cpuset_format(plan->emulator_cpus);

    if (!plan->fits)
        fail_msg("does not fit: %s", plan->why);
    for (guint i = 0; i < plan->vcpu_cpus->len; i++)
        g_string_append_printf(text, "%s%u", i ? " " : "",
                               g_array_index(plan->vcpu_cpus, unsigned, i));
    assert_string_equal(text->str, pins);
    assert_string_equal(threads, emulator);
}

static void
expect_plan(const VtTopology *host, VtGuestShape shape, const char *pins, const char *emulator)
{
    g_autoptr(VtPinPlan) plan = plan_dedicated(host, &shape, NULL, NULL);

    expect_pins(plan, pins, emulator);
}

static void
expect_none(const VtTopology *host, VtGuestShape shape, const char *why)
{
    g_autoptr(VtPinPlan) plan = plan_dedicated(host, &shape, NULL, NULL);

    assert_false(plan->fits);
    assert_int_equal(plan->vcpu_cpus->len, 0);
    assert_int_equal(node_of(plan), -1);
    assert_false(plan->reshapes);
    if (!strstr(plan->why, why))
        fail_msg("'%s' lacks '%s'", plan->why, why);
}

static void
test_pairs_of_threads_sit_on_siblings(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 8, .threads = 2};
    g_autoptr(VtTopology) host = make_host(&spec);

    (void)state;
    expect_plan(host, guest(4, 2), "1 9 2 10", "0,8");
}

static void
test_single_threads_sit_on_a_core_each(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 8, .threads = 2};
    g_autoptr(VtTopology) host = make_host(&spec);

    (void)state;
    expect_plan(host, guest(6, 1), "1 2 3 4 5 6", "0,8");
}

static void
test_two_of_four_siblings_hold_a_pair(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 4, .threads = 4};
    g_autoptr(VtTopology) host = make_host(&spec);

    (void)state;
    expect_plan(host, guest(4, 2), "1 5 2 6", "0,4,8,12");
    expect_plan(host, guest(8, 4), "1 5 9 13 2 6 10 14", "0,4,8,12");
}

static void
test_shapes_a_guest_without_topology(void **state)
{
    static const Spec smt = {.nodes = 1, .domains = 1, .cores = 8, .threads = 2};
    static const Spec plain = {.nodes = 1, .domains = 1, .cores = 8, .threads = 1};
    static const struct {
        const Spec *spec;
        unsigned vcpus;
        bool threads_allowed;
        unsigned cores, threads;
    } cases[] = {
        {&smt, 6, true, 3, 2},   {&smt, 5, true, 5, 1},   {&smt, 6, false, 6, 1},
        {&plain, 6, true, 6, 1}, {&plain, 5, true, 5, 1},
    };

    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(VtTopology) host = make_host(cases[i].spec);
        VtGuestShape shape = guest(cases[i].vcpus, 0);
        g_autoptr(VtPinPlan) plan = NULL;

        shape.threads_allowed = cases[i].threads_allowed;
        plan = plan_dedicated(host, &shape, NULL, NULL);
        assert_true(plan->fits && plan->reshapes);
        assert_int_equal(plan->sockets, 1);
        assert_int_equal(plan->cores, cases[i].cores);
        assert_int_equal(plan->threads, cases[i].threads);
    }
}

static void
test_a_given_topology_stays(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 8, .threads = 2};
    g_autoptr(VtTopology) host = make_host(&spec);
    VtGuestShape shape = {.vcpus = 8, .sockets = 2, .cores = 2, .threads = 2};
    g_autoptr(VtPinPlan) plan = plan_dedicated(host, &shape, NULL, NULL);

    (void)state;
    assert_true(plan->fits);
    assert_false(plan->reshapes);
    assert_int_equal(plan->sockets, 2);
    assert_int_equal(plan->cores, 2);
    assert_int_equal(plan->threads, 2);
}

static void
test_threads_on_a_host_without_smt_get_a_core_each_and_a_remark(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 6, .threads = 1};
    g_autoptr(VtTopology) host = make_host(&spec);
    VtGuestShape shape = guest(4, 2);
    g_autoptr(VtPinPlan) plan = plan_dedicated(host, &shape, NULL, NULL);

    (void)state;
    expect_pins(plan, "1 2 3 4", "0");
    assert_int_equal(plan->threads, 2);
    assert_non_null(strstr(plan->why, "no SMT"));
}

static void
test_refuses_a_topology_that_does_not_add_up(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 8, .threads = 2};
    static const unsigned wrong[][3] = {
        {1, 3, 2}, {2, 0, 2}, {2, 2, 0}, {G_MAXUINT, G_MAXUINT, G_MAXUINT}, {65536, 65536, 1}};
    g_autoptr(VtTopology) host = make_host(&spec);
    VtGuestShape shape = guest(8, 1);

    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        shape.sockets = wrong[i][0];
        shape.cores = wrong[i][1];
        shape.threads = wrong[i][2];
        expect_none(host, shape, "does not make its 8 vCPUs");
    }
    expect_none(host, guest(0, 0), "no vCPUs");
}

static void
test_refuses_more_threads_than_the_host_has(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 8, .threads = 2};
    g_autoptr(VtTopology) host = make_host(&spec);

    (void)state;
    expect_none(host, guest(8, 4), "no more than 2");
}

static void
test_the_last_core_stays_with_the_host(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 4, .threads = 2};
    g_autoptr(VtTopology) host = make_host(&spec);

    (void)state;
    expect_plan(host, guest(6, 2), "1 5 2 6 3 7", "0,4");
    expect_none(host, guest(8, 2), "leaves none for the host; at most 6 vCPUs fit this host");
    expect_none(host, guest(10, 2), "needs 5 free host cores");
}

static void
test_a_guest_of_a_whole_node_leaves_the_lowest_core(void **state)
{
    static const Spec spec = {.nodes = 2, .domains = 1, .cores = 3, .threads = 1};
    g_autoptr(VtTopology) host = make_host(&spec);

    (void)state;
    expect_plan(host, guest(3, 1), "3 4 5", "0");
}

static void
test_a_guest_is_not_torn_apart_by_others(void **state)
{
    static const Spec spec = {.nodes = 2, .domains = 1, .cores = 3, .threads = 1};
    g_autoptr(VtTopology) host = make_host(&spec);
    g_autoptr(VtCpuSet) taken = vt_cpuset_parse("3", NULL);
    VtGuestShape shape = guest(3, 1);
    g_autoptr(VtPinPlan) plan = plan_dedicated(host, &shape, taken, NULL);

    (void)state;
    assert_false(plan->fits);
    assert_non_null(strstr(plan->why, "in one NUMA node, but no node has more than 2 free"));
    assert_non_null(strstr(plan->why, "at most 2 vCPUs fit one node of this host"));
}

static void
test_takes_the_tightest_l3_domain(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 3, .cores = 4, .threads = 1};
    g_autoptr(VtTopology) host = make_host(&spec);
    g_autoptr(VtCpuSet) taken = vt_cpuset_parse("8-9", NULL);
    VtGuestShape two = guest(2, 1);
    g_autoptr(VtPinPlan) plan = plan_dedicated(host, &two, taken, NULL);

    (void)state;
    expect_plan(host, guest(3, 1), "1 2 3", "0");
    expect_plan(host, guest(4, 1), "4 5 6 7", "0");
    expect_pins(plan, "10 11", "0");
    assert_non_null(strstr(plan->why, "one L3 domain (CPUs 8-11)"));
}

static void
test_crosses_the_fewest_l3_domains_if_it_must(void **state)
{
    static const Spec spec = {.nodes = 2, .domains = 4, .cores = 3, .threads = 2};
    g_autoptr(VtTopology) host = make_host(&spec);
    VtGuestShape shape = guest(8, 2);
    g_autoptr(VtPinPlan) plan = plan_dedicated(host, &shape, NULL, NULL);

    (void)state;
    /* Three cores of one domain, the fourth where the host's core has broken one already. */
    expect_pins(plan, "1 25 3 27 4 28 5 29", "0,24");
    assert_non_null(strstr(plan->why, "more than one L3 domain"));
    assert_int_equal(node_of(plan), 0);
}

static void
test_a_host_without_l3_is_no_obstacle(void **state)
{
    static const Spec spec = {
        .nodes = 1, .domains = 1, .cores = 4, .threads = 1, .without_l3 = true};
    g_autoptr(VtTopology) host = make_host(&spec);
    VtGuestShape shape = guest(2, 1);
    g_autoptr(VtPinPlan) plan = plan_dedicated(host, &shape, NULL, NULL);

    (void)state;
    expect_pins(plan, "1 2", "0");
    assert_null(strstr(plan->why, "L3"));
}

static void
test_a_host_without_nodes_is_no_obstacle(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 4, .threads = 1};
    g_autoptr(VtTopology) host = make_host(&spec);
    VtGuestShape shape = guest(2, 1);
    g_autoptr(VtPinPlan) plan = NULL;

    (void)state;
    g_ptr_array_set_size(host->nodes, 0);
    for (guint i = 0; i < 4; i++)
        core_at(host, i)->node = -1;
    plan = plan_dedicated(host, &shape, NULL, NULL);
    expect_pins(plan, "1 2", "0");
    assert_int_equal(node_of(plan), -1);
    assert_null(strstr(plan->why, "node"));
}

static void
test_prefers_a_node_that_holds_the_memory(void **state)
{
    static const Spec spec = {.nodes = 3, .domains = 1, .cores = 4, .threads = 1};
    g_autoptr(VtTopology) host = make_host(&spec);
    VtGuestShape shape = guest(2, 1);
    VtHostNode *first = host->nodes->pdata[0];
    VtHostNode *second = host->nodes->pdata[1];

    (void)state;
    first->memory_kib = 0;
    second->memory_kib = 512 * MIB;
    expect_plan(host, shape, "9 10", "8");
    shape.memory_kib = 16384 * MIB;
    {
        g_autoptr(VtPinPlan) plan = plan_dedicated(host, &shape, NULL, NULL);

        assert_int_equal(node_of(plan), 1);
        assert_non_null(strstr(plan->why, "memory of node 1 is less"));
    }
}

static void
test_never_uses_isolated_cpus(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 6, .threads = 2};
    g_autoptr(VtTopology) host = make_host(&spec);

    (void)state;
    for (guint i = 0; i < 3; i++)
        core_at(host, i)->isolated = true;
    expect_plan(host, guest(4, 2), "4 10 5 11", "3,9");
    expect_none(host, guest(6, 2), "isolated CPUs are not used; at most 4 vCPUs fit this host");
}

static void
make_hybrid(VtTopology *host, guint performance)
{
    for (guint i = 0; i < host->cores->len; i++) {
        VtHostCore *core = core_at(host, i);

        core->kind = i < performance ? VT_CORE_KIND_PERFORMANCE : VT_CORE_KIND_EFFICIENCY;
        if (i >= performance) { /* without SMT */
            int second = vt_cpuset_next(core->cpus, i + 1);

            vt_cpuset_remove(core->cpus, (unsigned)second);
            vt_cpuset_remove(core->online, (unsigned)second);
        }
    }
}

static void
test_takes_performance_cores_while_they_suffice(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 10, .threads = 2};
    g_autoptr(VtTopology) host = make_host(&spec);

    (void)state;
    make_hybrid(host, 4);
    expect_plan(host, guest(4, 2), "1 11 2 12", "0,10");
    expect_plan(host, guest(8, 2), "0 10 1 11 2 12 3 13", "4");
    expect_plan(host, guest(6, 1), "4 5 6 7 8 9", "0,10");
    expect_plan(host, guest(5, 0), "4 5 6 7 8", "0,10");
    expect_none(host, guest(7, 1), "of one kind, performance or efficiency, but no more than 6");
    expect_none(host, guest(10, 2), "only 4");
}

static void
test_efficiency_cores_serve_when_performance_cores_are_taken(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 10, .threads = 2};
    g_autoptr(VtTopology) host = make_host(&spec);
    g_autoptr(VtCpuSet) taken = vt_cpuset_parse("1-3", NULL);
    VtGuestShape shape = guest(4, 0);
    g_autoptr(VtPinPlan) plan = NULL;

    (void)state;
    make_hybrid(host, 4);
    plan = plan_dedicated(host, &shape, taken, NULL);
    expect_pins(plan, "4 5 6 7", "0,10");
    assert_int_equal(plan->threads, 1);
}

static void
test_low_power_cores_outside_the_l3_come_last(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 10, .threads = 1};
    g_autoptr(VtTopology) host = make_host(&spec);

    (void)state;
    for (guint i = 4; i < 10; i++)
        core_at(host, i)->kind = VT_CORE_KIND_EFFICIENCY;
    for (guint i = 0; i < 4; i++)
        core_at(host, i)->kind = VT_CORE_KIND_PERFORMANCE;
    for (guint i = 4; i < 6; i++)
        core_at(host, i)->l3 = -1;
    for (guint i = 1; i < 4; i++)
        core_at(host, i)->isolated = true;
    expect_plan(host, guest(2, 1), "6 7", "0");
    expect_plan(host, guest(5, 1), "6 7 8 9 4", "0");
}

static void
test_whole_cores_of_others_are_left_alone(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 6, .threads = 2};
    g_autoptr(VtTopology) host = make_host(&spec);
    g_autoptr(VtCpuSet) taken = vt_cpuset_parse("1,8", NULL);
    VtGuestShape two = guest(2, 2);
    VtGuestShape six = guest(6, 1);
    g_autoptr(VtPinPlan) fits = plan_dedicated(host, &two, taken, NULL);
    g_autoptr(VtPinPlan) fails = plan_dedicated(host, &six, taken, NULL);

    (void)state;
    expect_pins(fits, "3 9", "0,6");
    assert_false(fails->fits);
}

static void
test_reserved_cpus_run_the_emulator_and_no_vcpu(void **state)
{
    static const Spec spec = {.nodes = 2, .domains = 1, .cores = 4, .threads = 2};
    g_autoptr(VtTopology) host = make_host(&spec);
    g_autoptr(VtCpuSet) reserved = vt_cpuset_parse("2,6,10,14", NULL);
    VtGuestShape shape = guest(6, 2);
    g_autoptr(VtPinPlan) plan = plan_dedicated(host, &shape, NULL, reserved);

    (void)state;
    expect_pins(plan, "4 12 5 13 7 15", "6,14");
}

static void
test_prefers_a_node_with_room_for_the_emulator(void **state)
{
    static const Spec spec = {.nodes = 3, .domains = 1, .cores = 3, .threads = 1};
    g_autoptr(VtTopology) host = make_host(&spec);
    g_autoptr(VtCpuSet) taken = vt_cpuset_parse("1-2,5", NULL);
    VtGuestShape shape = guest(2, 1);
    g_autoptr(VtPinPlan) plan = plan_dedicated(host, &shape, taken, NULL);

    (void)state;
    expect_pins(plan, "7 8", "6");
}

static void
test_io_threads_go_with_the_emulator(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 6, .threads = 2};
    g_autoptr(VtTopology) host = make_host(&spec);
    VtGuestShape shape = guest(4, 2);
    g_autoptr(VtPinPlan) plan = NULL;

    (void)state;
    shape.iothreads = 2;
    plan = plan_dedicated(host, &shape, NULL, NULL);
    expect_pins(plan, "1 7 2 8", "0,6");
    assert_true(vt_cpuset_equal(plan->iothread_cpus, plan->emulator_cpus));
}

static void
test_cores_cut_by_the_cgroup_are_used_last(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 6, .threads = 2};
    g_autoptr(VtTopology) host = make_host(&spec);

    (void)state;
    vt_cpuset_remove(core_at(host, 1)->cpus, 1);
    vt_cpuset_remove(core_at(host, 2)->cpus, 8);
    expect_plan(host, guest(4, 2), "3 9 4 10", "0,6");
    expect_plan(host, guest(4, 1), "7 3 4 5", "0,6");
    expect_none(host, guest(10, 2), "at least 2 usable CPUs each, but there are only 4");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("pairs of threads sit on siblings", test_pairs_of_threads_sit_on_siblings),
        TEST("single threads sit on a core each", test_single_threads_sit_on_a_core_each),
        TEST("two of four siblings hold a pair", test_two_of_four_siblings_hold_a_pair),
        TEST("shapes a guest without topology", test_shapes_a_guest_without_topology),
        TEST("a given topology stays", test_a_given_topology_stays),
        TEST("threads on a host without SMT get a core each and a remark",
             test_threads_on_a_host_without_smt_get_a_core_each_and_a_remark),
        TEST("refuses a topology that does not add up",
             test_refuses_a_topology_that_does_not_add_up),
        TEST("refuses more threads than the host has", test_refuses_more_threads_than_the_host_has),
        TEST("the last core stays with the host", test_the_last_core_stays_with_the_host),
        TEST("a guest of a whole node leaves the lowest core",
             test_a_guest_of_a_whole_node_leaves_the_lowest_core),
        TEST("a guest is not torn apart by others", test_a_guest_is_not_torn_apart_by_others),
        TEST("takes the tightest L3 domain", test_takes_the_tightest_l3_domain),
        TEST("crosses the fewest L3 domains if it must",
             test_crosses_the_fewest_l3_domains_if_it_must),
        TEST("a host without L3 is no obstacle", test_a_host_without_l3_is_no_obstacle),
        TEST("a host without nodes is no obstacle", test_a_host_without_nodes_is_no_obstacle),
        TEST("prefers a node that holds the memory", test_prefers_a_node_that_holds_the_memory),
        TEST("never uses isolated CPUs", test_never_uses_isolated_cpus),
        TEST("takes performance cores while they suffice",
             test_takes_performance_cores_while_they_suffice),
        TEST("efficiency cores serve when performance cores are taken",
             test_efficiency_cores_serve_when_performance_cores_are_taken),
        TEST("low-power cores outside the L3 come last",
             test_low_power_cores_outside_the_l3_come_last),
        TEST("whole cores of others are left alone", test_whole_cores_of_others_are_left_alone),
        TEST("reserved CPUs run the emulator and no vCPU",
             test_reserved_cpus_run_the_emulator_and_no_vcpu),
        TEST("prefers a node with room for the emulator",
             test_prefers_a_node_with_room_for_the_emulator),
        TEST("I/O threads go with the emulator", test_io_threads_go_with_the_emulator),
        TEST("cores cut by the cgroup are used last", test_cores_cut_by_the_cgroup_are_used_last),
    };
    return cmocka_run_group_tests_name("planner", tests, NULL, NULL);
}
