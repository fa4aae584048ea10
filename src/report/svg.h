/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/** What the pictures share. Nobody can ask what a text measures: widths are those of a face wider
 * than the common sans-serif ones, so that no text runs out of its place. */

#define VT_SVG_FONTS "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"

/** Appends @text as XML and HTML have it between tags and in attributes; it need not be UTF-8.
 * Whatever it holds, the document stays well-formed. */
void vt_markup_append(GString *out, const char *text);

/** @attributes: markup, "" or beginning with a space. */
void vt_svg_append_text(GString *out, unsigned x, unsigned y, const char *attributes,
                        const char *text);

/** The pixels that @text may take in letters of @size. */
unsigned vt_svg_text_width(const char *text, unsigned size);

/** Returns: (transfer full): @text, or as much of it as @room pixels hold and an ellipsis. */
char *vt_svg_cut(const char *text, unsigned room, unsigned size);

/** Returns: (transfer full) (element-type utf8): @text in lines of at most @room pixels, broken
 * behind spaces and commas, or between characters that need none. */
GPtrArray *vt_svg_wrap(const char *text, unsigned room, unsigned size);
