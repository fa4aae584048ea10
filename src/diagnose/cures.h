/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/diagnosis.h"
#include "rules/match.h"

/** Fills in what ends @found->cause: how its rules stand with the domain, and what is left to type.
 */
void vt_cures_find(VtCauseFound *found, const VtDiagnoseInput *input);

/** Returns: (transfer full): the command, filled in; a domain's name is one word of a shell,
 * whatever it holds. */
char *vt_command_expand(const char *template, const VtFacts *facts);

void vt_cure_free(VtCure *cure);          /* accepts NULL */
void vt_command_free(VtCommand *command); /* accepts NULL */

/** What a condition of a cause comes to; VT_YES without one. */
VtTruth vt_cause_condition_holds(const VtCondition *when, const VtDiagnoseInput *input);
