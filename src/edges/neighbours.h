/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "edges/ledger.h"
#include "edges/virt.h"

/**
 * VtNeighbours: the CPUs that other guests hold, from both who know of them. libvirt tells the pins
 * of its running domains and what the others have configured, which is a lesser claim. The ledger
 * tells of guests that another libvirt runs (a session daemon, a connection elsewhere), of those
 * that started since libvirt was asked, and of CPUs that somebody has just chosen.
 */
typedef struct VtNeighbours VtNeighbours;

/**
 * vt_neighbours_read:
 * @host: (nullable): NULL = nothing is known to be held; must outlive the result
 * @ledger: (nullable): likewise
 *
 * Asks libvirt, and reads the ledger.
 *
 * Returns: (transfer full): the neighbours of all domains
 */
VtNeighbours *vt_neighbours_read(VtVirt *virt, const VtTopology *host, VtLedger *ledger,
                                 GError **error);
void vt_neighbours_free(VtNeighbours *neighbours); /* accepts NULL */

/** Asks libvirt again about one domain, which may be gone by now. */
void vt_neighbours_ask(VtNeighbours *neighbours, const VtVirtDomain *domain);

/** Reads the ledger again, and asks nobody: fit for whoever holds its lock. */
void vt_neighbours_refresh(VtNeighbours *neighbours);

/**
 * vt_neighbours_held:
 * @uuid: (nullable): the domain that CPUs are sought for, which is not its own neighbour
 *
 * Returns: (transfer full): what the others hold
 */
VtHeld *vt_neighbours_held(const VtNeighbours *neighbours, const char *uuid);

/**
 * vt_neighbours_tidy_ledger:
 *
 * Removes entries of guests that are gone: those that tell so by themselves, and of those that
 * cannot tell, the ones that libvirt says do not run.
 */
void vt_neighbours_tidy_ledger(VtVirt *virt, VtLedger *ledger);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtNeighbours, vt_neighbours_free)
