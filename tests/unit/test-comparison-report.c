/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A comparison as text and as SVG. */
#include "diagnosis-fixture.h"

#include "report/comparison-parts.h"
#include "svg-laws.h"
#include "text-laws.h"

static char *
show(const Scene *before, const Scene *after, unsigned width, bool ascii)
{
    const VtTextStyle style = {.width = width, .ascii = ascii};
    g_autoptr(VtComparison) comparison = compare_scenes(before, after);
    const VtDiagnosisView view = {.domain = "win10", .comparison = comparison};

    return vt_diagnosis_to_text(&after->diagnosis, &view, &style);
}

/* ---- laws ---- */

static void
no_line_is_wider_than_asked_for(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) windows = windows_scene(), cured = cured_scene(), hostile = hostile_scene();

    for (unsigned width = 40; width <= 200; width++) {
        g_autofree char *text = show(windows, cured, width, width % 2);
        g_autofree char *odd = show(hostile, windows, width, width % 2);

        assert_within(text, width);
        assert_within(odd, width);
        assert_plain(text, width % 2);
        assert_plain(odd, width % 2);
    }
}

static void
both_sides_of_the_pairs_add_up_however_few_are_shown(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) windows = windows_scene(), cured = cured_scene();
    g_autoptr(VtComparison) comparison = compare_scenes(windows, cured);

    for (guint limit = 2; limit < 10; limit++) {
        g_autoptr(GPtrArray) tables = vt_comparison_pairs(comparison, limit);
        const VtPairTable *table = tables->pdata[0];
        double before = 0, after = 0;

        assert_true(table->pairs->len <= limit);
        for (guint i = 0; i < table->pairs->len; i++) {
            const VtPair *pair = table->pairs->pdata[i];
            before += pair->before;
            after += pair->after;
        }
        assert_int_equal((int)(before * 10 + 0.5), 348766);
        assert_int_equal((int)(after * 10 + 0.5), 150683);
    }
}

static void
a_picture_is_sound_whatever_is_compared(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) windows = windows_scene(), cured = cured_scene(), hostile = hostile_scene();
    g_autoptr(VtComparison) comparison = compare_scenes(windows, cured);
    g_autoptr(VtComparison) odd = compare_scenes(hostile, windows);
    const VtDiagnosisView view = {.domain = "win10", .comparison = comparison};
    const VtDiagnosisView odd_view = {.domain = "<\xff\033>", .comparison = odd};
    g_autofree char *svg = vt_diagnosis_to_svg(&cured->diagnosis, &view);
    g_autofree char *odd_svg = vt_diagnosis_to_svg(&windows->diagnosis, &odd_view);

    assert_sound_picture(svg);
    assert_sound_picture(odd_svg);
}

/* ---- what it says ---- */

static void
the_head_tells_how_many_times_less(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) windows = windows_scene(), cured = cured_scene();
    g_autofree char *text = show(windows, cured, 200, true);

    assert_true(g_str_has_prefix(
        text, "win10\nExits: 348 766 in 10 s before, 150 683 in 10 s after. "
              "A second: 34 877 before, 15 068 after: 2.3 x less. "
              "Handling them took 32.6 % of one CPU before, 6.3 % after: 5.2 x less.\n"));
}

static void
reasons_stand_side_by_side(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) windows = windows_scene(), cured = cured_scene();
    g_autofree char *text = show(windows, cured, 80, true);

    assert_says(text, "IO_INSTRUCTION      ################ 25 674                        0"
                      "        gone\n");
    assert_says(text, "EXTERNAL_INTERRUPT  ##                3 700  ###               5 560"
                      "  1.5 x more\n");
    assert_says(text, "TPR_BELOW_THRESHOLD                       0  .                  69.9"
                      "         new\n");
    assert_says(text, "0x608 read          ################ 15 879                        0"
                      "        gone\n");
}

