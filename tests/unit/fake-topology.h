/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "pin/planner.h"

/* Made-up topologies and guests for the planner, without the way over a sysfs tree. */

#define MIB ((guint64)1 << 10) /* in KiB */

/* Siblings are c and c + number of cores; L3 domains and nodes are cut one after the other. */
typedef struct {
    unsigned nodes, domains, cores, threads; /* nodes, L3 domains a node, cores a domain */
    bool without_l3;
} Spec;

static inline VtTopology *
make_host(const Spec *spec)
{
    VtTopology *host = vt_topology_new();
    unsigned total = spec->nodes * spec->domains * spec->cores;

    host->threads_per_core = spec->threads;
    for (unsigned i = 0; i < spec->nodes; i++) {
        VtHostNode *node = vt_topology_add_node(host, (int)i);

        node->memory_known = true;
        node->memory_kib = 8192 * MIB;
    }
    for (unsigned i = 0; i < spec->nodes * spec->domains && !spec->without_l3; i++)
        g_ptr_array_add(host->l3_domains, vt_cpuset_new());
    for (unsigned i = 0; i < total; i++) {
        VtHostCore *core = vt_topology_add_core(host);
        VtHostNode *node = host->nodes->pdata[i / (spec->domains * spec->cores)];

        for (unsigned thread = 0; thread < spec->threads; thread++)
            vt_cpuset_add(core->cpus, i + thread * total);
        vt_cpuset_union(core->online, core->cpus);
        vt_cpuset_union(host->online, core->cpus);
        vt_cpuset_union(node->cpus, core->cpus);
        core->node = node->id;
        core->package = node->id;
        if (spec->without_l3)
            continue;
        core->l3 = (int)(i / spec->cores);
        vt_cpuset_union(host->l3_domains->pdata[core->l3], core->cpus);
    }
    vt_cpuset_union(host->possible, host->online);
    vt_cpuset_union(host->allowed, host->online);
    return host;
}

static inline VtHostCore *
core_at(const VtTopology *host, guint index)
{
    assert_true(index < host->cores->len);
    return host->cores->pdata[index];
}

static inline void
isolate(VtTopology *host, VtHostCore *core)
{
    core->isolated = true;
    vt_cpuset_union(host->isolated, core->online);
}

static inline VtGuestShape
guest(unsigned vcpus, unsigned threads)
{
    VtGuestShape shape = {.vcpus = vcpus,
                          .sockets = threads ? 1 : 0,
                          .cores = threads ? vcpus / threads : 0,
                          .threads = threads,
                          .memory_kib = 1024 * MIB,
                          .threads_allowed = true};
    return shape;
}

/* A CPU for each vCPU or nothing. */
static inline VtPinPlan *
plan_dedicated(const VtTopology *host, const VtGuestShape *shape, const VtCpuSet *taken,
               const VtCpuSet *reserved)
{
    const VtPinRequest request = {.host = host,
                                  .shape = shape,
                                  .placement = VT_PIN_PLACEMENT_DEDICATED,
                                  .taken = taken,
                                  .reserved = reserved};

    return vt_pin_plan(&request);
}

/* The one node of a plan's vCPUs; -1 for none. */
static inline int
node_of(const VtPinPlan *plan)
{
    assert_true(vt_cpuset_count(plan->nodes) <= 1);
    return vt_cpuset_next(plan->nodes, 0);
}
