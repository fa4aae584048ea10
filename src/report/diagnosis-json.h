/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "report/diagnosis.h"

/**
 * A diagnosis as JSON; the form is documented in vmtune(1) and only ever grows. Every member is
 * always there: what is unknown, or does not exist, is null.
 */

/** Adds the members of a diagnosis to the object that @builder stands in. */
void vt_json_add_diagnosis(JsonBuilder *builder, const VtDiagnosis *diagnosis,
                           const VtDiagnosisView *view);

/** A cause that was found, as an object; for an array. */
void vt_json_add_found(JsonBuilder *builder, const VtDiagnosis *diagnosis,
                       const VtCauseFound *found, bool matters);

/** Returns: (transfer full): a whole document. */
char *vt_diagnosis_to_json(const VtDiagnosis *diagnosis, const VtDiagnosisView *view);
