/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/**
 * What vmtune did to each domain, so that it can be undone: numbered entries, each with the XML
 * before and after. Both hold the domain's secrets: the folder is the owner's alone.
 *
 *     DIR/UUID/N/entry         when, by what, of which libvirt, rules
 *     DIR/UUID/N/before.xml    after.xml
 *     DIR/UUID/N/measured.json how the guest ran before, where that was asked for
 *
 * In: each rewrite of a stored definition, undos among them. Out: the way back. Laws: before.xml is
 * on disk before anything is defined, and nothing without it is an entry; an entry without
 * after.xml belongs to a rewrite that did not come to its end; an undo removes nothing but is an
 * entry of its own, so that it can be undone as well. Entries of different libvirts do not see
 * each other, though a guest that moved between them has one UUID.
 */
typedef struct {
    char *dir;
    char *libvirt;  /* vt_virt_address() */
    const char *by; /* (nullable): what new entries are from: "apply", "worker", ... */
    guint keep;     /* so many entries of a domain, the newest */
} VtHistory;

/**
 * vt_history_new:
 * @dir: (nullable): NULL = root's below /var/lib, or that in the user's state folder
 *
 * Touches nothing. Returns: (transfer full): the history
 */
VtHistory *vt_history_new(const char *dir, const char *libvirt, const char *by, guint keep);
void vt_history_free(VtHistory *history); /* accepts NULL */

typedef enum {
    VT_HISTORY_IN_FORCE,
    VT_HISTORY_UNDONE,      /* a later undo went back to before it */
    VT_HISTORY_INTERRUPTED, /* in force or not: nobody knows what came of it */
} VtHistoryState;

/** "in-force" and so on, the same in every language. */
const char *vt_history_state_to_string(VtHistoryState state);

typedef struct {
    char *path; /* of the entry's folder */
    guint number;
    gint64 when_s; /* since the epoch */
    char *by;
    char **rules; /* ids; none for an undo */
    guint undoes; /* the entry before which an undo went back; 0 for what is no undo */
    char *before;
    char *after; /* (nullable) */
    bool measured;
    VtHistoryState state;
} VtHistoryEntry;

void vt_history_entry_free(VtHistoryEntry *entry); /* accepts NULL */

/**
 * Returns: (transfer full) (element-type VtHistoryEntry): the domain's entries, the oldest first
 */
GPtrArray *vt_history_list(const VtHistory *history, const char *uuid, GError **error);

/** The entry with that number, or NULL. */
const VtHistoryEntry *vt_history_find(const GPtrArray *entries, guint number);

/** The newest entry that is in force and no undo, or NULL. */
const VtHistoryEntry *vt_history_last_in_force(const GPtrArray *entries);

/** The newest entry that is in force, no undo, and measured, or NULL. */
const VtHistoryEntry *vt_history_last_measured(const GPtrArray *entries);

/**
 * Returns: (transfer full): the record of how the guest ran before an entry that is measured
 */
char *vt_history_measured(const VtHistoryEntry *entry, gsize *ret_length, GError **error);

/* What an entry is made of. */
typedef struct {
    const char *before;
    const char *const *rules; /* (nullable): ids, NULL-terminated */
    guint undoes;             /* 0 for what is no undo */
    const char *measured;     /* (nullable): a record, see diagnose/record.h */
} VtHistoryStep;

/** Begins an entry; leaves nothing of it on failure. Returns: (transfer full): its path */
char *vt_history_begin(const VtHistory *history, const char *uuid, const VtHistoryStep *step,
                       GError **error);

/** Ends it: @after is what libvirt has stored now. */
bool vt_history_finish(const char *path, const char *after, GError **error);

/** Removes an entry: it has never come to anything. */
bool vt_history_remove(const char *path, GError **error);

/** Removes the oldest entries, so that not more are left than are to be kept. */
bool vt_history_prune(const VtHistory *history, const char *uuid, GError **error);

/**
 * vt_history_settle:
 * @stored: the definition that libvirt has now
 *
 * Removes the entries of rewrites that were interrupted before they had changed anything.
 */
bool vt_history_settle(const VtHistory *history, const char *uuid, const char *stored,
                       GError **error);

/** Removes all entries of a domain that is no more. */
bool vt_history_forget(const VtHistory *history, const char *uuid, GError **error);

/** Returns: (transfer full) (element-type utf8): UUIDs that have entries, of any libvirt. */
GPtrArray *vt_history_domains(const VtHistory *history);

/**
 * Whether @stored is what an undo has left, so that what tunes by itself does not do at once again
 * what was just taken back. It holds for exactly this definition; a domain's name does not count.
 */
bool vt_history_is_undone(const VtHistory *history, const char *uuid, const char *stored);

/**
 * vt_history_rename:
 * @definition, @like: as libvirt writes definitions
 *
 * Returns: (transfer full): @definition with the name of @like. A domain that was renamed keeps its
 *   history, and libvirt does not store it under its old name.
 */
char *vt_history_rename(const char *definition, const char *like);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtHistory, vt_history_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtHistoryEntry, vt_history_entry_free)
