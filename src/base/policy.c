/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/policy.h"

#include <glib.h>
#include <string.h>

static const char *const words[] = {
    [VT_POLICY_OFF] = "off",
    [VT_POLICY_OBSERVE] = "observe",
    [VT_POLICY_APPLY] = "apply",
    [VT_POLICY_ENFORCE] = "enforce",
};

const char *
vt_policy_to_string(VtPolicy policy)
{
    return words[policy];
}

bool
vt_policy_from_string(const char *word, VtPolicy *ret_policy)
{
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strcmp(words[i], word) == 0) {
            *ret_policy = (VtPolicy)i;
            return true;
        }
    }
    return false;
}
