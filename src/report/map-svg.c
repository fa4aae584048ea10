/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: the model. Out: a standalone SVG 1.1 document for a report.
 * Law: well-formed whatever the guests are called, no scripts, nothing fetched; every CPU is a
 * group with the id "cpuN" exactly once. Colour is never the only sign: cells carry keys, and what
 * does not run yet differs in its border.
 */
#include <string.h>

#include "base/i18n.h"
#include "report/map-layout.h"
#include "report/map-parts.h"
#include "report/svg.h"

#define MARGIN 20
#define HEAD_HEIGHT 56
#define LINE_HEIGHT 18
#define SWATCH_WIDTH 34
#define SWATCH_HEIGHT 16
#define TEXT_SIZE 12
#define TITLE_SIZE 11
/* Width to height, a little less than that of paper held sideways: the legend comes below. */
#define PAGE_SHAPE 1.5

/* The palette of Okabe and Ito, which people tell apart whatever colours they see. */
static const struct {
    const char *fill;
    const char *ink; /* on the fill */
} palette[] = {
    {"#56b4e9", "#000000"}, {"#e69f00", "#000000"}, {"#009e73", "#ffffff"}, {"#f0e442", "#000000"},
    {"#cc79a7", "#000000"}, {"#0072b2", "#ffffff"}, {"#d55e00", "#ffffff"},
};

/* Guests beyond the palette take its colours again, hatched: one way, then the other. */
static const char *const hatches[] = {NULL, "M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2",
                                      "M-1,5 l2,2 M0,0 l6,6 M5,-1 l2,2"};

/* How a cell looks by what its CPU is while no vCPU has it. */
typedef struct {
    const char *fill, *stroke, *dashes;
} Look;

static const Look mark_looks[VT_MAP_MARKS] = {
    [VT_MAP_FREE] = {"#ffffff", "#b8b8b8", NULL},
    [VT_MAP_RESERVED] = {"#d4d4d4", "#8c8c8c", NULL},
    [VT_MAP_ISOLATED] = {"#ffffff", "#404040", "3,2"},
    [VT_MAP_CLOSED] = {"#ececec", "#d0d0d0", NULL},
    [VT_MAP_DOUBTFUL] = {"#ffffff", "#c00000", "1,2"},
};

static const Look emulator_look = {"#bdbdbd", "#6e6e6e", NULL};
static const Look floating_look = {"#f6f6f6", "#6e6e6e", "6,2"};

typedef struct {
    const VtMap *map;
    VtMapMetrics metrics;
    VtMapBox *box;
    GPtrArray *legend; /* VtMapLine* */
    unsigned width;    /* of the page */
    GString *out;
} Page;

/* ---- pieces ---- */

static void
append_text(Page *page, unsigned x, unsigned y, const char *attributes, const char *text)
{
    vt_svg_append_text(page->out, x, y, attributes, text);
}

static void
append_cell(Page *page, unsigned x, unsigned y, unsigned width, unsigned height, const Look *look,
            unsigned stroke_width)
{
    g_string_append_printf(page->out,
                           "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"2\" "
                           "fill=\"%s\" stroke=\"%s\" stroke-width=\"%u\"",
                           x, y, width, height, look->fill, look->stroke, stroke_width);
    if (look->dashes)
        g_string_append_printf(page->out, " stroke-dasharray=\"%s\"", look->dashes);
    g_string_append(page->out, "/>\n");
}

/* Half way to white: what does not run is lighter, in print as well. */
static char *
lighten(const char *colour)
{
    unsigned value = (unsigned)g_ascii_strtoull(colour + 1, NULL, 16), light = 0;

    for (unsigned shift = 0; shift <= 16; shift += 8)
        light |= (255 - (255 - (value >> shift & 255)) * 2 / 5) << shift;
    return g_strdup_printf("#%06x", light);
}

