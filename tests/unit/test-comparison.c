/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "comparison-fixture.h"

static VtExitTable *
table(Guest *guest, VtExitKind kind)
{
    return vt_measurement_add(guest->measurement, kind, "test", NULL);
}

static void
reason(Guest *guest, const char *name, guint64 count)
{
    vt_exit_table_count(table(guest, VT_EXITS_BY_REASON), name, 0, VT_ACCESS_NONE, count,
                        (gint64)count * 1000, VT_TIME_UNKNOWN);
    guest->diagnosis.count += count;
}

static void
port(Guest *guest, guint64 address, guint64 count)
{
    vt_exit_table_count(table(guest, VT_EXITS_BY_PORT), NULL, address, VT_ACCESS_READ, count,
                        VT_TIME_UNKNOWN, VT_TIME_UNKNOWN);
}

/* A cause with that entry of the table as its evidence. */
static void
cause(Guest *guest, const char *id, bool sure, VtExitKind kind, guint entry)
{
    VtCauseFound *found = g_new0(VtCauseFound, 1);
    VtCause *one = g_new0(VtCause, 1);
    VtEvidence *evidence = g_new0(VtEvidence, 1);

    one->id = (char *)(gpointer)id;
    one->matters_from = VT_MATTERS_UNSAID;
    found->cause = one;
    found->sure = sure;
    evidence->kind = kind;
    evidence->entry = vt_measurement_find(guest->measurement, kind)->counts->pdata[entry];
    found->count = evidence->entry->count;
    found->evidence = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(found->evidence, evidence);
    g_ptr_array_add(guest->diagnosis.causes, found);
}

static VtComparison *
compare(const Guest *before, const Guest *after)
{
    const VtComparisonSide one = {
        .diagnosis = &before->diagnosis, .plan = NULL, .facts = before->facts};
    const VtComparisonSide other = {
        .diagnosis = &after->diagnosis, .plan = NULL, .facts = after->facts};

    return vt_compare(&one, &other);
}

static void
assert_row(const VtComparison *comparison, guint index, const char *label, guint64 before,
           guint64 after)
{
    const VtComparisonRow *row;

    assert_true(index < comparison->rows->len);
    row = comparison->rows->pdata[index];
    assert_string_equal(row->label, label);
    assert_int_equal(row->before, before);
    assert_int_equal(row->after, after);
}

static void
assert_remark(const VtComparison *comparison, const char *words)
{
    for (guint i = 0; i < comparison->remarks->len; i++) {
        if (strstr(comparison->remarks->pdata[i], words))
            return;
    }
    fail_msg("no remark says '%s'", words);
}

static const char *
only_cause(const GPtrArray *causes)
{
    assert_int_equal(causes->len, 1);
    return ((const VtCauseFound *)causes->pdata[0])->cause->id;
}

/* ---- rows ---- */

static void
what_differs_most_comes_first(void **state G_GNUC_UNUSED)
{
    g_autoptr(Guest) before = guest_new(10), after = guest_new(10);
    g_autoptr(VtComparison) comparison = NULL;

    reason(before, "EXTERNAL_INTERRUPT", 37002);
    reason(before, "IO_INSTRUCTION", 256738);
    reason(before, "HLT", 1105);
    reason(after, "EXTERNAL_INTERRUPT", 55604);
    reason(after, "HLT", 580);
    reason(after, "TPR_BELOW_THRESHOLD", 699);
    comparison = compare(before, after);
    assert_int_equal(comparison->rows->len, 4);
    assert_row(comparison, 0, "IO_INSTRUCTION", 256738, 0);
    assert_row(comparison, 1, "EXTERNAL_INTERRUPT", 37002, 55604);
    assert_row(comparison, 2, "TPR_BELOW_THRESHOLD", 0, 699);
    assert_row(comparison, 3, "HLT", 1105, 580);
    assert_int_equal(comparison->remarks->len, 0);
}

static void
what_is_gone_takes_no_time(void **state G_GNUC_UNUSED)
{
    g_autoptr(Guest) before = guest_new(10), after = guest_new(10);
    g_autoptr(VtComparison) comparison = NULL;
    const VtComparisonRow *row;

    reason(before, "CPUID", 7);
    table(after, VT_EXITS_BY_REASON);
    comparison = compare(before, after);
    row = comparison->rows->pdata[0];
    assert_int_equal(row->before_ns, 7000);
    assert_int_equal(row->after_ns, 0);
}

