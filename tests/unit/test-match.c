/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#include "rules/match.h"

/* Three facts for the three truths: yes, no, unknown. */
#define YES "<fact name='domain.pinned' is='yes'/>"
#define NO "<fact name='domain.pinned' is='no'/>"
#define UNKNOWN "<fact name='host.apicv' is='yes'/>"

static const char *const atoms[] = {[VT_NO] = NO, [VT_UNKNOWN] = UNKNOWN, [VT_YES] = YES};

static VtFacts *
facts_new(void)
{
    VtFacts *facts = vt_facts_new(NULL);

    vt_facts_set_bool(facts, "domain.pinned", true, "test");
    vt_facts_set_unknown(facts, "host.apicv", "nobody knows");
    vt_facts_set_int(facts, "domain.vcpus", 8, "test");
    vt_facts_set_string(facts, "guest.family", "windows", "test");
    vt_facts_add_to_set(facts, "domcaps.hyperv", "relaxed", "test");
    vt_facts_add_to_set(facts, "domcaps.hyperv", "vapic", "test");
    return facts;
}

typedef struct {
    VtTruth truth;
    char *unknown; /* names with spaces between */
    char *why;
} Answer;

static void
answer_clear(Answer *answer)
{
    g_free(answer->unknown);
    g_free(answer->why);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_clear)

static Answer
ask_of(const char *condition, const char *domain, const char *more_rules)
{
    g_autoptr(Folder) folder = folder_new();
    g_autofree char *body =
        g_strdup_printf("<when>%s</when><set place='a/@b' value='c'/>", condition);
    g_autoptr(VtRuleDatabase) database = NULL;
    g_autoptr(VtDocument) document = parse(domain);
    g_autoptr(VtFacts) facts = facts_new();
    g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);
    const VtCondition *culprit = NULL;
    Answer answer = {0};

    put_rule(folder, "a/rule", GUEST, body);
    if (more_rules)
        put_rule(folder, "a/other", GUEST, more_rules);
    database = load(folder);
    answer.truth = vt_match(vt_rule_database_find(database, "a/rule")->when, document, facts,
                            database, unknown, &culprit);
    answer.why = culprit ? vt_match_why(culprit, document, facts) : NULL;
    g_ptr_array_add(unknown, NULL);
    answer.unknown = g_strjoinv(" ", (char **)unknown->pdata);
    return answer;
}

static Answer
ask(const char *condition)
{
    return ask_of(condition, "<domain><cpu mode='custom'/><vcpu>8</vcpu></domain>", NULL);
}

static void
assert_truth(const char *condition, VtTruth expected)
{
    g_auto(Answer) answer = ask(condition);

    if (answer.truth != expected)
        fail_msg("%s is %d, not %d", condition, answer.truth, expected);
    assert_int_equal(*answer.unknown != '\0', expected == VT_UNKNOWN);
    if (expected != VT_NO)
        assert_null(answer.why);
}

static void
test_all_is_the_least_and_any_the_most(void **state G_GNUC_UNUSED)
{
    for (VtTruth a = VT_NO; a <= VT_YES; a++) {
        assert_truth(atoms[a], a);
        for (VtTruth b = VT_NO; b <= VT_YES; b++) {
            g_autofree char *both = g_strdup_printf("<all>%s%s</all>", atoms[a], atoms[b]);
            g_autofree char *either = g_strdup_printf("<any>%s%s</any>", atoms[a], atoms[b]);
            g_autofree char *not_both = g_strdup_printf("<not>%s%s</not>", atoms[a], atoms[b]);

            assert_truth(both, MIN(a, b));
            assert_truth(either, MAX(a, b));
            assert_truth(not_both, (VtTruth)(VT_YES - MIN(a, b)));
        }
    }
}

static void
test_not_twice_is_the_same(void **state G_GNUC_UNUSED)
{
    for (VtTruth a = VT_NO; a <= VT_YES; a++) {
        g_autofree char *twice = g_strdup_printf("<not><not>%s</not></not>", atoms[a]);
        assert_truth(twice, a);
    }
}

/* Were each asked twice, this would not end. */
static void
test_each_not_is_asked_once(void **state G_GNUC_UNUSED)
{
    g_autoptr(GString) condition = g_string_new(YES);

    for (unsigned i = 0; i < 60; i++) {
        g_string_prepend(condition, "<not>");
        g_string_append(condition, "</not>");
    }
    assert_truth(condition->str, VT_YES);
}

