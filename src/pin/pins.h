/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/cpuset.h"
#include "facts/topology.h"
#include "xml/document.h"

/** VtPins: where a domain's threads may run, as its XML says or as the ledger remembers. */
typedef struct {
    GPtrArray *vcpus;   /* VtCpuSet* by vCPU number; NULL = anywhere */
    VtCpuSet *emulator; /* (nullable): NULL = anywhere */
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

/** Whether there is any pin at all. */
bool vt_pins_is_empty(const VtPins *pins);

/**
 * vt_pins_dedicated:
 * @host: (nullable): without it nothing is known to be dedicated
 *
 * Returns: (transfer full): the CPUs that the domain's vCPUs hold for themselves; see
 * vt_topology_is_dedicated()
 */
VtCpuSet *vt_pins_dedicated(const VtPins *pins, const VtTopology *host);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtPins, vt_pins_free)
