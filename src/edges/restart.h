/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "edges/session.h"
#include "edges/spool.h"

/* A start that was refused longer ago is nobody's wish any more: libvirt may have been away, or the
 * worker switched off. */
#define VT_RESTART_SECONDS 300

/**
 * vt_restart:
 * @request: for VT_SPOOL_OPERATION_RESTART, its domain having been tuned
 *
 * Starts a domain whose start policy enforce refused, if nothing of level error is left in it; says
 * in the log what it did, or why it did not. Once: while the request is claimed the hook leaves no
 * other such request, and one that an earlier worker died over is not started.
 */
void vt_restart(VtSession *session, const VtVirtDomain *domain, const VtSpoolRequest *request);
