/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "edges/context.h"

/*
 * What the golden tests share: hosts that are opened once, and one way of judging a domain on them,
 * the same that the command takes with --host.
 */

typedef struct {
    char *name; /* of its folder; "none" for no host */
    VtContext *context;
    VtFacts *facts;  /* of the emulator; child of the context's */
    VtCpuSet *taken; /* (nullable): what other guests hold, from the host's file "taken" */
} GoldenHost;

/** Returns: (transfer full): the host of that folder; @name NULL = no host, the baseline. */
GoldenHost *golden_host_new(const char *tests, const char *name, GError **error);
void golden_host_free(GoldenHost *host);

typedef struct {
    VtDocument *document;
    VtTuneResult *result;
} GoldenJudged;

/** Returns: (transfer full) (nullable): what vmtune makes of the domain in @bytes. */
GoldenJudged *golden_judge(const GoldenHost *host, const char *bytes, gsize length,
                           const char *name, GError **error);
void golden_judged_free(GoldenJudged *judged); /* accepts NULL */

/**
 * golden_dump:
 * @rule: the rule that the case is about, told in full
 *
 * Returns: (transfer full): the plan as stable text
 */
char *golden_dump(const VtTuneResult *result, const char *rule);

/**
 * golden_find_broken_law:
 *
 * Holds what was judged against what vmtune promises of every domain, with means of its own.
 *
 * Returns: (transfer full) (nullable): the first promise that is broken, NULL if all are kept
 */
char *golden_find_broken_law(const GoldenHost *host, const GoldenJudged *judged);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GoldenHost, golden_host_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GoldenJudged, golden_judged_free)
