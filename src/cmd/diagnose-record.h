/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cmd/subject.h"
#include "diagnose/comparison.h"
#include "diagnose/record.h"

/**
 * What `vmtune diagnose` saves, and what it holds its diagnosis against: a file that it saved
 * (--compare), or what `vmtune apply --measure` kept of how the guest ran before.
 */

/* A diagnosis as it was just made. */
typedef struct {
    const VtOptions *options;
    const VtSubject *subject;   /* (nullable): no domain was named */
    const VtDocument *document; /* (nullable) likewise: the domain as it was measured */
    const VtTuneResult *result; /* (nullable): of @document */
    const VtDiagnoseInput *input;
    const VtDiagnosis *diagnosis;
    const VtRecord *record; /* (nullable): the file with the measurement, if it was one of ours */
    bool live;              /* measured just now */
} VtPresent;

/** Whether a file is a saved measurement, by how it begins. */
bool vt_is_record(const char *bytes, gsize length);

/** Returns: (transfer full): what --save writes. */
char *vt_record_present(const VtPresent *present, GError **error);

/* An earlier measurement, and what came of comparing. */
typedef struct {
    char *file; /* what messages call it */
    VtRecord *record;
    VtMeasurement *measurement;
    VtJudged *had; /* (nullable): the domain as it ran then */
    VtDiagnosis *before;
    VtComparison *comparison; /* (nullable): not compared yet */
} VtBeside;

/** Returns: (transfer full): the measurement saved in the file @path. */
VtBeside *vt_beside_read(const char *path, GError **error);

/**
 * vt_beside_find:
 *
 * Of a guest that was measured just now: what was measured before the last change that runs by now.
 * Says which that is, or that the change still waits for a cold boot.
 *
 * Returns: (transfer full) (nullable)
 */
VtBeside *vt_beside_find(const VtPresent *present);

/** Compares; @present must outlive @beside. */
bool vt_beside_compare(VtBeside *beside, const VtPresent *present, GError **error);

void vt_beside_free(VtBeside *beside); /* accepts NULL */

/**
 * Returns: (transfer full): what differs in the domain's XML, as `diff -u` has it; "" where nothing
 *   does, or where it is not known of both; NULL with @error
 */
char *vt_beside_difference(const VtBeside *beside, const VtPresent *present, GError **error);

/**
 * vt_record_now:
 * @virt: (nullable): where @xml runs
 * @xml: (nullable): the domain as it ran
 * @name: what messages call it
 *
 * Returns: (transfer full): a measurement that was just made, as a record
 */
char *vt_record_now(const VtMeasurement *measurement, const VtVirt *virt, const char *xml,
                    const char *name, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtBeside, vt_beside_free)
