/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What must hold of every plan, over random hosts, guests and neighbours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pin-scene.h"

#define ROUNDS 3000
#define TEST(name, function)                                                                       \
    {                                                                                              \
        name, function, NULL, NULL, NULL                                                           \
    }

static bool
is_spare(const VtHostCore *core, const VtCpuSet *taken)
{
    return !core->isolated && !(taken && vt_cpuset_overlaps(core->online, taken));
}

/* ---- what could be done, counted another way than the planner does ---- */

static unsigned
cores_needed(const VtGuestShape *shape, unsigned per_core)
{
    unsigned need = 0;

    for (unsigned i = 0; i < shape->vcpus; i += per_core) {
        bool wanted = !shape->enabled;

        for (unsigned j = i; shape->enabled && j < i + per_core; j++)
            wanted |= vt_cpuset_has(shape->enabled, j);
        need += wanted;
    }
    return need;
}

/* @bare: as if no other guest and no reservation were there. */
static bool
can_hold(const Scene *scene, const VtHostCore *core, unsigned per_core, bool isolated, bool bare)
{
    bool of_class =
        isolated ? vt_cpuset_is_subset(core->online, scene->host->isolated) : !core->isolated;

    return of_class && vt_cpuset_count(core->cpus) >= per_core &&
           (bare || (!vt_cpuset_overlaps(core->online, scene->taken) &&
                     !vt_cpuset_overlaps(core->online, scene->emulators) &&
                     !vt_cpuset_overlaps(core->online, scene->reserved)));
}

/* The most cores of one kind and class, in one node or anywhere. */
static unsigned
most_cores(const Scene *scene, unsigned per_core, bool isolated, bool bare, bool one_node)
{
    unsigned most = 0;

    for (guint i = 0; i < scene->host->cores->len; i++) {
        const VtHostCore *like = core_at(scene->host, i);
        unsigned count = 0;

        for (guint j = 0; j < scene->host->cores->len; j++) {
            const VtHostCore *core = core_at(scene->host, j);

            count += (!one_node || core->node == like->node) && core->kind == like->kind &&
                     can_hold(scene, core, per_core, isolated, bare);
        }
        most = MAX(most, count);
    }
    return most;
}

static bool
belongs_in_one_node(const Scene *scene, unsigned per_core, unsigned need)
{
    return most_cores(scene, per_core, false, true, true) >= need ||
           most_cores(scene, per_core, true, true, true) >= need;
}

/* The most CPUs of a core that may be used: what counts as SMT. */
static unsigned
usable_threads(const VtTopology *host)
{
    unsigned most = 0;

    for (guint i = 0; i < host->cores->len; i++)
        most = MAX(most, vt_cpuset_count(core_at(host, i)->cpus));
    return most;
}

static bool
has_room(const Scene *scene, unsigned threads)
{
    unsigned per_core = usable_threads(scene->host) > 1 ? threads : 1;
    unsigned need = cores_needed(&scene->shape, per_core);
    bool one_node = belongs_in_one_node(scene, per_core, need);
    unsigned spare = 0;

    for (guint i = 0; i < scene->host->cores->len; i++)
        spare += is_spare(core_at(scene->host, i), scene->taken);
    return (spare > need && most_cores(scene, per_core, false, false, one_node) >= need) ||
           (spare > 0 && scene->request.use_isolated &&
            most_cores(scene, per_core, true, false, one_node) >= need);
}

static bool
could_fit(const Scene *scene)
{
    const VtGuestShape *shape = &scene->shape;

    if (shape->sockets > 0)
        return (usable_threads(scene->host) == 1 ||
                shape->threads <= usable_threads(scene->host)) &&
               has_room(scene, shape->threads);
    return (shape->threads_allowed && shape->vcpus % 2 == 0 && usable_threads(scene->host) > 1 &&
            has_room(scene, 2)) ||
           has_room(scene, 1);
}

/* ---- what a plan must be ---- */

