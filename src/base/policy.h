/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

/** VtPolicy: what vmtune does by itself when a guest starts. */
typedef enum {
    VT_POLICY_OFF,     /* nothing */
    VT_POLICY_OBSERVE, /* judge and report */
    VT_POLICY_APPLY,   /* rewrite the stored definition */
    VT_POLICY_ENFORCE, /* as apply, and refuse starts that break a rule of level error */
} VtPolicy;

const char *vt_policy_to_string(VtPolicy policy);

/** Returns: false, and leaves @ret_policy untouched, for a word that is not a policy. */
bool vt_policy_from_string(const char *word, VtPolicy *ret_policy);

/** VtPinPlacement: how a guest without pins gets its place on the host. */
typedef enum {
    VT_PIN_PLACEMENT_OFF,       /* not at all: vmtune pins nothing */
    VT_PIN_PLACEMENT_NODE,      /* it floats over the free CPUs of the best NUMA node */
    VT_PIN_PLACEMENT_DEDICATED, /* a CPU of its own for each vCPU, or nothing */
    VT_PIN_PLACEMENT_AUTO,      /* dedicated while the host has whole cores to spare, else node */
} VtPinPlacement;

const char *vt_pin_placement_to_string(VtPinPlacement placement);

/** Returns: false, and leaves @ret_placement untouched, for a word that is not a placement. */
bool vt_pin_placement_from_string(const char *word, VtPinPlacement *ret_placement);
