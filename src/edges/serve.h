/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "edges/session.h"
#include "edges/spool.h"

/**
 * What vmtune does by itself with one domain: as the policy says, and with a line in the log. The
 * worker and the watch share this path; under it lies vt_apply(), which the command takes too.
 */

typedef enum {
    VT_SERVED_NOTHING,  /* nothing to change, or policy off */
    VT_SERVED_OBSERVED, /* something to change, and the policy leaves it */
    VT_SERVED_TUNED,    /* the stored definition was rewritten */
    VT_SERVED_LEFT,     /* not vmtune's to change */
    VT_SERVED_FAILED,   /* neither judged nor changed */
    VT_SERVED_LATER,    /* vmtune's own folders are in the way of any change; no fault of its own */
} VtServed;

/**
 * vt_serve_domain:
 * @ret_rules: out, optional: (transfer full): the ids of the rules that changed or would change
 *   something, NULL-terminated, NULL if there are none
 */
VtServed vt_serve_domain(VtSession *session, const VtVirtDomain *domain, char ***ret_rules);

typedef enum {
    VT_REQUEST_DONE,
    VT_REQUEST_STUCK, /* the spool does not let it be taken or put away; said in the log */
    VT_REQUEST_KEPT,  /* libvirt went away, or no undo copy can be kept: it is still there, as are
                         those not yet tried */
} VtRequestEnd;

/**
 * vt_serve_request:
 * @spool: the lock of which is held
 * @uuid: one of vt_spool_list()
 *
 * Claims a request, serves its domain, and finishes the request whatever came of it: a domain that
 * cannot be tuned today is asked for again at its next start.
 */
VtRequestEnd vt_serve_request(VtSession *session, VtSpool *spool, const char *uuid);

/** Lists the requests as vt_spool_list() does; what is wrong is logged. */
GPtrArray *vt_serve_list_requests(VtSpool *spool);

/**
 * vt_serve_forget:
 *
 * Removes the history of a domain of which libvirt says that there is none. Trouble of any kind
 * removes nothing, and nothing of other libvirts is touched.
 */
void vt_serve_forget(VtSession *session, const char *uuid);

/** vt_serve_forget() for all that were undefined while nobody watched. */
void vt_serve_forget_gone(VtSession *session);
