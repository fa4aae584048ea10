/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rules/profile.h"

/**
 * VtProfiles: the profiles of an installation, each read when it is first asked for. One of the
 * administrator's goes before one of vmtune's of the same name.
 */
typedef struct VtProfiles VtProfiles;

/**
 * vt_profiles_new:
 * @directories: NULL-terminated, least important first; one that does not exist is empty
 * @guarded: NULL-terminated: those of them from which nothing is read if others than root and this
 *   user can write there or to a file in it, see vt_safe_check_tree()
 */
VtProfiles *vt_profiles_new(const char *const *directories, const char *const *guarded);
void vt_profiles_free(VtProfiles *profiles); /* accepts NULL */

/** As VtProfileSource; @profiles is a VtProfiles. The result belongs to @profiles. */
const VtProfile *vt_profiles_find(const char *name, gpointer profiles, GError **error);

/** Returns: (transfer full) (element-type utf8): the names that there are, sorted. */
GPtrArray *vt_profiles_names(const VtProfiles *profiles);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtProfiles, vt_profiles_free)
