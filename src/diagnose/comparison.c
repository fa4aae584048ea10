/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose/comparison.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/i18n.h"
#include "diagnose/exits.h"

static void
row_free(gpointer data)
{
    VtComparisonRow *row = data;

    g_free(row->label);
    g_free(row);
}

void
vt_comparison_free(VtComparison *comparison)
{
    if (!comparison)
        return;
    g_ptr_array_unref(comparison->rows);
    g_ptr_array_unref(comparison->gone);
    g_ptr_array_unref(comparison->come);
    g_ptr_array_unref(comparison->now_holds);
    g_ptr_array_unref(comparison->no_longer_holds);
    g_ptr_array_unref(comparison->remarks);
    g_free(comparison);
}

/* ---- which tables can be held side by side ---- */

/* Whether the table of reasons says that a table of @kind would be empty. */
static bool
is_known_empty(const VtMeasurement *measurement, VtExitKind kind)
{
    const VtExitTable *reasons = vt_measurement_find(measurement, VT_EXITS_BY_REASON);

    if (!reasons || kind == VT_EXITS_BY_REASON || kind == VT_EXITS_COUNTER)
        return false;
    for (guint i = 0; i < reasons->counts->len; i++) {
        const VtExitCount *reason = reasons->counts->pdata[i];
        if (reason->count > 0 && vt_exit_finer_kind(reason->name, VT_EXITS_BY_REASON) == kind)
            return false;
    }
    return true;
}

static bool
tells_of(const VtMeasurement *measurement, VtExitKind kind)
{
    return vt_measurement_find(measurement, kind) || is_known_empty(measurement, kind);
}

static bool
is_comparable(const VtComparison *comparison, VtExitKind kind)
{
    return tells_of(comparison->before.diagnosis->measurement, kind) &&
           tells_of(comparison->after.diagnosis->measurement, kind);
}

/* ---- rows ---- */

static GHashTable *
index_of(const VtExitTable *table)
{
    GHashTable *index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; table && i < table->counts->len; i++) {
        VtExitCount *count = table->counts->pdata[i];
        g_hash_table_insert(index, vt_exit_count_label(count), count);
    }
    return index;
}

/* What is not in a table took no time, unless that table has no times at all. */
static void
fill(const VtExitCount *count, const VtExitTable *table, guint64 *ret_count, gint64 *ret_ns)
{
    *ret_count = count ? count->count : 0;
    if (count)
        *ret_ns = count->time_ns;
    else
        *ret_ns = table && table->time_ns == VT_TIME_UNKNOWN ? VT_TIME_UNKNOWN : 0;
}

static void
add_row(VtComparison *comparison, const char *label, VtExitKind kind, const VtExitCount *before,
        const VtExitCount *after)
{
    const VtMeasurement *one = comparison->before.diagnosis->measurement;
    const VtMeasurement *other = comparison->after.diagnosis->measurement;
    VtComparisonRow *row = g_new0(VtComparisonRow, 1);

    row->kind = kind;
    row->label = g_strdup(label);
    fill(before, vt_measurement_find(one, kind), &row->before, &row->before_ns);
    fill(after, vt_measurement_find(other, kind), &row->after, &row->after_ns);
    g_ptr_array_add(comparison->rows, row);
}

static void
add_rows(VtComparison *comparison, VtExitKind kind)
{
    g_autoptr(GHashTable) before =
        index_of(vt_measurement_find(comparison->before.diagnosis->measurement, kind));
    g_autoptr(GHashTable) after =
        index_of(vt_measurement_find(comparison->after.diagnosis->measurement, kind));
    GHashTableIter iter;
    gpointer label, count;

    g_hash_table_iter_init(&iter, before);
    while (g_hash_table_iter_next(&iter, &label, &count))
        add_row(comparison, label, kind, count, g_hash_table_lookup(after, label));
    g_hash_table_iter_init(&iter, after);
    while (g_hash_table_iter_next(&iter, &label, &count)) {
        if (!g_hash_table_contains(before, label))
            add_row(comparison, label, kind, NULL, count);
    }
}

static double
difference(const VtComparison *comparison, const VtComparisonRow *row)
{
    return fabs((double)row->before / comparison->before_seconds -
                (double)row->after / comparison->after_seconds);
}

static gint
by_difference(gconstpointer a, gconstpointer b, gpointer data)
{
    const VtComparisonRow *one = *(VtComparisonRow *const *)a;
    const VtComparisonRow *other = *(VtComparisonRow *const *)b;
    double mine = difference(data, one), theirs = difference(data, other);

    if (one->kind != other->kind)
        return one->kind < other->kind ? -1 : 1;
    if (mine > theirs || mine < theirs)
        return mine > theirs ? -1 : 1;
    return strcmp(one->label, other->label);
}

/* ---- causes ---- */

static guint64
count_of_cause(const VtDiagnosis *diagnosis, const char *id)
{
    for (guint i = 0; i < diagnosis->causes->len; i++) {
        const VtCauseFound *found = diagnosis->causes->pdata[i];
        if (found->cause && strcmp(found->cause->id, id) == 0)
            return found->count;
    }
    return 0;
}

