/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In: a comparison. Out: what an HTML document says of it. */
#include "base/i18n.h"
#include "report/comparison-parts.h"
#include "report/html.h"
#include "report/svg.h"

/* ---- the head ---- */

static void
append_figure(GString *out, const VtPairTable *table, double before, double after,
              const char *words)
{
    g_autofree char *change = vt_pair_change(before, after);
    g_autofree char *one = vt_pair_figure(table, before);
    g_autofree char *other = vt_pair_figure(table, after);
    g_autofree char *text = g_strdup_printf(_("%s: %s before, %s after"), words, one, other);

    g_string_append(out, "<li>");
    vt_html_append(out, "strong", NULL, change);
    vt_markup_append(out, text);
    g_string_append(out, "</li>\n");
}

static void
append_figures(GString *out, const VtComparison *comparison)
{
    const VtDiagnosis *before = comparison->before.diagnosis, *after = comparison->after.diagnosis;
    VtPairTable table = {.per_second = comparison->per_second};

    g_string_append(out, "<ul class=\"figures\">\n");
    append_figure(out, &table, (double)before->count / comparison->before_seconds,
                  (double)after->count / comparison->after_seconds,
                  comparison->per_second ? _("exits a second") : _("exits"));
    table.is_time = true;
    if (before->time_ns >= 0 && after->time_ns >= 0)
        append_figure(out, &table, (double)before->time_ns / comparison->before_seconds,
                      (double)after->time_ns / comparison->after_seconds,
                      comparison->per_second ? _("of one CPU's time to handle them")
                                             : _("time to handle them"));
    g_string_append(out, "</ul>\n");
}

/* ---- what has gone and come ---- */

static void
append_gone(GString *out, const VtComparison *comparison)
{
    if (comparison->gone->len == 0)
        return;
    vt_html_append(out, "h2", NULL, _("Gone since"));
    g_string_append(out, "<ul>\n");
    for (guint i = 0; i < comparison->gone->len; i++) {
        g_autofree char *title = vt_found_title(comparison->gone->pdata[i]);
        g_autofree char *shares = vt_found_shares(comparison->gone->pdata[i]);

        g_string_append(out, "<li>");
        vt_markup_append(out, title);
        vt_html_append(out, "div", "muted", shares);
        g_string_append(out, "</li>\n");
    }
    g_string_append(out, "</ul>\n");
}

/* What was not there before wants to be understood, however small. */
static void
append_come(GString *out, const VtComparison *comparison)
{
    if (comparison->come->len == 0)
        return;
    vt_html_append(out, "h2", NULL, _("New since"));
    for (guint i = 0; i < comparison->come->len; i++) {
        const VtCauseFound *found = comparison->come->pdata[i];
        g_autofree char *title = vt_found_title(found);

        vt_html_append(out, "h3", NULL, title);
        if (vt_found_tone(found) != VT_TONE_TROUBLE) /* which is told of below */
            vt_html_append_found(out, comparison->after.diagnosis, found);
    }
}

static void
append_rules(GString *out, const char *heading, const char *chip, const char *words,
             const GPtrArray *rules)
{
    if (rules->len == 0)
        return;
    vt_html_append(out, "h2", NULL, heading);
    g_string_append(out, "<ul class=\"cures\">\n");
    for (guint i = 0; i < rules->len; i++) {
        g_string_append(out, "<li>");
        vt_html_append(out, "span", chip, words);
        vt_html_append(out, "code", NULL, rules->pdata[i]);
        g_string_append(out, "</li>\n");
    }
    g_string_append(out, "</ul>\n");
}

static void
append_chart(GString *out, const VtComparison *comparison)
{
    g_autoptr(GPtrArray) tables = vt_comparison_pairs(comparison, VT_CHART_ROWS);
    g_autofree char *description = vt_chart_describe_pairs(tables);
    g_autoptr(GString) body = g_string_new(NULL);
    unsigned height = vt_chart_append_pairs(body, tables, 0);

    if (tables->len == 0)
        return;
    vt_html_append(out, "h2", NULL, _("Before and after"));
    g_string_append(out, "<figure>\n");
    vt_chart_append_root(out, height, _("Before and after"), description);
    g_string_append(out, body->str);
    g_string_append(out, "</svg>\n</figure>\n");
}

void
vt_html_append_comparison(GString *out, const VtComparison *comparison)
{
    append_figures(out, comparison);
    append_gone(out, comparison);
    append_come(out, comparison);
    append_rules(out, _("Rules that the domain keeps now"), "chip in-place", _("in place"),
                 comparison->now_holds);
    append_rules(out, _("Rules that it no longer keeps"), "chip missing", _("missing"),
                 comparison->no_longer_holds);
    append_chart(out, comparison);
}
