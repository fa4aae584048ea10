/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/cpuset.h"
#include "facts/topology.h"
#include "xml/document.h"

/** VtPins: where a domain's threads may run, as its XML says or as the ledger remembers. */
typedef struct {
    GPtrArray *vcpus;     /* VtCpuSet* by vCPU number; NULL = anywhere */
    VtCpuSet *emulator;   /* (nullable): NULL = anywhere */
    GPtrArray *iothreads; /* VtCpuSet*: of those iothreads that are pinned */
} VtPins;

VtPins *vt_pins_new(unsigned vcpus);
void vt_pins_free(VtPins *pins); /* accepts NULL */

/** The mask of one vCPU; takes @mask, which replaces an earlier one. */
void vt_pins_set(VtPins *pins, unsigned vcpu, VtCpuSet *mask);

/**
 * vt_pins_from_domain:
 *
 * A vCPU without a <vcpupin> has the mask of <vcpu cpuset=''>, unless libvirt is to ask numad
 * (placement='auto'). What libvirt would refuse or ignore is no pin: a mask that cannot be read or
 * is empty, a vCPU that the domain does not have.
 *
 * Returns: (transfer full): the pins
 */
VtPins *vt_pins_from_domain(const VtDocument *domain);

/** Returns: (transfer full): all CPUs that vCPUs of @domain are pinned to, empty if none is. */
VtCpuSet *vt_pins_vcpu_cpus(const VtDocument *domain);

/** Whether there is any pin at all. */
bool vt_pins_is_empty(const VtPins *pins);

/**
 * VtHeld: what other guests hold, as vt_pin_plan() wants to be told. Starts out empty.
 */
typedef struct {
    VtCpuSet *taken;     /* dedicated CPUs of running guests */
    VtCpuSet *claimed;   /* dedicated CPUs of guests that do not run, and masks to float over */
    VtCpuSet *emulators; /* where running guests' emulators and iothreads are pinned closely */
} VtHeld;

VtHeld *vt_held_new(void);
void vt_held_free(VtHeld *held); /* accepts NULL */

/**
 * vt_held_add:
 * @host: (nullable): without it nothing is known to be dedicated, and nothing is added
 * @running: whether the guest runs with these pins, or would
 *
 * A mask inside one host core is dedicated (vt_topology_is_dedicated()); a wider one is only
 * claimed, and one that holds all CPUs of the host says nothing.
 */
void vt_held_add(VtHeld *held, const VtPins *pins, const VtTopology *host, bool running);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtPins, vt_pins_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtHeld, vt_held_free)
