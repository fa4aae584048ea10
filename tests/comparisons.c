/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Comparisons as they should be, each in a folder of comparisons/:
 *
 *     before, after   the names of the folders in diagnoses/ that are compared
 *     comparison      what vmtune should make of it; VMTUNE_TEST_REGENERATE=1 writes it, for you to
 *                     read
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "diagnose/comparison.h"
#include "diagnosed.h"
#include "listing.h"

#define GOLDEN "comparison"

static const char *tests;

/* ---- the listing ---- */

static void
list_time(GString *out, gint64 time_ns)
{
    if (time_ns == VT_TIME_UNKNOWN)
        g_string_append(out, "?");
    else
        g_string_append_printf(out, "%.0f", (double)time_ns / 1000);
}

static void
list_times(GString *out, gint64 before_ns, gint64 after_ns)
{
    list_time(out, before_ns);
    g_string_append(out, " -> ");
    list_time(out, after_ns);
    g_string_append(out, " us\n");
}

static gint64
whole_time(const VtDiagnosis *diagnosis)
{
    return diagnosis->time_ns + MAX(diagnosis->sleep_ns, 0);
}

static void
list_sums(GString *out, const VtDiagnosis *before, const VtDiagnosis *after)
{
    g_string_append_printf(out, "%" G_GUINT64_FORMAT " -> %" G_GUINT64_FORMAT " exits\n",
                           before->count, after->count);
    g_string_append(out, "handled in ");
    list_times(out, before->time_ns, after->time_ns);
    g_string_append(out, "sleep included ");
    list_times(out, whole_time(before), whole_time(after));
}

static void
list_causes(GString *out, const char *title, const GPtrArray *causes)
{
    g_string_append_printf(out, "%s:\n", title);
    for (guint i = 0; i < causes->len; i++) {
        const VtCauseFound *found = causes->pdata[i];
        g_string_append_printf(out, "    %s%s: %" G_GUINT64_FORMAT " exits, %s\n", found->cause->id,
                               found->sure ? "" : " (perhaps)", found->count,
                               vt_verdict_to_string(found->cause->verdict));
        for (guint c = 0; c < found->cures->len; c++)
            g_string_append_printf(out, "        cure %s\n",
                                   ((const VtCure *)found->cures->pdata[c])->rule);
    }
}

static void
list_texts(GString *out, const char *title, const GPtrArray *texts)
{
    g_string_append_printf(out, "%s:\n", title);
    for (guint i = 0; i < texts->len; i++)
        g_string_append_printf(out, "    %s\n", (char *)texts->pdata[i]);
}

static char *
list_comparison(const VtComparison *comparison)
{
    GString *out = g_string_new(NULL);

    list_sums(out, comparison->before.diagnosis, comparison->after.diagnosis);
    g_string_append_printf(out, "%s:\n", comparison->per_second ? "per second" : "counts");
    for (guint i = 0; i < comparison->rows->len; i++) {
        const VtComparisonRow *row = comparison->rows->pdata[i];
        g_string_append_printf(out, "    %s %s: %.1f -> %.1f, ", vt_exit_kind_to_string(row->kind),
                               row->label, (double)row->before / comparison->before_seconds,
                               (double)row->after / comparison->after_seconds);
        list_times(out, row->before_ns, row->after_ns);
    }
    list_causes(out, "gone", comparison->gone);
    list_causes(out, "come", comparison->come);
    list_texts(out, "rules kept now", comparison->now_holds);
    list_texts(out, "rules kept no longer", comparison->no_longer_holds);
    list_texts(out, "remarks", comparison->remarks);
    return g_string_free(out, FALSE);
}

/* ---- the cases ---- */

static VtComparisonSide
side(const Diagnosed *diagnosed)
{
    const VtTuneResult *result = diagnosed->judged ? diagnosed->judged->result : NULL;

    return (VtComparisonSide){.diagnosis = diagnosed->diagnosis,
                              .plan = result ? result->plan : NULL,
                              .facts = result ? result->facts : NULL};
}

/* @which: "before" or "after" */
static Diagnosed *
diagnose(const char *folder, const char *which)
{
    g_autofree char *name = diagnosed_read(folder, which, NULL);

    if (!name)
        fail_msg("%s/%s is missing", folder, which);
    return diagnosed_new(tests, g_strstrip(name));
}

static void
check_case(void **state)
{
    const char *folder = *state;
    g_autoptr(Diagnosed) had = diagnose(folder, "before"), has = diagnose(folder, "after");
    const VtComparisonSide before = side(had), after = side(has);
    g_autoptr(VtComparison) comparison = vt_compare(&before, &after);
    g_autofree char *text = list_comparison(comparison);

    diagnosed_check(folder, GOLDEN, text);
}

static void
add_cases(GArray *run, GPtrArray *strings)
{
    g_autofree char *all = g_build_filename(tests, "comparisons", NULL);
    g_autoptr(GPtrArray) names = list_folder(all);

    for (guint i = 0; i < names->len; i++) {
        char *name = g_strdup(names->pdata[i]), *folder = g_build_filename(all, name, NULL);
        const struct CMUnitTest test = {
            .name = name, .test_func = check_case, .initial_state = folder};

        g_ptr_array_add(strings, name);
        g_ptr_array_add(strings, folder);
        g_array_append_val(run, test);
    }
}

int
main(void)
{
    g_autoptr(GArray) run = g_array_new(FALSE, FALSE, sizeof(struct CMUnitTest));
    g_autoptr(GPtrArray) strings = g_ptr_array_new_with_free_func(g_free);
    int failed;

    tests = g_getenv("VT_TEST_DATA");
    if (!tests || !g_getenv("VMTUNE_DATADIR"))
        g_error("VT_TEST_DATA and VMTUNE_DATADIR are not set; 'meson test comparisons' sets them");
    diagnosed_begin();
    add_cases(run, strings);
    failed = _cmocka_run_group_tests("comparisons", (const struct CMUnitTest *)run->data, run->len,
                                     NULL, NULL);
    diagnosed_end();
    return failed;
}
