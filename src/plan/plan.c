/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/plan.h"

#include <string.h>

#include "base/i18n.h"
#include "plan/decide.h"
#include "plan/meet.h"
#include "rules/match.h"

static void
conflict_free(gpointer data)
{
    VtConflict *conflict = data;

    g_free(conflict->place);
    g_ptr_array_unref(conflict->rules);
    g_ptr_array_unref(conflict->values);
    g_free(conflict);
}

static void
not_considered_free(gpointer data)
{
    VtNotConsidered *not_considered = data;

    g_free(not_considered->rule);
    g_free(not_considered->instance);
    g_ptr_array_unref(not_considered->unknown);
    g_ptr_array_unref(not_considered->whys);
    g_free(not_considered);
}

void
vt_plan_free(VtPlan *plan)
{
    if (!plan)
        return;
    /* changes and findings belong to their decisions */
    g_ptr_array_unref(plan->changes);
    g_ptr_array_unref(plan->findings);
    g_ptr_array_unref(plan->decisions);
    g_ptr_array_unref(plan->conflicts);
    g_ptr_array_unref(plan->not_considered);
    g_ptr_array_unref(plan->host_findings);
    g_ptr_array_unref(plan->host_not_considered);
    g_free(plan);
}

const char *
vt_outcome_to_string(VtOutcome outcome)
{
    static const char *const words[] = {
        [VT_OUTCOME_DECLINED] = N_("declined"), [VT_OUTCOME_SATISFIED] = N_("satisfied"),
        [VT_OUTCOME_CHANGE] = N_("change"),     [VT_OUTCOME_KEPT] = N_("kept"),
        [VT_OUTCOME_UNKNOWN] = N_("unknown"),   [VT_OUTCOME_UNMET] = N_("unmet"),
        [VT_OUTCOME_CONFLICT] = N_("conflict"), [VT_OUTCOME_SKIPPED] = N_("skipped"),
    };

    return words[outcome];
}

bool
vt_decision_is_in_force(const VtDecision *decision)
{
    return decision && decision->outcome == VT_OUTCOME_SATISFIED && decision->rule->sets->len > 0;
}

bool
vt_plan_keeps(const VtPlan *plan, const char *rule)
{
    bool kept = false;

    for (guint i = 0; i < plan->decisions->len; i++) {
        const VtDecision *decision = plan->decisions->pdata[i];
        if (strcmp(decision->rule->id, rule) != 0)
            continue;
        if (decision->outcome == VT_OUTCOME_CHANGE)
            return false;
        kept |= vt_decision_is_in_force(decision);
    }
    return kept;
}

char *
vt_decision_why(const VtPlan *plan, const VtDecision *decision)
{
    return decision->culprit && !decision->why
               ? vt_match_why(decision->culprit, plan->document, decision->facts)
               : g_strdup(decision->why);
}

char **
vt_plan_rules(const VtPlan *plan)
{
    g_autoptr(GStrvBuilder) rules = g_strv_builder_new();
    const char *previous = NULL;

    for (guint i = 0; i < plan->changes->len; i++) {
        const VtChange *change = plan->changes->pdata[i];
        if (g_strcmp0(previous, change->rule) != 0) /* a rule's changes stand together */
            g_strv_builder_add(rules, change->rule);
        previous = change->rule;
    }
    return g_strv_builder_end(rules);
}

/* ---- judging ---- */

static bool
decide_rule(VtPlan *plan, const VtJudge *judge, const VtRule *rule, const VtFacts *facts,
            GError **error)
{
    const VtFact *records = rule->each ? vt_facts_get(facts, rule->each) : NULL;
    g_autofree char *name = rule->each ? g_strconcat(rule->each, ".target", NULL) : NULL;
    const VtFactInfo *target = name ? vt_fact_info(name) : NULL;
    VtDecision *decision;

    if (rule->each && records && records->known) {
        for (guint i = 0; i < records->records->len; i++) {
            const VtFacts *record = records->records->pdata[i];
            const char *instance = target ? vt_facts_get_string(record, name) : NULL;

            decision = vt_decide(judge, rule, record, instance, error);
            if (!decision)
                return false;
            g_ptr_array_add(plan->decisions, decision);
        }
        return true;
    }
    decision = vt_decide(judge, rule, facts, NULL, error);
    if (!decision)
        return false;
    g_ptr_array_add(plan->decisions, decision);
    return true;
}

