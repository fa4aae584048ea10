/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts/fact.h"
#include "rules/database.h"
#include "rules/words.h"
#include "xml/document.h"
#include "xml/place.h"

/**
 * VtPlan: what should change in one domain and why, as data, complete before anything is touched.
 *
 * In: document, facts, rules. Out: changes, findings, conflicts and what could not be considered.
 * Laws: a rule's changes are taken all together or not at all; a rule that needs another is only
 * taken if that one holds afterwards; two rules that want different values at one place are a
 * conflict and neither is applied; what the administrator wrote is never changed, unless the rule
 * says that it is as good as nothing.
 */

typedef struct {
    char *rule;
    VtPlace *place;
    char *before; /* (nullable): NULL = was not there */
    char *after;  /* (nullable): NULL = the element or attribute is removed */
    char *reason; /* with the facts filled in, translated */
    char *cost;   /* (nullable) */
    VtScope scope;
    VtEffect effect;
    VtLevel level;
} VtChange;

typedef struct {
    char *rule;
    VtLevel level;
    VtScope scope;
    char *path; /* (nullable): the place meant */
    char *message;
    const char *summary; /* (nullable): the rule's, if the message is its whole reason */
    bool automatic;      /* vmtune mends it itself: the plan has a change at that place */
} VtFinding;

typedef struct {
    char *place;
    GPtrArray *rules;  /* char* */
    GPtrArray *values; /* char*, one a rule */
} VtConflict;

typedef struct {
    char *rule;
    char *instance;     /* (nullable): "disk vda" */
    GPtrArray *unknown; /* char*: names of the facts that were missing */
    GPtrArray *whys;    /* char*, one a name: why it is unknown, "" if nobody said */
} VtNotConsidered;

/* How one rule was decided, for explain. */
typedef enum {
    VT_OUTCOME_DECLINED,  /* its conditions do not hold */
    VT_OUTCOME_SATISFIED, /* what it wants is there already */
    VT_OUTCOME_CHANGE,    /* it changes something */
    VT_OUTCOME_KEPT,      /* the administrator set it otherwise; left alone */
    VT_OUTCOME_UNKNOWN,   /* a fact is missing */
    VT_OUTCOME_UNMET,     /* a rule it needs does not hold */
    VT_OUTCOME_CONFLICT,  /* another rule wants something else at the same place */
    VT_OUTCOME_SKIPPED,   /* a wish or the configuration says no */
} VtOutcome;

typedef struct {
    const VtRule *rule; /* belongs to the database */
    char *instance;     /* (nullable) */
    VtOutcome outcome;
    bool holds;                 /* what the rule wants is in the domain already */
    const VtCondition *culprit; /* (nullable): the condition that does not hold */
    char *why;                  /* (nullable): what else decided; see vt_decision_why() */
    const VtFacts *facts;       /* what it saw: the domain's facts or one record's */
    GPtrArray *unknown;         /* char* */
    GPtrArray *changes;         /* (nullable): VtChange*; most decisions have none */
    GPtrArray *findings;        /* (nullable): VtFinding* */
} VtDecision;

/** How many there are in a list that may be missing. */
static inline guint
vt_count(const GPtrArray *list)
{
    return list ? list->len : 0;
}

typedef struct {
    /* What was judged, by which rules; NULL for vt_plan_of_changes(). */
    const VtDocument *document;
    const VtRuleDatabase *database;
    GPtrArray *decisions;      /* VtDecision*, by rule id and instance */
    GPtrArray *changes;        /* VtChange* */
    GPtrArray *findings;       /* VtFinding*, those of changes included */
    GPtrArray *conflicts;      /* VtConflict* */
    GPtrArray *not_considered; /* VtNotConsidered* */
    /* Two of these again, of the rules about the host: not this domain's, and others have them. */
    GPtrArray *host_findings;
    GPtrArray *host_not_considered;
} VtPlan;

/**
 * vt_plan_new:
 * @document: the domain
 * @facts: everything known of domain, guest, host and emulator
 * @database: the rules
 * @skip: (nullable): NULL-terminated globs of rule ids that are not wanted here
 * @check_only: (nullable): NULL-terminated globs of rule ids that find here, but change nothing
 * @error: VT_ERROR_INPUT if a rule's template makes no valid place or value
 *
 * The plan refers to @document, @facts and @database: they must outlive it.
 *
 * Returns: (transfer full): the plan, or NULL
 */
VtPlan *vt_plan_new(const VtDocument *document, const VtFacts *facts,
                    const VtRuleDatabase *database, const char *const *skip,
                    const char *const *check_only, GError **error);
/**
 * vt_plan_find:
 * @level: findings below it are left out
 *
 * The written findings about the domain alone, without planning anything: what a start is refused
 * for.
 *
 * Returns: (transfer full) (element-type VtFinding): what was found, by rule id
 */
GPtrArray *vt_plan_find(const VtDocument *document, const VtFacts *facts,
                        const VtRuleDatabase *database, const char *const *skip, VtLevel level);
void vt_plan_free(VtPlan *plan); /* accepts NULL */

/**
 * vt_plan_of_changes:
 * @changes: (transfer full) (element-type VtChange): with vt_change_free() as its free function
 *
 * Returns: (transfer full): a plan that no rule decided
 */
VtPlan *vt_plan_of_changes(GPtrArray *changes);

/** Returns: (transfer full): the ids of the rules that change something, each once. */
char **vt_plan_rules(const VtPlan *plan);

/** Whether the domain has what the rule sets; one that only watches has nothing to be had. */
bool vt_decision_is_in_force(const VtDecision *decision); /* accepts NULL */

/** Whether the domain has all that the rule sets: one of disks is kept if it is for each disk. */
bool vt_plan_keeps(const VtPlan *plan, const char *rule);

/** Returns: (transfer full) (nullable): the condition, fact or wish that decided, for a person. */
char *vt_decision_why(const VtPlan *plan, const VtDecision *decision);

const char *vt_outcome_to_string(VtOutcome outcome);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtPlan, vt_plan_free)
