/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts/topology.h"

/**
 * The pin planner: (host topology, guest shape, CPUs that others hold) -> pins. Pure and
 * deterministic: the same input gives the same plan.
 *
 * Law: a plan is one CPU a vCPU, the siblings of one host core for the threads of one guest core,
 * inside one NUMA node, on one kind of core, never on isolated CPUs, behind one L3 domain or, where
 * none has room, behind the fewest, with at least one whole host core left to the host; otherwise
 * there is no plan and a sentence says what was missing.
 */

typedef struct {
    unsigned vcpus;          /* maximum vCPUs; all of them are pinned */
    unsigned sockets;        /* 0 = the administrator gave no topology: the planner may shape it */
    unsigned cores;          /* per socket, dies and clusters multiplied in */
    unsigned threads;
    guint64 memory_kib;      /* 0 = not known */
    unsigned iothreads;      /* how many <iothreads> the guest has; they belong on emulator_cpus */
    bool threads_allowed;    /* false where siblings must not be shown to the guest as threads */
} VtGuestShape;

typedef struct {
    bool fits;
    char *why;               /* one sentence: what was chosen and why, or what was missing */
    GArray *vcpu_cpus;       /* unsigned per vCPU, index = vCPU number */
    VtCpuSet *emulator_cpus; /* disjoint from the vCPUs' CPUs and from their siblings; never empty
                                if `fits`; guests of one node share it */
    unsigned sockets, cores, threads; /* the topology that the guest should have */
    bool reshapes;           /* true if that differs from what the guest has (none given) */
    int node;                /* the node chosen, -1 where the host has none */
    bool memory_fits;        /* nothing known speaks against a strict <numatune> on that node: it
                                has memory, and in total not less than the guest */
} VtPinPlan;

/**
 * vt_pin_plan:
 * @host: the topology
 * @shape: the guest
 * @taken: (nullable): CPUs held by other guests' vCPU pins; their whole cores are left alone. Not
 *   their emulator pins: the emulators of a node share the core that stays with the host
 * @reserved: (nullable): CPUs that the administrator keeps for the host
 *
 * Returns: (transfer full): never NULL; `fits` tells
 */
VtPinPlan *vt_pin_plan(const VtTopology *host, const VtGuestShape *shape, const VtCpuSet *taken,
                       const VtCpuSet *reserved);
void vt_pin_plan_free(VtPinPlan *plan);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtPinPlan, vt_pin_plan_free)
