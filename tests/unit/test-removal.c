/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rewrite-fixture.h"

/*** the rewrite ***/

static void
test_an_element_goes_with_its_line(void **state G_GNUC_UNUSED)
{
    assert_rewritten("<d>\n  <a/>\n  <b/>\n</d>", CHANGES("b", "-"), "<d>\n  <a/>\n</d>");
    assert_rewritten("<d>\n  <a/>\n  <b/>\n</d>", CHANGES("a", "-"), "<d>\n  <b/>\n</d>");
    assert_rewritten("<d>\r\n\t<a>\r\n\t\tx</a> \t\r\n\t<b/>\r\n</d>", CHANGES("a", "-"),
                     "<d>\r\n\t<b/>\r\n</d>");
    assert_rewritten("<d>\n  <a/>\n  <b/>\n  <c/>\n</d>", CHANGES("c", "-", "a", "-", "b", "-"),
                     "<d>\n</d>");
}

static void
test_what_else_is_on_the_line_stays(void **state G_GNUC_UNUSED)
{
    assert_rewritten("<d><a/><b/></d>", CHANGES("a", "-"), "<d><b/></d>");
    assert_rewritten("<d><a/></d>", CHANGES("a", "-"), "<d></d>");
    assert_rewritten("<d>\n  <a/> <!-- c -->\n</d>", CHANGES("a", "-"), "<d>\n   <!-- c -->\n</d>");
    assert_rewritten("<d>\n  <a/><b/>\n</d>", CHANGES("a", "-"), "<d>\n  <b/>\n</d>");
    assert_rewritten("<d>\n  <b/><a/>\n</d>", CHANGES("a", "-"), "<d>\n  <b/>\n</d>");
}

static void
test_an_attribute_goes_with_the_space_before_it(void **state G_GNUC_UNUSED)
{
    assert_rewritten("<d><a x='1' y='2' z='3'/></d>", CHANGES("a/@y", "-"),
                     "<d><a x='1' z='3'/></d>");
    assert_rewritten("<d><a x='1'\n   y = \"2\" >t</a></d>", CHANGES("a/@y", "-"),
                     "<d><a x='1' >t</a></d>");
    assert_rewritten("<d><a y='2'/></d>", CHANGES("a/@y", "-"), "<d><a/></d>");
    assert_rewritten("<d><a y='2' x='=y'>t</a></d>", CHANGES("a/@y", "-", "a/@x", "-"),
                     "<d><a>t</a></d>");
    assert_rewritten("<d><a xmlns:n='u' n:y='1' y='2'/></d>", CHANGES("a/@y", "-"),
                     "<d><a xmlns:n='u' n:y='1'/></d>");
}

static void
test_removals_and_changes_go_together(void **state G_GNUC_UNUSED)
{
    assert_rewritten(
        "<d>\n  <p n='0' c='1'/>\n  <p n='1' c='2'/>\n  <p n='2' c='3'/>\n</d>",
        CHANGES("p[@n='0']/@c", "7", "p[@n='1']", "-", "p[@n='2']/@c", "-", "q/@new", "9"),
        "<d>\n  <p n='0' c='7'/>\n  <p n='2'/>\n  <q new='9'/>\n</d>");
    assert_rewritten("<d>\n  <a x='1' y='2'/>\n</d>", CHANGES("a/@x", "-", "a/@y", "3"),
                     "<d>\n  <a y='3'/>\n</d>");
    assert_rewritten("<d>\n  <o>\n    <a/>\n  </o>\n</d>", CHANGES("o/a", "-", "o/b/@c", "1"),
                     "<d>\n  <o>\n    <b c='1'/>\n  </o>\n</d>");
}

static void
test_only_the_first_of_a_kind_goes(void **state G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtDocument) before = parse("<d><p n='0'/><p n='0'/></d>");
    g_autoptr(VtPlan) plan = plan_of(CHANGES("p[@n='0']", "-"));
    g_autofree char *text = vt_rewrite(before, plan, &error);
    g_autoptr(VtDocument) after = parse(text);

    assert_string_equal(text, "<d><p n='0'/></d>");
    assert_false(vt_laws_check(before, after, plan, &error));
    assert_error_says(error, VT_ERROR_LAW, "was not removed");
}

