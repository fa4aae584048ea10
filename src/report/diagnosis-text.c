/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: a diagnosis. Out: lines for a terminal.
 * Law: no line is wider than asked for; in ASCII no byte is above 127.
 */
#include "base/columns.h"
#include "base/i18n.h"
#include "report/comparison-parts.h"
#include "report/figures.h"

#define BARS_SHOWN 8
/* A longer bar tells no more. */
#define BAR_MAX 40
/* A shorter one tells too little: the bars get a line of their own. */
#define BAR_MIN 8
#define SHARE_WIDTH 7 /* "100.0 %" */
#define LABEL_MAX 36

typedef struct {
    const VtDiagnosis *diagnosis;
    const VtDiagnosisView *view;
    VtWriting pen;
} Writing;

/* ---- bars ---- */

typedef struct {
    unsigned label, count, bar;
    bool folded; /* the bars stand in a line below */
    bool timed;
} Columns;

VtInk
vt_tone_ink(VtTone tone)
{
    static const VtInk inks[] = {
        [VT_TONE_PLAIN] = VT_INK_PLAIN, [VT_TONE_UNKNOWN] = VT_INK_YELLOW,
        [VT_TONE_NORMAL] = VT_INK_CYAN, [VT_TONE_TROUBLE] = VT_INK_RED,
        [VT_TONE_SLEEP] = VT_INK_DIM,
    };

    return inks[tone];
}

static void
append_bar(const Writing *writing, const VtBar *bar, double share, unsigned width)
{
    g_autofree char *figure = vt_figure_share(share);

    vt_write_bar(&writing->pen, share, width, vt_tone_ink(bar->tone));
    vt_write_cell(&writing->pen, figure, SHARE_WIDTH + 1, true);
}

static void
append_time_bar(const Writing *writing, const VtBar *bar, unsigned width)
{
    g_string_append(writing->pen.out, "  ");
    if (bar->time_share >= 0)
        append_bar(writing, bar, bar->time_share, width);
    else
        vt_write_cell(&writing->pen, bar->tone == VT_TONE_SLEEP ? _("asleep") : "?",
                      width + SHARE_WIDTH + 1, false);
}

static void
append_bar_line(const Writing *writing, const Columns *columns, const VtBar *bar)
{
    g_autofree char *number = bar->number > 0 ? g_strdup_printf("%u", bar->number) : g_strdup("");
    g_autofree char *count = vt_figure_count(bar->count);

    vt_write_cell(&writing->pen, number, 2, false);
    vt_write_cell(&writing->pen, bar->label, columns->label, false);
    vt_write_cell(&writing->pen, count, columns->count, true);
    if (columns->folded) {
        vt_write_end_line(&writing->pen);
        g_string_append(writing->pen.out, "   ");
    }
    g_string_append_c(writing->pen.out, ' ');
    append_bar(writing, bar, bar->count_share, columns->bar);
    if (columns->timed)
        append_time_bar(writing, bar, columns->bar);
    vt_write_end_line(&writing->pen);
}

static void
append_bars_head(const Writing *writing, const Columns *columns, const VtBarTable *table)
{
    unsigned room = columns->bar + SHARE_WIDTH + 1;

    g_string_append_c(writing->pen.out, '\n');
    vt_write_cell(&writing->pen, table->title, 2 + columns->label + columns->count, false);
    if (columns->folded) {
        vt_write_end_line(&writing->pen);
        g_string_append(writing->pen.out, "   ");
    }
    g_string_append_c(writing->pen.out, ' ');
    vt_write_cell(&writing->pen, _("of all exits"), room, false);
    if (columns->timed) {
        g_string_append(writing->pen.out, "  ");
        vt_write_cell(&writing->pen, _("of handling"), room, false);
    }
    vt_write_end_line(&writing->pen);
}

static Columns
plan_columns(const Writing *writing, const GPtrArray *tables)
{
    Columns columns = {.label = 12, .count = 5};
    unsigned bars, fixed, before;

    for (guint i = 0; i < tables->len; i++) {
        const VtBarTable *table = tables->pdata[i];
        columns.timed = columns.timed || table->timed;
        for (guint j = 0; j < table->bars->len; j++) {
            const VtBar *bar = table->bars->pdata[j];
            g_autofree char *label = vt_style_words(writing->pen.style, bar->label);
            g_autofree char *count = vt_figure_count(bar->count);
            columns.label = MAX(columns.label, MIN(vt_columns_count(label), LABEL_MAX));
            columns.count = MAX(columns.count, vt_columns_count(count) + 1);
        }
    }
    bars = columns.timed ? 2 : 1;
    fixed = 1 + bars * (SHARE_WIDTH + 1) + (columns.timed ? 2 : 0);
    before = 2 + columns.label + columns.count;
    columns.folded = before + fixed + bars * BAR_MIN > writing->pen.width;
    if (columns.folded) {
        columns.label = MIN(columns.label, writing->pen.width - 2 - columns.count);
        before = 3;
    }
    columns.bar = MIN((writing->pen.width - before - fixed) / bars, BAR_MAX);
    return columns;
}

