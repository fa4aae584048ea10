/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: bars. Out: their picture, for the SVG and the HTML document.
 * Law: colour is never the only sign: what matters has its number, who sleeps is called asleep.
 * Plain attributes and classes alone: what draws SVG outside of browsers knows no variables.
 */
#include "base/i18n.h"
#include "report/diagnosis-parts.h"
#include "report/figures.h"
#include "report/svg.h"

#define ROW_HEIGHT 24
#define TEXT_SIZE 13
#define BADGE_RADIUS 8

/* From left to right. */
enum {
    LABEL_X = VT_CHART_MARGIN + 24,
    COUNT_RIGHT = 312,
    BAR_X = COUNT_RIGHT + 16,
    SHARE_WIDTH = 56,
    BAR_WIDTH = 150, /* of two in a row */
    TIME_X = BAR_X + BAR_WIDTH + SHARE_WIDTH + 24,
};

/* ---- colours ---- */

/* After the palette of Okabe and Ito, which people tell apart whatever colours they see. */
static const struct {
    const char *name, *light, *dark;
} colours[] = {
    {"bg", "#ffffff", "#15191e"},     {"ink", "#1b1f24", "#e6e9ec"},
    {"muted", "#59636e", "#9da7b1"},  {"track", "#eceff2", "#272d34"},
    {"plain", "#8b949e", "#7d8690"},  {"unknown", "#e69f00", "#e9b949"},
    {"normal", "#0072b2", "#56b4e9"}, {"trouble", "#d55e00", "#f28c38"},
    {"gone", "#009e73", "#3fc79a"},   {"on", "#ffffff", "#15191e"},
};

const char *
vt_tone_class(VtTone tone)
{
    static const char *const classes[] = {
        [VT_TONE_PLAIN] = "plain",     [VT_TONE_UNKNOWN] = "unknown", [VT_TONE_NORMAL] = "normal",
        [VT_TONE_TROUBLE] = "trouble", [VT_TONE_SLEEP] = "plain",
    };

    return classes[tone];
}

void
vt_chart_append_style(GString *out)
{
    g_string_append(out, ".vt text { font-family: " VT_SVG_FONTS "; }\n"
                         ".vt .b { font-weight: bold; }\n.vt .r { text-anchor: end; }\n"
                         ".vt .m { text-anchor: middle; }\n");
    for (guint i = 0; i < G_N_ELEMENTS(colours); i++)
        g_string_append_printf(out, ".vt .%s { fill: %s; }\n", colours[i].name, colours[i].light);
    g_string_append(out, "@media (prefers-color-scheme: dark) {\n");
    for (guint i = 0; i < G_N_ELEMENTS(colours); i++)
        g_string_append_printf(out, ".vt .%s { fill: %s; }\n", colours[i].name, colours[i].dark);
    g_string_append(out, "}\n");
}

/* ---- pieces ---- */

void
vt_chart_append_text(GString *out, unsigned x, unsigned y, unsigned size, const char *css_class,
                     const char *text)
{
    g_autofree char *attributes =
        g_strdup_printf(" font-size=\"%u\" class=\"%s\"", size, css_class);

    vt_svg_append_text(out, x, y, attributes, text);
}

unsigned
vt_chart_append_lines(GString *out, unsigned x, unsigned y, unsigned size, const char *css_class,
                      const char *text)
{
    g_autoptr(GPtrArray) lines = vt_svg_wrap(text, VT_CHART_WIDTH - VT_CHART_MARGIN - x, size);

    for (guint i = 0; i < lines->len; i++) {
        vt_chart_append_text(out, x, y + size, size, css_class, lines->pdata[i]);
        y += size + 6;
    }
    return y;
}

void
vt_chart_append_rectangle(GString *out, unsigned x, unsigned y, double width, unsigned height,
                          const char *css_class)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append_printf(
        out, "<rect x=\"%u\" y=\"%u\" width=\"%s\" height=\"%u\" rx=\"2\" class=\"%s\"/>\n", x, y,
        g_ascii_formatd(number, sizeof number, "%.1f", width), height, css_class);
}