static guint64
count_of_entry(const VtMeasurement *measurement, VtExitKind kind, const VtExitCount *like)
{
    const VtExitTable *table = vt_measurement_find(measurement, kind);

    for (guint i = 0; table && i < table->counts->len; i++) {
        const VtExitCount *entry = table->counts->pdata[i];
        if (entry->address == like->address && entry->access == like->access &&
            g_strcmp0(entry->name, like->name) == 0)
            return entry->count;
    }
    return 0;
}

static guint64
count_of_evidence(const VtMeasurement *measurement, const VtCauseFound *found)
{
    guint64 count = 0;

    for (guint i = 0; i < found->evidence->len; i++) {
        const VtEvidence *evidence = found->evidence->pdata[i];
        count += count_of_entry(measurement, evidence->kind, evidence->entry);
    }
    return count;
}

static bool
could_be_shown(const VtComparison *comparison, const VtCauseFound *found)
{
    for (guint i = 0; i < found->evidence->len; i++) {
        const VtEvidence *evidence = found->evidence->pdata[i];
        if (!is_comparable(comparison, evidence->kind))
            return false;
    }
    return true;
}

/* Exits that only one side has tell more than exits do by themselves: what may be a cause is
 * weighed as if it were. */
static bool
matters(const VtCauseFound *found)
{
    if (!found->small)
        return true;
    return !found->sure && found->cause->matters_from != VT_MATTERS_UNSAID &&
           MAX(found->count_share, found->time_share) >= found->cause->matters_from;
}

/* A cause that is not sure is one of several that the same exits may have, and which of them were
 * named may hang on what else was known. So it must be the exits that the other side lacks. */
static bool
is_of_one_side(const VtComparison *comparison, const VtCauseFound *found, double seconds,
               const VtDiagnosis *other, double other_seconds)
{
    guint64 left;

    if (!found->cause || !matters(found) || !could_be_shown(comparison, found))
        return false;
    left = count_of_cause(other, found->cause->id);
    if (!found->sure)
        left = MAX(left, count_of_evidence(other->measurement, found));
    return (double)left / other_seconds * VT_COMPARISON_NEARLY < (double)found->count / seconds;
}

static void
find_causes(VtComparison *comparison)
{
    const VtDiagnosis *before = comparison->before.diagnosis, *after = comparison->after.diagnosis;
    double had = comparison->before_seconds, has = comparison->after_seconds;

    comparison->gone = g_ptr_array_new();
    comparison->come = g_ptr_array_new();
    for (guint i = 0; i < before->causes->len; i++) {
        if (is_of_one_side(comparison, before->causes->pdata[i], had, after, has))
            g_ptr_array_add(comparison->gone, before->causes->pdata[i]);
    }
    for (guint i = 0; i < after->causes->len; i++) {
        if (is_of_one_side(comparison, after->causes->pdata[i], has, before, had))
            g_ptr_array_add(comparison->come, after->causes->pdata[i]);
    }
}

/* ---- rules ---- */

static bool
has_text(GPtrArray *texts, const char *text)
{
    return g_ptr_array_find_with_equal_func(texts, text, g_str_equal, NULL);
}

/* Returns: what @one keeps and @other does not; nothing where one of them is not known. */
static GPtrArray *
rules_of_one_side(const VtComparisonSide *one, const VtComparisonSide *other)
{
    GPtrArray *rules = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; one->plan && other->plan && i < one->plan->decisions->len; i++) {
        const VtDecision *decision = one->plan->decisions->pdata[i];
        const char *id = decision->rule->id;
        if (vt_decision_is_in_force(decision) && !has_text(rules, id) &&
            vt_plan_keeps(one->plan, id) && !vt_plan_keeps(other->plan, id))
            g_ptr_array_add(rules, g_strdup(id));
    }
    return rules;
}

VtDue
vt_comparison_due(const char *const *rules, const VtPlan *before, const VtPlan *running,
                  const VtPlan *stored)
{
    VtDue due = VT_DUE_NEVER;

    for (; *rules; rules++) {
        if (vt_plan_keeps(before, *rules))
            continue;
        if (vt_plan_keeps(running, *rules))
            due = VT_DUE_NOW;
        else if (vt_plan_keeps(stored, *rules))
            return VT_DUE_LATER;
    }
    return due;
}

/* ---- remarks ---- */

static void
remark(VtComparison *comparison, char *sentence)
{
    g_ptr_array_add(comparison->remarks, sentence);
}

/* By UUID, or by name where a file has none. */
static bool
are_two(const VtFacts *before, const VtFacts *after)
{
    const char *one = vt_facts_get_string(before, "domain.uuid");
    const char *other = vt_facts_get_string(after, "domain.uuid");

    if (!one || !other) {
        one = vt_facts_get_string(before, "domain.name");
        other = vt_facts_get_string(after, "domain.name");
    }
    return one && other && strcmp(one, other) != 0;
}

