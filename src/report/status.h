/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tune.h"

/**
 * VtStatus: where each of vmtune's changes to one domain stands.
 *
 * In: the stored definition and the one that the guest has or will wake up with, both judged.
 * Out: what runs, what waits, what is held back, what is not stored, what only the owner can do.
 * Law: read off the two definitions; what vmtune did and when is not asked.
 */

typedef enum {
    VT_STANDING_RUNS,       /* stored, and the running guest has it */
    VT_STANDING_COLD_BOOT,  /* stored, and the running guest does not have it */
    VT_STANDING_HELD,       /* stored, and the managed save does not have it */
    VT_STANDING_NOT_STORED, /* apply would store it */
    VT_STANDING_BY_OWNER,   /* advice */
} VtStanding;

typedef struct {
    VtStanding standing;
    const char *rule;     /* belongs to what the status was made of */
    const char *instance; /* (nullable) likewise */
    const char *path;     /* (nullable) likewise: the place meant */
    char *value;          /* (nullable): what it is to be; for advice, what to tell a person */
} VtStatusEntry;

typedef struct {
    const char *name;
    bool active;
    bool persistent;
    bool saved;             /* there is a managed save */
    const char *managed_by; /* (nullable): the layer that its definition belongs to */
    char *const *snapshots; /* those with memory, NULL-terminated */
    GPtrArray *entries;     /* VtStatusEntry*, by standing */
} VtStatus;

/* A judged definition. */
typedef struct {
    const VtDocument *document;
    const VtTuneResult *result;
} VtStatusView;

/**
 * vt_status_new:
 * @head: everything but the entries; a domain that is not persistent has no stored definition, and
 *   then @stored is what runs
 * @stored, @other: @other is (nullable): what runs, or what the managed save holds
 *
 * Returns: (transfer full): the status; borrows everything
 */
VtStatus *vt_status_new(const VtStatus *head, const VtStatusView *stored,
                        const VtStatusView *other);
void vt_status_free(VtStatus *status); /* accepts NULL */

/** Whether anything stands between the domain and all of vmtune's changes, advice aside. */
bool vt_status_waits(const VtStatus *status);

/** "runs", "cold-boot", "held", "not-stored", "by-owner". */
const char *vt_standing_to_string(VtStanding standing);

/** Returns: (transfer full): the status for people. */
char *vt_report_status(const VtStatus *status);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtStatus, vt_status_free)
