/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose/trace.h"

#include <string.h>

#include "base/i18n.h"
#include "diagnose/exit-name.h"

/* Stamps in seconds have a fraction of six or nine digits. */
#define STAMP_DIGITS 9
#define NS_PER_SECOND 1e9
#define KINDS (VT_EXITS_BY_MSR + 1) /* the tables that a trace fills */

typedef enum {
    EVENT_EXIT,
    EVENT_ENTRY,
    EVENT_PIO,
    EVENT_MMIO,
    EVENT_FAST_MMIO,
    EVENT_MSR,
} Event;

static const char *const events[] = {
    [EVENT_EXIT] = "kvm_exit", [EVENT_ENTRY] = "kvm_entry", [EVENT_PIO] = "kvm_pio",
    [EVENT_MMIO] = "kvm_mmio", [EVENT_MSR] = "kvm_msr",     [EVENT_FAST_MMIO] = "kvm_fast_mmio",
};

/* What a vCPU left the guest for and has not entered it again after. */
typedef struct {
    gint64 task;
    struct {
        const VtExitCount *entry; /* NULL = nothing */
        gint64 since_ns;
    } left[KINDS];
} Vcpu;

struct VtTrace {
    VtExitTable *tables[KINDS]; /* NULL = no such event yet */
    bool timed[KINDS];          /* some exit of it has begun and ended */
    GHashTable *vcpus;          /* of Vcpu, by task */
    gint64 first_ns, last_ns;   /* of the stamps; -1 = none */
};

VtTrace *
vt_trace_new(void)
{
    VtTrace *trace = g_new0(VtTrace, 1);

    trace->vcpus = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    trace->first_ns = trace->last_ns = -1;
    return trace;
}

void
vt_trace_free(VtTrace *trace)
{
    if (!trace)
        return;
    g_hash_table_unref(trace->vcpus);
    g_free(trace);
}

/* ---- lines ---- */

/* One event's line, taken apart. */
typedef struct {
    Event event;
    const char *stamp; /* "713.361560", up to @stamp_end */
    const char *stamp_end;
    const char *arguments; /* "pio_read at ..." */
} EventLine;

/* Whether a stamp stands before @name, and between them a colon, blanks and, with perf, the name of
 * the system. */
static bool
find_stamp(const char *line, const char *name, EventLine *ret_event)
{
    const char *colon = name - line >= 4 && memcmp(name - 4, "kvm:", 4) == 0 ? name - 4 : name;
    const char *stamp;

    while (colon > line && g_ascii_isspace(colon[-1]))
        colon--;
    if (colon == name || colon == line || *--colon != ':')
        return false;
    for (stamp = colon; stamp > line && (g_ascii_isdigit(stamp[-1]) || stamp[-1] == '.');)
        stamp--;
    ret_event->stamp = stamp;
    ret_event->stamp_end = colon;
    return stamp < colon && stamp > line && g_ascii_isspace(stamp[-1]);
}

static bool
find_event(const char *line, EventLine *ret_event)
{
    for (const char *name = line; (name = strstr(name, "kvm_")); name++) {
        for (gsize i = 0; i < G_N_ELEMENTS(events); i++) {
            gsize length = strlen(events[i]);
            if (strncmp(name, events[i], length) != 0 || name[length] != ':' ||
                !find_stamp(line, name, ret_event))
                continue;
            ret_event->event = (Event)i;
            ret_event->arguments = vt_lines_skip_blanks(name + length + 1);
            return true;
        }
    }
    return false;
}

/* The number that ends before @end, behind what may be no more than blanks; -1 = there is none. */
static gint64
number_before(const char *line, const char *end)
{
    const char *from;

    while (end > line && g_ascii_isspace(end[-1]))
        end--;
    for (from = end; from > line && g_ascii_isdigit(from[-1]);)
        from--;
    /* the kernel's have no more than seven digits */
    return from < end && end - from < 10 ? (gint64)g_ascii_strtoull(from, NULL, 10) : -1;
}

/* The task: "NAME-123 [000] flags", "NAME-123 (  99) [000] flags", perf's "NAME 123 [000]", and
 * with trace-cmd's -l "NAME-123   1flags". A name may have blanks in it, and brackets. -1 = not
 * told. */
