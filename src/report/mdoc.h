/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What the chapters of the manual that vmtune writes have in common: mdoc(7), in English. */

/** Adds @text, each sentence beginning a line; what roff would take for a request is made text. */
void vt_mdoc_append_prose(GString *out, const char *text);

/** Adds @text as one line that is shown as it is written. */
void vt_mdoc_append_literal(GString *out, const char *text);

/** Adds a list under @title; nothing if @items (element-type utf8) is empty. */
void vt_mdoc_append_list(GString *out, const char *title, const GPtrArray *items);

/**
 * vt_mdoc_append_topic:
 * @id: "hyperv/stimer"
 * @topic: (inout) (transfer full): the topic that is open, "" for none
 *
 * Begins a section where @id is of another topic than what was written last.
 */
void vt_mdoc_append_topic(GString *out, const char *id, char **topic);
