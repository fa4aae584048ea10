/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: the model. Out: lines for a terminal.
 * Law: no line is wider than asked for; in ASCII no byte is above 127.
 */
#include <string.h>

#include "base/columns.h"
#include "report/map-canvas.h"
#include "report/map-layout.h"
#include "report/map-parts.h"

/* How much is shown of a CPU. The first that keeps within its height is taken, else the last. */
typedef enum {
    DETAIL_FULL,    /* number above label, every core in a box */
    DETAIL_COMPACT, /* the same without rules and spaces */
    DETAIL_DENSE,   /* one key a CPU; the numbers are in the title */
    DETAILS,
} Detail;

static const unsigned height_limits[DETAILS] = {72, 110, G_MAXUINT};

typedef struct {
    const VtMap *map;
    const VtTextStyle *style;
    unsigned width;
    Detail detail;
    VtMapMetrics metrics;
    VtMapBox *box;
    VtCanvas *canvas;
} Drawing;

/* ---- words ---- */

static const char *
free_sign(const Drawing *drawing)
{
    return drawing->style->ascii ? "." : "\xc2\xb7";
}

/* ---- sizes ---- */

static VtMapMetrics
metrics_for(const Drawing *drawing, Detail detail)
{
    unsigned number = vt_map_number_width(drawing->map);
    unsigned label = vt_map_label_width(drawing->map);
    VtMapMetrics metrics = {
        .cpu_width = MAX(number, label),
        .cpu_height = 2,
        .cpu_gap = 1,
        .core_pad = 1,
        .core_gap_x = 1,
        .core_gap_y = 1,
        .core_side = 1,
        .frame_side = 2,
        .top = 1,
        .bottom = 1,
        .gap_x = 1,
        .char_width = 1,
        .max_width = drawing->width,
    };

    if (detail == DETAIL_FULL)
        return metrics;
    metrics.core_pad = 0;
    metrics.core_gap_y = 0;
    metrics.frame_side = 1;
    metrics.gap_x = 0;
    if (detail == DETAIL_COMPACT)
        return metrics;
    metrics.cpu_width = 1;
    for (guint i = 0; i < drawing->map->guests->len; i++) {
        const VtMapGuest *guest = drawing->map->guests->pdata[i];
        metrics.cpu_width = MAX(metrics.cpu_width, (unsigned)strlen(guest->key));
    }
    metrics.cpu_height = 1;
    metrics.cpu_gap = 0;
    metrics.whole_titles = true;
    return metrics;
}

static void
choose_detail(Drawing *drawing)
{
    for (Detail detail = DETAIL_FULL; detail < DETAILS; detail++) {
        vt_map_box_free(drawing->box);
        drawing->detail = detail;
        drawing->metrics = metrics_for(drawing, detail);
        drawing->box = vt_map_layout(drawing->map, &drawing->metrics);
        if (drawing->box->height <= height_limits[detail])
            return;
    }
}

/* ---- the drawing ---- */

static VtCanvasLook
look_of(const VtMapCpu *cpu)
{
    if (cpu->use != VT_MAP_VCPU)
        return cpu->use == VT_MAP_UNUSED ? VT_CANVAS_DIM : VT_CANVAS_PLAIN;
    switch (cpu->guest->state) {
    case VT_MAP_RUNNING:
        return VT_CANVAS_FILLED;
    case VT_MAP_CONFIGURED:
        return VT_CANVAS_LIGHT;
    case VT_MAP_PLANNED:
        return VT_CANVAS_UNDERLINED;
    }
    return VT_CANVAS_PLAIN;
}

static char *
cpu_sign(const Drawing *drawing, const VtMapCpu *cpu)
{
    if (cpu->use == VT_MAP_UNUSED)
        return cpu->mark == VT_MAP_FREE ? g_strdup(free_sign(drawing))
                                        : g_strdup_printf("%c", vt_map_mark_sign(cpu->mark));
    if (drawing->detail != DETAIL_DENSE)
        return g_strdup(cpu->label);
    return cpu->use == VT_MAP_VCPU ? g_strdup(cpu->guest->key)
                                   : g_strdup_printf("%c", vt_map_use_sign(cpu->use));
}

