/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/columns.h"

unsigned
vt_columns_of(gunichar character)
{
    if (g_unichar_iszerowidth(character))
        return 0;
    return g_unichar_iswide(character) ? 2 : 1;
}

unsigned
vt_columns_count(const char *text)
{
    unsigned columns = 0;

    for (; *text; text = g_utf8_next_char(text))
        columns += vt_columns_of(g_utf8_get_char(text));
    return columns;
}

gsize
vt_columns_fit(const char *text, unsigned room)
{
    const char *end = text;
    unsigned columns = 0;

    for (; *end; end = g_utf8_next_char(end)) {
        columns += vt_columns_of(g_utf8_get_char(end));
        if (columns > room)
            break;
    }
    return (gsize)(end - text);
}

static bool
opens(gunichar character)
{
    return g_unichar_break_type(character) == G_UNICODE_BREAK_OPEN_PUNCTUATION ||
           g_unichar_type(character) == G_UNICODE_INITIAL_PUNCTUATION;
}

static bool
closes(gunichar character)
{
    switch (g_unichar_break_type(character)) {
    case G_UNICODE_BREAK_CLOSE_PUNCTUATION:
    case G_UNICODE_BREAK_CLOSE_PARANTHESIS:
    case G_UNICODE_BREAK_EXCLAMATION:
    case G_UNICODE_BREAK_INFIX_SEPARATOR:
    case G_UNICODE_BREAK_INSEPARABLE:
    case G_UNICODE_BREAK_NON_STARTER:
        return true;
    default:
        return g_unichar_type(character) == G_UNICODE_FINAL_PUNCTUATION;
    }
}

bool
vt_columns_may_break(gunichar before, gunichar after)
{
    if (before == ' ' || after == ' ')
        return true;
    if (!g_unichar_iswide(before) && !g_unichar_iswide(after))
        return false;
    return !opens(before) && !closes(after);
}
