/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/** How text for a terminal is to look. */
typedef struct {
    unsigned width; /* columns */
    bool ascii;     /* no byte above 127 */
    bool colour;    /* escape sequences of ECMA-48 */
} VtTextStyle;

/* Nothing is drawn narrower. */
#define VT_TEXT_MIN_WIDTH 40

/** Returns: (transfer full): @text, which is UTF-8, in the characters that the style allows. */
char *vt_style_words(const VtTextStyle *style, const char *text);

/**
 * vt_style_append_wrapped:
 * @text: as vt_style_words() gives it
 * @column: where its first line begins; less than @width
 * @indent: the spaces that the other lines begin with
 * @width: in columns; wider than @indent. No line is wider: a word that has no room is torn
 *
 * Appends @text to @out in lines, the last with its newline.
 */
void vt_style_append_wrapped(GString *out, const char *text, unsigned column, unsigned indent,
                             unsigned width);
