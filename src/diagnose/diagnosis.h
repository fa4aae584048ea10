/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/cause.h"
#include "plan/plan.h"

/**
 * VtDiagnosis: a measurement explained: which causes account for how many exits and how much of the
 * handling time, the one that matters most first. Pure.
 *
 * Laws: every exit is counted under one cause, so that the counts of the causes add up to @count
 * and the shares to 1; the same input gives the same order.
 */

/* How a rule that ends a cause stands with this domain. */
typedef enum {
    VT_CURE_NO_DOMAIN, /* no domain was given to look at */
    VT_CURE_IN_PLACE,  /* the domain has what the rule wants */
    VT_CURE_WAITS,     /* it is stored, and the guest has it from its next cold boot on */
    VT_CURE_MISSING,   /* vmtune apply would set it */
    VT_CURE_BY_HAND,   /* a person must do it: @why says what */
    VT_CURE_WITHHELD,  /* it is not set, and vmtune will not: see @why */
} VtCureState;

typedef struct {
    const char *rule; /* its id */
    char *summary;    /* (nullable): the rule's, translated; NULL: no such rule is known here */
    VtCureState state;
    char *why; /* (nullable): translated */
} VtCure;

/* A command to type, filled in. */
typedef struct {
    bool in_guest; /* or else on the host */
    char *command;
    char *effect; /* translated */
} VtCommand;

/* An entry of the measurement, and what of it counts here: the rest of it is told by a finer table.
 */
typedef struct {
    const VtExitCount *entry; /* the measurement's */
    VtExitKind kind;          /* of its table */
    guint64 count;
    gint64 time_ns; /* VT_TIME_UNKNOWN */
    char *region;   /* (nullable): what the emulator's memory map calls it */
} VtEvidence;

typedef struct {
    const VtCause *cause; /* (nullable): NULL: nothing is known of these exits */
    bool sure;            /* false: these exits may be this; @others is what else they may be */
    bool small;           /* too little to matter */
    guint64 count;
    double count_share;  /* of all exits, 0 to 1 */
    gint64 time_ns;      /* VT_TIME_UNKNOWN */
    double time_share;   /* of the handling time without sleep, 0 to 1; -1 = unknown, or asleep */
    GPtrArray *evidence; /* VtEvidence*, most first */
    GPtrArray *others;   /* const VtCause* */
    char *summary;       /* translated; of an unknown one as well */
    char *device;        /* (nullable): translated; or the memory map's name for an unknown one */
    char *reason;        /* translated, filled in */
    char *note;          /* (nullable): what is to be said of this finding, translated */
    GPtrArray *cures;    /* VtCure* */
    GPtrArray *commands; /* VtCommand* */
} VtCauseFound;

typedef struct {
    const VtMeasurement *measurement;
    guint64 count;      /* all exits */
    gint64 time_ns;     /* handling time without sleep; VT_TIME_UNKNOWN */
    gint64 sleep_ns;    /* asleep in HLT; VT_TIME_UNKNOWN */
    GPtrArray *causes;  /* VtCauseFound*: troubles that matter, unknown ones that do, all others;
                           sleep last; each of them by what they take */
    GPtrArray *remarks; /* char*: what these data do not tell, translated sentences */
} VtDiagnosis;

/* The three things that matter. */
#define VT_DIAGNOSIS_SHOWN 3

/**
 * VtRegionSource:
 * @kind: VT_EXITS_BY_PORT or VT_EXITS_BY_MMIO
 *
 * Returns: (transfer none) (nullable): what the emulator's memory map has at the address, such as
 * "acpi-tmr"
 */
typedef const char *(*VtRegionSource)(VtExitKind kind, guint64 address, gpointer data);

/** What a diagnosis hangs on; all of it must outlive the result. */
typedef struct {
    const VtCauseDatabase *causes;
    const VtRuleDatabase *rules; /* (nullable): to tell of the rules that end a cause */
    const VtFacts *facts;        /* (nullable): of the domain, the host and the guest */
    const VtPlan *plan;          /* (nullable): of the domain; tells which cures are in place */
    const VtPlan *stored;        /* (nullable): where @plan is of the guest that runs: of the
                                    definition that its next start uses */
    VtRegionSource regions;      /* (nullable): names what is at addresses; not kept */
    gpointer regions_data;
} VtDiagnoseInput;

/**
 * vt_diagnose:
 * @measurement: must outlive the result
 *
 * An exit is counted once: where a table of ports, MMIO or MSRs is given, it speaks for the reason
 * that stands for all of them.
 *
 * Returns: (transfer full): the diagnosis
 */
VtDiagnosis *vt_diagnose(const VtMeasurement *measurement, const VtDiagnoseInput *input);
void vt_diagnosis_free(VtDiagnosis *diagnosis); /* accepts NULL */

/** Whether there is a cause of verdict trouble that matters. */
bool vt_diagnosis_has_trouble(const VtDiagnosis *diagnosis);

/** The words for how a cure stands: "in-place", "missing", ... */
const char *vt_cure_state_to_string(VtCureState state);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtDiagnosis, vt_diagnosis_free)
