/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/** Self-contained HTML documents, which are well-formed XML as well: no scripts, nothing fetched,
 * for light and dark, for paper. */

/** Appends the document up to where its body begins, in the language of the messages. */
void vt_html_begin(GString *out, const char *title);

/** Appends who made it, and the end. */
void vt_html_end(GString *out);

/** Appends "<tag class='...'>text</tag>". @css_class: (nullable); both are markup, @text is not. */
void vt_html_append(GString *out, const char *tag, const char *css_class, const char *text);
