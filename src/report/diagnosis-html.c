/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: a diagnosis. Out: one HTML document with all of it, to be passed on.
 * Law: as html.h has it; the picture is the one of the SVG document.
 */
#include <string.h>

#include "base/i18n.h"
#include "report/comparison-parts.h"
#include "report/figures.h"
#include "report/html.h"
#include "report/svg.h"

/* ---- the head ---- */

static void
append_figure(GString *out, char *figure, const char *words)
{
    g_autofree char *number = figure;

    g_string_append(out, "<li>");
    vt_html_append(out, "strong", NULL, number);
    vt_markup_append(out, words);
    g_string_append(out, "</li>\n");
}

/* What is known of: how often, what it costs, how long asleep. */
static void
append_figures(GString *out, const VtDiagnosis *diagnosis)
{
    double seconds = diagnosis->measurement->seconds;

    g_string_append(out, "<ul class=\"figures\">\n");
    if (seconds > 0)
        append_figure(out, vt_figure_number((double)diagnosis->count / seconds),
                      _("exits a second"));
    else
        append_figure(out, vt_figure_count(diagnosis->count), _("exits"));
    if (diagnosis->time_ns >= 0 && seconds > 0)
        append_figure(out, vt_figure_share((double)diagnosis->time_ns / 1e9 / seconds),
                      _("of one CPU's time to handle them"));
    else if (diagnosis->time_ns >= 0)
        append_figure(out, vt_figure_time(diagnosis->time_ns), _("time to handle them"));
    if (diagnosis->sleep_ns > 0)
        append_figure(out, vt_figure_time(diagnosis->sleep_ns),
                      _("asleep, all vCPUs together: no overhead"));
    g_string_append(out, "</ul>\n");
}

/* ---- what matters ---- */

static void
append_cure(GString *out, const VtCure *cure)
{
    const char *words = vt_cure_words(cure);
    g_autofree char *chip = g_strdup_printf("chip %s", vt_cure_state_to_string(cure->state));

    g_string_append(out, "<li>");
    if (words)
        vt_html_append(out, "span", chip, words);
    vt_html_append(out, "code", NULL, cure->rule);
    if (cure->summary)
        vt_markup_append(out, cure->summary);
    if (cure->why)
        vt_html_append(out, "div", "muted", cure->why);
    g_string_append(out, "</li>\n");
}

static void
append_cures(GString *out, const VtCauseFound *found)
{
    if (found->cures->len == 0)
        return;
    vt_html_append(out, "p", NULL, _("What ends it:"));
    g_string_append(out, "<ul class=\"cures\">\n");
    for (guint i = 0; i < found->cures->len; i++)
        append_cure(out, found->cures->pdata[i]);
    g_string_append(out, "</ul>\n");
}

static void
append_typed(GString *out, const char *command)
{
    g_string_append(out, "<pre>");
    vt_html_append(out, "code", NULL, command);
    g_string_append(out, "</pre>\n");
}

static void
append_commands(GString *out, const VtCauseFound *found)
{
    for (guint i = 0; i < found->commands->len; i++) {
        const VtCommand *command = found->commands->pdata[i];
        const VtCommand *previous = i > 0 ? found->commands->pdata[i - 1] : NULL;

        if (!previous || previous->in_guest != command->in_guest)
            vt_html_append(out, "p", NULL,
                           command->in_guest ? _("To type in the guest:")
                                             : _("To type on the host:"));
        append_typed(out, command->command);
        if (command->effect)
            vt_html_append(out, "p", "muted", command->effect);
    }
}

static void
append_doubt(GString *out, const VtDiagnosis *diagnosis, const VtCauseFound *found)
{
    g_autofree char *others = vt_found_others(found);
    g_autofree char *test = vt_found_test(diagnosis, found);
    g_autofree char *words = others ? g_strdup_printf(_("Or else: %s"), others) : NULL;

    if (words)
        vt_html_append(out, "p", NULL, words);
    if (!test)
        return;
    vt_html_append(out, "p", NULL, _("What would tell:"));
    append_typed(out, test);
}

static void
append_sources(GString *out, const VtCause *cause)
{
    if (!cause || cause->sources->len == 0)
        return;
    g_string_append(out, "<details>\n");
    vt_html_append(out, "summary", "muted", _("Sources"));
    g_string_append(out, "<ul>\n");
    for (guint i = 0; i < cause->sources->len; i++)
        vt_html_append(out, "li", "muted", cause->sources->pdata[i]);
    g_string_append(out, "</ul>\n</details>\n");
}

void
vt_html_append_found(GString *out, const VtDiagnosis *diagnosis, const VtCauseFound *found)
{
    g_autofree char *shares = vt_found_shares(found);
    g_autofree char *evidence = vt_found_evidence(found);
    g_autofree char *seen = evidence ? g_strdup_printf(_("Seen in: %s"), evidence) : NULL;

    vt_html_append(out, "p", "muted", shares);
    if (seen)
        vt_html_append(out, "p", "muted", seen);
    if (found->reason)
        vt_html_append(out, "p", NULL, found->reason);
    if (found->note)
        vt_html_append(out, "p", NULL, found->note);
    append_doubt(out, diagnosis, found);
    append_cures(out, found);
    append_commands(out, found);
    append_sources(out, found->cause);
}

static void
append_matter(GString *out, const VtDiagnosis *diagnosis, const VtCauseFound *found)
{
    g_autofree char *title = vt_found_title(found);

    g_string_append(out, "<li>\n");
    vt_html_append(out, "h3", NULL, title);
    vt_html_append_found(out, diagnosis, found);
    g_string_append(out, "</li>\n");
}

