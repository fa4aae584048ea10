/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "edges/session.h"

/** One change of a stored definition: what apply and undo have in common. */
typedef struct {
    VtHistoryStep entry; /* its @before is what is stored, with its secrets, as it was looked at */
    const char *xml;     /* what is to be stored */
    bool regardless;     /* also if there is no room for an entry */
} VtStoreStep;

/** Sets VT_ERROR_REFUSED, "DOMAIN: @why". Returns: false */
bool vt_refuse(GError **error, const VtVirtDomain *domain, const char *why);

/**
 * vt_store:
 * @error: VT_ERROR_REFUSED if the stored definition is another one than was looked at;
 *   VT_ERROR_STORE if its definition cannot be kept; VT_ERROR_SYSTEM from libvirt
 *
 * Enters the step into the history, stores the definition, and lets the history end in as many
 * entries as are to be kept.
 */
bool vt_store(VtSession *session, const VtVirtDomain *domain, const VtStoreStep *step,
              GError **error);