/* Both to the right, as numbers are. */
static void
draw_cpu(const Drawing *drawing, const VtMapCpu *cpu, unsigned x, unsigned y)
{
    unsigned width = drawing->metrics.cpu_width;
    g_autofree char *number = g_strdup_printf("%u", cpu->number);
    g_autofree char *sign = cpu_sign(drawing, cpu);
    unsigned length = (unsigned)g_utf8_strlen(sign, -1);
    unsigned colour = cpu->guest ? cpu->guest->colour : 0;

    if (drawing->detail != DETAIL_DENSE)
        vt_canvas_text(drawing->canvas, x + width - (unsigned)strlen(number), y++, number, width,
                       VT_CANVAS_DIM, 0);
    vt_canvas_text(drawing->canvas, x + width - MIN(length, width), y, sign, width, look_of(cpu),
                   colour);
}

/* Rules between the cores; without the height for them, upright ones. The last of a row reaches to
 * the side of its frame, so that what is left over does not look like one more core. */
static void
draw_core_lines(const Drawing *drawing, const VtMapBox *box, guint index, unsigned x, unsigned y)
{
    bool row_ends = (index + 1) % box->columns == 0;
    bool last = row_ends || index + 1 == box->frame->cores->len;
    unsigned end = row_ends ? box->x + box->width : x + box->core_width + 1;

    if (drawing->detail == DETAIL_FULL)
        vt_canvas_rectangle(drawing->canvas, x - 1, y - 1, end - x + 1, box->core_height + 2);
    else if (drawing->detail == DETAIL_COMPACT && !last)
        vt_canvas_vertical(drawing->canvas, x + box->core_width, y - 1, box->core_height + 2);
}

static void
draw_cores(const Drawing *drawing, const VtMapBox *box)
{
    for (guint i = 0; i < box->frame->cores->len; i++) {
        const VtMapCore *core = box->frame->cores->pdata[i];
        unsigned x, y;

        vt_map_place_core(box, &drawing->metrics, i, &x, &y);
        draw_core_lines(drawing, box, i, x, y);
        for (guint sibling = 0; sibling < core->cpus->len; sibling++) {
            unsigned cpu_x = x, cpu_y = y;
            vt_map_place_cpu(box, &drawing->metrics, sibling, &cpu_x, &cpu_y);
            draw_cpu(drawing, core->cpus->pdata[sibling], cpu_x, cpu_y);
        }
    }
}

/* Cut with an ellipsis where the frame is too narrow even for what has to be said. */
static void
draw_title(const Drawing *drawing, const VtMapBox *box)
{
    unsigned room = box->width > 4 ? box->width - 4 : 0;
    const char *separator = drawing->style->ascii ? " - " : " \xc2\xb7 ";
    bool with_cpus = drawing->metrics.whole_titles && box->frame->cores->len > 0;
    g_autofree char *title = vt_map_frame_title(box->frame, separator, with_cpus, room);
    g_autofree char *words = vt_style_words(drawing->style, title);
    g_autofree char *framed = NULL;

    if (vt_columns_count(words) > room && room > 0) {
        g_autofree char *cut = g_strndup(words, vt_columns_fit(words, room > 3 ? room - 3 : room));
        g_free(words);
        words = g_strconcat(cut, room > 3 ? "..." : "", NULL);
    }
    framed = g_strdup_printf(" %s ", words);
    if (room > 0)
        vt_canvas_text(drawing->canvas, box->x + 1, box->y, framed, room + 2, VT_CANVAS_BOLD, 0);
}

