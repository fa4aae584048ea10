/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "measurement-fixture.h"

#include <time.h>

/* Every sample, and whether its last line tells that it is the last. */
static const struct {
    const char *name;
    bool has_end;
} samples[] = {
    {"perf-3.7", true},
    {"perf-amd", false}, /* three tables, each with its end */
    {"perf-live", false},
    {"perf-nothing", true},
    {"perf-vcpus", false},
    {"perf-windows10", false},
    {"kvm-stat-log", false},
    {"kvm-stat-log-csv", false},
    {"kvm-stat-log-without-times", false},
    {"kvm-stat-once", false},
    {"kvm-stat-once-tracepoints", false},
    {"kvm-stat-screen", false},
    {"trace-cmd-amd", false},
    {"trace-cmd-latency", false},
    {"trace-perf-script", false},
    {"trace-tracefs", false},
    {"trace-with-a-gap", false},
};

/* Everything that @measurement holds, for comparing. */
static char *
describe(const VtMeasurement *measurement)
{
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append_printf(text, "%.6f\n", measurement->seconds);
    for (guint i = 0; i < measurement->lost->len; i++)
        g_string_append_printf(text, "%s\n", (char *)measurement->lost->pdata[i]);
    for (guint i = 0; i < measurement->tables->len; i++) {
        const VtExitTable *table = measurement->tables->pdata[i];
        g_string_append_printf(text, "%s %s\n", vt_exit_kind_to_string(table->kind), table->origin);
        for (guint j = 0; j < table->counts->len; j++) {
            const VtExitCount *count = table->counts->pdata[j];
            g_autofree char *label = vt_exit_count_label(count);
            g_string_append_printf(text, "%s %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT "\n", label,
                                   count->count, count->time_ns);
        }
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
expect_same(const char *text, const char *other)
{
    g_autoptr(VtMeasurement) a = read_text(text), b = read_text(other);
    g_autofree char *one = describe(a), *two = describe(b);

    assert_string_equal(one, two);
}

/* Each line of @text between @before and @after. */
static char *
dress_lines(const char *text, const char *before, const char *after)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GString) whole = g_string_new(NULL);

    for (char **line = lines; *line && *(line + 1); line++)
        g_string_append_printf(whole, "%s%s%s\n", before, *line, after);
    return g_string_free(g_steal_pointer(&whole), FALSE);
}

static void
test_what_editors_and_terminals_add_does_not_matter(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
        g_autofree char *text = sample_text(samples[i].name);
        g_autofree char *marked = g_strconcat("\xef\xbb\xbf", text, NULL);
        g_autofree char *windows = dress_lines(text, "", "\r");
        g_autofree char *coloured = dress_lines(text, "\x1b[1;32m", "\x1b[0m\x1b(B  \t");
        expect_same(text, marked);
        expect_same(text, windows);
        expect_same(text, coloured);
    }
}

static void
test_a_session_at_a_terminal_may_be_given_as_it_is(void **state)
{
    g_autofree char *table = sample_text("perf-nothing");
    g_autofree char *session = g_strconcat(
        "# perf kvm stat record -p 2411 sleep 10\n[ perf record: Woken up 3 times to write data ]\n"
        "[ perf record: Captured and wrote 15.629 MB perf.data.guest (199063 samples) ]\n"
        "# LC_ALL=C perf kvm stat report --event=ioport\n",
        table, "# logout\n", NULL);

    (void)state;
    expect_same(table, session);
}

static void
test_parts_of_several_programs_may_follow_each_other(void **state)
{
    g_autofree char *perf = sample_text("perf-windows10"), *stat = sample_text("kvm-stat-once");
    g_autofree char *whole = g_strconcat(stat, "\n", perf, NULL);
    g_autoptr(VtMeasurement) measurement = read_text(whole);

    (void)state;
    assert_int_equal(measurement->tables->len, 3);
    assert_true(measurement->seconds == 1);
}

static void
test_parts_that_tell_of_the_same_would_count_twice(void **state)
{
    g_autofree char *perf = sample_text("perf-windows10"), *trace = sample_text("trace-tracefs");
    g_autofree char *whole = g_strconcat(perf, trace, NULL);

    (void)state;
    expect_refusal(whole, "48:1", "a second measurement of 'vmexit', the first is in exits.txt");
}

