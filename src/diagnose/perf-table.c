/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose/perf-table.h"

#include <inttypes.h>
#include <string.h>

#include "base/i18n.h"
#include "base/printable.h"
#include "diagnose/exit-name.h"
#include "diagnose/perf-row.h"

#define HEADING "Analyze events for "
#define TOTALS "Total Samples:"
#define TOTAL_TIME ", Total events handled time:"
#define LOST "Lost events:"
/* perf says so on the way, for each exit that it has no name for. */
#define UNNAMED "unknown kvm exit code"
#define TITLE_BYTES_MAX 60 /* of one that is shown in a message */
struct VtPerfTables {
    char *scope; /* of the table that comes next: "all VMs, VCPU 2:"; "" = not said */
    struct {
        VtExitTable *table; /* (nullable) */
        GHashTable *scopes; /* of what is in it */
        bool adds_up;       /* with others of that kind */
    } seen[VT_EXIT_KINDS];

    /* of perf kvm stat live; times of day, -1 = none */
    gint64 first_us, second_us, last_us;
};

/* One table that is being read. */
typedef struct {
    VtExitTable *table;
    VtPerfColumns columns;
    guint64 count, time; /* sums of the rows; the time in units of VT_PERF_UNIT_NS */
} Reading;

VtPerfTables *
vt_perf_tables_new(void)
{
    VtPerfTables *tables = g_new0(VtPerfTables, 1);

    tables->scope = g_strdup("");
    for (int kind = 0; kind < VT_EXIT_KINDS; kind++)
        tables->seen[kind].scopes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    tables->first_us = tables->second_us = tables->last_us = -1;
    return tables;
}

void
vt_perf_tables_free(VtPerfTables *tables)
{
    if (!tables)
        return;
    g_free(tables->scope);
    for (int kind = 0; kind < VT_EXIT_KINDS; kind++)
        g_hash_table_unref(tables->seen[kind].scopes);
    g_free(tables);
}

/* ---- lines ---- */

static const char *
behind(const char *line, const char *words)
{
    const char *text = vt_lines_skip_blanks(line);

    return g_str_has_prefix(text, words) ? text + strlen(words) : NULL;
}

static bool
is_column_heads(const char *line)
{
    return strstr(line, " Samples ") && strstr(line, " Samples% ") && strstr(line, " Avg time");
}

/* "14:03:55.123456", above each table of `perf kvm stat live` */
static bool
is_time_of_day(const char *line)
{
    static const char form[] = "00:00:00.000000";

    for (gsize i = 0; i < strlen(form); i++) {
        if (form[i] == '0' ? !g_ascii_isdigit(line[i]) : line[i] != form[i])
            return false;
    }
    return line[strlen(form)] == '\0';
}

/* ---- heads ---- */

/* @end: of the title, in the current line */
static bool
read_kind(const VtLines *lines, const char *end, VtExitKind *ret_kind, GError **error)
{
    static const struct {
        const char *title;
        VtExitKind kind;
    } titles[] = {
        {"VM-EXIT", VT_EXITS_BY_REASON},
        {"IO Port Access", VT_EXITS_BY_PORT},
        {"MMIO Access", VT_EXITS_BY_MMIO},
        {"MSR Access", VT_EXITS_BY_MSR},
    };
    g_autofree char *word = g_strstrip(g_strndup(lines->text, (gsize)(end - lines->text)));
    g_autofree char *printable = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(titles); i++) {
        if (g_str_equal(word, titles[i].title)) {
            *ret_kind = titles[i].kind;
            return true;
        }
    }
    word[MIN(strlen(word), TITLE_BYTES_MAX)] = '\0';
    printable = vt_printable(word, false);
    return vt_lines_fail(
        lines, vt_lines_skip_blanks(lines->text), error,
        _("a table of '%s' is none that vmtune knows; 'perf kvm stat report' makes "
          "one of --event=vmexit, ioport, mmio or msr"),
        printable);
}

/* The table for one more of this kind: another vCPU or another moment is added to what there is. */
static VtExitTable *
find_table(VtPerfTables *tables, VtExitKind kind, VtMeasurement *measurement, const VtLines *lines,
           GError **error)
{
    GHashTable *scopes = tables->seen[kind].scopes;
    bool live = tables->last_us >= 0;
    bool adds_up = live || strstr(tables->scope, "VCPU ");
    bool fits = adds_up && tables->seen[kind].adds_up &&
                (live || !g_hash_table_contains(scopes, tables->scope));

    if (!fits)
        tables->seen[kind].table = vt_lines_add_table(lines, measurement, kind, error);
    tables->seen[kind].adds_up = adds_up;
    g_hash_table_add(scopes, g_steal_pointer(&tables->scope));
    tables->scope = g_strdup("");
    return tables->seen[kind].table;
}

