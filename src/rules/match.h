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
 * @document: the domain
 * @facts: what is known
 * @database: for conditions of other rules
 * @unknown: (element-type utf8): the facts that were missing are added if the answer is VT_UNKNOWN
 * @ret_why: (nullable) (out) (transfer full): for VT_NO, the condition that failed, for a person
 *
 * Reads nothing but its arguments.
 */
VtTruth vt_match(const VtCondition *condition, const VtDocument *document, const VtFacts *facts,
                 const VtRuleDatabase *database, GPtrArray *unknown, char **ret_why);

/** The place that @template means with these facts; NULL if a fact in it is unknown. */
VtPlace *vt_match_place(const char *template, const VtFacts *facts, GPtrArray *unknown,
                        GError **error);
