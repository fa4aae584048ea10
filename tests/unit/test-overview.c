/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#include "report/overview.h"

/* Two rules: every guest gets cpu/@check, and one without it is in error. */
typedef struct {
    Folder *rules;
    VtRuleDatabase *database;
    VtOverview *overview;
} Stage;

static Stage *
stage_new(void)
{
    Stage *stage = g_new0(Stage, 1);

    stage->rules = folder_new();
    put_rule(stage->rules, "a/check", GUEST, "<set place='cpu/@check' value='full'/>");
    put_rule(stage->rules, "b/title", "level='advice' scope='guest' effect='by-hand'",
             "<finding level='error' place='title'><when><not><present place='title'/></not></when>"
             "<message>It has no title.</message></finding>");
    stage->database = load(stage->rules);
    stage->overview = vt_overview_new();
    return stage;
}

static void
stage_free(Stage *stage)
{
    vt_overview_free(stage->overview);
    vt_rule_database_free(stage->database);
    folder_free(stage->rules);
    g_free(stage);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stage, stage_free)

/* @os: (nullable) */
static void
add(Stage *stage, const char *name, const char *os, const char *family, const char *xml)
{
    g_autoptr(VtDocument) document = parse(xml);
    g_autoptr(VtFacts) facts = vt_facts_new(NULL);
    g_autoptr(VtPlan) plan = NULL;
    g_autoptr(GError) error = NULL;

    if (os)
        vt_facts_set_string(facts, "guest.os_id", os, "test");
    if (family)
        vt_facts_set_string(facts, "guest.family", family, "test");
    plan = vt_plan_new(document, facts, stage->database, NULL, NULL, &error);
    assert_no_error(error);
    vt_overview_add(stage->overview, name, &(VtTuneResult){.facts = facts, .plan = plan});
}

static void
add_good(Stage *stage, const char *name)
{
    add(stage, name, "http://debian.org/debian/12", "linux",
        "<domain><title>t</title><cpu check='full'/></domain>");
}

static bool
says(Stage *stage, guint rows, const char *text)
{
    g_autofree char *all = vt_report_overview(stage->overview, rows);

    return strstr(all, text) != NULL;
}

static void
test_guests_are_counted_by_family(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new();

    add(stage, "w", "http://microsoft.com/win/10", "windows", "<domain/>");
    add(stage, "b", "http://freebsd.org/freebsd/14.0", "freebsd", "<domain/>");
    add(stage, "u", NULL, NULL, "<domain/>");
    add_good(stage, "l");
    assert_true(says(stage, 9, "guests: 4 (Windows 1, Linux 1, others 1, unknown 1)"));
}

static void
test_a_guest_has_its_findings_by_level_and_its_changes(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new();

    add(stage, "w", "http://microsoft.com/win/10", "windows", "<domain/>");
    assert_true(vt_overview_found(stage->overview));
    assert_true(says(stage, 9,
                     "w                     microsoft.com/win/10         1       0     "
                     "    1      0       1\n"));
    assert_true(says(stage, 9, "shows 1 changes to 1 guests"));
}

static void
test_the_worst_guests_come_first(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new();
    g_autofree char *text = NULL;

    add_good(stage, "a-good-one");
    add(stage, "z-bad-one", NULL, NULL, "<domain/>");
    text = vt_report_overview(stage->overview, 9);
    assert_true(strstr(text, "z-bad-one") < strstr(text, "a-good-one"));
}

static void
test_one_screen_is_enough_for_two_hundred_guests(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new();
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    for (int i = 0; i < 200; i++) {
        g_autofree char *name = g_strdup_printf("guest%03d", i);
        add(stage, name, NULL, NULL, "<domain/>");
    }
    text = vt_report_overview(stage->overview, 10);
    lines = g_strsplit(text, "\n", -1);
    assert_true(g_strv_length(lines) <= 25);
    assert_non_null(strstr(text, "... and 190 more"));
}

static void
test_a_long_name_and_a_wide_one_keep_the_columns(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new();

    add(stage, "a-name-that-is-much-longer-than-its-column", "x", NULL,
        "<domain><title>t</title><cpu check='full'/></domain>");
    add(stage, "数据库", "x", NULL, "<domain><title>t</title><cpu check='full'/></domain>");
    assert_true(says(stage, 9, "\na-name-that-is-much-l x"));
    assert_true(says(stage, 9, "\n数据库                x   "));
}

static void
test_a_guest_that_does_not_say_what_it_runs_is_told_how(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new();

    add_good(stage, "l");
    assert_false(says(stage, 9, "virt-xml"));
    add(stage, "mute", NULL, NULL, "<domain/>");
    assert_true(says(stage, 9, "virt-xml mute --edit --metadata os_name="));
}

static void
test_where_all_is_well_it_says_so(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new();

    add_good(stage, "l");
    assert_false(vt_overview_found(stage->overview));
    assert_true(says(stage, 9, "There is nothing to mend."));
    assert_false(says(stage, 9, "apply --all"));
}

static void
test_without_guests_it_says_what_can_be_done(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new();

    assert_true(vt_overview_is_empty(stage->overview));
    assert_true(says(stage, 9, "'vmtune tune FILE.xml' works on files"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guests_are_counted_by_family),
        cmocka_unit_test(test_a_guest_has_its_findings_by_level_and_its_changes),
        cmocka_unit_test(test_the_worst_guests_come_first),
        cmocka_unit_test(test_one_screen_is_enough_for_two_hundred_guests),
        cmocka_unit_test(test_a_long_name_and_a_wide_one_keep_the_columns),
        cmocka_unit_test(test_a_guest_that_does_not_say_what_it_runs_is_told_how),
        cmocka_unit_test(test_where_all_is_well_it_says_so),
        cmocka_unit_test(test_without_guests_it_says_what_can_be_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
