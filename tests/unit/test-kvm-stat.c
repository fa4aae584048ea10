/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "measurement-fixture.h"

static void
test_a_batch_tells_of_one_second(void **state)
{
    g_autoptr(VtMeasurement) measurement = read_sample("kvm-stat-once");

    (void)state;
    assert_true(measurement->seconds == 1);
    assert_null(vt_measurement_find(measurement, VT_EXITS_BY_REASON));
    expect_table(measurement, VT_EXITS_COUNTER,
                 "exits 81040 -1 -1\n"
                 "io_exits 50009 -1 -1\n"
                 "halt_exits 1009 -1 -1\n"
                 "halt_wakeup 899 -1 -1\n"
                 "irq_exits 690 -1 -1\n"
                 "tlb_flush 30 -1 -1\n"
                 "mmio_exits 11 -1 -1\n"
                 "max_mmu_page_hash_collisions 0 -1 -1\n"
                 "pages_4k 0 -1 -1\n"
                 "request_irq_exits 0 -1 -1\n");
}

static void
test_tracepoints_tell_the_reasons_and_what_has_no_name(void **state)
{
    g_autoptr(VtMeasurement) measurement = read_sample("kvm-stat-once-tracepoints");

    (void)state;
    /* HLT is Intel's and AMD's; here it stands beside AMD's NPF */
    expect_table(measurement, VT_EXITS_BY_REASON,
                 "io 5009 -1 -1\n"
                 "interrupt 1050 -1 -1\n"
                 "hlt 1009 -1 -1\n"
                 "msr 1000 -1 -1\n"
                 "npf 20 -1 -1\n"
                 "UNKNOWN 16 -1 -1\n");
    expect_table(measurement, VT_EXITS_COUNTER,
                 "kvm_entry 8090 -1 -1\n"
                 "kvm_pio 5010 -1 -1\n"
                 "kvm_userspace_exit 3990 -1 -1\n"
                 "kvm_userspace_exit(IO) 3980 -1 -1\n");
}

static void
test_exits_without_reasons_are_exits(void **state)
{
    g_autoptr(VtMeasurement) measurement = read_text("kvm_exit 12 11\nkvm_pio 3 2\n");

    (void)state;
    expect_table(measurement, VT_EXITS_COUNTER, "exits 11 -1 -1\nkvm_pio 2 -1 -1\n");
}

static void
test_of_a_screen_the_totals_count_and_the_time_is_unknown(void **state)
{
    g_autoptr(VtMeasurement) measurement = read_sample("kvm-stat-screen");

    (void)state;
    assert_true(measurement->seconds == 0);
    /* older ones call INTERRUPT_WINDOW by its name of before Linux 5.6 */
    expect_table(measurement, VT_EXITS_BY_REASON,
                 "IO_INSTRUCTION 25045 -1 -1\n"
                 "INTERRUPT_WINDOW 15000 -1 -1\n"
                 "UNKNOWN 475 -1 -1\n");
    expect_table(measurement, VT_EXITS_COUNTER, "kvm_entry 40380 -1 -1\nkvm_fpu 3 -1 -1\n");
}

static void
test_logs_add_up(void **state)
{
    static const struct {
        const char *sample;
        double seconds;
    } logs[] = {
        {"kvm-stat-log-without-times", 3}, /* one a second */
        {"kvm-stat-log", 9},               /* six seconds over midnight, and three before */
        {"kvm-stat-log-csv", 9},
    };

    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(logs); i++) {
        g_autoptr(VtMeasurement) measurement = read_sample(logs[i].sample);
        assert_true(measurement->seconds == logs[i].seconds);
        expect_table(measurement, VT_EXITS_COUNTER,
                     "exits 24004 -1 -1\n"
                     "io_exits 15000 -1 -1\n"
                     "halt_exits 270 -1 -1\n"
                     "pages_4k 3 -1 -1\n");
    }
}

