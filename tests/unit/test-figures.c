/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "report/figures.h"

#define NB "\xc2\xa0"

static void
assert_figure(char *figure, const char *expected)
{
    assert_string_equal(figure, expected);
    g_free(figure);
}

static void
counts_stand_in_groups_of_three(void **state G_GNUC_UNUSED)
{
    assert_figure(vt_figure_count(0), "0");
    assert_figure(vt_figure_count(999), "999");
    assert_figure(vt_figure_count(1000), "1" NB "000");
    assert_figure(vt_figure_count(351826), "351" NB "826");
    assert_figure(vt_figure_count(G_MAXUINT64),
                  "18" NB "446" NB "744" NB "073" NB "709" NB "551" NB "615");
}

static void
what_is_not_nothing_is_never_shown_as_nothing(void **state G_GNUC_UNUSED)
{
    assert_figure(vt_figure_share(0), "0.0" NB "%");
    assert_figure(vt_figure_share(0.0000001), "<0.1" NB "%");
    assert_figure(vt_figure_share(0.7297), "73.0" NB "%");
    assert_figure(vt_figure_share(1), "100.0" NB "%");
    assert_figure(vt_figure_time(1), "1" NB "ns");
    assert_figure(vt_figure_number(0.004), "0.004");
}

static void
what_is_unknown_is_a_question_mark(void **state G_GNUC_UNUSED)
{
    assert_figure(vt_figure_share(-1), "?");
    assert_figure(vt_figure_time(-1), "?");
}

static void
times_come_in_the_unit_that_suits_them(void **state G_GNUC_UNUSED)
{
    assert_figure(vt_figure_time(0), "0" NB "s");
    assert_figure(vt_figure_time(4390), "4.39" NB "us");
    assert_figure(vt_figure_time(899615430), "899.6" NB "ms");
    assert_figure(vt_figure_time(G_GINT64_CONSTANT(3281786520)), "3.28" NB "s");
    assert_figure(vt_figure_time(G_GINT64_CONSTANT(5000000000000)), "5000" NB "s");
}

static void
rates_have_the_digits_that_tell_something(void **state G_GNUC_UNUSED)
{
    assert_figure(vt_figure_number(0.534), "0.53");
    assert_figure(vt_figure_number(9.84), "9.8");
    assert_figure(vt_figure_number(10), "10");
    assert_figure(vt_figure_number(35182.6), "35" NB "183");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_stand_in_groups_of_three),
        cmocka_unit_test(what_is_not_nothing_is_never_shown_as_nothing),
        cmocka_unit_test(what_is_unknown_is_a_question_mark),
        cmocka_unit_test(times_come_in_the_unit_that_suits_them),
        cmocka_unit_test(rates_have_the_digits_that_tell_something),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
