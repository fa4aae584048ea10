/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a rule was decided for one domain: every condition, and what it saw. */
#include <string.h>

#include "base/i18n.h"
#include "report/text.h"
#include "rules/match.h"

typedef struct {
    GString *out;
    const VtPlan *plan;
    const VtDecision *decision;
} Telling;

static const char *
truth_word(VtTruth truth)
{
    return truth == VT_YES ? _("yes") : truth == VT_NO ? _("no") : _("unknown");
}

/* "4096 KiB (domain XML)"; why, for one that is unknown. */
static char *
describe_fact(const VtFact *fact)
{
    g_autofree char *value = vt_fact_format(fact, false);
    const char *origin = fact && fact->origin ? fact->origin : "";
    const char *unit = fact && fact->known ? fact->info->unit : "";

    return g_strdup_printf("%s%s%s%s%s%s", value, *unit ? " " : "", unit, *origin ? " (" : "",
                           origin, *origin ? ")" : "");
}

static char *
describe_place(const Telling *telling, const VtCondition *condition)
{
    const VtDecision *decision = telling->decision;
    g_autoptr(VtPlace) place =
        vt_match_place(condition->name, condition->place, decision->facts, NULL, NULL);
    char *value = place ? vt_place_get(place, vt_document_root(telling->plan->document)) : NULL;

    if (!value)
        return g_strdup(_("nothing is there"));
    if (*value)
        return value;
    g_free(value);
    return g_strdup(_("it is there"));
}

/* What the file asks for, in its own words. */
static char *
describe_question(const VtCondition *condition)
{
    switch (condition->kind) {
    case VT_CONDITION_ALL:
        return g_strdup("all");
    case VT_CONDITION_ANY:
        return g_strdup("any");
    case VT_CONDITION_NOT:
        return g_strdup("not");
    case VT_CONDITION_FACT:
    case VT_CONDITION_VALUE:
        return g_strdup_printf("%s %s '%s'", condition->name,
                               vt_compare_to_string(condition->compare), condition->operand);
    case VT_CONDITION_PRESENT:
        return g_strdup_printf("present %s", condition->name);
    case VT_CONDITION_ABSENT:
        return g_strdup_printf("absent %s", condition->name);
    case VT_CONDITION_XPATH:
        return g_strdup_printf("xpath %s", condition->name);
    case VT_CONDITION_SAME_AS:
        return g_strdup_printf("same-as %s", condition->name);
    }
    return NULL;
}

static char *
describe_sight(const Telling *telling, const VtCondition *condition)
{
    switch (condition->kind) {
    case VT_CONDITION_FACT:
        return describe_fact(vt_facts_find(telling->decision->facts, condition->fact));
    case VT_CONDITION_VALUE:
    case VT_CONDITION_PRESENT:
    case VT_CONDITION_ABSENT:
        return describe_place(telling, condition);
    default:
        return NULL;
    }
}

static void
append_condition(const Telling *telling, const VtCondition *condition, int depth)
{
    const VtPlan *plan = telling->plan;
    g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);
    VtTruth truth = vt_match(condition, plan->document, telling->decision->facts, plan->database,
                             unknown, NULL);
    g_autofree char *question = describe_question(condition);
    g_autofree char *sight = describe_sight(telling, condition);
    const VtRule *other = condition->kind == VT_CONDITION_SAME_AS
                              ? vt_rule_database_find(plan->database, condition->name)
                              : NULL;

    vt_report_append_line(telling->out, "%*s%s: %s%s%s", 2 * depth, "", truth_word(truth), question,
                          sight ? ": " : "", sight ? sight : "");
    for (guint i = 0; condition->children && i < condition->children->len; i++)
        append_condition(telling, condition->children->pdata[i], depth + 1);
    if (other && other->when)
        append_condition(telling, other->when, depth + 1);
}

static void
append_conditions(const Telling *telling)
{
    const VtRule *rule = telling->decision->rule;

    for (guint i = 0; rule->when && i < rule->when->children->len; i++)
        append_condition(telling, rule->when->children->pdata[i], 1);
    for (guint i = 0; i < rule->findings->len; i++) {
        const VtRuleFinding *finding = rule->findings->pdata[i];
        vt_report_append_line(telling->out, _("  a finding of level %s, when"),
                              vt_report_level(finding->level));
        for (guint c = 0; c < finding->when->children->len; c++)
            append_condition(telling, finding->when->children->pdata[c], 2);
    }
}

static void
append_decision(GString *out, const VtPlan *plan, const VtDecision *decision)
{
    const Telling telling = {out, plan, decision};
    g_autofree char *why = vt_decision_why(plan, decision);
    g_autofree char *here = g_strdup_printf(_("Here%s%s: %s"), decision->instance ? ", " : "",
                                            decision->instance ? decision->instance : "",
                                            _(vt_outcome_to_string(decision->outcome)));

    vt_report_append_line(out, "%s%s%s", here, why ? ": " : "", why ? why : "");
    for (guint u = 0; u < decision->unknown->len; u++)
        g_string_append_printf(out, _("  unknown: %s\n"), (char *)decision->unknown->pdata[u]);
    append_conditions(&telling);
    for (guint c = 0; c < vt_count(decision->changes); c++) {
        const VtChange *change = decision->changes->pdata[c];
        vt_report_append_line(out, "  %s: %s%s%s", change->place->text,
                              change->before ? change->before : "", change->before ? " -> " : "",
                              change->after);
    }
}

char *
vt_report_decision(const VtTuneResult *result, const char *rule)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < result->plan->decisions->len; i++) {
        const VtDecision *decision = result->plan->decisions->pdata[i];
        if (strcmp(decision->rule->id, rule) == 0)
            append_decision(out, result->plan, decision);
    }
    return g_string_free(out, FALSE);
}
