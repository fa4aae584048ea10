/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/error.h"
#include "diagnose/counters.h"

#include <string.h>

/* "vcpu.0.exits.sum=5 ..." as libvirt tells it. */
static GHashTable *
statistics(const char *text)
{
    GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    for (char **word = words; *word; word++) {
        char *equals = strchr(*word, '=');
        guint64 value = g_ascii_strtoull(equals + 1, NULL, 10);
        g_hash_table_insert(table, g_strndup(*word, (gsize)(equals - *word)),
                            g_memdup2(&value, sizeof(value)));
    }
    return table;
}

static VtMeasurement *
measure(const char *before_text, const char *after_text, GError **error)
{
    g_autoptr(VtMeasurement) measurement = vt_measurement_new();
    g_autoptr(GHashTable) before = statistics(before_text);
    g_autoptr(GHashTable) after = statistics(after_text);

    if (!vt_measurement_read_counters(measurement, before, after, "libvirt", error))
        return NULL;
    vt_measurement_settle(measurement);
    return g_steal_pointer(&measurement);
}

static guint64
count_of(const VtMeasurement *measurement, const char *name)
{
    const VtExitTable *table = vt_measurement_find(measurement, VT_EXITS_COUNTER);
    const VtExitCount *count;

    assert_non_null(table);
    count = vt_exit_table_find(table, name);
    if (!count)
        fail_msg("no counter '%s'", name);
    return count->count;
}

static void
what_grew_on_all_vcpus_is_counted_together(void **state)
{
    g_autoptr(VtMeasurement) measurement =
        measure("vcpu.0.exits.sum=100 vcpu.1.exits.sum=7 vcpu.0.io_exits.sum=90",
                "vcpu.0.exits.sum=150 vcpu.1.exits.sum=10 vcpu.0.io_exits.sum=90", NULL);

    assert_int_equal(count_of(measurement, "exits"), 53);
    assert_int_equal(count_of(measurement, "io_exits"), 0);
    assert_int_equal(measurement->lost->len, 0);
}

static void
what_is_no_counter_of_kvm_is_not_counted(void **state)
{
    const char *text = "vcpu.0.exits.sum=1 vcpu.0.time=5 vcpu.0.blocking.cur=1 vcpu.current=2 "
                       "state.state=1 vcpu.x.exits.sum=9 vcpu.0..sum=3 vcpu.0.sum=4 "
                       "vcpu.0.depth.max=6";
    g_autoptr(VtMeasurement) measurement = measure(text, text, NULL);

    assert_int_equal(vt_measurement_find(measurement, VT_EXITS_COUNTER)->counts->len, 1);
}

static void
a_vcpu_that_came_or_went_is_left_out_and_said_to_be_lost(void **state)
{
    g_autoptr(VtMeasurement) measurement =
        measure("vcpu.0.exits.sum=1 vcpu.2.exits.sum=5 vcpu.2.io_exits.sum=5",
                "vcpu.0.exits.sum=3 vcpu.1.exits.sum=900 vcpu.1.io_exits.sum=900", NULL);

    assert_int_equal(count_of(measurement, "exits"), 2);
    assert_int_equal(measurement->lost->len, 2);
    assert_non_null(strstr(measurement->lost->pdata[0], "vCPU 1"));
    assert_non_null(strstr(measurement->lost->pdata[1], "vCPU 2"));
}

static void
a_counter_that_went_back_is_of_another_run(void **state)
{
    g_autoptr(GError) error = NULL;

    assert_null(measure("vcpu.0.exits.sum=100", "vcpu.0.exits.sum=99", &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
    assert_non_null(strstr(error->message, "'exits' of vCPU 0 went back from 100 to 99"));
}

static void
counters_that_do_not_add_up_are_refused(void **state)
{
    g_autoptr(GError) error = NULL;

    assert_null(measure(
        "vcpu.0.exits.sum=0 vcpu.1.exits.sum=0",
        "vcpu.0.exits.sum=18446744073709551615 vcpu.1.exits.sum=18446744073709551615", &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
}

static void
a_guest_without_kvm_tells_no_counters(void **state)
{
    g_autoptr(GHashTable) emulated = statistics("vcpu.0.time=5 vcpu.0.state=1 state.state=1");
    g_autoptr(GHashTable) kvm = statistics("vcpu.0.time=5 vcpu.3.exits.sum=0");

    assert_false(vt_counters_are_told(emulated));
    assert_true(vt_counters_are_told(kvm));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_grew_on_all_vcpus_is_counted_together),
        cmocka_unit_test(what_is_no_counter_of_kvm_is_not_counted),
        cmocka_unit_test(a_vcpu_that_came_or_went_is_left_out_and_said_to_be_lost),
        cmocka_unit_test(a_counter_that_went_back_is_of_another_run),
        cmocka_unit_test(counters_that_do_not_add_up_are_refused),
        cmocka_unit_test(a_guest_without_kvm_tells_no_counters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
