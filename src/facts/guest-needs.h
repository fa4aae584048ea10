/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts/fact.h"
#include "pin/planner.h"
#include "xml/document.h"

/** VtGuestNeeds: a domain as the pin planner wants to be told of it. */
typedef struct {
    VtGuestShape shape;  /* borrows `enabled` */
    VtCpuSet *enabled;   /* (nullable): see VtGuestShape */
    VtCpuSet *iothreads; /* ids */
} VtGuestNeeds;

/** @facts: at least those of vt_facts_from_domain() */
VtGuestNeeds *vt_guest_needs_read(const VtFacts *facts, const VtDocument *domain);
/** Returns: (transfer full): the numbers of the iothreads that the domain of @root defines. */
VtCpuSet *vt_iothread_ids(const xmlNode *root);

void vt_guest_needs_free(VtGuestNeeds *needs); /* accepts NULL */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtGuestNeeds, vt_guest_needs_free)