static void
what_is_gone_of_a_table_without_times_has_none(void **state G_GNUC_UNUSED)
{
    g_autoptr(Guest) before = guest_new(10), after = guest_new(10);
    g_autoptr(VtComparison) comparison = NULL;
    const VtComparisonRow *row;

    port(before, 0x608, 7);
    port(after, 0x70, 8);
    comparison = compare(before, after);
    row = comparison->rows->pdata[1];
    assert_row(comparison, 1, "0x608 read", 7, 0);
    assert_int_equal(row->before_ns, VT_TIME_UNKNOWN);
    assert_int_equal(row->after_ns, VT_TIME_UNKNOWN);
}

static void
windows_of_different_length_are_compared_per_second(void **state G_GNUC_UNUSED)
{
    g_autoptr(Guest) before = guest_new(10), after = guest_new(20);
    g_autoptr(VtComparison) comparison = NULL;

    reason(before, "CPUID", 100);
    reason(before, "HLT", 100);
    reason(after, "CPUID", 200);
    reason(after, "HLT", 100);
    comparison = compare(before, after);
    assert_true(comparison->per_second);
    assert_row(comparison, 0, "HLT", 100, 100); /* 10 and 5 per second */
    assert_row(comparison, 1, "CPUID", 100, 200);
    assert_int_equal(comparison->remarks->len, 0);
}

static void
windows_of_unknown_length_are_compared_by_count(void **state G_GNUC_UNUSED)
{
    g_autoptr(Guest) before = guest_new(10), after = guest_new(0);
    g_autoptr(VtComparison) comparison = NULL;

    reason(before, "CPUID", 100);
    reason(before, "HLT", 100);
    reason(after, "CPUID", 200);
    reason(after, "HLT", 100);
    comparison = compare(before, after);
    assert_false(comparison->per_second);
    assert_row(comparison, 0, "CPUID", 100, 200);
    assert_remark(comparison, "only right if it was equally long");
}

/* ---- tables of one side ---- */

static void
a_table_of_one_side_is_not_compared(void **state G_GNUC_UNUSED)
{
    g_autoptr(Guest) before = guest_new(10), after = guest_new(10);
    g_autoptr(VtComparison) comparison = NULL;

    reason(before, "IO_INSTRUCTION", 100);
    port(before, 0x608, 100);
    cause(before, "clock/pm-timer", true, VT_EXITS_BY_PORT, 0);
    reason(after, "IO_INSTRUCTION", 90);
    comparison = compare(before, after);
    assert_int_equal(comparison->rows->len, 1);
    assert_row(comparison, 0, "IO_INSTRUCTION", 100, 90);
    assert_int_equal(comparison->gone->len, 0);
    assert_remark(comparison, "'ioport' from before and none from after");
}

static void
a_missing_table_is_empty_where_the_reasons_say_so(void **state G_GNUC_UNUSED)
{
    g_autoptr(Guest) before = guest_new(10), after = guest_new(10);
    g_autoptr(VtComparison) comparison = NULL;

    reason(before, "IO_INSTRUCTION", 100);
    port(before, 0x608, 100);
    cause(before, "clock/pm-timer", true, VT_EXITS_BY_PORT, 0);
    reason(after, "HLT", 90);
    comparison = compare(before, after);
    assert_int_equal(comparison->rows->len, 3);
    assert_row(comparison, 2, "0x608 read", 100, 0);
    assert_string_equal(only_cause(comparison->gone), "clock/pm-timer");
    assert_int_equal(comparison->remarks->len, 0);
}

static void
amd_s_names_of_reasons_are_known_too(void **state G_GNUC_UNUSED)
{
    g_autoptr(Guest) before = guest_new(10), after = guest_new(10);
    g_autoptr(VtComparison) comparison = NULL;

    reason(before, "io", 100);
    port(after, 0x608, 100);
    reason(after, "io", 90);
    comparison = compare(before, after);
    assert_int_equal(comparison->rows->len, 1);
    assert_remark(comparison, "'ioport' from after and none from before");
}

/* ---- causes ---- */