static void
test_facts_are_compared_by_their_type(void **state G_GNUC_UNUSED)
{
    assert_truth("<fact name='domain.vcpus' is='8'/>", VT_YES);
    assert_truth("<fact name='domain.vcpus' in='2 4 8'/>", VT_YES);
    assert_truth("<fact name='domain.vcpus' in='2 4 80'/>", VT_NO);
    assert_truth("<fact name='domain.vcpus' at-least='8'/>", VT_YES);
    assert_truth("<fact name='domain.vcpus' at-least='9'/>", VT_NO);
    assert_truth("<fact name='domain.vcpus' at-most='8'/>", VT_YES);
    assert_truth("<fact name='domain.vcpus' at-most='-1'/>", VT_NO);
    assert_truth("<fact name='guest.family' is='windows'/>", VT_YES);
    assert_truth("<fact name='guest.family' is='Windows'/>", VT_NO);
    assert_truth("<fact name='guest.family' in='linux windows'/>", VT_YES);
    assert_truth("<fact name='guest.family' in='linux windowsnt'/>", VT_NO);
    assert_truth("<fact name='domcaps.hyperv' has='vapic'/>", VT_YES);
    assert_truth("<fact name='domcaps.hyperv' has='va'/>", VT_NO);
    assert_truth("<fact name='host.nested' is='no'/>", VT_UNKNOWN); /* nobody spoke of it */
}

static void
test_places_are_never_unknown(void **state G_GNUC_UNUSED)
{
    assert_truth("<value place='cpu/@mode' is='custom'/>", VT_YES);
    assert_truth("<value place='cpu/@mode' in='maximum custom'/>", VT_YES);
    assert_truth("<value place='cpu/@check' is='none'/>", VT_NO);
    assert_truth("<value place='vcpu/text()' at-least='8'/>", VT_YES);
    assert_truth("<value place='vcpu/text()' at-most='7'/>", VT_NO);
    assert_truth("<value place='cpu/@mode' at-least='0'/>", VT_NO); /* not a number */
    assert_truth("<present place='cpu'/>", VT_YES);
    assert_truth("<present place='cpu/model'/>", VT_NO);
    assert_truth("<absent place='cpu/model'/>", VT_YES);
    assert_truth("<absent place='cpu/@mode'/>", VT_NO);
    assert_truth("<xpath test='count(*) = 2'/>", VT_YES);
    assert_truth("<xpath test='cpu/model'/>", VT_NO);
    assert_truth("<xpath test='/domain/cpu'/>", VT_YES);
}

static void
test_a_place_with_an_unknown_fact_in_it_is_unknown(void **state G_GNUC_UNUSED)
{
    g_auto(Answer) answer = ask("<present place=\"cpu[@mode='{guest.os_id}']\"/>");

    assert_int_equal(answer.truth, VT_UNKNOWN);
    assert_string_equal(answer.unknown, "guest.os_id");
    assert_truth("<present place=\"cpu[@mode='{guest.family}']\"/>", VT_NO);
}

static void
test_only_facts_that_decide_are_named(void **state G_GNUC_UNUSED)
{
    g_auto(Answer) decided = ask("<any>" UNKNOWN YES "</any><fact name='qemu.version' is='1'/>");
    g_auto(Answer) both = ask(UNKNOWN "<fact name='qemu.version' is='1'/>" UNKNOWN);
    g_auto(Answer) no = ask(UNKNOWN NO);

    assert_string_equal(decided.unknown, "qemu.version");
    assert_string_equal(both.unknown, "host.apicv qemu.version");
    assert_string_equal(no.unknown, "");
}

static void
test_no_says_why(void **state G_GNUC_UNUSED)
{
    g_auto(Answer) fact = ask(YES NO);
    g_auto(Answer) place = ask("<value place='cpu/@mode' is='maximum'/>");
    g_auto(Answer) absent = ask("<present place='cpu/model'/>");
    g_auto(Answer) excluded = ask("<not>" YES "</not>");

    assert_string_equal(fact.why, "domain.pinned is 'yes' (test)");
    assert_string_equal(place.why, "cpu/@mode is 'custom'");
    assert_string_equal(absent.why, "cpu/model is not there");
    assert_non_null(excluded.why);
}

static void
test_same_as_is_the_other_rules_conditions(void **state G_GNUC_UNUSED)
{
    static const char *const sets = "<set place='a/@b' value='c'/>";

    for (VtTruth a = VT_NO; a <= VT_YES; a++) {
        g_autofree char *other = g_strdup_printf("<when>%s</when>%s", atoms[a], sets);
        g_auto(Answer) answer = ask_of("<same-as rule='a/other'/>", "<domain/>", other);
        assert_int_equal(answer.truth, a);
    }
    g_auto(Answer) always = ask_of("<same-as rule='a/other'/>", "<domain/>", sets);
    assert_int_equal(always.truth, VT_YES);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("all is the least and any the most", test_all_is_the_least_and_any_the_most),
        TEST("not twice is the same", test_not_twice_is_the_same),
        TEST("each not is asked once", test_each_not_is_asked_once),
        TEST("facts are compared by their type", test_facts_are_compared_by_their_type),
        TEST("places are never unknown", test_places_are_never_unknown),
        TEST("a place with an unknown fact in it is unknown",
             test_a_place_with_an_unknown_fact_in_it_is_unknown),
        TEST("only facts that decide are named", test_only_facts_that_decide_are_named),
        TEST("no says why", test_no_says_why),
        TEST("same-as is the other rule's conditions", test_same_as_is_the_other_rules_conditions),
    };

    return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