static void
append_bars(const Writing *writing)
{
    g_autoptr(GPtrArray) tables =
        vt_diagnosis_bars(writing->diagnosis, writing->view->verbose ? G_MAXUINT : BARS_SHOWN);
    Columns columns = plan_columns(writing, tables);

    for (guint i = 0; i < tables->len; i++) {
        const VtBarTable *table = tables->pdata[i];
        append_bars_head(writing, &columns, table);
        for (guint j = 0; j < table->bars->len; j++)
            append_bar_line(writing, &columns, table->bars->pdata[j]);
    }
}

/* ---- causes ---- */

#define INDENT 3

static void
say_cures(const Writing *writing, const VtCauseFound *found)
{
    if (found->cures->len > 0)
        vt_write(&writing->pen, INDENT, "", _("What ends it:"));
    for (guint i = 0; i < found->cures->len; i++) {
        g_autofree char *text = vt_cure_text(found->cures->pdata[i]);
        vt_write(&writing->pen, INDENT, "- ", text);
    }
}

static void
say_commands(const Writing *writing, const VtCauseFound *found)
{
    for (guint i = 0; i < found->commands->len; i++) {
        const VtCommand *command = found->commands->pdata[i];
        const VtCommand *previous = i > 0 ? found->commands->pdata[i - 1] : NULL;

        if (!previous || previous->in_guest != command->in_guest)
            vt_write(&writing->pen, INDENT, "",
                     command->in_guest ? _("To type in the guest:") : _("To type on the host:"));
        vt_write(&writing->pen, INDENT + 2, "", command->command);
        if (command->effect)
            vt_write(&writing->pen, INDENT + 4, "", command->effect);
    }
}

static void
say_doubt(const Writing *writing, const VtCauseFound *found)
{
    g_autofree char *others = vt_found_others(found);
    g_autofree char *test = vt_found_test(writing->diagnosis, found);

    if (others)
        vt_write_formatted(&writing->pen, INDENT, _("Or else: %s"), others);
    if (test)
        vt_write_formatted(&writing->pen, INDENT, _("What would tell: %s"), test);
}

static void
say_sources(const Writing *writing, const VtCauseFound *found)
{
    for (guint i = 0; found->cause && i < found->cause->sources->len; i++)
        vt_write_formatted(&writing->pen, INDENT, _("Source: %s"),
                           (char *)found->cause->sources->pdata[i]);
}

/* All that is to be said of it below its title. */
static void
say_found(const Writing *writing, const VtCauseFound *found)
{
    g_autofree char *evidence = vt_found_evidence(found);

    if (evidence)
        vt_write_formatted(&writing->pen, INDENT, _("Seen in: %s"), evidence);
    if (found->reason)
        vt_write(&writing->pen, INDENT, "", found->reason);
    if (found->note)
        vt_write(&writing->pen, INDENT, "", found->note);
    say_doubt(writing, found);
    say_cures(writing, found);
    say_commands(writing, found);
    if (writing->view->verbose)
        say_sources(writing, found);
}

void
vt_write_found(const VtWriting *writing, const VtDiagnosis *diagnosis, const VtDiagnosisView *view,
               const VtCauseFound *found)
{
    const Writing own = {.diagnosis = diagnosis, .view = view, .pen = *writing};

    say_found(&own, found);
}

static void
say_matter(const Writing *writing, guint index)
{
    const VtCauseFound *found = writing->diagnosis->causes->pdata[index];
    g_autofree char *number = g_strdup_printf("%u. ", index + 1);
    g_autofree char *title = vt_found_title(found);
    g_autofree char *shares = vt_found_shares(found);

    if (index > 0)
        g_string_append_c(writing->pen.out, '\n');
    vt_write(&writing->pen, 0, number, title);
    vt_write(&writing->pen, INDENT, "", shares);
    say_found(writing, found);
}

static bool
is_told(const Writing *writing, const VtCauseFound *found)
{
    return writing->view->verbose || !found->small || vt_found_tone(found) == VT_TONE_SLEEP;
}

