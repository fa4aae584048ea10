/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "report/diagnosis.h"

/**
 * vt_diagnosis_to_json:
 *
 * The form is documented in vmtune(1) and only ever grows. Every member is always there: what is
 * unknown, or does not exist, is null. @view->verbose is of no account: all is told.
 *
 * Returns: (transfer full): a whole document
 */
char *vt_diagnosis_to_json(const VtDiagnosis *diagnosis, const VtDiagnosisView *view);
