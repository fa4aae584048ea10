/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/database.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"

/* Ids are at most topic/name; a deeper folder is a mistake that would go unseen. */
#define MAX_DEPTH 2
#define SUFFIX ".xml"

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

static bool
add_file(VtRuleDatabase *database, const char *path, const char *id, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize length;
    VtRule *rule;

    if (!g_file_get_contents(path, &bytes, &length, error))
        return false;
    if (length == 0) {
        const VtRule *masked = vt_rule_database_find(database, id);
        if (masked)
            g_hash_table_add(database->masked, masked->id);
        return true;
    }
    rule = vt_rule_load(bytes, length, path, id, error);
    if (!rule)
        return false;
    g_hash_table_remove(database->masked, id);
    g_hash_table_replace(database->by_id, rule->id, rule);
    g_ptr_array_add(database->owned, rule);
    return true;
}

/* Anything but rules below the folder is refused: a rule called "foo.xml~" or "foo.XML" would
 * otherwise be silently out of force. Hidden files are left alone, editors make them. */
static bool
add_directory(VtRuleDatabase *database, const char *path, const char *prefix, int depth,
              GError **error)
{
    g_autoptr(GDir) directory = NULL;
    const char *name;

    if (depth == 0 && !g_file_test(path, G_FILE_TEST_EXISTS))
        return true;
    directory = g_dir_open(path, 0, error);
    if (!directory)
        return false;
    while ((name = g_dir_read_name(directory))) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        if (name[0] == '.')
            continue;
        if (g_file_test(child, G_FILE_TEST_IS_DIR) && depth < MAX_DEPTH) {
            g_autofree char *inner = g_strconcat(prefix, name, "/", NULL);
            if (!add_directory(database, child, inner, depth + 1, error))
                return false;
        } else if (g_str_has_suffix(name, SUFFIX)) {
            g_autofree char *id =
                g_strdup_printf("%s%.*s", prefix, (int)(strlen(name) - strlen(SUFFIX)), name);
            if (!add_file(database, child, id, error))
                return false;
        } else {
            g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                        _("%s:1:1: not a rule; only *.xml belongs here"), child);
            return false;
        }
    }
    return true;
}

/* Whether following same-as from @condition leads back to a rule in @path. */
static bool
check_same_as(const VtRuleDatabase *database, const VtRule *rule, const VtCondition *condition,
              GPtrArray *path, GError **error)
{
    const VtRule *other;
    bool ok = true;

    if (!condition)
        return true;
    for (guint i = 0; condition->children && i < condition->children->len; i++) {
        if (!check_same_as(database, rule, condition->children->pdata[i], path, error))
            return false;
    }
    if (condition->kind != VT_CONDITION_SAME_AS)
        return true;
    other = vt_rule_database_find(database, condition->name);
    if (!other || g_ptr_array_find(path, other, NULL)) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    other ? _("%s:1:1: <same-as rule='%s'> goes round in a circle")
                          : _("%s:1:1: <same-as rule='%s'>: there is no such rule"),
                    rule->file, condition->name);
        return false;
    }
    g_ptr_array_add(path, (gpointer)other);
    ok = check_same_as(database, rule, other->when, path, error);
    g_ptr_array_remove_index(path, path->len - 1);
    return ok;
}

static bool
check_references(const VtRuleDatabase *database, const VtRule *rule, GError **error)
{
    g_autoptr(GPtrArray) path = g_ptr_array_new();

    for (guint i = 0; i < rule->needs->len; i++) {
        if (!vt_rule_database_find(database, rule->needs->pdata[i])) {
            g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                        _("%s:1:1: <needs rule='%s'>: there is no such rule"), rule->file,
                        (char *)rule->needs->pdata[i]);
            return false;
        }
    }
    g_ptr_array_add(path, (gpointer)rule);
    if (!check_same_as(database, rule, rule->when, path, error) ||
        !check_same_as(database, rule, rule->satisfied, path, error))
        return false;
    for (guint i = 0; i < rule->findings->len; i++) {
        const VtRuleFinding *finding = rule->findings->pdata[i];
        if (!check_same_as(database, rule, finding->when, path, error))
            return false;
    }
    return true;
}

static gint
compare_ids(gconstpointer a, gconstpointer b)
{
    return strcmp((*(VtRule *const *)a)->id, (*(VtRule *const *)b)->id);
}

VtRuleDatabase *
vt_rule_database_load(const char *const *directories, GError **error)
{
    g_autoptr(VtRuleDatabase) database = g_new0(VtRuleDatabase, 1);
    GHashTableIter iter;
    gpointer rule;

    database->rules = g_ptr_array_new();
    database->by_id = g_hash_table_new(g_str_hash, g_str_equal);
    database->masked = g_hash_table_new(g_str_hash, g_str_equal);
    database->owned = g_ptr_array_new_with_free_func((GDestroyNotify)vt_rule_free);
    for (; *directories; directories++) {
        if (!add_directory(database, *directories, "", 0, error))
            return NULL;
    }
    g_hash_table_iter_init(&iter, database->by_id);
    while (g_hash_table_iter_next(&iter, NULL, &rule)) {
        if (!check_references(database, rule, error))
            return NULL;
        if (!vt_rule_database_is_masked(database, rule))
            g_ptr_array_add(database->rules, rule);
    }
    g_ptr_array_sort(database->rules, compare_ids);
    return g_steal_pointer(&database);
}
