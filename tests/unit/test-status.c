/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#include "report/status.h"

#define UNTUNED "<domain><name>n</name></domain>"
#define TUNED "<domain><name>n</name><cpu check='full'/></domain>"
#define OTHERWISE "<domain><name>n</name><cpu check='partial'/></domain>"

/* One rule, which wants cpu/@check='full', and one or two definitions. */
typedef struct {
    Folder *rules;
    VtFacts *facts;
    VtRuleDatabase *database;
    VtDocument *stored, *other;
    VtTuneResult stored_result, other_result;
    VtStatus *status;
} Stage;

static void
stage_free(Stage *stage)
{
    vt_status_free(stage->status);
    vt_plan_free(stage->stored_result.plan);
    vt_plan_free(stage->other_result.plan);
    vt_document_free(stage->stored);
    vt_document_free(stage->other);
    vt_rule_database_free(stage->database);
    vt_facts_free(stage->facts);
    folder_free(stage->rules);
    g_free(stage);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stage, stage_free)

static VtPlan *
plan_of(const Stage *stage, const VtDocument *document)
{
    g_autoptr(GError) error = NULL;
    VtPlan *plan = vt_plan_new(document, stage->facts, stage->database, NULL, NULL, &error);

    assert_no_error(error);
    return plan;
}

static Stage *
stage_new(const VtStatus *head, const char *stored, const char *other)
{
    static char *const none[] = {NULL};
    Stage *stage = g_new0(Stage, 1);
    VtStatus with_name = *head;
    VtStatusView stored_view, other_view;

    stage->rules = folder_new();
    put_rule(stage->rules, "a/check", GUEST, "<set place='cpu/@check' value='full'/>");
    stage->facts = vt_facts_new(NULL);
    stage->database = load(stage->rules);
    stage->stored = parse(stored);
    stage->stored_result.plan = plan_of(stage, stage->stored);
    stored_view = (VtStatusView){stage->stored, &stage->stored_result};
    if (other) {
        stage->other = parse(other);
        stage->other_result.plan = plan_of(stage, stage->other);
        other_view = (VtStatusView){stage->other, &stage->other_result};
    }
    with_name.name = "n";
    with_name.snapshots = none;
    stage->status = vt_status_new(&with_name, &stored_view, other ? &other_view : NULL);
    return stage;
}

static void
assert_only(const Stage *stage, VtStanding standing, const char *value)
{
    const GPtrArray *entries = stage->status->entries;
    const VtStatusEntry *entry;

    assert_int_equal(entries->len, 1);
    entry = entries->pdata[0];
    assert_int_equal(entry->standing, standing);
    assert_string_equal(entry->rule, "a/check");
    if (value)
        assert_string_equal(entry->value, value);
    else
        assert_null(entry->value);
    assert_int_equal(vt_status_waits(stage->status), standing != VT_STANDING_RUNS);
}

static const VtStatus shut_off = {.persistent = true};
static const VtStatus running = {.persistent = true, .active = true};
static const VtStatus saved = {.persistent = true, .saved = true};
static const VtStatus transient = {.active = true};

static void
untuned_is_not_stored(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) off = stage_new(&shut_off, UNTUNED, NULL);
    g_autoptr(Stage) on = stage_new(&running, UNTUNED, UNTUNED);
    g_autoptr(Stage) undone = stage_new(&running, UNTUNED, TUNED);

    assert_only(off, VT_STANDING_NOT_STORED, "full");
    assert_only(on, VT_STANDING_NOT_STORED, "full");
    assert_only(undone, VT_STANDING_NOT_STORED, "full");
}

static void
tuned_and_shut_off_has_nothing_to_tell(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(&shut_off, TUNED, NULL);

    assert_int_equal(stage->status->entries->len, 0);
    assert_false(vt_status_waits(stage->status));
}

static void
stored_and_not_running_waits_for_a_cold_boot(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(&running, TUNED, UNTUNED);

    assert_only(stage, VT_STANDING_COLD_BOOT, "full");
}

static void
stored_and_running_runs(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(&running, TUNED, TUNED);

    assert_only(stage, VT_STANDING_RUNS, NULL);
}

static void
stored_and_not_saved_is_held(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) without = stage_new(&saved, TUNED, UNTUNED);
    g_autoptr(Stage) with = stage_new(&saved, TUNED, TUNED);

    assert_only(without, VT_STANDING_HELD, "full");
    assert_int_equal(with->status->entries->len, 0);
}

static void
what_the_administrator_set_waits_for_nothing(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(&running, OTHERWISE, UNTUNED);
    const VtStatusEntry *entry = stage->status->entries->pdata[0];

    assert_int_equal(stage->status->entries->len, 1);
    assert_int_equal(entry->standing, VT_STANDING_BY_OWNER);
    assert_false(vt_status_waits(stage->status));
}

static void
of_a_transient_domain_nothing_waits(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(&transient, UNTUNED, UNTUNED);

    assert_int_equal(stage->status->entries->len, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("untuned is not stored", untuned_is_not_stored),
        TEST("tuned and shut off has nothing to tell", tuned_and_shut_off_has_nothing_to_tell),
        TEST("stored and not running waits for a cold boot",
             stored_and_not_running_waits_for_a_cold_boot),
        TEST("stored and running runs", stored_and_running_runs),
        TEST("stored and not saved is held", stored_and_not_saved_is_held),
        TEST("what the administrator set waits for nothing",
             what_the_administrator_set_waits_for_nothing),
        TEST("of a transient domain nothing waits", of_a_transient_domain_nothing_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
