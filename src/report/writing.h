/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "report/style.h"

/* Paragraphs, columns and bars of a report on a terminal. */
typedef struct {
    const VtTextStyle *style;
    unsigned width; /* not less than VT_TEXT_MIN_WIDTH */
    GString *out;
} VtWriting;

/* The colours of bars. */
typedef enum {
    VT_INK_PLAIN,
    VT_INK_DIM,
    VT_INK_CYAN,
    VT_INK_GREEN,
    VT_INK_YELLOW,
    VT_INK_RED,
} VtInk;

VtWriting vt_writing_begin(const VtTextStyle *style);

/** @text, made printable, behind @indent spaces and a @mark; its further lines stand below its
 * first word. */
void vt_write(const VtWriting *writing, unsigned indent, const char *mark, const char *text);
void vt_write_formatted(const VtWriting *writing, unsigned indent, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/** A line of its own, bold, behind an empty one. */
void vt_write_heading(const VtWriting *writing, const char *text);

/** @text in a column of @width, more than 3; cut where it is longer. */
void vt_write_cell(const VtWriting *writing, const char *text, unsigned width, bool to_the_right);

/** A bar as long as @share of @width; whatever is not nothing is seen. */
void vt_write_bar(const VtWriting *writing, double share, unsigned width, VtInk ink);

/** Ends a line of cells and bars. */
void vt_write_end_line(const VtWriting *writing);