static gint64
find_task(const char *line, const char *stamp)
{
    const char *dash = NULL;

    for (const char *at = stamp; at > line; at--) {
        if (*at == '[' && g_ascii_isdigit(at[1])) {
            const char *end = at;
            while (end > line && g_ascii_isspace(end[-1]))
                end--;
            if (end > line && end[-1] == ')') /* the group of the task */
                for (end--; end > line && *end != '(';)
                    end--;
            return number_before(line, end);
        }
        if (!dash && *at == '-' && g_ascii_isdigit(at[1]))
            dash = at;
    }
    return dash ? number_before(line, dash + 1 + strspn(dash + 1, "0123456789")) : -1;
}

/* ---- stamps ---- */

/* Other clocks than seconds (x86-tsc, counter) have no point: their stamps tell nothing here. */
static bool
read_stamp(VtTrace *trace, const VtLines *lines, const EventLine *event, gint64 *ret_ns,
           GError **error)
{
    gsize length = (gsize)(event->stamp_end - event->stamp);
    guint64 stamp_ns;

    *ret_ns = -1;
    if (!memchr(event->stamp, '.', length))
        return true;
    if (!vt_lines_fixed(lines, event->stamp, length, STAMP_DIGITS, &stamp_ns, error))
        return false;
    if (stamp_ns > G_MAXINT64)
        return vt_lines_fail(lines, event->stamp, error,
                             _("no trace has a time as late as this; make the text again"));
    *ret_ns = (gint64)stamp_ns;
    trace->first_ns = trace->first_ns < 0 ? *ret_ns : MIN(trace->first_ns, *ret_ns);
    trace->last_ns = MAX(trace->last_ns, *ret_ns);
    return true;
}

/* ---- counting ---- */

static Vcpu *
find_vcpu(VtTrace *trace, gint64 task)
{
    Vcpu *vcpu = g_hash_table_lookup(trace->vcpus, &task);

    if (vcpu)
        return vcpu;
    vcpu = g_new0(Vcpu, 1);
    vcpu->task = task;
    g_hash_table_insert(trace->vcpus, &vcpu->task, vcpu);
    return vcpu;
}

static bool
fail_sum(const VtLines *lines, GError **error)
{
    return vt_lines_fail(lines, lines->text, error,
                         _("the times up to this line are more than anything can have measured; "
                           "make the text again"));
}

/* What is told of an exit or an access. */
typedef struct {
    VtExitKind kind;
    const char *name; /* (nullable) */
    guint64 address;
    VtExitAccess access;
} Seen;

static bool
count(VtTrace *trace, VtMeasurement *measurement, const VtLines *lines, const Seen *seen,
      gint64 task, gint64 stamp_ns, GError **error)
{
    Vcpu *vcpu = find_vcpu(trace, task);
    gint64 exit_ns =
        vcpu->left[VT_EXITS_BY_REASON].entry ? vcpu->left[VT_EXITS_BY_REASON].since_ns : stamp_ns;
    const VtExitCount *entry;

    if (!trace->tables[seen->kind])
        trace->tables[seen->kind] = vt_lines_add_table(lines, measurement, seen->kind, error);
    if (!trace->tables[seen->kind])
        return false;
    entry = vt_exit_table_count(trace->tables[seen->kind], seen->name, seen->address, seen->access,
                                1, 0, VT_TIME_UNKNOWN);
    if (!entry)
        return fail_sum(lines, error);
    if (seen->kind == VT_EXITS_BY_REASON) {
        /* what an exit whose end is missing left behind */
        memset(vcpu->left, 0, sizeof(vcpu->left));
        exit_ns = stamp_ns;
    }
    /* two accesses of one exit: its time counts once */
    if (!vcpu->left[seen->kind].entry && task >= 0 && stamp_ns >= 0) {
        vcpu->left[seen->kind].entry = entry;
        vcpu->left[seen->kind].since_ns = exit_ns;
    }
    return true;
}

