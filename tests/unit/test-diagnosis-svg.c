/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A diagnosis as SVG. */
#include "diagnosis-fixture.h"

#include "svg-laws.h"

static const VtDiagnosisView view = {.domain = "win10", .apply = "vmtune apply win10"};

static void
assert_sound(const Scene *scene, const VtDiagnosisView *how)
{
    g_autofree char *svg = vt_diagnosis_to_svg(&scene->diagnosis, how);

    assert_sound_picture(svg);
}

static void
is_sound_whatever_the_guest_measures(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) windows = windows_scene(), empty = scene_new(0);

    settle(empty);
    assert_sound(windows, &view);
    assert_sound(empty, &view);
}

static void
is_sound_whatever_things_are_called(void **state G_GNUC_UNUSED)
{
    static const VtDiagnosisView odd = {.domain = "<g>&\xff\033]]>\xef\xbf\xbf", .apply = "\x01"};
    g_autoptr(Scene) hostile = hostile_scene();

    assert_sound(hostile, &odd);
}

static void
every_known_share_has_its_bar(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = windows_scene();
    g_autofree char *svg = vt_diagnosis_to_svg(&scene->diagnosis, &view);
    xmlDoc *document = parse_markup(svg);
    const xmlNode *root = xmlDocGetRootElement(document);

    /* six reasons and four ports, twice each, but not the time of who sleeps */
    assert_int_equal(count_class(root, "rect", "track"), 19);
    /* two bars of four ports, and the sample that says what the colour means */
    assert_int_equal(count_class(root, "rect", "trouble"), 9);
    /* a number at each port, and at each of the two things that matter */
    assert_int_equal(count_class(root, "circle", "trouble"), 6);
    xmlFreeDoc(document);
}

static void
those_who_hear_it_are_told_what_it_shows(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = windows_scene();
    g_autofree char *svg = vt_diagnosis_to_svg(&scene->diagnosis, &view);

    assert_non_null(strstr(svg, "role=\"img\""));
    assert_non_null(strstr(svg, "<title>win10</title>\n<desc>By reason: IO_INSTRUCTION 73.6"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_sound_whatever_the_guest_measures),
        cmocka_unit_test(is_sound_whatever_things_are_called),
        cmocka_unit_test(every_known_share_has_its_bar),
        cmocka_unit_test(those_who_hear_it_are_told_what_it_shows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
