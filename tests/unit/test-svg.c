/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all pictures are made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "markup-laws.h"
#include "report/svg.h"

static void
any_bytes_make_well_formed_markup(void **state G_GNUC_UNUSED)
{
    static const char *const texts[] = {
        "<script>alert(1)</script>",
        "a & b",
        "\"'",
        "]]>",
        "\033[31m\n\r",
        "\xff\x01\x0b",
        "\xef\xbf\xbe\xef\xbf\xbf",
        "\xed\xa0\x80",
        "\xe5\x90\x8d",
        "",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GString) out = g_string_new("<t a=\"");

        vt_markup_append(out, texts[i]);
        g_string_append(out, "\">");
        vt_markup_append(out, texts[i]);
        g_string_append(out, "</t>");
        assert_sound_markup(out->str, "t");
    }
}

static void
what_is_cut_ends_in_an_ellipsis_and_fits(void **state G_GNUC_UNUSED)
{
    g_autofree char *whole = vt_svg_cut("HLT", 100, 13);
    g_autofree char *cut = vt_svg_cut("EXTERNAL_INTERRUPT", 100, 13);
    g_autofree char *wide = vt_svg_cut("\xe5\x90\x8d\xe5\x90\x8d\xe5\x90\x8d\xe5\x90\x8d", 40, 13);

    assert_string_equal(whole, "HLT");
    assert_string_equal(cut, "EXTERNAL_IN\xe2\x80\xa6");
    assert_string_equal(wide, "\xe5\x90\x8d\xe2\x80\xa6");
    assert_true(vt_svg_text_width(cut, 13) <= 100);
}

static void
lines_break_behind_words_and_fit(void **state G_GNUC_UNUSED)
{
    g_autoptr(GPtrArray) lines = vt_svg_wrap("one two three four five six seven", 161, 13);
    g_autoptr(GPtrArray) torn = vt_svg_wrap("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 161, 13);
    g_autoptr(GPtrArray) none = vt_svg_wrap("", 161, 13);

    assert_int_equal(lines->len, 2);
    assert_string_equal(lines->pdata[0], "one two three four");
    assert_string_equal(lines->pdata[1], "five six seven");
    assert_int_equal(torn->len, 3);
    assert_int_equal(none->len, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_bytes_make_well_formed_markup),
        cmocka_unit_test(what_is_cut_ends_in_an_ellipsis_and_fits),
        cmocka_unit_test(lines_break_behind_words_and_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