static bool
enter(VtTrace *trace, const VtLines *lines, gint64 task, gint64 stamp_ns, GError **error)
{
    Vcpu *vcpu = g_hash_table_lookup(trace->vcpus, &task);

    for (int kind = 0; vcpu && kind < KINDS; kind++) {
        const VtExitCount *entry = vcpu->left[kind].entry;
        gint64 took_ns = stamp_ns - vcpu->left[kind].since_ns;
        if (!entry || took_ns < 0)
            continue;
        if (!vt_exit_table_count(trace->tables[kind], entry->name, entry->address, entry->access, 0,
                                 took_ns, took_ns))
            return fail_sum(lines, error);
        trace->timed[kind] = true;
    }
    if (vcpu)
        memset(vcpu->left, 0, sizeof(vcpu->left));
    return true;
}

/* ---- events ---- */

/* Goes behind @word and the blanks after it, if it is next. */
static bool
take_word(const char **at, const char *word)
{
    if (!g_str_has_prefix(*at, word))
        return false;
    *at = vt_lines_skip_blanks(*at + strlen(word));
    return true;
}

static bool
take_number(const char **at, unsigned base, guint64 *ret_number)
{
    const char *digits = base == 16 && g_str_has_prefix(*at, "0x") ? *at + 2 : *at;
    gsize length = strspn(digits, base == 16 ? "0123456789abcdef" : "0123456789");
    guint64 number = 0;

    for (gsize i = 0; i < length; i++) {
        if (!g_uint64_checked_mul(&number, number, base) ||
            !g_uint64_checked_add(&number, number, (guint64)g_ascii_xdigit_value(digits[i])))
            return false;
    }
    *at = vt_lines_skip_blanks(digits + length);
    *ret_number = number;
    return length > 0;
}

/* "pio_read at 0x608 size 4 count 1 val 0x5a2c"; "count" is of items, not of exits */
static bool
take_pio(const char *at, Seen *seen)
{
    guint64 ignored;

    seen->kind = VT_EXITS_BY_PORT;
    seen->access = g_str_has_prefix(at, "pio_read") ? VT_ACCESS_READ : VT_ACCESS_WRITE;
    return (take_word(&at, "pio_read ") || take_word(&at, "pio_write ")) && take_word(&at, "at ") &&
           take_number(&at, 16, &seen->address) && take_word(&at, "size ") &&
           take_number(&at, 10, &ignored) && take_word(&at, "count ") &&
           take_number(&at, 10, &ignored);
}

/* "mmio read len 4 gpa 0xfee00300 val 0x0" */
static bool
take_mmio(const char *at, Seen *seen)
{
    guint64 ignored;

    seen->kind = VT_EXITS_BY_MMIO;
    if (!take_word(&at, "mmio "))
        return false;
    seen->access = g_str_has_prefix(at, "read ") ? VT_ACCESS_READ : VT_ACCESS_WRITE;
    if (take_word(&at, "unsatisfied-read "))
        seen->access = VT_ACCESS_NONE;
    else if (!take_word(&at, "read ") && !take_word(&at, "write "))
        return false;
    return take_word(&at, "len ") && take_number(&at, 10, &ignored) && take_word(&at, "gpa ") &&
           take_number(&at, 16, &seen->address) && take_word(&at, "val ");
}

/* "fast mmio at gpa 0xfe003000": a write that an eventfd stands for */
static bool
take_fast_mmio(const char *at, Seen *seen)
{
    seen->kind = VT_EXITS_BY_MMIO;
    seen->access = VT_ACCESS_WRITE;
    return take_word(&at, "fast mmio ") && take_word(&at, "at gpa ") &&
           take_number(&at, 16, &seen->address);
}

/* "msr_write 6e0 = 0x1f3a" */
static bool
take_msr(const char *at, Seen *seen)
{
    seen->kind = VT_EXITS_BY_MSR;
    seen->access = g_str_has_prefix(at, "msr_read") ? VT_ACCESS_READ : VT_ACCESS_WRITE;
    return (take_word(&at, "msr_read ") || take_word(&at, "msr_write ")) &&
           take_number(&at, 16, &seen->address) && take_word(&at, "= ");
}

