/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The model of the map and its drawing for terminals. map/NAME.txt is what a host should look like;
 * VMTUNE_TEST_REGENERATE=1 writes it anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "map-hosts.h"

#define TEST(name, function)                                                                       \
    {                                                                                              \
        name, function, NULL, NULL, NULL                                                           \
    }

static const Spec specs[] = {
    {1, 1, 4, 1, false},  {1, 1, 2, 2, true},   {2, 1, 9, 2, false}, {2, 2, 3, 2, false},
    {8, 2, 3, 2, false},  {1, 32, 2, 4, false}, {2, 8, 8, 1, false}, {2, 8, 8, 2, false},
    {1, 1, 12, 8, false}, {16, 1, 1, 1, false}, {8, 8, 8, 2, false}, {2, 1, 256, 2, false},
};

static char *
draw(const VtTopology *host, GPtrArray *guests, unsigned width, bool ascii)
{
    const VtTextStyle style = {.width = width, .ascii = ascii};
    g_autoptr(VtMap) map = vt_map_new("host", host, guests, NULL);

    return vt_map_to_text(map, &style);
}

/* ---- against files ---- */

static void
compare(const char *name, const char *text)
{
    g_autofree char *file = g_strdup_printf("%s.txt", name);
    g_autofree char *path = g_build_filename(g_getenv("VT_TEST_DATA"), "map", file, NULL);
    g_autofree char *expected = NULL;
    g_autoptr(GError) error = NULL;

    if (g_getenv("VMTUNE_TEST_REGENERATE")) {
        if (!g_file_set_contents(path, text, -1, &error))
            fail_msg("%s", error->message);
        return;
    }
    if (!g_file_get_contents(path, &expected, NULL, &error))
        fail_msg("%s", error->message);
    assert_string_equal(text, expected);
}

static void
test_draws_siblings_side_by_side(void **state)
{
    static const Spec spec = {1, 1, 6, 2, false};
    g_autoptr(VtTopology) host = make_host(&spec);
    GPtrArray *guests = no_guests();
    VtMapGuest *web = pinned_guest("web", VT_MAP_RUNNING, 2, 1, 6);
    g_autofree char *text = NULL;

    (void)state;
    web->emulator = cpus("0,6");
    g_ptr_array_add(guests, web);
    g_ptr_array_add(guests, pinned_guest("standby", VT_MAP_CONFIGURED, 2, 2, 6));
    g_ptr_array_add(guests, pinned_guest("new", VT_MAP_PLANNED, 2, 3, 6));
    g_ptr_array_add(guests, floating_guest("floater", 4, "4-5,10-11"));
    g_ptr_array_add(guests, floating_guest("free", 4, NULL));
    text = draw(host, guests, 60, false);
    compare("siblings", text);
}

static void
test_draws_l3_domains_side_by_side(void **state)
{
    static const Spec spec = {2, 2, 3, 2, false};
    g_autoptr(VtTopology) host = make_host(&spec);
    g_autofree char *text = draw(host, no_guests(), 80, false);

    (void)state;
    compare("l3-domains", text);
}

static void
test_draws_kinds_of_core_apart(void **state)
{
    static const Spec spec = {1, 1, 12, 1, false};
    g_autoptr(VtTopology) host = make_host(&spec);
    g_autofree char *text = NULL;

    (void)state;
    make_hybrid(host, 8);
    for (guint i = 10; i < 12; i++)
        core_at(host, i)->l3 = -1;
    text = draw(host, no_guests(), 80, false);
    compare("hybrid", text);
}

static void
test_marks_what_is_odd(void **state)
{
    g_autoptr(VtTopology) host = odd_host();
    g_autoptr(VtCpuSet) reserved = cpus("0,8");
    const VtTextStyle style = {.width = 80};
    g_autoptr(VtMap) map = NULL;
    g_autofree char *text = NULL;

    (void)state;
    map = vt_map_new("host", host, no_guests(), reserved);
    text = vt_map_to_text(map, &style);
    compare("odd", text);
}

static void
test_says_what_is_wrong_with_pins(void **state)
{
    static const Spec spec = {1, 1, 4, 1, false};
    g_autoptr(VtTopology) host = make_host(&spec);
    GPtrArray *guests = no_guests();
    g_autofree char *text = NULL;

    (void)state;
    g_ptr_array_add(guests, pinned_guest("one", VT_MAP_RUNNING, 2, 1, 1));
    g_ptr_array_add(guests, pinned_guest("two", VT_MAP_RUNNING, 3, 2, 1));
    text = draw(host, guests, 80, true);
    compare("crowded", text);
}

