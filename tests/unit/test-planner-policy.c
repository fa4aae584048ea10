/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the administrator and the neighbours have a say in: policy, isolated CPUs, claims, memory.
 */
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

/* The pins of all vCPUs; "-" for one that gets none. */
static void
expect_vcpus(const VtPinPlan *plan, const char *expected)
{
    g_autoptr(GString) text = g_string_new(NULL);

    if (!plan->fits)
        fail_msg("does not fit: %s", plan->why);
    for (unsigned i = 0; i < plan->vcpu_cpus->len; i++) {
        g_autofree char *cpu = vt_pin_plan_vcpu_cpuset(plan, i);

        g_string_append_printf(text, "%s%s", i ? " " : "", cpu ? cpu : "-");
    }
    assert_string_equal(text->str, expected);
}

static void
expect_set(const VtCpuSet *set, const char *expected)
{
    g_autofree char *text = vt_cpuset_format(set);

    assert_string_equal(text, expected);
}

static void
expect_why(const char *why, const char *part)
{
    assert_non_null(why);
    if (!strstr(why, part))
        fail_msg("'%s' lacks '%s'", why, part);
}

/* ---- where to ---- */

static void
test_off_pins_nothing(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 4, .threads = 1};
    g_autoptr(VtTopology) host = make_host(&spec);
    VtGuestShape shape = guest(2, 1);
    const VtPinRequest request = {.host = host, .shape = &shape};
    g_autoptr(VtPinPlan) plan = vt_pin_plan(&request);

    (void)state;
    assert_false(plan->fits);
    assert_int_equal(plan->placement, VT_PIN_PLACEMENT_OFF);
    assert_null(vt_pin_plan_vcpu_cpuset(plan, 0));
}

static void
test_node_floats_over_the_roomiest_node_and_leaves_a_core(void **state)
{
    static const Spec spec = {.nodes = 2, .domains = 1, .cores = 4, .threads = 2};
    g_autoptr(VtTopology) host = make_host(&spec);
    g_autoptr(VtCpuSet) taken = vt_cpuset_parse("2,10", NULL);
    VtGuestShape shape = guest(4, 0);
    const VtPinRequest request = {
        .host = host, .shape = &shape, .placement = VT_PIN_PLACEMENT_NODE, .taken = taken};
    g_autoptr(VtPinPlan) plan = vt_pin_plan(&request);
    g_autofree char *mask = vt_pin_plan_vcpu_cpuset(plan, 3);

    (void)state;
    assert_true(plan->fits);
    assert_int_equal(plan->placement, VT_PIN_PLACEMENT_NODE);
    assert_string_equal(mask, "5-7,13-15");
    expect_set(plan->emulator_cpus, "4,12");
    expect_set(plan->memory_nodes, "1");
    assert_false(plan->reshapes);
}

static void
test_a_floating_mask_never_has_isolated_cpus(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 6, .threads = 1};
    g_autoptr(VtTopology) host = make_host(&spec);
    VtGuestShape shape = guest(3, 0);
    const VtPinRequest request = {
        .host = host, .shape = &shape, .placement = VT_PIN_PLACEMENT_NODE, .use_isolated = true};
    g_autoptr(VtPinPlan) plan = NULL;

    (void)state;
    isolate(host, core_at(host, 4));
    isolate(host, core_at(host, 5));
    plan = vt_pin_plan(&request);
    expect_set(plan->float_cpus, "1-3");
    shape.vcpus = 4;
    vt_pin_plan_free(plan);
    plan = vt_pin_plan(&request);
    assert_false(plan->fits);
    expect_why(plan->why, "beside a core for the host (3)");
}

static void
test_auto_floats_when_no_whole_cores_are_left(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 4, .threads = 2};
    g_autoptr(VtTopology) host = make_host(&spec);
    VtGuestShape six = guest(6, 0), five = guest(5, 1);
    VtPinRequest request = {.host = host, .shape = &six, .placement = VT_PIN_PLACEMENT_AUTO};
    g_autoptr(VtPinPlan) dedicated = vt_pin_plan(&request);
    g_autoptr(VtPinPlan) floating = NULL;

    (void)state;
    expect_vcpus(dedicated, "1 5 2 6 3 7");
    request.shape = &five;
    floating = vt_pin_plan(&request);
    assert_int_equal(floating->placement, VT_PIN_PLACEMENT_NODE);
    expect_set(floating->float_cpus, "1-3,5-7");
    expect_why(floating->why, "there is no CPU for each alone: the guest needs 5 free host cores");
}

