/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/error.h"
#include "diagnose/text.h"

#include <string.h>

#define HEADS "Samples  Samples%     Time%    Min Time    Max Time         Avg time\n\n"

/* The figures of IO_INSTRUCTION and of its ports are those that a Windows 10 guest was published
 * with (ctyun, 2023); the other rows are left out. */
static const char exits[] =
    "\n\nAnalyze events for all VMs, all VCPUs:\n\n"
    "             VM-EXIT    " HEADS "      IO_INSTRUCTION     256738    99.57%    98.74%      "
    "1.49us   1235.12us     11.48us ( +-   0.36% )\n"
    "                 HLT       1105     0.43%     1.26%      1.83us   1762.92us     34.09us ( +-  "
    " 8.27% )\n"
    "\nTotal Samples:257843, Total events handled time:2985021.69us.\n\n";
static const char ports[] =
    "Analyze events for all VMs, all VCPUs:\n\n"
    "      IO Port Access    " HEADS "           0x608:PIN     158788    61.85%    77.51%      "
    "1.04us     38.51us      4.39us ( +-   0.21% )\n"
    "           0x70:POUT      48975    19.08%     9.69%      0.89us     34.49us      1.78us ( +-  "
    " 0.23% )\n"
    "            0x71:PIN      47791    18.61%    10.73%      1.07us     28.67us      2.02us ( +-  "
    " 0.21% )\n"
    "           0x71:POUT       1184     0.46%     2.07%     12.81us    586.25us     15.71us ( +-  "
    " 3.09% )\n"
    "\nTotal Samples:256738, Total events handled time:899615.43us.\n\n";

static VtMeasurement *
read_whole(const char *text)
{
    g_autoptr(VtMeasurement) measurement = vt_measurement_new();
    g_autoptr(GError) error = NULL;

    if (!vt_measurement_read_text(measurement, text, strlen(text), "exits.txt", &error))
        fail_msg("refused: %s", error->message);
    vt_measurement_settle(measurement);
    return g_steal_pointer(&measurement);
}

static void
expect_refusal(const char *text, const char *place, const char *reason)
{
    g_autoptr(VtMeasurement) measurement = vt_measurement_new();
    g_autoptr(GError) error = NULL;
    /* "" = anywhere */
    g_autofree char *prefix = g_strdup_printf("exits.txt:%s%s", place, *place ? ": " : "");

    if (vt_measurement_read_text(measurement, text, strlen(text), "exits.txt", &error))
        fail_msg("read:\n%s", text);
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
    if (!g_str_has_prefix(error->message, prefix) || !strstr(error->message, reason))
        fail_msg("'%s' at %s expected, but: %s", reason, place, error->message);
}

/* @table, with @from in it once, and @to there instead. */
static void
expect_refusal_of(const char *table, const char *from, const char *to, const char *place,
                  const char *reason)
{
    g_auto(GStrv) parts = g_strsplit(table, from, 2);
    g_autofree char *text = NULL;

    assert_int_equal(g_strv_length(parts), 2);
    text = g_strconcat(parts[0], to, parts[1], NULL);
    expect_refusal(text, place, reason);
}

static void
test_counts_times_and_the_longest_are_read(void **state)
{
    g_autoptr(VtMeasurement) measurement = read_whole(exits);
    const VtExitTable *table = vt_measurement_find(measurement, VT_EXITS_BY_REASON);
    const VtExitCount *halts = vt_exit_table_find(table, "HLT");

    (void)state;
    assert_int_equal(measurement->tables->len, 1);
    assert_int_equal(table->count, 257843);
    assert_string_equal(table->origin, "exits.txt");
    assert_int_equal(halts->count, 1105);
    assert_int_equal(halts->time_ns, 1105 * 34090);
    assert_int_equal(halts->max_ns, 1762920);
}

static void
test_the_order_of_tables_does_not_matter(void **state)
{
    g_autofree char *one = g_strconcat(exits, ports, NULL),
                    *other = g_strconcat(ports, exits, NULL);
    g_autoptr(VtMeasurement) a = read_whole(one), b = read_whole(other);

    (void)state;
    for (VtExitKind kind = VT_EXITS_BY_REASON; kind <= VT_EXITS_BY_PORT; kind++) {
        assert_non_null(vt_measurement_find(a, kind));
        assert_int_equal(vt_measurement_find(a, kind)->count, vt_measurement_find(b, kind)->count);
    }
}

static void
test_addresses_have_their_access(void **state)
{
    g_autoptr(VtMeasurement) measurement = read_whole(ports);
    const VtExitTable *table = vt_measurement_find(measurement, VT_EXITS_BY_PORT);
    const VtExitCount *first = table->counts->pdata[0], *last = table->counts->pdata[3];

    (void)state;
    assert_int_equal(first->address, 0x608);
    assert_int_equal(first->access, VT_ACCESS_READ);
    assert_null(first->name);
    assert_int_equal(last->address, 0x71);
    assert_int_equal(last->access, VT_ACCESS_WRITE);
}

static void
test_rows_that_do_not_add_up_are_refused(void **state)
{
    (void)state;
    expect_refusal_of(ports, "48975", "48974", "10:15", "do not add up");
    expect_refusal_of(ports, "4.39us", "5.39us", "10:15", "do not add up");
    expect_refusal_of(ports, "Total Samples:256738", "Total Samples:256739", "10:15",
                      "they hold 256738 samples of 256739");
}

static void
test_numbers_of_a_locale_are_not_guessed_at(void **state)
{
    (void)state;
    expect_refusal_of(ports, "158788", "158,788", "5:26", "LC_ALL=C");
    expect_refusal_of(ports, "158788", "158.788", "5:26", "LC_ALL=C");
    expect_refusal_of(ports, "4.39us", "4,39us", "5:82", "LC_ALL=C");
}

static void
test_a_truncated_text_is_refused(void **state)
{
    gsize whole = strlen(ports) - strlen("\n\n");

    (void)state;
    for (gsize length = 0; length < whole; length++) {
        g_autofree char *text = g_strndup(ports, length);
        expect_refusal(text, "", "");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_times_and_the_longest_are_read),
        cmocka_unit_test(test_the_order_of_tables_does_not_matter),
        cmocka_unit_test(test_addresses_have_their_access),
        cmocka_unit_test(test_rows_that_do_not_add_up_are_refused),
        cmocka_unit_test(test_numbers_of_a_locale_are_not_guessed_at),
        cmocka_unit_test(test_a_truncated_text_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
