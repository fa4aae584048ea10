/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "edges/session.h"

/** What came of an undo, or what it was refused over. */
typedef struct {
    guint number; /* the entry that it goes back before; 0 if there is none */
    bool changed; /* false on success: the definition from before it was stored already */
    /* (nullable): of a domain that was changed since: what was expected - what vmtune had stored,
     * or what was there before a step that was interrupted - and what there is. With secrets. */
    char *expected, *found;
} VtUndone;

void vt_undone_free(VtUndone *undone); /* accepts NULL */

/**
 * vt_undo:
 * @number: the entry before which to go back; 0 = the newest that is in force
 * @force: also where somebody else changed the domain since, or there is no room for an entry
 * @ret_undone: out: (transfer full): set on refusal too
 * @error: VT_ERROR_INPUT if there is no such entry; VT_ERROR_REFUSED for a transient domain, if
 *   there is nothing to undo, the domain was changed since, or nobody knows, the last step having
 *   been interrupted
 *
 * Stores the XML from before an entry again, under the name that the domain has now. That undoes
 * the later entries too; all of them stay, and the undo is an entry itself, which can be undone.
 * Worker and watch leave the domain so until its definition is another one.
 */
bool vt_undo(VtSession *session, const VtVirtDomain *domain, guint number, bool force,
             VtUndone **ret_undone, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtUndone, vt_undone_free)
