/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/printable.h"
#include "report/text.h"

static void
assert_shown(const char *text, const char *expected)
{
    g_autofree char *shown = vt_printable(text, false);

    assert_string_equal(shown, expected);
}

static void
test_ordinary_text_is_untouched(void **state G_GNUC_UNUSED)
{
    assert_shown("", "");
    assert_shown("win10 (old) 50%s \\n 'x' <&>", "win10 (old) 50%s \\n 'x' <&>");
    assert_shown("Größe 虚拟机 😀", "Größe 虚拟机 😀");
}

static void
test_what_steers_a_terminal_is_escaped(void **state G_GNUC_UNUSED)
{
    assert_shown("\x1b[2J\x07", "\\x1b[2J\\x07");
    assert_shown("\xc2\x9b[2J", "\\u009b[2J"); /* CSI in one character, which XML allows */
    assert_shown("\x7f\r", "\\x7f\\x0d");
}

static void
test_what_turns_or_hides_text_is_escaped(void **state G_GNUC_UNUSED)
{
    assert_shown("a\xe2\x80\xae/", "a\\u202e/");
    assert_shown("a\xe2\x80\x8b\xe2\x80\xa8", "a\\u200b\\u2028");
}

static void
test_bytes_that_are_no_text_are_escaped(void **state G_GNUC_UNUSED)
{
    assert_shown("\xff/\xc3", "\\xff/\\xc3");
    assert_shown("\xed\xa0\x80", "\\xed\\xa0\\x80");
}

static void
test_a_line_stays_one_unless_lines_are_kept(void **state G_GNUC_UNUSED)
{
    g_autofree char *kept = vt_printable("one\n\ttwo\x1b", true);

    assert_shown("one\n\ttwo", "one\\n\\ttwo");
    assert_string_equal(kept, "one\n\ttwo\\x1b");
}

static void
test_a_line_of_a_report_is_one_whatever_is_in_it(void **state G_GNUC_UNUSED)
{
    g_autoptr(GString) out = g_string_new(NULL);

    vt_report_append_line(out, "# %s\n", "name\n+++ /etc/passwd");
    vt_report_append_wrapped(out, "#   ", "why\n--- /etc/passwd", 80);
    assert_string_equal(out->str, "# name\\n+++ /etc/passwd\n#   why\\n--- /etc/passwd\n");
}

static void
assert_shell_name(const char *name, const char *wanted)
{
    g_autofree char *found = vt_shell_name(name);

    assert_string_equal(found, wanted);
}

static void
test_a_name_to_be_copied_is_in_quotes_where_the_shell_needs_them(void **state G_GNUC_UNUSED)
{
    assert_shell_name("win10", "win10");
    assert_shell_name("web-1.example_2", "web-1.example_2");
    assert_shell_name("two words", "'two words'");
    assert_shell_name("it's", "'it'\\''s'");
    assert_shell_name("$(touch x)", "'$(touch x)'");
    assert_shell_name("~root", "'~root'");
    assert_shell_name("", "''");
}

static void
test_a_name_that_begins_like_an_option_is_marked_as_none(void **state G_GNUC_UNUSED)
{
    assert_shell_name("-c", "-- -c");
    assert_shell_name("--all of", "-- '--all of'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ordinary_text_is_untouched),
        cmocka_unit_test(test_what_steers_a_terminal_is_escaped),
        cmocka_unit_test(test_what_turns_or_hides_text_is_escaped),
        cmocka_unit_test(test_bytes_that_are_no_text_are_escaped),
        cmocka_unit_test(test_a_line_stays_one_unless_lines_are_kept),
        cmocka_unit_test(test_a_line_of_a_report_is_one_whatever_is_in_it),
        cmocka_unit_test(test_a_name_to_be_copied_is_in_quotes_where_the_shell_needs_them),
        cmocka_unit_test(test_a_name_that_begins_like_an_option_is_marked_as_none),
    };
    return cmocka_run_group_tests_name("printable", tests, NULL, NULL);
}
