/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A plan as text for a person to review in a diff. What a case is not about is kept short, so that
 * a new wording of one rule does not touch the cases of all others.
 */
#include "golden.h"

#include <string.h>

static void
dump_decision(GString *out, const VtPlan *plan, const VtDecision *decision)
{
    g_autofree char *why = vt_decision_why(plan, decision);

    g_string_append_printf(out, "%s%s%s: %s", decision->rule->id, decision->instance ? " " : "",
                           decision->instance ? decision->instance : "",
                           vt_outcome_to_string(decision->outcome));
    if (why)
        g_string_append_printf(out, ": %s", why);
    g_string_append_c(out, '\n');
}

static void
dump_change(GString *out, const VtChange *change)
{
    g_string_append_printf(out, "  %s %s %s: %s: %s -> %s\n", change->rule,
                           vt_scope_to_string(change->scope), vt_effect_to_string(change->effect),
                           change->place->text, change->before ? change->before : "(nothing)",
                           change->after ? change->after : "(nothing)");
}

static void
dump_finding(GString *out, const VtFinding *finding, const char *rule)
{
    g_string_append_printf(out, "  %s %s %s%s\n", finding->rule, vt_level_to_string(finding->level),
                           finding->path ? finding->path : "(no place)",
                           finding->automatic ? " [mended]" : "");
    if (!finding->automatic || strcmp(finding->rule, rule) == 0)
        g_string_append_printf(out, "      %s\n", finding->message);
}

/* What is about the host stands in no domain's plan; only the cases of such a rule show it. */
static void
dump_host(GString *out, const VtPlan *plan, const char *rule)
{
    for (guint i = 0; i < plan->host_findings->len; i++) {
        const VtFinding *finding = plan->host_findings->pdata[i];
        if (strcmp(finding->rule, rule) == 0)
            g_string_append_printf(out, "\nhost\n  %s %s\n      %s\n", finding->rule,
                                   vt_level_to_string(finding->level), finding->message);
    }
}

static void
dump_conflict(GString *out, const VtConflict *conflict)
{
    g_string_append_printf(out, "  %s\n", conflict->place);
    for (guint i = 0; i < conflict->rules->len; i++)
        g_string_append_printf(out, "      %s wants '%s'\n", (char *)conflict->rules->pdata[i],
                               (char *)conflict->values->pdata[i]);
}

static void
dump_not_considered(GString *out, const VtNotConsidered *entry)
{
    g_string_append_printf(out, "  %s%s%s:", entry->rule, entry->instance ? " " : "",
                           entry->instance ? entry->instance : "");
    for (guint i = 0; i < entry->unknown->len; i++)
        g_string_append_printf(out, " %s", (char *)entry->unknown->pdata[i]);
    g_string_append_c(out, '\n');
}

char *
golden_dump(const VtTuneResult *result, const char *rule)
{
    const VtPlan *plan = result->plan;
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < plan->decisions->len; i++) {
        const VtDecision *decision = plan->decisions->pdata[i];
        if (strcmp(decision->rule->id, rule) == 0)
            dump_decision(out, plan, decision);
    }
    dump_host(out, plan, rule);
    g_string_append(out, "\nchanges\n");
    for (guint i = 0; i < plan->changes->len; i++)
        dump_change(out, plan->changes->pdata[i]);
    g_string_append(out, "\nfindings\n");
    for (guint i = 0; i < plan->findings->len; i++)
        dump_finding(out, plan->findings->pdata[i], rule);
    g_string_append(out, "\nconflicts\n");
    for (guint i = 0; i < plan->conflicts->len; i++)
        dump_conflict(out, plan->conflicts->pdata[i]);
    g_string_append(out, "\nnot considered\n");
    for (guint i = 0; i < plan->not_considered->len; i++)
        dump_not_considered(out, plan->not_considered->pdata[i]);
    for (guint i = 0; i < result->troubles->len; i++)
        g_string_append_printf(out, "%s  %s\n", i ? "" : "\ntroubles\n",
                               (char *)result->troubles->pdata[i]);
    return g_string_free(out, FALSE);
}
