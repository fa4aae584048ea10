/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/diagnosis.h"
#include "diagnose/memory-map.h"
#include "golden.h"

/*
 * Folders of diagnoses/ that are diagnosed, for the tests of diagnoses and those of comparisons.
 * What is wrong with one fails the test that is under way.
 */

/* Everything that one diagnosis hangs on. */
typedef struct {
    GoldenJudged *judged; /* (nullable) */
    GoldenJudged *stored; /* (nullable): what the next start uses */
    VtMeasurement *measurement;
    VtMemoryMap *map; /* (nullable) */
    VtDiagnosis *diagnosis;
} Diagnosed;

/** Loads the causes from $VMTUNE_DATADIR; before all else. Returns: (transfer none) */
const VtCauseDatabase *diagnosed_begin(void);
void diagnosed_end(void);

/** @tests: the folder of tests; @name: of the one in diagnoses/. */
Diagnosed *diagnosed_new(const char *tests, const char *name);
void diagnosed_free(Diagnosed *diagnosed); /* accepts NULL */

/** Returns: (transfer full) (nullable): NULL if there is no such file. */
char *diagnosed_read(const char *folder, const char *name, gsize *ret_length);

/** Holds @text against the golden file @name; writes that if told to by VMTUNE_TEST_REGENERATE. */
void diagnosed_check(const char *folder, const char *name, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Diagnosed, diagnosed_free)