static void
test_shrinks_cells_of_256_cpus(void **state)
{
    static const Spec spec = {2, 8, 8, 2, false};
    g_autoptr(VtTopology) host = make_host(&spec);
    g_autofree char *text = draw(host, some_guests(host), 80, false);

    (void)state;
    compare("256", text);
}

static void
test_shrinks_cells_of_1024_cpus_to_keys(void **state)
{
    static const Spec spec = {8, 8, 8, 2, false};
    g_autoptr(VtTopology) host = make_host(&spec);
    g_autofree char *text = draw(host, some_guests(host), 80, true);

    (void)state;
    compare("1024", text);
}

/* ---- laws ---- */

static unsigned
columns_of(const char *line)
{
    unsigned columns = 0;

    for (; *line; line = g_utf8_next_char(line)) {
        gunichar c = g_utf8_get_char(line);
        columns += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
    }
    return columns;
}

static void
expect_width(const char *text, unsigned width)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; *line; line++) {
        if (columns_of(*line) > width)
            fail_msg("wider than %u: %s", width, *line);
    }
}

static void
test_keeps_within_the_width(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(specs); i++) {
        g_autoptr(VtTopology) host = make_host(&specs[i]);

        for (unsigned width = VT_TEXT_MIN_WIDTH; width <= 200; width += i < 8 ? 1 : 7) {
            GPtrArray *guests = some_guests(host);
            g_autofree char *text = NULL;

            g_ptr_array_add(guests, floating_guest("\xe5\x90\x8d\xe5\x89\x8d-of-a-guest-that-has-a"
                                                   "-name-longer-than-the-narrowest-line",
                                                   2, "1,3"));
            text = draw(host, guests, width, i % 2 == 0);
            expect_width(text, width);
        }
    }
}

static void
test_takes_too_small_a_width_for_the_least(void **state)
{
    g_autoptr(VtTopology) host = make_host(&specs[0]);
    g_autofree char *text = draw(host, no_guests(), 1, false);

    (void)state;
    expect_width(text, VT_TEXT_MIN_WIDTH);
}

static void
test_speaks_ascii_only_where_asked_to(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(specs); i++) {
        g_autoptr(VtTopology) host = make_host(&specs[i]);
        GPtrArray *guests = some_guests(host);
        g_autofree char *text = NULL;

        g_ptr_array_add(guests, pinned_guest("gro\xc3\x9f \xe5\x90\x8d \xc2\xb7 \xf0\x9f\x90\xa7",
                                             VT_MAP_RUNNING, 1, 3, 1));
        text = draw(host, guests, 80, true);
        assert_true(g_str_is_ascii(text));
    }
}

static void
count_frames(const VtMapFrame *frame, guint *ret_cores)
{
    assert_true(frame->frames->len == 0 || frame->cores->len == 0);
    *ret_cores += frame->cores->len;
    for (guint i = 0; i < frame->frames->len; i++)
        count_frames(frame->frames->pdata[i], ret_cores);
}

/* The model, and the frames in it, have every online CPU once. */
static void
expect_each_cpu_once(const VtTopology *host)
{
    g_autoptr(VtMap) map = vt_map_new("host", host, no_guests(), NULL);
    g_autoptr(VtCpuSet) seen = vt_cpuset_new();
    guint cores = 0;

    for (guint i = 0; i < map->cores->len; i++) {
        const VtMapCore *core = map->cores->pdata[i];

        for (guint j = 0; j < core->cpus->len; j++) {
            const VtMapCpu *cpu = core->cpus->pdata[j];
            assert_false(vt_cpuset_has(seen, cpu->number));
            vt_cpuset_add(seen, cpu->number);
        }
    }
    assert_true(vt_cpuset_equal(seen, host->online));
    assert_true(vt_cpuset_equal(map->root->cpus, host->online));
    count_frames(map->root, &cores);
    assert_int_equal(cores, map->cores->len);
}

static void
test_has_every_online_cpu_once(void **state)
{
    g_autoptr(VtTopology) odd = odd_host();

    (void)state;
    expect_each_cpu_once(odd);
    for (gsize i = 0; i < G_N_ELEMENTS(specs); i++) {
        g_autoptr(VtTopology) host = make_host(&specs[i]);
        expect_each_cpu_once(host);
    }
}

/* The cells of a drawing without guests: lines between frames and rules. Numbers, or signs. */
static void
read_cells(const char *text, VtCpuSet *ret_numbers, unsigned *ret_signs)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; *line; line++) {
        if (**line != '|' || strchr(*line, '+'))
            continue;
        for (const char *at = *line; *at;) {
            char *end = (char *)at + 1;

            if (g_ascii_isdigit(*at)) {
                unsigned number = (unsigned)g_ascii_strtoull(at, &end, 10);
                assert_false(vt_cpuset_has(ret_numbers, number));
                vt_cpuset_add(ret_numbers, number);
            }
            *ret_signs += *at == '.';
            at = end;
        }
    }
}

