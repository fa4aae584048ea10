/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/database.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "rules/folder.h"

/* Conditions of one rule, with those that it borrows; vmtune's own come to some dozens. */
#define MAX_BORROWED 10000

void
vt_rule_database_free(VtRuleDatabase *database)
{
    if (!database)
        return;
    g_ptr_array_unref(database->rules);
    g_hash_table_unref(database->by_id);
    g_hash_table_unref(database->masked);
    g_ptr_array_unref(database->owned);
    g_free(database);
}

const VtRule *
vt_rule_database_find(const VtRuleDatabase *database, const char *id)
{
    return g_hash_table_lookup(database->by_id, id);
}

bool
vt_rule_database_is_masked(const VtRuleDatabase *database, const VtRule *rule)
{
    return g_hash_table_contains(database->masked, rule->id);
}

VtRuleDatabase *
vt_rule_database_new(void)
{
    VtRuleDatabase *database = g_new0(VtRuleDatabase, 1);

    database->rules = g_ptr_array_new();
    database->by_id = g_hash_table_new(g_str_hash, g_str_equal);
    database->masked = g_hash_table_new(g_str_hash, g_str_equal);
    database->owned = g_ptr_array_new_with_free_func((GDestroyNotify)vt_rule_free);
    return database;
}

void
vt_rule_database_add(VtRuleDatabase *database, VtRule *rule, bool masked)
{
    g_hash_table_remove(database->masked, rule->id);
    g_hash_table_replace(database->by_id, rule->id, rule);
    g_ptr_array_add(database->owned, rule);
    if (masked)
        g_hash_table_add(database->masked, rule->id);
}

/* ---- loading ---- */

static void
add_file(const char *bytes, gsize length, const char *path, const char *id, gpointer data,
         GPtrArray *faults)
{
    VtRuleDatabase *database = data;
    const VtRule *masked = length == 0 ? vt_rule_database_find(database, id) : NULL;
    VtRule *rule = length > 0 ? vt_rule_load_all(bytes, length, path, id, faults) : NULL;

    if (masked)
        g_hash_table_add(database->masked, masked->id);
    if (rule)
        vt_rule_database_add(database, rule, false);
}

static bool
reference_fault(const VtRule *rule, const char *element, const char *id, const char *what,
                GError **error)
{
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT, "%s:1:1: <%s rule='%s'>: %s", rule->file, element,
                id, what);
    return false;
}

/* The way through what a rule borrows from others. */
typedef struct {
    const VtRuleDatabase *database;
    const VtRule *rule;
    GPtrArray *path; /* const VtRule*: from the rule to where we are */
    guint conditions;
} Borrowing;

static const char *
why_not_borrowed(const Borrowing *borrowing, const VtRule *other)
{
    if (!other)
        return _("there is no such rule");
    if (g_ptr_array_find(borrowing->path, other, NULL))
        return _("it goes round in a circle");
    if (other->each && g_strcmp0(other->each, borrowing->rule->each) != 0)
        return _("that rule is judged for each record, this one is not");
    if (borrowing->conditions > MAX_BORROWED)
        return _("with what that rule borrows in turn it comes to too many conditions");
    return NULL;
}

/* Whether all that @condition borrows exists, fits the rule, leads to no rule on the way here, and
 * is not so much that judging would never end: borrowing twice from who borrows twice doubles. */
static bool
check_same_as(Borrowing *borrowing, const VtCondition *condition, GError **error)
{
    const VtRule *other;
    const char *why;
    bool ok;

    if (!condition)
        return true;
    borrowing->conditions++;
    for (guint i = 0; condition->children && i < condition->children->len; i++) {
        if (!check_same_as(borrowing, condition->children->pdata[i], error))
            return false;
    }
    if (condition->kind != VT_CONDITION_SAME_AS)
        return true;
    other = vt_rule_database_find(borrowing->database, condition->name);
    why = why_not_borrowed(borrowing, other);
    if (why)
        return reference_fault(borrowing->rule, "same-as", condition->name, why, error);
    g_ptr_array_add(borrowing->path, (gpointer)other);
    ok = check_same_as(borrowing, other->when, error);
    g_ptr_array_remove_index(borrowing->path, borrowing->path->len - 1);
    return ok;
}

/* A rule without anything to set or to be satisfied by would never hold. */
static bool
check_needs(const VtRuleDatabase *database, const VtRule *rule, GError **error)
{
    for (guint i = 0; i < rule->needs->len; i++) {
        const char *id = rule->needs->pdata[i];
        const VtRule *other = vt_rule_database_find(database, id);

        if (!other)
            return reference_fault(rule, "needs", id, _("there is no such rule"), error);
        if (other->sets->len == 0 && !other->satisfied)
            return reference_fault(rule, "needs", id,
                                   _("that rule only finds, it can never be met"), error);
    }
    return true;
}

/* What counts as done and what is found may borrow the rule's own conditions: only <when> is on the
 * way back to itself. */
static bool
check_references(const VtRuleDatabase *database, const VtRule *rule, GError **error)
{
    g_autoptr(GPtrArray) path = g_ptr_array_new();
    Borrowing borrowing = {database, rule, path, 0};

    if (!check_needs(database, rule, error) || !check_same_as(&borrowing, rule->satisfied, error))
        return false;
    for (guint i = 0; i < rule->findings->len; i++) {
        const VtRuleFinding *finding = rule->findings->pdata[i];
        if (!check_same_as(&borrowing, finding->when, error))
            return false;
    }
    g_ptr_array_add(path, (gpointer)rule);
    return check_same_as(&borrowing, rule->when, error);
}

static gint
compare_ids(gconstpointer a, gconstpointer b)
{
    return strcmp((*(VtRule *const *)a)->id, (*(VtRule *const *)b)->id);
}

/* Sorts, so that the first fault is the same wherever the files lie. */
void
vt_rule_database_settle(VtRuleDatabase *database)
{
    g_ptr_array_sort(database->owned, compare_ids);
    for (guint i = 0; i < database->owned->len; i++) {
        VtRule *rule = database->owned->pdata[i];
        if (vt_rule_database_find(database, rule->id) == rule &&
            !vt_rule_database_is_masked(database, rule))
            g_ptr_array_add(database->rules, rule);
    }
}

VtRuleDatabase *
vt_rule_database_load_all(const char *const *directories, GPtrArray *faults)
{
    g_autoptr(VtRuleDatabase) database = vt_rule_database_new();
    bool all_read;

    for (; *directories; directories++)
        vt_folder_read(*directories, add_file, database, faults);
    vt_rule_database_settle(database);
    all_read = faults->len == 0;
    /* a rule that is at fault is there all the same, though nobody could refer to it now */
    for (guint i = 0; all_read && i < database->owned->len; i++) {
        const VtRule *rule = database->owned->pdata[i];
        g_autoptr(GError) error = NULL;

        if (vt_rule_database_find(database, rule->id) == rule &&
            !check_references(database, rule, &error))
            g_ptr_array_add(faults, g_steal_pointer(&error));
    }
    return faults->len == 0 ? g_steal_pointer(&database) : NULL;
}

VtRuleDatabase *
vt_rule_database_load(const char *const *directories, GError **error)
{
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func((GDestroyNotify)g_error_free);
    VtRuleDatabase *database = vt_rule_database_load_all(directories, faults);

    if (!database)
        g_propagate_error(error, g_error_copy(faults->pdata[0]));
    return database;
}
