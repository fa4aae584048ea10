/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "plan/plan.h"

/* Whether two places, written differently or not, are one. */
typedef enum {
    VT_MEET_NOT,
    VT_MEET_SAME,    /* they lead to the same element that is there, or are written the same */
    VT_MEET_UNCLEAR, /* both are to be made, and one element could be what both mean: making both
                        would make it twice */
} VtMeet;

/**
 * vt_places_meet:
 * @root: of the domain that they are places in
 *
 * Two places meet if they end in the same attribute, text or element of the same element, even if
 * they choose it by different predicates.
 */
VtMeet vt_places_meet(const VtPlace *one, const VtPlace *other, const xmlNode *root);

/**
 * vt_find_contested:
 * @decisions: (element-type VtDecision)
 *
 * Returns: (transfer none) (nullable): a place that two changes want to hold different values
 */
const VtPlace *vt_find_contested(const GPtrArray *decisions, const xmlNode *root);