/* ---- several nodes ---- */

static void
test_a_guest_larger_than_a_node_has_equal_parts_in_near_nodes(void **state)
{
    static const Spec spec = {.nodes = 3, .domains = 1, .cores = 4, .threads = 1};
    g_autoptr(VtTopology) host = make_host(&spec);
    VtGuestShape shape = guest(6, 0);
    g_autoptr(VtPinPlan) plan = NULL;
    static const unsigned distances[3][3] = {{10, 30, 12}, {30, 10, 30}, {12, 30, 10}};

    (void)state;
    for (guint i = 0; i < 3; i++) {
        VtHostNode *node = host->nodes->pdata[i];

        node->distances = g_array_new(FALSE, FALSE, sizeof(unsigned));
        g_array_append_vals(node->distances, distances[i], 3);
    }
    plan = plan_dedicated(host, &shape, NULL, NULL);
    expect_vcpus(plan, "1 2 3 9 10 11");
    expect_set(plan->nodes, "0,2");
    assert_int_equal(plan->memory, VT_PIN_MEMORY_INTERLEAVE);
    expect_set(plan->memory_nodes, "0,2");
    assert_int_equal(plan->sockets, 1);
    vt_pin_plan_free(plan);
    shape.several_sockets = true;
    plan = plan_dedicated(host, &shape, NULL, NULL);
    assert_int_equal(plan->sockets, 2);
    assert_int_equal(plan->cores, 3);
    expect_why(plan->why_shape, "one for each NUMA node");
}

static void
test_a_guest_with_one_vcpu_is_not_reshaped(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 4, .threads = 2};
    g_autoptr(VtTopology) host = make_host(&spec);
    VtGuestShape shape = guest(1, 0);
    g_autoptr(VtPinPlan) plan = plan_dedicated(host, &shape, NULL, NULL);

    (void)state;
    expect_vcpus(plan, "1");
    assert_false(plan->reshapes);
    assert_null(plan->why_shape);
}

/* ---- isolated CPUs ---- */

static void
test_isolated_cpus_are_used_if_wanted_and_as_good(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 2, .cores = 4, .threads = 1};
    g_autoptr(VtTopology) host = make_host(&spec);
    VtGuestShape two = guest(2, 1), three = guest(3, 1), six = guest(6, 1);
    VtPinRequest request = {
        .host = host, .shape = &two, .placement = VT_PIN_PLACEMENT_DEDICATED, .use_isolated = true};
    g_autoptr(VtPinPlan) isolated = NULL, ordinary = NULL, neither = NULL;

    (void)state;
    isolate(host, core_at(host, 3));
    isolate(host, core_at(host, 6));
    isolate(host, core_at(host, 7));
    isolated = vt_pin_plan(&request);
    expect_vcpus(isolated, "6 7");
    assert_true(isolated->uses_isolated);
    expect_set(isolated->emulator_cpus, "0");
    request.shape = &three; /* the isolated ones are behind two L3 domains */
    ordinary = vt_pin_plan(&request);
    expect_vcpus(ordinary, "0 1 2");
    request.shape = &six; /* never both kinds */
    neither = vt_pin_plan(&request);
    assert_false(neither->fits);
}

static void
test_isolated_cpus_that_would_do_are_named(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 6, .threads = 1};
    g_autoptr(VtTopology) host = make_host(&spec);
    VtGuestShape shape = guest(3, 1);
    g_autoptr(VtPinPlan) plan = NULL;

    (void)state;
    for (guint i = 3; i < 6; i++)
        isolate(host, core_at(host, i));
    plan = plan_dedicated(host, &shape, NULL, NULL);
    assert_false(plan->fits);
    expect_why(plan->why, "isolated CPUs would have the room, but are not used");
}

/* ---- the neighbours ---- */

