/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A diagnosis, and a comparison, as an HTML document. */
#include "diagnosis-fixture.h"

#include "markup-laws.h"
#include "text-laws.h"

static const VtDiagnosisView view = {.domain = "win10", .apply = "vmtune apply win10"};

static void
assert_sound(const Scene *scene, const VtDiagnosisView *how)
{
    g_autofree char *html = vt_diagnosis_to_html(&scene->diagnosis, how);

    assert_true(g_str_has_prefix(html, "<!DOCTYPE html>\n<html xmlns="));
    assert_sound_markup(html, "html");
}

static void
is_sound_whatever_the_guest_measures(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) windows = windows_scene(), cured = cured_scene(), empty = scene_new(0);
    g_autoptr(VtComparison) comparison = compare_scenes(windows, cured);
    const VtDiagnosisView both = {
        .comparison = comparison, .difference = "--- <a>\n+++ &b\n", .apply = "vmtune apply x"};

    settle(empty);
    assert_sound(windows, &view);
    assert_sound(empty, &view);
    assert_sound(cured, &both);
}

static void
is_sound_whatever_things_are_called(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) windows = windows_scene(), hostile = hostile_scene();
    g_autoptr(VtComparison) comparison = compare_scenes(windows, hostile);
    const VtDiagnosisView odd = {.domain = "</title><script>\xff\033]]>\xef\xbf\xbf",
                                 .apply = "<b>&\x01",
                                 .difference = "<\x02>\n</code>\xfe"};
    const VtDiagnosisView both = {.domain = "\"'><img src=x>", .comparison = comparison};

    assert_sound(hostile, &odd);
    assert_sound(hostile, &both);
}

static void
says_what_language_it_is_in(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = windows_scene();
    g_autofree char *html = vt_diagnosis_to_html(&scene->diagnosis, &view);

    assert_says(html, " lang=\"en\">");
    assert_says(html, "<meta charset=\"utf-8\"/>");
    assert_says(html, "<title>win10</title>");
}

static void
is_for_light_dark_and_paper(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = windows_scene();
    g_autofree char *html = vt_diagnosis_to_html(&scene->diagnosis, &view);

    assert_says(html, "@media (prefers-color-scheme: dark)");
    assert_says(html, "@media print");
}

static void
tells_what_matters_and_what_to_do(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = windows_scene();
    g_autofree char *html = vt_diagnosis_to_html(&scene->diagnosis, &view);

    assert_says(html, "<h3>The guest reads the time from the ACPI PM timer</h3>");
    assert_says(html, "<span class=\"chip missing\">missing</span>\n"
                      "<code>clock/hypervclock</code>");
    assert_says(html, "<span class=\"chip in-place\">in place</span>\n<code>hyperv/synic</code>");
    assert_says(html, "<code>bcdedit /deletevalue useplatformclock</code>");
    assert_says(html, "<code>vmtune apply win10</code>");
    assert_says(html, "<svg xmlns=\"http://www.w3.org/2000/svg\"");
    assert_says(html, "<td class=\"number\">asleep</td>");
}

static void
names_its_sources(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = windows_scene();
    const VtCause *cause = scene->known->pdata[0];
    g_autofree char *html = NULL;

    g_ptr_array_add(cause->sources, (gpointer) "QEMU hw/acpi/core.c & others");
    html = vt_diagnosis_to_html(&scene->diagnosis, &view);
    assert_sound_markup(html, "html");
    assert_says(html, "<summary class=\"muted\">Sources</summary>\n<ul>\n"
                      "<li class=\"muted\">QEMU hw/acpi/core.c &amp; others</li>");
}

static void
tells_what_has_changed(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) windows = windows_scene(), cured = cured_scene();
    g_autoptr(VtComparison) comparison = compare_scenes(windows, cured);
    const VtDiagnosisView both = {.domain = "win10", .comparison = comparison};
    g_autofree char *html = NULL;

    g_ptr_array_add(comparison->now_holds, g_strdup("hyperv/stimer"));
    html = vt_diagnosis_to_html(&cured->diagnosis, &both);
    assert_says(html, "<strong>2.3 x less</strong>");
    assert_says(html, "<h2>Gone since</h2>\n<ul>\n<li>The guest reads the time");
    assert_says(html, "<h2>New since</h2>\n<h3>AutoEOI has switched APICv off</h3>");
    assert_says(html, "<code>hyperv/stimer</code>");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_sound_whatever_the_guest_measures),
        cmocka_unit_test(is_sound_whatever_things_are_called),
        cmocka_unit_test(says_what_language_it_is_in),
        cmocka_unit_test(is_for_light_dark_and_paper),
        cmocka_unit_test(tells_what_matters_and_what_to_do),
        cmocka_unit_test(names_its_sources),
        cmocka_unit_test(tells_what_has_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
