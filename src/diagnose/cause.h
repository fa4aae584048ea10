/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/measurement.h"
#include "rules/condition.h"

/**
 * VtCause: one file of data/causes in memory: what a guest does when it leaves for the host at
 * these places, and what ends it. The format is described by data/cause.rng and vmtune-causes(5).
 */

/* What to think of these exits. */
typedef enum {
    VT_VERDICT_TROUBLE, /* they cost, and can be ended */
    VT_VERDICT_NORMAL,  /* the guest's work, or nothing that anybody can change */
    VT_VERDICT_SLEEP,   /* the guest waits: time that nobody is deprived of */
} VtVerdict;

/* What shows the cause. */
typedef struct {
    VtExitKind kind;
    char *name;          /* (nullable): of a reason or counter; or else the addresses */
    guint64 first, last; /* both included */
    VtExitAccess access; /* VT_ACCESS_NONE = either */
    bool sure;           /* false: one of several things that it may be; see VtCauseFound */
} VtSign;

/* What to run where vmtune cannot change it. */
typedef struct {
    bool in_guest; /* or else on the host */
    char *command; /* template: exactly what to type */
    char *effect;  /* what it does and what it costs */
} VtRemedy;

typedef struct {
    char *id;
    char *file; /* where it was loaded from */
    VtVerdict verdict;
    char *summary;       /* "The guest reads the time from the ACPI PM timer" */
    char *device;        /* (nullable): "ACPI PM timer" */
    char *reason;        /* template: what the guest is doing, and why that costs */
    GPtrArray *sources;  /* char* */
    GPtrArray *signs;    /* VtSign* */
    VtCondition *when;   /* (nullable): always */
    GPtrArray *cures;    /* char*: ids of rules */
    GPtrArray *remedies; /* VtRemedy* */
} VtCause;

/** All causes in force, from vmtune's folder and the administrator's, as rules are. */
typedef struct {
    GPtrArray *causes; /* VtCause*, by id */
} VtCauseDatabase;
