/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "measurement-fixture.h"

static void
test_counts_times_and_the_longest_are_read(void **state)
{
    g_autoptr(VtMeasurement) measurement = read_sample("perf-windows10");
    const VtExitTable *table = vt_measurement_find(measurement, VT_EXITS_BY_REASON);
    const VtExitCount *halts = vt_exit_table_find(table, "HLT");

    (void)state;
    assert_int_equal(table->count, 351826);
    assert_string_equal(table->origin, "exits.txt");
    assert_int_equal(halts->count, 1105);
    assert_int_equal(halts->time_ns, 1105 * 34090);
    assert_int_equal(halts->max_ns, 1762920);
    assert_true(measurement->seconds == 0);
    expect_table(measurement, VT_EXITS_BY_PORT,
                 "0x608 read 158788 697079320 38510\n"
                 "0x70 write 48975 87175500 34490\n"
                 "0x71 read 47791 96537820 28670\n"
                 "0x71 write 1184 18600640 586250\n");
}

static void
test_amd_names_mmio_and_msr_of_a_newer_perf_are_read(void **state)
{
    g_autoptr(VtMeasurement) measurement = read_sample("perf-amd");
    const VtExitTable *table = vt_measurement_find(measurement, VT_EXITS_BY_REASON);

    (void)state;
    assert_int_equal(vt_exit_table_find(table, "npf")->count, 5120);
    assert_int_equal(vt_exit_table_find(table, "avic_incomplete_ipi")->count, 96);
    assert_int_equal(vt_exit_table_find(table, "PF excp")->count, 3);
    expect_table(measurement, VT_EXITS_BY_MMIO,
                 "0xfee000b0 write 2210 4641000 19400\n"
                 "0xfed000f0 read 1405 4664600 41900\n"
                 "0xfee00300 write 77 231000 9500\n");
    expect_table(measurement, VT_EXITS_BY_MSR,
                 "0x6e0 write 2501 2250900 10690\n"
                 "0x830 write 402 329640 108340\n"
                 "0x40000020 read 9 7200 1260\n");
}

static void
test_what_perf_lost_is_kept(void **state)
{
    g_autoptr(VtMeasurement) measurement = read_sample("perf-amd");

    (void)state;
    assert_int_equal(measurement->lost->len, 1);
    assert_string_equal(measurement->lost->pdata[0], "exits.txt: Lost events: 17");
}

static void
test_the_oldest_perf_knows_no_longest_time(void **state)
{
    g_autoptr(VtMeasurement) measurement = read_sample("perf-3.7");

    (void)state;
    expect_table(measurement, VT_EXITS_BY_REASON,
                 "IO_INSTRUCTION 1500 14625000 -1\n"
                 "HLT 300 906450000 -1\n");
}

static void
test_an_empty_table_is_a_measurement_of_nothing(void **state)
{
    g_autoptr(VtMeasurement) measurement = read_sample("perf-nothing");

    (void)state;
    expect_table(measurement, VT_EXITS_BY_PORT, "");
}

static void
test_tables_of_several_vcpus_add_up(void **state)
{
    g_autoptr(VtMeasurement) measurement = read_sample("perf-vcpus");

    (void)state;
    expect_table(measurement, VT_EXITS_BY_REASON,
                 "MSR_WRITE 300 375000 9000\n"
                 "HLT 150 4537500 400000\n");
}

static void
test_tables_of_several_moments_add_up_and_tell_how_long(void **state)
{
    g_autoptr(VtMeasurement) measurement = read_sample("perf-live");

    (void)state;
    assert_int_equal(vt_measurement_find(measurement, VT_EXITS_BY_REASON)->count, 810);
    /* over midnight: two seconds between the first and the last, and one before the first */
    assert_true(measurement->seconds > 3.0 && measurement->seconds < 3.001);
}

static void
test_the_same_table_twice_would_count_twice(void **state)
{
    g_autofree char *table = sample_text("perf-nothing"), *vcpus = sample_text("perf-vcpus");
    g_autofree char *twice = g_strconcat(table, table, NULL);
    g_autofree char *vcpu = replace_in(vcpus, "VCPU 1", "VCPU 0");
    g_autofree char *all = replace_in(vcpus, "VCPU 1", "all VCPUs");

    (void)state;
    expect_refusal(twice, "14:1", "a second measurement of 'ioport'");
    expect_refusal(vcpu, "16:1", "a second measurement of 'vmexit'");
    expect_refusal(all, "16:1", "the first is in exits.txt");
}

static void
test_the_order_of_tables_does_not_matter(void **state)
{
    g_autofree char *text = sample_text("perf-windows10");
    char *second = strstr(strstr(text, "Total"), "Analyze");
    g_autofree char *other = g_strconcat(second, "\n", NULL);
    g_autofree char *whole = NULL;
    g_autoptr(VtMeasurement) swapped = NULL, measurement = read_text(text);

    (void)state;
    *second = '\0';
    whole = g_strconcat(other, text, NULL);
    swapped = read_text(whole);
    for (guint i = 0; i < 2; i++) {
        const VtExitTable *one = measurement->tables->pdata[i];
        const VtExitTable *same = swapped->tables->pdata[i];
        assert_int_equal(one->kind, same->kind);
        assert_int_equal(one->count, same->count);
    }
}

