/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/cpuset.h"

/**
 * The host's CPUs as the planner needs them, read from sysfs below a root directory ("/" is the
 * live host; any other is a captured one, so that a captured host is a test case).
 *
 * Nothing here fails on absence: what sysfs does not tell is -1 or empty, and what it tells wrongly
 * (every node claiming every CPU, siblings that are not mutual) is noted in `oddities`.
 */

typedef enum {
    VT_CORE_KIND_UNKNOWN, /* the host has one kind of core, or does not tell */
    VT_CORE_KIND_PERFORMANCE,
    VT_CORE_KIND_EFFICIENCY,
} VtCoreKind;

/* One host core: the CPUs (SMT siblings) that share it. */
typedef struct {
    VtCpuSet *cpus;   /* online siblings inside the allowed set; never empty */
    VtCpuSet *online; /* all online siblings, allowed or not */
    int package;      /* physical_package_id, -1 unknown */
    int node;         /* NUMA node id, -1 unknown */
    int l3;           /* index into VtTopology.l3_domains, -1 none */
    VtCoreKind kind;
    bool isolated; /* at least one of its CPUs is isolated (isolcpus=) */
} VtHostCore;

typedef struct {
    int id;
    VtCpuSet *cpus;
    guint64 memory_kib;      /* MemTotal; 0 = without memory */
    guint64 free_memory_kib; /* MemFree; meaningful if memory_known */
    bool memory_known;
} VtHostNode;

typedef struct {
    VtCpuSet *possible;
    VtCpuSet *online;
    VtCpuSet *isolated;
    VtCpuSet *allowed;     /* online, cut by the cgroup's cpuset where one is given */
    GPtrArray *cores;      /* VtHostCore*, by lowest CPU */
    GPtrArray *nodes;      /* VtHostNode*, by id */
    GPtrArray *l3_domains; /* VtCpuSet*, by lowest CPU: last-level cache groups */
    unsigned threads_per_core; /* the largest number of online siblings in one core */
    GPtrArray *oddities;       /* char*: sentences on what was contradictory and how it was read */
} VtTopology;

/**
 * vt_topology_read:
 * @root: the root directory, "/" or a capture
 * @error: VT_ERROR_INPUT if there is no usable CPU information below @root at all
 *
 * Reads @root/sys/devices/system/{cpu,node} (and sys/bus/event_source/devices/cpu_{core,atom},
 * sys/fs/cgroup/machine.slice/cpuset.cpus.effective where there).
 *
 * Returns: (transfer full): the topology, or NULL
 */
VtTopology *vt_topology_read(const char *root, GError **error);
void vt_topology_free(VtTopology *topology);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtTopology, vt_topology_free)
