/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Documents, rules and plans to test with. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib/gstdio.h>
#include <string.h>

#include "../remove-tree.h"
#include "base/error.h"
#include "plan/plan.h"
#include "rules/database.h"
#include "xml/document.h"

#define TEST(name, function)                                                                       \
    {                                                                                              \
        name, function, NULL, NULL, NULL                                                           \
    }

static inline void
assert_no_error(const GError *error)
{
    if (error)
        fail_msg("%s", error->message);
}

/* The error must be of that kind and its message hold those words. */
static inline void
assert_error_says(const GError *error, VtError code, const char *words)
{
    assert_non_null(error);
    if (!strstr(error->message, words))
        fail_msg("'%s' lacks '%s'", error->message, words);
    assert_true(g_error_matches(error, VT_ERROR, (gint)code));
}

static inline VtDocument *
parse(const char *xml)
{
    g_autoptr(GError) error = NULL;
    VtDocument *document = vt_document_parse(xml, strlen(xml), "test.xml", &error);

    assert_no_error(error);
    return document;
}

/* ---- folders of rules ---- */

typedef struct {
    char *path;
} Folder;

static inline Folder *
folder_new(void)
{
    Folder *folder = g_new0(Folder, 1);

    folder->path = g_dir_make_tmp("vmtune-rules-XXXXXX", NULL);
    assert_non_null(folder->path);
    return folder;
}

static inline void
folder_free(Folder *folder)
{
    remove_tree(folder->path);
    g_free(folder->path);
    g_free(folder);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Folder, folder_free)

static inline void
put_file(const Folder *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder->path, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);

    assert_int_equal(g_mkdir_with_parents(parent, 0700), 0);
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* A rule of which only the attributes beside its id, and what it does, matter. */
static inline void
put_rule(const Folder *folder, const char *id, const char *attributes, const char *body)
{
    g_autofree char *name = g_strconcat(id, ".xml", NULL);
    g_autofree char *text = g_strdup_printf(
        "<rule id='%s' %s><summary>Summary of %s</summary><reason>Reason of %s</reason>"
        "<source>a test</source>%s</rule>",
        id, attributes, id, id, body);

    put_file(folder, name, text);
}

#define GUEST "level='recommend' scope='guest' effect='next-boot'"
#define HOST "level='recommend' scope='host' effect='now'"

static inline VtRuleDatabase *
load(const Folder *folder)
{
    const char *const directories[] = {folder->path, NULL};
    g_autoptr(GError) error = NULL;
    VtRuleDatabase *database = vt_rule_database_load(directories, &error);

    assert_no_error(error);
    return database;
}

/* ---- plans ---- */

static inline const VtChange *
find_change(const VtPlan *plan, const char *place)
{
    for (guint i = 0; i < plan->changes->len; i++) {
        const VtChange *change = plan->changes->pdata[i];
        if (strcmp(change->place->text, place) == 0)
            return change;
    }
    return NULL;
}

static inline const VtDecision *
find_decision(const VtPlan *plan, const char *rule)
{
    for (guint i = 0; i < plan->decisions->len; i++) {
        const VtDecision *decision = plan->decisions->pdata[i];
        if (strcmp(decision->rule->id, rule) == 0)
            return decision;
    }
    fail_msg("nothing was decided about %s", rule);
    return NULL;
}

static inline void
assert_outcome(const VtPlan *plan, const char *rule, const char *outcome)
{
    assert_string_equal(vt_outcome_to_string(find_decision(plan, rule)->outcome), outcome);
}
