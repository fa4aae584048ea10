/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "pin/pins.h"

/**
 * The ledger: which CPUs the running guests of this host are pinned to, kept by the hook without
 * asking libvirt.
 *
 *     DIR/ledger/UUID.pins      a running guest's pins
 *     DIR/ledger/UUID.promise   CPUs that were just chosen for a guest which is about to start, or
 *                               to be pinned; in force for a while
 *     DIR/ledger/lock           held from reading to promising by whoever chooses CPUs
 *
 * In: what libvirt tells the hook as guests come and go. Out: who holds which CPUs now. Law: an
 * entry exists whole or not at all, also after kill -9 and on a full disk; what is corrupt or
 * foreign is skipped with a warning; recording, dropping and reading never wait. The directory is
 * trusted only as the spool is (edges/safe-file.h).
 *
 * How an entry ends. The release operation drops it. If that was never run (the hook was not
 * installed just then, or crashed), an entry is told to be stale without libvirt: it names its QEMU
 * process, as libvirt's pid file had it, by number and time of start, and the boot. Such an entry
 * is no longer in force once the process has gone. An entry whose process was not to be found (a
 * libvirt with another state directory) stays in force until the worker hears from libvirt that
 * the guest is not running: knows_process tells the two apart. A daemon that comes
 * back runs reconnect for each guest that still runs, which records it anew, and release for each
 * that has gone, so that a ledger that was lost is whole again.
 */
typedef struct VtLedger VtLedger;

/* Where libvirt's system daemon keeps the pid files of its QEMU processes. */
#define VT_LEDGER_PID_DIR "/run/libvirt/qemu"

/* A longer entry is neither written nor read; 1024 vCPUs on any CPUs of 1024 take 13 KB. */
#define VT_LEDGER_MAX_BYTES 65536

/* More entries are not read. */
#define VT_LEDGER_MAX_ENTRIES 16384

typedef struct {
    char *uuid; /* lower case */
    char *name;
    VtPins *pins;
    bool running;       /* false: a promise */
    bool knows_process; /* in force exactly while its process lives */
} VtLedgerEntry;

void vt_ledger_entry_free(VtLedgerEntry *entry); /* accepts NULL */

/**
 * vt_ledger_open:
 * @dir: the directory that has ledger/ in it; both are made where missing
 * @pid_dir: VT_LEDGER_PID_DIR, or a test's
 * @error: VT_ERROR_SYSTEM; also when one of them is not this user's alone
 *
 * Returns: (transfer full): the ledger, or NULL
 */
VtLedger *vt_ledger_open(const char *dir, const char *pid_dir, GError **error);
void vt_ledger_free(VtLedger *ledger); /* accepts NULL; gives the lock back */

/**
 * vt_ledger_record:
 * @uuid: the domain's, in the form with dashes
 * @error: VT_ERROR_INPUT when an argument is unfit, VT_ERROR_SYSTEM when the file cannot be
 *   written; then an earlier entry is still there
 *
 * A guest runs with these pins. A guest without any has no entry.
 */
bool vt_ledger_record(VtLedger *ledger, const char *uuid, const char *name, const VtPins *pins,
                      GError **error);

/** These pins were chosen for a guest; in force for @seconds, or until vt_ledger_drop(). */
bool vt_ledger_promise(VtLedger *ledger, const char *uuid, const char *name, const VtPins *pins,
                       unsigned seconds, GError **error);

/** The guest is gone, and with it its promise. Nothing there is no error. */
bool vt_ledger_drop(VtLedger *ledger, const char *uuid, GError **error);

/**
 * vt_ledger_read:
 * @ret_warnings: (element-type GError): out, optional: one for each file that is no entry
 *
 * Returns: (transfer full) (element-type VtLedgerEntry): what is in force, by UUID, a domain's
 * promise behind its pins; or NULL
 */
GPtrArray *vt_ledger_read(VtLedger *ledger, GPtrArray **ret_warnings, GError **error);

/**
 * vt_ledger_held:
 * @entries: of vt_ledger_read()
 * @except: (nullable): the UUID of the domain that CPUs are sought for
 *
 * Returns: (transfer full): what others hold. Promises count as running guests.
 */
VtHeld *vt_ledger_held(const GPtrArray *entries, const VtTopology *host, const char *except);

/**
 * vt_ledger_lock:
 * @wait_ms: how long to wait for another process
 * @error: VT_ERROR_SYSTEM, also when the time is up
 *
 * To be held while CPUs are chosen: read, plan, promise. Goes with the process. Never to be held
 * while libvirt is asked: it may be waiting for a hook that waits for this lock.
 */
bool vt_ledger_lock(VtLedger *ledger, unsigned wait_ms, GError **error);
void vt_ledger_unlock(VtLedger *ledger);

/** Under the lock: removes entries that are no longer in force, and what killed writers left. */
void vt_ledger_prune(VtLedger *ledger);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtLedger, vt_ledger_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtLedgerEntry, vt_ledger_entry_free)