static void
test_claimed_cpus_are_avoided_while_there_is_other_room(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 2, .cores = 4, .threads = 1};
    g_autoptr(VtTopology) host = make_host(&spec);
    g_autoptr(VtCpuSet) claimed = vt_cpuset_parse("4-7", NULL);
    VtGuestShape three = guest(3, 1), five = guest(5, 1);
    VtPinRequest request = {
        .host = host, .shape = &three, .placement = VT_PIN_PLACEMENT_DEDICATED, .claimed = claimed};
    g_autoptr(VtPinPlan) beside = vt_pin_plan(&request);
    g_autoptr(VtPinPlan) upon = NULL;

    (void)state;
    expect_vcpus(beside, "1 2 3");
    assert_false(beside->uses_claimed);
    request.shape = &five;
    upon = vt_pin_plan(&request);
    assert_true(upon->fits && upon->uses_claimed);
    expect_why(upon->why, "are in the configuration of guests that do not run");
}

static void
test_cores_of_others_emulators_get_no_vcpu(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 4, .threads = 1};
    g_autoptr(VtTopology) host = make_host(&spec);
    g_autoptr(VtCpuSet) emulators = vt_cpuset_parse("2", NULL);
    VtGuestShape shape = guest(3, 1);
    const VtPinRequest request = {.host = host,
                                  .shape = &shape,
                                  .placement = VT_PIN_PLACEMENT_DEDICATED,
                                  .emulators = emulators};
    g_autoptr(VtPinPlan) plan = vt_pin_plan(&request);

    (void)state;
    expect_vcpus(plan, "0 1 3");
    expect_set(plan->emulator_cpus, "2");
}

/* ---- hotplug ---- */

static void
test_all_enabled_vcpus_are_pinned_and_others_if_there_is_room(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 2, .cores = 4, .threads = 1};
    g_autoptr(VtTopology) host = make_host(&spec);
    g_autoptr(VtCpuSet) enabled = vt_cpuset_parse("0,2-3", NULL);
    VtGuestShape four = guest(4, 1), six = guest(6, 1);
    g_autoptr(VtPinPlan) all = NULL, some = NULL;

    (void)state;
    four.enabled = six.enabled = enabled;
    all = plan_dedicated(host, &four, NULL, NULL);
    expect_vcpus(all, "4 5 6 7");
    some = plan_dedicated(host, &six, NULL, NULL); /* six would leave the L3 domain */
    expect_vcpus(some, "1 - 2 3 - -");
    expect_why(some->why, "3 vCPUs on CPUs 1-3");
    expect_why(some->why, "not there at boot get none");
}

/* ---- memory ---- */

static void
test_memory_is_strict_only_if_wanted_and_free(void **state)
{
    static const Spec spec = {.nodes = 2, .domains = 1, .cores = 4, .threads = 1};
    static const struct {
        bool wanted, known;
        guint64 free_kib;
        VtPinMemory memory;
    } cases[] = {
        {false, true, 8192 * MIB, VT_PIN_MEMORY_PREFERRED},
        {true, true, 8192 * MIB, VT_PIN_MEMORY_STRICT},
        {true, true, 1030 * MIB, VT_PIN_MEMORY_PREFERRED}, /* QEMU needs some too */
        {true, false, 8192 * MIB, VT_PIN_MEMORY_PREFERRED},
    };

    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(VtTopology) host = make_host(&spec);
        VtGuestShape shape = guest(2, 1);
        const VtPinRequest request = {.host = host,
                                      .shape = &shape,
                                      .placement = VT_PIN_PLACEMENT_DEDICATED,
                                      .strict_memory = cases[i].wanted};
        g_autoptr(VtPinPlan) plan = NULL;

        for (guint j = 0; j < 2; j++) {
            VtHostNode *node = host->nodes->pdata[j];

            node->memory_known = cases[i].known;
            node->free_memory_kib = cases[i].free_kib;
        }
        plan = vt_pin_plan(&request);
        assert_int_equal(plan->memory, cases[i].memory);
        expect_set(plan->memory_nodes, "0");
        assert_non_null(plan->why_memory);
    }
}

