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
    VtCpuSet *cpus;   /* what a pin may use: online siblings inside the allowed set on which the
                         host does not contradict itself; never empty after vt_topology_read */
    VtCpuSet *online; /* all online siblings, usable or not */
    int package;      /* physical_package_id, -1 unknown */
    int die;          /* die_id, unique only inside the package; -1 unknown */
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
    GArray *distances; /* (nullable): unsigned for each of VtTopology.nodes, as ACPI's SLIT has
                          them: 10 is the node itself; NULL = not told */
} VtHostNode;

typedef struct {
    VtCpuSet *possible;
    VtCpuSet *online;
    VtCpuSet *offline;       /* in the machine, but switched off */
    VtCpuSet *isolated;      /* isolcpus=: the kernel balances no load there */
    VtCpuSet *nohz_full;     /* CPUs without a timer tick while one thread has them */
    VtCpuSet *allowed;       /* online, cut by the cgroup's cpuset where one is given */
    VtCpuSet *allowed_nodes; /* (nullable): ids of the nodes whose memory the cgroup gives guests;
                                NULL = it does not limit them */
    GPtrArray *cores;        /* VtHostCore*, by lowest CPU; only those with a usable CPU */
    GPtrArray
        *closed_cores;     /* VtHostCore*, by lowest CPU: the online cores that no guest may use */
    GPtrArray *nodes;      /* VtHostNode*, by id; empty where the host contradicts itself */
    GPtrArray *l3_domains; /* VtCpuSet*, by lowest CPU: the CPUs behind one last-level cache: an
                              L3, or an L2 of several cores on a host without any L3 */
    unsigned threads_per_core; /* the most online siblings that any CPU claims; 1 = no SMT */
    GPtrArray *oddities;       /* char*: sentences on what was contradictory and how it was read */
} VtTopology;

/** Returns: (transfer full): a host without anything; what vt_topology_read starts from. */
VtTopology *vt_topology_new(void);

/** Returns: (transfer none): a new last core, nothing known and no CPUs. */
VtHostCore *vt_topology_add_core(VtTopology *topology);

/** Returns: (transfer none): a new last node without CPUs and memory. */
VtHostNode *vt_topology_add_node(VtTopology *topology, int id);

/** Returns: (transfer none) (nullable): the node with that id. */
const VtHostNode *vt_topology_find_node(const VtTopology *topology, int id);

/** Returns: (transfer none) (nullable): the core that the online CPU @cpu belongs to. */
const VtHostCore *vt_topology_core_of(const VtTopology *topology, unsigned cpu);

/**
 * Whether @mask lies inside one host core. Such a pin gives the core to its vCPU; a wider one lets
 * the vCPU float.
 */
bool vt_topology_is_dedicated(const VtTopology *topology, const VtCpuSet *mask);

/**
 * vt_topology_distance:
 *
 * Returns: how far the memory of node @to is from the CPUs of node @from, 10 for the node itself;
 * where the host does not tell, 20 for every other node, as the kernel assumes (REMOTE_DISTANCE)
 */
unsigned vt_topology_distance(const VtTopology *topology, int from, int to);

/** Returns: whether the node may have memory for guests: not known to be without, and allowed. */
bool vt_topology_node_has_memory(const VtTopology *topology, const VtHostNode *node);

/**
 * vt_topology_read:
 * @root: the root directory, "/" or a capture
 * @error: VT_ERROR_INPUT if there is no usable CPU information below @root at all
 *
 * Reads @root/sys/devices/system/{cpu,node} (and sys/devices/cpu_{core,atom}/cpus, also by its name
 * below sys/bus/event_source/devices, and the CPUs and memory nodes of libvirt's cgroup: the slice
 * machine.slice, or machine where there is no systemd, of cgroup v2 or of v1's cpuset; on a host
 * with the old file system of cpusets those of proc/self/cpuset).
 *
 * Returns: (transfer full): the topology, or NULL
 */
VtTopology *vt_topology_read(const char *root, GError **error);
void vt_topology_free(VtTopology *topology);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtTopology, vt_topology_free)
