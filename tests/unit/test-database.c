/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#include <unistd.h>

#define SET "<set place='a/@b' value='c'/>"
#define OTHER_SET "<set place='a/@b' value='d'/>"

static VtRuleDatabase *
load_two(const Folder *first, const Folder *second, GError **error)
{
    const char *const directories[] = {first->path, second->path, NULL};

    return vt_rule_database_load(directories, error);
}

/* All that rules say, by id, without where they lie. */
static char *
dump(const VtRuleDatabase *database)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < database->rules->len; i++) {
        const VtRule *rule = database->rules->pdata[i];
        g_string_append_printf(out, "%s %d %d %d %d %s\n%s\n%s\n%s\n", rule->id, rule->level,
                               rule->scope, rule->effect, rule->respect_explicit,
                               rule->each ? rule->each : "", rule->summary, rule->reason,
                               rule->cost ? rule->cost : "");
        for (guint s = 0; s < rule->sets->len; s++) {
            const VtSet *set = rule->sets->pdata[s];
            g_string_append_printf(out, "  %s = %s\n", set->place, set->value);
        }
        for (guint n = 0; n < rule->needs->len; n++)
            g_string_append_printf(out, "  needs %s\n", (char *)rule->needs->pdata[n]);
        g_string_append_printf(out, "  %u findings\n", rule->findings->len);
    }
    return g_string_free(out, FALSE);
}

static const char *
value_of(const VtRuleDatabase *database, const char *id)
{
    const VtRule *rule = vt_rule_database_find(database, id);

    return rule ? ((const VtSet *)rule->sets->pdata[0])->value : NULL;
}

static void
test_a_later_folder_adds_replaces_and_masks(void **state G_GNUC_UNUSED)
{
    g_autoptr(Folder) shipped = folder_new();
    g_autoptr(Folder) own = folder_new();
    g_autoptr(VtRuleDatabase) database = NULL;

    put_rule(shipped, "a/kept", GUEST, SET);
    put_rule(shipped, "a/replaced", GUEST, SET);
    put_rule(shipped, "a/masked", GUEST, SET);
    put_rule(own, "a/replaced", GUEST, OTHER_SET);
    put_rule(own, "b/added", GUEST, SET);
    put_file(own, "a/masked.xml", "");
    database = load_two(shipped, own, NULL);
    assert_non_null(database);
    assert_int_equal(database->rules->len, 3);
    assert_string_equal(value_of(database, "a/kept"), "c");
    assert_string_equal(value_of(database, "a/replaced"), "d");
    assert_string_equal(value_of(database, "b/added"), "c");
    assert_true(vt_rule_database_is_masked(database, vt_rule_database_find(database, "a/masked")));
}

static void
test_a_link_to_nothing_masks(void **state G_GNUC_UNUSED)
{
    g_autoptr(Folder) shipped = folder_new();
    g_autoptr(Folder) own = folder_new();
    g_autoptr(VtRuleDatabase) database = NULL;
    g_autofree char *link = g_build_filename(own->path, "a", "rule.xml", NULL);

    put_rule(shipped, "a/rule", GUEST, SET);
    put_file(own, "a/.keep", "");
    assert_int_equal(symlink("/dev/null", link), 0);
    database = load_two(shipped, own, NULL);
    assert_non_null(database);
    assert_int_equal(database->rules->len, 0);
}

static void
test_a_mask_of_nothing_is_no_fault(void **state G_GNUC_UNUSED)
{
    g_autoptr(Folder) folder = folder_new();
    g_autoptr(VtRuleDatabase) database = NULL;

    put_file(folder, "a/gone.xml", "");
    database = load(folder);
    assert_int_equal(database->rules->len, 0);
    assert_null(vt_rule_database_find(database, "a/gone"));
}

static void
test_a_third_folder_brings_a_masked_rule_back(void **state G_GNUC_UNUSED)
{
    g_autoptr(Folder) one = folder_new();
    g_autoptr(Folder) two = folder_new();
    g_autoptr(Folder) three = folder_new();
    const char *const directories[] = {one->path, two->path, three->path, NULL};
    g_autoptr(VtRuleDatabase) database = NULL;

    put_rule(one, "a/rule", GUEST, SET);
    put_file(two, "a/rule.xml", "");
    put_rule(three, "a/rule", GUEST, OTHER_SET);
    database = vt_rule_database_load(directories, NULL);
    assert_non_null(database);
    assert_int_equal(database->rules->len, 1);
    assert_string_equal(value_of(database, "a/rule"), "d");
}

static void
test_masked_rules_lend_their_conditions(void **state G_GNUC_UNUSED)
{
    g_autoptr(Folder) shipped = folder_new();
    g_autoptr(Folder) own = folder_new();
    g_autoptr(VtRuleDatabase) database = NULL;
    g_autoptr(GError) error = NULL;

    put_rule(shipped, "a/base", GUEST, SET);
    put_rule(shipped, "a/user", GUEST,
             "<when><same-as rule='a/base'/></when>" SET "<needs rule='a/base'/>");
    put_file(own, "a/base.xml", "");
    database = load_two(shipped, own, &error);
    assert_no_error(error);
    assert_int_equal(database->rules->len, 1);
}

static void
test_a_folder_that_is_not_there_is_empty(void **state G_GNUC_UNUSED)
{
    const char *const directories[] = {"/nonexistent/rules", NULL};
    g_autoptr(VtRuleDatabase) database = vt_rule_database_load(directories, NULL);

    assert_non_null(database);
    assert_int_equal(database->rules->len, 0);
}

