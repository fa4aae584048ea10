/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/**
 * What vmtune did to each domain, so that it can be undone: numbered entries, each with the XML
 * before and after. Both hold the domain's secrets: the folder is the owner's alone.
 *
 *     DIR/UUID/N/before.xml  after.xml  rules
 *     DIR/UUID/undone                          a checksum
 *
 * Nothing below DIR is read or written unless DIR, what DIR lies in and DIR/UUID are this user's
 * alone, and no symbolic links: else whoever can write there could have any definition stored.
 *
 * Law: before.xml is on disk before anything is defined; an entry without after.xml belongs to an
 * apply that did not come to its end.
 */
typedef struct {
    char *path; /* of the entry's folder */
    guint number;
    char *before;
    char *after; /* (nullable) */
    char *rules; /* ids, one a line */
} VtHistoryEntry;

void vt_history_entry_free(VtHistoryEntry *entry); /* accepts NULL */

/** Returns: (transfer full): root's folder below /var/lib, or the user's own state folder. */
char *vt_history_default_dir(void);

/** Begins entry N+1; leaves nothing of it on failure. Returns: (transfer full): the entry's path. */
char *vt_history_begin(const char *dir, const char *uuid, const char *before, const char *rules,
                       GError **error);

/** Ends it: @after is what libvirt has stored now. */
bool vt_history_finish(const char *path, const char *after, GError **error);

/** Removes an entry: undone, or never come to anything. */
bool vt_history_remove(const char *path, GError **error);

/**
 * Drops entries that were interrupted before they had their before.xml.
 *
 * Returns: (transfer full) (nullable): the newest entry; NULL without @error if there is none
 */
VtHistoryEntry *vt_history_last(const char *dir, const char *uuid, GError **error);

/**
 * vt_history_mark_undone, vt_history_is_undone:
 * @definition: the stored XML, with its secrets
 *
 * An undo leaves word of the definition that it went back to, so that what tunes by itself does not
 * do at once again what was just taken back. It holds for exactly this definition.
 */
bool vt_history_mark_undone(const char *dir, const char *uuid, const char *definition,
                            GError **error);
bool vt_history_is_undone(const char *dir, const char *uuid, const char *definition);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtHistoryEntry, vt_history_entry_free)
