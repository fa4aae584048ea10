/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/json.h"

#include "base/i18n.h"

/* Names come from files, and JSON is UTF-8. */
static void
add_text(JsonBuilder *builder, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    json_builder_add_string_value(builder, valid);
}

void
vt_json_add_string(JsonBuilder *builder, const char *member, const char *value)
{
    json_builder_set_member_name(builder, member);
    if (value)
        add_text(builder, value);
    else
        json_builder_add_null_value(builder);
}

void
vt_json_add_bool(JsonBuilder *builder, const char *member, bool value)
{
    json_builder_set_member_name(builder, member);
    json_builder_add_boolean_value(builder, value);
}

void
vt_json_add_int(JsonBuilder *builder, const char *member, gint64 value)
{
    json_builder_set_member_name(builder, member);
    json_builder_add_int_value(builder, value);
}

void
vt_json_add_double(JsonBuilder *builder, const char *member, double value)
{
    json_builder_set_member_name(builder, member);
    json_builder_add_double_value(builder, value);
}

void
vt_json_add_null(JsonBuilder *builder, const char *member)
{
    json_builder_set_member_name(builder, member);
    json_builder_add_null_value(builder);
}

void
vt_json_add_time(JsonBuilder *builder, const char *member, gint64 time_ns)
{
    if (time_ns >= 0)
        vt_json_add_int(builder, member, time_ns);
    else
        vt_json_add_null(builder, member);
}

void
vt_json_begin_object(JsonBuilder *builder, const char *member)
{
    json_builder_set_member_name(builder, member);
    json_builder_begin_object(builder);
}

void
vt_json_begin_array(JsonBuilder *builder, const char *member)
{
    json_builder_set_member_name(builder, member);
    json_builder_begin_array(builder);
}

void
vt_json_add_strings(JsonBuilder *builder, const char *member, const GPtrArray *values)
{
    vt_json_begin_array(builder, member);
    for (guint i = 0; i < values->len; i++)
        add_text(builder, values->pdata[i]);
    json_builder_end_array(builder);
}

/* What could not be looked at; nothing to read for whoever looks for findings alone. */
static void
add_troubles(JsonBuilder *builder, const VtTuneResult *result)
{
    if (result->troubles->len > 0)
        vt_json_add_strings(builder, "troubles", result->troubles);
}

static void
begin_domain(JsonBuilder *builder, const char *name, const char *source)
{
    json_builder_begin_object(builder);
    vt_json_add_string(builder, "name", name);
    vt_json_add_string(builder, "source", source);
}

