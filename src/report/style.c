/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/style.h"

#include "base/columns.h"

char *
vt_style_words(const VtTextStyle *style, const char *text)
{
    return style->ascii ? g_str_to_ascii(text, NULL) : g_strdup(text);
}

/* The bytes of @text up to the first place where a line may end: behind a space or a comma, or
 * where words have none. */
static gsize
word_length(const char *text, unsigned room)
{
    unsigned columns = 0;
    const char *at = text;

    while (*at) {
        const char *next = g_utf8_next_char(at);
        gunichar c = g_utf8_get_char(at);

        columns += vt_columns_of(c);
        if (columns > room && at > text)
            break;
        at = next;
        if (c == ' ' || c == ',' || (*at != ' ' && vt_columns_may_break(c, g_utf8_get_char(at))))
            break;
    }
    return (gsize)(at - text);
}

void
vt_style_append_wrapped(GString *out, const char *text, unsigned column, unsigned indent,
                        unsigned width)
{
    bool fresh = true;

    while (*text) {
        gsize length = word_length(text, width - (fresh ? column : indent));
        g_autofree char *word = g_strndup(text, length);
        g_autofree char *bare = g_strchomp(g_strdup(word));

        if (!fresh && column + vt_columns_count(bare) > width) {
            while (out->len > 0 && out->str[out->len - 1] == ' ')
                g_string_truncate(out, out->len - 1);
            g_string_append_printf(out, "\n%*s", (int)indent, "");
            column = indent;
        }
        g_string_append(out, word);
        column += vt_columns_count(word);
        text += length;
        fresh = false;
    }
    g_string_append_c(out, '\n');
}
