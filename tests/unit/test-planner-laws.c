/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What must hold of every plan, over random hosts and guests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake-topology.h"

#define ROUNDS 3000
#define TEST(name, function)                                                                       \
    {                                                                                              \
        name, function, NULL, NULL, NULL                                                           \
    }

static VtTopology *
random_host(GRand *rand)
{
    Spec spec = {.nodes = (unsigned)g_rand_int_range(rand, 1, 4),
                 .domains = (unsigned)g_rand_int_range(rand, 1, 4),
                 .cores = (unsigned)g_rand_int_range(rand, 1, 6),
                 .threads = 1u << g_rand_int_range(rand, 0, 3),
                 .without_l3 = g_rand_int_range(rand, 0, 5) == 0};
    VtTopology *host = make_host(&spec);
    bool hybrid = g_rand_int_range(rand, 0, 4) == 0;

    for (guint i = 0; i < host->cores->len; i++) {
        VtHostCore *core = core_at(host, i);

        if (hybrid)
            core->kind = g_rand_boolean(rand) ? VT_CORE_KIND_PERFORMANCE : VT_CORE_KIND_EFFICIENCY;
        core->isolated = g_rand_int_range(rand, 0, 12) == 0;
        if (g_rand_int_range(rand, 0, 10) == 0 && vt_cpuset_count(core->cpus) > 1)
            vt_cpuset_remove(core->cpus, (unsigned)vt_cpuset_next(core->cpus, 0));
        if (g_rand_int_range(rand, 0, 15) == 0)
            core->l3 = -1;
        if (g_rand_int_range(rand, 0, 25) == 0)
            core->node = -1;
    }
    for (guint i = 0; i < host->nodes->len; i++)
        ((VtHostNode *)host->nodes->pdata[i])->memory_kib =
            (guint64)g_rand_int_range(rand, 0, 4) * 1024 * MIB;
    return host;
}

static VtGuestShape
random_guest(GRand *rand)
{
    static const unsigned threads[] = {0, 1, 2, 2, 4};
    unsigned t = threads[g_rand_int_range(rand, 0, G_N_ELEMENTS(threads))];
    VtGuestShape shape = guest((unsigned)g_rand_int_range(rand, 1, 6) * MAX(t, 1), t);

    shape.threads_allowed = g_rand_boolean(rand);
    shape.iothreads = (unsigned)g_rand_int_range(rand, 0, 3);
    shape.memory_kib = (guint64)g_rand_int_range(rand, 0, 4) * 1024 * MIB;
    return shape;
}

static VtCpuSet *
random_cpus(GRand *rand, const VtTopology *host, int one_in)
{
    VtCpuSet *set = vt_cpuset_new();

    for (int cpu = vt_cpuset_next(host->online, 0); cpu >= 0;
         cpu = vt_cpuset_next(host->online, cpu + 1u)) {
        if (g_rand_int_range(rand, 0, one_in) == 0)
            vt_cpuset_add(set, (unsigned)cpu);
    }
    return set;
}

static guint
core_of(const VtTopology *host, unsigned cpu)
{
    for (guint i = 0; i < host->cores->len; i++) {
        if (vt_cpuset_has(core_at(host, i)->cpus, cpu))
            return i;
    }
    fail_msg("CPU %u is not usable", cpu);
    return 0;
}

static bool
is_free(const VtHostCore *core, const VtCpuSet *taken)
{
    return !core->isolated && !vt_cpuset_overlaps(core->online, taken);
}

/* Each vCPU on a CPU of its own, guest cores and host cores one to one, one node, one kind. */
static void
expect_sound_vcpus(const VtTopology *host, const VtPinPlan *plan, const VtCpuSet *taken,
                   const VtCpuSet *reserved, VtCpuSet *used)
{
    unsigned per_core = host->threads_per_core > 1 ? plan->threads : 1;
    const VtHostCore *first =
        core_at(host, core_of(host, g_array_index(plan->vcpu_cpus, unsigned, 0)));
    g_autoptr(VtCpuSet) cores = vt_cpuset_new();

    assert_int_equal(plan->vcpu_cpus->len, plan->sockets * plan->cores * plan->threads);
    for (guint i = 0; i < plan->vcpu_cpus->len; i++) {
        unsigned cpu = g_array_index(plan->vcpu_cpus, unsigned, i);
        guint index = core_of(host, cpu);
        const VtHostCore *core = core_at(host, index);

        assert_false(vt_cpuset_has(used, cpu));
        vt_cpuset_add(used, cpu);
        if (i % per_core == 0)
            assert_false(vt_cpuset_has(cores, index));
        else
            assert_int_equal(index, core_of(host, g_array_index(plan->vcpu_cpus, unsigned, i - 1)));
        vt_cpuset_add(cores, index);
        assert_true(is_free(core, taken));
        assert_false(vt_cpuset_overlaps(core->online, reserved));
        assert_int_equal(core->node, plan->node);
        assert_int_equal(core->kind, first->kind);
    }
}

