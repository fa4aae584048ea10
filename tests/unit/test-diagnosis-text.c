/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A diagnosis as text for a terminal. */
#include "diagnosis-fixture.h"

#include "text-laws.h"

static const VtDiagnosisView view = {.domain = "win10", .apply = "vmtune apply win10"};
static const VtDiagnosisView verbose_view = {
    .domain = "win10", .apply = "vmtune apply win10", .verbose = true};

static char *
show(const Scene *scene, unsigned width, bool ascii)
{
    const VtTextStyle style = {.width = width, .ascii = ascii};

    return vt_diagnosis_to_text(&scene->diagnosis, &view, &style);
}

/* ---- laws ---- */

static void
no_line_is_wider_than_asked_for(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = windows_scene(), hostile = hostile_scene();

    for (unsigned width = 40; width <= 200; width++) {
        g_autofree char *text = show(scene, width, false), *odd = show(hostile, width, false);
        assert_within(text, width);
        assert_within(odd, width);
    }
}

static void
nothing_is_drawn_narrower_than_forty_columns(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = windows_scene();
    g_autofree char *narrow = show(scene, 1, false), *least = show(scene, 40, false);

    assert_string_equal(narrow, least);
}

static void
ascii_is_ascii(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = windows_scene(), hostile = hostile_scene();

    for (unsigned width = 40; width <= 200; width += 7) {
        g_autofree char *text = show(scene, width, true), *odd = show(hostile, width, true);
        assert_plain(text, true);
        assert_plain(odd, true);
        assert_within(odd, width);
    }
}

static void
no_name_steers_the_terminal(void **state G_GNUC_UNUSED)
{
    static const VtDiagnosisView hostile_view = {
        .domain = "\033]0;title\a\n", .apply = "vmtune apply '\033[2J'", .verbose = true};
    const VtTextStyle style = {.width = 80};
    g_autoptr(Scene) hostile = hostile_scene();
    g_autofree char *text = vt_diagnosis_to_text(&hostile->diagnosis, &hostile_view, &style);

    assert_plain(text, false);
    assert_silent_of(text, "\xe2\x80\xae");
    assert_says(text, "\\x1b[31mRED");
}

/* Without its escape sequences the coloured text is the plain one. */
static void
colour_adds_nothing_but_colour(void **state G_GNUC_UNUSED)
{
    const VtTextStyle style = {.width = 80, .colour = true};
    g_autoptr(Scene) scene = windows_scene();
    g_autofree char *plain = show(scene, 80, false);
    g_autofree char *coloured = vt_diagnosis_to_text(&scene->diagnosis, &view, &style);
    g_autoptr(GRegex) escapes = g_regex_new("\033\\[[0-9;]*m", 0, 0, NULL);
    g_autofree char *bare = g_regex_replace_literal(escapes, coloured, -1, 0, "", 0, NULL);

    assert_plain(plain, false);
    assert_says(coloured, "\033[");
    assert_string_equal(bare, plain);
}

/* ---- what it says ---- */

static void
the_head_tells_rate_time_and_sleep(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = windows_scene();
    g_autofree char *text = show(scene, 200, true);

    assert_true(g_str_has_prefix(text, "win10\n"));
    assert_says(text, "Exits: 348 766 in 10 s, 34 877 a second. Handling them took 3.26 s, 32.6 % "
                      "of one CPU's time. The vCPUs slept 37.7 ms");
}

static void
sleep_is_never_shown_as_overhead(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = windows_scene();
    g_autofree char *text = show(scene, 80, true);

    assert_says(text, "  HLT                  1 105 .                  0.3 %  asleep\n");
    assert_says(text, "sleeps: 0.3 % of all exits (1 105), asleep for\n  37.7 ms\n");
}

