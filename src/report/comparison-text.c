/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In: a comparison. Out: lines for a terminal, before and after side by side. */
#include "base/columns.h"
#include "base/i18n.h"
#include "report/comparison-parts.h"

#define PAIRS_SHOWN 8
#define BAR_MAX 36
/* A shorter one tells too little: the bars get a line of their own. */
#define BAR_MIN 6
#define LABEL_MAX 36

typedef struct {
    unsigned label, bar, figure, change;
    bool folded; /* the bars stand in a line below */
} Columns;

/* ---- how wide everything is ---- */

static void
widen(unsigned *width, const VtWriting *writing, char *text)
{
    g_autofree char *own = text;
    g_autofree char *words = vt_style_words(writing->style, own);

    *width = MAX(*width, vt_columns_count(words));
}

static Columns
plan_columns(const VtWriting *writing, const GPtrArray *tables)
{
    Columns columns = {.label = 12, .figure = 6, .change = 8};
    unsigned fixed;

    for (guint i = 0; i < tables->len; i++) {
        const VtPairTable *table = tables->pdata[i];
        for (guint j = 0; j < table->pairs->len; j++) {
            const VtPair *pair = table->pairs->pdata[j];
            widen(&columns.label, writing, g_strdup(pair->label));
            widen(&columns.figure, writing, vt_pair_figure(table, pair->before));
            widen(&columns.figure, writing, vt_pair_figure(table, pair->after));
            widen(&columns.change, writing, vt_pair_change(pair->before, pair->after));
        }
    }
    columns.label = MIN(columns.label, LABEL_MAX);
    columns.figure++;
    fixed = 2 * columns.figure + 3;
    columns.folded = columns.label + fixed + 2 + columns.change + 2 * BAR_MIN > writing->width;
    if (columns.folded)
        columns.label = writing->width - 2 - columns.change;
    else
        fixed += columns.label + 2 + columns.change;
    columns.bar = MIN((writing->width - fixed) / 2, BAR_MAX);
    return columns;
}

/* ---- lines ---- */

static void
append_half(const VtWriting *writing, const Columns *columns, const VtPairTable *table,
            double value, VtTone tone)
{
    g_autofree char *figure = vt_pair_figure(table, value);

    vt_write_bar(writing, value > 0 ? value / table->greatest : 0, columns->bar, vt_tone_ink(tone));
    vt_write_cell(writing, figure, columns->figure, true);
}

static void
append_change(const VtWriting *writing, const Columns *columns, const VtPair *pair)
{
    g_autofree char *change = vt_pair_change(pair->before, pair->after);

    g_string_append(writing->out, "  ");
    vt_write_cell(writing, change, columns->change, true);
}

static void
append_pair(const VtWriting *writing, const Columns *columns, const VtPairTable *table,
            const VtPair *pair)
{
    vt_write_cell(writing, pair->label, columns->label, false);
    if (columns->folded) {
        append_change(writing, columns, pair);
        vt_write_end_line(writing);
    }
    g_string_append_c(writing->out, ' ');
    append_half(writing, columns, table, pair->before, pair->before_tone);
    g_string_append(writing->out, "  ");
    append_half(writing, columns, table, pair->after, pair->after_tone);
    if (!columns->folded)
        append_change(writing, columns, pair);
    vt_write_end_line(writing);
}

static void
append_table(const VtWriting *writing, const Columns *columns, const VtPairTable *table)
{
    unsigned half = columns->bar + columns->figure;

    vt_write_heading(writing, table->title);
    if (!columns->folded)
        vt_write_cell(writing, "", columns->label, false);
    g_string_append_c(writing->out, ' ');
    vt_write_cell(writing, _("before"), half, false);
    g_string_append(writing->out, "  ");
    vt_write_cell(writing, _("after"), half, false);
    vt_write_end_line(writing);
    for (guint i = 0; i < table->pairs->len; i++)
        append_pair(writing, columns, table, table->pairs->pdata[i]);
}

static void
append_tables(const VtWriting *writing, const VtDiagnosisView *view)
{
    g_autoptr(GPtrArray) tables =
        vt_comparison_pairs(view->comparison, view->verbose ? G_MAXUINT : PAIRS_SHOWN);
    Columns columns = plan_columns(writing, tables);

    for (guint i = 0; i < tables->len; i++)
        append_table(writing, &columns, tables->pdata[i]);
}

/* ---- what has gone and come ---- */

static void
append_cause(const VtWriting *writing, const VtCauseFound *found)
{
    g_autofree char *title = vt_found_title(found);
    g_autofree char *shares = vt_found_shares(found);
    g_autofree char *text = g_strdup_printf(_("%s: %s"), title, shares);

    vt_write(writing, 0, "- ", text);
}

static void
append_gone(const VtWriting *writing, const VtComparison *comparison)
{
    if (comparison->gone->len > 0)
        vt_write_heading(writing, _("Gone since"));
    for (guint i = 0; i < comparison->gone->len; i++)
        append_cause(writing, comparison->gone->pdata[i]);
}

/* What was not there before wants to be understood, however small. */
static void
append_come(const VtWriting *writing, const VtDiagnosisView *view)
{
    const VtComparison *comparison = view->comparison;

    if (comparison->come->len > 0)
        vt_write_heading(writing, _("New since"));
    for (guint i = 0; i < comparison->come->len; i++) {
        const VtCauseFound *found = comparison->come->pdata[i];

        append_cause(writing, found);
        if (vt_found_tone(found) != VT_TONE_TROUBLE) /* which is told of below */
            vt_write_found(writing, comparison->after.diagnosis, view, found);
    }
}

static void
append_rules(const VtWriting *writing, const char *heading, const GPtrArray *rules)
{
    g_autofree char *text = vt_comparison_rules(rules);

    if (!text)
        return;
    vt_write_heading(writing, heading);
    vt_write(writing, 0, "", text);
}

void
vt_write_comparison(const VtWriting *writing, const VtDiagnosisView *view)
{
    const VtComparison *comparison = view->comparison;
    g_autofree char *summary = vt_comparison_summary(comparison);

    vt_write(writing, 0, "", summary);
    append_tables(writing, view);
    append_gone(writing, comparison);
    append_come(writing, view);
    append_rules(writing, _("Rules that the domain keeps now"), comparison->now_holds);
    append_rules(writing, _("Rules that it no longer keeps"), comparison->no_longer_holds);
}
