/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/diagnosis.h"

/**
 * VtComparison: two diagnoses of one guest side by side. Pure.
 */

/* One side of a comparison; all of it must outlive the comparison. */
typedef struct {
    const VtDiagnosis *diagnosis;
    const VtPlan *plan;   /* (nullable): of the domain as it ran then, judged by today's rules */
    const VtFacts *facts; /* (nullable): of that domain */
    gint64 when_s;        /* since the epoch; 0 = nobody said */
} VtComparisonSide;

typedef struct {
    VtExitKind kind;
    char *label;                /* vt_exit_count_label() */
    guint64 before, after;      /* counts; 0 = it was not there */
    gint64 before_ns, after_ns; /* VT_TIME_UNKNOWN */
} VtComparisonRow;

/* A cause is as good as gone, or as good as new, where less than one in so many is left, or was. */
#define VT_COMPARISON_NEARLY 10

typedef struct {
    VtComparisonSide before, after;
    /* Both windows are known: counts and times divided by these are per second. Otherwise both are
     * 1, and counts are compared. */
    bool per_second;
    double before_seconds, after_seconds;
    GPtrArray *rows;            /* VtComparisonRow*, by kind, what differs most first */
    GPtrArray *gone;            /* const VtCauseFound*, of @before: causes no longer there */
    GPtrArray *come;            /* const VtCauseFound*, of @after: causes that were not there */
    GPtrArray *now_holds;       /* char*: ids of rules kept now and not before */
    GPtrArray *no_longer_holds; /* char*: and the other way round */
    GPtrArray *remarks; /* char*: what stands in the way of comparing, translated sentences */
} VtComparison;

/**
 * vt_compare:
 *
 * A table that only one side has is not compared: nobody knows what the other side's would have
 * said. But where a table of reasons says that there was none of what the missing table is about,
 * it stands for an empty one. A cause that matters has gone or come
 * only where both sides could have shown it.
 *
 * Returns: (transfer full): the comparison
 */
VtComparison *vt_compare(const VtComparisonSide *before, const VtComparisonSide *after);
void vt_comparison_free(VtComparison *comparison); /* accepts NULL */

/* Whether what was measured before a change can be held against the guest that runs now. */
typedef enum {
    VT_DUE_NEVER, /* what runs has nothing of the change, and a cold boot brings nothing of it */
    VT_DUE_LATER, /* a part of it is stored, and waits for a cold boot */
    VT_DUE_NOW,
} VtDue;

/**
 * vt_comparison_due:
 * @rules: NULL-terminated: ids of those that made the change
 * @before: of the domain as it ran when it was measured; @running, @stored: as it is now
 *
 * Read off the definitions, and not off clocks or starts: a reboot from inside, a guest that wakes
 * from a managed save or arrives by migration runs as it did.
 */
VtDue vt_comparison_due(const char *const *rules, const VtPlan *before, const VtPlan *running,
                        const VtPlan *stored);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtComparison, vt_comparison_free)
