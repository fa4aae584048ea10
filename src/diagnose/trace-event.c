/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose/trace-event.h"

#include <string.h>

#include "base/i18n.h"

/* Stamps in seconds have a fraction of six or nine digits. */
#define STAMP_DIGITS 9

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

/* Other clocks than seconds (x86-tsc, counter) have no point: their stamps tell nothing here. */
static bool
read_stamp(const VtLines *lines, const EventLine *event, gint64 *ret_ns, GError **error)
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
    return true;
}

/* ---- arguments ---- */

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
take_pio(const char *at, VtTraceEvent *seen)
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
take_mmio(const char *at, VtTraceEvent *seen)
{
    guint64 ignored;

    seen->kind = VT_EXITS_BY_MMIO;
    if (!take_word(&at, "mmio "))
        return false;
    seen->access = g_str_has_prefix(at, "read ") ? VT_ACCESS_READ : VT_ACCESS_WRITE;
    if (take_word(&at, "unsatisfied-read "))
        seen->type = VT_TRACE_UNFINISHED;
    else if (!take_word(&at, "read ") && !take_word(&at, "write "))
        return false;
    return take_word(&at, "len ") && take_number(&at, 10, &ignored) && take_word(&at, "gpa ") &&
           take_number(&at, 16, &seen->address) && take_word(&at, "val ");
}

/* "fast mmio at gpa 0xfe003000": a write that an eventfd stands for */
static bool
take_fast_mmio(const char *at, VtTraceEvent *seen)
{
    seen->kind = VT_EXITS_BY_MMIO;
    seen->access = VT_ACCESS_WRITE;
    return take_word(&at, "fast mmio ") && take_word(&at, "at gpa ") &&
           take_number(&at, 16, &seen->address);
}

/* "msr_write 6e0 = 0x1f3a" */
static bool
take_msr(const char *at, VtTraceEvent *seen)
{
    seen->kind = VT_EXITS_BY_MSR;
    seen->access = g_str_has_prefix(at, "msr_read") ? VT_ACCESS_READ : VT_ACCESS_WRITE;
    return (take_word(&at, "msr_read ") || take_word(&at, "msr_write ")) &&
           take_number(&at, 16, &seen->address) && take_word(&at, "= ");
}

/* "vcpu 0 reason IO_INSTRUCTION rip 0x80ab info1 ..."; AMD's names may have blanks: "PF excp" */
static bool
take_exit(const char *at, VtTraceEvent *seen)
{
    guint64 ignored;
    const char *end;

    seen->kind = VT_EXITS_BY_REASON;
    if (take_word(&at, "vcpu ") && !take_number(&at, 10, &ignored))
        return false;
    if (!take_word(&at, "reason ") || !(end = strstr(at, " rip ")))
        return false;
    return vt_exit_name(at, (gsize)(end - at), seen->name);
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
take_arguments(const EventLine *line, VtTraceEvent *seen)
{
    switch (line->event) {
    case EVENT_ENTRY:
        seen->type = VT_TRACE_ENTRY;
        return true;
    case EVENT_EXIT:
        return take_exit(line->arguments, seen);
    case EVENT_PIO:
        return take_pio(line->arguments, seen);
    case EVENT_MMIO:
        return take_mmio(line->arguments, seen);
    case EVENT_FAST_MMIO:
        return take_fast_mmio(line->arguments, seen);
    case EVENT_MSR:
        return take_msr(line->arguments, seen);
    }
    return false;
}

bool
vt_trace_event_read(VtTraceEvent *event, const VtLines *lines, bool *ret_known, GError **error)
{
    EventLine line;

    *event = (VtTraceEvent){.type = VT_TRACE_EXIT};
    *ret_known = find_event(lines->text, &line);
    if (!*ret_known)
        return true;
    event->task = find_task(lines->text, line.stamp);
    if (!vt_lines_check_whole(lines, error) || !read_stamp(lines, &line, &event->stamp_ns, error))
        return false;
    return take_arguments(&line, event) || fail_event(lines, &line, error);
}
