/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "../remove-tree.h"
#include "edges/rule-cache.h"
#include "rules/cache.h"

#define RULE(id, summary)                                                                          \
    "<rule id='" id "' level='recommend' scope='guest' effect='next-boot'><summary>" summary       \
    "</summary><reason>r</reason><source>s</source><set place='a/@b' value='c'/></rule>"

#define NOBODY 65534

static const char *const unguarded[] = {NULL};

typedef struct {
    char *folder, *rules, *run;
} Fixture;

static void
write_rule(const Fixture *fixture, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(fixture->rules, name, NULL);

    assert_true(g_file_set_contents(path, text, -1, NULL));
}

static int
set_up(void **state)
{
    Fixture *fixture = g_new0(Fixture, 1);

    fixture->folder = g_dir_make_tmp("vmtune-cache-XXXXXX", NULL);
    fixture->rules = g_build_filename(fixture->folder, "rules", NULL);
    fixture->run = g_build_filename(fixture->folder, "run", NULL);
    assert_int_equal(g_mkdir(fixture->rules, 0700), 0);
    assert_int_equal(g_mkdir(fixture->run, 0700), 0);
    write_rule(fixture, "one.xml", RULE("one", "first"));
    *state = fixture;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *fixture = *state;

    remove_tree(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->rules);
    g_free(fixture->run);
    g_free(fixture);
    return 0;
}

