/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "pin/pins.h"
#include "pin/planner.h"
#include "plan/plan.h"

/* The rule that the changes are filed under: who does not want the one wants no other, either. */
#define VT_REPIN_RULE "cputune/pin"

/**
 * New pins for a guest that brings pins from elsewhere: one that migrates to this host, or is
 * restored on it.
 *
 * In: domain, host, what others hold. Out: a plan of changes of scope host, empty where all pins
 * are sound here. Laws: pins that are sound are kept; the guest's shape is as it was; nothing but
 * vcpu/@cpuset, the pins in cputune and the nodesets in numatune is touched.
 *
 * Sound is a pin that the host can honour: all its CPUs are there, online and in the guests'
 * cgroup, and no other guest has them for its own; all its nodes are there and have memory. If a
 * vCPU's pin is not, all vCPUs get new places: CPUs of their own if they had such and the host has
 * room, else the free CPUs of a node to float over, and the emulator, the pinned iothreads and the
 * memory go along. Where there is no plan to be had the vCPUs' pins are dropped, all of them: with
 * some vCPUs pinned and others not, the guest is worse off than with none.
 */

typedef struct {
    const VtTopology *host;
    VtPinPlacement placement; /* at the best: node makes no guest dedicated */
    bool use_isolated;
    const VtHeld *held;       /* (nullable) */
    const VtCpuSet *reserved; /* (nullable) */
    bool arrives; /* from another host: pins of dedicated vCPUs that part what the guest takes for
                     siblings, or join what it takes for cores, are not sound either */
} VtRepinInput;

/** Whether the domain has any pin or nodeset that vt_repin_plan() would look at. */
bool vt_repin_has_pins(const VtDocument *domain);

/**
 * vt_repin_plan:
 * @error: VT_ERROR_INPUT where a pin stands at a place that cannot be named
 *
 * Returns: (transfer full): the changes
 */
VtPlan *vt_repin_plan(const VtDocument *domain, const VtRepinInput *input, GError **error);

/**
 * vt_repin:
 * @ret_why: out, optional: a sentence on what was done; NULL where nothing was
 * @error: VT_ERROR_INPUT, or VT_ERROR_LAW if the result would break a law of vmtune's
 *
 * Returns: (transfer full) (nullable): the domain's text with new pins; NULL without @error where
 * all pins are sound
 */
char *vt_repin(const VtDocument *domain, const VtRepinInput *input, char **ret_why, GError **error);
