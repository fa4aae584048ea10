/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "plan/plan.h"
#include "xml/document.h"

/**
 * vt_laws_check:
 * @before: the domain as it was
 * @after: the rewritten one, parsed again from its text
 * @plan: what was meant to change
 * @error: VT_ERROR_LAW naming the place
 *
 * Compares the two trees without looking at how the rewrite was done:
 * - every change of the plan is in @after, and @after differs from @before nowhere else: not in
 *   comments, namespaces, white space away from the changes, or outside the root element;
 * - a change of scope host touches nothing that belongs to the guest's ABI, and brings no timer.
 */
bool vt_laws_check(const VtDocument *before, const VtDocument *after, const VtPlan *plan,
                   GError **error);

/** Whether the guest cannot see @place: libvirt's ABI check leaves it alone, and so does QEMU. */
bool vt_place_is_host_side(const VtPlace *place);
