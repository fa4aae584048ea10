/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/printable.h"

static bool
steers(gunichar character)
{
    switch (g_unichar_type(character)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
        return true;
    default:
        return false;
    }
}

static bool
is_plain(const char *text)
{
    while (*text >= ' ' && *text < 0x7f)
        text++;
    return *text == '\0';
}

static void
append_escaped(GString *out, gunichar character)
{
    if (character == '\n')
        g_string_append(out, "\\n");
    else if (character == '\t')
        g_string_append(out, "\\t");
    else
        g_string_append_printf(out, character < 0x80 ? "\\x%02x" : "\\u%04x", character);
}

char *
vt_printable(const char *text, bool keep_lines)
{
    GString *out;

    if (is_plain(text)) /* as nearly all is */
        return g_strdup(text);
    out = g_string_new(NULL);
    while (*text) {
        gunichar character = g_utf8_get_char_validated(text, -1);

        if ((gint32)character < 0) { /* no character starts here */
            g_string_append_printf(out, "\\x%02x", (guchar)*text++);
            continue;
        }
        if (steers(character) && !(keep_lines && (character == '\n' || character == '\t')))
            append_escaped(out, character);
        else
            g_string_append_unichar(out, character);
        text = g_utf8_next_char(text);
    }
    return g_string_free(out, FALSE);
}

char *
vt_shell_name(const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_.,:+@%/";
    bool needs_quotes = !*name || name[strspn(name, plain)] != '\0';
    g_autofree char *word = needs_quotes ? g_shell_quote(name) : g_strdup(name);

    return g_strconcat(*name == '-' ? "-- " : "", word, NULL);
}
