/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "report/map.h"

/**
 * Where everything goes on the plane, in whatever unit the metrics are: columns and lines of a
 * terminal, or pixels. Frames lie side by side where that makes the whole lower, cores wrap into
 * rows of one length, the siblings of a core too wide for its frame wrap as well.
 */
typedef struct {
    unsigned cpu_width, cpu_height;
    unsigned cpu_gap;                /* between siblings */
    unsigned core_pad;               /* left and right of a core's siblings */
    unsigned core_gap_x, core_gap_y; /* between cores */
    unsigned core_side;              /* between the cores and the side of their frame */
    unsigned frame_side;             /* between frames and the side of the frame around them */
    unsigned top, bottom;            /* of a frame */
    unsigned gap_x, gap_y;           /* between frames */
    unsigned char_width;             /* of a title */
    bool whole_titles; /* the list of CPUs belongs to the title: cells have no numbers */
    unsigned max_width;
} VtMapMetrics;

typedef struct {
    const VtMapFrame *frame;
    unsigned x, y, width, height;
    unsigned columns;  /* cores in a row */
    unsigned per_line; /* siblings in a line of a core */
    unsigned core_width, core_height;
    bool narrow;      /* here or in a box inside: a tower of cores, or a title cut short */
    GPtrArray *boxes; /* VtMapBox*, of the frames inside */
} VtMapBox;

/** Returns: (transfer full): the box of the whole map, at 0, 0. */
VtMapBox *vt_map_layout(const VtMap *map, const VtMapMetrics *metrics);
void vt_map_box_free(VtMapBox *box); /* accepts NULL */

/** A frame without a title has no borders of its own. */
bool vt_map_frame_is_drawn(const VtMapFrame *frame);

/** The title in the words of @separator; with details if they fit into @room characters. */
char *vt_map_frame_title(const VtMapFrame *frame, const char *separator, bool with_cpus,
                         unsigned room);

/** Where core @index of the box has its corner, or sibling @sibling of a core that is at @x, @y. */
void vt_map_place_core(const VtMapBox *box, const VtMapMetrics *metrics, guint index,
                       unsigned *ret_x, unsigned *ret_y);
void vt_map_place_cpu(const VtMapBox *box, const VtMapMetrics *metrics, guint sibling, unsigned *x,
                      unsigned *y);

/** The widest number and the widest label on the map, in characters. */
unsigned vt_map_number_width(const VtMap *map);
unsigned vt_map_label_width(const VtMap *map);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtMapBox, vt_map_box_free)