/* A cell of a guest; @ret_ink: the colour of what is written on it. */
static void
append_guest_cell(Page *page, const VtMapGuest *guest, unsigned x, unsigned y, unsigned width,
                  unsigned height, const char **ret_ink)
{
    unsigned colour = guest->colour % G_N_ELEMENTS(palette);
    unsigned hatch = guest->colour / G_N_ELEMENTS(palette) % G_N_ELEMENTS(hatches);
    g_autofree char *light = lighten(palette[colour].fill);
    Look look = {palette[colour].fill, "#404040", NULL};

    *ret_ink = palette[colour].ink;
    if (guest->state == VT_MAP_CONFIGURED) {
        look.fill = light;
        look.stroke = palette[colour].fill;
        look.dashes = "4,2";
        *ret_ink = "#000000";
    }
    if (guest->state == VT_MAP_PLANNED)
        look.stroke = "#000000";
    append_cell(page, x, y, width, height, &look, guest->state == VT_MAP_PLANNED ? 2 : 1);
    if (hatches[hatch])
        g_string_append_printf(page->out,
                               "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" "
                               "fill=\"url(#hatch%u)\"/>\n",
                               x + 1, y + 1, width - 2, height - 2, hatch);
}

static void
append_look_cell(Page *page, VtMapMark mark, VtMapUse use, unsigned x, unsigned y, unsigned width,
                 unsigned height)
{
    const Look *look = use == VT_MAP_EMULATOR   ? &emulator_look
                       : use == VT_MAP_FLOATING ? &floating_look
                                                : &mark_looks[mark];

    append_cell(page, x, y, width, height, look, 1);
}

/* ---- CPUs ---- */

static void
append_tip(Page *page, const VtMapCpu *cpu)
{
    g_string_append_printf(page->out, "<title>CPU %u", cpu->number);
    for (guint i = 0; cpu->holders && i < cpu->holders->len; i++) {
        const VtMapHolder *holder = &g_array_index(cpu->holders, VtMapHolder, i);
        g_autofree char *text =
            g_strdup_printf(_("%s, vCPU %u"), holder->guest->name, holder->vcpu);
        g_string_append(page->out, i == 0 ? ": " : "; ");
        vt_markup_append(page->out, text);
    }
    if (!cpu->holders && cpu->use != VT_MAP_UNUSED) {
        g_string_append_printf(page->out, ": ");
        vt_markup_append(page->out, vt_map_use_meaning(cpu->use));
    } else if (cpu->use == VT_MAP_UNUSED) {
        g_string_append_printf(page->out, ": ");
        vt_markup_append(page->out, vt_map_mark_meaning(cpu->mark));
    }
    g_string_append(page->out, "</title>\n");
}

static void
append_cpu(Page *page, const VtMapCpu *cpu, unsigned x, unsigned y)
{
    unsigned width = page->metrics.cpu_width, height = page->metrics.cpu_height - 4;
    const char *ink = "#404040";
    const char sign[] = {vt_map_mark_sign(cpu->mark), '\0'};
    const char *label =
        cpu->use == VT_MAP_UNUSED ? (cpu->mark == VT_MAP_FREE ? "" : sign) : cpu->label;
    g_autofree char *number = g_strdup_printf("%u", cpu->number);
    g_autofree char *number_attributes = NULL, *label_attributes = NULL;

    g_string_append_printf(page->out, "<g id=\"cpu%u\">\n", cpu->number);
    append_tip(page, cpu);
    if (cpu->use == VT_MAP_VCPU)
        append_guest_cell(page, cpu->guest, x, y + 2, width, height, &ink);
    else
        append_look_cell(page, cpu->mark, cpu->use, x, y + 2, width, height);
    number_attributes = g_strdup_printf(" class=\"n\" fill=\"%s\"", ink);
    label_attributes = g_strdup_printf(" class=\"l\" fill=\"%s\"", ink);
    append_text(page, x + width / 2, y + 11, number_attributes, number);
    if (*label)
        append_text(page, x + width / 2, y + 23, label_attributes, label);
    g_string_append(page->out, "</g>\n");
}