static void
a_thing_that_matters_comes_with_all_that_is_known_of_it(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = windows_scene();
    g_autofree char *text = show(scene, 120, true);

    assert_says(text, "1. The guest reads the time from the ACPI PM timer\n"
                      "   45.5 % of all exits (158 788), 70.1 % of the handling time (2.28 s)\n"
                      "   Seen in: 0x608 read 158 788\n"
                      "   Windows without a reference clock");
    assert_says(text,
                "   - clock/hypervclock (missing): Windows reads the time from a shared page, "
                "without leaving the guest\n");
    assert_says(text, "   To type in the guest:\n     bcdedit /deletevalue useplatformclock\n");
    assert_says(text, "   - hyperv/stimer (withheld: hyperv/synic is switched off in the domain's "
                      "metadata): ");
    assert_says(text, "   - hyperv/synic (in place): Synthetic interrupts\n");
}

static void
what_is_missing_is_set_by_one_command(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = windows_scene();
    g_autofree char *text = show(scene, 120, true);

    assert_says(text, "\n\nTo set what is missing:\n  vmtune apply win10\n");
}

static void
without_a_domain_nothing_is_said_to_be_missing(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = scene_new(10);
    VtCauseFound *found;
    g_autofree char *text = NULL;

    measure_reason(scene, "IO_INSTRUCTION", 5, 5000);
    found = find_cause(scene, VT_VERDICT_TROUBLE, "The guest polls");
    add_evidence(scene, found, VT_EXITS_BY_REASON, "IO_INSTRUCTION", 5000);
    add_cure(found, "clock/hpet", "HPET is off", VT_CURE_NO_DOMAIN, NULL);
    add_cure(found, "gone/rule", NULL, VT_CURE_NO_DOMAIN, NULL);
    settle(scene);
    text = show(scene, 100, true);
    assert_says(text, "- clock/hpet: HPET is off\n");
    assert_says(text, "- gone/rule (no such rule is known here)\n");
    assert_silent_of(text, "missing");
    assert_says(text, "name it beside the files:\n  vmtune diagnose DOMAIN FILE...\n");
}

static void
doubt_is_said_and_what_would_end_it(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = scene_new(10);
    VtCauseFound *found;
    VtSign *sign = g_new0(VtSign, 1);
    g_autofree char *text = NULL;

    measure_reason(scene, "IO_INSTRUCTION", 5, 5000);
    find_cause(scene, VT_VERDICT_TROUBLE, "The guest draws on VGA");
    found = find_cause(scene, VT_VERDICT_TROUBLE, "The guest reads a slow clock");
    add_evidence(scene, found, VT_EXITS_BY_REASON, "IO_INSTRUCTION", 5000);
    sign->kind = VT_EXITS_BY_PORT;
    sign->sure = true;
    g_ptr_array_add(found->cause->signs, sign);
    found->sure = false;
    g_ptr_array_add(found->others, scene->known->pdata[0]);
    settle(scene);
    text = show(scene, 100, true);
    assert_says(text, "It may be: The guest reads a slow clock\n");
    assert_says(text, "Or else: The guest draws on VGA\n");
    assert_says(text, "What would tell: perf kvm stat report --event=ioport\n");
}

static void
three_things_matter_and_the_rest_has_a_line_each(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = scene_new(10);
    g_autofree char *text = NULL;

    for (unsigned i = 1; i <= 5; i++) {
        g_autofree char *name = g_strdup_printf("REASON_%u", i);
        measure_reason(scene, name, 100, 1000);
        add_evidence(scene, find_cause(scene, VT_VERDICT_TROUBLE, name), VT_EXITS_BY_REASON, name,
                     1000);
    }
    settle(scene);
    text = show(scene, 100, true);
    assert_says(text, "3. REASON_3\n");
    assert_silent_of(text, "4. REASON_4");
    assert_says(text, "- REASON_4: 20.0 % of all exits (100), 20.0 % of the handling time");
}

static void
what_is_too_small_for_a_line_is_added_up_unless_all_is_wanted(void **state G_GNUC_UNUSED)
{
    const VtTextStyle style = {.width = 100, .ascii = true};
    g_autoptr(Scene) scene = windows_scene();
    g_autofree char *brief = NULL, *whole = NULL;

    for (guint i = 2; i < 5; i++)
        ((VtCauseFound *)scene->diagnosis.causes->pdata[i])->small = true;
    brief = show(scene, 100, true);
    whole = vt_diagnosis_to_text(&scene->diagnosis, &verbose_view, &style);
    assert_says(brief, "- All else: 26.1 % of all exits\n");
    assert_silent_of(brief, "Memory is touched");
    assert_silent_of(whole, "All else");
    assert_says(whole, "- Memory is touched for the first time: 7.3 %");
}