static void
add_not_considered(JsonBuilder *builder, const VtPlan *plan)
{
    vt_json_begin_array(builder, "not_considered");
    for (guint i = 0; i < plan->not_considered->len; i++) {
        const VtNotConsidered *entry = plan->not_considered->pdata[i];
        json_builder_begin_object(builder);
        vt_json_add_string(builder, "rule", entry->rule);
        if (entry->instance)
            vt_json_add_string(builder, "instance", entry->instance);
        vt_json_add_strings(builder, "unknown", entry->unknown);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void
add_conflicts(JsonBuilder *builder, const VtPlan *plan)
{
    vt_json_begin_array(builder, "conflicts");
    for (guint i = 0; i < plan->conflicts->len; i++) {
        const VtConflict *conflict = plan->conflicts->pdata[i];
        json_builder_begin_object(builder);
        vt_json_add_string(builder, "path", conflict->place);
        vt_json_add_strings(builder, "rules", conflict->rules);
        vt_json_add_strings(builder, "values", conflict->values);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

void
vt_json_add_check(JsonBuilder *builder, const char *name, const char *source,
                  const VtTuneResult *result)
{
    const VtPlan *plan = result->plan;

    begin_domain(builder, name, source);
    vt_json_begin_array(builder, "findings");
    for (guint i = 0; i < plan->findings->len; i++) {
        const VtFinding *finding = plan->findings->pdata[i];
        json_builder_begin_object(builder);
        vt_json_add_string(builder, "rule", finding->rule);
        vt_json_add_string(builder, "level", vt_level_to_string(finding->level));
        vt_json_add_string(builder, "scope", vt_scope_to_string(finding->scope));
        vt_json_add_string(builder, "path", finding->path);
        vt_json_add_string(builder, "message", finding->message);
        vt_json_add_string(builder, "fix", finding->automatic ? "auto" : "advice");
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    if (plan->conflicts->len > 0)
        add_conflicts(builder, plan);
    add_not_considered(builder, plan);
    add_troubles(builder, result);
    json_builder_end_object(builder);
}

void
vt_json_add_host(JsonBuilder *builder, const VtHostReport *report)
{
    vt_json_begin_object(builder, "host");
    vt_json_begin_array(builder, "findings");
    for (guint i = 0; i < report->findings->len; i++) {
        const VtHostFinding *finding = report->findings->pdata[i];
        json_builder_begin_object(builder);
        vt_json_add_string(builder, "rule", finding->rule);
        vt_json_add_string(builder, "level", vt_level_to_string(finding->level));
        vt_json_add_string(builder, "message", finding->message);
        vt_json_add_strings(builder, "domains", finding->domains);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

void
vt_json_add_change(JsonBuilder *builder, const VtChange *change)
{
    json_builder_begin_object(builder);
    vt_json_add_string(builder, "rule", change->rule);
    vt_json_add_string(builder, "path", change->place->text);
    vt_json_add_string(builder, "before", change->before);
    vt_json_add_string(builder, "after", change->after);
    vt_json_add_string(builder, "reason", change->reason);
    vt_json_add_string(builder, "scope", vt_scope_to_string(change->scope));
    vt_json_add_string(builder, "effect", vt_effect_to_string(change->effect));
    json_builder_end_object(builder);
}

void
vt_json_add_diff(JsonBuilder *builder, const char *name, const char *source,
                 const VtTuneResult *result)
{
    const VtPlan *plan = result->plan;

    begin_domain(builder, name, source);
    vt_json_begin_array(builder, "changes");
    for (guint i = 0; i < plan->changes->len; i++)
        vt_json_add_change(builder, plan->changes->pdata[i]);
    json_builder_end_array(builder);
    add_conflicts(builder, plan);
    add_not_considered(builder, plan);
    add_troubles(builder, result);
    json_builder_end_object(builder);
}

/* ---- facts ---- */

static void add_value(JsonBuilder *builder, const VtFact *fact);

void
vt_json_add_fact(JsonBuilder *builder, const VtFact *fact)
{
    json_builder_begin_object(builder);
    vt_json_add_string(builder, "fact", fact->info->name);
    json_builder_set_member_name(builder, "known");
    json_builder_add_boolean_value(builder, fact->known);
    json_builder_set_member_name(builder, "value");
    add_value(builder, fact);
    vt_json_add_string(builder, "unit", fact->info->unit);
    vt_json_add_string(builder, "origin", fact->origin);
    json_builder_end_object(builder);
}

static void
add_fact(const VtFact *fact, gpointer data)
{
    vt_json_add_fact(data, fact);
}

static void
add_value(JsonBuilder *builder, const VtFact *fact)
{
    if (!fact->known) {
        json_builder_add_null_value(builder);
        return;
    }
    switch (fact->info->type) {
    case VT_FACT_BOOL:
        json_builder_add_boolean_value(builder, fact->number != 0);
        break;
    case VT_FACT_INT:
        json_builder_add_int_value(builder, fact->number);
        break;
    case VT_FACT_STRING:
        json_builder_add_string_value(builder, fact->string);
        break;
    case VT_FACT_SET:
        json_builder_begin_array(builder);
        for (guint i = 0; i < fact->strings->len; i++)
            json_builder_add_string_value(builder, fact->strings->pdata[i]);
        json_builder_end_array(builder);
        break;
    case VT_FACT_RECORDS:
        json_builder_begin_array(builder);
        for (guint i = 0; i < fact->records->len; i++) {
            json_builder_begin_array(builder);
            vt_facts_foreach(fact->records->pdata[i], add_fact, builder);
            json_builder_end_array(builder);
        }
        json_builder_end_array(builder);
        break;
    }
}

void
vt_json_add_facts(JsonBuilder *builder, const char *name, const char *source, const VtFacts *facts)
{
    begin_domain(builder, name, source);
    vt_json_begin_array(builder, "facts");
    for (; facts; facts = vt_facts_parent(facts))
        vt_facts_foreach(facts, add_fact, builder);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

void
vt_json_add_rule_members(JsonBuilder *builder, const VtRule *rule)
{
    vt_json_add_string(builder, "rule", rule->id);
    vt_json_add_string(builder, "level", vt_level_to_string(rule->level));
    vt_json_add_string(builder, "scope", vt_scope_to_string(rule->scope));
    vt_json_add_string(builder, "effect", vt_effect_to_string(rule->effect));
    vt_json_add_string(builder, "summary", _(rule->summary));
    vt_json_add_string(builder, "reason", _(rule->reason));
    vt_json_add_string(builder, "cost", rule->cost ? _(rule->cost) : NULL);
    vt_json_add_strings(builder, "needs", rule->needs);
    vt_json_add_strings(builder, "sources", rule->sources);
    vt_json_add_string(builder, "file", rule->file);
}

void
vt_json_add_rule(JsonBuilder *builder, const VtRule *rule)
{
    json_builder_begin_object(builder);
    vt_json_add_rule_members(builder, rule);
    json_builder_end_object(builder);
}

/* ---- status ---- */

void
vt_json_add_status(JsonBuilder *builder, const VtStatus *status)
{
    json_builder_begin_object(builder);
    vt_json_add_string(builder, "name", status->name);
    vt_json_add_bool(builder, "active", status->active);
    vt_json_add_bool(builder, "persistent", status->persistent);
    vt_json_add_bool(builder, "managed_save", status->saved);
    vt_json_add_string(builder, "managed_by", status->managed_by);
    vt_json_begin_array(builder, "memory_snapshots");
    for (guint i = 0; status->snapshots[i]; i++)
        json_builder_add_string_value(builder, status->snapshots[i]);
    json_builder_end_array(builder);
    vt_json_begin_array(builder, "changes");
    for (guint i = 0; i < status->entries->len; i++) {
        const VtStatusEntry *entry = status->entries->pdata[i];
        json_builder_begin_object(builder);
        vt_json_add_string(builder, "standing", vt_standing_to_string(entry->standing));
        vt_json_add_string(builder, "rule", entry->rule);
        if (entry->instance)
            vt_json_add_string(builder, "instance", entry->instance);
        vt_json_add_string(builder, "path", entry->path);
        vt_json_add_string(builder, entry->standing == VT_STANDING_BY_OWNER ? "message" : "value",
                           entry->value);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

char *
vt_json_text(JsonBuilder *builder)
{
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autofree char *text = json_to_string(root, TRUE);

    return g_strconcat(text, "\n", NULL);
}
