/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/cpuset.h"
#include "base/error.h"

#include <string.h>

#define TEST(name, function)                                                                       \
    {                                                                                              \
        name, function, NULL, NULL, NULL                                                           \
    }

static void
expect_text(const char *text, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtCpuSet) set = vt_cpuset_parse(text, &error);
    g_autofree char *formatted = NULL;

    if (!set)
        fail_msg("'%s' refused: %s", text, error->message);
    formatted = vt_cpuset_format(set);
    assert_string_equal(formatted, expected);
}

static void
expect_refusal(const char *text, const char *element, const char *reason)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtCpuSet) set = vt_cpuset_parse(text, &error);
    g_autofree char *quoted = g_strdup_printf("'%s'", element);

    if (set)
        fail_msg("'%s' accepted", text);
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
    if (!strstr(error->message, quoted) || !strstr(error->message, reason))
        fail_msg("'%s' gives: %s", text, error->message);
}

static void
test_reads_numbers_and_ranges(void **state)
{
    (void)state;
    expect_text("5", "5");
    expect_text("0-3,8", "0-3,8");
    expect_text("8,0-3", "0-3,8");
    expect_text("4-4", "4");
    expect_text("0,1", "0-1");
    expect_text("007", "7");
    expect_text("62-65,127-128", "62-65,127-128");
    expect_text("0-16383", "0-16383");
    expect_text("16383", "16383");
}

static void
test_the_empty_text_is_the_empty_set(void **state)
{
    (void)state;
    expect_text("", "");
    expect_text("\n", "");
    expect_text("  \t\n", "");
}

static void
test_spaces_and_a_trailing_comma_are_accepted(void **state)
{
    (void)state;
    expect_text(" 1 , 3 - 5 ,7 \n", "1,3-5,7");
    expect_text("1,", "1");
    expect_text("1-2, ", "1-2");
}

static void
test_exclusions_work_from_left_to_right(void **state)
{
    (void)state;
    expect_text("0-5,^3", "0-2,4-5");
    expect_text("^3,0-5", "0-5");
    expect_text("0-5,^3,3", "0-5");
    expect_text("1,^1", "");
    expect_text("^16383", "");
}

static void
test_refuses_and_names_the_element(void **state)
{
    (void)state;
    expect_refusal("0-3,7-5", "7-5", "before it begins");
    expect_refusal("0-9,^2-3", "^2-3", "range cannot be excluded");
    expect_refusal("0,16384", "16384", "16383");
    expect_refusal("99999999999999999999", "99999999999999999999", "16383");
    expect_refusal("0-16384", "0-16384", "16383");
    expect_refusal("a", "a", "neither");
    expect_refusal("1,,2", "", "neither");
    expect_refusal(",", "", "neither");
    expect_refusal("-1", "-1", "neither");
    expect_refusal("+1", "+1", "neither");
    expect_refusal("1-", "1-", "neither");
    expect_refusal("1--2", "1--2", "neither");
    expect_refusal("1-2-3", "1-2-3", "neither");
    expect_refusal("1 2", "1 2", "neither");
    expect_refusal("^", "^", "neither");
    expect_refusal("^^1", "^^1", "neither");
    expect_refusal("^ 1", "^ 1", "neither");
    expect_refusal("0x3", "0x3", "neither");
    expect_refusal("0-7:2/4", "0-7:2/4", "neither");
}

static void
test_a_long_wrong_element_is_quoted_in_part(void **state)
{
    g_autofree char *text = g_strnfill(100000, 'x');
    g_autoptr(GError) error = NULL;

    (void)state;
    memcpy(text + 38, "\xc3\xa4\xc3\xa4", 4); /* so that the cut may fall inside a character */
    assert_null(vt_cpuset_parse(text, &error));
    assert_true(strlen(error->message) < 200);
    assert_true(g_utf8_validate(error->message, -1, NULL));
}

static void
test_reads_masks_of_32_bit_words(void **state)
{
    static const char *const cases[][2] = {
        {"00000001", "0"},
        {"3", "0-1"},
        {"00000000,00000401\n", "0,10"},
        {"80000000,00000000,00000001", "0,95"},
        {"1,00000000", "32"},
        {"1,0", "32"},
        {"ffffffffff", "0-39"},
        {"", ""},
        {"00000000", ""},
    };

    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(VtCpuSet) set = vt_cpuset_parse_mask(cases[i][0], NULL);
        g_autofree char *text = NULL;

        assert_non_null(set);
        text = vt_cpuset_format(set);
        assert_string_equal(text, cases[i][1]);
    }
}

static void
test_refuses_what_is_no_mask(void **state)
{
    static const char *const cases[] = {"0-3", "g", ",", "1,", "1,,1", "1,123456789", "0x3", "1 2"};
    g_autofree char *wide = g_strnfill(VT_CPUSET_MAX / 4 + 1, 'f');

    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        if (vt_cpuset_parse_mask(cases[i], &error))
            fail_msg("'%s' accepted", cases[i]);
        assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
    }
    assert_null(vt_cpuset_parse_mask(wide, NULL));
}