/* "vcpu 0 reason IO_INSTRUCTION rip 0x80ab info1 ..."; AMD's names may have blanks: "PF excp" */
static bool
take_exit(const char *at, char name[VT_EXIT_NAME_BYTES], Seen *seen)
{
    guint64 ignored;
    const char *end;

    seen->kind = VT_EXITS_BY_REASON;
    if (take_word(&at, "vcpu ") && !take_number(&at, 10, &ignored))
        return false;
    if (!take_word(&at, "reason ") || !(end = strstr(at, " rip ")))
        return false;
    seen->name = name;
    return vt_exit_name(at, (gsize)(end - at), name);
}

static bool
fail_event(const VtLines *lines, const EventLine *event, GError **error)
{
    return vt_lines_fail(lines, event->arguments, error,
                         _("this is not what '%s' looks like in a trace; make the text again, "
                           "whole and without options that change its form"),
                         events[event->event]);
}

static bool
read_event(VtTrace *trace, VtMeasurement *measurement, const VtLines *lines, const EventLine *event,
           GError **error)
{
    gint64 task = find_task(lines->text, event->stamp), stamp_ns;
    char name[VT_EXIT_NAME_BYTES];
    Seen seen = {0};
    bool sound = false;

    if (!vt_lines_check_whole(lines, error) || !read_stamp(trace, lines, event, &stamp_ns, error))
        return false;
    switch (event->event) {
    case EVENT_ENTRY:
        return stamp_ns < 0 || enter(trace, lines, task, stamp_ns, error);
    case EVENT_EXIT:
        sound = take_exit(event->arguments, name, &seen);
        break;
    case EVENT_PIO:
        sound = take_pio(event->arguments, &seen);
        break;
    case EVENT_MMIO:
        sound = take_mmio(event->arguments, &seen);
        break;
    case EVENT_FAST_MMIO:
        sound = take_fast_mmio(event->arguments, &seen);
        break;
    case EVENT_MSR:
        sound = take_msr(event->arguments, &seen);
        break;
    }
    if (!sound)
        return fail_event(lines, event, error);
    if (event->event == EVENT_MMIO && seen.access == VT_ACCESS_NONE)
        return true; /* the read comes once more when it is done */
    return count(trace, measurement, lines, &seen, task, stamp_ns, error);
}

/* ---- losses ---- */

/* "CPU:0 [LOST 381 EVENTS]" of tracefs, "CPU:0 [381 EVENTS DROPPED]" of trace-cmd */
static bool
tells_loss(const char *line)
{
    return strstr(line, "CPU:") && (strstr(line, " [LOST ") || strstr(line, "EVENTS DROPPED]"));
}

/* "# entries-in-buffer/entries-written: 360/1884   #P:2": the older ones were overwritten */
static bool
tells_overwritten(const char *line)
{
    static const char words[] = "# entries-in-buffer/entries-written: ";
    guint64 kept, written;

    if (!take_word(&line, words) || !take_number(&line, 10, &kept) || !take_word(&line, "/"))
        return false;
    return take_number(&line, 10, &written) && kept < written;
}

bool
vt_trace_read(VtTrace *trace, VtMeasurement *measurement, const VtLines *lines, bool *ret_known,
              GError **error)
{
    EventLine event;

    *ret_known = true;
    if (find_event(lines->text, &event))
        return read_event(trace, measurement, lines, &event, error);
    if (tells_loss(lines->text)) {
        vt_lines_lose(lines, measurement);
        /* no pair reaches over a gap */
        g_hash_table_remove_all(trace->vcpus);
    } else if (tells_overwritten(lines->text))
        vt_lines_lose(lines, measurement);
    else
        *ret_known = false;
    return true;
}

void
vt_trace_finish(VtTrace *trace, VtMeasurement *measurement)
{
    for (int kind = 0; kind < KINDS; kind++) {
        if (trace->tables[kind] && !trace->timed[kind])
            vt_exit_table_forget_times(trace->tables[kind]);
    }
    if (trace->last_ns > trace->first_ns)
        measurement->seconds =
            MAX(measurement->seconds, (double)(trace->last_ns - trace->first_ns) / NS_PER_SECOND);
}
