/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts/build.h"
#include "facts/wishes.h"
#include "plan/plan.h"
#include "rules/profile.h"
#include "validate/schema.h"

/**
 * The pipeline: domain XML and what is known of the host -> facts -> plan -> rewrite -> validate.
 * This is the one way through the core; the command, the worker and the tests all take it.
 */
typedef struct {
    const VtRuleDatabase *database;
    const VtFacts *facts;       /* of host and emulator; parent of the domain's own */
    const VtTopology *topology; /* (nullable): NULL plans no pins */
    VtPinPlacement placement;   /* these seven: see VtPinRequest */
    bool use_isolated;
    bool strict_memory;
    const VtCpuSet *taken;     /* (nullable) */
    const VtCpuSet *claimed;   /* (nullable) */
    const VtCpuSet *emulators; /* (nullable) */
    const VtCpuSet *reserved;  /* (nullable) */
    VtImageSource images;      /* (nullable) */
    gpointer images_data;
    guint64 metadata_cache_budget_bytes;
    const char *const *skip;     /* (nullable): globs of rule ids, from the configuration */
    const char *profile;         /* (nullable): goes before the one that the domain names */
    const char *default_profile; /* (nullable): where nobody names one */
    VtProfileSource profiles;    /* (nullable): NULL = no profile: no wish is made */
    gpointer profiles_data;
    VtSchema *schema; /* (nullable): libvirt's domain.rng where it is installed */
} VtTuneInput;

typedef struct {
    VtWishes *wishes;
    VtFacts *facts;
    const VtProfile *profile; /* (nullable) */
    VtPlan *plan;
    char *xml; /* the new text, the same bytes if the plan is empty; NULL after vt_judge() */
    GPtrArray *troubles; /* char*: what could not be looked at; all else was judged without it */
    bool left_off;       /* the domain's own metadata says policy off: nothing was considered */
} VtTuneResult;

/**
 * vt_judge:
 *
 * The way up to the plan: facts and decisions, no text (xml stays NULL). For whoever only wants to
 * know.
 *
 * Returns: (transfer full): the result
 */
VtTuneResult *vt_judge(const VtDocument *domain, const VtTuneInput *input, GError **error);

/**
 * vt_find:
 * @level: findings below it are left out
 *
 * What is wrong with the domain, and nothing else.
 *
 * Returns: (transfer full) (element-type VtFinding): what was found; NULL on error
 */
GPtrArray *vt_find(const VtDocument *domain, const VtTuneInput *input, VtLevel level,
                   GError **error);

/**
 * vt_tune:
 * @domain: must outlive the result, as must all of @input
 * @error: VT_ERROR_INPUT for a domain or wish that is wrong, VT_ERROR_LAW if the result would
 *   break a law of vmtune's; then there is no text at all
 *
 * Returns: (transfer full): the result
 */
VtTuneResult *vt_tune(const VtDocument *domain, const VtTuneInput *input, GError **error);
void vt_tune_result_free(VtTuneResult *result); /* accepts NULL */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtTuneResult, vt_tune_result_free)
