/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/cause.h"
#include "plan/plan.h"

/**
 * VtDiagnosis: a measurement explained: which causes account for how many exits and how much of the
 * handling time, the one that matters most first. Pure.
 */

/* How a rule that ends a cause stands with this domain. */
typedef enum {
    VT_CURE_NO_DOMAIN, /* no domain was given to look at */
    VT_CURE_IN_PLACE,  /* the domain has what the rule wants */
    VT_CURE_MISSING,   /* vmtune apply would set it */
    VT_CURE_WITHHELD,  /* it is not set, and vmtune will not: see @why */
} VtCureState;

typedef struct {
    const char *rule;    /* its id */
    const char *summary; /* (nullable): the rule's; NULL: no such rule is in force */
    VtCureState state;
    char *why; /* (nullable): translated */
} VtCure;

typedef struct {
    const VtCause *cause;
    bool sure; /* false: these exits may be this, and a table that was not given would tell */
    guint64 count;
    double count_share;  /* of all exits, 0 to 1 */
    gint64 time_ns;      /* VT_TIME_UNKNOWN */
    double time_share;   /* of the handling time without sleep, 0 to 1; -1 = unknown */
    GPtrArray *evidence; /* const VtExitCount*, most first; the measurement's */
    VtExitKind kind;     /* of the evidence */
    GPtrArray *cures;    /* VtCure* */
    GPtrArray *commands; /* char*: one of @cause->remedies each, filled in */
    char *reason;        /* translated, filled in */
} VtCauseFound;

typedef struct {
    const VtMeasurement *measurement;
    guint64 count;      /* all exits */
    gint64 time_ns;     /* handling time without sleep; VT_TIME_UNKNOWN */
    gint64 sleep_ns;    /* asleep in HLT; VT_TIME_UNKNOWN */
    GPtrArray *causes;  /* VtCauseFound*: troubles first, then by what they take */
    GPtrArray *remarks; /* char*: what these data do not tell, translated sentences */
} VtDiagnosis;

/* The three things that matter. */
#define VT_DIAGNOSIS_SHOWN 3

/**
 * vt_diagnose:
 * @measurement, @causes, @facts, @plan: must outlive the result
 * @facts: (nullable): of the domain, the host and the guest
 * @plan: (nullable): of the domain; tells which cures are in place
 *
 * An exit is counted once: where a table of ports, MMIO or MSRs is given, it speaks for the reason
 * that stands for all of them.
 *
 * Returns: (transfer full): the diagnosis
 */
VtDiagnosis *vt_diagnose(const VtMeasurement *measurement, const VtCauseDatabase *causes,
                         const VtFacts *facts, const VtPlan *plan);
void vt_diagnosis_free(VtDiagnosis *diagnosis); /* accepts NULL */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtDiagnosis, vt_diagnosis_free)
