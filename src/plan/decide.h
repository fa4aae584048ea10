/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "plan/plan.h"

/* What judging one rule needs to see. */
typedef struct {
    const VtDocument *document;
    const VtRuleDatabase *database;
    const char *const *skip;       /* (nullable): globs of rule ids */
    const char *const *check_only; /* (nullable): globs of rules that find and change nothing */
} VtJudge;

/**
 * vt_decide:
 * @facts: the domain's facts, or one record's for a rule with each=
 * @instance: (nullable): what to call the record
 * @error: VT_ERROR_INPUT if a template gives no valid place
 *
 * Judges one rule by itself; what it needs of other rules is the plan's business.
 *
 * Returns: (transfer full): the decision
 */
VtDecision *vt_decide(const VtJudge *judge, const VtRule *rule, const VtFacts *facts,
                      const char *instance, GError **error);

/**
 * vt_decide_findings:
 * @level: findings below it are left out
 * @findings: (inout) (nullable) (element-type VtFinding): what is found is added; made if NULL
 * @unknown: (element-type utf8): the facts that were missing for findings that may have been
 */
void vt_decide_findings(const VtJudge *judge, const VtRule *rule, const VtFacts *facts,
                        VtLevel level, GPtrArray **findings, GPtrArray *unknown);

/** Whether a rule's id fits one of the globs; @skip: (nullable), NULL-terminated. */
bool vt_rule_is_skipped(const char *const *skip, const char *id);

void vt_decision_free(VtDecision *decision); /* accepts NULL */
void vt_change_free(VtChange *change);       /* accepts NULL */
void vt_finding_free(VtFinding *finding);    /* accepts NULL */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtDecision, vt_decision_free)
