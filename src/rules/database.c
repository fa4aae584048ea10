/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/database.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/i18n.h"

/* Ids are at most topic/name; a rule in a deeper folder could be named by nobody. */
#define MAX_DEPTH 1
#define SUFFIX ".xml"
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

/* ---- staleness ---- */

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In order, so that the first fault is the same on every file system. Hidden files are left alone,
 * editors make them. */
static GPtrArray *
read_names(const char *path, GError **error)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, error);
    GPtrArray *names;
    const char *name;

    if (!directory)
        return NULL;
    names = g_ptr_array_new_with_free_func(g_free);
    while ((name = g_dir_read_name(directory))) {
        if (name[0] != '.')
            g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

/* FNV-1a, numbers as a whole: nobody but who may write rules anyway could look for two stamps that
 * are equal. */
static guint64
mix(guint64 stamp, guint64 number)
{
    return (stamp ^ number) * G_GUINT64_CONSTANT(1099511628211);
}

static guint64
mix_path(guint64 stamp, const char *path)
{
    for (; *path; path++)
        stamp = mix(stamp, (guint8)*path);
    return mix(stamp, 0);
}

static guint64
mix_time(guint64 stamp, const struct timespec *time)
{
    return mix(mix(stamp, (guint64)time->tv_sec), (guint64)time->tv_nsec);
}

static void
stamp_path(guint64 *stamp, const char *path, int depth)
{
    g_autoptr(GPtrArray) names = NULL;
    struct stat status;

    if (stat(path, &status) != 0)
        return;
    *stamp = mix_path(*stamp, path);
    *stamp = mix(*stamp, (guint64)status.st_size);
    *stamp = mix_time(*stamp, &status.st_mtim);
    *stamp = mix_time(*stamp, &status.st_ctim);
    *stamp = mix(*stamp, status.st_ino);
    if (!S_ISDIR(status.st_mode) || depth > MAX_DEPTH)
        return;
    names = read_names(path, NULL);
    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *child = g_build_filename(path, names->pdata[i], NULL);
        stamp_path(stamp, child, depth + 1);
    }
}

char *
vt_rule_database_stamp(const char *const *directories)
{
    guint64 stamp = G_GUINT64_CONSTANT(14695981039346656037);

    for (; *directories; directories++)
        stamp_path(&stamp, *directories, 0);
    return g_strdup_printf("%016" G_GINT64_MODIFIER "x", stamp);
}

/* ---- loading ---- */

static void
add_fault(GPtrArray *faults, const char *path, const char *what)
{
    g_ptr_array_add(faults, g_error_new(VT_ERROR, VT_ERROR_INPUT, "%s:1:1: %s", path, what));
}

static void
add_file(VtRuleDatabase *database, const char *path, const char *id, GPtrArray *faults)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL;
    gsize length;
    VtRule *rule;

    if (!g_file_get_contents(path, &bytes, &length, &error)) {
        g_ptr_array_add(faults, g_steal_pointer(&error));
        return;
    }
    if (length == 0) {
        const VtRule *masked = vt_rule_database_find(database, id);
        if (masked)
            g_hash_table_add(database->masked, masked->id);
        return;
    }
    rule = vt_rule_load_all(bytes, length, path, id, faults);
    if (rule)
        vt_rule_database_add(database, rule, false);
}

static void add_directory(VtRuleDatabase *database, const char *path, const char *prefix, int depth,
                          GPtrArray *faults);

/* Anything but rules below the folder is refused: a rule called "foo.xml~" or "foo.XML" would
 * otherwise be silently out of force. */
static void
add_entry(VtRuleDatabase *database, const char *path, const char *prefix, const char *name,
          int depth, GPtrArray *faults)
{
    g_autofree char *inner = g_strconcat(prefix, name, "/", NULL);
    g_autofree char *id = g_strndup(inner, strlen(inner) - 1 - MIN(strlen(SUFFIX), strlen(name)));

    if (!g_file_test(path, G_FILE_TEST_IS_DIR) && g_str_has_suffix(name, SUFFIX))
        add_file(database, path, id, faults);
    else if (!g_file_test(path, G_FILE_TEST_IS_DIR))
        add_fault(faults, path, _("not a rule; only *.xml belongs here"));
    else if (depth < MAX_DEPTH)
        add_directory(database, path, inner, depth + 1, faults);
    else
        add_fault(faults, path, _("a folder too deep: a rule is TOPIC/NAME.xml"));
}

static void
add_directory(VtRuleDatabase *database, const char *path, const char *prefix, int depth,
              GPtrArray *faults)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) names = NULL;

    if (depth == 0 && !g_file_test(path, G_FILE_TEST_EXISTS))
        return;
    names = read_names(path, &error);
    if (error)
        g_ptr_array_add(faults, g_steal_pointer(&error));
    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *child = g_build_filename(path, names->pdata[i], NULL);
        add_entry(database, child, prefix, names->pdata[i], depth, faults);
    }
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
        add_directory(database, *directories, "", 0, faults);
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