/* Each vCPU on a CPU of its own, guest cores and host cores one to one, one kind, one class. */
static void
expect_sound_vcpus(const Scene *scene, const VtPinPlan *plan, VtCpuSet *used)
{
    const VtTopology *host = scene->host;
    unsigned per_core = usable_threads(host) > 1 ? plan->threads : 1;
    g_autoptr(VtCpuSet) cores = vt_cpuset_new();
    g_autoptr(VtCpuSet) nodes = vt_cpuset_new();
    int kind = -1;

    assert_int_equal(plan->vcpu_cpus->len, scene->shape.vcpus);
    assert_int_equal(plan->vcpu_cpus->len, plan->sockets * plan->cores * plan->threads);
    for (guint i = 0; i < plan->vcpu_cpus->len; i++) {
        unsigned cpu = pin_of(plan, i);
        const VtHostCore *core;
        guint index;

        if (cpu == VT_PIN_NONE) {
            assert_true(scene->shape.enabled && !vt_cpuset_has(scene->shape.enabled, i));
            continue;
        }
        index = core_of(host, cpu);
        core = core_at(host, index);
        assert_false(vt_cpuset_has(used, cpu));
        vt_cpuset_add(used, cpu);
        if (i % per_core == 0)
            assert_false(vt_cpuset_has(cores, index));
        else
            assert_int_equal(index, core_of(host, pin_of(plan, i - 1)));
        vt_cpuset_add(cores, index);
        assert_true(can_hold(scene, core, per_core, plan->uses_isolated, false));
        assert_true(kind < 0 || kind == (int)core->kind);
        kind = (int)core->kind;
        if (core->node >= 0)
            vt_cpuset_add(nodes, (unsigned)core->node);
    }
    assert_true(vt_cpuset_equal(nodes, plan->nodes));
    if (belongs_in_one_node(scene, per_core, cores_needed(&scene->shape, per_core)))
        assert_true(vt_cpuset_count(nodes) <= 1);
}

/* Emulator and iothreads have CPUs, whole cores away from every vCPU; memory is where it can be. */
static void
expect_sound_company(const Scene *scene, const VtPinPlan *plan, const VtCpuSet *used)
{
    guint64 free_kib = 0;

    assert_true(vt_cpuset_count(plan->emulator_cpus) > 0);
    for (int cpu = vt_cpuset_next(plan->emulator_cpus, 0); cpu >= 0;
         cpu = vt_cpuset_next(plan->emulator_cpus, cpu + 1u)) {
        const VtHostCore *core = core_at(scene->host, core_of(scene->host, (unsigned)cpu));

        assert_true(is_spare(core, scene->taken));
        assert_false(vt_cpuset_overlaps(core->online, used));
    }
    assert_true((vt_cpuset_count(plan->iothread_cpus) > 0) == (scene->shape.iothreads > 0));
    assert_true(vt_cpuset_is_subset(plan->iothread_cpus, plan->emulator_cpus));
    assert_true((plan->memory == VT_PIN_MEMORY_NONE) == (vt_cpuset_count(plan->memory_nodes) == 0));
    for (int id = vt_cpuset_next(plan->memory_nodes, 0); id >= 0;
         id = vt_cpuset_next(plan->memory_nodes, id + 1u)) {
        assert_true(
            vt_topology_node_has_memory(scene->host, vt_topology_find_node(scene->host, id)));
        free_kib += vt_topology_find_node(scene->host, id)->free_memory_kib;
    }
    if (plan->memory == VT_PIN_MEMORY_STRICT)
        assert_true(scene->request.strict_memory && free_kib > scene->shape.memory_kib);
    if (plan->memory == VT_PIN_MEMORY_PREFERRED)
        assert_int_equal(vt_cpuset_count(plan->memory_nodes), 1);
}

static void
test_every_dedicated_plan_is_sound_and_none_is_missed(void **state)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(42);
    unsigned fitted = 0, spread = 0, isolated = 0;

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        g_autoptr(Scene) scene = random_scene(rand, VT_PIN_PLACEMENT_DEDICATED);
        g_autoptr(VtCpuSet) used = vt_cpuset_new();
        g_autoptr(VtPinPlan) plan = vt_pin_plan(&scene->request);

        assert_non_null(plan->why);
        assert_true(g_utf8_validate(plan->why, -1, NULL));
        if (plan->fits != could_fit(scene))
            fail_msg("round %u: %u vCPUs, %s", round, scene->shape.vcpus, plan->why);
        if (!plan->fits)
            continue;
        fitted++;
        spread += vt_cpuset_count(plan->nodes) > 1;
        isolated += plan->uses_isolated;
        expect_sound_vcpus(scene, plan, used);
        expect_sound_company(scene, plan, used);
    }
    assert_true(fitted >= ROUNDS / 4 && fitted <= ROUNDS - ROUNDS / 10);
    assert_true(spread >= ROUNDS / 50 && spread <= ROUNDS);
    assert_true(isolated >= ROUNDS / 50 && isolated <= ROUNDS);
}