static void
test_cpus_without_memory_take_the_nearest(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 4, .threads = 1};
    static const unsigned distances[] = {10, 17, 28, 28};
    g_autoptr(VtTopology) host = make_host(&spec);
    VtGuestShape shape = guest(2, 1);
    VtHostNode *node = host->nodes->pdata[0];
    g_autoptr(VtPinPlan) plan = NULL;

    (void)state;
    node->memory_kib = 0;
    for (int id = 4; id <= 6; id++)
        vt_topology_add_node(host, id)->memory_known = true;
    ((VtHostNode *)host->nodes->pdata[2])->memory_kib = 4096 * MIB;
    ((VtHostNode *)host->nodes->pdata[3])->memory_kib = 4096 * MIB;
    ((VtHostNode *)host->nodes->pdata[3])->free_memory_kib = 4096 * MIB;
    node->distances = g_array_new(FALSE, FALSE, sizeof(unsigned));
    g_array_append_vals(node->distances, distances, 4);
    plan = plan_dedicated(host, &shape, NULL, NULL);
    expect_set(plan->nodes, "0");
    expect_set(plan->memory_nodes, "6"); /* 4 is nearer, but empty; 5 has nothing free */
    expect_why(plan->why_memory, "has no memory for guests; the nearest that has is node 6");
}

static void
test_nodes_that_the_cgroup_withholds_are_not_named(void **state)
{
    static const Spec spec = {.nodes = 2, .domains = 1, .cores = 4, .threads = 1};
    g_autoptr(VtTopology) host = make_host(&spec);
    VtGuestShape two = guest(2, 1), five = guest(5, 1);
    g_autoptr(VtPinPlan) small = NULL, large = NULL;

    (void)state;
    host->allowed_nodes = vt_cpuset_parse("1", NULL);
    small = plan_dedicated(host, &two, NULL, NULL);
    expect_set(small->nodes, "1");
    large = plan_dedicated(host, &five, NULL, NULL);
    expect_set(large->nodes, "0-1");
    expect_set(large->memory_nodes, "1");
    assert_int_equal(large->memory, VT_PIN_MEMORY_PREFERRED);
    expect_why(large->why_memory, "node 0, where the others are, has none for guests");
}

static void
test_one_node_needs_no_word_on_memory(void **state)
{
    static const Spec spec = {.nodes = 1, .domains = 1, .cores = 4, .threads = 1};
    g_autoptr(VtTopology) host = make_host(&spec);
    VtGuestShape shape = guest(2, 1);
    g_autoptr(VtPinPlan) plan = plan_dedicated(host, &shape, NULL, NULL);

    (void)state;
    assert_int_equal(plan->memory, VT_PIN_MEMORY_NONE);
    assert_null(plan->why_memory);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("off pins nothing", test_off_pins_nothing),
        TEST("node floats over the roomiest node and leaves a core",
             test_node_floats_over_the_roomiest_node_and_leaves_a_core),
        TEST("a floating mask never has isolated CPUs",
             test_a_floating_mask_never_has_isolated_cpus),
        TEST("auto floats when no whole cores are left",
             test_auto_floats_when_no_whole_cores_are_left),
        TEST("a guest larger than a node has equal parts in near nodes",
             test_a_guest_larger_than_a_node_has_equal_parts_in_near_nodes),
        TEST("a guest with one vCPU is not reshaped", test_a_guest_with_one_vcpu_is_not_reshaped),
        TEST("isolated CPUs are used if wanted and as good",
             test_isolated_cpus_are_used_if_wanted_and_as_good),
        TEST("isolated CPUs that would do are named", test_isolated_cpus_that_would_do_are_named),
        TEST("claimed CPUs are avoided while there is other room",
             test_claimed_cpus_are_avoided_while_there_is_other_room),
        TEST("cores of others' emulators get no vCPU", test_cores_of_others_emulators_get_no_vcpu),
        TEST("all enabled vCPUs are pinned, and others if there is room",
             test_all_enabled_vcpus_are_pinned_and_others_if_there_is_room),
        TEST("memory is strict only if wanted and free",
             test_memory_is_strict_only_if_wanted_and_free),
        TEST("CPUs without memory take the nearest", test_cpus_without_memory_take_the_nearest),
        TEST("nodes that the cgroup withholds are not named",
             test_nodes_that_the_cgroup_withholds_are_not_named),
        TEST("one node needs no word on memory", test_one_node_needs_no_word_on_memory),
    };
    return cmocka_run_group_tests_name("planner-policy", tests, NULL, NULL);
}
