/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rules/condition.h"
#include "rules/words.h"

/**
 * VtRule: one rule file in memory. The format is described by data/rule.rng and vmtune-rules(5).
 */

typedef struct {
    char *each;      /* (nullable): a records fact: once for every record */
    char *place;     /* template */
    VtPlace *parsed; /* (nullable): @place, if no facts stand in it */
    char *value;     /* template */
} VtSet;

typedef struct {
    VtLevel level;
    VtCondition *when;
    char *place;   /* (nullable): template */
    char *message; /* template */
} VtRuleFinding;

typedef struct {
    char *id;
    char *file; /* where it was loaded from */
    VtLevel level;
    VtScope scope;
    VtEffect effect;
    bool about_host;       /* its findings are about the host, the same for every domain */
    bool respect_explicit; /* no word about a value that the administrator set otherwise */
    char *each; /* (nullable): a records fact: the rule is judged once for every record */
    char *summary;
    char *reason;           /* template */
    char *cost;             /* (nullable) */
    GPtrArray *sources;     /* char* */
    gint64 since_libvirt;   /* 0 = any; as libvirt.version */
    gint64 since_qemu;      /* 0 = any; as qemu.version */
    VtCondition *when;      /* (nullable): always */
    VtCondition *unset;     /* (nullable): what stands at the places is as good as nothing */
    VtCondition *satisfied; /* (nullable): what counts as done besides the exact values */
    GPtrArray *sets;        /* VtSet* */
    GPtrArray *needs;       /* char*: ids of rules that must hold afterwards */
    GPtrArray *findings;    /* VtRuleFinding* */
} VtRule;

/**
 * vt_rule_load:
 * @bytes: the file's text
 * @file: its path, for messages
 * @id: the id that its path gives it
 * @error: VT_ERROR_INPUT at file:line:column. Unknown elements, attributes and words are errors, so
 *   are facts that do not exist and places that cannot be parsed.
 *
 * Returns: (transfer full): the rule, or NULL
 */
VtRule *vt_rule_load(const char *bytes, gsize length, const char *file, const char *id,
                     GError **error);
/** As vt_rule_load(), with every fault that there is added to @faults (element-type GError). */
VtRule *vt_rule_load_all(const char *bytes, gsize length, const char *file, const char *id,
                         GPtrArray *faults);

/** Returns: (transfer full): an empty rule, for whoever fills one from elsewhere than a file. */
VtRule *vt_rule_new(void);
void vt_rule_free(VtRule *rule); /* accepts NULL */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtRule, vt_rule_free)
