/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose/kvm-stat.h"

#include <string.h>

#include "base/i18n.h"
#include "diagnose/exit-name.h"

#define EXIT "kvm_exit"
#define REASON EXIT "(" /* and the reason, and ")" */
#define STAMP "0000-00-00 00:00:00"
#define CSV_BANNER "timestamp,"

typedef enum {
    BLOCK_NONE,
    BLOCK_BATCH,  /* rows of one second */
    BLOCK_SCREEN, /* rows of nobody knows how long */
    BLOCK_LOG,    /* lines below names */
} Block;

typedef struct {
    char *name;
    guint64 count;
} Event;

struct VtKvmStat {
    Block block;
    bool known;        /* some name in it is KVM's for sure */
    GPtrArray *events; /* of the block */
    GHashTable *names; /* of the events */

    /* of a log */
    guint64 lines;
    gint64 first_stamp, second_stamp, last_stamp; /* in seconds; -1 = none */
};

static void
event_free(Event *event)
{
    g_free(event->name);
    g_free(event);
}

static void
begin(VtKvmStat *stat, Block block)
{
    stat->block = block;
    stat->known = false;
    stat->lines = 0;
    stat->first_stamp = stat->second_stamp = stat->last_stamp = -1;
    g_hash_table_remove_all(stat->names);
    g_ptr_array_set_size(stat->events, 0);
}

VtKvmStat *
vt_kvm_stat_new(void)
{
    VtKvmStat *stat = g_new0(VtKvmStat, 1);

    stat->events = g_ptr_array_new_with_free_func((GDestroyNotify)event_free);
    stat->names = g_hash_table_new(g_str_hash, g_str_equal);
    begin(stat, BLOCK_NONE);
    return stat;
}

void
vt_kvm_stat_free(VtKvmStat *stat)
{
    if (!stat)
        return;
    g_hash_table_unref(stat->names);
    g_ptr_array_unref(stat->events);
    g_free(stat);
}

/* ---- words ---- */

/* How long the name of an event is that @text begins with: "kvm_exit", "kvm_exit(HLT)"; 0 = none.
 */
static gsize
name_length(const char *text)
{
    gsize length = 0, inner;

    if (!g_ascii_islower(*text))
        return 0;
    while (g_ascii_islower(text[length]) || g_ascii_isdigit(text[length]) || text[length] == '_')
        length++;
    if (text[length] != '(')
        return length;
    for (inner = length + 1; g_ascii_isalnum(text[inner]) || text[inner] == '_';)
        inner++;
    return text[inner] == ')' ? inner + 1 : 0;
}

/* Not every counter of KVM's is known here, but a block of them has some of these. */
static bool
is_of_kvm(const char *name, gsize length)
{
    return g_str_has_prefix(name, "kvm_") || g_str_has_prefix(name, "halt_") ||
           (length >= 5 && memcmp(name + length - 5, "exits", 5) == 0);
}

static void
add_event(VtKvmStat *stat, const char *name, gsize length, guint64 count)
{
    Event *event = g_new0(Event, 1);

    event->name = g_strndup(name, length);
    event->count = count;
    g_ptr_array_add(stat->events, event);
    g_hash_table_add(stat->names, event->name);
    stat->known = stat->known || is_of_kvm(event->name, length);
}

static bool
fail_row(const VtLines *lines, const char *at, GError **error)
{
    return vt_lines_fail(lines, at, error,
                         _("this row is not as kvm_stat prints it; make the text again, whole"));
}

/* What is below zero is no number of events. */
static bool
read_count(const VtLines *lines, const char *word, gsize length, guint64 *ret_count, GError **error)
{
    *ret_count = 0;
    return (*word == '-' && length > 1) || vt_lines_count(lines, word, length, ret_count, error);
}

/* ---- what a block tells ---- */

static bool
add_count(VtMeasurement *measurement, VtExitTable **table, VtExitKind kind, const char *name,
          guint64 count, const VtLines *lines, GError **error)
{
    if (!*table)
        *table = vt_lines_add_table(lines, measurement, kind, error);
    if (!*table)
        return false;
    /* kvm_stat lists all reasons that there are */
    if (kind == VT_EXITS_BY_REASON && count == 0)
        return true;
    if (vt_exit_table_count(*table, name, 0, VT_ACCESS_NONE, count, VT_TIME_UNKNOWN,
                            VT_TIME_UNKNOWN))
        return true;
    return vt_lines_fail(lines, lines->text, error,
                         _("the counts up to this line are more than anything can have counted; "
                           "make the text again"));
}

static bool
is_reason(const char *name)
{
    return g_str_has_prefix(name, REASON);
}

/* The reason in "kvm_exit(HLT)". Some names are Intel's and AMD's, and it lists all of one. */
static bool
read_reason(const VtKvmStat *stat, const char *name, char ret_reason[VT_EXIT_NAME_BYTES])
{
    bool amd = g_hash_table_contains(stat->names, REASON "NPF)") ||
               g_hash_table_contains(stat->names, REASON "IOIO)");
    g_autofree char *word = g_strconcat(amd ? "EXIT_" : "", name + strlen(REASON), NULL);

    return vt_exit_name(word, strlen(word) - strlen(")"), ret_reason);
}

