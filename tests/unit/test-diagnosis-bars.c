/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of a diagnosis as bars. */
#include "diagnosis-fixture.h"

#include "report/diagnosis-parts.h"

static const VtBarTable *
table_of(const GPtrArray *tables, VtExitKind kind)
{
    for (guint i = 0; i < tables->len; i++) {
        const VtBarTable *table = tables->pdata[i];
        if (table->kind == kind)
            return table;
    }
    fail_msg("no bars of '%s'", vt_exit_kind_to_string(kind));
    return NULL;
}

static const VtBar *
bar_of(const VtBarTable *table, const char *label)
{
    for (guint i = 0; i < table->bars->len; i++) {
        const VtBar *bar = table->bars->pdata[i];
        if (strcmp(bar->label, label) == 0)
            return bar;
    }
    fail_msg("no bar '%s'", label);
    return NULL;
}

static void
assert_about(double value, double expected)
{
    if (value < expected - 1e-6 || value > expected + 1e-6)
        fail_msg("%g is not %g", value, expected);
}

static void
the_shares_of_the_reasons_add_up_however_few_are_shown(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = windows_scene();

    for (guint limit = 2; limit < 9; limit++) {
        g_autoptr(GPtrArray) tables = vt_diagnosis_bars(&scene->diagnosis, limit);
        const VtBarTable *table = table_of(tables, VT_EXITS_BY_REASON);
        double counts = 0, times = 0;

        assert_int_equal(table->bars->len, MIN(limit, 6));
        for (guint i = 0; i < table->bars->len; i++) {
            const VtBar *bar = table->bars->pdata[i];
            counts += bar->count_share;
            times += MAX(bar->time_share, 0);
        }
        assert_about(counts, 1);
        assert_about(times, 1);
    }
}

static void
ports_are_shares_of_all_exits(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = windows_scene();
    g_autoptr(GPtrArray) tables = vt_diagnosis_bars(&scene->diagnosis, 8);
    const VtBarTable *table = table_of(tables, VT_EXITS_BY_PORT);
    const VtBar *timer = bar_of(table, "0x608 read");

    assert_about(timer->count_share, 158788.0 / 348766);
    assert_int_equal(timer->time_ns, 2284223714);
}

static void
sleep_has_no_share_of_the_time(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = windows_scene();
    g_autoptr(GPtrArray) tables = vt_diagnosis_bars(&scene->diagnosis, 8);
    const VtBar *sleep = bar_of(table_of(tables, VT_EXITS_BY_REASON), "HLT");

    assert_int_equal(sleep->tone, VT_TONE_SLEEP);
    assert_true(sleep->time_share < 0);
}

static void
a_bar_has_the_number_of_what_it_is_evidence_of(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = windows_scene();
    g_autoptr(GPtrArray) tables = vt_diagnosis_bars(&scene->diagnosis, 8);
    const VtBarTable *ports = table_of(tables, VT_EXITS_BY_PORT);

    assert_int_equal(bar_of(ports, "0x608 read")->number, 1);
    assert_int_equal(bar_of(ports, "0x71 write")->number, 2);
    assert_int_equal(bar_of(table_of(tables, VT_EXITS_BY_REASON), "HLT")->number, 0);
}

static void
of_counters_only_those_that_a_cause_counts_are_shown(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = scene_new(10);
    g_autoptr(GPtrArray) tables = NULL;
    VtCauseFound *found;
    const VtBarTable *table;

    measure(scene, VT_EXITS_COUNTER, "exits", 0, VT_ACCESS_NONE, 1000, VT_TIME_UNKNOWN);
    measure(scene, VT_EXITS_COUNTER, "io_exits", 0, VT_ACCESS_NONE, 600, VT_TIME_UNKNOWN);
    measure(scene, VT_EXITS_COUNTER, "irq_exits", 0, VT_ACCESS_NONE, 400, VT_TIME_UNKNOWN);
    found = find_cause(scene, VT_VERDICT_TROUBLE, "I/O");
    add_evidence(scene, found, VT_EXITS_COUNTER, "io_exits", VT_TIME_UNKNOWN);
    found = find_cause(scene, VT_VERDICT_NORMAL, "Interrupts");
    add_evidence(scene, found, VT_EXITS_COUNTER, "irq_exits", VT_TIME_UNKNOWN);
    settle(scene);
    tables = vt_diagnosis_bars(&scene->diagnosis, 8);
    table = table_of(tables, VT_EXITS_COUNTER);
    assert_int_equal(table->bars->len, 2);
    assert_false(table->timed);
    assert_about(bar_of(table, "io_exits")->count_share, 0.6);
}

static void
an_empty_table_has_no_bars(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = scene_new(10);
    g_autoptr(GPtrArray) tables = NULL;

    measure_reason(scene, "HLT", 0, 0);
    settle(scene);
    tables = vt_diagnosis_bars(&scene->diagnosis, 8);
    assert_int_equal(tables->len, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shares_of_the_reasons_add_up_however_few_are_shown),
        cmocka_unit_test(ports_are_shares_of_all_exits),
        cmocka_unit_test(sleep_has_no_share_of_the_time),
        cmocka_unit_test(a_bar_has_the_number_of_what_it_is_evidence_of),
        cmocka_unit_test(of_counters_only_those_that_a_cause_counts_are_shown),
        cmocka_unit_test(an_empty_table_has_no_bars),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
