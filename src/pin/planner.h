/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/policy.h"
#include "facts/topology.h"

/**
 * The pin planner: (host topology, guest shape, what other guests hold, policy) -> pins of vCPUs,
 * emulator and iothreads, memory nodes and guest topology, each with its reason; or what was
 * missing and what would fit. Pure and deterministic: the same input gives the same plan.
 *
 * Law of a dedicated plan: one CPU a vCPU, the siblings of one host core for the threads of one
 * guest core, on one kind of core, on ordinary CPUs or on isolated ones but never on both, in one
 * NUMA node if the guest fits one at all (of the empty host: a guest is not torn apart because
 * others came first), else over the fewest, there behind the fewest L3 domains; and one whole
 * ordinary host core stays free of vCPUs.
 *
 * Law of a floating plan: one mask for all vCPUs, of ordinary CPUs that no guest has for its own,
 * at least as many as the guest has vCPUs, one core of every node in it left free.
 */

/** A vCPU that a dedicated plan leaves without a CPU: one that may only be plugged in later. */
#define VT_PIN_NONE G_MAXUINT

typedef struct {
    unsigned vcpus;          /* maximum vCPUs */
    const VtCpuSet *enabled; /* (nullable): numbers of the vCPUs that are there at boot; all of them
                                get pins, the others if there is room; NULL = all */
    unsigned sockets;        /* 0 = the administrator gave no topology: the planner may shape it */
    unsigned cores;          /* per socket, dies and clusters multiplied in */
    unsigned threads;
    guint64 memory_kib;   /* 0 = not known */
    unsigned iothreads;   /* how many <iothreads> the guest has */
    bool threads_allowed; /* false where siblings must not be shown to the guest as threads */
    bool several_sockets; /* whether it may be shown a socket for each node that it spans: client
                             editions of Windows use one or two sockets only */
} VtGuestShape;

typedef struct {
    const VtTopology *host;
    const VtGuestShape *shape;
    VtPinPlacement placement;
    bool use_isolated;  /* the administrator wants isolated CPUs used: for dedicated vCPUs only,
                           where they hold the guest no worse than the ordinary ones */
    bool strict_memory; /* ask for strict memory where the nodes' free memory is known to suffice */
    const VtCpuSet *taken;   /* (nullable): dedicated CPUs of running guests. Firm: their whole
                                cores are left alone */
    const VtCpuSet *claimed; /* (nullable): dedicated CPUs of guests that do not run, and CPUs over
                                which others float: avoided while there is other room */
    const VtCpuSet *emulators; /* (nullable): where emulators and iothreads of running guests are
                                  pinned: no vCPU goes there, another emulator may. Where this is
                                  not known, the core that a plan would have chosen is kept */
    const VtCpuSet *reserved;  /* (nullable): CPUs that the administrator keeps for the host */
} VtPinRequest;

/** VtPinMemory: the mode of <numatune>, libvirt docs/formatdomain.rst "NUMA Node Tuning". */
typedef enum {
    VT_PIN_MEMORY_NONE,       /* nothing to say: one node, or none known with memory */
    VT_PIN_MEMORY_PREFERRED,  /* from these nodes while they have any */
    VT_PIN_MEMORY_INTERLEAVE, /* several nodes: libvirt before 9.3 refuses to start a guest that
                                 prefers more than one */
    VT_PIN_MEMORY_STRICT,     /* from these nodes or not at all */
} VtPinMemory;

typedef struct {
    bool fits;
    VtPinPlacement placement; /* dedicated or node if `fits`, else off */
    char *why;                /* one sentence: what was chosen and why, or what was missing */
    GArray *vcpu_cpus;        /* dedicated: unsigned per vCPU, VT_PIN_NONE for none; else empty */
    VtCpuSet *float_cpus;     /* node: the mask of every vCPU; else empty */
    VtCpuSet *nodes;          /* ids of the vCPUs' nodes; empty where the host has none */
    VtCpuSet *emulator_cpus;  /* disjoint from the vCPUs' CPUs and from their siblings; never empty
                                 if `fits`; guests of one node share it */
    VtCpuSet *iothread_cpus;  /* of each iothread; empty if there are none */
    VtPinMemory memory;
    VtCpuSet *memory_nodes;           /* empty if `memory` is none */
    char *why_memory;                 /* (nullable): NULL if `memory` is none */
    unsigned sockets, cores, threads; /* the topology that the guest should have */
    bool reshapes;      /* true if that differs from what the guest has (none given) */
    char *why_shape;    /* (nullable): NULL if not `reshapes` */
    bool uses_isolated; /* all vCPUs are on isolated CPUs */
    bool uses_claimed;  /* `why` says which */
} VtPinPlan;

/**
 * vt_pin_plan:
 *
 * Cost: about linear in the host's CPUs, and none in the number of other guests.
 *
 * Returns: (transfer full): never NULL; `fits` tells
 */
VtPinPlan *vt_pin_plan(const VtPinRequest *request);
void vt_pin_plan_free(VtPinPlan *plan); /* accepts NULL */

/** Returns: (transfer full) (nullable): the cpuset of a vCPU's pin; NULL if it is to have none. */
char *vt_pin_plan_vcpu_cpuset(const VtPinPlan *plan, unsigned vcpu);

/** Returns: the word that libvirt has for it; "none" for VT_PIN_MEMORY_NONE. */
const char *vt_pin_memory_to_string(VtPinMemory memory);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtPinPlan, vt_pin_plan_free)
