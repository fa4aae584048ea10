/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "fake-topology.h"

/* Random hosts, guests and neighbours for the planner; cmocka.h comes before. */

static inline VtTopology *
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
        if (g_rand_int_range(rand, 0, 6) == 0)
            isolate(host, core);
        if (g_rand_int_range(rand, 0, 10) == 0 && vt_cpuset_count(core->cpus) > 1)
            vt_cpuset_remove(core->cpus, (unsigned)vt_cpuset_next(core->cpus, 0));
        if (g_rand_int_range(rand, 0, 15) == 0)
            core->l3 = -1;
        if (g_rand_int_range(rand, 0, 25) == 0)
            core->node = -1;
    }
    for (guint i = 0; i < host->nodes->len; i++) {
        VtHostNode *node = host->nodes->pdata[i];

        node->memory_kib = (guint64)g_rand_int_range(rand, 0, 4) * 1024 * MIB;
        node->free_memory_kib = node->memory_kib / (guint64)g_rand_int_range(rand, 1, 4);
    }
    return host;
}

static inline VtGuestShape
random_guest(GRand *rand)
{
    static const unsigned threads[] = {0, 1, 2, 2, 4};
    unsigned t = threads[g_rand_int_range(rand, 0, G_N_ELEMENTS(threads))];
    VtGuestShape shape = guest((unsigned)g_rand_int_range(rand, 1, 9) * MAX(t, 1), t);

    shape.threads_allowed = g_rand_boolean(rand);
    shape.several_sockets = g_rand_boolean(rand);
    shape.iothreads = (unsigned)g_rand_int_range(rand, 0, 3);
    shape.memory_kib = (guint64)g_rand_int_range(rand, 0, 4) * 1024 * MIB;
    return shape;
}

static inline VtCpuSet *
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

/* A host, a guest and all that a request holds. */
typedef struct {
    VtTopology *host;
    VtGuestShape shape;
    VtCpuSet *taken, *claimed, *emulators, *reserved, *enabled;
    VtPinRequest request;
} Scene;

static inline Scene *
random_scene(GRand *rand, VtPinPlacement placement)
{
    Scene *scene = g_new0(Scene, 1);

    scene->host = random_host(rand);
    scene->shape = random_guest(rand);
    scene->taken = random_cpus(rand, scene->host, 12);
    scene->claimed = random_cpus(rand, scene->host, 6);
    scene->emulators = random_cpus(rand, scene->host, 30);
    scene->reserved = random_cpus(rand, scene->host, 20);
    scene->enabled = vt_cpuset_new();
    vt_cpuset_add(scene->enabled, 0);
    for (unsigned i = 1; i < scene->shape.vcpus; i++) {
        if (g_rand_boolean(rand))
            vt_cpuset_add(scene->enabled, i);
    }
    if (g_rand_int_range(rand, 0, 4) == 0)
        scene->shape.enabled = scene->enabled;
    scene->request = (VtPinRequest){.host = scene->host,
                                    .shape = &scene->shape,
                                    .placement = placement,
                                    .use_isolated = g_rand_boolean(rand),
                                    .strict_memory = g_rand_boolean(rand),
                                    .taken = scene->taken,
                                    .claimed = scene->claimed,
                                    .emulators = scene->emulators,
                                    .reserved = scene->reserved};
    return scene;
}

static inline void
scene_free(Scene *scene)
{
    vt_topology_free(scene->host);
    vt_cpuset_free(scene->taken);
    vt_cpuset_free(scene->claimed);
    vt_cpuset_free(scene->emulators);
    vt_cpuset_free(scene->reserved);
    vt_cpuset_free(scene->enabled);
    g_free(scene);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scene, scene_free)

static inline guint
core_of(const VtTopology *host, unsigned cpu)
{
    for (guint i = 0; i < host->cores->len; i++) {
        if (vt_cpuset_has(core_at(host, i)->cpus, cpu))
            return i;
    }
    fail_msg("CPU %u is not usable", cpu);
    return 0;
}

static inline unsigned
pin_of(const VtPinPlan *plan, unsigned vcpu)
{
    return g_array_index(plan->vcpu_cpus, unsigned, vcpu);
}

static inline guint
count_l3s(const VtTopology *host, const VtPinPlan *plan)
{
    g_autoptr(VtCpuSet) l3s = vt_cpuset_new();

    for (guint i = 0; i < plan->vcpu_cpus->len; i++) {
        if (pin_of(plan, i) != VT_PIN_NONE)
            vt_cpuset_add(l3s, (unsigned)core_at(host, core_of(host, pin_of(plan, i)))->l3 + 1u);
    }
    return vt_cpuset_count(l3s);
}
