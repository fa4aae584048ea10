/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/cpuset.h"
#include "base/policy.h"

#include <glib.h>
#include <stdbool.h>

/**
 * vmtune.conf: what the administrator has decided.
 *
 * In: a file in GKeyFile's syntax. Out: a struct in which every value is set. Law: strict. A typing
 * error in this file must not silently mean the default, so an unknown group or key, a bad value
 * and anything given twice is an error that names the line and what is allowed there.
 */

typedef struct {
    VtPolicy policy;
    bool restart;       /* under enforce: a start that was refused is made up for by the worker */
    guint history_keep; /* undo entries of one domain, at least 1 */
    char *profile;      /* the name of the profile of domains that name none */
    char **skip_rules;  /* globs over rule ids, NULL-terminated, never NULL */
    guint64 metadata_cache_budget_bytes; /* the largest metadata cache for one image */
    VtPinPlacement pin_policy;
    VtCpuSet *reserved_cpus; /* never given to a guest's vCPUs; never NULL */
    bool use_isolated;       /* vCPUs may have isolated CPUs for themselves */
    bool strict_memory;      /* memory from the planned nodes only, where enough is free */
} VtConfig;

/** Returns: (transfer full): the defaults. */
VtConfig *vt_config_new(void);
void vt_config_free(VtConfig *config); /* accepts NULL */

/**
 * vt_config_load:
 * @path: the file; one that does not exist means the defaults
 * @error: VT_ERROR_INPUT as "FILE:LINE: ..." for the content, VT_ERROR_SYSTEM when it cannot be
 * read, or everybody can write it
 *
 * Returns: (transfer full): the configuration, or NULL
 */
VtConfig *vt_config_load(const char *path, GError **error);

/** Whether the administrator has switched off the rule @rule_id. */
bool vt_config_skips_rule(const VtConfig *config, const char *rule_id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtConfig, vt_config_free)
