/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "edges/context.h"
#include "edges/history.h"
#include "edges/neighbours.h"
#include "edges/virt.h"

/**
 * VtSession: a libvirt connection and the context for its host: what judging and tuning domains of
 * that libvirt takes. The command and the worker both work through one.
 */
typedef struct {
    VtVirt *virt;
    VtContext *context;
    VtHistory *history;
    GHashTable *emulators;    /* "emulator arch machine type" -> VtFacts* */
    VtLedger *ledger;         /* (nullable): that of this host, if we may read it */
    VtNeighbours *neighbours; /* pins of every domain; NULL until asked for */
} VtSession;

/**
 * vt_session_open:
 * @uri: as vt_virt_open(). A libvirt on another machine has no topology and no images for us
 * @writer: (nullable): what the history is to say that changes are from; NULL only looks
 */
VtSession *vt_session_open(const char *uri, const char *writer, GError **error);
void vt_session_free(VtSession *session); /* accepts NULL */

/** One domain, judged: keeps everything that the result refers to. */
typedef struct {
    VtDocument *document;
    VtTuneResult *result;
    char *repinned; /* (nullable): why @document has other pins than were asked about */
} VtJudged;

/**
 * vt_session_judge:
 * @xml: the domain's stored XML
 * @name: what messages call it
 * @rewrite: whether the new text is wanted, or the plan is enough
 *
 * Asks libvirt for what this emulator offers and which CPUs the other domains hold, and judges.
 *
 * Returns: (transfer full): the judged domain
 */
VtJudged *vt_session_judge(VtSession *session, const char *xml, const char *name, bool rewrite,
                           GError **error);
void vt_judged_free(VtJudged *judged); /* accepts NULL */

/**
 * vt_session_choose:
 *
 * As vt_session_judge() with the new text, for whoever will store it: the CPUs that it chooses are
 * promised to the domain in the ledger, so that nobody else chooses them before they are in use.
 * Where the ledger cannot be had, or its lock not in time, it is judged all the same.
 *
 * @repin: pins that are not sound on this host are replaced first, the administrator's too
 */
VtJudged *vt_session_choose(VtSession *session, const char *xml, const char *name, bool repin,
                            GError **error);

/** The running guest has other pins now: the ledger is told. */
void vt_session_record_pins(VtSession *session, const VtVirtDomain *domain);

/** @domain was changed: what its pins are now matters to the next. One question to libvirt, however
 * many domains there are. */
void vt_session_renew_pins(VtSession *session, const VtVirtDomain *domain);

/** Some time has passed: the next judgement asks libvirt again what all domains hold. */
void vt_session_forget_pins(VtSession *session);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtSession, vt_session_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtJudged, vt_judged_free)