static void
counters_alone_do_not_say_that_all_is_well(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = scene_new(10);
    VtExitTable *table = vt_measurement_add(scene->measurement, VT_EXITS_COUNTER, "libvirt", NULL);
    g_autofree char *text = NULL;

    vt_exit_table_count(table, "exits", 0, VT_ACCESS_NONE, 5000, VT_TIME_UNKNOWN, VT_TIME_UNKNOWN);
    settle(scene);
    scene->diagnosis.count = table->count;
    text = show(scene, 80, true);
    assert_says(text, "KVM's counters alone show nothing to mend.");
    assert_silent_of(text, "too few to matter");
}

static void
without_trouble_there_is_nothing_to_mend(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = scene_new(10);
    g_autofree char *text = NULL;

    measure_reason(scene, "MSR_WRITE", 3941, 8788430);
    add_evidence(scene, find_cause(scene, VT_VERDICT_NORMAL, "The guest sets its timer"),
                 VT_EXITS_BY_REASON, "MSR_WRITE", 8788430);
    settle(scene);
    text = show(scene, 80, true);
    assert_says(text, "Nothing to mend: ");
    assert_silent_of(text, "What matters");
}

static void
an_empty_table_says_nothing(void **state G_GNUC_UNUSED)
{
    static const VtDiagnosisView nobody = {.domain = NULL};
    const VtTextStyle style = {.width = 80, .ascii = true};
    g_autoptr(Scene) scene = scene_new(0);
    g_autofree char *text = NULL;

    settle(scene);
    text = vt_diagnosis_to_text(&scene->diagnosis, &nobody, &style);
    assert_true(g_str_has_prefix(text, "A guest\nExits: 0; how long was measured is not known."));
    assert_says(text, "Nothing to say: no exits were counted.");
    assert_silent_of(text, "%");
}

static void
unknown_times_have_no_bars(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = scene_new(10);
    g_autofree char *text = NULL;

    measure_reason(scene, "MSR_WRITE", 3941, VT_TIME_UNKNOWN);
    add_evidence(scene, find_cause(scene, VT_VERDICT_NORMAL, "The guest sets its timer"),
                 VT_EXITS_BY_REASON, "MSR_WRITE", VT_TIME_UNKNOWN);
    settle(scene);
    text = show(scene, 80, true);
    assert_silent_of(text, "of handling");
    assert_silent_of(text, "Handling");
    assert_silent_of(text, "?");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_line_is_wider_than_asked_for),
        cmocka_unit_test(nothing_is_drawn_narrower_than_forty_columns),
        cmocka_unit_test(ascii_is_ascii),
        cmocka_unit_test(no_name_steers_the_terminal),
        cmocka_unit_test(colour_adds_nothing_but_colour),
        cmocka_unit_test(the_head_tells_rate_time_and_sleep),
        cmocka_unit_test(sleep_is_never_shown_as_overhead),
        cmocka_unit_test(a_thing_that_matters_comes_with_all_that_is_known_of_it),
        cmocka_unit_test(what_is_missing_is_set_by_one_command),
        cmocka_unit_test(without_a_domain_nothing_is_said_to_be_missing),
        cmocka_unit_test(doubt_is_said_and_what_would_end_it),
        cmocka_unit_test(three_things_matter_and_the_rest_has_a_line_each),
        cmocka_unit_test(what_is_too_small_for_a_line_is_added_up_unless_all_is_wanted),
        cmocka_unit_test(counters_alone_do_not_say_that_all_is_well),
        cmocka_unit_test(without_trouble_there_is_nothing_to_mend),
        cmocka_unit_test(an_empty_table_says_nothing),
        cmocka_unit_test(unknown_times_have_no_bars),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
