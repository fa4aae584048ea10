/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What every text for a terminal must keep to; cmocka.h comes before. */

#include <glib.h>
#include <string.h>

#include "base/columns.h"

static inline void
assert_says(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("'%s' is not in:\n%s", words, text);
}

static inline void
assert_silent_of(const char *text, const char *words)
{
    if (strstr(text, words))
        fail_msg("'%s' is in:\n%s", words, text);
}

static inline void
assert_within(const char *text, unsigned width)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    assert_true(g_utf8_validate(text, -1, NULL));
    for (char **line = lines; *line; line++) {
        if (vt_columns_count(*line) > width)
            fail_msg("wider than %u: %s", width, *line);
        if (g_str_has_suffix(*line, " "))
            fail_msg("white space at the end of '%s'", *line);
    }
}

static inline void
assert_plain(const char *text, bool ascii)
{
    for (const char *at = text; *at; at++) {
        if ((*at != '\n' && g_ascii_iscntrl(*at)) || (ascii && (guchar)*at > 127))
            fail_msg("byte 0x%02x in:\n%s", (guchar)*at, text);
    }
}