static char *
summary_of(const Fixture *fixture, const char *id)
{
    const char *const directories[] = {fixture->rules, NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(VtRuleDatabase) database =
        vt_rule_cache_load(directories, unguarded, fixture->run, VT_RULES_ALL, &error);
    const VtRule *rule;

    assert_non_null(database);
    rule = vt_rule_database_find(database, id);
    return rule ? g_strdup(rule->summary) : NULL;
}

static void
shipped_rules_come_out_of_the_cache_as_they_went_in(void **state G_GNUC_UNUSED)
{
    g_autofree char *rules = g_build_filename(g_getenv("VMTUNE_DATADIR"), "rules", NULL);
    const char *const directories[] = {rules, NULL};
    g_autoptr(VtRuleDatabase) loaded = vt_rule_database_load(directories, NULL);
    g_autoptr(GBytes) packed = vt_rule_cache_pack(loaded, "stamp", VT_RULES_ALL);
    g_autoptr(VtRuleDatabase) unpacked = vt_rule_cache_unpack(packed, "stamp", VT_RULES_ALL);
    g_autoptr(GBytes) again = NULL;

    assert_non_null(unpacked);
    assert_int_equal(unpacked->rules->len, loaded->rules->len);
    /* packed in the order of a hash table: equal tables, equal bytes */
    again = vt_rule_cache_pack(unpacked, "stamp", VT_RULES_ALL);
    assert_int_equal(g_bytes_get_size(again), g_bytes_get_size(packed));
}

static void
a_changed_rule_makes_the_cache_stale(void **state)
{
    g_autofree char *before = summary_of(*state, "one");
    g_autofree char *after = NULL;

    write_rule(*state, "one.xml", RULE("one", "other"));
    after = summary_of(*state, "one");
    assert_string_equal(before, "first");
    assert_string_equal(after, "other");
}

static void
an_added_and_a_removed_rule_make_the_cache_stale(void **state)
{
    const Fixture *fixture = *state;
    g_autofree char *path = g_build_filename(fixture->rules, "two.xml", NULL);
    g_autofree char *first = summary_of(fixture, "one");
    g_autofree char *added = NULL;

    write_rule(fixture, "two.xml", RULE("two", "second"));
    assert_string_equal(first, "first");
    added = summary_of(fixture, "two");
    assert_string_equal(added, "second");
    assert_int_equal(g_unlink(path), 0);
    assert_null(summary_of(fixture, "two"));
}

/* An error, one that only advises, and what the error borrows from. */
static void
refusing_a_start_takes_the_rules_of_errors_alone(void **state)
{
    const Fixture *fixture = *state;
    const char *const directories[] = {fixture->rules, NULL};

    write_rule(fixture, "wrong.xml",
               "<rule id='wrong' level='advice' scope='guest' effect='by-hand'><summary>s</summary>"
               "<reason>r</reason><source>s</source><finding level='error'><when>"
               "<not><same-as rule='lent'/></not></when><message>m</message></finding></rule>");
    write_rule(fixture, "lent.xml", RULE("lent", "borrowed"));
    for (int round = 0; round < 2; round++) {
        g_autoptr(VtRuleDatabase) few =
            vt_rule_cache_load(directories, unguarded, fixture->run, VT_RULES_OF_ERRORS, NULL);
        g_autoptr(VtRuleDatabase) all =
            vt_rule_cache_load(directories, unguarded, fixture->run, VT_RULES_ALL, NULL);

        assert_non_null(vt_rule_database_find(few, "wrong"));
        assert_non_null(vt_rule_database_find(few, "lent"));
        assert_int_equal(few->rules->len, round == 0 ? 3 : 2); /* the second time from the cache */
        assert_int_equal(all->rules->len, 3);
    }
}

static void
a_masked_rule_stays_masked_in_the_cache(void **state)
{
    const Fixture *fixture = *state;
    g_autofree char *own = g_build_filename(fixture->folder, "own", NULL);
    g_autofree char *mask = g_build_filename(own, "one.xml", NULL);
    const char *const directories[] = {fixture->rules, own, NULL};

    assert_int_equal(g_mkdir(own, 0700), 0);
    assert_true(g_file_set_contents(mask, "", 0, NULL));
    for (int round = 0; round < 2; round++) {
        g_autoptr(VtRuleDatabase) database =
            vt_rule_cache_load(directories, unguarded, fixture->run, VT_RULES_ALL, NULL);
        const VtRule *rule = vt_rule_database_find(database, "one");
        assert_int_equal(database->rules->len, 0);
        assert_true(vt_rule_database_is_masked(database, rule));
    }
}

static void
a_damaged_cache_is_as_good_as_none(void **state)
{
    const Fixture *fixture = *state;
    g_autofree char *cache = g_build_filename(fixture->run, "rules.cache", NULL);
    g_autofree char *bytes = NULL;
    g_autofree char *first = summary_of(fixture, "one");
    gsize length;

    assert_string_equal(first, "first");
    assert_true(g_file_get_contents(cache, &bytes, &length, NULL));
    for (gsize cut = 0; cut < length; cut += 7) {
        g_autofree char *summary = NULL;
        assert_true(g_file_set_contents_full(cache, bytes, (gssize)cut, G_FILE_SET_CONTENTS_NONE,
                                             0600, NULL));
        summary = summary_of(fixture, "one");
        assert_string_equal(summary, "first");
    }
}

static void
a_cache_that_others_can_write_is_not_read(void **state)
{
    const Fixture *fixture = *state;
    g_autofree char *cache = g_build_filename(fixture->run, "rules.cache", NULL);
    g_autofree char *first = summary_of(fixture, "one");
    g_autofree char *second = NULL;

    assert_string_equal(first, "first");
    assert_int_equal(g_chmod(cache, 0666), 0);
    second = summary_of(fixture, "one");
    assert_string_equal(second, "first");
}

static void
rules_load_where_no_cache_can_be_kept(void **state)
{
    const Fixture *fixture = *state;
    const char *const directories[] = {fixture->rules, NULL};
    g_autoptr(VtRuleDatabase) database =
        vt_rule_cache_load(directories, unguarded, "/proc/nowhere/run", VT_RULES_ALL, NULL);

    assert_non_null(database);
}

static void
no_folder_is_made_for_the_cache(void **state)
{
    const Fixture *fixture = *state;
    g_autofree char *summary = NULL;

    assert_int_equal(g_rmdir(fixture->run), 0);
    summary = summary_of(fixture, "one");
    assert_string_equal(summary, "first");
    assert_false(g_file_test(fixture->run, G_FILE_TEST_EXISTS));
}

static void
assert_unloaded(const Fixture *fixture, const char *part)
{
    const char *const directories[] = {fixture->rules, NULL};
    g_autoptr(GError) error = NULL;

    assert_null(vt_rule_cache_load(directories, directories, fixture->run, VT_RULES_ALL, &error));
    assert_non_null(strstr(error->message, part));
    assert_non_null(strstr(error->message, fixture->rules));
}

/* Also where there is a cache of them already: a change of mode or owner makes it stale. */
static void
assert_guarded(const Fixture *fixture, const char *path, mode_t mode)
{
    g_autofree char *summary = NULL;

    assert_int_equal(chmod(path, mode), 0);
    summary = summary_of(fixture, "one");
    assert_non_null(summary);
    assert_int_equal(chmod(path, mode | 0002), 0);
    assert_unloaded(fixture, "writable by group or others");
    assert_int_equal(chmod(path, mode | 0020), 0);
    assert_unloaded(fixture, "writable by group or others");
    assert_int_equal(chmod(path, mode), 0);
    if (geteuid() != 0)
        return;
    assert_int_equal(chown(path, NOBODY, NOBODY), 0);
    assert_unloaded(fixture, "belongs to the user '65534'");
    assert_int_equal(chown(path, 0, 0), 0);
}

static void
rules_that_others_can_write_are_refused(void **state)
{
    const Fixture *fixture = *state;
    const char *const directories[] = {fixture->rules, NULL};
    g_autofree char *topic = g_build_filename(fixture->rules, "topic", NULL);
    g_autofree char *rule = g_build_filename(topic, "two.xml", NULL);
    g_autofree char *mask = g_build_filename(topic, "three.xml", NULL);
    g_autoptr(VtRuleDatabase) database = NULL;

    assert_int_equal(g_mkdir(topic, 0755), 0);
    write_rule(fixture, "topic/two.xml", RULE("topic/two", "second"));
    assert_int_equal(symlink("/dev/null", mask), 0); /* masks a rule, and is for everybody */
    assert_guarded(fixture, fixture->rules, 0755);
    assert_guarded(fixture, topic, 0755);
    assert_guarded(fixture, rule, 0644);
    database = vt_rule_cache_load(directories, directories, fixture->run, VT_RULES_ALL, NULL);
    assert_non_null(database);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipped_rules_come_out_of_the_cache_as_they_went_in),
        cmocka_unit_test_setup_teardown(a_changed_rule_makes_the_cache_stale, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_added_and_a_removed_rule_make_the_cache_stale, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(refusing_a_start_takes_the_rules_of_errors_alone, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_masked_rule_stays_masked_in_the_cache, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_cache_is_as_good_as_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cache_that_others_can_write_is_not_read, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(rules_load_where_no_cache_can_be_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_folder_is_made_for_the_cache, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rules_that_others_can_write_are_refused, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
