/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "pin/planner-choose.h"

/*
 * The steps of vt_pin_plan after the vCPUs have their cores. Each fills its part of @plan.
 */

/** Fills `emulator_cpus` and `iothread_cpus`; @vcpus: the CPUs of this guest's vCPUs. */
void vt_pin_place_emulator(const VtPinRoom *room, VtPinPlan *plan, const VtCpuSet *vcpus);

/** Fills `memory`, `memory_nodes` and `why_memory` from `nodes`. */
void vt_pin_place_memory(const VtPinRoom *room, VtPinPlan *plan);

/**
 * vt_pin_plan_floating:
 * @why_not_dedicated: (nullable): what a CPU each failed on
 *
 * Fills a floating plan; what it needs and does not find stands in `why`.
 *
 * Returns: whether it fits
 */
bool vt_pin_plan_floating(const VtPinRoom *room, VtPinPlan *plan, const char *why_not_dedicated);

/** Returns: (transfer full): why a dedicated plan is as it is. */
char *vt_pin_explain_choice(const VtPinRoom *room, const VtPinPlan *plan, const VtPinNeed *need,
                            const VtPinChoice *choice, const VtCpuSet *vcpus);

/** Returns: (transfer full): what a dedicated plan for @need failed on, and what would fit. */
char *vt_pin_explain_failure(const VtPinRoom *room, const VtPinNeed *need, unsigned threads);

/** Returns: (transfer full): why the guest gets the topology of @plan. */
char *vt_pin_explain_shape(const VtPinRoom *room, const VtPinPlan *plan);