static void
append_box(Page *page, const VtMapBox *box, unsigned depth)
{
    static const char *const fills[] = {"#f7f7f7", "#efefef", "#ffffff"};
    bool titled = vt_map_frame_is_drawn(box->frame);
    unsigned room = (unsigned)((box->width - 12) / page->metrics.char_width);
    g_autofree char *title = vt_map_frame_title(box->frame, " \xc2\xb7 ", false, room);

    if (titled) {
        g_string_append_printf(page->out,
                               "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"4\" "
                               "fill=\"%s\" stroke=\"#606060\"/>\n",
                               box->x, box->y, box->width, box->height,
                               fills[MIN(depth, G_N_ELEMENTS(fills) - 1)]);
        append_text(page, box->x + 7, box->y + 14, " class=\"t\"", title);
    }
    for (guint i = 0; i < box->frame->cores->len; i++) {
        const VtMapCore *core = box->frame->cores->pdata[i];
        unsigned x, y;

        vt_map_place_core(box, &page->metrics, i, &x, &y);
        g_string_append_printf(page->out,
                               "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"3\" "
                               "fill=\"#dfe3e8\"/>\n",
                               x, y, box->core_width, box->core_height);
        for (guint sibling = 0; sibling < core->cpus->len; sibling++) {
            unsigned cpu_x = x, cpu_y = y;
            vt_map_place_cpu(box, &page->metrics, sibling, &cpu_x, &cpu_y);
            append_cpu(page, core->cpus->pdata[sibling], cpu_x, cpu_y);
        }
    }
    for (guint i = 0; i < box->boxes->len; i++)
        append_box(page, box->boxes->pdata[i], depth + titled);
}

/* ---- the legend ---- */

/* A row of sample cells for the signs that occur. */
static unsigned
append_signs(Page *page, unsigned y)
{
    VtMapSigns signs = vt_map_signs(page->map);
    unsigned x = MARGIN;

    for (unsigned i = 0; i < VT_MAP_MARKS + VT_MAP_USES; i++) {
        VtMapMark mark = i < VT_MAP_MARKS ? (VtMapMark)i : VT_MAP_FREE;
        VtMapUse use = i < VT_MAP_MARKS ? VT_MAP_UNUSED : (VtMapUse)(i - VT_MAP_MARKS);
        const char *meaning =
            use == VT_MAP_UNUSED ? vt_map_mark_meaning(mark) : vt_map_use_meaning(use);
        const char sign[] = {use == VT_MAP_UNUSED ? vt_map_mark_sign(mark) : vt_map_use_sign(use),
                             '\0'};
        unsigned width = SWATCH_WIDTH + 8 + vt_svg_text_width(meaning, TEXT_SIZE) + 16;

        if (i < VT_MAP_MARKS ? !signs.marks[i]
                             : !signs.uses[use] || use == VT_MAP_VCPU || use == VT_MAP_UNUSED)
            continue;
        if (x > MARGIN && x + width > page->width - MARGIN) {
            x = MARGIN;
            y += LINE_HEIGHT + 2;
        }
        append_look_cell(page, mark, use, x, y, SWATCH_WIDTH, SWATCH_HEIGHT);
        if (*sign != '.')
            append_text(page, x + SWATCH_WIDTH / 2, y + 12, " class=\"l\" fill=\"#404040\"", sign);
        append_text(page, x + SWATCH_WIDTH + 8, y + 12, "", meaning);
        x += width;
    }
    return y + (x > MARGIN ? LINE_HEIGHT + 8 : 0);
}

static unsigned
append_legend(Page *page, unsigned y)
{
    for (guint i = 0; i < page->legend->len; i++) {
        const VtMapLine *line = page->legend->pdata[i];
        unsigned x = line->guest ? MARGIN + SWATCH_WIDTH + 8 : MARGIN;
        g_autoptr(GPtrArray) lines = vt_svg_wrap(line->text, page->width - MARGIN - x, TEXT_SIZE);

        if (line->guest) {
            const char *ink;
            g_autofree char *attributes = NULL;
            append_guest_cell(page, line->guest, MARGIN, y, SWATCH_WIDTH, SWATCH_HEIGHT, &ink);
            attributes = g_strdup_printf(" class=\"l\" fill=\"%s\"", ink);
            append_text(page, MARGIN + SWATCH_WIDTH / 2, y + 12, attributes, line->key);
        }
        for (guint j = 0; j < lines->len; j++) {
            append_text(page, x, y + 12, "", lines->pdata[j]);
            y += LINE_HEIGHT;
        }
        y += 2;
    }
    return y;
}

/* ---- the page ---- */

