/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts/fact.h"
#include "rules/reader.h"

/* What a rule asks before it fires; rules/match.h answers. */

typedef enum {
    VT_CONDITION_ALL,
    VT_CONDITION_ANY,
    VT_CONDITION_NOT,
    VT_CONDITION_FACT,    /* compares a fact */
    VT_CONDITION_VALUE,   /* compares what stands at a place; no if nothing stands there */
    VT_CONDITION_PRESENT, /* something stands at a place */
    VT_CONDITION_ABSENT,  /* nothing stands there */
    VT_CONDITION_XPATH,   /* an XPath 1.0 test on the domain */
    VT_CONDITION_SAME_AS, /* the conditions of another rule */
} VtConditionKind;

typedef enum {
    VT_COMPARE_IS,
    VT_COMPARE_IN,
    VT_COMPARE_HAS,
    VT_COMPARE_AT_LEAST,
    VT_COMPARE_AT_MOST,
} VtCompare;

typedef struct VtCondition VtCondition;
struct VtCondition {
    VtConditionKind kind;
    GPtrArray *children;    /* VtCondition*, for all, any, not */
    char *name;             /* fact, place template, XPath test or rule id */
    const VtFactInfo *fact; /* for fact: what is registered under the name */
    VtPlace *place;         /* (nullable): the template parsed, if no facts stand in it */
    VtPlace *below;         /* (nullable): "driver/@io" of "{disk.place}/driver/@io" */
    VtCompare compare;
    char *operand;
};

/**
 * vt_condition_read:
 * @element: <when> or <satisfied>: all of what it holds
 * @ret_condition: (inout) (transfer full): must be NULL before: the element may stand once
 */
bool vt_condition_read(const VtRuleReader *reader, const xmlNode *element,
                       VtCondition **ret_condition, GError **error);

/** Returns: (transfer none): the words that rule files have for them. */
const char *vt_condition_kind_to_string(VtConditionKind kind);
const char *vt_compare_to_string(VtCompare compare);

/** Returns: (transfer full) (nullable): what a template names below a record's own element. */
VtPlace *vt_condition_place_below(const char *template);

void vt_condition_free(VtCondition *condition); /* accepts NULL */
