/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In: pairs of bars. Out: their picture, for the SVG and the HTML document. */
#include "base/i18n.h"
#include "report/comparison-parts.h"
#include "report/svg.h"

#define ROW_HEIGHT 24
#define TEXT_SIZE 13

/* From left to right. */
enum {
    LABEL_ROOM = 190,
    BAR_WIDTH = 150,
    FIGURE_WIDTH = 64,
    BEFORE_X = VT_CHART_MARGIN + LABEL_ROOM + 8,
    AFTER_X = BEFORE_X + BAR_WIDTH + FIGURE_WIDTH + 16,
    CHANGE_RIGHT = VT_CHART_WIDTH - VT_CHART_MARGIN,
};

static void
append_half(GString *out, const VtPairTable *table, unsigned x, unsigned y, double value,
            VtTone tone)
{
    g_autofree char *figure = vt_pair_figure(table, value);

    vt_chart_append_bar(out, x, y + 6, BAR_WIDTH, value > 0 ? value / table->greatest : 0,
                        vt_tone_class(tone));
    vt_chart_append_text(out, x + BAR_WIDTH + FIGURE_WIDTH, y + 17, TEXT_SIZE, "ink r", figure);
}

/* All of it, for the pointer that rests on it. */
static void
append_tip(GString *out, const VtPairTable *table, const VtPair *pair)
{
    g_autofree char *before = vt_pair_figure(table, pair->before);
    g_autofree char *after = vt_pair_figure(table, pair->after);
    g_autofree char *change = vt_pair_change(pair->before, pair->after);
    g_autofree char *text =
        g_strdup_printf(_("%s: %s before, %s after: %s"), pair->label, before, after, change);

    g_string_append(out, "<title>");
    vt_markup_append(out, text);
    g_string_append(out, "</title>\n");
}

static void
append_pair(GString *out, const VtPairTable *table, const VtPair *pair, unsigned y)
{
    g_autofree char *label = vt_svg_cut(pair->label, LABEL_ROOM, TEXT_SIZE);
    g_autofree char *change = vt_pair_change(pair->before, pair->after);
    /* whether a guest sleeps more often is its own affair */
    bool better = pair->after < pair->before && pair->before_tone != VT_TONE_SLEEP;

    g_string_append(out, "<g>\n");
    append_tip(out, table, pair);
    vt_chart_append_text(out, VT_CHART_MARGIN, y + 17, TEXT_SIZE, "ink", label);
    append_half(out, table, BEFORE_X, y, pair->before, pair->before_tone);
    append_half(out, table, AFTER_X, y, pair->after, pair->after_tone);
    vt_chart_append_text(out, CHANGE_RIGHT, y + 17, TEXT_SIZE, better ? "gone r" : "muted r",
                         change);
    g_string_append(out, "</g>\n");
}

static unsigned
append_table(GString *out, const VtPairTable *table, unsigned y)
{
    vt_chart_append_text(out, VT_CHART_MARGIN, y + 16, 14, "ink b", table->title);
    vt_chart_append_text(out, BEFORE_X, y + 36, 12, "muted", _("before"));
    vt_chart_append_text(out, AFTER_X, y + 36, 12, "muted", _("after"));
    y += 20 + ROW_HEIGHT;
    for (guint i = 0; i < table->pairs->len; i++) {
        append_pair(out, table, table->pairs->pdata[i], y);
        y += ROW_HEIGHT;
    }
    return y + 14;
}

unsigned
vt_chart_append_pairs(GString *out, const GPtrArray *tables, unsigned y)
{
    bool tones[VT_TONES] = {false};

    for (guint i = 0; i < tables->len; i++) {
        const VtPairTable *table = tables->pdata[i];
        y = append_table(out, table, y);
        for (guint j = 0; j < table->pairs->len; j++) {
            const VtPair *pair = table->pairs->pdata[j];
            tones[pair->before_tone] = tones[pair->before_tone] || pair->before > 0;
            tones[pair->after_tone] = tones[pair->after_tone] || pair->after > 0;
        }
    }
    return vt_chart_append_legend(out, tones, y);
}

char *
vt_chart_describe_pairs(const GPtrArray *tables)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < tables->len; i++) {
        const VtPairTable *table = tables->pdata[i];
        g_string_append_printf(out, "%s%s:", i > 0 ? ". " : "", table->title);
        for (guint j = 0; j < table->pairs->len; j++) {
            const VtPair *pair = table->pairs->pdata[j];
            g_autofree char *change = vt_pair_change(pair->before, pair->after);
            g_string_append_printf(out, "%s %s %s", j > 0 ? "," : "", pair->label, change);
        }
    }
    return g_string_free(out, FALSE);
}