static bool
read_head(VtPerfTables *tables, Reading *reading, VtMeasurement *measurement, const VtLines *lines,
          GError **error)
{
    const char *samples = strstr(lines->text, " Samples ");
    VtExitKind kind = VT_EXITS_BY_REASON; /* gcc -O3 does not see that it is set */

    if (!read_kind(lines, samples, &kind, error) ||
        !vt_perf_columns_read(&reading->columns, lines, samples, error))
        return false;
    reading->table = find_table(tables, kind, measurement, lines, error);
    return reading->table != NULL;
}

/* ---- rows ---- */

static bool
count_row(Reading *reading, const VtLines *lines, const VtPerfRow *row, const char *name,
          guint64 address, VtExitAccess access, GError **error)
{
    guint64 time, time_ns, max_ns;

    /* The mean, since the share of the time has two digits: of an hour's sleep it shows no
     * third of a second. */
    if (!g_uint64_checked_mul(&time, row->mean, row->count) ||
        !g_uint64_checked_add(&reading->time, reading->time, time) ||
        !g_uint64_checked_add(&reading->count, reading->count, row->count) ||
        !g_uint64_checked_mul(&time_ns, time, VT_PERF_UNIT_NS) ||
        !g_uint64_checked_mul(&max_ns, row->max, VT_PERF_UNIT_NS) ||
        MAX(time_ns, max_ns) > G_MAXINT64 ||
        !vt_exit_table_count(reading->table, name, address, access, row->count, (gint64)time_ns,
                             row->has_max ? (gint64)max_ns : VT_TIME_UNKNOWN))
        return vt_lines_fail(lines, row->key, error,
                             _("the counts or times up to this row are more than anything can have "
                               "measured; make the text again"));
    return true;
}

/* A row that begins with "0x608:PIN"; perf cuts the longest addresses, and with them the access,
 * short. */
static bool
count_access(Reading *reading, const VtLines *lines, const VtPerfRow *row, GError **error)
{
    static const struct {
        const char *word;
        VtExitAccess access;
    } accesses[] = {
        {"PIN", VT_ACCESS_READ}, {"POUT", VT_ACCESS_WRITE}, {"R", VT_ACCESS_READ},
        {"W", VT_ACCESS_WRITE},  {"", VT_ACCESS_NONE},
    };
    g_autofree char *key = g_strndup(row->key, row->key_length);
    g_auto(GStrv) parts = g_strsplit(key, ":", 2);
    const char *digits = g_str_has_prefix(key, "0x") ? parts[0] + 2 : parts[0];
    guint64 address;

    for (gsize i = 0; parts[1] && i < G_N_ELEMENTS(accesses); i++) {
        if (g_str_equal(parts[1], accesses[i].word) &&
            g_ascii_string_to_unsigned(digits, 16, 0, G_MAXUINT64, &address, NULL))
            return count_row(reading, lines, row, NULL, address, accesses[i].access, error);
    }
    return vt_lines_fail(lines, row->key, error,
                         _("a row of this table begins with an address and an access, such as "
                           "'0x608:PIN'; make the text again"));
}

static bool
read_row(Reading *reading, const VtLines *lines, GError **error)
{
    char name[VT_EXIT_NAME_BYTES];
    VtPerfRow row;

    if (!vt_perf_row_read(&row, &reading->columns, lines, error))
        return false;
    if (reading->table->kind != VT_EXITS_BY_REASON)
        return count_access(reading, lines, &row, error);
    if (!vt_exit_name(row.key, row.key_length, name))
        return vt_perf_row_fail(lines, row.key, error);
    return count_row(reading, lines, &row, name, 0, VT_ACCESS_NONE, error);
}

/* ---- the end ---- */

/* Whether the times of the rows and of the totals are the same but for the rows' rounding. */
static bool
is_sum_of_rows(const Reading *reading, guint64 time)
{
    guint64 difference = time > reading->time ? time - reading->time : reading->time - time;

    /* half a unit for each sample, and one for the sum itself */
    return difference <= reading->count / 2 + 1;
}

