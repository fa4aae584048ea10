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

/* What shows the cause: entries of a table by name, by address, or by the name that the emulator's
 * memory map has for what is at the address. */
typedef struct {
    VtExitKind kind;           /* of no account with a @region */
    char *name;                /* (nullable): of a reason or counter */
    char *region;              /* (nullable): glob: of a port or an MMIO address, by the map */
    guint64 first, last, step; /* or else addresses: @first, @first + @step, ... up to @last */
    VtExitAccess access;       /* VT_ACCESS_NONE = either */
    bool sure;                 /* false: it may be, and something that was not given would tell */
    bool rest;                 /* only of what a finer table, which is there, does not tell */
    VtCondition *when;         /* (nullable): always; unknown leaves it possible */
} VtSign;

/* A rule that ends the cause. */
typedef struct {
    char *rule;        /* its id */
    VtCondition *when; /* (nullable): always */
} VtCauseCure;

/* What to run where vmtune cannot change it. */
typedef struct {
    bool in_guest;     /* or else on the host */
    char *command;     /* template: exactly what to type */
    char *effect;      /* template: what it does and what it costs */
    VtCondition *when; /* (nullable): always */
} VtRemedy;

typedef struct {
    char *id;
    char *file; /* where it was loaded from */
    VtVerdict verdict;
    double matters_from; /* share from which on it is worth a word, 0 to 1; VT_MATTERS_UNSAID */
    char *summary;       /* "The guest reads the time from the ACPI PM timer" */
    char *device;        /* (nullable): "ACPI PM timer" */
    char *reason;        /* template: what the guest is doing, and why that costs */
    GPtrArray *sources;  /* char* */
    GPtrArray *signs;    /* VtSign* */
    VtCondition *when;   /* (nullable): always; must be known to hold */
    GPtrArray *cures;    /* VtCauseCure* */
    GPtrArray *remedies; /* VtRemedy* */
} VtCause;

#define VT_MATTERS_UNSAID (-1.0)

/**
 * vt_cause_load:
 * @bytes: the file's text
 * @file: its path, for messages
 * @id: the id that its path gives it
 * @faults: (element-type GError): every fault is added, VT_ERROR_INPUT at file:line:column. As with
 *   rules, unknown elements, attributes and words are faults, so are facts that do not exist.
 *
 * Returns: (transfer full): the cause, or NULL
 */
VtCause *vt_cause_load(const char *bytes, gsize length, const char *file, const char *id,
                       GPtrArray *faults);
void vt_cause_free(VtCause *cause); /* accepts NULL */

/** The words of the format: "trouble", "normal", "sleep". */
const char *vt_verdict_to_string(VtVerdict verdict);

/** All causes in force, from vmtune's folder and the administrator's, as rules are. */
typedef struct {
    GPtrArray *causes; /* VtCause*, by id */
} VtCauseDatabase;

/**
 * vt_cause_database_load:
 * @directories: NULL-terminated, least important first; one that does not exist is empty. A file
 *   replaces the one of the same id in an earlier folder; an empty one masks it.
 * @error: VT_ERROR_INPUT: the first fault, at file:line:column
 *
 * Returns: (transfer full): the database, or NULL
 */
VtCauseDatabase *vt_cause_database_load(const char *const *directories, GError **error);
void vt_cause_database_free(VtCauseDatabase *database); /* accepts NULL */

/** Returns: (transfer none) (nullable): the cause in force of that id. */
const VtCause *vt_cause_database_find(const VtCauseDatabase *database, const char *id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtCause, vt_cause_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtCauseDatabase, vt_cause_database_free)
