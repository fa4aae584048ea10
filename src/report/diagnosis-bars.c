/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: a diagnosis. Out: its tables as bars, all on one scale: a port's share is one of all exits,
 * as that of a reason is.
 * Law: the bars of a table add up to the table, whatever the limit.
 */
#include "base/i18n.h"
#include "base/printable.h"
#include "report/diagnosis-parts.h"

static const char *const titles[VT_EXIT_KINDS] = {
    [VT_EXITS_BY_REASON] = N_("By reason"),       [VT_EXITS_BY_PORT] = N_("By I/O port"),
    [VT_EXITS_BY_MMIO] = N_("By memory address"), [VT_EXITS_BY_MSR] = N_("By MSR"),
    [VT_EXITS_COUNTER] = N_("By KVM's counters"),
};

const char *
vt_exit_kind_title(VtExitKind kind)
{
    return _(titles[kind]);
}

static void
bar_free(gpointer data)
{
    VtBar *bar = data;

    g_free(bar->label);
    g_free(bar);
}

static void
table_free(gpointer data)
{
    VtBarTable *table = data;

    g_ptr_array_unref(table->bars);
    g_free(table);
}

VtTone
vt_found_tone(const VtCauseFound *found)
{
    if (!found->cause)
        return VT_TONE_UNKNOWN;
    switch (found->cause->verdict) {
    case VT_VERDICT_TROUBLE:
        return found->small ? VT_TONE_NORMAL : VT_TONE_TROUBLE;
    case VT_VERDICT_NORMAL:
        return VT_TONE_NORMAL;
    case VT_VERDICT_SLEEP:
        return VT_TONE_SLEEP;
    }
    return VT_TONE_UNKNOWN;
}

/* What can be mended, and what somebody should find out about. */
static bool
matters(const VtCauseFound *found)
{
    VtTone tone = vt_found_tone(found);

    return tone == VT_TONE_TROUBLE || (tone == VT_TONE_UNKNOWN && !found->small);
}

guint
vt_diagnosis_matters(const VtDiagnosis *diagnosis)
{
    guint count = 0;

    while (count < VT_DIAGNOSIS_SHOWN && count < diagnosis->causes->len &&
           matters(diagnosis->causes->pdata[count]))
        count++;
    return count;
}

/* ---- which causes an entry shows ---- */

typedef struct {
    VtTone tone;
    unsigned number;
    guint64 count;  /* of the part that decided the tone */
    gint64 time_ns; /* of all parts */
    const char *region;
} Meaning;

static void
add_meaning(GHashTable *meanings, const VtEvidence *evidence, VtTone tone, unsigned number)
{
    Meaning *meaning = g_hash_table_lookup(meanings, evidence->entry);

    if (!meaning) {
        meaning = g_new0(Meaning, 1);
        g_hash_table_insert(meanings, (gpointer)evidence->entry, meaning);
    }
    meaning->time_ns = meaning->time_ns < 0 || evidence->time_ns < 0
                           ? VT_TIME_UNKNOWN
                           : meaning->time_ns + evidence->time_ns;
    meaning->region = meaning->region ? meaning->region : evidence->region;
    if (evidence->count < meaning->count)
        return;
    meaning->count = evidence->count;
    meaning->tone = tone;
    meaning->number = number;
}

/* Of an entry that several causes share, the greatest part speaks. */
static GHashTable *
collect_meanings(const VtDiagnosis *diagnosis)
{
    GHashTable *meanings = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    guint matters = vt_diagnosis_matters(diagnosis);

    for (guint i = 0; i < diagnosis->causes->len; i++) {
        const VtCauseFound *found = diagnosis->causes->pdata[i];
        for (guint j = 0; j < found->evidence->len; j++)
            add_meaning(meanings, found->evidence->pdata[j], vt_found_tone(found),
                        i < matters ? i + 1 : 0);
    }
    return meanings;
}

/* ---- bars ---- */

static double
share_of(double part, double whole)
{
    return whole > 0 ? CLAMP(part / whole, 0, 1) : 0;
}

/* Reasons take what was measured. For ports and the like the diagnosis knows better: the kernel
 * times them from another place than the exits. */
