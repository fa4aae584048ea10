/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/policy.h"
#include "facts/fact.h"

/**
 * VtProfile: what a domain is tuned for, as data: wishes that rules can ask for, rules that are not
 * wanted, and how the guest is pinned. The format is described by data/profile.rng and
 * vmtune-rules(5).
 */
typedef struct {
    char *name;
    char *summary;
    GPtrArray *wishes;     /* char*: facts named wish.* that are yes */
    GPtrArray *skip;       /* char*: globs of rules that are not judged */
    GPtrArray *check_only; /* char*: globs of rules that find and change nothing */
    bool has_placement;
    VtPinPlacement placement;
} VtProfile;

/** The profile of a domain for which nobody names one. */
#define VT_PROFILE_DEFAULT "balanced"

/**
 * vt_profile_load:
 * @bytes: the file's text
 * @file: its path, for messages
 * @name: the name that its path gives it
 * @error: VT_ERROR_INPUT at file:line:column; as strict as rules are
 *
 * Returns: (transfer full): the profile, or NULL
 */
VtProfile *vt_profile_load(const char *bytes, gsize length, const char *file, const char *name,
                           GError **error);
void vt_profile_free(VtProfile *profile); /* accepts NULL */

/** Whether @name can be a profile's: small letters, digits and dashes, a letter first. */
bool vt_profile_is_name(const char *name);

/** Sets profile.name and every wish.*: yes for those of the profile, no for the others. */
void vt_facts_from_profile(VtFacts *facts, const VtProfile *profile);

/**
 * VtProfileSource: finds a profile by its name.
 * @error: VT_ERROR_INPUT if there is none, naming those that there are, or its file is at fault
 *
 * Returns: (transfer none): the profile, or NULL
 */
typedef const VtProfile *(*VtProfileSource)(const char *name, gpointer data, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtProfile, vt_profile_free)
