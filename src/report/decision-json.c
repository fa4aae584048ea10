/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a rule was decided for one domain, as JSON: every condition, and what it saw. */
#include <string.h>

#include "report/json.h"
#include "rules/match.h"

typedef struct {
    JsonBuilder *builder;
    const VtPlan *plan;
    const VtDecision *decision;
} Telling;

static void add_conditions(const Telling *telling, const GPtrArray *conditions);

static const char *
truth_word(VtTruth truth)
{
    return truth == VT_YES ? "yes" : truth == VT_NO ? "no" : "unknown";
}

/* A fact that nobody ever spoke of is unknown as well. */
static void
add_fact(const Telling *telling, const VtFactInfo *info)
{
    const VtFact silent = {.info = info};
    const VtFact *fact = vt_facts_find(telling->decision->facts, info);

    json_builder_set_member_name(telling->builder, "sees");
    vt_json_add_fact(telling->builder, fact ? fact : &silent);
}

static void
add_sight(const Telling *telling, const VtCondition *condition)
{
    g_autoptr(VtPlace) place = NULL;
    g_autofree char *value = NULL;

    if (condition->kind == VT_CONDITION_FACT)
        add_fact(telling, condition->fact);
    if (condition->kind != VT_CONDITION_VALUE && condition->kind != VT_CONDITION_PRESENT &&
        condition->kind != VT_CONDITION_ABSENT)
        return;
    place = vt_match_place(condition->name, condition->place, telling->decision->facts, NULL, NULL);
    value = place ? vt_place_get(place, vt_document_root(telling->plan->document)) : NULL;
    vt_json_add_string(telling->builder, "path", place ? place->text : NULL);
    vt_json_add_string(telling->builder, "sees", value);
}

static void
add_condition(const Telling *telling, const VtCondition *condition)
{
    const VtPlan *plan = telling->plan;
    g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);
    VtTruth truth = vt_match(condition, plan->document, telling->decision->facts, plan->database,
                             unknown, NULL);
    const VtRule *other = condition->kind == VT_CONDITION_SAME_AS
                              ? vt_rule_database_find(plan->database, condition->name)
                              : NULL;

    json_builder_begin_object(telling->builder);
    vt_json_add_string(telling->builder, "answer", truth_word(truth));
    vt_json_add_string(telling->builder, "kind", vt_condition_kind_to_string(condition->kind));
    if (condition->name)
        vt_json_add_string(telling->builder, "name", condition->name);
    if (condition->operand) {
        vt_json_add_string(telling->builder, "compare", vt_compare_to_string(condition->compare));
        vt_json_add_string(telling->builder, "operand", condition->operand);
    }
    add_sight(telling, condition);
    if (condition->children)
        add_conditions(telling, condition->children);
    if (other && other->when)
        add_conditions(telling, other->when->children);
    json_builder_end_object(telling->builder);
}

static void
add_conditions(const Telling *telling, const GPtrArray *conditions)
{
    vt_json_begin_array(telling->builder, "conditions");
    for (guint i = 0; conditions && i < conditions->len; i++)
        add_condition(telling, conditions->pdata[i]);
    json_builder_end_array(telling->builder);
}

static void
add_findings(const Telling *telling)
{
    const VtRule *rule = telling->decision->rule;

    vt_json_begin_array(telling->builder, "findings");
    for (guint i = 0; i < rule->findings->len; i++) {
        const VtRuleFinding *finding = rule->findings->pdata[i];
        json_builder_begin_object(telling->builder);
        vt_json_add_string(telling->builder, "level", vt_level_to_string(finding->level));
        add_conditions(telling, finding->when->children);
        json_builder_end_object(telling->builder);
    }
    json_builder_end_array(telling->builder);
}

static void
add_decision(JsonBuilder *builder, const VtPlan *plan, const VtDecision *decision)
{
    const Telling telling = {builder, plan, decision};
    const VtCondition *when = decision->rule->when;
    g_autofree char *why = vt_decision_why(plan, decision);

    json_builder_begin_object(builder);
    if (decision->instance)
        vt_json_add_string(builder, "instance", decision->instance);
    vt_json_add_string(builder, "outcome", vt_outcome_to_string(decision->outcome));
    vt_json_add_string(builder, "why", why);
    vt_json_add_strings(builder, "unknown", decision->unknown);
    add_conditions(&telling, when ? when->children : NULL);
    add_findings(&telling);
    vt_json_begin_array(builder, "changes");
    for (guint i = 0; i < vt_count(decision->changes); i++)
        vt_json_add_change(builder, decision->changes->pdata[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

void
vt_json_add_decisions(JsonBuilder *builder, const VtTuneResult *result, const char *rule)
{
    for (guint i = 0; i < result->plan->decisions->len; i++) {
        const VtDecision *decision = result->plan->decisions->pdata[i];
        if (strcmp(decision->rule->id, rule) == 0)
            add_decision(builder, result->plan, decision);
    }
}