/* The second table is of the time. */
static void
sleep_is_not_among_the_time(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) windows = windows_scene(), cured = cured_scene();
    g_autofree char *text = show(windows, cured, 80, true);
    const char *times = strstr(text, "By reason, of one CPU"), *ports = strstr(text, "By I/O port");
    g_autofree char *between = g_strndup(times, (gsize)(ports - times));

    assert_says(between, "EPT_VIOLATION");
    assert_silent_of(between, "HLT");
}

static void
causes_that_went_and_came_are_named(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) windows = windows_scene(), cured = cured_scene();
    g_autofree char *text = show(windows, cured, 100, true);

    assert_says(text, "Gone since\n- The guest reads the time from the ACPI PM timer: 45.5 %");
    assert_says(text, "New since\n- AutoEOI has switched APICv off: 0.5 %");
    assert_says(text, "What matters now\n1. AutoEOI has switched APICv off\n");
}

static void
rules_and_the_difference_are_shown(void **state G_GNUC_UNUSED)
{
    const VtTextStyle style = {.width = 80, .ascii = true};
    g_autoptr(Scene) windows = windows_scene(), cured = cured_scene();
    g_autoptr(VtComparison) comparison = compare_scenes(windows, cured);
    const VtDiagnosisView view = {.comparison = comparison,
                                  .difference = "--- before\n+++ after\n+    <synic/>\n"};
    g_autofree char *text = NULL;

    g_ptr_array_add(comparison->now_holds, g_strdup("clock/hypervclock"));
    g_ptr_array_add(comparison->now_holds, g_strdup("hyperv/stimer"));
    g_ptr_array_add(comparison->no_longer_holds, g_strdup("nic/model"));
    g_ptr_array_add(comparison->remarks, g_strdup("these are two guests"));
    text = vt_diagnosis_to_text(&cured->diagnosis, &view, &style);
    assert_says(text, "Rules that the domain keeps now\nclock/hypervclock, hyperv/stimer\n");
    assert_says(text, "Rules that it no longer keeps\nnic/model\n");
    assert_says(text, "What differs in the domain\n--- before\n+++ after\n+    <synic/>\n\n");
    assert_says(text, "What these data do not tell\n- these are two guests\n");
}

static void
counts_are_compared_where_the_windows_are_not_known(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) windows = windows_scene(), cured = cured_scene();
    g_autofree char *text = NULL;

    cured->measurement->seconds = 0;
    text = show(windows, cured, 200, true);
    assert_says(text, "Exits: 348 766 before, 150 683 after: 2.3 x less. "
                      "Handling them took 3.26 s before, 625.6 ms after: 5.2 x less.\n");
    assert_says(text, "By reason, exits\n");
}

static void
assert_change(double before, double after, const char *words)
{
    g_autofree char *change = vt_pair_change(before, after);

    assert_string_equal(change, words);
}

static void
a_change_is_a_factor_unless_it_is_none(void **state G_GNUC_UNUSED)
{
    assert_change(10, 5, "2 x less");
    assert_change(5, 12, "2.4 x more");
    assert_change(100, 98, "the same");
    assert_change(98, 100, "the same");
    assert_change(0, 0, "the same");
    assert_change(1, 0, "gone");
    assert_change(0, 1, "new");
    assert_change(-1, 1, "?");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_line_is_wider_than_asked_for),
        cmocka_unit_test(both_sides_of_the_pairs_add_up_however_few_are_shown),
        cmocka_unit_test(a_picture_is_sound_whatever_is_compared),
        cmocka_unit_test(the_head_tells_how_many_times_less),
        cmocka_unit_test(reasons_stand_side_by_side),
        cmocka_unit_test(sleep_is_not_among_the_time),
        cmocka_unit_test(causes_that_went_and_came_are_named),
        cmocka_unit_test(rules_and_the_difference_are_shown),
        cmocka_unit_test(counts_are_compared_where_the_windows_are_not_known),
        cmocka_unit_test(a_change_is_a_factor_unless_it_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