/* The emulator has CPUs, whole cores away from every vCPU. */
static void
expect_sound_emulator(const VtTopology *host, const VtPinPlan *plan, const VtCpuSet *taken,
                      const VtCpuSet *used)
{
    assert_true(vt_cpuset_count(plan->emulator_cpus) > 0);
    for (int cpu = vt_cpuset_next(plan->emulator_cpus, 0); cpu >= 0;
         cpu = vt_cpuset_next(plan->emulator_cpus, cpu + 1u)) {
        const VtHostCore *core = core_at(host, core_of(host, (unsigned)cpu));

        assert_true(is_free(core, taken));
        assert_false(vt_cpuset_overlaps(core->online, used));
    }
}

static bool
can_hold(const VtHostCore *core, unsigned per_core, const VtCpuSet *taken, const VtCpuSet *reserved)
{
    return is_free(core, taken) && !vt_cpuset_overlaps(core->online, reserved) &&
           vt_cpuset_count(core->cpus) >= per_core;
}

/* Counted another way than the planner does: whether one kind in one node has the room. */
static bool
has_room(const VtTopology *host, unsigned vcpus, unsigned threads, const VtCpuSet *taken,
         const VtCpuSet *reserved)
{
    unsigned per_core = host->threads_per_core > 1 ? threads : 1;
    unsigned need = vcpus / per_core;
    unsigned most = 0;
    unsigned spare = 0;

    for (guint i = 0; i < host->cores->len; i++) {
        const VtHostCore *like = core_at(host, i);
        unsigned count = 0;

        spare += is_free(like, taken);
        for (guint j = 0; j < host->cores->len; j++) {
            const VtHostCore *core = core_at(host, j);

            count += core->node == like->node && core->kind == like->kind &&
                     can_hold(core, per_core, taken, reserved);
        }
        most = MAX(most, count);
    }
    return most >= need && spare > need;
}

static bool
could_fit(const VtTopology *host, const VtGuestShape *shape, const VtCpuSet *taken,
          const VtCpuSet *reserved)
{
    if (shape->sockets > 0)
        return (host->threads_per_core == 1 || shape->threads <= host->threads_per_core) &&
               has_room(host, shape->vcpus, shape->threads, taken, reserved);
    if (shape->threads_allowed && shape->vcpus % 2 == 0 && host->threads_per_core > 1 &&
        has_room(host, shape->vcpus, 2, taken, reserved))
        return true;
    return has_room(host, shape->vcpus, 1, taken, reserved);
}

static void
test_every_plan_is_sound_and_none_is_missed(void **state)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(42);
    unsigned fitted = 0;

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        g_autoptr(VtTopology) host = random_host(rand);
        g_autoptr(VtCpuSet) taken = random_cpus(rand, host, 12);
        g_autoptr(VtCpuSet) reserved = random_cpus(rand, host, 20);
        g_autoptr(VtCpuSet) used = vt_cpuset_new();
        VtGuestShape shape = random_guest(rand);
        g_autoptr(VtPinPlan) plan = vt_pin_plan(host, &shape, taken, reserved);

        assert_non_null(plan->why);
        assert_true(g_utf8_validate(plan->why, -1, NULL));
        if (plan->fits != could_fit(host, &shape, taken, reserved))
            fail_msg("round %u: %u vCPUs, %s", round, shape.vcpus, plan->why);
        if (!plan->fits)
            continue;
        fitted++;
        expect_sound_vcpus(host, plan, taken, reserved, used);
        expect_sound_emulator(host, plan, taken, used);
    }
    assert_in_range(fitted, ROUNDS / 4, ROUNDS - ROUNDS / 10);
}

static guint
count_l3s(const VtTopology *host, const VtPinPlan *plan, VtCpuSet *l3s)
{
    for (guint i = 0; i < plan->vcpu_cpus->len; i++)
        vt_cpuset_add(
            l3s, (unsigned)core_at(host, core_of(host, g_array_index(plan->vcpu_cpus, unsigned, i)))
                         ->l3 +
                     1u);
    return vt_cpuset_count(l3s);
}