static void
draw_box(const Drawing *drawing, const VtMapBox *box)
{
    bool titled = vt_map_frame_is_drawn(box->frame);

    if (titled || box->frame->cores->len > 0)
        vt_canvas_rectangle(drawing->canvas, box->x, box->y, box->width, box->height);
    draw_cores(drawing, box);
    for (guint i = 0; i < box->boxes->len; i++)
        draw_box(drawing, box->boxes->pdata[i]);
    if (titled)
        draw_title(drawing, box);
}

/* ---- around the drawing ---- */

static void
append_words(const Drawing *drawing, GString *out, const char *text)
{
    g_autofree char *words = vt_style_words(drawing->style, text);

    vt_style_append_wrapped(out, words, 0, 2, drawing->width);
}

static void
add_sign(GPtrArray *entries, const char *sign, const char *meaning)
{
    g_ptr_array_add(entries, g_strdup_printf("%s %s", sign, meaning));
}

/* The signs that occur, in as many lines as it takes; one with its meaning is never torn. */
static void
append_signs(const Drawing *drawing, GString *out)
{
    VtMapSigns signs = vt_map_signs(drawing->map);
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(g_free);
    unsigned column = 0;

    for (VtMapMark mark = 0; mark < VT_MAP_MARKS; mark++) {
        const char sign[] = {vt_map_mark_sign(mark), '\0'};
        if (signs.marks[mark])
            add_sign(entries, mark == VT_MAP_FREE ? free_sign(drawing) : sign,
                     vt_map_mark_meaning(mark));
    }
    for (VtMapUse use = 0; use < VT_MAP_USES; use++) {
        const char sign[] = {vt_map_use_sign(use), '\0'};
        if (signs.uses[use] && *sign)
            add_sign(entries, sign, vt_map_use_meaning(use));
    }
    for (guint i = 0; i < entries->len; i++) {
        g_autofree char *words = vt_style_words(drawing->style, entries->pdata[i]);
        unsigned columns = vt_columns_count(words);

        if (column > 0 && column + 3 + columns > drawing->width) {
            g_string_append_c(out, '\n');
            column = 0;
        }
        g_string_append_printf(out, "%s%s", column > 0 ? "   " : "", words);
        column += columns + (column > 0 ? 3 : 0);
    }
    if (entries->len > 0)
        g_string_append_c(out, '\n');
}

static void
append_guest(const Drawing *drawing, GString *out, const VtMapLine *line)
{
    g_autofree char *words = vt_style_words(drawing->style, line->text);
    unsigned indent = (unsigned)strlen(line->key) + 2;
    const VtMapCpu seat = {.use = VT_MAP_VCPU, .guest = line->guest};

    if (drawing->style->colour)
        vt_canvas_append_styled(out, line->key, look_of(&seat), line->guest->colour);
    else
        g_string_append(out, line->key);
    g_string_append(out, "  ");
    vt_style_append_wrapped(out, words, indent, indent, drawing->width);
}

char *
vt_map_to_text(const VtMap *map, const VtTextStyle *style)
{
    Drawing drawing = {.map = map, .style = style, .width = MAX(style->width, VT_TEXT_MIN_WIDTH)};
    g_autoptr(GPtrArray) legend = vt_map_legend(map);
    g_autofree char *summary = vt_map_summary(map);
    g_autofree char *head = g_strdup_printf("%s: %s", map->title, summary);
    GString *out = g_string_new(NULL);

    choose_detail(&drawing);
    drawing.canvas = vt_canvas_new(drawing.box->width, drawing.box->height);
    draw_box(&drawing, drawing.box);
    append_words(&drawing, out, head);
    vt_canvas_append_to(drawing.canvas, out, style->ascii, style->colour);
    append_signs(&drawing, out);
    for (guint i = 0; i < legend->len; i++) {
        const VtMapLine *line = legend->pdata[i];
        if (line->guest)
            append_guest(&drawing, out, line);
        else
            append_words(&drawing, out, line->text);
    }
    vt_map_box_free(drawing.box);
    vt_canvas_free(drawing.canvas);
    return g_string_free(out, FALSE);
}
