/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/diagnosis.h"
#include "diagnose/exits.h"

/* What the files of the diagnosis share. */

/**
 * vt_diagnosis_describe_unknown:
 * @found: of exits of which nothing is known, evidence and all; gets its words and what to type to
 *   learn more
 * @lump: there are several, each too small for a word of its own
 */
void vt_diagnosis_describe_unknown(VtCauseFound *found, bool lump, bool told_finer,
                                   const VtFacts *facts);

/** Adds to @diagnosis->remarks what its data do not tell. Everything else is settled before. */
void vt_diagnosis_remark(VtDiagnosis *diagnosis, const VtExitSplit *split, const VtFacts *facts);

/** Returns: (transfer full): the command that takes the table of this kind. */
char *vt_diagnosis_perf_command(VtExitKind kind);
