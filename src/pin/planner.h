/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts/topology.h"

/**
 * The pin planner: (host topology, guest shape, CPUs that others hold) -> pins. Pure and
 * deterministic: the same input gives the same plan.
 *
 * Law: a plan is one CPU a vCPU, sibling pairs for a guest with two threads, inside one NUMA node
 * and one L3 domain, with at least one whole host core left to the host; otherwise there is no plan
 * and a sentence says what was missing.
 */

typedef struct {
    unsigned vcpus;          /* maximum vCPUs; all of them are pinned */
    unsigned sockets;        /* 0 = the administrator gave no topology: the planner may shape it */
    unsigned cores;          /* per socket, dies and clusters multiplied in */
    unsigned threads;
    guint64 memory_kib;
    unsigned iothreads;      /* how many <iothreads> the guest has */
    bool threads_allowed;    /* false where siblings must not be shown to the guest as threads */
} VtGuestShape;

typedef struct {
    bool fits;
    char *why;               /* one sentence: what was chosen and why, or what was missing */
    GArray *vcpu_cpus;       /* unsigned per vCPU, index = vCPU number */
    VtCpuSet *emulator_cpus; /* disjoint from the vCPUs' CPUs and from their siblings */
    unsigned sockets, cores, threads; /* the topology that the guest should have */
    bool reshapes;           /* true if that differs from what the guest has (none given) */
    int node;                /* the node chosen, -1 where the host has none */
} VtPinPlan;

/**
 * vt_pin_plan:
 * @host: the topology
 * @shape: the guest
 * @taken: (nullable): CPUs held by other guests' pins; their whole cores are left alone
 * @reserved: (nullable): CPUs that the administrator keeps for the host
 *
 * Returns: (transfer full): never NULL; `fits` tells
 */
VtPinPlan *vt_pin_plan(const VtTopology *host, const VtGuestShape *shape, const VtCpuSet *taken,
                       const VtCpuSet *reserved);
void vt_pin_plan_free(VtPinPlan *plan);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtPinPlan, vt_pin_plan_free)