/* Adds the exits by reason, and those that kvm_stat has no name for. */
static bool
add_reasons(const VtKvmStat *stat, VtMeasurement *measurement, const VtLines *lines,
            VtExitTable **ret_table, GError **error)
{
    char reason[VT_EXIT_NAME_BYTES];
    guint64 all = 0;

    for (guint i = 0; i < stat->events->len; i++) {
        const Event *event = stat->events->pdata[i];
        if (strcmp(event->name, EXIT) == 0)
            all = event->count;
        if (!is_reason(event->name))
            continue;
        if (!read_reason(stat, event->name, reason))
            return fail_row(lines, lines->text, error);
        if (!add_count(measurement, ret_table, VT_EXITS_BY_REASON, reason, event->count, lines,
                       error))
            return false;
    }
    return !*ret_table || all <= (*ret_table)->count ||
           add_count(measurement, ret_table, VT_EXITS_BY_REASON, "UNKNOWN",
                     all - (*ret_table)->count, lines, error);
}

static bool
add_counters(const VtKvmStat *stat, VtMeasurement *measurement, const VtLines *lines,
             bool has_reasons, GError **error)
{
    VtExitTable *table = NULL;

    for (guint i = 0; i < stat->events->len; i++) {
        const Event *event = stat->events->pdata[i];
        bool all = strcmp(event->name, EXIT) == 0;
        if (is_reason(event->name) ||
            (all && (has_reasons || g_hash_table_contains(stat->names, "exits"))))
            continue;
        if (!add_count(measurement, &table, VT_EXITS_COUNTER, all ? "exits" : event->name,
                       event->count, lines, error))
            return false;
    }
    return true;
}

static double
measured_seconds(const VtKvmStat *stat)
{
    if (stat->block == BLOCK_SCREEN)
        return 0;
    if (stat->block == BLOCK_BATCH)
        return 1;
    if (stat->first_stamp < 0)
        return (double)stat->lines;
    /* A stamp stands at the end of what its line counted; see perf-table.c */
    return stat->second_stamp < 0 ? 0
                                  : (double)(stat->last_stamp - stat->first_stamp +
                                             stat->second_stamp - stat->first_stamp);
}

/* Adds the block to @measurement, if it is one of kvm_stat's. */
static bool
end_block(VtKvmStat *stat, VtMeasurement *measurement, const VtLines *lines, GError **error)
{
    bool told = stat->known && (stat->block != BLOCK_LOG || stat->lines > 0);
    VtExitTable *reasons = NULL;

    if (told && (!add_reasons(stat, measurement, lines, &reasons, error) ||
                 !add_counters(stat, measurement, lines, reasons != NULL, error)))
        return false;
    if (told)
        measurement->seconds = MAX(measurement->seconds, measured_seconds(stat));
    begin(stat, BLOCK_NONE);
    return true;
}

/* ---- rows ---- */

/* A name and two or three numbers, by their looks. */
typedef struct {
    const char *name, *words[3];
    gsize name_length, lengths[3];
    guint words_count;
    Block block; /* it belongs to */
} Row;

static bool
split_row(const char *text, Row *ret_row)
{
    const char *at = text + name_length(text);

    ret_row->name = text;
    ret_row->name_length = (gsize)(at - text);
    ret_row->words_count = 0;
    for (at = vt_lines_skip_blanks(at); *at; at = vt_lines_skip_blanks(at)) {
        guint i = ret_row->words_count++;
        if (i == G_N_ELEMENTS(ret_row->words) || (!g_ascii_isdigit(*at) && *at != '-'))
            return false;
        ret_row->words[i] = at;
        ret_row->lengths[i] = strcspn(at, " \t");
        at += ret_row->lengths[i];
    }
    if (ret_row->name_length == 0 || ret_row->words_count == 0)
        return false;
    ret_row->block =
        ret_row->words_count == 3 ||
                (ret_row->words_count == 2 && memchr(ret_row->words[1], '.', ret_row->lengths[1]))
            ? BLOCK_SCREEN
            : BLOCK_BATCH;
    return true;
}

static bool
read_row(VtKvmStat *stat, const Row *row, const VtLines *lines, GError **error)
{
    guint64 counts[2], share;

    if (!vt_lines_check_whole(lines, error))
        return false;
    if (row->words_count < 2)
        return fail_row(lines, row->name, error);
    if (!read_count(lines, row->words[0], row->lengths[0], &counts[0], error))
        return false;
    if (row->block == BLOCK_SCREEN
            ? !vt_lines_fixed(lines, row->words[1], row->lengths[1], 1, &share, error)
            : !read_count(lines, row->words[1], row->lengths[1], &counts[1], error))
        return false;
    add_event(stat, row->name, row->name_length, counts[row->block == BLOCK_SCREEN ? 0 : 1]);
    return true;
}

