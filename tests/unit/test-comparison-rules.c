/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a comparison says of the rules that a domain keeps, and when one is due. */
#include "comparison-fixture.h"

#define UNTUNED "<domain><name>n</name></domain>"
#define TUNED "<domain><name>n</name><cpu check='full'/></domain>"
#define TWICE_TUNED "<domain><name>n</name><cpu check='full' mode='custom'/></domain>"

/* Two rules, of which the three domains keep none, one and both. */
typedef struct {
    Folder *rules;
    VtRuleDatabase *database;
    VtFacts *facts;
    VtDocument *documents[3];
    VtPlan *none, *one, *both;
} Plans;

static VtPlan *
plan_of(Plans *plans, guint index, const char *xml)
{
    g_autoptr(GError) error = NULL;
    VtPlan *plan;

    plans->documents[index] = parse(xml);
    plan = vt_plan_new(plans->documents[index], plans->facts, plans->database, NULL, NULL, &error);
    assert_no_error(error);
    return plan;
}

static Plans *
plans_new(void)
{
    Plans *plans = g_new0(Plans, 1);

    plans->rules = folder_new();
    put_rule(plans->rules, "a/check", GUEST, "<set place='cpu/@check' value='full'/>");
    put_rule(plans->rules, "b/mode", GUEST, "<set place='cpu/@mode' value='custom'/>");
    plans->database = load(plans->rules);
    plans->facts = vt_facts_new(NULL);
    plans->none = plan_of(plans, 0, UNTUNED);
    plans->one = plan_of(plans, 1, TUNED);
    plans->both = plan_of(plans, 2, TWICE_TUNED);
    return plans;
}

static void
plans_free(Plans *plans)
{
    vt_plan_free(plans->none);
    vt_plan_free(plans->one);
    vt_plan_free(plans->both);
    for (gsize i = 0; i < G_N_ELEMENTS(plans->documents); i++)
        vt_document_free(plans->documents[i]);
    vt_rule_database_free(plans->database);
    vt_facts_free(plans->facts);
    folder_free(plans->rules);
    g_free(plans);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plans, plans_free)

static void
rules_that_the_domain_keeps_on_one_side_alone_are_named(void **state G_GNUC_UNUSED)
{
    g_autoptr(Plans) plans = plans_new();
    g_autoptr(Guest) before = guest_new(10), after = guest_new(10);
    const VtComparisonSide had = {
        .diagnosis = &before->diagnosis, .plan = plans->one, .facts = before->facts};
    const VtComparisonSide has = {
        .diagnosis = &after->diagnosis, .plan = plans->both, .facts = after->facts};
    g_autoptr(VtComparison) better = vt_compare(&had, &has), worse = vt_compare(&has, &had);

    assert_int_equal(better->now_holds->len, 1);
    assert_string_equal(better->now_holds->pdata[0], "b/mode");
    assert_int_equal(better->no_longer_holds->len, 0);
    assert_int_equal(worse->now_holds->len, 0);
    assert_string_equal(worse->no_longer_holds->pdata[0], "b/mode");
}

static void
no_rule_is_named_where_a_domain_is_not_known(void **state G_GNUC_UNUSED)
{
    g_autoptr(Plans) plans = plans_new();
    g_autoptr(Guest) before = guest_new(10), after = guest_new(10);
    const VtComparisonSide had = {.diagnosis = &before->diagnosis, .plan = NULL, .facts = NULL};
    const VtComparisonSide has = {
        .diagnosis = &after->diagnosis, .plan = plans->both, .facts = after->facts};
    g_autoptr(VtComparison) comparison = vt_compare(&had, &has);

    assert_int_equal(comparison->now_holds->len, 0);
}

static void
a_comparison_is_due_once_all_that_was_changed_runs(void **state G_GNUC_UNUSED)
{
    static const char *const rules[] = {"a/check", "b/mode", NULL};
    g_autoptr(Plans) p = plans_new();

    assert_int_equal(vt_comparison_due(rules, p->none, p->none, p->both), VT_DUE_LATER);
    assert_int_equal(vt_comparison_due(rules, p->none, p->one, p->both), VT_DUE_LATER);
    assert_int_equal(vt_comparison_due(rules, p->none, p->both, p->both), VT_DUE_NOW);
    /* one of them was taken out again */
    assert_int_equal(vt_comparison_due(rules, p->none, p->one, p->one), VT_DUE_NOW);
}

static void
no_comparison_is_due_of_what_is_not_there(void **state G_GNUC_UNUSED)
{
    static const char *const rules[] = {"a/check", NULL}, *const gone[] = {"c/gone", NULL};
    static const char *const nothing[] = {NULL};
    g_autoptr(Plans) p = plans_new();

    assert_int_equal(vt_comparison_due(rules, p->none, p->none, p->none), VT_DUE_NEVER);
    assert_int_equal(vt_comparison_due(rules, p->one, p->both, p->both), VT_DUE_NEVER);
    assert_int_equal(vt_comparison_due(gone, p->none, p->both, p->both), VT_DUE_NEVER);
    assert_int_equal(vt_comparison_due(nothing, p->none, p->both, p->both), VT_DUE_NEVER);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("rules that the domain keeps on one side alone are named",
             rules_that_the_domain_keeps_on_one_side_alone_are_named),
        TEST("no rule is named where a domain is not known",
             no_rule_is_named_where_a_domain_is_not_known),
        TEST("a comparison is due once all that was changed runs",
             a_comparison_is_due_once_all_that_was_changed_runs),
        TEST("no comparison is due of what is not there",
             no_comparison_is_due_of_what_is_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
