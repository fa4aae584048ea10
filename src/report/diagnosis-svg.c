/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: a diagnosis. Out: a standalone SVG document: the bars, and what matters in short.
 * Law: well-formed whatever the guest is called, no scripts, nothing fetched.
 */
#include "base/i18n.h"
#include "report/comparison-parts.h"
#include "report/svg.h"

#define TEXT_X (VT_CHART_MARGIN + 24)

static unsigned
append_cures(GString *out, const VtCauseFound *found, unsigned y)
{
    for (guint i = 0; i < found->cures->len; i++) {
        g_autofree char *line = vt_cure_text(found->cures->pdata[i]);
        y = vt_chart_append_lines(out, TEXT_X, y, 13, "ink", line);
    }
    return y;
}

static unsigned
append_matter(GString *out, const VtCauseFound *found, unsigned number, unsigned y)
{
    g_autofree char *title = vt_found_title(found);
    g_autofree char *shares = vt_found_shares(found);

    vt_chart_append_badge(out, VT_CHART_MARGIN + 8, y + 9, number);
    y = vt_chart_append_lines(out, TEXT_X, y, 14, "ink b", title);
    y = vt_chart_append_lines(out, TEXT_X, y, 13, "muted", shares);
    return append_cures(out, found, y) + 10;
}

static unsigned
append_matters(GString *out, const VtDiagnosis *diagnosis, const VtDiagnosisView *view, unsigned y)
{
    guint matters = vt_diagnosis_matters(diagnosis);
    g_autofree char *verdict = vt_diagnosis_verdict(diagnosis, view);

    if (verdict)
        y = vt_chart_append_lines(out, VT_CHART_MARGIN, y, 14, "ink b", verdict);
    for (guint i = 0; i < matters; i++)
        y = append_matter(out, diagnosis->causes->pdata[i], i + 1, y);
    return y;
}

/* Without a head, which is the document's own. */
static unsigned
append_diagnosis(GString *out, const VtDiagnosis *diagnosis, unsigned y, char **ret_description)
{
    g_autoptr(GPtrArray) tables = vt_diagnosis_bars(diagnosis, VT_CHART_ROWS);

    *ret_description = vt_chart_describe(tables);
    return vt_chart_append_bars(out, tables, y);
}

static unsigned
append_comparison(GString *out, const VtComparison *comparison, unsigned y, char **ret_description)
{
    g_autoptr(GPtrArray) tables = vt_comparison_pairs(comparison, VT_CHART_ROWS);

    *ret_description = vt_chart_describe_pairs(tables);
    return vt_chart_append_pairs(out, tables, y);
}

char *
vt_diagnosis_to_svg(const VtDiagnosis *diagnosis, const VtDiagnosisView *view)
{
    const VtComparison *comparison = view->comparison;
    g_autofree char *title = vt_diagnosis_title(view);
    g_autofree char *summary =
        comparison ? vt_comparison_summary(comparison) : vt_diagnosis_summary(diagnosis);
    g_autofree char *description = NULL;
    g_autoptr(GString) body = g_string_new(NULL);
    GString *svg = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    unsigned y = VT_CHART_MARGIN;

    y = vt_chart_append_lines(body, VT_CHART_MARGIN, y, 20, "ink b", title) + 2;
    y = vt_chart_append_lines(body, VT_CHART_MARGIN, y, 13, "muted", summary) + 14;
    y = comparison ? append_comparison(body, comparison, y, &description)
                   : append_diagnosis(body, diagnosis, y, &description);
    y = append_matters(body, diagnosis, view, y + 8) + VT_CHART_MARGIN - 10;
    vt_chart_append_root(svg, y, title, description);
    g_string_append(svg, "<style type=\"text/css\">\n");
    vt_chart_append_style(svg);
    g_string_append_printf(svg, "</style>\n<rect width=\"%u\" height=\"%u\" class=\"bg\"/>\n",
                           VT_CHART_WIDTH, y);
    g_string_append(svg, body->str);
    g_string_append(svg, "</svg>\n");
    return g_string_free(svg, FALSE);
}
