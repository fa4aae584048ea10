/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose/trace.h"

#include <string.h>

#include "base/i18n.h"
#include "diagnose/trace-event.h"

#define NS_PER_SECOND 1e9
#define KINDS (VT_EXITS_BY_MSR + 1) /* the tables that a trace fills */

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

static bool
count(VtTrace *trace, VtMeasurement *measurement, const VtLines *lines, const VtTraceEvent *seen,
      GError **error)
{
    Vcpu *vcpu = find_vcpu(trace, seen->task);
    gint64 since_ns = vcpu->left[VT_EXITS_BY_REASON].entry ? vcpu->left[VT_EXITS_BY_REASON].since_ns
                                                           : seen->stamp_ns;
    const VtExitCount *entry;

    if (!trace->tables[seen->kind])
        trace->tables[seen->kind] = vt_lines_add_table(lines, measurement, seen->kind, error);
    if (!trace->tables[seen->kind])
        return false;
    entry = vt_exit_table_count(trace->tables[seen->kind], *seen->name ? seen->name : NULL,
                                seen->address, seen->access, 1, 0, VT_TIME_UNKNOWN);
    if (!entry)
        return fail_sum(lines, error);
    if (seen->kind == VT_EXITS_BY_REASON) {
        /* what an exit whose end is missing left behind */
        memset(vcpu->left, 0, sizeof(vcpu->left));
        since_ns = seen->stamp_ns;
    }
    /* two accesses of one exit: its time counts once */
    if (!vcpu->left[seen->kind].entry && seen->task >= 0 && seen->stamp_ns >= 0) {
        vcpu->left[seen->kind].entry = entry;
        vcpu->left[seen->kind].since_ns = since_ns;
    }
    return true;
}

static bool
enter(VtTrace *trace, const VtLines *lines, const VtTraceEvent *seen, GError **error)
{
    Vcpu *vcpu = g_hash_table_lookup(trace->vcpus, &seen->task);

    for (int kind = 0; vcpu && kind < KINDS; kind++) {
        const VtExitCount *entry = vcpu->left[kind].entry;
        gint64 took_ns = seen->stamp_ns - vcpu->left[kind].since_ns;
        if (!entry || seen->stamp_ns < 0 || took_ns < 0)
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

/* Keeps the window of all events. */
static void
note_stamp(VtTrace *trace, gint64 stamp_ns)
{
    if (stamp_ns < 0)
        return;
    trace->first_ns = trace->first_ns < 0 ? stamp_ns : MIN(trace->first_ns, stamp_ns);
    trace->last_ns = MAX(trace->last_ns, stamp_ns);
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
    char *end;

    if (!g_str_has_prefix(line, words))
        return false;
    kept = g_ascii_strtoull(line + strlen(words), &end, 10);
    written = *end == '/' ? g_ascii_strtoull(end + 1, NULL, 10) : 0;
    return kept < written;
}

bool
vt_trace_read(VtTrace *trace, VtMeasurement *measurement, const VtLines *lines, bool *ret_known,
              GError **error)
{
    VtTraceEvent event;

    if (!vt_trace_event_read(&event, lines, ret_known, error))
        return false;
    if (*ret_known) {
        note_stamp(trace, event.stamp_ns);
        return event.type == VT_TRACE_UNFINISHED ||
               (event.type == VT_TRACE_ENTRY ? enter(trace, lines, &event, error)
                                             : count(trace, measurement, lines, &event, error));
    }
    *ret_known = true;
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