static void
test_the_members_can_be_walked(void **state)
{
    g_autoptr(VtCpuSet) set = vt_cpuset_parse("0,63-64,300,16383", NULL);
    static const int expected[] = {0, 63, 64, 300, 16383};
    gsize n = 0;

    (void)state;
    for (int cpu = vt_cpuset_next(set, 0); cpu >= 0; cpu = vt_cpuset_next(set, cpu + 1u)) {
        assert_true(n < G_N_ELEMENTS(expected));
        assert_int_equal(cpu, expected[n++]);
    }
    assert_int_equal(n, G_N_ELEMENTS(expected));
    assert_int_equal(vt_cpuset_next(set, G_MAXUINT), -1);
    assert_false(vt_cpuset_has(set, G_MAXUINT));
    assert_int_equal(vt_cpuset_count(set), 5);
}

static void
test_sets_combine_whatever_their_size(void **state)
{
    g_autoptr(VtCpuSet) small = vt_cpuset_parse("1,3", NULL);
    g_autoptr(VtCpuSet) large = vt_cpuset_parse("3,1000", NULL);
    g_autoptr(VtCpuSet) sum = vt_cpuset_copy(small);
    g_autoptr(VtCpuSet) shrunk = vt_cpuset_copy(large);

    (void)state;
    vt_cpuset_union(sum, large);
    assert_int_equal(vt_cpuset_count(sum), 3);
    assert_true(vt_cpuset_is_subset(small, sum));
    assert_true(vt_cpuset_is_subset(large, sum));
    assert_false(vt_cpuset_is_subset(sum, small));
    assert_true(vt_cpuset_overlaps(small, large));
    vt_cpuset_subtract(sum, large);
    assert_true(vt_cpuset_has(sum, 1) && vt_cpuset_count(sum) == 1);
    vt_cpuset_remove(shrunk, 1000);
    vt_cpuset_remove(small, 1);
    assert_true(vt_cpuset_equal(shrunk, small) && vt_cpuset_equal(small, shrunk));
    vt_cpuset_intersect(large, sum);
    assert_int_equal(vt_cpuset_count(large), 0);
    assert_false(vt_cpuset_overlaps(large, sum));
    vt_cpuset_free(NULL);
}

/* A set is what was put in, and its text gives the same set, in whatever order it is written. */
static void
test_the_order_of_elements_does_not_matter(void **state)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);

    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        g_autoptr(VtCpuSet) set = vt_cpuset_new();
        g_autoptr(VtCpuSet) parsed = NULL;
        g_autoptr(GString) backwards = g_string_new(NULL);
        g_autofree char *text = NULL;

        for (int i = g_rand_int_range(rand, 0, 40); i >= 0; i--) {
            unsigned cpu = (unsigned)g_rand_int_range(rand, 0, round % 2 ? 300 : 64);
            g_autofree char *element = g_strdup_printf("%u,", cpu);

            vt_cpuset_add(set, cpu);
            g_string_prepend(backwards, element);
        }
        parsed = vt_cpuset_parse(backwards->str, NULL);
        assert_true(vt_cpuset_equal(set, parsed));
        text = vt_cpuset_format(set);
        expect_text(backwards->str, text);
        expect_text(text, text);
    }
}

/* Whatever bytes come, the parser ends, and what it accepts it also prints and reads again. */
static void
test_any_bytes_parse_or_fail_cleanly(void **state)
{
    static const char alphabet[] = "0123456789,-^ \n\x80z";
    g_autoptr(GRand) rand = g_rand_new_with_seed(11);

    (void)state;
    for (unsigned round = 0; round < 5000; round++) {
        char text[12] = {0};
        g_autoptr(GError) error = NULL;
        g_autoptr(VtCpuSet) set = NULL;
        g_autoptr(VtCpuSet) mask = NULL;

        for (gsize i = 0; i < sizeof(text) - 1; i++)
            text[i] = alphabet[g_rand_int_range(rand, 0, sizeof(alphabet))];
        set = vt_cpuset_parse(text, &error);
        assert_true((set != NULL) != (error != NULL));
        if (set) {
            g_autofree char *formatted = vt_cpuset_format(set);

            expect_text(formatted, formatted);
        }
        mask = vt_cpuset_parse_mask(text, NULL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("reads numbers and ranges", test_reads_numbers_and_ranges),
        TEST("the empty text is the empty set", test_the_empty_text_is_the_empty_set),
        TEST("spaces and a trailing comma are accepted",
             test_spaces_and_a_trailing_comma_are_accepted),
        TEST("exclusions work from left to right", test_exclusions_work_from_left_to_right),
        TEST("refuses and names the element", test_refuses_and_names_the_element),
        TEST("a long wrong element is quoted in part", test_a_long_wrong_element_is_quoted_in_part),
        TEST("reads masks of 32 bit words", test_reads_masks_of_32_bit_words),
        TEST("refuses what is no mask", test_refuses_what_is_no_mask),
        TEST("the members can be walked", test_the_members_can_be_walked),
        TEST("sets combine whatever their size", test_sets_combine_whatever_their_size),
        TEST("the order of elements does not matter", test_the_order_of_elements_does_not_matter),
        TEST("any bytes parse or fail cleanly", test_any_bytes_parse_or_fail_cleanly),
    };
    return cmocka_run_group_tests_name("cpuset", tests, NULL, NULL);
}
