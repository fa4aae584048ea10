/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Diagnoses as they should be, each in a folder of diagnoses/:
 *
 *     *.txt        what was measured, as a user would hand it over
 *     domain.xml   the guest, where it matters
 *     stored.xml   what its next start uses, where it runs with something else
 *     host         the name of its host in hosts/
 *     seconds      how long was measured
 *     memory-map   what QEMU answers to 'info mtree', where it was asked
 *     diagnosis    what vmtune should make of it; VMTUNE_TEST_REGENERATE=1 writes it, for you to
 * read
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "diagnosed.h"
#include "listing.h"

#define GOLDEN "diagnosis"

typedef struct {
    const char *tests;
    char *name;
    char *folder;
} Case;

static GHashTable *causes_seen; /* ids */

/* ---- the listing ---- */

static void
list_share(GString *out, const char *of, double share)
{
    if (share >= 0)
        g_string_append_printf(out, ", %.1f%% of %s", 100 * share, of);
}

static void
list_evidence(GString *out, const VtCauseFound *found)
{
    const guint shown = MIN(found->evidence->len, 6);

    for (guint i = 0; i < shown; i++) {
        const VtEvidence *evidence = found->evidence->pdata[i];
        g_autofree char *label = vt_exit_count_label(evidence->entry);

        g_string_append_printf(out, "    %s %s: %" G_GUINT64_FORMAT,
                               vt_exit_kind_to_string(evidence->kind), label, evidence->count);
        if (evidence->count != evidence->entry->count)
            g_string_append_printf(out, " of %" G_GUINT64_FORMAT, evidence->entry->count);
        if (evidence->region)
            g_string_append_printf(out, " (%s)", evidence->region);
        g_string_append_c(out, '\n');
    }
    if (found->evidence->len > shown)
        g_string_append_printf(out, "    and %u more\n", found->evidence->len - shown);
}

static void
list_cures(GString *out, const VtCauseFound *found)
{
    for (guint i = 0; i < found->others->len; i++)
        g_string_append_printf(out, "    or: %s\n", ((const VtCause *)found->others->pdata[i])->id);
    for (guint i = 0; i < found->cures->len; i++) {
        const VtCure *cure = found->cures->pdata[i];

        g_string_append_printf(out, "    cure %s: %s%s%s\n", cure->rule,
                               vt_cure_state_to_string(cure->state), cure->why ? ": " : "",
                               cure->why ? cure->why : "");
    }
    for (guint i = 0; i < found->commands->len; i++) {
        const VtCommand *command = found->commands->pdata[i];

        g_string_append_printf(out, "    %s: %s\n", command->in_guest ? "guest" : "host",
                               command->command);
    }
    if (found->note)
        g_string_append_printf(out, "    note: %s\n", found->note);
}

static void
list_found(GString *out, const VtCauseFound *found)
{
    g_string_append_printf(out, "%s%s%s: %s\n", found->cause ? found->cause->id : "unknown",
                           found->sure ? "" : " (perhaps)", found->small ? " (small)" : "",
                           found->cause ? vt_verdict_to_string(found->cause->verdict)
                                        : found->summary);
    g_string_append_printf(out, "    %" G_GUINT64_FORMAT " exits, %.1f%% of all", found->count,
                           100 * found->count_share);
    list_share(out, "the handling time", found->time_share);
    g_string_append_c(out, '\n');
    list_evidence(out, found);
    list_cures(out, found);
}

static char *
list_diagnosis(const VtDiagnosis *diagnosis)
{
    GString *out = g_string_new(NULL);

    g_string_append_printf(out, "%" G_GUINT64_FORMAT " exits", diagnosis->count);
    if (diagnosis->time_ns != VT_TIME_UNKNOWN)
        g_string_append_printf(out, ", handled in %.0f us", (double)diagnosis->time_ns / 1000);
    if (diagnosis->sleep_ns != VT_TIME_UNKNOWN)
        g_string_append_printf(out, ", asleep for %.0f us", (double)diagnosis->sleep_ns / 1000);
    g_string_append_printf(out, ": %s\n\n",
                           vt_diagnosis_has_trouble(diagnosis) ? "trouble" : "nothing to mend");
    for (guint i = 0; i < diagnosis->causes->len; i++)
        list_found(out, diagnosis->causes->pdata[i]);
    for (guint i = 0; i < diagnosis->remarks->len; i++)
        g_string_append_printf(out, "%s- %s\n", i ? "" : "\n",
                               (char *)diagnosis->remarks->pdata[i]);
    return g_string_free(out, FALSE);
}

/* ---- what is checked ---- */

/* A file that nothing reads would look like one that is checked. */
static void
check_files(const char *folder)
{
    static const char *const known[] = {"domain.xml", "stored.xml", "host", "seconds",
                                        "memory-map", GOLDEN,       NULL};
    g_autoptr(GPtrArray) names = list_folder(folder);

    for (guint i = 0; i < names->len; i++) {
        if (!g_str_has_suffix(names->pdata[i], ".txt") && !g_strv_contains(known, names->pdata[i]))
            fail_msg("%s/%s belongs to no case", folder, (char *)names->pdata[i]);
    }
}

static void
check_case(void **state)
{
    const Case *subject = *state;
    g_autoptr(Diagnosed) diagnosed = NULL;
    g_autofree char *text = NULL;

    check_files(subject->folder);
    diagnosed = diagnosed_new(subject->tests, subject->name);
    text = list_diagnosis(diagnosed->diagnosis);
    for (guint i = 0; i < diagnosed->diagnosis->causes->len; i++) {
        const VtCauseFound *found = diagnosed->diagnosis->causes->pdata[i];
        if (found->cause)
            g_hash_table_add(causes_seen, g_strdup(found->cause->id));
    }
    diagnosed_check(subject->folder, GOLDEN, text);
}

