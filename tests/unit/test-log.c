/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is written where there is no journal; tests/e2e/test-watch.sh reads what a journal gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edges/log.h"

/* Standard error's file, its beginning again after each look. */
static int file;

static void
assert_written(const char *expected)
{
    char text[1024] = "";

    assert_true(pread(file, text, sizeof text - 1, 0) >= 0);
    assert_int_equal(ftruncate(file, 0), 0);
    assert_int_equal(lseek(STDERR_FILENO, 0, SEEK_SET), 0);
    assert_string_equal(text, expected);
}

static int
set_up(void **state G_GNUC_UNUSED)
{
    g_autofree char *path = NULL;

    g_unsetenv("JOURNAL_STREAM");
    g_unsetenv("G_MESSAGES_DEBUG");
    file = g_file_open_tmp("vmtune-log-XXXXXX", &path, NULL);
    unlink(path);
    vt_log_start("vmtune-test");
    return dup2(file, STDERR_FILENO) < 0;
}

static void
test_a_line_names_who_says_it(void **state G_GNUC_UNUSED)
{
    const VtLogAbout about = {.event = VT_LOG_TUNED, .domain = "win10"};

    vt_log(G_LOG_LEVEL_INFO, &about, "%s: tuned", "win10");
    assert_written("vmtune-test: win10: tuned\n");
    vt_log(G_LOG_LEVEL_WARNING, NULL, "trouble");
    assert_written("vmtune-test: trouble\n");
}

static void
test_no_name_of_a_domain_begins_a_line(void **state G_GNUC_UNUSED)
{
    vt_log(G_LOG_LEVEL_INFO, NULL, "%s: tuned", "a\nvmtune-test: b\x1b[2J\xff%n");
    assert_written("vmtune-test: a\\nvmtune-test: b\\x1b[2J\\xff%n: tuned\n");
    g_warning("%s", "c\nd");
    assert_written("vmtune-test: c\\nd\n");
}

/* GLib reads the environment once from 2.80 on, and has a function beside it. */
static void
ask_for_details(bool asked)
{
#if GLIB_CHECK_VERSION(2, 80, 0)
    const char *const domains[] = {"vmtune", NULL};

    g_log_writer_default_set_debug_domains(asked ? domains : NULL);
#else
    if (asked)
        g_setenv("G_MESSAGES_DEBUG", "vmtune", TRUE);
    else
        g_unsetenv("G_MESSAGES_DEBUG");
#endif
}

static void
test_details_are_told_only_if_asked_for(void **state G_GNUC_UNUSED)
{
    vt_log(G_LOG_LEVEL_DEBUG, NULL, "detail");
    assert_written("");
    ask_for_details(true);
    vt_log(G_LOG_LEVEL_DEBUG, NULL, "detail");
    ask_for_details(false);
    assert_written("vmtune-test: detail\n");
}

static void
test_a_stream_is_the_journal_only_if_it_is_the_one_named(void **state G_GNUC_UNUSED)
{
    struct stat status;
    g_autofree char *right = NULL, *wrong = NULL;

    assert_int_equal(fstat(file, &status), 0);
    right = g_strdup_printf("%llu:%llu", (unsigned long long)status.st_dev,
                            (unsigned long long)status.st_ino);
    wrong = g_strdup_printf("%llu:1", (unsigned long long)status.st_dev);
    assert_true(vt_log_is_journal(right, file));
    assert_false(vt_log_is_journal(wrong, file));
    assert_false(vt_log_is_journal(NULL, file));
    assert_false(vt_log_is_journal("", file));
    assert_false(vt_log_is_journal("1", file));
    assert_false(vt_log_is_journal(":", file));
    assert_false(vt_log_is_journal("a:b", file));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_names_who_says_it),
        cmocka_unit_test(test_no_name_of_a_domain_begins_a_line),
        cmocka_unit_test(test_details_are_told_only_if_asked_for),
        cmocka_unit_test(test_a_stream_is_the_journal_only_if_it_is_the_one_named),
    };

    return cmocka_run_group_tests_name("log", tests, set_up, NULL);
}
