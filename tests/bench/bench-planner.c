/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench-planner GUESTS CPUS: plans guests one after the other on a made-up host, each among what
 * those before it hold. How long that takes, and how it grows, is for its caller to measure.
 */
#include <stdio.h>

#include "pin/planner.h"

#define CORES_PER_L3 8
#define CPUS_PER_NODE 128

/* Siblings are n and n + half; L3 domains and nodes are cut one after the other. */
static VtTopology *
make_host(unsigned cpus)
{
    VtTopology *host = vt_topology_new();
    unsigned cores = cpus / 2;

    host->threads_per_core = 2;
    for (unsigned i = 0; i < cpus / CPUS_PER_NODE; i++) {
        VtHostNode *node = vt_topology_add_node(host, (int)i);

        node->memory_known = true;
        node->memory_kib = node->free_memory_kib = G_GUINT64_CONSTANT(1) << 40;
    }
    for (unsigned i = 0; i < cores / CORES_PER_L3; i++)
        g_ptr_array_add(host->l3_domains, vt_cpuset_new());
    for (unsigned i = 0; i < cores; i++) {
        VtHostCore *core = vt_topology_add_core(host);
        VtHostNode *node = host->nodes->pdata[i / (CPUS_PER_NODE / 2)];

        vt_cpuset_add(core->cpus, i);
        vt_cpuset_add(core->cpus, i + cores);
        vt_cpuset_union(core->online, core->cpus);
        vt_cpuset_union(host->online, core->cpus);
        core->node = node->id;
        core->l3 = (int)(i / CORES_PER_L3);
        vt_cpuset_union(host->l3_domains->pdata[core->l3], core->cpus);
        vt_cpuset_union(node->cpus, core->cpus);
    }
    vt_cpuset_union(host->possible, host->online);
    vt_cpuset_union(host->allowed, host->online);
    return host;
}

/* Small guests and large ones in turn. When a tenth of the host is full all leave, so that the
 * planner finds a busy host and never one without room. */
static void
plan_guests(const VtTopology *host, unsigned guests)
{
    static const unsigned sizes[] = {4, 8, 2, 16, 6, 32};
    g_autoptr(VtCpuSet) taken = vt_cpuset_new();
    unsigned keep = vt_cpuset_count(host->online) / 10;

    for (unsigned i = 0; i < guests; i++) {
        const VtGuestShape shape = {.vcpus = sizes[i % G_N_ELEMENTS(sizes)],
                                    .memory_kib = 4 << 20,
                                    .threads_allowed = true};
        const VtPinRequest request = {
            .host = host, .shape = &shape, .placement = VT_PIN_PLACEMENT_AUTO, .taken = taken};
        g_autoptr(VtPinPlan) plan = vt_pin_plan(&request);

        if (vt_cpuset_count(taken) > keep)
            vt_cpuset_subtract(taken, host->online);
        for (guint j = 0; j < plan->vcpu_cpus->len; j++)
            vt_cpuset_add(taken, g_array_index(plan->vcpu_cpus, unsigned, j));
    }
}

static unsigned
number(const char *text)
{
    guint64 value = 0;

    g_ascii_string_to_unsigned(text, 10, 1, 100000, &value, NULL);
    return (unsigned)value;
}

int
main(int argc, char **argv)
{
    unsigned guests = argc == 3 ? number(argv[1]) : 0;
    unsigned cpus = argc == 3 ? number(argv[2]) : 0;
    g_autoptr(VtTopology) host = NULL;

    if (guests == 0 || cpus % CPUS_PER_NODE != 0) {
        fprintf(stderr, "bench-planner GUESTS CPUS, a multiple of %u\n", CPUS_PER_NODE);
        return 1;
    }
    host = make_host(cpus);
    plan_guests(host, guests);
    return 0;
}