/* What the vmexit table has, or the counters say, is what is counted, unless a finer table has
 * more. */
static guint64
count_at_least(const VtMeasurement *measurement)
{
    const VtExitTable *reasons = vt_measurement_find(measurement, VT_EXITS_BY_REASON);
    const VtExitTable *counters = vt_measurement_find(measurement, VT_EXITS_COUNTER);
    const VtExitCount *total = counters ? vt_exit_table_find(counters, "exits") : NULL;

    return reasons ? reasons->count : total ? total->count : 0;
}

static void
check_laws(void **state)
{
    const Case *subject = *state;
    g_autoptr(Diagnosed) diagnosed = diagnosed_new(subject->tests, subject->name);
    const VtDiagnosis *diagnosis = diagnosed->diagnosis;
    guint64 count = 0, in_evidence = 0;
    double count_share = 0, time_share = 0;

    for (guint i = 0; i < diagnosis->causes->len; i++) {
        const VtCauseFound *found = diagnosis->causes->pdata[i];

        count += found->count;
        count_share += found->count_share;
        time_share += MAX(found->time_share, 0);
        for (guint e = 0; e < found->evidence->len; e++)
            in_evidence += ((const VtEvidence *)found->evidence->pdata[e])->count;
    }
    assert_int_equal(count, diagnosis->count);
    assert_int_equal(in_evidence, diagnosis->count);
    assert_true(count >= count_at_least(diagnosed->measurement));
    assert_true(count == 0 || fabs(count_share - 1) < 1e-9);
    assert_true(diagnosis->time_ns <= 0 || fabs(time_share - 1) < 1e-9);
}

/* The same again is the same, to the byte. */
static void
check_stable(void **state)
{
    const Case *subject = *state;
    g_autoptr(Diagnosed) one = diagnosed_new(subject->tests, subject->name);
    g_autoptr(Diagnosed) other = diagnosed_new(subject->tests, subject->name);
    g_autofree char *first = list_diagnosis(one->diagnosis);
    g_autofree char *second = list_diagnosis(other->diagnosis);

    assert_string_equal(first, second);
}

/* Runs after all cases. */
static void
check_coverage(void **state)
{
    const VtCause *cause = *state;

    if (!g_hash_table_contains(causes_seen, cause->id))
        fail_msg("no case in diagnoses/ shows %s", cause->id);
}

static void
check_cures_exist(void **state)
{
    const VtCause *cause = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(VtRuleDatabase) rules = vt_context_load_database(VT_RULES_ALL, &error);

    if (!rules)
        fail_msg("%s", error->message);
    for (guint i = 0; i < cause->cures->len; i++) {
        const VtCauseCure *cure = cause->cures->pdata[i];
        if (!vt_rule_database_find(rules, cure->rule))
            fail_msg("%s is cured by '%s', which is no rule", cause->id, cure->rule);
    }
}

/* ---- finding them ---- */

static void
case_free(gpointer data)
{
    Case *subject = data;

    g_free(subject->name);
    g_free(subject->folder);
    g_free(subject);
}

static void
add_test(GArray *run, GPtrArray *names, char *name, CMUnitTestFunction function, const void *state)
{
    const struct CMUnitTest test = {
        .name = name, .test_func = function, .initial_state = (void *)state};

    g_ptr_array_add(names, name);
    g_array_append_val(run, test);
}

static void
add_cases(GArray *run, GPtrArray *names, GPtrArray *cases, const char *tests)
{
    g_autofree char *all = g_build_filename(tests, "diagnoses", NULL);
    g_autoptr(GPtrArray) folders = list_folder(all);

    for (guint i = 0; i < folders->len; i++) {
        const char *name = folders->pdata[i];
        Case *subject = g_new0(Case, 1);

        subject->tests = tests;
        subject->name = g_strdup(name);
        subject->folder = g_build_filename(all, name, NULL);
        g_ptr_array_add(cases, subject);
        add_test(run, names, g_strdup(name), check_case, subject);
        add_test(run, names, g_strdup_printf("%s: every exit is counted once", name), check_laws,
                 subject);
        add_test(run, names, g_strdup_printf("%s: the same again is the same", name), check_stable,
                 subject);
    }
}

int
main(void)
{
    const char *tests = g_getenv("VT_TEST_DATA");
    const VtCauseDatabase *causes;
    g_autoptr(GArray) run = g_array_new(FALSE, FALSE, sizeof(struct CMUnitTest));
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) cases = g_ptr_array_new_with_free_func(case_free);
    int failed;

    if (!tests || !g_getenv("VMTUNE_DATADIR"))
        g_error("VT_TEST_DATA and VMTUNE_DATADIR are not set; 'meson test diagnoses' sets them");
    causes = diagnosed_begin();
    causes_seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    add_cases(run, names, cases, tests);
    for (guint i = 0; i < causes->causes->len; i++) {
        const VtCause *cause = causes->causes->pdata[i];
        add_test(run, names, g_strdup_printf("a case shows %s", cause->id), check_coverage, cause);
        add_test(run, names, g_strdup_printf("%s is cured by rules that there are", cause->id),
                 check_cures_exist, cause);
    }
    failed = _cmocka_run_group_tests("diagnoses", (const struct CMUnitTest *)run->data, run->len,
                                     NULL, NULL);
    g_hash_table_unref(causes_seen);
    diagnosed_end();
    return failed;
}