static void
test_draws_every_cpu_once(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(specs); i++) {
        g_autoptr(VtTopology) host = make_host(&specs[i]);

        for (unsigned width = 40; width <= 200; width += 40) {
            g_autofree char *text = draw(host, no_guests(), width, true);
            g_autoptr(VtCpuSet) numbers = vt_cpuset_new();
            unsigned signs = 0;

            read_cells(text, numbers, &signs);
            assert_int_equal(signs, vt_cpuset_count(host->online));
            if (vt_cpuset_count(numbers) > 0)
                assert_true(vt_cpuset_equal(numbers, host->online));
        }
    }
}

/* ---- terminals ---- */

/* No escape sequence but those that set colours, no control character, nothing that turns text. */
static void
expect_harmless(const char *text, bool colour)
{
    for (const char *at = text; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);

        if (c == 033 && colour) {
            gsize length = strspn(at + 2, "0123456789;");
            assert_true(at[1] == '[' && at[2 + length] == 'm');
        } else {
            assert_true(c == '\n' || !g_unichar_iscntrl(c));
            assert_true(g_unichar_type(c) != G_UNICODE_FORMAT);
        }
    }
}

static void
test_strips_control_characters_from_names(void **state)
{
    static const char *const names[] = {
        "\033[31mred\033[0m",
        "two\nlines\r\b",
        "\xe2\x80\xae"
        "desrever",
        "\xc2\x9b"
        "31m",
        "\xff\xfe not UTF-8",
        "",
        "\t\n",
    };
    g_autoptr(VtTopology) host = make_host(&specs[3]);

    (void)state;
    for (unsigned colour = 0; colour < 2; colour++) {
        const VtTextStyle style = {.width = 80, .colour = colour == 1};
        GPtrArray *guests = no_guests();
        g_autoptr(VtMap) map = NULL;
        g_autofree char *text = NULL;

        for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
            g_ptr_array_add(guests, pinned_guest(names[i], VT_MAP_RUNNING, 1, (unsigned)i, 1));
        map = vt_map_new("host\033c", host, guests, NULL);
        vt_map_add_remark(map, "a remark\033[2J\non two lines");
        text = vt_map_to_text(map, &style);
        assert_true(g_utf8_validate(text, -1, NULL));
        assert_null(strstr(text, "\033[31mred"));
        expect_harmless(text, style.colour);
    }
}

static void
test_says_the_same_with_colours_and_without(void **state)
{
    g_autoptr(VtTopology) host = make_host(&specs[7]);
    const VtTextStyle plain = {.width = 80}, coloured = {.width = 80, .colour = true};
    g_autoptr(VtMap) map = vt_map_new("host", host, some_guests(host), NULL);
    g_autofree char *one = vt_map_to_text(map, &plain);
    g_autofree char *other = vt_map_to_text(map, &coloured);
    g_autoptr(GRegex) colours = g_regex_new("\033\\[[0-9;]*m", 0, 0, NULL);
    g_autofree char *bare = g_regex_replace_literal(colours, other, -1, 0, "", 0, NULL);

    (void)state;
    assert_string_not_equal(one, other);
    assert_string_equal(one, bare);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("draws siblings side by side", test_draws_siblings_side_by_side),
        TEST("draws L3 domains side by side", test_draws_l3_domains_side_by_side),
        TEST("draws kinds of core apart", test_draws_kinds_of_core_apart),
        TEST("marks what is odd", test_marks_what_is_odd),
        TEST("says what is wrong with pins", test_says_what_is_wrong_with_pins),
        TEST("shrinks the cells of 256 CPUs", test_shrinks_cells_of_256_cpus),
        TEST("shrinks the cells of 1,024 CPUs to keys", test_shrinks_cells_of_1024_cpus_to_keys),
        TEST("keeps within the width", test_keeps_within_the_width),
        TEST("takes too small a width for the least", test_takes_too_small_a_width_for_the_least),
        TEST("speaks ASCII only where asked to", test_speaks_ascii_only_where_asked_to),
        TEST("has every online CPU once", test_has_every_online_cpu_once),
        TEST("draws every CPU once", test_draws_every_cpu_once),
        TEST("strips control characters from names", test_strips_control_characters_from_names),
        TEST("says the same with colours and without", test_says_the_same_with_colours_and_without),
    };

    return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
