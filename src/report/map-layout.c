/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: the model and the sizes of its parts. Out: boxes.
 * Law: nothing is wider than metrics->max_width as long as one CPU and its frames fit into it;
 * nothing overlaps.
 */
#include "report/map-layout.h"

#include <string.h>

#include "base/columns.h"

/* ---- titles ---- */

bool
vt_map_frame_is_drawn(const VtMapFrame *frame)
{
    return frame->titles->len > 0;
}

static void
append_part(GString *out, const char *separator, const char *part)
{
    if (out->len > 0)
        g_string_append(out, separator);
    g_string_append(out, part);
}

static char *
join_title(const VtMapFrame *frame, const char *separator, bool with_details, bool with_cpus)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < frame->titles->len; i++) {
        append_part(out, separator, frame->titles->pdata[i]);
        if (with_details && frame->details->pdata[i])
            append_part(out, separator, frame->details->pdata[i]);
    }
    if (with_cpus) {
        g_autofree char *cpus = vt_map_format_cpus(frame->cpus);
        append_part(out, ": ", cpus);
    }
    return g_string_free(out, FALSE);
}

char *
vt_map_frame_title(const VtMapFrame *frame, const char *separator, bool with_cpus, unsigned room)
{
    char *title = join_title(frame, separator, true, with_cpus);

    if (vt_columns_count(title) > room) {
        g_free(title);
        title = join_title(frame, separator, false, with_cpus);
    }
    return title;
}

/* ---- sizes ---- */

/* Frames of one depth are taken to have titles of one width, so that equal parts of a host are laid
 * out equally: "L3 9" as "L3 10". */
typedef struct {
    const VtMapMetrics *metrics;
    GArray *title_widths; /* unsigned by depth */
    bool with_details;
} Sizer;

static void
measure_titles(const Sizer *sizer, const VtMapFrame *frame, guint depth)
{
    const VtMapMetrics *m = sizer->metrics;
    bool with_cpus = m->whole_titles && frame->cores->len > 0;
    g_autofree char *title = join_title(frame, " - ", sizer->with_details, with_cpus);
    /* the corners and a space on both sides */
    unsigned width = (vt_columns_count(title) + 4) * m->char_width;

    if (sizer->title_widths->len <= depth)
        g_array_set_size(sizer->title_widths, depth + 1);
    if (vt_map_frame_is_drawn(frame) && g_array_index(sizer->title_widths, unsigned, depth) < width)
        g_array_index(sizer->title_widths, unsigned, depth) = width;
    for (guint i = 0; i < frame->frames->len; i++)
        measure_titles(sizer, frame->frames->pdata[i], depth + 1);
}

static unsigned
title_width(const Sizer *sizer, guint depth)
{
    return g_array_index(sizer->title_widths, unsigned, depth);
}

void
vt_map_box_free(VtMapBox *box)
{
    if (!box)
        return;
    g_ptr_array_unref(box->boxes);
    g_free(box);
}

static VtMapBox *
box_new(const VtMapFrame *frame)
{
    VtMapBox *box = g_new0(VtMapBox, 1);

    box->frame = frame;
    box->boxes = g_ptr_array_new_with_free_func((GDestroyNotify)vt_map_box_free);
    return box;
}

static unsigned
most_siblings(const VtMapFrame *frame)
{
    unsigned most = 1;

    for (guint i = 0; i < frame->cores->len; i++)
        most = MAX(most, ((VtMapCore *)frame->cores->pdata[i])->cpus->len);
    return most;
}

/* How many of @count things of one width fit into @room, at least one: in as few rows as can be, or
 * one more if those are full. */
static unsigned
fit_evenly(unsigned count, unsigned width, unsigned gap, unsigned room)
{
    unsigned fit = CLAMP((room + gap) / (width + gap), 1, MAX(count, 1));
    unsigned rows = MAX((count + fit - 1) / fit, 1);

    if (count % rows != 0 && count % (rows + 1) == 0)
        rows++;
    return (count + rows - 1) / rows;
}

