/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/**
 * The request files between the hook and the worker.
 *
 *     DIR/requests/UUID.request   to be done; one per domain, the newest wins
 *     DIR/claimed/UUID.request    being done, or left behind by a worker that died
 *     DIR/rejected/               what was no request, kept for whoever wants to know why
 *     DIR/arriving/UUID           a guest is about to start here that comes from elsewhere
 *     DIR/lock                    held by the worker whose turn it is
 *
 * In: domains. Out: domains, each at least once. Law: a request exists whole or not at all, and is
 * not lost by a worker that dies, nor by one that is at work on the same domain. Nothing in the
 * directory is trusted unless the directory is this user's alone. Symbolic links are never
 * followed.
 *
 * Needs nothing but glib and POSIX, and never waits except where it says so: it stands in the way
 * of every start of a guest.
 */
typedef struct VtSpool VtSpool;

#define VT_SPOOL_OPERATION_PREPARE "prepare" /* the domain is to be tuned */
#define VT_SPOOL_OPERATION_RESTART "restart" /* and then started: a start of it was refused */

/* A request file of more bytes is not read. */
#define VT_SPOOL_MAX_BYTES 65536

typedef struct {
    char *uuid; /* lower case */
    char *name;
    char *operation; /* VT_SPOOL_OPERATION_* */
    gint64 age_s;    /* negative where the clock was set back */
    bool reclaimed;  /* an earlier worker claimed this domain and never finished */
} VtSpoolRequest;

void vt_spool_request_free(VtSpoolRequest *request); /* accepts NULL */

/**
 * vt_spool_open:
 * @dir: the spool directory; made with its folders, mode 0700, where missing; its parent must exist
 * @error: VT_ERROR_SYSTEM; also when @dir or a folder is a symbolic link, belongs to another user
 *   than the effective one, or can be written by group or others
 *
 * Returns: (transfer full): the spool, or NULL
 */
VtSpool *vt_spool_open(const char *dir, GError **error);
void vt_spool_free(VtSpool *spool); /* accepts NULL; gives the lock back */

/**
 * vt_spool_write:
 * @uuid: the domain's, in the form with dashes
 * @name: the domain's, any UTF-8 text that is not empty
 * @error: VT_ERROR_INPUT when an argument is unfit, VT_ERROR_SYSTEM when the file cannot be
 * written; then an earlier request for the domain is still there
 *
 * Leaves a request, in the place of an earlier one that no worker has claimed. Takes no lock.
 */
bool vt_spool_write(VtSpool *spool, const char *uuid, const char *name, const char *operation,
                    GError **error);

/**
 * vt_spool_is_claimed:
 *
 * Whether a worker is at a request for that operation, or has died over it. Takes no lock.
 */
bool vt_spool_is_claimed(const VtSpool *spool, const char *uuid, const char *operation);

/**
 * vt_spool_note_arrival, vt_spool_take_arrival:
 *
 * A start of a guest that migrates here or is restored looks to the hook like any other: but before
 * it the hook is called as a filter, and leaves word. Taking it removes it.
 */
bool vt_spool_note_arrival(VtSpool *spool, const char *uuid, GError **error);
bool vt_spool_take_arrival(VtSpool *spool, const char *uuid);

/**
 * vt_spool_lock:
 * @wait: whether to wait for a worker that has the lock; a signal that is caught ends the wait
 * @ret_taken: out: false where another worker has it
 *
 * The functions below are for whoever holds the lock. It goes with the process, whatever its end.
 *
 * A request can come after the last vt_spool_list() and before the lock is given back, and a worker
 * that found the lock taken leaves it: so take another turn after giving the lock back, or have
 * something watch requests/, as a systemd path unit does.
 */
bool vt_spool_lock(VtSpool *spool, bool wait, bool *ret_taken, GError **error);
void vt_spool_unlock(VtSpool *spool);

/**
 * vt_spool_list:
 * Also clears away what hooks that were killed had begun to write.
 * @ret_warnings: (element-type GError): out, optional: one for each file that is no request; those
 *   are in rejected/ now, or, where even that failed, still in their place
 *
 * Returns: (transfer full) (element-type utf8): the UUIDs of the domains with a request, claimed or
 * not, each once, sorted; or NULL
 */
GPtrArray *vt_spool_list(VtSpool *spool, GPtrArray **ret_warnings, GError **error);

/**
 * vt_spool_claim:
 * @uuid: one of vt_spool_list()
 * @error: VT_ERROR_INPUT when the file is no proper request: it has been moved to rejected/, and
 * the other requests are not affected; VT_ERROR_SYSTEM otherwise
 *
 * Takes the domain's newest request: the unclaimed one, or else what a dead worker left. From now
 * on a new request for the domain is a request of its own, which vt_spool_finish() leaves alone.
 *
 * Returns: (transfer full): the request, or NULL
 */
VtSpoolRequest *vt_spool_claim(VtSpool *spool, const char *uuid, GError **error);

/** The claimed request is done, well or badly, and will not come again. */
bool vt_spool_finish(VtSpool *spool, const VtSpoolRequest *request, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtSpool, vt_spool_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtSpoolRequest, vt_spool_request_free)
