/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/columns.h"
#include "report/map-canvas.h"
#include "report/text.h"

static void
assert_wrapped(const char *text, int width, const char *expected)
{
    g_autoptr(GString) out = g_string_new(NULL);

    vt_report_append_wrapped(out, "", text, width);
    assert_string_equal(out->str, expected);
}

static void
test_a_chinese_character_takes_two_columns(void **state G_GNUC_UNUSED)
{
    assert_int_equal(vt_columns_count(""), 0);
    assert_int_equal(vt_columns_count("vCPU 0-3"), 8);
    assert_int_equal(vt_columns_count("能效核"), 6);
    assert_int_equal(vt_columns_count("e\xcc\x81"), 1); /* an accent stands above its letter */
}

static void
test_what_fits_ends_with_a_whole_character(void **state G_GNUC_UNUSED)
{
    assert_int_equal(vt_columns_fit("能效核", 6), strlen("能效核"));
    assert_int_equal(vt_columns_fit("能效核", 5), strlen("能效"));
    assert_int_equal(vt_columns_fit("能效核", 1), 0);
    assert_int_equal(vt_columns_fit("abc", 2), 2);
    assert_int_equal(vt_columns_fit("abc", 9), 3);
}

static void
test_english_lines_end_between_words(void **state G_GNUC_UNUSED)
{
    assert_wrapped("one two three", 7, "one two\nthree\n");
    assert_wrapped("clock/hypervclock on", 5, "clock/hypervclock\non\n");
}

static void
test_chinese_lines_end_anywhere_but_before_what_closes(void **state G_GNUC_UNUSED)
{
    assert_wrapped("虚拟机运行", 6, "虚拟机\n运行\n");
    assert_wrapped("虚拟机。运行", 6, "虚拟\n机。运\n行\n");
    assert_wrapped("虚拟机（运行）", 8, "虚拟机\n（运行）\n");
    assert_wrapped("虚拟机“undo”", 7, "虚拟机\n“undo”\n");
    assert_wrapped("一个 vCPU，两个", 9, "一个\nvCPU，两\n个\n");
}

static void
test_lines_join_beside_wide_characters(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtCanvas) canvas = vt_canvas_new(10, 3);
    g_autoptr(GString) out = g_string_new(NULL);

    vt_canvas_rectangle(canvas, 0, 0, 10, 3);
    vt_canvas_text(canvas, 2, 0, "能效核", 5, VT_CANVAS_PLAIN, 0);
    vt_canvas_append_to(canvas, out, true, false);
    assert_string_equal(out->str, "+-能效---+\n|        |\n+--------+\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_chinese_character_takes_two_columns),
        cmocka_unit_test(test_what_fits_ends_with_a_whole_character),
        cmocka_unit_test(test_english_lines_end_between_words),
        cmocka_unit_test(test_chinese_lines_end_anywhere_but_before_what_closes),
        cmocka_unit_test(test_lines_join_beside_wide_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
