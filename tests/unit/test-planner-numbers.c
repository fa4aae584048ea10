/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPU numbers are names: over random hosts, guests and neighbours a plan is no matter of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pin-scene.h"

#define ROUNDS 1000
#define TEST(name, function)                                                                       \
    {                                                                                              \
        name, function, NULL, NULL, NULL                                                           \
    }

static void
renumber_set(VtCpuSet *set, const unsigned *numbers)
{
    g_autoptr(VtCpuSet) old = vt_cpuset_copy(set);

    vt_cpuset_subtract(set, old);
    for (int cpu = vt_cpuset_next(old, 0); cpu >= 0; cpu = vt_cpuset_next(old, cpu + 1u))
        vt_cpuset_add(set, numbers[cpu]);
}

static int
compare_cores(gconstpointer a, gconstpointer b)
{
    return vt_cpuset_next((*(VtHostCore *const *)a)->online, 0) -
           vt_cpuset_next((*(VtHostCore *const *)b)->online, 0);
}

static void
renumber_scene(Scene *scene, const unsigned *numbers)
{
    VtTopology *host = scene->host;
    VtCpuSet *const sets[] = {host->online, host->possible, host->allowed,   host->isolated,
                              scene->taken, scene->claimed, scene->reserved, scene->emulators};

    for (gsize i = 0; i < G_N_ELEMENTS(sets); i++)
        renumber_set(sets[i], numbers);
    for (guint i = 0; i < host->cores->len; i++) {
        renumber_set(core_at(host, i)->cpus, numbers);
        renumber_set(core_at(host, i)->online, numbers);
    }
    for (guint i = 0; i < host->l3_domains->len; i++)
        renumber_set(host->l3_domains->pdata[i], numbers);
    for (guint i = 0; i < host->nodes->len; i++)
        renumber_set(((VtHostNode *)host->nodes->pdata[i])->cpus, numbers);
    g_ptr_array_sort(host->cores, compare_cores);
}

/* Numbers in another order, or with @gaps in the same order. */
static unsigned *
new_numbers(const VtTopology *host, GRand *rand, bool gaps)
{
    unsigned count = vt_cpuset_count(host->online);
    unsigned *numbers = g_new(unsigned, count);
    unsigned next = 0;

    for (unsigned i = 0; i < count; i++) {
        unsigned other = (unsigned)g_rand_int_range(rand, 0, (int)i + 1);

        next += (unsigned)g_rand_int_range(rand, 1, 4);
        if (gaps) {
            numbers[i] = next;
            continue;
        }
        numbers[i] = numbers[other];
        numbers[other] = i;
    }
    return numbers;
}

/* The same order of numbers with gaps in it: the same plan, told in the new numbers. */
static void
test_renumbering_cpus_renumbers_the_plan(void **state)
{
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(round);
        g_autoptr(GRand) same = g_rand_new_with_seed(round);
        g_autoptr(Scene) scene = random_scene(rand, VT_PIN_PLACEMENT_AUTO);
        g_autoptr(Scene) twin = random_scene(same, VT_PIN_PLACEMENT_AUTO);
        g_autofree unsigned *numbers = new_numbers(scene->host, rand, true);
        g_autoptr(VtPinPlan) plan = vt_pin_plan(&scene->request);
        g_autoptr(VtPinPlan) twin_plan = NULL;

        renumber_scene(twin, numbers);
        twin_plan = vt_pin_plan(&twin->request);
        assert_int_equal(plan->placement, twin_plan->placement);
        renumber_set(plan->float_cpus, numbers);
        renumber_set(plan->emulator_cpus, numbers);
        assert_true(vt_cpuset_equal(plan->float_cpus, twin_plan->float_cpus));
        assert_true(vt_cpuset_equal(plan->emulator_cpus, twin_plan->emulator_cpus));
        assert_true(vt_cpuset_equal(plan->memory_nodes, twin_plan->memory_nodes));
        assert_int_equal(plan->vcpu_cpus->len, twin_plan->vcpu_cpus->len);
        for (guint i = 0; i < plan->vcpu_cpus->len; i++) {
            unsigned cpu = pin_of(plan, i);

            assert_int_equal(cpu == VT_PIN_NONE ? cpu : numbers[cpu], pin_of(twin_plan, i));
        }
    }
}

static VtCoreKind
kind_of(const VtTopology *host, const VtPinPlan *plan)
{
    return plan->vcpu_cpus->len > 0 && pin_of(plan, 0) != VT_PIN_NONE
               ? core_at(host, core_of(host, pin_of(plan, 0)))->kind
               : VT_CORE_KIND_UNKNOWN;
}

/* Any order of numbers: among equals another may be chosen, but the plan is as good. */
static void
test_any_numbering_gives_as_good_a_plan(void **state)
{
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(round);
        g_autoptr(GRand) same = g_rand_new_with_seed(round);
        g_autoptr(Scene) scene = random_scene(rand, VT_PIN_PLACEMENT_AUTO);
        g_autoptr(Scene) twin = random_scene(same, VT_PIN_PLACEMENT_AUTO);
        g_autofree unsigned *numbers = new_numbers(scene->host, rand, false);
        g_autoptr(VtPinPlan) plan = vt_pin_plan(&scene->request);
        g_autoptr(VtPinPlan) again = vt_pin_plan(&scene->request);
        g_autoptr(VtPinPlan) twin_plan = NULL;

        renumber_scene(twin, numbers);
        twin_plan = vt_pin_plan(&twin->request);
        assert_string_equal(plan->why, again->why);
        /* A floating mask is all that a place has but its lowest core, and that differs. */
        assert_true((plan->placement == VT_PIN_PLACEMENT_DEDICATED) ==
                    (twin_plan->placement == VT_PIN_PLACEMENT_DEDICATED));
        if (plan->placement != VT_PIN_PLACEMENT_DEDICATED)
            continue;
        assert_int_equal(kind_of(scene->host, plan), kind_of(twin->host, twin_plan));
        assert_int_equal(vt_cpuset_count(plan->nodes), vt_cpuset_count(twin_plan->nodes));
        assert_true(plan->uses_isolated == twin_plan->uses_isolated);
        assert_true(plan->uses_claimed == twin_plan->uses_claimed);
        assert_int_equal(count_l3s(scene->host, plan), count_l3s(twin->host, twin_plan));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("renumbering CPUs renumbers the plan", test_renumbering_cpus_renumbers_the_plan),
        TEST("any numbering gives as good a plan", test_any_numbering_gives_as_good_a_plan),
    };
    return cmocka_run_group_tests_name("planner-numbers", tests, NULL, NULL);
}