static void
size_cores(VtMapBox *box, const VtMapMetrics *m, unsigned max_width)
{
    unsigned siblings = most_siblings(box->frame);
    unsigned room = max_width > 2 * m->core_side ? max_width - 2 * m->core_side : 1;
    unsigned core_room = room > 2 * m->core_pad ? room - 2 * m->core_pad : 1;
    unsigned count = box->frame->cores->len, rows, lines;

    box->per_line = fit_evenly(siblings, m->cpu_width, m->cpu_gap, core_room);
    lines = (siblings + box->per_line - 1) / box->per_line;
    box->core_width = box->per_line * (m->cpu_width + m->cpu_gap) - m->cpu_gap + 2 * m->core_pad;
    box->core_height = lines * m->cpu_height;
    box->columns = MAX(fit_evenly(count, box->core_width, m->core_gap_x, room), 1);
    rows = (count + box->columns - 1) / box->columns;
    box->width =
        box->columns * (box->core_width + m->core_gap_x) - m->core_gap_x + 2 * m->core_side;
    box->height = m->top + m->bottom + rows * (box->core_height + m->core_gap_y);
    box->height -= rows > 0 ? m->core_gap_y : 0;
    box->narrow = rows > 2 * box->columns || lines > 1;
}

static VtMapBox *size_frame(const Sizer *sizer, const VtMapFrame *frame, guint depth,
                            unsigned max_width);

/* Puts the boxes into rows of at most @per_row; those around other boxes become as high as the
 * highest of their row. */
static void
flow_boxes(VtMapBox *box, const VtMapMetrics *m, unsigned left, unsigned top, guint per_row)
{
    unsigned y = top, widest = 0;

    for (guint first = 0; first < box->boxes->len; first += per_row) {
        guint end = MIN(first + per_row, box->boxes->len);
        unsigned x = left, height = 0;

        for (guint i = first; i < end; i++)
            height = MAX(height, ((VtMapBox *)box->boxes->pdata[i])->height);
        for (guint i = first; i < end; i++) {
            VtMapBox *child = box->boxes->pdata[i];
            child->x = x;
            child->y = y;
            if (child->boxes->len > 0)
                child->height = height;
            x += child->width + m->gap_x;
        }
        widest = MAX(widest, x - m->gap_x - left);
        y += height + m->gap_y;
    }
    box->width = widest;
    box->height = y - m->gap_y - top;
}

/* The frames of @frame with @per_row in a row; NULL if they are too wide for that, or would have to
 * be narrow. */
static VtMapBox *
try_row(const Sizer *sizer, const VtMapFrame *frame, guint depth, unsigned room, guint per_row)
{
    const VtMapMetrics *m = sizer->metrics;
    g_autoptr(VtMapBox) box = box_new(frame);
    bool drawn = vt_map_frame_is_drawn(frame);
    unsigned gaps = (per_row - 1) * m->gap_x;
    unsigned each = room > gaps ? (room - gaps) / per_row : 1;

    for (guint i = 0; i < frame->frames->len; i++) {
        VtMapBox *child = size_frame(sizer, frame->frames->pdata[i], depth + 1, each);

        g_ptr_array_add(box->boxes, child);
        box->narrow = box->narrow || child->narrow;
        if (per_row > 1 && (child->narrow || child->width > each))
            return NULL;
    }
    flow_boxes(box, m, drawn ? m->frame_side : 0, drawn ? m->top : 0, per_row);
    if (drawn) {
        box->width += 2 * m->frame_side;
        box->height += m->top + m->bottom;
    }
    return g_steal_pointer(&box);
}

/* Tries every number of frames in a row that uses its rows evenly; the lowest whole wins. */
static VtMapBox *
size_frames(const Sizer *sizer, const VtMapFrame *frame, guint depth, unsigned max_width)
{
    unsigned sides = vt_map_frame_is_drawn(frame) ? 2 * sizer->metrics->frame_side : 0;
    unsigned room = max_width > sides ? max_width - sides : 1;
    guint count = frame->frames->len;
    VtMapBox *best = try_row(sizer, frame, depth, room, 1);

    for (guint per_row = 2; per_row <= count; per_row++) {
        guint rows = (count + per_row - 1) / per_row;
        VtMapBox *box;

        if ((count + rows - 1) / rows != per_row)
            continue;
        box = try_row(sizer, frame, depth, room, per_row);
        if (!box)
            break;
        if (box->height < best->height) {
            vt_map_box_free(best);
            best = box;
        } else {
            vt_map_box_free(box);
        }
    }
    return best;
}

