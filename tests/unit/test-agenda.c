/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "edges/agenda.h"

#define ONE "11111111-1111-4111-8111-111111111111"
#define TWO "22222222-2222-4222-8222-222222222222"
#define SETTLE VT_AGENDA_SETTLE_US

static const char *const stimer[] = {"hyperv/stimer", NULL};
static const char *const stimer_and_hpet[] = {"clock/hpet", "hyperv/stimer", NULL};
static const char *const hpet[] = {"clock/hpet", NULL};
static const char *const nothing[] = {NULL};

static void
assert_takes(VtAgenda *agenda, gint64 now_us, const char *expected)
{
    g_autofree char *taken = vt_agenda_take(agenda, now_us);

    if (expected)
        assert_string_equal(taken, expected);
    else
        assert_null(taken);
}

static void
nothing_waits_at_first(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtAgenda) agenda = vt_agenda_new();

    assert_int_equal(vt_agenda_next_us(agenda), -1);
    assert_takes(agenda, G_MAXINT64, NULL);
}

static void
a_definition_settles_before_it_is_looked_at(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtAgenda) agenda = vt_agenda_new();

    vt_agenda_touch(agenda, ONE, 1000);
    assert_int_equal(vt_agenda_next_us(agenda), 1000 + SETTLE);
    assert_takes(agenda, 999 + SETTLE, NULL);
    vt_agenda_touch(agenda, ONE, 900 + SETTLE);
    assert_takes(agenda, 1000 + SETTLE, NULL);
    assert_takes(agenda, 900 + 2 * SETTLE, ONE);
    assert_int_equal(vt_agenda_next_us(agenda), -1);
}

static void
one_that_never_settles_is_looked_at_all_the_same(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtAgenda) agenda = vt_agenda_new();
    gint64 now_us = 0;

    for (; vt_agenda_next_us(agenda) != now_us && now_us < 1000 * SETTLE; now_us += SETTLE / 2)
        vt_agenda_touch(agenda, ONE, now_us);
    assert_int_equal(now_us, VT_AGENDA_SETTLE_MAX_US);
    assert_takes(agenda, now_us, ONE);
}

static void
the_one_that_waits_longest_comes_first(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtAgenda) agenda = vt_agenda_new();

    vt_agenda_touch(agenda, TWO, 10);
    vt_agenda_touch(agenda, ONE, 20);
    assert_takes(agenda, 100 + SETTLE, TWO);
    assert_takes(agenda, 100 + SETTLE, ONE);
    vt_agenda_touch(agenda, ONE, 30);
    vt_agenda_add(agenda, TWO, 40);
    assert_int_equal(vt_agenda_next_us(agenda), 40);
    assert_takes(agenda, 40, TWO);
}

static void
what_was_undefined_is_forgotten(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtAgenda) agenda = vt_agenda_new();

    vt_agenda_saw(agenda, ONE, "a");
    vt_agenda_touch(agenda, ONE, 0);
    vt_agenda_forget(agenda, ONE);
    vt_agenda_forget(agenda, TWO);
    assert_takes(agenda, G_MAXINT64, NULL);
    assert_true(vt_agenda_is_news(agenda, ONE, "a"));
}

static void
a_definition_is_news_once(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtAgenda) agenda = vt_agenda_new();

    assert_true(vt_agenda_is_news(agenda, ONE, "a"));
    vt_agenda_saw(agenda, ONE, "a");
    assert_false(vt_agenda_is_news(agenda, ONE, "a"));
    assert_true(vt_agenda_is_news(agenda, ONE, "b"));
    assert_true(vt_agenda_is_news(agenda, TWO, "a"));
}

static void
tune(VtAgenda *agenda, const char *const *rules, unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++)
        vt_agenda_tuned(agenda, ONE, rules, i);
}

static void
a_domain_is_given_up_after_some_rounds(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtAgenda) agenda = vt_agenda_new();
    bool first = false;

    vt_agenda_tuned(agenda, ONE, stimer_and_hpet, 0);
    tune(agenda, stimer, VT_AGENDA_ROUNDS - 2);
    assert_false(vt_agenda_suspects(agenda, ONE, 10));
    tune(agenda, stimer, 1);
    assert_true(vt_agenda_suspects(agenda, ONE, 10));
    assert_false(vt_agenda_suspects(agenda, TWO, 10));
    assert_true(vt_agenda_give_up(agenda, ONE, stimer_and_hpet, &first));
    assert_true(first);
    assert_true(vt_agenda_give_up(agenda, ONE, stimer, &first));
    assert_false(first);
}

static void
changes_of_other_rules_are_no_quarrel(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtAgenda) agenda = vt_agenda_new();
    bool first = false;

    tune(agenda, stimer, VT_AGENDA_ROUNDS - 1);
    tune(agenda, hpet, 1);
    assert_false(vt_agenda_suspects(agenda, ONE, 10));
    tune(agenda, hpet, VT_AGENDA_ROUNDS - 1);
    assert_true(vt_agenda_suspects(agenda, ONE, 10));
    assert_false(vt_agenda_give_up(agenda, ONE, stimer, &first));
    assert_false(first);
    assert_false(vt_agenda_suspects(agenda, ONE, 10));
}

static void
a_quarrel_that_ended_is_forgiven(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtAgenda) agenda = vt_agenda_new();
    bool first = false;

    tune(agenda, stimer, VT_AGENDA_ROUNDS);
    assert_true(vt_agenda_give_up(agenda, ONE, stimer, &first));
    assert_false(vt_agenda_give_up(agenda, ONE, nothing, &first));
    assert_false(first);
    assert_false(vt_agenda_suspects(agenda, ONE, 10));
    tune(agenda, stimer, VT_AGENDA_ROUNDS);
    assert_true(vt_agenda_give_up(agenda, ONE, stimer, &first));
    assert_true(first);
}

static void
rounds_far_apart_are_no_quarrel(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtAgenda) agenda = vt_agenda_new();
    gint64 now_us = 0;

    for (unsigned i = 0; i < 3 * VT_AGENDA_ROUNDS; i++) {
        vt_agenda_tuned(agenda, ONE, stimer, now_us);
        now_us += VT_AGENDA_QUARREL_US + 1;
        assert_false(vt_agenda_suspects(agenda, ONE, now_us));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_waits_at_first),
        cmocka_unit_test(a_definition_settles_before_it_is_looked_at),
        cmocka_unit_test(one_that_never_settles_is_looked_at_all_the_same),
        cmocka_unit_test(the_one_that_waits_longest_comes_first),
        cmocka_unit_test(what_was_undefined_is_forgotten),
        cmocka_unit_test(a_definition_is_news_once),
        cmocka_unit_test(a_domain_is_given_up_after_some_rounds),
        cmocka_unit_test(changes_of_other_rules_are_no_quarrel),
        cmocka_unit_test(a_quarrel_that_ended_is_forgiven),
        cmocka_unit_test(rounds_far_apart_are_no_quarrel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