static void
test_hidden_files_are_left_alone(void **state G_GNUC_UNUSED)
{
    g_autoptr(Folder) folder = folder_new();
    g_autoptr(VtRuleDatabase) database = NULL;

    put_file(folder, ".a.xml.swp", "not a rule");
    put_file(folder, "a/.git/config", "nor this");
    put_rule(folder, "a/rule", GUEST, SET);
    database = load(folder);
    assert_int_equal(database->rules->len, 1);
}

static void
test_one_fault_refuses_the_whole(void **state G_GNUC_UNUSED)
{
    g_autoptr(Folder) shipped = folder_new();
    g_autoptr(Folder) own = folder_new();
    g_autoptr(VtRuleDatabase) database = NULL;
    g_autoptr(GError) error = NULL;

    put_rule(shipped, "a/good", GUEST, SET);
    put_file(own, "a/bad.xml", "\n");
    database = load_two(shipped, own, &error);
    assert_null(database);
    assert_error_says(error, VT_ERROR_INPUT, "a/bad.xml:1:1: the XML is empty");
}

static void
test_a_rules_findings_may_borrow_its_own_conditions(void **state G_GNUC_UNUSED)
{
    g_autoptr(Folder) folder = folder_new();
    g_autoptr(VtRuleDatabase) database = NULL;

    put_rule(folder, "a/rule", GUEST,
             "<when><present place='a'/></when>" SET
             "<satisfied><not><same-as rule='a/rule'/></not></satisfied>"
             "<finding level='advice'><when><same-as rule='a/rule'/></when>"
             "<message>m</message></finding>");
    database = load(folder);
    assert_int_equal(database->rules->len, 1);
}

static void
copy_rules(const char *from, const Folder *one, const Folder *two, guint bits)
{
    g_autoptr(GDir) topics = g_dir_open(from, 0, NULL);

    assert_non_null(topics);
    for (const char *topic; (topic = g_dir_read_name(topics));) {
        g_autofree char *folder = g_build_filename(from, topic, NULL);
        g_autoptr(GDir) names = g_dir_open(folder, 0, NULL);

        for (const char *name; names && (name = g_dir_read_name(names));) {
            g_autofree char *relative = g_build_filename(topic, name, NULL);
            g_autofree char *path = g_build_filename(folder, name, NULL);
            g_autofree char *text = NULL;

            assert_true(g_file_get_contents(path, &text, NULL, NULL));
            put_file(g_str_hash(relative) >> bits & 1 ? one : two, relative, text);
        }
    }
}

static void
test_the_shipped_rules_are_the_same_however_split(void **state G_GNUC_UNUSED)
{
    g_autofree char *rules = g_build_filename(g_getenv("VMTUNE_DATADIR"), "rules", NULL);
    const char *const whole[] = {rules, NULL};
    g_autoptr(VtRuleDatabase) database = vt_rule_database_load(whole, NULL);
    g_autofree char *expected = dump(database);

    assert_true(database->rules->len > 20);
    for (guint bits = 0; bits < 7; bits++) {
        g_autoptr(Folder) one = folder_new();
        g_autoptr(Folder) two = folder_new();
        g_autoptr(VtRuleDatabase) split = NULL;
        g_autoptr(GError) error = NULL;
        g_autofree char *found = NULL;

        copy_rules(rules, one, two, bits);
        split = load_two(one, two, &error);
        assert_no_error(error);
        found = dump(split);
        assert_string_equal(found, expected);
    }
}

/* Each borrows twice from the next: 2^40 conditions for the first. */
static void
test_a_rule_that_borrows_without_end_is_refused(void **state G_GNUC_UNUSED)
{
    g_autoptr(Folder) own = folder_new();
    g_autoptr(Folder) none = folder_new();
    g_autoptr(VtRuleDatabase) database = NULL;
    g_autoptr(GError) error = NULL;

    for (unsigned i = 0; i < 40; i++) {
        g_autofree char *id = g_strdup_printf("a/rule-%u", i);
        g_autofree char *body = g_strdup_printf(
            "<when><same-as rule='a/rule-%u'/><same-as rule='a/rule-%u'/></when>" SET, i + 1,
            i + 1);
        put_rule(own, id, GUEST, body);
    }
    put_rule(own, "a/rule-40", GUEST, SET);
    database = load_two(own, none, &error);
    assert_null(database);
    assert_error_says(error, VT_ERROR_INPUT, "too many conditions");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("a later folder adds, replaces and masks",
             test_a_later_folder_adds_replaces_and_masks),
        TEST("a rule that borrows without end is refused",
             test_a_rule_that_borrows_without_end_is_refused),
        TEST("a link to nothing masks", test_a_link_to_nothing_masks),
        TEST("a mask of nothing is no fault", test_a_mask_of_nothing_is_no_fault),
        TEST("a third folder brings a masked rule back",
             test_a_third_folder_brings_a_masked_rule_back),
        TEST("masked rules lend their conditions", test_masked_rules_lend_their_conditions),
        TEST("a folder that is not there is empty", test_a_folder_that_is_not_there_is_empty),
        TEST("hidden files are left alone", test_hidden_files_are_left_alone),
        TEST("one fault refuses the whole", test_one_fault_refuses_the_whole),
        TEST("a rule's findings may borrow its own conditions",
             test_a_rules_findings_may_borrow_its_own_conditions),
        TEST("the shipped rules are the same however split",
             test_the_shipped_rules_are_the_same_however_split),
    };

    return cmocka_run_group_tests_name("database", tests, NULL, NULL);
}
