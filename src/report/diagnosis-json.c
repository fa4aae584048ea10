/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In: a diagnosis. Out: JSON with all that the text has. */
#include "report/diagnosis-json.h"

#include <json-glib/json-glib.h>

#include "base/i18n.h"
#include "report/diagnosis-parts.h"
#include "report/json.h"

/* ---- values ---- */

static void
add_count(JsonBuilder *builder, const char *member, guint64 count)
{
    vt_json_add_int(builder, member, (gint64)MIN(count, (guint64)G_MAXINT64));
}

static void
add_number(JsonBuilder *builder, const char *member, double number, bool known)
{
    if (known)
        vt_json_add_double(builder, member, number);
    else
        vt_json_add_null(builder, member);
}

/* ---- what was measured ---- */

/* What an entry is: it has a name, or an address. */
static void
add_entry_members(JsonBuilder *builder, const VtExitCount *entry)
{
    static const char *const accesses[] = {NULL, "read", "write"};
    g_autofree char *address = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", entry->address);

    vt_json_add_string(builder, "name", entry->name);
    vt_json_add_string(builder, "address", entry->name ? NULL : address);
    vt_json_add_string(builder, "access", entry->name ? NULL : accesses[entry->access]);
}

static void
add_entry(JsonBuilder *builder, const VtExitCount *entry)
{
    json_builder_begin_object(builder);
    add_entry_members(builder, entry);
    add_count(builder, "count", entry->count);
    vt_json_add_time(builder, "time_ns", entry->time_ns);
    vt_json_add_time(builder, "max_ns", entry->max_ns);
    json_builder_end_object(builder);
}