static gint64
entry_time(const VtExitTable *table, const VtExitCount *entry, const Meaning *meaning)
{
    if (table->kind == VT_EXITS_BY_REASON || !meaning)
        return entry->time_ns;
    return meaning->time_ns;
}

static char *
entry_label(const VtExitCount *entry, const Meaning *meaning)
{
    g_autofree char *label = vt_exit_count_label(entry);
    g_autofree char *named =
        meaning && meaning->region ? g_strdup_printf("%s (%s)", label, meaning->region) : NULL;

    return vt_printable(named ? named : label, false);
}

static VtBar *
make_bar(const VtDiagnosis *diagnosis, const VtExitTable *table, const VtExitCount *entry,
         const Meaning *meaning)
{
    VtBar *bar = g_new0(VtBar, 1);

    bar->label = entry_label(entry, meaning);
    bar->tone = meaning ? meaning->tone : VT_TONE_PLAIN;
    bar->number = meaning ? meaning->number : 0;
    bar->count = entry->count;
    bar->count_share = share_of((double)entry->count, (double)diagnosis->count);
    bar->time_ns = entry_time(table, entry, meaning);
    bar->time_share = bar->time_ns < 0 || diagnosis->time_ns < 0 || bar->tone == VT_TONE_SLEEP
                          ? -1
                          : share_of((double)bar->time_ns, (double)diagnosis->time_ns);
    return bar;
}

/* What they take together; the time of those asleep is not among it. */
static VtBar *
sum_bars(const GPtrArray *bars, guint from)
{
    VtBar *sum = g_new0(VtBar, 1);

    sum->label = g_strdup_printf(_("%u others"), bars->len - from);
    for (guint i = from; i < bars->len; i++) {
        const VtBar *bar = bars->pdata[i];

        sum->count += bar->count;
        sum->count_share += bar->count_share;
        if (bar->tone == VT_TONE_SLEEP)
            continue;
        sum->time_ns =
            sum->time_ns < 0 || bar->time_ns < 0 ? VT_TIME_UNKNOWN : sum->time_ns + bar->time_ns;
        sum->time_share =
            sum->time_share < 0 || bar->time_share < 0 ? -1 : sum->time_share + bar->time_share;
    }
    return sum;
}

static VtBarTable *
make_table(const VtDiagnosis *diagnosis, const VtExitTable *table, GHashTable *meanings,
           guint limit)
{
    VtBarTable *bars = g_new0(VtBarTable, 1);

    bars->kind = table->kind;
    bars->title = vt_exit_kind_title(table->kind);
    bars->bars = g_ptr_array_new_with_free_func(bar_free);
    for (guint i = 0; i < table->counts->len; i++) {
        const VtExitCount *entry = table->counts->pdata[i];
        const Meaning *meaning = g_hash_table_lookup(meanings, entry);
        VtBar *bar;

        /* counters overlap, the sum of all among them: those that are exits of their own are in a
         * cause */
        if (entry->count == 0 || (table->kind == VT_EXITS_COUNTER && !meaning))
            continue;
        bar = make_bar(diagnosis, table, entry, meaning);
        bars->timed = bars->timed || bar->time_share >= 0;
        g_ptr_array_add(bars->bars, bar);
    }
    if (bars->bars->len > limit) {
        VtBar *others = sum_bars(bars->bars, limit - 1);
        g_ptr_array_set_size(bars->bars, (gint)limit - 1);
        g_ptr_array_add(bars->bars, others);
    }
    return bars;
}

GPtrArray *
vt_diagnosis_bars(const VtDiagnosis *diagnosis, guint limit)
{
    GPtrArray *tables = g_ptr_array_new_with_free_func(table_free);
    g_autoptr(GHashTable) meanings = collect_meanings(diagnosis);
    const GPtrArray *measured = diagnosis->measurement->tables;

    for (guint i = 0; i < measured->len; i++) {
        VtBarTable *table = make_table(diagnosis, measured->pdata[i], meanings, limit);
        if (table->bars->len > 0)
            g_ptr_array_add(tables, table);
        else
            table_free(table);
    }
    return tables;
}