static bool
check_totals(const Reading *reading, guint64 count, guint64 time, const VtLines *lines,
             GError **error)
{
    if (count != reading->count)
        return vt_lines_fail(lines, lines->text, error,
                             _("the rows of this table hold %" PRIu64
                               " samples, and its totals say %" PRIu64
                               ": rows are missing or were changed; make the text again"),
                             reading->count, count);
    return is_sum_of_rows(reading, time) ||
           vt_lines_fail(lines, lines->text, error,
                         _("the rows of this table do not add up to the time of its totals: they "
                           "were changed; make the text again"));
}

static bool
read_totals(const Reading *reading, const VtLines *lines, GError **error)
{
    const char *count = behind(lines->text, TOTALS);
    const char *end = strstr(count, TOTAL_TIME);
    const char *time = end ? end + strlen(TOTAL_TIME) : NULL;
    guint64 total, total_time;

    if (!end || !g_str_has_suffix(time, "us."))
        return vt_perf_row_fail(lines, count, error);
    return vt_lines_count(lines, count, (gsize)(end - count), &total, error) &&
           vt_perf_time_read(lines, time, strlen(time) - strlen("."), &total_time, error) &&
           check_totals(reading, total, total_time, lines, error);
}

static bool
read_table(VtPerfTables *tables, VtMeasurement *measurement, VtLines *lines, GError **error)
{
    Reading reading = {0};

    if (!read_head(tables, &reading, measurement, lines, error))
        return false;
    while (vt_lines_next(lines)) {
        const char *text = vt_lines_skip_blanks(lines->text);
        if (*text == '\0' || g_str_has_prefix(text, UNNAMED))
            continue;
        if (g_str_has_prefix(text, TOTALS))
            return read_totals(&reading, lines, error);
        if (!read_row(&reading, lines, error))
            return false;
    }
    return vt_lines_fail(lines, lines->text, error,
                         _("the text ends within a table, before the line of its totals; make it "
                           "again, whole"));
}

/* ---- all ---- */

/* Goes on to the heads of the columns. */
static bool
read_heading(VtPerfTables *tables, VtLines *lines, GError **error)
{
    g_free(tables->scope);
    tables->scope = g_strdup(behind(lines->text, HEADING));
    while (vt_lines_next(lines)) {
        if (is_column_heads(lines->text))
            return true;
        if (*lines->text != '\0')
            break;
    }
    return vt_lines_fail(lines, lines->text, error,
                         _("there should be the heads of a table's columns here; make the text "
                           "again, whole and with LC_ALL=C"));
}

static void
read_time_of_day(VtPerfTables *tables, VtMeasurement *measurement, const char *text)
{
    const gint64 day_us = G_GINT64_CONSTANT(86400) * G_USEC_PER_SEC;
    guint64 hours = g_ascii_strtoull(text, NULL, 10),
            minutes = g_ascii_strtoull(text + 3, NULL, 10);
    guint64 seconds = g_ascii_strtoull(text + 6, NULL, 10);
    gint64 now_us = (gint64)((hours * 60 + minutes) * 60 + seconds) * G_USEC_PER_SEC +
                    (gint64)g_ascii_strtoull(text + 9, NULL, 10);

    if (now_us < tables->last_us) /* past midnight, perhaps not for the first time */
        now_us += (tables->last_us - now_us + day_us - 1) / day_us * day_us;
    if (tables->first_us < 0)
        tables->first_us = now_us;
    else if (tables->second_us < 0)
        tables->second_us = now_us;
    tables->last_us = now_us;
    /* Each stands at the end of what it measured, which began one interval before the first; how
     * long that is takes two to tell. */
    if (tables->second_us >= 0)
        measurement->seconds =
            (double)(tables->last_us - tables->first_us + tables->second_us - tables->first_us) /
            G_USEC_PER_SEC;
}

bool
vt_perf_tables_read(VtPerfTables *tables, VtMeasurement *measurement, VtLines *lines,
                    bool *ret_known, GError **error)
{
    *ret_known = true;
    if (behind(lines->text, HEADING))
        return read_heading(tables, lines, error) && read_table(tables, measurement, lines, error);
    if (is_column_heads(lines->text))
        return read_table(tables, measurement, lines, error);
    if (behind(lines->text, TOTALS))
        return vt_lines_fail(lines, lines->text, error,
                             _("these are the totals of a table whose beginning is missing; make "
                               "the text again, whole"));
    if (behind(lines->text, LOST))
        vt_lines_lose(lines, measurement);
    else if (is_time_of_day(lines->text))
        read_time_of_day(tables, measurement, lines->text);
    else
        *ret_known = false;
    return true;
}
