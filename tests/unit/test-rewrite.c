/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rewrite-fixture.h"

static void
test_an_empty_plan_gives_the_same_bytes(void **state G_GNUC_UNUSED)
{
    static const char *const texts[] = {
        "<d/>",
        "\xef\xbb\xbf<d\n>\r\n</d >\n\n",
        "<d a = \"&#65;\"><![CDATA[x]]></d><!-- e -->",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        assert_rewritten(texts[i], CHANGES(NULL), texts[i]);
}

static void
test_new_elements_take_the_neighbours_layout(void **state G_GNUC_UNUSED)
{
    assert_rewritten("<domain>\n  <os/>\n  <devices/>\n</domain>\n", CHANGES("features/pae", ""),
                     "<domain>\n  <os/>\n  <features>\n    <pae/>\n  </features>\n  <devices/>\n"
                     "</domain>\n");
    assert_rewritten("<domain>\n\t<os/>\n</domain>", CHANGES("features/pae", ""),
                     "<domain>\n\t<os/>\n\t<features>\n\t\t<pae/>\n\t</features>\n</domain>");
    assert_rewritten("  <domain>\n     <os/>\n  </domain>", CHANGES("features/pae", ""),
                     "  <domain>\n     <os/>\n     <features>\n        <pae/>\n     </features>\n"
                     "  </domain>");
    assert_rewritten("<domain><os/></domain>", CHANGES("features/pae", ""),
                     "<domain><os/><features><pae/></features></domain>");
    assert_rewritten("<domain>\r\n  <os/>\r\n</domain>", CHANGES("features/pae", ""),
                     "<domain>\r\n  <os/>\r\n  <features>\r\n    <pae/>\r\n  </features>\r\n"
                     "</domain>");
}

static void
test_a_domain_without_children_gets_them(void **state G_GNUC_UNUSED)
{
    assert_rewritten("<domain/>", CHANGES("cpu/@mode", "x"),
                     "<domain>\n  <cpu mode='x'/>\n</domain>");
    assert_rewritten("<domain></domain>", CHANGES("cpu/@mode", "x"),
                     "<domain>\n  <cpu mode='x'/>\n</domain>");
    assert_rewritten("<domain>\n</domain>", CHANGES("cpu/@mode", "x"),
                     "<domain>\n  <cpu mode='x'/>\n</domain>");
}

static void
test_text_between_elements_stays_as_it_is(void **state G_GNUC_UNUSED)
{
    assert_rewritten("<domain>\n  <features>odd</features>\n</domain>", CHANGES("features/pae", ""),
                     "<domain>\n  <features>\n    <pae/>odd</features>\n</domain>");
    assert_rewritten("<domain>\n  <features>odd<acpi/>more</features>\n</domain>",
                     CHANGES("features/pae", ""),
                     "<domain>\n  <features>odd<acpi/>\n    <pae/>more</features>\n</domain>");
    assert_rewritten("<domain>\n  <features><![CDATA[<x>]]></features>\n</domain>",
                     CHANGES("features/pae", ""),
                     "<domain>\n  <features>\n    <pae/><![CDATA[<x>]]></features>\n</domain>");
}

static void
test_comments_stay_with_what_they_are_behind(void **state G_GNUC_UNUSED)
{
    assert_rewritten("<domain>\n  <os/> <!-- a --> <!-- b -->\n  <!-- of devices -->\n"
                     "  <devices/>\n</domain>",
                     CHANGES("features/pae", ""),
                     "<domain>\n  <os/> <!-- a --> <!-- b -->\n  <features>\n    <pae/>\n"
                     "  </features>\n  <!-- of devices -->\n  <devices/>\n</domain>");
    assert_rewritten("<domain>\n  <features> <!-- a -->\n  </features>\n</domain>",
                     CHANGES("features/pae", ""),
                     "<domain>\n  <features> <!-- a -->\n    <pae/>\n  </features>\n</domain>");
    assert_rewritten("<domain>\n  <features/> <!-- a -->\n</domain>", CHANGES("features/pae", ""),
                     "<domain>\n  <features>\n    <pae/>\n  </features> <!-- a -->\n</domain>");
    assert_rewritten("<domain>\n  <features><!-- a --></features>\n</domain>",
                     CHANGES("features/pae", ""),
                     "<domain>\n  <features><!-- a -->\n    <pae/>\n  </features>\n</domain>");
}

static void
test_attributes_are_put_behind_the_others(void **state G_GNUC_UNUSED)
{
    assert_rewritten("<domain>\n  <cpu mode = \"a\"\n  />\n</domain>",
                     CHANGES("cpu/@check", "none", "cpu/@match", "exact"),
                     "<domain>\n  <cpu mode = \"a\" check='none' match='exact'\n  />\n</domain>");
    assert_rewritten("<domain type=\"kvm\"><cpu></cpu ></domain>", CHANGES("cpu/@mode", "x"),
                     "<domain type=\"kvm\"><cpu mode=\"x\"></cpu ></domain>");
}

static void
test_values_are_changed_between_their_own_quotes(void **state G_GNUC_UNUSED)
{
    assert_rewritten("<domain><cpu b='>' mode = \"a'\"  c='&quot;'/></domain>",
                     CHANGES("cpu/@mode", "x", "cpu/@c", "'<\"&>"),
                     "<domain><cpu b='>' mode = \"x\"  c='&apos;&lt;&quot;&amp;&gt;'/></domain>");
    assert_rewritten("<domain><vcpu>\n 4 </vcpu></domain>", CHANGES("vcpu/text()", "8"),
                     "<domain><vcpu>8</vcpu></domain>");
    assert_rewritten("<domain><vcpu/></domain>", CHANGES("vcpu/text()", "a<b"),
                     "<domain><vcpu>a&lt;b</vcpu></domain>");
}

static void
test_foreign_attributes_of_the_same_name_are_left(void **state G_GNUC_UNUSED)
{
    assert_rewritten("<domain xmlns:x='u'><cpu x:mode='a'/></domain>", CHANGES("cpu/@mode", "b"),
                     "<domain xmlns:x='u'><cpu x:mode='a' mode='b'/></domain>");
    assert_rewritten("<domain xmlns:x='u'><cpu x:mode='a' mode='c'/></domain>",
                     CHANGES("cpu/@mode", "b"),
                     "<domain xmlns:x='u'><cpu x:mode='a' mode='b'/></domain>");
}

static void
test_selected_elements_come_with_what_selects_them(void **state G_GNUC_UNUSED)
{
    assert_rewritten("<domain><cpu/></domain>", CHANGES("cpu/feature[@name='b']/@policy", "force"),
                     "<domain><cpu><feature policy='force' name='b'/></cpu></domain>");
    assert_rewritten("<domain><clock><timer name='a'/></clock></domain>",
                     CHANGES("clock/timer[@name='b']/@x", "1", "clock/timer[@name='a']/@x", "2"),
                     "<domain><clock><timer name='a' x='2'/><timer name='b' x='1'/></clock>"
                     "</domain>");
}

static void
test_a_child_that_selects_is_not_invented(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtDocument) document = parse("<domain><devices/></domain>");
    g_autoptr(VtPlan) plan =
        plan_of(CHANGES("devices/disk[target/@dev='vda']/driver/@io", "native"));
    g_autoptr(GError) error = NULL;
    g_autofree char *text = vt_rewrite(document, plan, &error);

    assert_null(text);
    assert_error_says(error, VT_ERROR_LAW, "there is no place");
}