void
vt_chart_append_bar(GString *out, unsigned x, unsigned y, unsigned width, double share,
                    const char *css_class)
{
    vt_chart_append_rectangle(out, x, y, width, 12, "track");
    if (share > 0)
        vt_chart_append_rectangle(out, x, y, MAX(MIN(share, 1) * width, 1.5), 12, css_class);
}

void
vt_chart_append_badge(GString *out, unsigned x, unsigned y, unsigned number)
{
    g_autofree char *text = g_strdup_printf("%u", number);

    g_string_append_printf(out, "<circle cx=\"%u\" cy=\"%u\" r=\"%u\" class=\"trouble\"/>\n", x, y,
                           BADGE_RADIUS);
    vt_chart_append_text(out, x, y + 4, 11, "on b m", text);
}

/* ---- rows ---- */

static void
append_bar(GString *out, unsigned x, unsigned y, unsigned width, double share, const char *tone)
{
    g_autofree char *figure = vt_figure_share(share);

    vt_chart_append_bar(out, x, y + 6, width, share, tone);
    vt_chart_append_text(out, x + width + SHARE_WIDTH, y + 17, TEXT_SIZE, "ink r", figure);
}

/* All of it, for the pointer that rests on it. */
static void
append_tip(GString *out, const VtBar *bar)
{
    g_autofree char *count = vt_figure_count(bar->count);
    g_autofree char *share = vt_figure_share(bar->count_share);
    g_autofree char *time = vt_figure_time(bar->time_ns);
    g_autofree char *text =
        g_strdup_printf("%s: %s (%s)%s%s", bar->label, count, share, bar->time_ns >= 0 ? ", " : "",
                        bar->time_ns >= 0 ? time : "");

    g_string_append(out, "<title>");
    vt_markup_append(out, text);
    g_string_append(out, "</title>\n");
}

static void
append_row(GString *out, const VtBar *bar, bool timed, unsigned y)
{
    g_autofree char *count = vt_figure_count(bar->count);
    unsigned room = COUNT_RIGHT - LABEL_X - 8 - vt_svg_text_width(count, TEXT_SIZE);
    g_autofree char *label = vt_svg_cut(bar->label, room, TEXT_SIZE);
    unsigned width = timed ? BAR_WIDTH : VT_CHART_WIDTH - VT_CHART_MARGIN - SHARE_WIDTH - BAR_X;

    g_string_append(out, "<g>\n");
    append_tip(out, bar);
    if (bar->number > 0)
        vt_chart_append_badge(out, VT_CHART_MARGIN + BADGE_RADIUS, y + ROW_HEIGHT / 2, bar->number);
    vt_chart_append_text(out, LABEL_X, y + 17, TEXT_SIZE, "ink", label);
    vt_chart_append_text(out, COUNT_RIGHT, y + 17, TEXT_SIZE, "ink r", count);
    append_bar(out, BAR_X, y, width, bar->count_share, vt_tone_class(bar->tone));
    if (timed && bar->time_share >= 0)
        append_bar(out, TIME_X, y, BAR_WIDTH, bar->time_share, vt_tone_class(bar->tone));
    else if (timed)
        vt_chart_append_text(out, TIME_X, y + 17, TEXT_SIZE, "muted",
                             bar->tone == VT_TONE_SLEEP ? _("asleep") : "?");
    g_string_append(out, "</g>\n");
}

