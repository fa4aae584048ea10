/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "plan/plan.h"

/**
 * What the worker and the watch tell the administrator.
 *
 * Where standard error is the journal, each line is an entry with fields beside its text, so that
 * `journalctl VMTUNE_DOMAIN=win10` and `journalctl VMTUNE_RULE=hyperv/stimer` find it:
 *
 *     MESSAGE_ID      one of VT_LOG_*
 *     VMTUNE_DOMAIN   the domain's name
 *     VMTUNE_UUID     its UUID
 *     VMTUNE_RULE     a rule's id, once for every rule
 *     VMTUNE_CHANGE   "PLACE: AFTER" or "PLACE: BEFORE -> AFTER", once for every change
 *
 * Elsewhere it is a plain line. One line says what happened to a domain; the details are written at
 * debug, which G_MESSAGES_DEBUG=vmtune shows.
 */

/* What an entry is about, as the journal's MESSAGE_ID; never changed once published. */
#define VT_LOG_TUNED "200b7c25b4d34d4dbaaf58ea78a76170"     /* the domain was rewritten */
#define VT_LOG_OBSERVED "555172ad3c864d65b29bb5374338511d"  /* it would have been */
#define VT_LOG_LEFT "e503be1b3225437c8b10bead0261f539"      /* not vmtune's to change */
#define VT_LOG_FAILED "ca167c3462c44c3282f637632d6cc0f9"    /* it could not be judged or changed */
#define VT_LOG_CONTESTED "2b8c6b17c11140d285ab1497ecf637f0" /* something else keeps undoing it */
#define VT_LOG_AWAY "8d0f52bc2eb14ae8a191be653a10178c"      /* libvirt does not answer */
#define VT_LOG_BACK "369304a28bc74b3a95bc716298c3e2fd"      /* it does again */
#define VT_LOG_REQUEST "dd005c4c5be545bd8f2805d2c2275bf6"   /* about the spool or one request */
#define VT_LOG_STARTED "05704c45e283451aab98ea505d40c3bd"   /* a refused start is made up for */
#define VT_LOG_NOT_STARTED "66a09fa740a8429998d92f8351f04f0c" /* or not, for a reason */
#define VT_LOG_FORGOTTEN "9b6a753e7b3f4ea097498cadaa4d90ad"   /* domain and history are gone */

typedef struct {
    const char *event;  /* (nullable): one of the above */
    const char *domain; /* (nullable): its name */
    const char *uuid;   /* (nullable) */
    const VtPlan *plan; /* (nullable): its rules and changes */
} VtLogAbout;

/**
 * vt_log_start:
 * @identifier: what the lines are marked with, SYSLOG_IDENTIFIER; must live as long as the process
 *
 * From now on everything logged through GLib goes this way too.
 */
void vt_log_start(const char *identifier);

/** @level: G_LOG_LEVEL_WARNING, _INFO or _DEBUG. @about: (nullable). */
void vt_log(GLogLevelFlags level, const VtLogAbout *about, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/** Returns: (transfer full): a change on one line, the same in every language. */
char *vt_log_change(const VtChange *change);

/**
 * vt_log_is_journal:
 * @stream: (nullable): the value of JOURNAL_STREAM
 *
 * Whether @fd is what @stream names. A process inherits the variable, though its standard error may
 * have been led elsewhere since.
 */
bool vt_log_is_journal(const char *stream, int fd);