static void
test_two_files_of_the_same_would_count_twice_and_are_named(void **state)
{
    g_autofree char *text = sample_text("perf-nothing");
    g_autoptr(VtMeasurement) measurement = vt_measurement_new();
    g_autoptr(GError) error = NULL;

    (void)state;
    assert_true(vt_measurement_read_text(measurement, text, strlen(text), "monday.txt", &error));
    assert_false(vt_measurement_read_text(measurement, text, strlen(text), "tuesday.txt", &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
    assert_non_null(strstr(error->message, "tuesday.txt:5:1: "));
    assert_non_null(strstr(error->message, "monday.txt"));
}

static void
test_what_is_no_measurement_is_refused(void **state)
{
    static const char utf_16[] = "\xff\xfe"
                                 "A\0n\0";

    (void)state;
    expect_refusal("", "1:1", "nothing in this text");
    expect_refusal("\n\n", "1:1", "LC_ALL=C perf kvm stat report 2>&1");
    expect_refusal("hello\n", "1:1", "nothing in this text");
    expect_refusal("Lost events: 3\n", "1:1", "nothing in this text");
    expect_refusal(" q-7 [000] 1.000001: kvm_entry: vcpu 0\n", "1:1", "nothing in this text");
    expect_refusal_of_bytes(utf_16, sizeof(utf_16) - 1, "1:4", "UTF-16");
    expect_refusal_of_bytes("a\nbc\0d", 6, "2:3", "a zero byte");
}

static guint64
count_all(const VtMeasurement *measurement)
{
    guint64 count = 0;

    for (guint i = 0; i < measurement->tables->len; i++)
        count += ((const VtExitTable *)measurement->tables->pdata[i])->count;
    return count;
}

static void
test_a_truncated_text_is_refused_or_a_part_of_the_whole(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(samples); i++) {
        g_autofree char *text = sample_text(samples[i].name);
        g_autoptr(VtMeasurement) whole = read_text(text);
        gsize end = strlen(text) - 1;
        while (g_ascii_isspace(text[end - 1]))
            end--;
        for (gsize length = 0; length < end; length++) {
            g_autofree char *cut = g_memdup2(text, MAX(length, 1)); /* no byte more */
            g_autoptr(VtMeasurement) part = vt_measurement_new();
            g_autoptr(GError) error = NULL;
            if (vt_measurement_read_text(part, cut, length, "exits.txt", &error)) {
                assert_false(samples[i].has_end);
                assert_true(count_all(part) <= count_all(whole));
            } else
                assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
        }
    }
}

/* The seconds of a CPU that so many lines take, of which no two are about the same. */
static double
time_lines(int lines)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(VtMeasurement) measurement = NULL;
    clock_t start;
    double seconds;

    for (int i = 0; i < lines; i++)
        g_string_append_printf(
            text, " q-%d [000] 1.%06d: kvm_mmio: mmio read len 4 gpa 0x%x val 0x0\n", i, i, i * 16);
    start = clock();
    measurement = read_text(text->str);
    seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    assert_int_equal(vt_measurement_find(measurement, VT_EXITS_BY_MMIO)->counts->len, lines);
    return seconds;
}

static void
test_many_lines_of_distinct_entries_take_no_more_than_their_share(void **state)
{
    double few = time_lines(20000), many = time_lines(160000);

    (void)state;
    /* eight times as long, give or take; were it quadratic, sixty-four times */
    assert_true(many < 30 * MAX(few, 0.005));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_editors_and_terminals_add_does_not_matter),
        cmocka_unit_test(test_a_session_at_a_terminal_may_be_given_as_it_is),
        cmocka_unit_test(test_parts_of_several_programs_may_follow_each_other),
        cmocka_unit_test(test_parts_that_tell_of_the_same_would_count_twice),
        cmocka_unit_test(test_two_files_of_the_same_would_count_twice_and_are_named),
        cmocka_unit_test(test_what_is_no_measurement_is_refused),
        cmocka_unit_test(test_a_truncated_text_is_refused_or_a_part_of_the_whole),
        cmocka_unit_test(test_many_lines_of_distinct_entries_take_no_more_than_their_share),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