static void
test_a_text_replaces_no_elements(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtDocument) document = parse("<domain><os><type/></os></domain>");
    g_autoptr(VtPlan) plan = plan_of(CHANGES("os/text()", "x"));
    g_autoptr(GError) error = NULL;
    g_autofree char *text = vt_rewrite(document, plan, &error);

    assert_null(text);
    assert_error_says(error, VT_ERROR_LAW, "holds elements, not text");
}

static void
test_the_document_itself_is_left_alone(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtDocument) document = parse("<domain><cpu/></domain>");
    g_autoptr(VtPlan) plan = plan_of(CHANGES("cpu/@mode", "x", "features/pae", ""));
    g_autofree char *text = vt_rewrite(document, plan, NULL);
    const xmlNode *root = vt_document_root(document);

    assert_non_null(text);
    assert_null(vt_element_child(root, "features"));
    assert_null(vt_element_child(root, "cpu")->properties);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("an empty plan gives the same bytes", test_an_empty_plan_gives_the_same_bytes),
        TEST("new elements take the neighbours' layout",
             test_new_elements_take_the_neighbours_layout),
        TEST("a domain without children gets them", test_a_domain_without_children_gets_them),
        TEST("text between elements stays as it is", test_text_between_elements_stays_as_it_is),
        TEST("comments stay with what they are behind",
             test_comments_stay_with_what_they_are_behind),
        TEST("attributes are put behind the others", test_attributes_are_put_behind_the_others),
        TEST("values are changed between their own quotes",
             test_values_are_changed_between_their_own_quotes),
        TEST("foreign attributes of the same name are left",
             test_foreign_attributes_of_the_same_name_are_left),
        TEST("selected elements come with what selects them",
             test_selected_elements_come_with_what_selects_them),
        TEST("a child that selects is not invented", test_a_child_that_selects_is_not_invented),
        TEST("a text replaces no elements", test_a_text_replaces_no_elements),
        TEST("the document itself is left alone", test_the_document_itself_is_left_alone),
    };

    return cmocka_run_group_tests_name("rewrite", tests, NULL, NULL);
}