static void
add_table(JsonBuilder *builder, const VtExitTable *table)
{
    json_builder_begin_object(builder);
    vt_json_add_string(builder, "kind", vt_exit_kind_to_string(table->kind));
    vt_json_add_string(builder, "origin", table->origin);
    vt_json_begin_array(builder, "entries");
    for (guint i = 0; i < table->counts->len; i++)
        add_entry(builder, table->counts->pdata[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

/* ---- causes ---- */

static void
add_evidence(JsonBuilder *builder, const VtEvidence *evidence)
{
    json_builder_begin_object(builder);
    vt_json_add_string(builder, "kind", vt_exit_kind_to_string(evidence->kind));
    add_entry_members(builder, evidence->entry);
    vt_json_add_string(builder, "region", evidence->region);
    add_count(builder, "count", evidence->count);
    vt_json_add_time(builder, "time_ns", evidence->time_ns);
    json_builder_end_object(builder);
}

static void
add_other(JsonBuilder *builder, const VtCause *cause)
{
    json_builder_begin_object(builder);
    vt_json_add_string(builder, "cause", cause->id);
    vt_json_add_string(builder, "summary", _(cause->summary));
    json_builder_end_object(builder);
}

static void
add_cure(JsonBuilder *builder, const VtCure *cure)
{
    json_builder_begin_object(builder);
    vt_json_add_string(builder, "rule", cure->rule);
    vt_json_add_string(builder, "summary", cure->summary);
    vt_json_add_string(builder, "state", vt_cure_state_to_string(cure->state));
    vt_json_add_string(builder, "why", cure->why);
    json_builder_end_object(builder);
}

static void
add_command(JsonBuilder *builder, const VtCommand *command)
{
    json_builder_begin_object(builder);
    vt_json_add_string(builder, "where", command->in_guest ? "guest" : "host");
    vt_json_add_string(builder, "command", command->command);
    vt_json_add_string(builder, "effect", command->effect);
    json_builder_end_object(builder);
}

static void
add_found_lists(JsonBuilder *builder, const VtCauseFound *found)
{
    vt_json_begin_array(builder, "evidence");
    for (guint i = 0; i < found->evidence->len; i++)
        add_evidence(builder, found->evidence->pdata[i]);
    json_builder_end_array(builder);
    vt_json_begin_array(builder, "others");
    for (guint i = 0; i < found->others->len; i++)
        add_other(builder, found->others->pdata[i]);
    json_builder_end_array(builder);
    vt_json_begin_array(builder, "cures");
    for (guint i = 0; i < found->cures->len; i++)
        add_cure(builder, found->cures->pdata[i]);
    json_builder_end_array(builder);
    vt_json_begin_array(builder, "commands");
    for (guint i = 0; i < found->commands->len; i++)
        add_command(builder, found->commands->pdata[i]);
    json_builder_end_array(builder);
}

static void
add_found(JsonBuilder *builder, const VtDiagnosis *diagnosis, const VtCauseFound *found,
          bool matters)
{
    const VtCause *cause = found->cause;
    g_autoptr(GPtrArray) no_sources = g_ptr_array_new();
    g_autofree char *test = vt_found_test(diagnosis, found);

    json_builder_begin_object(builder);
    vt_json_add_string(builder, "cause", cause ? cause->id : NULL);
    vt_json_add_string(builder, "verdict", cause ? vt_verdict_to_string(cause->verdict) : NULL);
    vt_json_add_bool(builder, "matters", matters);
    vt_json_add_bool(builder, "sure", found->sure);
    vt_json_add_string(builder, "summary", found->summary);
    vt_json_add_string(builder, "device", found->device);
    vt_json_add_string(builder, "reason", found->reason);
    vt_json_add_string(builder, "note", found->note);
    vt_json_add_string(builder, "test", test);
    add_count(builder, "count", found->count);
    vt_json_add_double(builder, "count_share", found->count_share);
    vt_json_add_time(builder, "time_ns", found->time_ns);
    add_number(builder, "time_share", found->time_share, found->time_share >= 0);
    add_found_lists(builder, found);
    vt_json_add_strings(builder, "sources", cause ? cause->sources : no_sources);
    json_builder_end_object(builder);
}

/* ---- what an earlier diagnosis says beside it ---- */

static void
add_row(JsonBuilder *builder, const VtComparisonRow *row)
{
    json_builder_begin_object(builder);
    vt_json_add_string(builder, "kind", vt_exit_kind_to_string(row->kind));
    vt_json_add_string(builder, "label", row->label);
    add_count(builder, "before_count", row->before);
    add_count(builder, "after_count", row->after);
    vt_json_add_time(builder, "before_time_ns", row->before_ns);
    vt_json_add_time(builder, "after_time_ns", row->after_ns);
    json_builder_end_object(builder);
}

static void
add_changed(JsonBuilder *builder, const char *member, const GPtrArray *causes)
{
    vt_json_begin_array(builder, member);
    for (guint i = 0; i < causes->len; i++) {
        const VtCauseFound *found = causes->pdata[i];
        json_builder_begin_object(builder);
        vt_json_add_string(builder, "cause", found->cause ? found->cause->id : NULL);
        vt_json_add_string(builder, "summary", found->summary);
        vt_json_add_bool(builder, "sure", found->sure);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void add_diagnosis(JsonBuilder *builder, const VtDiagnosis *diagnosis);

/* The later side is what all this is a member of. */
static void
add_comparison(JsonBuilder *builder, const VtComparison *comparison, const char *difference)
{
    json_builder_begin_object(builder);
    vt_json_add_bool(builder, "per_second", comparison->per_second);
    vt_json_begin_array(builder, "rows");
    for (guint i = 0; i < comparison->rows->len; i++)
        add_row(builder, comparison->rows->pdata[i]);
    json_builder_end_array(builder);
    add_changed(builder, "gone", comparison->gone);
    add_changed(builder, "come", comparison->come);
    vt_json_add_strings(builder, "now_holds", comparison->now_holds);
    vt_json_add_strings(builder, "no_longer_holds", comparison->no_longer_holds);
    vt_json_add_strings(builder, "remarks", comparison->remarks);
    vt_json_add_string(builder, "difference", difference);
    vt_json_begin_object(builder, "before");
    add_diagnosis(builder, comparison->before.diagnosis);
    json_builder_end_object(builder);
    json_builder_end_object(builder);
}

/* ---- the whole ---- */

static void
add_rates(JsonBuilder *builder, const VtDiagnosis *diagnosis)
{
    double seconds = diagnosis->measurement->seconds;

    add_number(builder, "seconds", seconds, seconds > 0);
    add_count(builder, "count", diagnosis->count);
    add_number(builder, "count_per_second", seconds > 0 ? (double)diagnosis->count / seconds : 0,
               seconds > 0);
    vt_json_add_time(builder, "time_ns", diagnosis->time_ns);
    vt_json_add_time(builder, "sleep_ns", diagnosis->sleep_ns);
}

static void
add_diagnosis(JsonBuilder *builder, const VtDiagnosis *diagnosis)
{
    const VtMeasurement *measurement = diagnosis->measurement;
    guint matters = vt_diagnosis_matters(diagnosis);

    add_rates(builder, diagnosis);
    vt_json_begin_array(builder, "causes");
    for (guint i = 0; i < diagnosis->causes->len; i++)
        add_found(builder, diagnosis, diagnosis->causes->pdata[i], i < matters);
    json_builder_end_array(builder);
    vt_json_add_strings(builder, "remarks", diagnosis->remarks);
    vt_json_add_strings(builder, "lost", measurement->lost);
    vt_json_begin_array(builder, "tables");
    for (guint i = 0; i < measurement->tables->len; i++)
        add_table(builder, measurement->tables->pdata[i]);
    json_builder_end_array(builder);
}

char *
vt_diagnosis_to_json(const VtDiagnosis *diagnosis, const VtDiagnosisView *view)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    vt_json_add_string(builder, "domain", view->domain);
    vt_json_add_string(builder, "apply", view->apply);
    add_diagnosis(builder, diagnosis);
    vt_json_add_disks(builder, view->disks);
    if (view->comparison) {
        json_builder_set_member_name(builder, "comparison");
        add_comparison(builder, view->comparison, view->difference);
    } else {
        vt_json_add_null(builder, "comparison");
    }
    json_builder_end_object(builder);
    return vt_json_text(builder);
}
