/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "fake-topology.h"
#include "report/map.h"

/* What the tests of the map draw; cmocka.h comes before. */

/* One CPU for each vCPU, from @first on @step apart. */
static inline VtMapGuest *
pinned_guest(const char *name, VtMapState state, unsigned vcpus, unsigned first, unsigned step)
{
    VtMapGuest *guest = vt_map_guest_new(name, state);

    for (unsigned i = 0; i < vcpus; i++) {
        VtCpuSet *mask = vt_cpuset_new();

        vt_cpuset_add(mask, first + i * step);
        vt_map_guest_add_vcpu(guest, i, mask);
    }
    return guest;
}

static inline VtCpuSet *
cpus(const char *list)
{
    g_autoptr(GError) error = NULL;
    VtCpuSet *set = vt_cpuset_parse(list, &error);

    assert_null(error);
    return set;
}

/* vCPUs that float over @list together, NULL = over everything. */
static inline VtMapGuest *
floating_guest(const char *name, unsigned vcpus, const char *list)
{
    VtMapGuest *guest = vt_map_guest_new(name, VT_MAP_RUNNING);

    for (unsigned i = 0; i < vcpus; i++)
        vt_map_guest_add_vcpu(guest, i, list ? cpus(list) : NULL);
    return guest;
}

static inline GPtrArray *
no_guests(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)vt_map_guest_free);
}

/* One of every state, for a host of at least four cores. */
static inline GPtrArray *
some_guests(const VtTopology *host)
{
    unsigned cores = host->cores->len;
    GPtrArray *guests = no_guests();
    VtMapGuest *web = pinned_guest("web", VT_MAP_RUNNING, 1, 1, 1);

    web->emulator = cpus("0");
    g_ptr_array_add(guests, web);
    g_ptr_array_add(guests, pinned_guest("standby", VT_MAP_CONFIGURED, 1, 2, 1));
    g_ptr_array_add(guests, pinned_guest("new", VT_MAP_PLANNED, 1, cores - 1, 1));
    g_ptr_array_add(guests, floating_guest("anywhere", 2, NULL));
    return guests;
}

/* Some cores of the second kind: the last @count. */
static inline void
make_hybrid(VtTopology *host, guint count)
{
    for (guint i = 0; i < host->cores->len; i++)
        core_at(host, i)->kind =
            i + count < host->cores->len ? VT_CORE_KIND_PERFORMANCE : VT_CORE_KIND_EFFICIENCY;
}

/*
 * A host with one of everything that is odd: an isolated core, a CPU outside the cgroup and a core
 * that is closed by it, a doubtful sibling, a CPU without topology, one that is off, and a node
 * with nothing but memory.
 */
static inline VtTopology *
odd_host(void)
{
    static const Spec spec = {1, 2, 4, 2, false};
    VtTopology *host = make_host(&spec);
    VtHostNode *memory = vt_topology_add_node(host, 4);

    memory->memory_known = true;
    memory->memory_kib = 512 * MIB;
    core_at(host, 1)->isolated = true;
    vt_cpuset_union(host->isolated, core_at(host, 1)->cpus);
    vt_cpuset_remove(core_at(host, 2)->cpus, 10);
    vt_cpuset_remove(host->allowed, 3);
    vt_cpuset_remove(core_at(host, 3)->cpus, 3);
    vt_cpuset_subtract(host->allowed, core_at(host, 7)->cpus);
    vt_cpuset_subtract(core_at(host, 7)->cpus, core_at(host, 7)->online);
    g_ptr_array_add(host->closed_cores, g_ptr_array_steal_index(host->cores, 7));
    vt_cpuset_add(host->online, 20);
    vt_cpuset_add(host->allowed, 20);
    vt_cpuset_add(host->offline, 21);
    return host;
}