/* A row is only one of kvm_stat's if others beside it are: what cannot be read is no fault then. */
static bool
take_row(VtKvmStat *stat, VtMeasurement *measurement, const Row *row, const VtLines *lines,
         GError **error)
{
    g_autofree char *name = g_strndup(row->name, row->name_length);
    g_autoptr(GError) fault = NULL;

    if ((stat->block != row->block || g_hash_table_contains(stat->names, name)) &&
        !end_block(stat, measurement, lines, error))
        return false;
    if (stat->block == BLOCK_NONE)
        begin(stat, row->block);
    if (!read_row(stat, row, lines, &fault)) {
        if (!is_of_kvm(name, row->name_length))
            return end_block(stat, measurement, lines, error);
        g_propagate_error(error, g_steal_pointer(&fault));
        return false;
    }
    return true;
}

/* ---- logs ---- */

/* Whether a line is the names above a log's, with the words apart as @apart has it. */
static bool
is_banner(const char *text, const char *apart)
{
    bool known = false;

    for (gsize length; *text; text += length, text += strspn(text, apart)) {
        length = name_length(text);
        if (length == 0 || (text[length] && !strchr(apart, text[length])))
            return false;
        known = known || is_of_kvm(text, length);
    }
    return known;
}

static bool
take_banner(VtKvmStat *stat, VtMeasurement *measurement, const char *text, const char *apart,
            const VtLines *lines, GError **error)
{
    guint column = 0;
    bool same = stat->block == BLOCK_LOG;

    /* it comes again every twenty lines */
    for (const char *at = text; same && *at; column++) {
        const Event *event = column < stat->events->len ? stat->events->pdata[column] : NULL;
        gsize length = name_length(at);
        same = event && strlen(event->name) == length && memcmp(event->name, at, length) == 0;
        at += length + strspn(at + length, apart);
    }
    if (same && column == stat->events->len)
        return true;
    if (!end_block(stat, measurement, lines, error))
        return false;
    begin(stat, BLOCK_LOG);
    for (gsize length; *text; text += length, text += strspn(text, apart)) {
        length = name_length(text);
        add_event(stat, text, length, 0);
    }
    return true;
}

/* "2026-02-03 10:15:01", up to where the counts begin */
static bool
take_stamp(VtKvmStat *stat, const char **at)
{
    static const char form[] = STAMP;
    g_autofree char *iso = g_strndup(*at, strlen(form));
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = NULL;

    if (strlen(iso) < strlen(form) || iso[10] != ' ')
        return false;
    iso[10] = 'T';
    time = g_date_time_new_from_iso8601(iso, utc);
    if (!time)
        return false;
    stat->last_stamp = MAX(stat->last_stamp, g_date_time_to_unix(time));
    if (stat->first_stamp < 0)
        stat->first_stamp = stat->last_stamp;
    else if (stat->second_stamp < 0)
        stat->second_stamp = stat->last_stamp;
    *at += strlen(form);
    *at += strspn(*at, ", \t");
    return true;
}

static bool
take_counts(VtKvmStat *stat, const char *text, const VtLines *lines, GError **error)
{
    guint column = 0;

    if (!vt_lines_check_whole(lines, error))
        return false;
    take_stamp(stat, &text);
    for (; *text; column++) {
        Event *event = column < stat->events->len ? stat->events->pdata[column] : NULL;
        gsize length = strcspn(text, ", \t");
        guint64 count;
        if (!event)
            return fail_row(lines, text, error);
        if (!read_count(lines, text, length, &count, error))
            return false;
        if (!g_uint64_checked_add(&event->count, event->count, count))
            return vt_lines_fail(lines, text, error,
                                 _("the counts up to this line are more than anything can have "
                                   "counted; make the text again"));
        text += length;
        text += strspn(text, ", \t");
    }
    stat->lines++;
    return column == stat->events->len || fail_row(lines, text, error);
}

/* ---- all ---- */

bool
vt_kvm_stat_read(VtKvmStat *stat, VtMeasurement *measurement, const VtLines *lines, GError **error)
{
    const char *text = vt_lines_skip_blanks(lines->text);
    bool csv = g_str_has_prefix(text, CSV_BANNER);
    const char *banner = csv ? text + strlen(CSV_BANNER) : text;
    const char *apart = csv ? "," : " \t";
    Row row;

    if (split_row(text, &row))
        return take_row(stat, measurement, &row, lines, error);
    if (is_banner(banner, apart))
        return take_banner(stat, measurement, banner, apart, lines, error);
    if (stat->block == BLOCK_LOG && g_ascii_isdigit(*text))
        return take_counts(stat, text, lines, error);
    return stat->block == BLOCK_NONE || end_block(stat, measurement, lines, error);
}

bool
vt_kvm_stat_finish(VtKvmStat *stat, VtMeasurement *measurement, const VtLines *lines,
                   GError **error)
{
    return end_block(stat, measurement, lines, error);
}
