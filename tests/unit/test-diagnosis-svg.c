/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A diagnosis as SVG. */
#include "diagnosis-fixture.h"

#include "markup-laws.h"
#include "report/diagnosis-parts.h"
#include "report/svg.h"

static const VtDiagnosisView view = {.domain = "win10", .apply = "vmtune apply win10"};

static unsigned
number_of(const xmlNode *node, const char *attribute)
{
    xmlChar *value = xmlGetProp(node, (const xmlChar *)attribute);
    unsigned number = value ? (unsigned)g_ascii_strtoull((const char *)value, NULL, 10) : 0;

    xmlFree(value);
    return number;
}

static bool
has_class(const xmlNode *node, const char *css_class)
{
    xmlChar *value = xmlGetProp(node, (const xmlChar *)"class");
    g_auto(GStrv) classes = g_strsplit(value ? (const char *)value : "", " ", -1);

    xmlFree(value);
    return g_strv_contains((const char *const *)classes, css_class);
}

/* From where to where a text reaches. */
static void
extent_of(const xmlNode *text, unsigned *ret_left, unsigned *ret_right)
{
    xmlChar *content = xmlNodeGetContent(text);
    unsigned width = vt_svg_text_width((const char *)content, number_of(text, "font-size"));
    unsigned x = number_of(text, "x");

    xmlFree(content);
    *ret_left = has_class(text, "r") ? x - width : has_class(text, "m") ? x - width / 2 : x;
    *ret_right = *ret_left + width;
}

/* Within the picture, and no text of a line over another. */
static void
assert_room_for_texts(const xmlNode *node, GPtrArray *seen)
{
    for (; node; node = node->next) {
        unsigned left, right;

        if (node->type != XML_ELEMENT_NODE)
            continue;
        assert_room_for_texts(node->children, seen);
        if (strcmp((const char *)node->name, "text") != 0)
            continue;
        extent_of(node, &left, &right);
        assert_true(right <= VT_CHART_WIDTH);
        for (guint i = 0; i < seen->len; i++) {
            const xmlNode *other = seen->pdata[i];
            unsigned other_left, other_right;

            extent_of(other, &other_left, &other_right);
            if (number_of(other, "y") == number_of(node, "y") && left < other_right &&
                other_left < right)
                fail_msg("'%s' over '%s'", node->children->content, other->children->content);
        }
        g_ptr_array_add(seen, (gpointer)node);
    }
}

static void
assert_sound(const Scene *scene, const VtDiagnosisView *how)
{
    g_autofree char *svg = vt_diagnosis_to_svg(&scene->diagnosis, how);
    g_autoptr(GPtrArray) seen = g_ptr_array_new();
    xmlDoc *document;

    assert_sound_markup(svg, "svg");
    document = parse_markup(svg);
    assert_room_for_texts(xmlDocGetRootElement(document), seen);
    assert_true(seen->len > 0);
    xmlFreeDoc(document);
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

/* How many elements of that class there are. */
static unsigned
count_class(const xmlNode *node, const char *name, const char *css_class)
{
    unsigned count = 0;

    for (; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        count += strcmp((const char *)node->name, name) == 0 && has_class(node, css_class);
        count += count_class(node->children, name, css_class);
    }
    return count;
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