static void
append_action(GString *out, const VtDiagnosis *diagnosis, const VtDiagnosisView *view)
{
    const char *command;
    const char *words = vt_diagnosis_action(diagnosis, view, &command);

    if (!words)
        return;
    vt_html_append(out, "p", NULL, words);
    append_typed(out, command);
}

static void
append_matters(GString *out, const VtDiagnosis *diagnosis, const VtDiagnosisView *view)
{
    guint matters = vt_diagnosis_matters(diagnosis);
    g_autofree char *verdict = vt_diagnosis_verdict(diagnosis, view);

    if (verdict)
        vt_html_append(out, "p", "verdict", verdict);
    if (matters > 0) {
        vt_html_append(out, "h2", NULL,
                       view->comparison ? _("What matters now") : _("What matters"));
        g_string_append(out, "<ol class=\"matters\">\n");
        for (guint i = 0; i < matters; i++)
            append_matter(out, diagnosis, diagnosis->causes->pdata[i]);
        g_string_append(out, "</ol>\n");
    }
    append_action(out, diagnosis, view);
}

/* ---- the rest ---- */

static void
append_chart(GString *out, const VtDiagnosis *diagnosis)
{
    g_autoptr(GPtrArray) tables = vt_diagnosis_bars(diagnosis, VT_CHART_ROWS);

    if (tables->len == 0)
        return;
    vt_html_append(out, "h2", NULL, _("Where the exits come from"));
    g_string_append(out, "<figure>\n");
    vt_chart_append_figure(out, tables);
    g_string_append(out, "</figure>\n");
}

static void
append_rest_row(GString *out, const VtCauseFound *found)
{
    g_autofree char *title = vt_found_title(found);
    g_autofree char *count = vt_figure_count(found->count);
    g_autofree char *count_share = vt_figure_share(found->count_share);
    g_autofree char *time_share = vt_figure_share(found->time_share);

    g_string_append(out, "<tr>");
    g_string_append(out, "<td>");
    vt_markup_append(out, title);
    if (found->reason)
        vt_html_append(out, "div", "muted", found->reason);
    g_string_append(out, "</td>");
    vt_html_append(out, "td", "number", count);
    vt_html_append(out, "td", "number", count_share);
    vt_html_append(out, "td", "number",
                   vt_found_tone(found) == VT_TONE_SLEEP ? _("asleep") : time_share);
    g_string_append(out, "</tr>\n");
}

static void
append_rest(GString *out, const VtDiagnosis *diagnosis, guint from)
{
    if (from >= diagnosis->causes->len)
        return;
    vt_html_append(out, "h2", NULL, from > 0 ? _("The other exits") : _("What the exits are"));
    g_string_append(out, "<table>\n<thead><tr>");
    vt_html_append(out, "th", NULL, _("cause"));
    vt_html_append(out, "th", "number", _("exits"));
    vt_html_append(out, "th", "number", _("of all exits"));
    vt_html_append(out, "th", "number", _("of handling time"));
    g_string_append(out, "</tr></thead>\n<tbody>\n");
    for (guint i = from; i < diagnosis->causes->len; i++)
        append_rest_row(out, diagnosis->causes->pdata[i]);
    g_string_append(out, "</tbody>\n</table>\n");
}

static void
append_remarks(GString *out, const VtDiagnosis *diagnosis, const VtComparison *comparison)
{
    const GPtrArray *lists[] = {comparison ? comparison->remarks : NULL, diagnosis->remarks,
                                diagnosis->measurement->lost};
    guint remarks = 0;

    for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
        remarks += lists[i] ? lists[i]->len : 0;
    if (remarks == 0)
        return;
    vt_html_append(out, "h2", NULL, _("What these data do not tell"));
    g_string_append(out, "<ul>\n");
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        for (guint j = 0; lists[i] && j < lists[i]->len; j++)
            vt_html_append(out, "li", NULL, lists[i]->pdata[j]);
    }
    g_string_append(out, "</ul>\n");
}

/* @text: (nullable) */
static void
append_preformatted(GString *out, const char *heading, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

    if (!*lines || !**lines)
        return;
    vt_html_append(out, "h2", NULL, heading);
    g_string_append(out, "<pre><code>");
    for (char **line = lines; *line; line++) {
        vt_markup_append(out, *line);
        g_string_append_c(out, '\n');
    }
    g_string_append(out, "</code></pre>\n");
}

/* As in the terminal: the figures are few. */
static void
append_disks(GString *out, const VtDiagnosisView *view)
{
    const VtTextStyle style = {.width = 90};
    g_autofree char *text =
        view->disks ? vt_report_disks(view->disks, view->apply, &style) : g_strdup("");
    const char *behind_heading = strchr(g_strchug(text), '\n');

    append_preformatted(out, _("The disks' metadata caches"),
                        behind_heading ? behind_heading + 1 : NULL);
}

char *
vt_diagnosis_to_html(const VtDiagnosis *diagnosis, const VtDiagnosisView *view)
{
    const VtComparison *comparison = view->comparison;
    GString *out = g_string_new(NULL);
    g_autofree char *title = vt_diagnosis_title(view);
    g_autofree char *summary =
        comparison ? vt_comparison_summary(comparison) : vt_diagnosis_summary(diagnosis);

    vt_html_begin(out, title);
    vt_html_append(out, "h1", NULL, title);
    vt_html_append(out, "p", "muted", summary);
    if (comparison)
        vt_html_append_comparison(out, comparison);
    else
        append_figures(out, diagnosis);
    append_matters(out, diagnosis, view);
    append_chart(out, diagnosis);
    append_rest(out, diagnosis, vt_diagnosis_matters(diagnosis));
    append_preformatted(out, _("What differs in the domain"), view->difference);
    append_disks(out, view);
    append_remarks(out, diagnosis, comparison);
    vt_html_end(out);
    return g_string_free(out, FALSE);
}
