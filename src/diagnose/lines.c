/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose/lines.h"

#include <stdarg.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/printable.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define ESCAPE '\x1b'
/* More of a word than this helps nobody to find it. */
#define QUOTED_BYTES_MAX 60
/* A trace of a busy host may say so on every tenth line. */
#define LOST_MAX 8

VtLines *
vt_lines_new(const char *bytes, gsize length, const char *origin)
{
    VtLines *lines = g_new0(VtLines, 1);

    lines->origin = origin;
    lines->next = bytes;
    lines->end = bytes + length;
    lines->buffer = g_string_new(NULL);
    lines->text = lines->buffer->str;
    if (length >= strlen(BYTE_ORDER_MARK) && memcmp(bytes, BYTE_ORDER_MARK, 3) == 0)
        lines->next += strlen(BYTE_ORDER_MARK);
    return lines;
}

void
vt_lines_free(VtLines *lines)
{
    if (!lines)
        return;
    g_string_free(lines->buffer, TRUE);
    g_free(lines);
}

/* The first byte behind the escape sequence that begins at @from: ESC, perhaps "[" and parameters,
 * perhaps intermediate bytes, and a final one (ECMA-48, 5.3 and 5.4). */
static const char *
behind_escape(const char *from, const char *end)
{
    bool control = from + 1 < end && from[1] == '[';
    const char *at = from + (control ? 2 : 1);

    while (at < end && ((control && *at >= '0' && *at <= '?') || (*at >= ' ' && *at <= '/')))
        at++;
    return MIN(at + 1, end);
}

static void
append_without_escapes(GString *line, const char *from, const char *end)
{
    const char *escape;

    while ((escape = memchr(from, ESCAPE, (gsize)(end - from)))) {
        g_string_append_len(line, from, escape - from);
        from = behind_escape(escape, end);
    }
    g_string_append_len(line, from, end - from);
}

static void
strip_end(GString *line)
{
    gsize length = line->len;

    while (length > 0 && g_ascii_isspace(line->str[length - 1]))
        length--;
    g_string_truncate(line, length);
}

bool
vt_lines_next(VtLines *lines)
{
    const char *end;

    if (lines->next == lines->end)
        return false;
    end = memchr(lines->next, '\n', (gsize)(lines->end - lines->next));
    g_string_truncate(lines->buffer, 0);
    append_without_escapes(lines->buffer, lines->next, end ? end : lines->end);
    strip_end(lines->buffer);
    lines->cut = !end;
    lines->next = end ? end + 1 : lines->end;
    lines->text = lines->buffer->str;
    lines->number++;
    return true;
}

const char *
vt_lines_skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

bool
vt_lines_fail(const VtLines *lines, const char *at, GError **error, const char *format, ...)
{
    g_autofree char *sentence = NULL;
    va_list arguments;

    va_start(arguments, format);
    sentence = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT, "%s:%" G_GUINT64_FORMAT ":%td: %s", lines->origin,
                MAX(lines->number, 1), at - lines->text + 1, sentence);
    return false;
}

bool
vt_lines_check_whole(const VtLines *lines, GError **error)
{
    return !lines->cut || vt_lines_fail(lines, lines->text + strlen(lines->text), error,
                                        _("the text ends within this line; make it again, or, if "
                                          "nothing is missing, put an end to the line"));
}

static bool
fail_number(const VtLines *lines, const char *from, gsize length, GError **error)
{
    g_autofree char *word = g_strndup(from, MIN(length, QUOTED_BYTES_MAX));
    g_autofree char *printable = vt_printable(word, false);
    bool of_a_locale = g_ascii_isdigit(*from) && strpbrk(word, "eExXnN+-") == NULL;

    if (of_a_locale)
        return vt_lines_fail(lines, from, error,
                             _("'%s' is written as a locale has it, and could be several numbers; "
                               "make the text again with LC_ALL=C in front of the command"),
                             printable);
    return vt_lines_fail(lines, from, error,
                         _("there should be a number here, not '%s'; make the text again"),
                         printable);
}

static bool
fail_large(const VtLines *lines, const char *from, gsize length, GError **error)
{
    g_autofree char *word = g_strndup(from, MIN(length, QUOTED_BYTES_MAX));

    return vt_lines_fail(lines, from, error,
                         _("'%s' is more than anything can have counted; make the text again"),
                         word);
}

static bool
add_digit(guint64 *number, unsigned digit)
{
    return g_uint64_checked_mul(number, *number, 10) &&
           g_uint64_checked_add(number, *number, digit);
}

bool
vt_lines_fixed(const VtLines *lines, const char *from, gsize length, unsigned digits,
               guint64 *ret_number, GError **error)
{
    const char *point = memchr(from, '.', length);
    gsize whole = point ? (gsize)(point - from) : length;
    gsize fraction = point ? length - whole - 1 : 0;
    guint64 number = 0;

    for (gsize i = 0; i < length; i++) {
        if (i != whole && !g_ascii_isdigit(from[i]))
            return fail_number(lines, from, length, error);
    }
    if (whole == 0 || (point && fraction == 0))
        return fail_number(lines, from, length, error);
    for (gsize i = 0; i < whole; i++) {
        if (!add_digit(&number, (unsigned)(from[i] - '0')))
            return fail_large(lines, from, length, error);
    }
    for (gsize i = 0; i < digits; i++) {
        if (!add_digit(&number, i < fraction ? (unsigned)(point[1 + i] - '0') : 0))
            return fail_large(lines, from, length, error);
    }
    *ret_number = number;
    return true;
}

bool
vt_lines_count(const VtLines *lines, const char *from, gsize length, guint64 *ret_count,
               GError **error)
{
    if (memchr(from, '.', length))
        return fail_number(lines, from, length, error);
    return vt_lines_fixed(lines, from, length, 0, ret_count, error);
}

VtExitTable *
vt_lines_add_table(const VtLines *lines, VtMeasurement *measurement, VtExitKind kind,
                   GError **error)
{
    const VtExitTable *other = vt_measurement_find(measurement, kind);

    if (!other)
        return vt_measurement_add(measurement, kind, lines->origin, error);
    vt_lines_fail(lines, lines->text, error,
                  _("here begins a second measurement of '%s', the first is in %s, and the same "
                    "exits would count twice; give one at a time, or hold two side by side with "
                    "'vmtune diagnose --compare'"),
                  vt_exit_kind_to_string(kind), other->origin);
    return NULL;
}

void
vt_lines_lose(const VtLines *lines, VtMeasurement *measurement)
{
    g_autofree char *words = vt_printable(vt_lines_skip_blanks(lines->text), false);

    if (measurement->lost->len < LOST_MAX)
        g_ptr_array_add(measurement->lost, g_strdup_printf("%s: %s", lines->origin, words));
    else if (measurement->lost->len == LOST_MAX)
        g_ptr_array_add(measurement->lost, g_strdup(_("and more of that kind")));
}
