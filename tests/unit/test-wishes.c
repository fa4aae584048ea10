/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#include "facts/wishes.h"

static VtWishes *
read_wishes(const char *metadata, GError **error)
{
    g_autofree char *xml = g_strdup_printf("<domain>\n<metadata xmlns:v='urn:vmtune:domain:1.0' "
                                           "xmlns:x='urn:x'>%s</metadata></domain>",
                                           metadata);
    g_autoptr(VtDocument) document = parse(xml);

    return vt_wishes_read(document, error);
}

static void
test_no_wishes_are_no_wishes(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtDocument) bare = parse("<domain/>");
    g_autoptr(VtWishes) none = vt_wishes_read(bare, NULL);
    g_autoptr(VtWishes) empty = read_wishes("<v:wishes/>", NULL);
    g_autoptr(VtWishes) other =
        read_wishes("<x:wishes policy='off'/><wishes policy='off'/><v:wish/>", NULL);

    assert_false(none->has_policy || empty->has_policy || other->has_policy);
    assert_int_equal(none->skip->len + empty->skip->len + other->skip->len, 0);
}

static void
test_policies_and_skips_are_read(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *word;
        VtPolicy policy;
    } policies[] = {{"off", VT_POLICY_OFF},
                    {"observe", VT_POLICY_OBSERVE},
                    {"apply", VT_POLICY_APPLY},
                    {"enforce", VT_POLICY_ENFORCE}};

    for (gsize i = 0; i < G_N_ELEMENTS(policies); i++) {
        g_autofree char *xml =
            g_strdup_printf("<v:wishes policy='%s'><v:skip rule='a/*'/><!-- c -->\n"
                            "<v:skip rule='b/c'/></v:wishes>",
                            policies[i].word);
        g_autoptr(VtWishes) wishes = read_wishes(xml, NULL);
        assert_true(wishes->has_policy);
        assert_int_equal(wishes->policy, policies[i].policy);
        assert_int_equal(wishes->skip->len, 2);
        assert_string_equal(wishes->skip->pdata[1], "b/c");
    }
}

static void
test_only_the_first_element_counts_as_for_libvirt(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtWishes) wishes = read_wishes("<v:wishes/><v:wishes policy='off'/>", NULL);

    assert_false(wishes->has_policy);
}

static void
test_a_misspelt_wish_is_an_error_where_it_stands(void **state G_GNUC_UNUSED)
{
    static const char *const bad[] = {
        "\n<v:wishes policy='Off'/>",
        "\n<v:wishes policy=''/>",
        "\n<v:wishes polisy='off'/>",
        "\n<v:wishes policy='off' mode='x'/>",
        "\n<v:wishes\n><v:skip/></v:wishes>",
        "\n<v:wishes\n><v:skip rule=''/></v:wishes>",
        "\n<v:wishes\n><v:skip rules='a'/></v:wishes>",
        "\n<v:wishes\n><v:skip rule='a' level='b'/></v:wishes>",
        "\n<v:wishes\n><v:skipp rule='a'/></v:wishes>",
        "\n<v:wishes\n><skip rule='a'/></v:wishes>",
        "\n<v:wishes\n><x:skip rule='a'/></v:wishes>",
        "\n<v:wishes\n>hyperv/*</v:wishes>",
        "\n<v:wishes\n><v:skip rule='a'>b</v:skip></v:wishes>",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(VtWishes) wishes = read_wishes(bad[i], &error);
        if (wishes)
            fail_msg("accepted: %s", bad[i]);
        assert_error_says(error, VT_ERROR_INPUT, "test.xml:");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("no wishes are no wishes", test_no_wishes_are_no_wishes),
        TEST("policies and skips are read", test_policies_and_skips_are_read),
        TEST("only the first element counts, as for libvirt",
             test_only_the_first_element_counts_as_for_libvirt),
        TEST("a misspelt wish is an error where it stands",
             test_a_misspelt_wish_is_an_error_where_it_stands),
    };

    return cmocka_run_group_tests_name("wishes", tests, NULL, NULL);
}
