/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "measurement-fixture.h"

#define EXIT(task, stamp, reason)                                                                  \
    "    CPU 0/KVM-" task " [000] " stamp ": kvm_exit: reason " reason " rip 0x1 info 0 0\n"
#define ENTRY(task, stamp) "    CPU 0/KVM-" task " [000] " stamp ": kvm_entry: vcpu 0\n"
#define PIO(task, stamp)                                                                           \
    "    CPU 0/KVM-" task " [000] " stamp ": kvm_pio: pio_read at 0x608 size 4 count 1 val 0x0\n"

static void
expect_reasons(const char *text, const char *expected)
{
    g_autoptr(VtMeasurement) measurement = read_text(text);

    expect_table(measurement, VT_EXITS_BY_REASON, expected);
}

static void
test_every_form_of_a_trace_tells_the_same(void **state)
{
    static const char *const samples[] = {"trace-tracefs", "trace-cmd-latency",
                                          "trace-perf-script"};

    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
        g_autoptr(VtMeasurement) measurement = read_sample(samples[i]);
        assert_true(measurement->seconds == 1);
        expect_table(measurement, VT_EXITS_BY_REASON,
                     "EPT_MISCONFIG 2 13000 10000\n"
                     "HLT 2 1000000 1000000\n"
                     "IO_INSTRUCTION 2 46000 40000\n"
                     "MSR_WRITE 1 2000 2000\n");
        expect_table(measurement, VT_EXITS_BY_PORT,
                     "0x3f8 write 1 40000 40000\n" /* 64 bytes by one instruction */
                     "0x608 read 1 6000 6000\n");
        expect_table(measurement, VT_EXITS_BY_MMIO,
                     "0xfe003000 write 1 3000 3000\n"
                     "0xfed000f0 read 1 10000 10000\n"); /* handed on, and done later */
        expect_table(measurement, VT_EXITS_BY_MSR, "0x6e0 write 1 2000 2000\n");
    }
}

static void
test_trace_cmd_names_of_amd_are_the_kernels(void **state)
{
    g_autoptr(VtMeasurement) measurement = read_sample("trace-cmd-amd");

    (void)state;
    expect_table(measurement, VT_EXITS_BY_REASON,
                 "hlt 2 1000000 1000000\n"
                 "io 2 46000 40000\n"
                 "npf 2 13000 10000\n"
                 "msr 1 2000 2000\n");
}

static void
test_the_kernels_names_stay(void **state)
{
    (void)state;
    expect_reasons(EXIT("7", "1.0", "PF excp") EXIT("7", "1.1", "UNKNOWN (77)")
                       EXIT("7", "1.2", "INVALID_STATE FAILED_VMENTRY"),
                   "INVALID_STATE FAILED_VMENTRY 1 -1 -1\nPF excp 1 -1 -1\nUNKNOWN (77) 1 -1 -1\n");
    expect_reasons(EXIT("7", "1.0", "EXIT_EXCP_PF") EXIT("7", "1.1", "EXIT_VMMCALL")
                       EXIT("7", "1.2", "EXIT_AVIC_INCOMPLETE_IPI"),
                   "PF excp 1 -1 -1\navic_incomplete_ipi 1 -1 -1\nhypercall 1 -1 -1\n");
}

static void
test_an_exit_takes_until_the_same_task_enters(void **state)
{
    (void)state;
    expect_reasons(EXIT("7", "1.000001", "HLT") EXIT("8", "1.000002", "CPUID")
                       ENTRY("8", "1.000005") ENTRY("7", "1.000010"),
                   "CPUID 1 3000 3000\nHLT 1 9000 9000\n");
}