static void
remark_on_guests(VtComparison *comparison)
{
    const VtFacts *before = comparison->before.facts, *after = comparison->after.facts;
    gint64 had = 0, has = 0;

    if (before && after && are_two(before, after))
        remark(comparison, g_strdup_printf(_("these are two guests, '%s' before and '%s' after: "
                                             "what differs need not be due to what was changed"),
                                           vt_facts_get_string(before, "domain.name"),
                                           vt_facts_get_string(after, "domain.name")));
    if (before && after && vt_facts_get_int(before, "domain.vcpus", &had) &&
        vt_facts_get_int(after, "domain.vcpus", &has) && had != has)
        remark(comparison, g_strdup_printf(_("the guest had %" PRId64 " vCPUs before and has "
                                             "%" PRId64 " now, and each has exits of its own"),
                                           had, has));
}

static void
remark_on_windows(VtComparison *comparison)
{
    /* where one is so much shorter, what happens now and then is in one of them alone */
    enum { LONGER = 3 };
    double before = comparison->before.diagnosis->measurement->seconds;
    double after = comparison->after.diagnosis->measurement->seconds;

    if (!comparison->per_second)
        remark(comparison,
               g_strdup(_("how long was measured is not known of both: the counts are compared as "
                          "they are, which is only right if it was equally long; --seconds "
                          "says how long")));
    else if (before > after * LONGER || after > before * LONGER)
        remark(comparison,
               g_strdup_printf(_("%.4g seconds were measured before and %.4g after: what happens "
                                 "rarely may be in one of them by chance"),
                               before, after));
}

/* Of all its vCPUs' time, 0 to 1; negative = unknown. */
static double
sleep_share(const VtComparisonSide *side)
{
    double seconds = side->diagnosis->measurement->seconds;
    gint64 vcpus = 0;

    if (side->facts)
        vt_facts_get_int(side->facts, "domain.vcpus", &vcpus);
    if (vcpus < 1 || !(seconds > 0) || side->diagnosis->sleep_ns == VT_TIME_UNKNOWN)
        return -1;
    return MIN(1, (double)side->diagnosis->sleep_ns / 1e9 / seconds / (double)vcpus);
}

static void
remark_on_work(VtComparison *comparison)
{
    const double much = 0.25;
    double before = sleep_share(&comparison->before), after = sleep_share(&comparison->after);
    bool idle_before = comparison->before.diagnosis->count == 0;
    bool idle_after = comparison->after.diagnosis->count == 0;

    if (idle_before != idle_after)
        remark(comparison,
               g_strdup(idle_before ? _("no exit at all was counted before: did the guest run?")
                                    : _("no exit at all was counted after: does the guest run?")));
    if (before >= 0 && after >= 0 && fabs(before - after) >= much)
        remark(
            comparison,
            g_strdup_printf(_("the vCPUs slept %.0f %% of the time before and %.0f %% after: the "
                              "guest had another amount of work to do, and that changes its "
                              "exits more than any setting"),
                            before * 100, after * 100));
}

static void
remark_on_tables(VtComparison *comparison)
{
    for (int kind = 0; kind < VT_EXIT_KINDS; kind++) {
        const char *word = vt_exit_kind_to_string((VtExitKind)kind);
        bool had = vt_measurement_find(comparison->before.diagnosis->measurement, (VtExitKind)kind);
        bool has = vt_measurement_find(comparison->after.diagnosis->measurement, (VtExitKind)kind);

        if (had == has || is_comparable(comparison, (VtExitKind)kind))
            continue;
        remark(comparison,
               g_strdup_printf(had ? _("there is a table of '%s' from before and none from after: "
                                       "what became of it is not known")
                                   : _("there is a table of '%s' from after and none from before: "
                                       "how it was then is not known"),
                               word));
    }
}

/* ---- all of it ---- */

VtComparison *
vt_compare(const VtComparisonSide *before, const VtComparisonSide *after)
{
    VtComparison *comparison = g_new0(VtComparison, 1);
    double had = before->diagnosis->measurement->seconds;
    double has = after->diagnosis->measurement->seconds;

    comparison->before = *before;
    comparison->after = *after;
    comparison->per_second = had > 0 && has > 0;
    comparison->before_seconds = comparison->per_second ? had : 1;
    comparison->after_seconds = comparison->per_second ? has : 1;
    comparison->rows = g_ptr_array_new_with_free_func(row_free);
    for (int kind = 0; kind < VT_EXIT_KINDS; kind++) {
        if (is_comparable(comparison, (VtExitKind)kind))
            add_rows(comparison, (VtExitKind)kind);
    }
    g_ptr_array_sort_with_data(comparison->rows, by_difference, comparison);
    find_causes(comparison);
    comparison->now_holds = rules_of_one_side(after, before);
    comparison->no_longer_holds = rules_of_one_side(before, after);
    comparison->remarks = g_ptr_array_new_with_free_func(g_free);
    remark_on_guests(comparison);
    remark_on_windows(comparison);
    remark_on_work(comparison);
    remark_on_tables(comparison);
    return comparison;
}