static unsigned
append_table(GString *out, const VtBarTable *table, unsigned y)
{
    vt_chart_append_text(out, VT_CHART_MARGIN, y + 16, 14, "ink b", table->title);
    vt_chart_append_text(out, COUNT_RIGHT, y + 16, 12, "muted r", _("exits"));
    vt_chart_append_text(out, BAR_X, y + 16, 12, "muted", _("of all exits"));
    if (table->timed)
        vt_chart_append_text(out, TIME_X, y + 16, 12, "muted", _("of handling time"));
    y += ROW_HEIGHT + 2;
    for (guint i = 0; i < table->bars->len; i++) {
        append_row(out, table->bars->pdata[i], table->timed, y);
        y += ROW_HEIGHT;
    }
    return y + 14;
}

/* ---- what the colours mean ---- */

/* Sleep says itself what it is. */
static const struct {
    VtTone tone;
    const char *meaning;
} meanings[] = {
    {VT_TONE_TROUBLE, N_("matters")},
    {VT_TONE_NORMAL, N_("normal, or little")},
    {VT_TONE_UNKNOWN, N_("not known")},
    {VT_TONE_PLAIN, N_("told by a finer table, or several")},
};

unsigned
vt_chart_append_legend(GString *out, const bool *tones, unsigned y)
{
    unsigned x = VT_CHART_MARGIN;

    for (guint i = 0; i < G_N_ELEMENTS(meanings); i++) {
        const char *meaning = _(meanings[i].meaning);
        unsigned width = 20 + vt_svg_text_width(meaning, 12) + 8;

        if (!tones[meanings[i].tone])
            continue;
        if (x > VT_CHART_MARGIN && x + width > VT_CHART_WIDTH - VT_CHART_MARGIN) {
            x = VT_CHART_MARGIN;
            y += 20;
        }
        vt_chart_append_rectangle(out, x, y, 12, 12, vt_tone_class(meanings[i].tone));
        vt_chart_append_text(out, x + 20, y + 10, 12, "muted", meaning);
        x += width;
    }
    return y + (x > VT_CHART_MARGIN ? 24 : 0);
}

unsigned
vt_chart_append_bars(GString *out, const GPtrArray *tables, unsigned y)
{
    bool tones[VT_TONES] = {false};

    for (guint i = 0; i < tables->len; i++) {
        const VtBarTable *table = tables->pdata[i];
        y = append_table(out, table, y);
        for (guint j = 0; j < table->bars->len; j++)
            tones[((const VtBar *)table->bars->pdata[j])->tone] = true;
    }
    return vt_chart_append_legend(out, tones, y);
}

char *
vt_chart_describe(const GPtrArray *tables)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < tables->len; i++) {
        const VtBarTable *table = tables->pdata[i];
        g_string_append_printf(out, "%s%s:", i > 0 ? ". " : "", table->title);
        for (guint j = 0; j < table->bars->len; j++) {
            const VtBar *bar = table->bars->pdata[j];
            g_autofree char *share = vt_figure_share(bar->count_share);
            g_string_append_printf(out, "%s %s %s", j > 0 ? "," : "", bar->label, share);
        }
    }
    return g_string_free(out, FALSE);
}

/* The root, which names itself and what it shows to those who hear it. */
void
vt_chart_append_root(GString *svg, unsigned height, const char *title, const char *description)
{
    g_string_append_printf(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"%u\" "
        "height=\"%u\" viewBox=\"0 0 %u %u\" class=\"vt\" role=\"img\">\n<title>",
        VT_CHART_WIDTH, height, VT_CHART_WIDTH, height);
    vt_markup_append(svg, title);
    g_string_append(svg, "</title>\n<desc>");
    vt_markup_append(svg, description);
    g_string_append(svg, "</desc>\n");
}

void
vt_chart_append_figure(GString *out, const GPtrArray *tables)
{
    g_autofree char *description = vt_chart_describe(tables);
    g_autoptr(GString) body = g_string_new(NULL);
    unsigned height = vt_chart_append_bars(body, tables, 0);

    vt_chart_append_root(out, height, _("Where the exits come from"), description);
    g_string_append(out, body->str);
    g_string_append(out, "</svg>\n");
}
