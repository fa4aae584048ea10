/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#include "report/host.h"

#define ABOUT_HOST "level='advice' scope='host' effect='by-hand' subject='host'"
#define SAYS(fact, message)                                                                        \
    "<finding level='advice'><when>" fact "</when><message>" message "</message></finding>"

typedef struct {
    Folder *rules;
    VtRuleDatabase *database;
    VtDocument *document;
    VtFacts *facts;
} Stage;

static Stage *
stage_new(void)
{
    Stage *stage = g_new0(Stage, 1);

    stage->rules = folder_new();
    put_rule(stage->rules, "host/small", ABOUT_HOST,
             SAYS("<fact name='host.cpus' at-most='4'/>", "{host.cpus} CPUs are few."));
    put_rule(stage->rules, "vcpu/many", "level='advice' scope='guest' effect='by-hand'",
             SAYS("<fact name='host.cpus' at-most='4'/>", "So are its vCPUs."));
    put_rule(stage->rules, "host/dark", ABOUT_HOST,
             SAYS("<fact name='host.nodes' is='1'/>", "Never said."));
    stage->database = load(stage->rules);
    stage->document = parse("<domain><name>n</name></domain>");
    stage->facts = vt_facts_new(NULL);
    vt_facts_set_int(stage->facts, "host.cpus", 2, "test");
    return stage;
}

static void
stage_free(Stage *stage)
{
    vt_document_free(stage->document);
    vt_facts_free(stage->facts);
    vt_rule_database_free(stage->database);
    folder_free(stage->rules);
    g_free(stage);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stage, stage_free)

static VtPlan *
plan_of(const Stage *stage)
{
    g_autoptr(GError) error = NULL;
    VtPlan *plan = vt_plan_new(stage->document, stage->facts, stage->database, NULL, NULL, &error);

    assert_no_error(error);
    return plan;
}

static void
test_what_is_about_the_host_is_not_in_the_domains_own_findings(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new();
    g_autoptr(VtPlan) plan = plan_of(stage);

    assert_int_equal(plan->findings->len, 1);
    assert_string_equal(((const VtFinding *)plan->findings->pdata[0])->rule, "vcpu/many");
    assert_int_equal(plan->host_findings->len, 1);
    assert_int_equal(plan->not_considered->len, 0);
    assert_int_equal(plan->host_not_considered->len, 1);
}

static void
test_two_hundred_guests_give_one_piece_of_advice(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new();
    g_autoptr(VtPlan) plan = plan_of(stage);
    g_autoptr(VtHostReport) report = vt_host_report_new();
    g_autofree char *text = NULL;

    for (guint i = 0; i < 200; i++) {
        g_autofree char *name = g_strdup_printf("guest%u", i);
        vt_host_report_add(report, name, plan);
    }
    text = vt_host_report_text(report);
    assert_string_equal(text, "the host:\n"
                              "  advice: host/small\n"
                              "      2 CPUs are few.\n"
                              "      (for guest0, guest1, guest2, guest3 and 196 more)\n");
}

static void
test_a_sound_host_is_not_mentioned(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new();
    g_autoptr(VtHostReport) report = vt_host_report_new();
    g_autoptr(VtPlan) plan = NULL;
    g_autofree char *text = NULL;

    vt_facts_set_int(stage->facts, "host.cpus", 64, "test");
    plan = plan_of(stage);
    vt_host_report_add(report, "guest", plan);
    text = vt_host_report_text(report);
    assert_string_equal(text, "");
}

static void
test_no_start_is_refused_for_what_is_wrong_with_the_host(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new();
    g_autoptr(GPtrArray) found =
        vt_plan_find(stage->document, stage->facts, stage->database, NULL, VT_LEVEL_ADVICE);

    assert_int_equal(found->len, 1);
    assert_string_equal(((const VtFinding *)found->pdata[0])->rule, "vcpu/many");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("what is about the host is not in the domain's own findings",
             test_what_is_about_the_host_is_not_in_the_domains_own_findings),
        TEST("two hundred guests give one piece of advice",
             test_two_hundred_guests_give_one_piece_of_advice),
        TEST("a sound host is not mentioned", test_a_sound_host_is_not_mentioned),
        TEST("no start is refused for what is wrong with the host",
             test_no_start_is_refused_for_what_is_wrong_with_the_host),
    };

    return cmocka_run_group_tests_name("host-report", tests, NULL, NULL);
}
