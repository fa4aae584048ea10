/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/exit-name.h"
#include "diagnose/lines.h"

/** VtTraceEvent: one event of a trace, read from its line; see diagnose/trace.h. */

typedef enum {
    VT_TRACE_EXIT,       /* the guest left, or what it left for is told */
    VT_TRACE_ENTRY,      /* it runs again */
    VT_TRACE_UNFINISHED, /* a read that is told once more when it is done */
} VtTraceEventType;

typedef struct {
    VtTraceEventType type;
    gint64 task;     /* -1 = not told */
    gint64 stamp_ns; /* -1 = of a clock that does not count seconds */

    /* of VT_TRACE_EXIT */
    VtExitKind kind;
    char name[VT_EXIT_NAME_BYTES]; /* "" = it has an address */
    guint64 address;
    VtExitAccess access;
} VtTraceEvent;

/**
 * vt_trace_event_read:
 * @ret_known: (out): whether the current line is such an event; else @event is of no use
 */
bool vt_trace_event_read(VtTraceEvent *event, const VtLines *lines, bool *ret_known,
                         GError **error);