static VtMapMetrics
metrics_for(const VtMap *map)
{
    unsigned number = vt_map_number_width(map) * 6 + 8;
    unsigned label = vt_map_label_width(map) * 8 + 6;

    return (VtMapMetrics){
        .cpu_width = MAX(MAX(number, label), 26),
        .cpu_height = 30,
        .cpu_gap = 2,
        .core_pad = 3,
        .core_gap_x = 5,
        .core_gap_y = 5,
        .core_side = 8,
        .frame_side = 8,
        .top = 22,
        .bottom = 8,
        .gap_x = 8,
        .gap_y = 8,
        .char_width = 7,
    };
}

/* The width at which the drawing comes nearest to the shape of a page. */
static void
choose_width(Page *page)
{
    double best = G_MAXDOUBLE;

    for (unsigned width = 640; width <= 3200; width += 80) {
        VtMapBox *box;
        double shape, off;

        page->metrics.max_width = width;
        box = vt_map_layout(page->map, &page->metrics);
        shape = (double)box->width / (double)(box->height + HEAD_HEIGHT) / PAGE_SHAPE;
        off = shape > 1 ? shape : 1 / shape;
        if (off < best) {
            best = off;
            vt_map_box_free(page->box);
            page->box = g_steal_pointer(&box);
        }
        vt_map_box_free(box);
    }
    page->width = MAX(page->box->width, 640) + 2 * MARGIN;
}

static void
shift_boxes(VtMapBox *box, unsigned x, unsigned y)
{
    box->x += x;
    box->y += y;
    for (guint i = 0; i < box->boxes->len; i++)
        shift_boxes(box->boxes->pdata[i], x, y);
}

static void
append_hatches(GString *svg)
{
    g_string_append(svg, "<defs>\n");
    for (guint i = 1; i < G_N_ELEMENTS(hatches); i++)
        g_string_append_printf(
            svg,
            "<pattern id=\"hatch%u\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
            "<path d=\"%s\" stroke=\"#ffffff\" stroke-opacity=\"0.35\" stroke-width=\"1.5\"/>"
            "</pattern>\n",
            i, hatches[i]);
    g_string_append(svg, "</defs>\n");
}

static char *
finish(const Page *page, unsigned height)
{
    GString *svg = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");

    g_string_append_printf(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"%u\" height=\"%u\" "
        "viewBox=\"0 0 %u %u\" role=\"img\">\n<title>",
        page->width, height, page->width, height);
    vt_markup_append(svg, page->map->title);
    g_string_append_printf(svg,
                           "</title>\n<style type=\"text/css\">\n"
                           "text { font-family: " VT_SVG_FONTS "; "
                           "font-size: %upx; }\n"
                           ".h { font-size: 18px; font-weight: bold; }\n"
                           ".t { font-size: %upx; font-weight: bold; fill: #303030; }\n"
                           ".n { font-size: 8px; text-anchor: middle; }\n"
                           ".l { font-size: 11px; font-weight: bold; text-anchor: middle; }\n"
                           "</style>\n<rect width=\"%u\" height=\"%u\" fill=\"#ffffff\"/>\n",
                           TEXT_SIZE, TITLE_SIZE, page->width, height);
    append_hatches(svg);
    g_string_append(svg, page->out->str);
    g_string_append(svg, "</svg>\n");
    return g_string_free(svg, FALSE);
}

char *
vt_map_to_svg(const VtMap *map)
{
    Page page = {.map = map, .metrics = metrics_for(map)};
    g_autofree char *summary = vt_map_summary(map);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GPtrArray) legend = vt_map_legend(map);
    unsigned y;

    page.out = out;
    page.legend = legend;
    choose_width(&page);
    shift_boxes(page.box, MARGIN, HEAD_HEIGHT);
    append_text(&page, MARGIN, 28, " class=\"h\"", map->title);
    append_text(&page, MARGIN, 46, " fill=\"#404040\"", summary);
    append_box(&page, page.box, 0);
    y = append_signs(&page, HEAD_HEIGHT + page.box->height + 14);
    y = append_legend(&page, y);
    vt_map_box_free(page.box);
    return finish(&page, y + MARGIN);
}
