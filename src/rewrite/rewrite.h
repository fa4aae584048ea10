/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "plan/plan.h"
#include "xml/document.h"

/**
 * vt_rewrite:
 * @document: the domain, left as it is
 * @plan: what to change
 * @error: VT_ERROR_LAW if a change cannot be made where the plan wants it
 *
 * Returns: (transfer full): the new text. Every byte that the plan does not touch is kept: quotes,
 * spaces, comments, order, unknown elements. New elements take their neighbours' indentation and
 * libvirt's own order and quotes, so that what libvirt prints after a define is what was shown
 * before. An empty plan gives back the same bytes.
 */
char *vt_rewrite(const VtDocument *document, const VtPlan *plan, GError **error);
