/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/diagnosis.h"
#include "diagnose/exits.h"

/**
 * Which cause some exits are a sign of. All conditions are judged once, for all exits: a cause is
 * left out unless its own are known to hold, a sign only where its own are known not to.
 */
typedef struct VtSuspects VtSuspects;

VtSuspects *vt_suspects_new(const VtDiagnoseInput *input);
void vt_suspects_free(VtSuspects *suspects); /* accepts NULL */

/**
 * vt_suspects_find:
 * @region: (nullable): what the memory map has there
 * @others: (element-type VtCause): causes that they may be as well are added
 *
 * A sign that names the exits more narrowly goes before one that names them among many; then one
 * whose conditions hold before one whose conditions nobody knows, and that before one that asks for
 * nothing; then a trouble.
 *
 * Returns: (transfer none) (nullable): the cause
 */
const VtCause *vt_suspects_find(const VtSuspects *suspects, const VtExits *exits,
                                const char *region, GPtrArray *others, bool *ret_sure);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtSuspects, vt_suspects_free)