static void
test_what_does_not_end_counts_without_its_time(void **state)
{
    (void)state;
    expect_reasons(ENTRY("7", "1.000000") EXIT("7", "1.000001", "HLT") ENTRY("7", "1.000003")
                       EXIT("7", "1.000004", "HLT"),
                   "HLT 2 2000 2000\n");
    expect_reasons(EXIT("7", "1.000001", "HLT") EXIT("7", "1.000003", "HLT") ENTRY("7", "1.000004"),
                   "HLT 2 1000 1000\n");
}

static void
test_no_time_goes_backwards(void **state)
{
    (void)state;
    expect_reasons(EXIT("7", "2.000000", "HLT") ENTRY("7", "1.000000"), "HLT 1 -1 -1\n");
}

static void
test_without_kvm_exit_an_access_takes_from_itself_on(void **state)
{
    g_autoptr(VtMeasurement) measurement = read_text(PIO("7", "1.000001") ENTRY("7", "1.000003"));

    (void)state;
    expect_table(measurement, VT_EXITS_BY_PORT, "0x608 read 1 2000 2000\n");
}

static void
test_the_time_of_two_accesses_in_one_exit_counts_once(void **state)
{
    g_autoptr(VtMeasurement) measurement = read_text(EXIT("7", "1.000001", "IO_INSTRUCTION") PIO(
        "7", "1.000002") PIO("7", "1.000003") ENTRY("7", "1.000004"));

    (void)state;
    expect_table(measurement, VT_EXITS_BY_PORT, "0x608 read 2 3000 3000\n");
}

static void
test_without_entries_or_seconds_no_time_is_known(void **state)
{
    g_autoptr(VtMeasurement) ports = read_text(PIO("7", "1.000001") PIO("7", "1.500001"));
    g_autoptr(VtMeasurement) ticks = read_text(EXIT("7", "991", "HLT") ENTRY("7", "995"));

    (void)state;
    expect_table(ports, VT_EXITS_BY_PORT, "0x608 read 2 -1 -1\n");
    assert_true(ports->seconds == 0.5);
    expect_table(ticks, VT_EXITS_BY_REASON, "HLT 1 -1 -1\n");
    assert_true(ticks->seconds == 0);
}

static void
test_what_was_lost_is_kept_and_no_pair_reaches_over_it(void **state)
{
    g_autoptr(VtMeasurement) gap = read_sample("trace-with-a-gap");
    g_autoptr(VtMeasurement) overwritten = read_sample("trace-tracefs");
    g_autoptr(VtMeasurement) dropped = read_text(
        EXIT("7", "1.000001", "HLT") "CPU:0 [42 EVENTS DROPPED]\n" ENTRY("7", "1.000003"));

    (void)state;
    assert_int_equal(gap->lost->len, 1);
    assert_string_equal(gap->lost->pdata[0], "exits.txt: CPU:0 [LOST 381 EVENTS]");
    expect_table(gap, VT_EXITS_BY_REASON,
                 "EPT_MISCONFIG 2 13000 10000\n"
                 "HLT 2 0 -1\n"
                 "IO_INSTRUCTION 2 46000 40000\n"
                 "MSR_WRITE 1 0 -1\n");
    assert_int_equal(overwritten->lost->len, 1);
    assert_non_null(strstr(overwritten->lost->pdata[0], "22/29"));
    assert_int_equal(dropped->lost->len, 1);
    expect_table(dropped, VT_EXITS_BY_REASON, "HLT 1 -1 -1\n");
}

static void
test_of_many_losses_the_first_are_kept(void **state)
{
    g_autoptr(GString) text = g_string_new(PIO("7", "1.000001"));
    g_autoptr(VtMeasurement) measurement = NULL;

    (void)state;
    for (int i = 0; i < 1000; i++)
        g_string_append(text, "CPU:0 [LOST 3 EVENTS]\n");
    measurement = read_text(text->str);
    assert_int_equal(measurement->lost->len, 9);
}