static void
test_how_long_one_line_of_a_log_took_is_unknown(void **state)
{
    g_autoptr(VtMeasurement) measurement = read_text("timestamp,exits\n2026-02-03 10:15:01,8104\n");

    (void)state;
    assert_true(measurement->seconds == 0);
    assert_int_equal(vt_measurement_find(measurement, VT_EXITS_COUNTER)->count, 8104);
}

static void
test_two_runs_would_count_twice(void **state)
{
    g_autofree char *text = sample_text("kvm-stat-once"), *twice = g_strconcat(text, text, NULL);
    g_autofree char *apart = g_strconcat(text, "\n", text, NULL);

    (void)state;
    expect_refusal(twice, "20:1", "a second measurement of 'counter'");
    expect_refusal(apart, "21:1", "a second measurement of 'counter'");
}

static void
test_other_programs_rows_are_passed_over(void **state)
{
    g_autofree char *text = sample_text("kvm-stat-once");
    g_autofree char *whole = g_strconcat("used 12 34\nfree 1 x\nswap 1,5 2\n\n"
                                         "total used free\n  1 2 3\n\n",
                                         text, "\nroot@host:~# exit\n", NULL);
    g_autoptr(VtMeasurement) measurement = read_text(whole);

    (void)state;
    assert_int_equal(vt_measurement_find(measurement, VT_EXITS_COUNTER)->counts->len, 10);
    expect_refusal("total used free\n  1 2 3\n", "1:1", "nothing in this text");
    expect_refusal("used 12 34\n", "1:1", "nothing in this text");
    expect_refusal("exits halt_exits\n", "1:1", "nothing in this text");
}

static void
test_what_kvm_stat_does_not_print_is_refused_at_its_place(void **state)
{
    (void)state;
    expect_refusal("kvm_exit 12\n", "1:1", "not as kvm_stat prints it");
    expect_refusal("exits 1,234 1\n", "1:7", "LC_ALL=C");
    expect_refusal("exits 1.234 1.234\n", "1:7", "LC_ALL=C");
    expect_refusal("exits 12 99999999999999999999\n", "1:10", "more than anything can have");
    expect_refusal("exits 1 9999999999999999999\nio_exits 1 9999999999999999999\n", "2:1",
                   "more than anything can have");
    expect_refusal("exits io_exits\n 1 2 3\n", "2:6", "not as kvm_stat prints it");
    expect_refusal("exits io_exits\n 1\n", "2:3", "not as kvm_stat prints it");
    expect_refusal("exits io_exits\n 1 x\n", "2:4", "there should be a number here");
    expect_refusal("exits io_exits\n 9999999999999999999 1\n 9999999999999999999 1\n", "3:2",
                   "more than anything can have");
    expect_refusal("kvm_exit(H\x01LT) 1 2\n", "1:1", "nothing in this text");
    expect_refusal("kvm_exit() 1 2\n", "1:1", "not as kvm_stat prints it");
}

static void
test_a_row_without_its_end_is_refused(void **state)
{
    (void)state;
    expect_refusal("exits 12 11", "1:12", "ends within this line");
    expect_refusal("exits io_exits\n 1 2\n 1 2", "3:5", "ends within this line");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_batch_tells_of_one_second),
        cmocka_unit_test(test_tracepoints_tell_the_reasons_and_what_has_no_name),
        cmocka_unit_test(test_exits_without_reasons_are_exits),
        cmocka_unit_test(test_of_a_screen_the_totals_count_and_the_time_is_unknown),
        cmocka_unit_test(test_logs_add_up),
        cmocka_unit_test(test_how_long_one_line_of_a_log_took_is_unknown),
        cmocka_unit_test(test_two_runs_would_count_twice),
        cmocka_unit_test(test_other_programs_rows_are_passed_over),
        cmocka_unit_test(test_what_kvm_stat_does_not_print_is_refused_at_its_place),
        cmocka_unit_test(test_a_row_without_its_end_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