static void
causes_go_and_come(void **state G_GNUC_UNUSED)
{
    g_autoptr(Guest) before = guest_new(10), after = guest_new(10);
    g_autoptr(VtComparison) comparison = NULL;

    reason(before, "EOI_INDUCED", 18709);
    reason(before, "HLT", 1105);
    cause(before, "apic/apicv", true, VT_EXITS_BY_REASON, 0);
    cause(before, "cpu/halt", true, VT_EXITS_BY_REASON, 1);
    reason(after, "TPR_BELOW_THRESHOLD", 699);
    reason(after, "HLT", 580);
    cause(after, "apic/autoeoi", false, VT_EXITS_BY_REASON, 0);
    cause(after, "cpu/halt", true, VT_EXITS_BY_REASON, 1);
    comparison = compare(before, after);
    assert_string_equal(only_cause(comparison->gone), "apic/apicv");
    assert_string_equal(only_cause(comparison->come), "apic/autoeoi");
}

static void
a_cause_of_which_little_is_left_is_as_good_as_gone(void **state G_GNUC_UNUSED)
{
    g_autoptr(Guest) before = guest_new(10), after = guest_new(10);
    g_autoptr(VtComparison) fallen = NULL, risen = NULL, little = NULL;

    reason(before, "EPT_MISCONFIG", 22691);
    cause(before, "time/hpet", false, VT_EXITS_BY_REASON, 0);
    reason(after, "EPT_MISCONFIG", 8); /* another device's */
    cause(after, "virtio/notify", false, VT_EXITS_BY_REASON, 0);
    fallen = compare(before, after);
    assert_string_equal(only_cause(fallen->gone), "time/hpet");
    assert_int_equal(fallen->come->len, 0);
    risen = compare(after, before);
    assert_string_equal(only_cause(risen->come), "time/hpet");
    reason(after, "EPT_MISCONFIG", 3000);
    little = compare(before, after);
    assert_int_equal(little->gone->len, 0);
}

static void
a_cause_that_does_not_matter_neither_goes_nor_comes(void **state G_GNUC_UNUSED)
{
    g_autoptr(Guest) before = guest_new(10), after = guest_new(10);
    g_autoptr(VtComparison) comparison = NULL;

    reason(before, "VMCALL", 1);
    cause(before, "cpu/hypercall", true, VT_EXITS_BY_REASON, 0);
    ((VtCauseFound *)before->diagnosis.causes->pdata[0])->small = true;
    reason(after, "HLT", 1);
    comparison = compare(before, after);
    assert_int_equal(comparison->gone->len, 0);
}

static void
what_comes_alone_need_not_be_sure_to_matter(void **state G_GNUC_UNUSED)
{
    g_autoptr(Guest) before = guest_new(10), after = guest_new(10);
    g_autoptr(VtComparison) comparison = NULL;
    VtCauseFound *found;

    reason(before, "EOI_INDUCED", 18709);
    reason(after, "TPR_BELOW_THRESHOLD", 699);
    cause(after, "apic/autoeoi", false, VT_EXITS_BY_REASON, 0);
    found = after->diagnosis.causes->pdata[0];
    ((VtCause *)found->cause)->matters_from = 0.001;
    found->count_share = 0.005;
    found->small = true;
    comparison = compare(before, after);
    assert_string_equal(only_cause(comparison->come), "apic/autoeoi");
}

static void
another_guess_at_the_same_exits_has_not_come(void **state G_GNUC_UNUSED)
{
    g_autoptr(Guest) before = guest_new(10), after = guest_new(10);
    g_autoptr(VtComparison) comparison = NULL;

    reason(before, "IO_INSTRUCTION", 100);
    reason(after, "IO_INSTRUCTION", 100);
    cause(after, "vga/polling", false, VT_EXITS_BY_REASON, 0);
    comparison = compare(before, after);
    assert_int_equal(comparison->come->len, 0);
}

/* ---- remarks ---- */

static void
set_guest(Guest *guest, const char *name, gint64 vcpus)
{
    vt_facts_set_string(guest->facts, "domain.name", name, "test");
    vt_facts_set_int(guest->facts, "domain.vcpus", vcpus, "test");
}

static void
two_guests_are_remarked_on(void **state G_GNUC_UNUSED)
{
    g_autoptr(Guest) before = guest_new(10), after = guest_new(10);
    g_autoptr(VtComparison) comparison = NULL;

    set_guest(before, "one", 4);
    set_guest(after, "other", 8);
    comparison = compare(before, after);
    assert_int_equal(comparison->remarks->len, 2);
    assert_remark(comparison, "these are two guests, 'one' before and 'other' after");
    assert_remark(comparison, "had 4 vCPUs before and has 8 now");
}

