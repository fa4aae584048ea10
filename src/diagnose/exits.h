/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/cause.h"

/**
 * The exits of a measurement, each counted once. Tables overlap: a port's accesses are exits of the
 * reason IO_INSTRUCTION as well. Where a finer table is given, it speaks for the reason, and what
 * it does not explain stays with the reason.
 */
typedef struct {
    const VtExitCount *entry;
    VtExitKind kind; /* of its table */
    guint64 count;   /* what of the entry is counted here */
    gint64 time_ns;  /* VT_TIME_UNKNOWN; an access has its share of what its reason took */
    bool told_finer; /* a finer table was there to tell, and tells nothing of these */
} VtExits;

typedef struct {
    GArray *exits;     /* VtExits, none of them without a count */
    guint64 count;     /* of all */
    bool excess;       /* a finer table has more than the reasons it speaks for: not of one time */
    bool has_reasons;  /* a table of reasons is there */
    bool has_counters; /* the counters are used, for want of reasons */
} VtExitSplit;

/** @causes: which of the counters stand for exits is told by their signs. */
VtExitSplit *vt_exit_split_new(const VtMeasurement *measurement, const VtCauseDatabase *causes);
void vt_exit_split_free(VtExitSplit *split); /* accepts NULL */

/** Returns: the finer table that speaks for exits of this name, or @kind where there is none. */
VtExitKind vt_exit_finer_kind(const char *name, VtExitKind kind);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtExitSplit, vt_exit_split_free)
