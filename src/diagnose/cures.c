/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose/cures.h"

#include <string.h>

#include "base/i18n.h"

static const char *const state_words[] = {
    [VT_CURE_NO_DOMAIN] = "no-domain", [VT_CURE_IN_PLACE] = "in-place",
    [VT_CURE_WAITS] = "waits",         [VT_CURE_MISSING] = "missing",
    [VT_CURE_BY_HAND] = "by-hand",     [VT_CURE_WITHHELD] = "withheld",
};

const char *
vt_cure_state_to_string(VtCureState state)
{
    return state_words[state];
}

void
vt_cure_free(VtCure *cure)
{
    if (!cure)
        return;
    g_free(cure->summary);
    g_free(cure->why);
    g_free(cure);
}

void
vt_command_free(VtCommand *command)
{
    if (!command)
        return;
    g_free(command->command);
    g_free(command->effect);
    g_free(command);
}

VtTruth
vt_cause_condition_holds(const VtCondition *when, const VtDiagnoseInput *input)
{
    g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);

    return vt_match(when, input->plan ? input->plan->document : NULL, input->facts, NULL, unknown,
                    NULL);
}

/* ---- how a rule stands ---- */

static char *
list_unknown(const GPtrArray *unknown)
{
    g_autoptr(GString) names = g_string_new(NULL);

    for (guint i = 0; i < unknown->len; i++)
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", (char *)unknown->pdata[i]);
    return g_strdup_printf(_("unknown: %s"), names->str);
}

static char *
first_message(const GPtrArray *findings, const char *rule)
{
    for (guint i = 0; i < vt_count(findings); i++) {
        const VtFinding *finding = findings->pdata[i];

        if (strcmp(finding->rule, rule) == 0)
            return g_strdup(finding->message);
    }
    return NULL;
}

/* What a person is told to do, by the decision or, for a rule about the host, beside it. */
static char *
advice_of(const VtPlan *plan, const VtDecision *decision)
{
    char *message = first_message(decision->findings, decision->rule->id);

    return message ? message : first_message(plan->host_findings, decision->rule->id);
}

static VtCureState
state_of(const VtPlan *plan, const VtDecision *decision, char **ret_why)
{
    if (decision->holds || (decision->outcome == VT_OUTCOME_SATISFIED && decision->rule->sets->len))
        return VT_CURE_IN_PLACE;
    if (decision->outcome == VT_OUTCOME_CHANGE)
        return VT_CURE_MISSING;
    *ret_why = advice_of(plan, decision);
    if (*ret_why && decision->rule->sets->len == 0)
        return VT_CURE_BY_HAND;
    if (!*ret_why && decision->outcome == VT_OUTCOME_UNKNOWN)
        *ret_why = list_unknown(decision->unknown);
    else if (!*ret_why)
        *ret_why = vt_decision_why(plan, decision);
    return VT_CURE_WITHHELD;
}

/* A rule that only watches, and has nothing to say, has nothing to mend either; that it knows too
 * little for that is of interest where something must be mended. */
static bool
is_mute(const VtCure *cure, const VtDecision *decision, bool of_trouble)
{
    return decision->rule->sets->len == 0 && cure->state == VT_CURE_WITHHELD &&
           !(of_trouble && decision->outcome == VT_OUTCOME_UNKNOWN);
}

/* A rule is judged for each of several records: what would change anything goes before all else,
 * what is missing before what is there. */
static int
weight_of(VtCureState state)
{
    static const int weights[] = {
        [VT_CURE_NO_DOMAIN] = 0, [VT_CURE_IN_PLACE] = 1, [VT_CURE_WITHHELD] = 2,
        [VT_CURE_WAITS] = 3,     [VT_CURE_BY_HAND] = 4,  [VT_CURE_MISSING] = 5,
    };

    return weights[state];
}

static void
judge_by_plan(VtCure *cure, const VtPlan *plan, bool of_trouble, bool *ret_any)
{
    for (guint i = 0; i < plan->decisions->len; i++) {
        const VtDecision *decision = plan->decisions->pdata[i];
        VtCure seen = {.rule = cure->rule};

        if (strcmp(decision->rule->id, cure->rule) != 0)
            continue;
        seen.state = state_of(plan, decision, &seen.why);
        if (!is_mute(&seen, decision, of_trouble) &&
            (!*ret_any || weight_of(seen.state) > weight_of(cure->state))) {
            g_free(cure->why);
            cure->why = g_steal_pointer(&seen.why);
            cure->state = seen.state;
            *ret_any = true;
        }
        g_free(seen.why);
    }
}

/* What the next start brings need not be set again. */
static void
look_at_stored(VtCure *cure, const VtPlan *stored)
{
    VtCure next = {.rule = cure->rule};
    bool any = false;

    judge_by_plan(&next, stored, false, &any);
    if (any && next.state == VT_CURE_IN_PLACE && cure->state != VT_CURE_IN_PLACE) {
        g_clear_pointer(&cure->why, g_free);
        cure->state = VT_CURE_WAITS;
    }
    g_free(next.why);
}

static void
add_cure(VtCauseFound *found, const char *id, const VtDiagnoseInput *input)
{
    const VtRule *rule = input->rules ? vt_rule_database_find(input->rules, id) : NULL;
    VtCure *cure = g_new0(VtCure, 1);
    bool any = !input->plan;

    cure->rule = id;
    cure->summary = rule ? g_strdup(_(rule->summary)) : NULL;
    if (input->plan)
        judge_by_plan(cure, input->plan, found->cause->verdict == VT_VERDICT_TROUBLE, &any);
    if (any && input->stored)
        look_at_stored(cure, input->stored);
    if (any)
        g_ptr_array_add(found->cures, cure);
    else
        vt_cure_free(cure);
}

/* ---- what to type ---- */

char *
vt_command_expand(const char *template, const VtFacts *facts)
{
    g_autoptr(VtFacts) quoted = vt_facts_new(facts);
    const char *name = vt_facts_get_string(facts, "domain.name");
    g_autofree char *word = g_shell_quote(name ? name : "");

    if (name && (*name == '-' || !g_regex_match_simple("^[\\w.+-]+$", name, 0, 0)))
        vt_facts_set_string(quoted, "domain.name", word, "quoted for a shell");
    return vt_facts_expand(quoted, template, false, NULL);
}

static void
add_command(VtCauseFound *found, const VtRemedy *remedy, const VtFacts *facts)
{
    VtCommand *command = g_new0(VtCommand, 1);

    command->in_guest = remedy->in_guest;
    command->command = vt_command_expand(remedy->command, facts);
    command->effect = vt_facts_expand(facts, _(remedy->effect), true, NULL);
    g_ptr_array_add(found->commands, command);
}

void
vt_cures_find(VtCauseFound *found, const VtDiagnoseInput *input)
{
    for (guint i = 0; i < found->cause->cures->len; i++) {
        const VtCauseCure *cure = found->cause->cures->pdata[i];

        if (vt_cause_condition_holds(cure->when, input) != VT_NO)
            add_cure(found, cure->rule, input);
    }
    for (guint i = 0; i < found->cause->remedies->len; i++) {
        const VtRemedy *remedy = found->cause->remedies->pdata[i];

        if (vt_cause_condition_holds(remedy->when, input) != VT_NO)
            add_command(found, remedy, input->facts);
    }
}