static void
a_guest_that_was_renamed_is_the_same(void **state G_GNUC_UNUSED)
{
    g_autoptr(Guest) before = guest_new(10), after = guest_new(10);
    g_autoptr(VtComparison) comparison = NULL;

    set_guest(before, "one", 4);
    set_guest(after, "other", 4);
    vt_facts_set_string(before->facts, "domain.uuid", "u", "test");
    vt_facts_set_string(after->facts, "domain.uuid", "u", "test");
    comparison = compare(before, after);
    assert_int_equal(comparison->remarks->len, 0);
}

static void
a_much_shorter_window_is_remarked_on(void **state G_GNUC_UNUSED)
{
    g_autoptr(Guest) before = guest_new(60), after = guest_new(2.5);
    g_autoptr(VtComparison) comparison = compare(before, after);

    assert_int_equal(comparison->remarks->len, 1);
    assert_remark(comparison, "60 seconds were measured before and 2.5 after");
}

static void
another_amount_of_work_is_remarked_on(void **state G_GNUC_UNUSED)
{
    g_autoptr(Guest) before = guest_new(10), after = guest_new(10);
    g_autoptr(VtComparison) comparison = NULL;

    set_guest(before, "one", 4);
    set_guest(after, "one", 4);
    before->diagnosis.sleep_ns = G_GINT64_CONSTANT(4000000000); /* of 40 seconds */
    after->diagnosis.sleep_ns = G_GINT64_CONSTANT(38000000000);
    comparison = compare(before, after);
    assert_int_equal(comparison->remarks->len, 1);
    assert_remark(comparison, "slept 10 % of the time before and 95 % after");
}

static void
a_side_without_any_exit_is_remarked_on(void **state G_GNUC_UNUSED)
{
    g_autoptr(Guest) before = guest_new(10), after = guest_new(10);
    g_autoptr(VtComparison) comparison = NULL;

    reason(before, "HLT", 10);
    table(after, VT_EXITS_BY_REASON);
    comparison = compare(before, after);
    assert_remark(comparison, "no exit at all was counted after");
}

static void
another_kind_of_source_leaves_no_rows(void **state G_GNUC_UNUSED)
{
    g_autoptr(Guest) before = guest_new(10), after = guest_new(10);
    g_autoptr(VtComparison) comparison = NULL;

    reason(before, "HLT", 10);
    vt_exit_table_count(table(after, VT_EXITS_COUNTER), "halt_exits", 0, VT_ACCESS_NONE, 10,
                        VT_TIME_UNKNOWN, VT_TIME_UNKNOWN);
    after->diagnosis.count = 10;
    comparison = compare(before, after);
    assert_int_equal(comparison->rows->len, 0);
    assert_remark(comparison, "'vmexit' from before and none from after");
    assert_remark(comparison, "'counter' from after and none from before");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("what differs most comes first", what_differs_most_comes_first),
        TEST("what is gone takes no time", what_is_gone_takes_no_time),
        TEST("what is gone of a table without times has none",
             what_is_gone_of_a_table_without_times_has_none),
        TEST("windows of different length are compared per second",
             windows_of_different_length_are_compared_per_second),
        TEST("windows of unknown length are compared by count",
             windows_of_unknown_length_are_compared_by_count),
        TEST("a table of one side is not compared", a_table_of_one_side_is_not_compared),
        TEST("a missing table is empty where the reasons say so",
             a_missing_table_is_empty_where_the_reasons_say_so),
        TEST("AMD's names of reasons are known too", amd_s_names_of_reasons_are_known_too),
        TEST("causes go and come", causes_go_and_come),
        TEST("a cause of which little is left is as good as gone",
             a_cause_of_which_little_is_left_is_as_good_as_gone),
        TEST("a cause that does not matter neither goes nor comes",
             a_cause_that_does_not_matter_neither_goes_nor_comes),
        TEST("what comes alone need not be sure to matter",
             what_comes_alone_need_not_be_sure_to_matter),
        TEST("another guess at the same exits has not come",
             another_guess_at_the_same_exits_has_not_come),
        TEST("two guests are remarked on", two_guests_are_remarked_on),
        TEST("a guest that was renamed is the same", a_guest_that_was_renamed_is_the_same),
        TEST("a much shorter window is remarked on", a_much_shorter_window_is_remarked_on),
        TEST("another amount of work is remarked on", another_amount_of_work_is_remarked_on),
        TEST("a side without any exit is remarked on", a_side_without_any_exit_is_remarked_on),
        TEST("another kind of source leaves no rows", another_kind_of_source_leaves_no_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
