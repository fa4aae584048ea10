/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/**
 * A plane of characters. Lines join where they meet: what is drawn into a cell is which of its four
 * sides a line leaves it by, and the character follows from that in the end.
 */
typedef struct VtCanvas VtCanvas;

/* Colours 0 to VT_CANVAS_COLOURS - 1 are the guests'; others go round. */
#define VT_CANVAS_COLOURS 12

typedef enum {
    VT_CANVAS_PLAIN,
    VT_CANVAS_DIM,
    VT_CANVAS_BOLD,
    VT_CANVAS_FILLED, /* these three in a colour */
    VT_CANVAS_LIGHT,
    VT_CANVAS_UNDERLINED,
} VtCanvasLook;

VtCanvas *vt_canvas_new(unsigned width, unsigned height);
void vt_canvas_free(VtCanvas *canvas); /* accepts NULL */

/* What lies outside of the canvas is not drawn. */
void vt_canvas_rectangle(VtCanvas *canvas, unsigned x, unsigned y, unsigned width, unsigned height);
void vt_canvas_vertical(VtCanvas *canvas, unsigned x, unsigned y, unsigned height);

/** Cut at @room columns. */
void vt_canvas_text(VtCanvas *canvas, unsigned x, unsigned y, const char *text, unsigned room,
                    VtCanvasLook look, unsigned colour);

/** Escape sequences around @text for a look; appended to @out. */
void vt_canvas_append_styled(GString *out, const char *text, VtCanvasLook look, unsigned colour);

/** Appends the lines to @out, without white space at their ends. */
void vt_canvas_append_to(const VtCanvas *canvas, GString *out, bool ascii, bool colour);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtCanvas, vt_canvas_free)
