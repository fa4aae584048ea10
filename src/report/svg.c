/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/svg.h"

#include "base/columns.h"
#include "base/printable.h"

/* Of a letter's height. */
#define COLUMN 0.62

/* XML has no way to write the last two, U+FFFE and U+FFFF. */
static void
replace_noncharacters(char *text)
{
    for (char *at = text; *at; at = g_utf8_next_char(at)) {
        if ((g_utf8_get_char(at) & ~1u) == 0xfffe)
            at[2] = (char)0xbd; /* U+FFFD is as long */
    }
}

void
vt_markup_append(GString *out, const char *text)
{
    g_autofree char *safe = vt_printable(text, false);
    g_autofree char *escaped = g_markup_escape_text(safe, -1);

    replace_noncharacters(escaped);
    g_string_append(out, escaped);
}

void
vt_svg_append_text(GString *out, unsigned x, unsigned y, const char *attributes, const char *text)
{
    g_string_append_printf(out, "<text x=\"%u\" y=\"%u\"%s>", x, y, attributes);
    vt_markup_append(out, text);
    g_string_append(out, "</text>\n");
}

unsigned
vt_svg_text_width(const char *text, unsigned size)
{
    return (unsigned)(vt_columns_count(text) * size * COLUMN + 0.5);
}

static unsigned
columns_in(unsigned room, unsigned size)
{
    return (unsigned)(room / (size * COLUMN));
}

char *
vt_svg_cut(const char *text, unsigned room, unsigned size)
{
    unsigned columns = MAX(columns_in(room, size), 2);
    g_autofree char *head = NULL;

    if (vt_columns_count(text) <= columns)
        return g_strdup(text);
    head = g_strndup(text, vt_columns_fit(text, columns - 1));
    return g_strconcat(head, "\xe2\x80\xa6", NULL);
}

static bool
may_end_behind(const char *at, const char *next)
{
    gunichar before = g_utf8_get_char(at);

    return before == ' ' || before == ',' ||
           (*next != ' ' && vt_columns_may_break(before, g_utf8_get_char(next)));
}

GPtrArray *
vt_svg_wrap(const char *text, unsigned room, unsigned size)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    unsigned limit = MAX(columns_in(room, size), 16);

    while (*text) {
        const char *full = text + vt_columns_fit(text, limit), *end = *full ? text : full;

        for (const char *at = text; *full && at < full; at = g_utf8_next_char(at)) {
            if (may_end_behind(at, g_utf8_next_char(at)))
                end = g_utf8_next_char(at);
        }
        if (end == text)
            end = full;
        g_ptr_array_add(lines, g_strchomp(g_strndup(text, (gsize)(end - text))));
        text = end;
    }
    return lines;
}