/* The mask has room, nothing in it is anybody's own or isolated, and a core is left. */
static void
test_every_floating_plan_is_sound(void **state)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(44);
    unsigned fitted = 0;

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        g_autoptr(Scene) scene = random_scene(rand, VT_PIN_PLACEMENT_NODE);
        g_autoptr(VtPinPlan) plan = vt_pin_plan(&scene->request);
        unsigned left = 0;

        assert_non_null(plan->why);
        if (!plan->fits)
            continue;
        fitted++;
        assert_int_equal(plan->placement, VT_PIN_PLACEMENT_NODE);
        assert_false(plan->reshapes);
        assert_true(vt_cpuset_count(plan->float_cpus) >= scene->shape.vcpus);
        assert_true(vt_cpuset_is_subset(plan->float_cpus, scene->host->allowed));
        for (guint i = 0; i < scene->host->cores->len; i++) {
            const VtHostCore *core = core_at(scene->host, i);
            bool floats = vt_cpuset_overlaps(core->online, plan->float_cpus);

            assert_false(floats && !can_hold(scene, core, 1, false, false));
            left += !floats && is_spare(core, scene->taken);
        }
        assert_true(left >= 1);
        expect_sound_company(scene, plan, plan->float_cpus);
    }
    assert_true(fitted >= ROUNDS / 4 && fitted <= ROUNDS - ROUNDS / 10);
}

/* If some L3 domain of a host of equal nodes has room, the plan is behind one. */
static void
test_stays_behind_one_l3_domain_if_one_has_room(void **state)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(43);
    g_autoptr(VtCpuSet) nowhere = vt_cpuset_new();

    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        Spec spec = {.nodes = (unsigned)g_rand_int_range(rand, 1, 4),
                     .domains = (unsigned)g_rand_int_range(rand, 1, 5),
                     .cores = (unsigned)g_rand_int_range(rand, 1, 9),
                     .threads = 2};
        g_autoptr(VtTopology) host = make_host(&spec);
        g_autoptr(VtCpuSet) taken = random_cpus(rand, host, 10);
        VtGuestShape shape = guest((unsigned)g_rand_int_range(rand, 1, 7) * 2, 2);
        const VtPinRequest request = {.host = host,
                                      .shape = &shape,
                                      .placement = VT_PIN_PLACEMENT_DEDICATED,
                                      .taken = taken,
                                      .emulators = nowhere};
        g_autoptr(VtPinPlan) plan = vt_pin_plan(&request);
        unsigned roomiest = 0;

        for (unsigned l3 = 0; l3 < host->l3_domains->len; l3++) {
            unsigned room = 0;

            for (guint i = 0; i < host->cores->len; i++)
                room += core_at(host, i)->l3 == (int)l3 && is_spare(core_at(host, i), taken);
            roomiest = MAX(roomiest, room);
        }
        if (!plan->fits)
            continue;
        assert_true((count_l3s(host, plan) == 1) == (roomiest >= shape.vcpus / 2));
    }
}

/* ---- one guest after the other ---- */

/* Nobody sits where another does, the host never loses its last core, and emulators keep theirs,
 * also where nothing is known of them but what the planner always does. */
static void
test_guests_in_a_row_never_meet(void **state)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(45);

    (void)state;
    for (unsigned round = 0; round < ROUNDS / 10; round++) {
        g_autoptr(Scene) scene = random_scene(rand, VT_PIN_PLACEMENT_DEDICATED);
        g_autoptr(VtCpuSet) taken = vt_cpuset_new();
        g_autoptr(VtCpuSet) emulators = vt_cpuset_new();
        unsigned left = 0;

        scene->request.taken = taken;
        scene->request.emulators = g_rand_boolean(rand) ? emulators : NULL;
        for (unsigned i = 0; i < 8; i++) {
            VtGuestShape shape = random_guest(rand);
            g_autoptr(VtPinPlan) plan = NULL;

            scene->request.shape = &shape;
            plan = vt_pin_plan(&scene->request);
            for (guint j = 0; j < plan->vcpu_cpus->len; j++) {
                assert_false(vt_cpuset_has(taken, pin_of(plan, j)));
                vt_cpuset_add(taken, pin_of(plan, j));
            }
            vt_cpuset_union(emulators, plan->emulator_cpus);
            assert_false(vt_cpuset_overlaps(emulators, taken));
        }
        for (guint i = 0; i < scene->host->cores->len; i++)
            left += is_spare(core_at(scene->host, i), taken);
        assert_true(vt_cpuset_count(taken) == 0 || left > 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("every dedicated plan is sound and none is missed",
             test_every_dedicated_plan_is_sound_and_none_is_missed),
        TEST("every floating plan is sound", test_every_floating_plan_is_sound),
        TEST("stays behind one L3 domain if one has room",
             test_stays_behind_one_l3_domain_if_one_has_room),
        TEST("guests in a row never meet", test_guests_in_a_row_never_meet),
    };
    return cmocka_run_group_tests_name("planner-laws", tests, NULL, NULL);
}