static VtMapBox *
size_frame(const Sizer *sizer, const VtMapFrame *frame, guint depth, unsigned max_width)
{
    VtMapBox *box;

    if (frame->frames->len > 0) {
        box = size_frames(sizer, frame, depth, max_width);
    } else {
        box = box_new(frame);
        size_cores(box, sizer->metrics, max_width);
    }
    box->narrow = box->narrow || title_width(sizer, depth) > max_width;
    box->width = MAX(box->width, MIN(title_width(sizer, depth), max_width));
    return box;
}

/* ---- places ---- */

/* Frames of frames that lie one above the other, and nothing beside them, end at one line. */
static void
settle(VtMapBox *box, const VtMapMetrics *m, unsigned x, unsigned y)
{
    unsigned side = vt_map_frame_is_drawn(box->frame) ? m->frame_side : 0;
    bool stacked = true;

    box->x += x;
    box->y += y;
    for (guint i = 0; i < box->boxes->len; i++)
        stacked = stacked && ((VtMapBox *)box->boxes->pdata[i])->x == side;
    for (guint i = 0; i < box->boxes->len; i++) {
        VtMapBox *child = box->boxes->pdata[i];
        if (stacked && child->boxes->len > 0)
            child->width = MAX(child->width, box->width - 2 * side);
        settle(child, m, box->x, box->y);
    }
}

static VtMapBox *
lay_out(const VtMap *map, const VtMapMetrics *metrics, bool with_details)
{
    g_autoptr(GArray) title_widths = g_array_new(FALSE, TRUE, sizeof(unsigned));
    const Sizer sizer = {metrics, title_widths, with_details};
    VtMapBox *box;

    measure_titles(&sizer, map->root, 0);
    box = size_frame(&sizer, map->root, 0, metrics->max_width);
    settle(box, metrics, 0, 0);
    return box;
}

VtMapBox *
vt_map_layout(const VtMap *map, const VtMapMetrics *metrics)
{
    VtMapBox *detailed = lay_out(map, metrics, true);
    VtMapBox *box = lay_out(map, metrics, false);
    bool costs = detailed->height > box->height || detailed->width > metrics->max_width;

    vt_map_box_free(costs ? detailed : box);
    return costs ? box : detailed;
}

void
vt_map_place_core(const VtMapBox *box, const VtMapMetrics *metrics, guint index, unsigned *ret_x,
                  unsigned *ret_y)
{
    guint column = index % box->columns, row = index / box->columns;

    *ret_x = box->x + metrics->core_side + column * (box->core_width + metrics->core_gap_x);
    *ret_y = box->y + metrics->top + row * (box->core_height + metrics->core_gap_y);
}

void
vt_map_place_cpu(const VtMapBox *box, const VtMapMetrics *metrics, guint sibling, unsigned *x,
                 unsigned *y)
{
    *x += metrics->core_pad + sibling % box->per_line * (metrics->cpu_width + metrics->cpu_gap);
    *y += sibling / box->per_line * metrics->cpu_height;
}

/* ---- widths of what stands in the cells ---- */

unsigned
vt_map_number_width(const VtMap *map)
{
    unsigned most = 0, width = 1;

    for (guint i = 0; i < map->cores->len; i++) {
        const VtMapCore *core = map->cores->pdata[i];
        for (guint j = 0; j < core->cpus->len; j++)
            most = MAX(most, ((VtMapCpu *)core->cpus->pdata[j])->number);
    }
    for (; most >= 10; most /= 10)
        width++;
    return width;
}

unsigned
vt_map_label_width(const VtMap *map)
{
    unsigned width = 1;

    for (guint i = 0; i < map->cores->len; i++) {
        const VtMapCore *core = map->cores->pdata[i];
        for (guint j = 0; j < core->cpus->len; j++)
            width = MAX(width, (unsigned)strlen(((VtMapCpu *)core->cpus->pdata[j])->label));
    }
    return width;
}