static void
test_rows_that_do_not_add_up_are_refused(void **state)
{
    (void)state;
    expect_refusal_with("perf-windows10", "48975", "48974", "12:1", "hold 256737 samples");
    expect_refusal_with("perf-windows10", "4.39us", "5.39us", "12:1", "the time of its totals");
    expect_refusal_with("perf-windows10", "Samples:256738", "Samples:256739", "12:1",
                        "its totals say 256739");
}

static void
test_numbers_of_a_locale_are_not_guessed_at(void **state)
{
    (void)state;
    expect_refusal_with("perf-windows10", "158788", "158,788", "7:26", "LC_ALL=C");
    expect_refusal_with("perf-windows10", "158788", "158.788", "7:26", "LC_ALL=C");
    expect_refusal_with("perf-windows10", "158788", "158'788", "7:26", "LC_ALL=C");
    expect_refusal_with("perf-windows10", "158788", "158\u00a0788", "7:26", "LC_ALL=C");
    expect_refusal_with("perf-windows10", "4.39us", "4,39us", "7:82", "LC_ALL=C");
}

static void
test_what_is_no_number_or_too_large_is_refused(void **state)
{
    (void)state;
    expect_refusal_with("perf-windows10", "158788", "-15878", "7:26", "not '-15878'");
    expect_refusal_with("perf-windows10", "4.39us", "-nanus", "7:82", "not '-nan'");
    expect_refusal_with("perf-windows10", "4.39us", "1e99us", "7:82", "not '1e99'");
    expect_refusal_with("perf-windows10", "158788", "99999999999999999999", "7:26",
                        "more than anything can have counted");
    /* each fits, and their product or sum does not */
    expect_refusal_with("perf-windows10", "158788", "9999999999999999999", "7:12",
                        "more than anything can have measured");
    expect_refusal_with("perf-windows10", "1762.92us", "99999999999999999.92us", "25:18",
                        "more than anything can have measured");
}

static void
test_a_nan_share_of_no_time_is_nothing_wrong(void **state)
{
    g_autofree char *text = sample_text("perf-windows10");
    g_autofree char *one = replace_in(text, "77.51%", " -nan%");
    g_autofree char *other = replace_in(one, "   0.21% )", "   -nan% )");
    g_autoptr(VtMeasurement) measurement = read_text(other);

    (void)state;
    assert_int_equal(vt_measurement_find(measurement, VT_EXITS_BY_PORT)->count, 256738);
}

static void
test_what_perf_does_not_print_is_refused_at_its_place(void **state)
{
    (void)state;
    expect_refusal_with("perf-windows10", "IO Port Access", "TLB Access", "5:7", "'TLB Access'");
    expect_refusal_with("perf-windows10", "IO Port Access", "", "5:11", "a table of ''");
    expect_refusal_with("perf-windows10", "Min Time", "Mid Time", "5:56", "this column");
    expect_refusal_with("perf-windows10", "0x608:PIN", "0x608 PIN", "7:12", "'0x608:PIN'");
    expect_refusal_with("perf-windows10", "0x608:PIN", "0x608:PXX", "7:12", "'0x608:PIN'");
    expect_refusal_with("perf-windows10", "0x608:PIN", "0xq:PIN", "7:12", "'0x608:PIN'");
    expect_refusal_with("perf-windows10", "1.04us", "1.04ms", "7:58", "not as 'perf kvm stat");
    expect_refusal_with("perf-windows10", "EOI_INDUCED", "EOI\x01_INDUCED", "23:10", "not as");
    expect_refusal_with("perf-windows10", "  1.04us", "", "7:46", "not as 'perf kvm stat report'");
    expect_refusal_with("perf-windows10", "0x608:PIN", "hello", "7:12", "0x608:PIN");
    expect_refusal_with("perf-windows10", "0x608:PIN  ", "0x608:PIN (", "7:12", "'0x608:PIN'");
}

static void
test_a_table_without_its_beginning_or_its_end_is_refused(void **state)
{
    g_autofree char *text = sample_text("perf-nothing");

    (void)state;
    expect_refusal(strstr(text, "Total"), "1:1", "whose beginning is missing");
    expect_refusal_with("perf-nothing", " Samples ", " Counts ", "5:1",
                        "heads of a table's columns");
    *strstr(text, "Total") = '\0';
    expect_refusal(text, "7:1", "ends within a table");
    *strstr(text, "   ") = '\0';
    expect_refusal(text, "4:1", "heads of a table's columns");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_times_and_the_longest_are_read),
        cmocka_unit_test(test_amd_names_mmio_and_msr_of_a_newer_perf_are_read),
        cmocka_unit_test(test_what_perf_lost_is_kept),
        cmocka_unit_test(test_the_oldest_perf_knows_no_longest_time),
        cmocka_unit_test(test_an_empty_table_is_a_measurement_of_nothing),
        cmocka_unit_test(test_tables_of_several_vcpus_add_up),
        cmocka_unit_test(test_tables_of_several_moments_add_up_and_tell_how_long),
        cmocka_unit_test(test_the_same_table_twice_would_count_twice),
        cmocka_unit_test(test_the_order_of_tables_does_not_matter),
        cmocka_unit_test(test_rows_that_do_not_add_up_are_refused),
        cmocka_unit_test(test_numbers_of_a_locale_are_not_guessed_at),
        cmocka_unit_test(test_what_is_no_number_or_too_large_is_refused),
        cmocka_unit_test(test_a_nan_share_of_no_time_is_nothing_wrong),
        cmocka_unit_test(test_what_perf_does_not_print_is_refused_at_its_place),
        cmocka_unit_test(test_a_table_without_its_beginning_or_its_end_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