static gint
compare_decisions(gconstpointer a, gconstpointer b)
{
    const VtDecision *left = *(VtDecision *const *)a, *right = *(VtDecision *const *)b;
    int by_rule = strcmp(left->rule->id, right->rule->id);

    return by_rule ? by_rule : g_strcmp0(left->instance, right->instance);
}

/* Masked rules are looked at too: others may need what they would set, and find it there. */
static bool
decide_all(VtPlan *plan, const VtJudge *judge, const VtFacts *facts, GError **error)
{
    GHashTableIter iter;
    gpointer rule;

    g_hash_table_iter_init(&iter, judge->database->by_id);
    while (g_hash_table_iter_next(&iter, NULL, &rule)) {
        if (!decide_rule(plan, judge, rule, facts, error))
            return false;
    }
    g_ptr_array_sort(plan->decisions, compare_decisions);
    return true;
}

/* ---- what rules need of each other ---- */

/* Where the decisions about that rule begin: they stand together, in order of id. */
static guint
first_decision(const VtPlan *plan, const char *rule)
{
    guint low = 0, high = plan->decisions->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        const VtDecision *decision = plan->decisions->pdata[middle];
        if (strcmp(decision->rule->id, rule) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool
is_about(const VtPlan *plan, guint index, const char *rule)
{
    return index < plan->decisions->len &&
           strcmp(((const VtDecision *)plan->decisions->pdata[index])->rule->id, rule) == 0;
}

/* The first decision of that rule which neither holds nor will; NULL if the rule holds. A rule that
 * was judged for no record at all holds nowhere. */
static const VtDecision *
find_unmet(const VtPlan *plan, const char *rule, bool *ret_any)
{
    *ret_any = false;
    for (guint i = first_decision(plan, rule); is_about(plan, i, rule); i++) {
        const VtDecision *decision = plan->decisions->pdata[i];
        *ret_any = true;
        if (!decision->holds && decision->outcome != VT_OUTCOME_CHANGE)
            return decision;
    }
    return NULL;
}

static void
withdraw(VtDecision *decision, VtOutcome outcome, char *why)
{
    decision->outcome = outcome;
    g_free(decision->why);
    decision->why = why;
    g_ptr_array_set_size(decision->changes, 0);
    /* the finding that announced the changes goes with them; it was added last */
    g_ptr_array_remove_index(decision->findings, decision->findings->len - 1);
}

/* Takes back one change whose needs are not met; false when there is none. */
static bool
withdraw_unmet(VtPlan *plan)
{
    bool withdrawn = false;

    for (guint i = 0; i < plan->decisions->len; i++) {
        VtDecision *decision = plan->decisions->pdata[i];
        const VtRule *rule = decision->rule;

        for (guint n = 0; n < rule->needs->len && decision->outcome == VT_OUTCOME_CHANGE; n++) {
            bool any;
            const VtDecision *unmet = find_unmet(plan, rule->needs->pdata[n], &any);

            if (any && !unmet)
                continue;
            for (guint u = 0; unmet && u < unmet->unknown->len; u++) {
                if (unmet->outcome == VT_OUTCOME_UNKNOWN || unmet->outcome == VT_OUTCOME_UNMET)
                    g_ptr_array_add(decision->unknown, g_strdup(unmet->unknown->pdata[u]));
            }
            withdraw(decision, VT_OUTCOME_UNMET,
                     g_strdup_printf(
                         _("it needs rule '%s', which is %s"), (char *)rule->needs->pdata[n],
                         _(vt_outcome_to_string(unmet ? unmet->outcome : VT_OUTCOME_DECLINED))));
            withdrawn = true;
        }
    }
    return withdrawn;
}

/* ---- conflicts ---- */

/* A change of that decision at the place, however it is written. */
static const VtChange *
find_change(const VtPlan *plan, const VtDecision *decision, const VtPlace *place)
{
    for (guint i = 0; i < vt_count(decision->changes); i++) {
        const VtChange *change = decision->changes->pdata[i];
        if (vt_places_meet(change->place, place, vt_document_root(plan->document)) != VT_MEET_NOT)
            return change;
    }
    return NULL;
}

/* Withdraws every rule that has a say at a contested place; false if no place is. */
static bool
withdraw_conflict(VtPlan *plan)
{
    const VtPlace *contested = vt_find_contested(plan->decisions, vt_document_root(plan->document));
    g_autoptr(VtPlace) place = contested ? vt_place_ref(contested) : NULL;
    VtConflict *conflict;

    if (!place)
        return false;
    conflict = g_new0(VtConflict, 1);
    conflict->place = g_strdup(place->text);
    conflict->rules = g_ptr_array_new_with_free_func(g_free);
    conflict->values = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(plan->conflicts, conflict);
    for (guint i = 0; i < plan->decisions->len; i++) {
        VtDecision *decision = plan->decisions->pdata[i];
        const VtChange *change = find_change(plan, decision, place);

        if (!change)
            continue;
        g_ptr_array_add(conflict->rules, g_strdup(change->rule));
        g_ptr_array_add(conflict->values, g_strdup(change->after));
        withdraw(decision, VT_OUTCOME_CONFLICT,
                 g_strdup_printf(_("another rule wants a different value at '%s'"), place->text));
    }
    return true;
}

/* ---- when changes take effect ---- */

static VtEffect
latest_effect(const VtPlan *plan, const VtDecision *decision, VtEffect effect)
{
    for (guint n = 0; n < decision->rule->needs->len; n++) {
        const char *rule = decision->rule->needs->pdata[n];
        for (guint i = first_decision(plan, rule); is_about(plan, i, rule); i++) {
            const VtDecision *other = plan->decisions->pdata[i];
            if (vt_count(other->changes) > 0)
                effect = MAX(effect, ((const VtChange *)other->changes->pdata[0])->effect);
        }
    }
    return effect;
}

/* A change takes effect no sooner than the changes that it needs: pins on siblings wait for the
 * threads that the guest is to see. */
static void
delay_effects(VtPlan *plan)
{
    bool delayed = true;

    while (delayed) {
        delayed = false;
        for (guint i = 0; i < plan->decisions->len; i++) {
            const VtDecision *decision = plan->decisions->pdata[i];
            for (guint c = 0; c < vt_count(decision->changes); c++) {
                VtChange *change = decision->changes->pdata[c];
                VtEffect effect = latest_effect(plan, decision, change->effect);
                delayed = delayed || effect != change->effect;
                change->effect = effect;
            }
        }
    }
}

/* ---- putting it together ---- */

static void
add_not_considered(GPtrArray *list, const VtDecision *decision)
{
    VtNotConsidered *not_considered = g_new0(VtNotConsidered, 1);

    not_considered->rule = g_strdup(decision->rule->id);
    not_considered->instance = g_strdup(decision->instance);
    not_considered->unknown = g_ptr_array_new_with_free_func(g_free);
    not_considered->whys = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < decision->unknown->len; i++) {
        const char *name = decision->unknown->pdata[i];
        const VtFact *fact = vt_facts_get(decision->facts, name);

        if (g_ptr_array_find_with_equal_func(not_considered->unknown, name, g_str_equal, NULL))
            continue;
        g_ptr_array_add(not_considered->unknown, g_strdup(name));
        g_ptr_array_add(not_considered->whys, g_strdup(fact && fact->origin ? fact->origin : ""));
    }
    g_ptr_array_add(list, not_considered);
}

static bool
has_change_at(const VtPlan *plan, const char *place)
{
    for (guint i = 0; place && i < plan->changes->len; i++) {
        const VtChange *change = plan->changes->pdata[i];
        if (strcmp(change->place->text, place) == 0)
            return true;
    }
    return false;
}

/* Two rules may agree. */
static bool
is_planned(const VtPlan *plan, const VtChange *change)
{
    for (guint i = 0; i < plan->changes->len; i++) {
        const VtChange *other = plan->changes->pdata[i];
        if (vt_places_meet(other->place, change->place, vt_document_root(plan->document)) !=
            VT_MEET_NOT)
            return true;
    }
    return false;
}

static void
collect(VtPlan *plan)
{
    for (guint i = 0; i < plan->decisions->len; i++) {
        const VtDecision *decision = plan->decisions->pdata[i];

        for (guint c = 0; c < vt_count(decision->changes); c++) {
            VtChange *change = decision->changes->pdata[c];
            if (!is_planned(plan, change))
                g_ptr_array_add(plan->changes, change);
        }
        if (decision->outcome == VT_OUTCOME_UNKNOWN ||
            (decision->outcome == VT_OUTCOME_UNMET && decision->unknown->len > 0))
            add_not_considered(decision->rule->about_host ? plan->host_not_considered
                                                          : plan->not_considered,
                               decision);
    }
    for (guint i = 0; i < plan->decisions->len; i++) {
        const VtDecision *decision = plan->decisions->pdata[i];
        for (guint f = 0; f < vt_count(decision->findings); f++) {
            VtFinding *finding = decision->findings->pdata[f];
            /* advice is what vmtune does not do itself, whatever else changes at its place */
            finding->automatic =
                finding->level != VT_LEVEL_ADVICE && has_change_at(plan, finding->path);
            g_ptr_array_add(decision->rule->about_host ? plan->host_findings : plan->findings,
                            finding);
        }
    }
}

VtPlan *
vt_plan_new(const VtDocument *document, const VtFacts *facts, const VtRuleDatabase *database,
            const char *const *skip, const char *const *check_only, GError **error)
{
    g_autoptr(VtPlan) plan = g_new0(VtPlan, 1);
    const VtJudge judge = {document, database, skip, check_only};

    plan->document = document;
    plan->database = database;
    plan->decisions = g_ptr_array_new_with_free_func((GDestroyNotify)vt_decision_free);
    plan->changes = g_ptr_array_new();
    plan->findings = g_ptr_array_new();
    plan->conflicts = g_ptr_array_new_with_free_func(conflict_free);
    plan->not_considered = g_ptr_array_new_with_free_func(not_considered_free);
    plan->host_findings = g_ptr_array_new();
    plan->host_not_considered = g_ptr_array_new_with_free_func(not_considered_free);
    if (!decide_all(plan, &judge, facts, error))
        return NULL;
    while (withdraw_unmet(plan) || withdraw_conflict(plan)) {
        /* taking one back may leave another without what it needs */
    }
    delay_effects(plan);
    collect(plan);
    return g_steal_pointer(&plan);
}

GPtrArray *
vt_plan_find(const VtDocument *document, const VtFacts *facts, const VtRuleDatabase *database,
             const char *const *skip, VtLevel level)
{
    const VtJudge judge = {document, database, skip, NULL};
    GPtrArray *findings = g_ptr_array_new_with_free_func((GDestroyNotify)vt_finding_free);
    g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < database->rules->len; i++) {
        const VtRule *rule = database->rules->pdata[i];
        const VtFact *records = rule->each ? vt_facts_get(facts, rule->each) : NULL;

        if (rule->about_host || vt_rule_is_skipped(skip, rule->id))
            continue;
        if (!rule->each)
            vt_decide_findings(&judge, rule, facts, level, &findings, unknown);
        for (guint r = 0; records && records->known && r < records->records->len; r++)
            vt_decide_findings(&judge, rule, records->records->pdata[r], level, &findings, unknown);
    }
    return findings;
}

VtPlan *
vt_plan_of_changes(GPtrArray *changes)
{
    VtPlan *plan = g_new0(VtPlan, 1);

    plan->changes = changes;
    plan->decisions = g_ptr_array_new();
    plan->findings = g_ptr_array_new();
    plan->conflicts = g_ptr_array_new();
    plan->not_considered = g_ptr_array_new();
    plan->host_findings = g_ptr_array_new();
    plan->host_not_considered = g_ptr_array_new();
    return plan;
}
