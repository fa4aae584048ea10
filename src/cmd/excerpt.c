/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The line of a file that an error is about, with a mark below its column. */
#include <string.h>

#include "base/printable.h"
#include "cmd/cmd.h"

/* A file larger than this is no text that a person wrote. */
#define MAX_BYTES (1024 * 1024)

/* A longer line is shown from shortly before the column on. */
#define MAX_COLUMNS 100
#define COLUMNS_BEFORE 40

static char *
find_line(const char *path, guint64 number)
{
    g_autofree char *bytes = NULL;
    gsize length;
    const char *line;

    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) ||
        !g_file_get_contents(path, &bytes, &length, NULL) || length > MAX_BYTES ||
        !g_utf8_validate(bytes, (gssize)length, NULL))
        return NULL;
    line = bytes;
    for (; number > 1 && line; number--) {
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    return line && *line ? g_strndup(line, strcspn(line, "\r\n")) : NULL;
}

/* As wide as what stands before the column: tabs stay, wide characters take two. */
static char *
mark_below(const char *line, guint64 columns)
{
    GString *mark = g_string_new(NULL);

    for (guint64 i = 1; i < columns && *line; i++, line = g_utf8_next_char(line))
        g_string_append(mark, *line == '\t'                             ? "\t"
                              : g_unichar_iswide(g_utf8_get_char(line)) ? "  "
                                                                        : " ");
    g_string_append_c(mark, '^');
    return g_string_free(mark, FALSE);
}

/* Without what could steer a terminal, and with as many columns as before. */
static char *
tame(const char *line)
{
    GString *tamed = g_string_new(NULL);

    for (; *line; line = g_utf8_next_char(line)) {
        gunichar letter = g_utf8_get_char(line);
        g_string_append_unichar(tamed, letter == '\t' || g_unichar_isprint(letter) ? letter : '?');
    }
    return g_string_free(tamed, FALSE);
}

char *
vt_excerpt(const char *message)
{
    g_autoptr(GRegex) regex =
        g_regex_new("^(?:vmtune: )?(.+?):([0-9]+):([0-9]+): ", G_REGEX_DOTALL, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_autofree char *path = NULL, *line_text = NULL, *column_text = NULL, *whole = NULL;
    g_autofree char *line = NULL, *mark = NULL;
    guint64 column, first;
    const char *shown;

    if (!g_regex_match(regex, message, 0, &match))
        return NULL;
    path = g_match_info_fetch(match, 1);
    line_text = g_match_info_fetch(match, 2);
    column_text = g_match_info_fetch(match, 3);
    column = g_ascii_strtoull(column_text, NULL, 10);
    whole = find_line(path, g_ascii_strtoull(line_text, NULL, 10));
    if (!whole || column < 1 || column > (guint64)g_utf8_strlen(whole, -1) + 1)
        return NULL;
    first = column > MAX_COLUMNS ? column - COLUMNS_BEFORE : 1;
    shown = g_utf8_offset_to_pointer(whole, (glong)first - 1);
    line = tame(shown);
    if (g_utf8_strlen(line, -1) > MAX_COLUMNS)
        *g_utf8_offset_to_pointer(line, MAX_COLUMNS) = '\0';
    mark = mark_below(line, column - first + 1);
    return g_strdup_printf("    %s\n    %s", line, mark);
}
