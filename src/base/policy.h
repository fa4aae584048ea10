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