static void
test_names_of_tasks_do_not_mislead(void **state)
{
    (void)state;
    expect_reasons("   [7] kvm_exit: -7 [000] 1.000001: kvm_exit: reason HLT rip 0x1\n"
                   "   a-9 b-7   (  5) [000] d..1. 1.000003: kvm_entry: vcpu 0\n"
                   "   a]-8 [000] d..1. 1.000004: kvm_entry: vcpu 0\n",
                   "HLT 1 2000 2000\n");
}

static void
test_what_no_trace_holds_is_refused_at_its_place(void **state)
{
    static const char *const wrong[] = {
        "kvm_exit: reason HLT\n",
        "kvm_exit: HLT rip 0x1\n",
        "kvm_exit: vcpu x reason HLT rip 0x1\n",
        "kvm_exit: reason H\x01LT rip 0x1\n",
        "kvm_exit: reason EXIT_ rip 0x1\n",
        "kvm_exit: reason (7) rip 0x1\n",
        "kvm_pio: pio_read at 0x608\n",
        "kvm_pio: pio_peek at 0x608 size 4 count 1 val 0x0\n",
        "kvm_pio: pio_read at 0x size 4 count 1 val 0x0\n",
        "kvm_pio: pio_read at 0x10000000000000000 size 4 count 1 val 0x0\n",
        "kvm_mmio: mmio read len 4 gpa 0xfee00300\n",
        "kvm_mmio: mmio look len 4 gpa 0xfee00300 val 0x0\n",
        "kvm_fast_mmio: fast mmio at gpa\n",
        "kvm_msr: msr_write 6e0\n",
        "kvm_msr: msr_write = 0x12\n",
    };

    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *line = g_strconcat(" q-7 [000] 1.000001: ", wrong[i], NULL);
        g_autofree char *place =
            g_strdup_printf("1:%zu", strlen(" q-7 [000] 1.000001: ") + strcspn(wrong[i], ":") + 3);
        expect_refusal(line, place, "looks like in a trace");
    }
}

static void
test_times_too_large_are_refused(void **state)
{
    (void)state;
    expect_refusal(EXIT("7", "99999999999999999999.0", "HLT"), "1:23", "more than anything");
    expect_refusal(EXIT("7", "9999999999.0", "HLT"), "1:23", "a time as late as this");
    expect_refusal(EXIT("7", "1.0.0", "HLT"), "1:23", "could be several numbers");
    expect_refusal(EXIT("7", "1.0", "HLT") ENTRY("7", "8000000000.0") EXIT("7", "1.0", "HLT")
                       ENTRY("7", "8000000000.0"),
                   "4:1", "more than anything can have measured");
}

static void
test_a_line_without_its_end_is_refused(void **state)
{
    (void)state;
    expect_refusal(PIO("7", "1.0") " q-7 [000] 1.000001: kvm_msr: msr_write 6e0 = 0x1", "2:50",
                   "ends within this line");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form_of_a_trace_tells_the_same),
        cmocka_unit_test(test_trace_cmd_names_of_amd_are_the_kernels),
        cmocka_unit_test(test_the_kernels_names_stay),
        cmocka_unit_test(test_an_exit_takes_until_the_same_task_enters),
        cmocka_unit_test(test_what_does_not_end_counts_without_its_time),
        cmocka_unit_test(test_no_time_goes_backwards),
        cmocka_unit_test(test_without_kvm_exit_an_access_takes_from_itself_on),
        cmocka_unit_test(test_the_time_of_two_accesses_in_one_exit_counts_once),
        cmocka_unit_test(test_without_entries_or_seconds_no_time_is_known),
        cmocka_unit_test(test_what_was_lost_is_kept_and_no_pair_reaches_over_it),
        cmocka_unit_test(test_of_many_losses_the_first_are_kept),
        cmocka_unit_test(test_names_of_tasks_do_not_mislead),
        cmocka_unit_test(test_what_no_trace_holds_is_refused_at_its_place),
        cmocka_unit_test(test_times_too_large_are_refused),
        cmocka_unit_test(test_a_line_without_its_end_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
