/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rules/cache.h"

/**
 * vt_rule_cache_load:
 * @directories: as vt_rule_database_load()
 * @guarded: which of them only root may be able to write, see vt_safe_check_tree(); may be empty
 * @run_dir: where the cache is kept, a file for each choice; it is not made for that, since
 * commands that only look load rules, too
 * @choice: rules that are not wanted may be left out
 * @error: as vt_rule_database_load(), and VT_ERROR_SYSTEM where others can write rules
 *
 * Loads the rules, from the cache if nothing in @directories has changed since it was written. A
 * cache that is missing, stale, damaged or somebody else's is as good as none; one that cannot be
 * written, because the user may not or there is no room, is not missed.
 *
 * Returns: (transfer full): the database, or NULL
 */
VtRuleDatabase *vt_rule_cache_load(const char *const *directories, const char *const *guarded,
                                   const char *run_dir, VtRuleChoice choice, GError **error);
