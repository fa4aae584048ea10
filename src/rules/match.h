/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts/fact.h"
#include "rules/database.h"
#include "xml/document.h"
#include "xml/place.h"

/* Yes, no, or not to be had. Ordered so that "all" is the minimum and "any" the maximum. */
typedef enum {
    VT_NO,
    VT_UNKNOWN,
    VT_YES,
} VtTruth;

/**
 * vt_match:
 * @condition: (nullable): NULL holds always
 * @document: (nullable): the domain; without one, what hangs on its XML is unknown
 * @facts: what is known
 * @database: (nullable): for conditions of other rules
 * @unknown: (element-type utf8): the facts that were missing are added if the answer is VT_UNKNOWN
 * @ret_culprit: (nullable) (out) (transfer none): for VT_NO, the condition that failed last
 *
 * Reads nothing but its arguments.
 */
VtTruth vt_match(const VtCondition *condition, const VtDocument *document, const VtFacts *facts,
                 const VtRuleDatabase *database, GPtrArray *unknown,
                 const VtCondition **ret_culprit);

/** Returns: (transfer full): why vt_match() found that @culprit does not hold, for a person. */
char *vt_match_why(const VtCondition *culprit, const VtDocument *document, const VtFacts *facts);

/**
 * vt_match_place:
 * @parsed: (nullable): @template's place, if it is the same with any facts
 * @unknown: (nullable) (element-type utf8): names of unknown facts in it are added
 *
 * Returns: (transfer full) (nullable): the place that @template means with these facts
 */
VtPlace *vt_match_place(const char *template, const VtPlace *parsed, const VtFacts *facts,
                        GPtrArray *unknown, GError **error);