static void
test_what_is_not_there_cannot_go(void **state G_GNUC_UNUSED)
{
    static const char *const places[] = {"b", "a/b", "a/@x", "a/text()", "b/@x"};
    g_autoptr(VtDocument) before = parse("<d><a>t</a></d>");

    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(VtPlan) plan = plan_of(CHANGES(places[i], "-"));
        assert_null(vt_rewrite(before, plan, &error));
        assert_error_says(error, VT_ERROR_LAW, "to remove");
    }
}

/*** the law ***/

#define BEFORE "<d>\n  <a x='1' y='2'/>\n  <!-- c -->\n  <b>t</b>\n  <c/>\n</d>"

static const struct {
    const char *what, *after;
} tampering[] = {
    {"nothing went", BEFORE},
    {"the element alone went", "<d>\n  <a x='1' y='2'/>\n  <!-- c -->\n  <c/>\n</d>"},
    {"the attribute alone went", "<d>\n  <a x='1'/>\n  <!-- c -->\n  <b>t</b>\n  <c/>\n</d>"},
    {"another element went too", "<d>\n  <a x='1'/>\n  <!-- c -->\n</d>"},
    {"another attribute went too", "<d>\n  <a/>\n  <!-- c -->\n  <c/>\n</d>"},
    {"the other attribute went", "<d>\n  <a y='2'/>\n  <!-- c -->\n  <c/>\n</d>"},
    {"a comment went too", "<d>\n  <a x='1'/>\n  <c/>\n</d>"},
    {"an element came", "<d>\n  <a x='1'/>\n  <!-- c -->\n  <e/>\n  <c/>\n</d>"},
    {"an attribute came", "<d>\n  <a x='1' z='2'/>\n  <!-- c -->\n  <c/>\n</d>"},
    {"an attribute changed", "<d>\n  <a x='2'/>\n  <!-- c -->\n  <c/>\n</d>"},
    {"the element only moved", "<d>\n  <a x='1'/>\n  <!-- c -->\n  <c/>\n  <b>t</b>\n</d>"},
};

static void
test_the_law_sees_what_was_not_to_go(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtDocument) before = parse(BEFORE);
    g_autoptr(VtPlan) plan = plan_of(CHANGES("a/@y", "-", "b", "-"));
    g_autoptr(VtDocument) good = parse("<d>\n  <a x='1'/>\n  <!-- c -->\n  <c/>\n</d>");
    g_autoptr(GError) error = NULL;

    vt_laws_check(before, good, plan, &error);
    assert_no_error(error);
    for (gsize i = 0; i < G_N_ELEMENTS(tampering); i++) {
        g_autoptr(VtDocument) after = parse(tampering[i].after);
        g_autoptr(GError) fault = NULL;
        if (vt_laws_check(before, after, plan, &fault))
            fail_msg("%s", tampering[i].what);
        assert_true(g_error_matches(fault, VT_ERROR, VT_ERROR_LAW));
    }
}

static void
test_a_host_side_plan_removes_host_side_places_only(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *place;
        bool allowed;
    } cases[] = {{"vcpu/@cpuset", true},    {"cputune/vcpupin[@vcpu='0']", true},
                 {"numatune/memory", true}, {"cpu", false},
                 {"vcpu/@current", false},  {"devices/disk", false}};
    g_autoptr(VtDocument) before =
        parse("<domain><vcpu cpuset='1' current='1'>2</vcpu><cputune><vcpupin vcpu='0'/></cputune>"
              "<numatune><memory/></numatune><cpu/><devices><disk/></devices></domain>");

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(VtPlan) plan = plan_of(CHANGES(cases[i].place, "-"));
        g_autofree char *text = vt_rewrite(before, plan, NULL);
        g_autoptr(VtDocument) after = parse(text);
        ((VtChange *)plan->changes->pdata[0])->scope = VT_SCOPE_HOST;
        assert_int_equal(vt_laws_check(before, after, plan, NULL), cases[i].allowed);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("an element goes with its line", test_an_element_goes_with_its_line),
        TEST("what else is on the line stays", test_what_else_is_on_the_line_stays),
        TEST("an attribute goes with the space before it",
             test_an_attribute_goes_with_the_space_before_it),
        TEST("removals and changes go together", test_removals_and_changes_go_together),
        TEST("only the first of a kind goes", test_only_the_first_of_a_kind_goes),
        TEST("what is not there cannot go", test_what_is_not_there_cannot_go),
        TEST("the law sees what was not to go", test_the_law_sees_what_was_not_to_go),
        TEST("a host-side plan removes host-side places only",
             test_a_host_side_plan_removes_host_side_places_only),
    };
    return cmocka_run_group_tests_name("removal", tests, NULL, NULL);
}
