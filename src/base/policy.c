/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/policy.h"

#include "base/words.h"

static const char *const policy_words[] = {
    [VT_POLICY_OFF] = "off",
    [VT_POLICY_OBSERVE] = "observe",
    [VT_POLICY_APPLY] = "apply",
    [VT_POLICY_ENFORCE] = "enforce",
};
static const char *const placement_words[] = {
    [VT_PIN_PLACEMENT_OFF] = "off",
    [VT_PIN_PLACEMENT_NODE] = "node",
    [VT_PIN_PLACEMENT_DEDICATED] = "dedicated",
    [VT_PIN_PLACEMENT_AUTO] = "auto",
};

const char *
vt_policy_to_string(VtPolicy policy)
{
    return policy_words[policy];
}

bool
vt_policy_from_string(const char *word, VtPolicy *ret_policy)
{
    int found = vt_find_word(policy_words, G_N_ELEMENTS(policy_words), word);

    if (found >= 0)
        *ret_policy = (VtPolicy)found;
    return found >= 0;
}

const char *
vt_pin_placement_to_string(VtPinPlacement placement)
{
    return placement_words[placement];
}

bool
vt_pin_placement_from_string(const char *word, VtPinPlacement *ret_placement)
{
    int found = vt_find_word(placement_words, G_N_ELEMENTS(placement_words), word);

    if (found >= 0)
        *ret_placement = (VtPinPlacement)found;
    return found >= 0;
}