/* If some L3 domain of a host of equal nodes has room, the plan is behind one. */
static void
test_stays_behind_one_l3_domain_if_one_has_room(void **state)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(43);

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        Spec spec = {.nodes = (unsigned)g_rand_int_range(rand, 1, 4),
                     .domains = (unsigned)g_rand_int_range(rand, 1, 5),
                     .cores = (unsigned)g_rand_int_range(rand, 1, 9),
                     .threads = 2};
        g_autoptr(VtTopology) host = make_host(&spec);
        g_autoptr(VtCpuSet) taken = random_cpus(rand, host, 10);
        g_autoptr(VtCpuSet) l3s = vt_cpuset_new();
        VtGuestShape shape = guest((unsigned)g_rand_int_range(rand, 1, 7) * 2, 2);
        g_autoptr(VtPinPlan) plan = vt_pin_plan(host, &shape, taken, NULL);
        unsigned roomiest = 0;

        for (unsigned l3 = 0; l3 < host->l3_domains->len; l3++) {
            unsigned room = 0;

            for (guint i = 0; i < host->cores->len; i++)
                room += core_at(host, i)->l3 == (int)l3 && is_free(core_at(host, i), taken);
            roomiest = MAX(roomiest, room);
        }
        if (!plan->fits)
            continue;
        assert_true((count_l3s(host, plan, l3s) == 1) == (roomiest >= shape.vcpus / 2));
    }
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

/* Gives every CPU another number. */
static void
renumber_host(VtTopology *host, GRand *rand)
{
    unsigned count = vt_cpuset_count(host->online);
    g_autofree unsigned *numbers = g_new(unsigned, count);

    for (unsigned i = 0; i < count; i++) {
        unsigned other = (unsigned)g_rand_int_range(rand, 0, (int)i + 1);

        numbers[i] = numbers[other];
        numbers[other] = i;
    }
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

/* CPU numbers are names: neither fitting nor the count of L3 domains is a matter of them. */
static void
test_the_numbering_of_cpus_does_not_matter(void **state)
{
    g_autoptr(VtCpuSet) none = vt_cpuset_new();

    (void)state;
    for (unsigned round = 0; round < ROUNDS / 3; round++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(round);
        g_autoptr(GRand) same = g_rand_new_with_seed(round);
        g_autoptr(VtTopology) host = random_host(rand);
        g_autoptr(VtTopology) twin = random_host(same);
        VtGuestShape shape = random_guest(rand);
        g_autoptr(VtCpuSet) l3s = vt_cpuset_new();
        g_autoptr(VtCpuSet) twin_l3s = vt_cpuset_new();
        g_autoptr(VtPinPlan) plan = vt_pin_plan(host, &shape, NULL, NULL);
        g_autoptr(VtPinPlan) again = vt_pin_plan(host, &shape, none, none);
        g_autoptr(VtPinPlan) twin_plan = NULL;

        renumber_host(twin, rand);
        twin_plan = vt_pin_plan(twin, &shape, NULL, NULL);
        assert_string_equal(plan->why, again->why);
        assert_true(vt_cpuset_equal(plan->emulator_cpus, again->emulator_cpus));
        assert_true(plan->fits == twin_plan->fits);
        assert_true(plan->memory_fits == twin_plan->memory_fits);
        assert_int_equal(count_l3s(host, plan, l3s), count_l3s(twin, twin_plan, twin_l3s));
    }
}

/* Guests planned one after the other never share a core, and the host never loses its last. */
static void
test_guests_in_a_row_never_meet(void **state)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(45);

    (void)state;
    for (unsigned round = 0; round < ROUNDS / 10; round++) {
        g_autoptr(VtTopology) host = random_host(rand);
        g_autoptr(VtCpuSet) taken = vt_cpuset_new();
        g_autoptr(VtCpuSet) none = vt_cpuset_new();
        unsigned left = 0;
        unsigned guests = 0;

        for (unsigned i = 0; i < 8; i++) {
            g_autoptr(VtCpuSet) used = vt_cpuset_new();
            VtGuestShape shape = random_guest(rand);
            g_autoptr(VtPinPlan) plan = vt_pin_plan(host, &shape, taken, NULL);

            if (!plan->fits)
                continue;
            guests++;
            expect_sound_vcpus(host, plan, taken, none, used);
            assert_false(vt_cpuset_overlaps(used, taken));
            vt_cpuset_union(taken, used);
        }
        for (guint i = 0; i < host->cores->len; i++)
            left += is_free(core_at(host, i), taken);
        assert_true(guests == 0 || left > 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("every plan is sound and none is missed", test_every_plan_is_sound_and_none_is_missed),
        TEST("stays behind one L3 domain if one has room",
             test_stays_behind_one_l3_domain_if_one_has_room),
        TEST("the numbering of CPUs does not matter", test_the_numbering_of_cpus_does_not_matter),
        TEST("guests in a row never meet", test_guests_in_a_row_never_meet),
    };
    return cmocka_run_group_tests_name("planner-laws", tests, NULL, NULL);
}
