/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/** How text stands on a terminal: most characters take one column, Chinese ones two. All texts are
 * UTF-8; widths are in columns. */

/** 0, 1 or 2. */
unsigned vt_columns_of(gunichar character);

unsigned vt_columns_count(const char *text);

/** The bytes from the beginning of @text that @room columns hold, whole characters only. */
gsize vt_columns_fit(const char *text, unsigned room);

/**
 * vt_columns_may_break:
 *
 * Whether a line may end between these two neighbours: not inside a word, but on either side of a
 * wide character, since Chinese text has no spaces; there no line begins with what closes, such as
 * a full stop, nor ends with what opens.
 */
bool vt_columns_may_break(gunichar before, gunichar after);