/* One line each; what is not worth one is added up. */
static void
say_rest(const Writing *writing, guint from)
{
    const GPtrArray *causes = writing->diagnosis->causes;
    double left_count_share = 0;

    if (from >= causes->len)
        return;
    vt_write_heading(&writing->pen, from > 0 ? _("The other exits") : _("What the exits are"));
    for (guint i = from; i < causes->len; i++) {
        const VtCauseFound *found = causes->pdata[i];
        g_autofree char *title = vt_found_title(found);
        g_autofree char *shares = vt_found_shares(found);
        g_autofree char *text = g_strdup_printf(_("%s: %s"), title, shares);

        if (!is_told(writing, found)) {
            left_count_share += found->count_share;
            continue;
        }
        vt_write(&writing->pen, 0, "- ", text);
        if (writing->view->verbose)
            say_found(writing, found);
    }
    if (left_count_share > 0) {
        g_autofree char *share = vt_figure_share(left_count_share);
        g_autofree char *text = g_strdup_printf(_("All else: %s of all exits"), share);
        vt_write(&writing->pen, 0, "- ", text);
    }
}

static void
say_action(const Writing *writing)
{
    const char *command;
    const char *words = vt_diagnosis_action(writing->diagnosis, writing->view, &command);

    if (!words)
        return;
    g_string_append_c(writing->pen.out, '\n');
    vt_write(&writing->pen, 0, "", words);
    vt_write(&writing->pen, 2, "", command);
}

static void
say_matters(const Writing *writing)
{
    guint matters = vt_diagnosis_matters(writing->diagnosis);
    g_autofree char *verdict = vt_diagnosis_verdict(writing->diagnosis, writing->view);

    if (verdict) {
        g_string_append_c(writing->pen.out, '\n');
        vt_write(&writing->pen, 0, "", verdict);
    }
    if (matters > 0)
        vt_write_heading(&writing->pen,
                         writing->view->comparison ? _("What matters now") : _("What matters"));
    for (guint i = 0; i < matters; i++)
        say_matter(writing, i);
    say_action(writing);
    say_rest(writing, matters);
}

static void
say_list(const Writing *writing, const GPtrArray *texts)
{
    for (guint i = 0; texts && i < texts->len; i++)
        vt_write(&writing->pen, 0, "- ", texts->pdata[i]);
}

static void
say_disks(const Writing *writing)
{
    const VtDiagnosisView *view = writing->view;
    g_autofree char *text =
        view->disks ? vt_report_disks(view->disks, view->apply, writing->pen.style) : g_strdup("");

    g_string_append(writing->pen.out, text);
}

static void
say_remarks(const Writing *writing)
{
    const GPtrArray *remarks = writing->diagnosis->remarks;
    const GPtrArray *lost = writing->diagnosis->measurement->lost;
    const VtComparison *comparison = writing->view->comparison;

    if (remarks->len + lost->len + (comparison ? comparison->remarks->len : 0) == 0)
        return;
    vt_write_heading(&writing->pen, _("What these data do not tell"));
    say_list(writing, comparison ? comparison->remarks : NULL);
    say_list(writing, remarks);
    say_list(writing, lost);
}

/* Line by line, so that whoever knows patches can read it. */
static void
say_difference(const Writing *writing)
{
    const char *difference = writing->view->difference;
    g_auto(GStrv) lines = g_strsplit(difference ? difference : "", "\n", -1);

    if (!*lines || !**lines)
        return;
    vt_write_heading(&writing->pen, _("What differs in the domain"));
    for (char **line = lines; *line && (**line || line[1]); line++)
        vt_write(&writing->pen, 0, "", g_strchomp(*line));
}

char *
vt_diagnosis_to_text(const VtDiagnosis *diagnosis, const VtDiagnosisView *view,
                     const VtTextStyle *style)
{
    const Writing writing = {
        .diagnosis = diagnosis,
        .view = view,
        .pen = vt_writing_begin(style),
    };
    g_autofree char *title = vt_diagnosis_title(view);
    g_autofree char *summary = vt_diagnosis_summary(diagnosis);

    vt_write(&writing.pen, 0, "", title);
    if (view->comparison) {
        vt_write_comparison(&writing.pen, view);
    } else {
        vt_write(&writing.pen, 0, "", summary);
        append_bars(&writing);
    }
    say_matters(&writing);
    say_difference(&writing);
    say_disks(&writing);
    say_remarks(&writing);
    return g_string_free(writing.pen.out, FALSE);
}
