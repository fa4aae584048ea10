/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: a comparison. Out: pairs of bars on one scale.
 * Law: the pairs of a table add up to the table on both sides, whatever the limit.
 */
#include <math.h>

#include "base/i18n.h"
#include "base/printable.h"
#include "report/comparison-parts.h"

static void
pair_free(gpointer data)
{
    VtPair *pair = data;

    g_free(pair->label);
    g_free(pair);
}

static void
table_free(gpointer data)
{
    VtPairTable *table = data;

    g_free(table->title);
    g_ptr_array_unref(table->pairs);
    g_free(table);
}

/* ---- what to think of an entry ---- */

static char *
make_key(VtExitKind kind, const char *label)
{
    return g_strdup_printf("%u %s", kind, label);
}

/* By key, a VtTone. Causes that matter come first in a diagnosis, and speak for what several
 * share. */
static GHashTable *
collect_tones(const VtDiagnosis *diagnosis)
{
    GHashTable *tones = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < diagnosis->causes->len; i++) {
        const VtCauseFound *found = diagnosis->causes->pdata[i];
        for (guint j = 0; j < found->evidence->len; j++) {
            const VtEvidence *evidence = found->evidence->pdata[j];
            g_autofree char *label = vt_exit_count_label(evidence->entry);
            g_autofree char *key = make_key(evidence->kind, label);

            if (!g_hash_table_contains(tones, key))
                g_hash_table_insert(tones, g_steal_pointer(&key),
                                    GUINT_TO_POINTER(vt_found_tone(found)));
        }
    }
    return tones;
}

typedef struct {
    const VtComparison *comparison;
    GHashTable *before, *after; /* tones */
    guint limit;
} Pairing;

G_STATIC_ASSERT(VT_TONE_PLAIN == 0); /* of what no cause has */

static VtTone
tone_of(GHashTable *tones, const VtComparisonRow *row)
{
    g_autofree char *key = make_key(row->kind, row->label);

    return (VtTone)GPOINTER_TO_UINT(g_hash_table_lookup(tones, key));
}

/* ---- pairs ---- */

static double
rate(double value, double seconds)
{
    return value < 0 ? -1 : value / seconds;
}

static VtPair *
make_pair(const Pairing *pairing, const VtComparisonRow *row, bool is_time)
{
    const VtComparison *comparison = pairing->comparison;
    VtPair *pair = g_new0(VtPair, 1);

    pair->label = vt_printable(row->label, false);
    pair->before =
        rate(is_time ? (double)row->before_ns : (double)row->before, comparison->before_seconds);
    pair->after =
        rate(is_time ? (double)row->after_ns : (double)row->after, comparison->after_seconds);
    pair->before_tone = tone_of(pairing->before, row);
    pair->after_tone = tone_of(pairing->after, row);
    return pair;
}

static bool
is_sleep(const VtPair *pair)
{
    return pair->before_tone == VT_TONE_SLEEP || pair->after_tone == VT_TONE_SLEEP;
}

static gint
by_difference(gconstpointer a, gconstpointer b)
{
    const VtPair *one = *(VtPair *const *)a, *other = *(VtPair *const *)b;
    double mine = fabs(one->before - one->after), theirs = fabs(other->before - other->after);

    return mine < theirs ? 1 : mine > theirs ? -1 : 0;
}

static double
add(double one, double other)
{
    return one < 0 || other < 0 ? -1 : one + other;
}

static void
sum_up(GPtrArray *pairs, guint limit)
{
    VtPair *sum;

    if (pairs->len <= limit)
        return;
    sum = g_new0(VtPair, 1);
    sum->label = g_strdup_printf(_("%u others"), pairs->len - (limit - 1));
    for (guint i = limit - 1; i < pairs->len; i++) {
        const VtPair *pair = pairs->pdata[i];
        sum->before = add(sum->before, pair->before);
        sum->after = add(sum->after, pair->after);
    }
    g_ptr_array_set_size(pairs, (gint)limit - 1);
    g_ptr_array_add(pairs, sum);
}

/* ---- tables ---- */

static char *
make_title(const VtComparison *comparison, VtExitKind kind, bool is_time)
{
    const char *what = is_time ? (comparison->per_second ? _("of one CPU") : _("handling time"))
                               : (comparison->per_second ? _("exits a second") : _("exits"));

    return g_strdup_printf(_("%s, %s"), vt_exit_kind_title(kind), what);
}

static void
add_table(GPtrArray *tables, const Pairing *pairing, VtExitKind kind, bool is_time)
{
    const VtComparison *comparison = pairing->comparison;
    VtPairTable *table = g_new0(VtPairTable, 1);

    table->title = make_title(comparison, kind, is_time);
    table->is_time = is_time;
    table->per_second = comparison->per_second;
    table->pairs = g_ptr_array_new_with_free_func(pair_free);
    for (guint i = 0; i < comparison->rows->len; i++) {
        const VtComparisonRow *row = comparison->rows->pdata[i];
        VtPair *pair = row->kind == kind ? make_pair(pairing, row, is_time) : NULL;

        if (pair && (pair->before > 0 || pair->after > 0) && !(is_time && is_sleep(pair)))
            g_ptr_array_add(table->pairs, pair);
        else if (pair)
            pair_free(pair);
    }
    g_ptr_array_sort(table->pairs, by_difference);
    sum_up(table->pairs, pairing->limit);
    for (guint i = 0; i < table->pairs->len; i++) {
        const VtPair *pair = table->pairs->pdata[i];
        table->greatest = MAX(table->greatest, MAX(pair->before, pair->after));
    }
    if (table->pairs->len > 0)
        g_ptr_array_add(tables, table);
    else
        table_free(table);
}

GPtrArray *
vt_comparison_pairs(const VtComparison *comparison, guint limit)
{
    g_autoptr(GHashTable) before = collect_tones(comparison->before.diagnosis);
    g_autoptr(GHashTable) after = collect_tones(comparison->after.diagnosis);
    const Pairing pairing = {comparison, before, after, limit};
    GPtrArray *tables = g_ptr_array_new_with_free_func(table_free);

    for (VtExitKind kind = 0; kind < VT_EXIT_KINDS; kind++) {
        add_table(tables, &pairing, kind, false);
        if (kind == VT_EXITS_BY_REASON)
            add_table(tables, &pairing, kind, true);
    }
    return tables;
}
