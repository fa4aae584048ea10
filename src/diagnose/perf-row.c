/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose/perf-row.h"

#include <string.h>

#include "base/i18n.h"

#define DIGITS 2 /* of VT_PERF_UNIT_NS */

bool
vt_perf_row_fail(const VtLines *lines, const char *at, GError **error)
{
    return vt_lines_fail(lines, at, error,
                         _("this row of the table is not as 'perf kvm stat report' prints it; make "
                           "the text again, whole and with LC_ALL=C"));
}

bool
vt_perf_columns_read(VtPerfColumns *columns, const VtLines *lines, const char *from, GError **error)
{
    static const struct {
        const char *head;
        VtPerfColumn column;
    } heads[] = {
        {"Samples%", VT_PERF_PERCENT}, {"Samples", VT_PERF_SAMPLES}, {"Time%", VT_PERF_PERCENT},
        {"Min Time", VT_PERF_MIN},     {"Max Time", VT_PERF_MAX},    {"Avg time", VT_PERF_MEAN},
    };

    columns->count = 0;
    for (from = vt_lines_skip_blanks(from); *from; from = vt_lines_skip_blanks(from)) {
        gsize i = 0;
        while (i < G_N_ELEMENTS(heads) && !g_str_has_prefix(from, heads[i].head))
            i++;
        if (i == G_N_ELEMENTS(heads) || columns->count == VT_PERF_COLUMNS_MAX)
            return vt_lines_fail(lines, from, error,
                                 _("this column is none that 'perf kvm stat report' prints"));
        columns->columns[columns->count++] = heads[i].column;
        from += strlen(heads[i].head);
    }
    return true;
}

/* ---- rows ---- */

typedef struct {
    const char *from;
    gsize length;
} Word;

/* The last word before @end, in a line that begins at @line; empty if there is none. */
static Word
last_word(const char *line, const char *end)
{
    const char *from;

    while (end > line && g_ascii_isspace(end[-1]))
        end--;
    for (from = end; from > line && !g_ascii_isspace(from[-1]);)
        from--;
    return (Word){from, (gsize)(end - from)};
}

bool
vt_perf_time_read(const VtLines *lines, const char *from, gsize length, guint64 *ret_time,
                  GError **error)
{
    const gsize unit = strlen("us");

    if (length <= unit || memcmp(from + length - unit, "us", unit) != 0)
        return vt_perf_row_fail(lines, from, error);
    return vt_lines_fixed(lines, from, length - unit, DIGITS, ret_time, error);
}

static bool
read_cell(VtPerfRow *row, VtPerfColumn column, Word word, const VtLines *lines, GError **error)
{
    guint64 ignored;

    switch (column) {
    case VT_PERF_SAMPLES:
        return vt_lines_count(lines, word.from, word.length, &row->count, error);
    case VT_PERF_PERCENT: /* of nothing it is "nan" */
        return word.from[word.length - 1] == '%' || vt_perf_row_fail(lines, word.from, error);
    case VT_PERF_MIN:
        return vt_perf_time_read(lines, word.from, word.length, &ignored, error);
    case VT_PERF_MAX:
        row->has_max = true;
        return vt_perf_time_read(lines, word.from, word.length, &row->max, error);
    case VT_PERF_MEAN:
        return vt_perf_time_read(lines, word.from, word.length, &row->mean, error);
    }
    return false;
}

bool
vt_perf_row_read(VtPerfRow *row, const VtPerfColumns *columns, const VtLines *lines, GError **error)
{
    const char *key = vt_lines_skip_blanks(lines->text);
    const char *end = strrchr(key, '(');

    *row = (VtPerfRow){.key = key};
    /* behind it is the deviation, which may be "nan" too */
    if (!end || !g_str_has_prefix(end, "( +-") || !g_str_has_suffix(end, "% )"))
        return vt_perf_row_fail(lines, key, error);
    /* from the end, since a name may have blanks in it */
    for (guint i = columns->count; i > 0; i--) {
        Word word = last_word(key, end);
        if (word.length == 0)
            return vt_perf_row_fail(lines, key, error);
        if (!read_cell(row, columns->columns[i - 1], word, lines, error))
            return false;
        end = word.from;
    }
    while (end > key && g_ascii_isspace(end[-1]))
        end--;
    row->key_length = (gsize)(end - key);
    return row->key_length > 0 || vt_perf_row_fail(lines, key, error);
}
