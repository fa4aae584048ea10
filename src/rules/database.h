/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rules/rule.h"

/**
 * VtRuleDatabase: all rules in force, from vmtune's folder and the administrator's.
 *
 * A rule's id is its path below the folder without ".xml". In a later folder a file of the same id
 * replaces the earlier one, an empty file (or a link to /dev/null) masks it, and others add to it.
 */
typedef struct {
    GPtrArray *rules;   /* VtRule*, by id */
    GHashTable *by_id;  /* id -> VtRule*; masked ones, too: others may refer to their conditions */
    GHashTable *masked; /* ids (belonging to the rules) */
    GPtrArray *owned;   /* VtRule*: everything loaded */
} VtRuleDatabase;

/**
 * vt_rule_database_load:
 * @directories: NULL-terminated, least important first; one that does not exist is empty
 * @error: VT_ERROR_INPUT: the first fault, at file:line:column
 *
 * Any fault refuses the whole: a database that is half there would tune by accident.
 *
 * Returns: (transfer full): the database, or NULL
 */
VtRuleDatabase *vt_rule_database_load(const char *const *directories, GError **error);

/** As vt_rule_database_load(), with every fault added to @faults (element-type GError): all files
 * are read, and what rules say of each other is looked at once all of them could be. */
VtRuleDatabase *vt_rule_database_load_all(const char *const *directories, GPtrArray *faults);

/* For whoever fills a database from elsewhere than files: new, add each, settle. */
VtRuleDatabase *vt_rule_database_new(void);
void vt_rule_database_add(VtRuleDatabase *database, VtRule *rule, bool masked);
void vt_rule_database_settle(VtRuleDatabase *database);

void vt_rule_database_free(VtRuleDatabase *database); /* accepts NULL */

/** Returns: (transfer none) (nullable): the rule, masked or not. */
const VtRule *vt_rule_database_find(const VtRuleDatabase *database, const char *id);

bool vt_rule_database_is_masked(const VtRuleDatabase *database, const VtRule *rule);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtRuleDatabase, vt_rule_database_free)
