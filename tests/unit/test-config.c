/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/error.h"
#include "edges/config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY 65534
#define MIB ((guint64)1 << 20)
#define TEST(name, function)                                                                       \
    {                                                                                              \
        name, function, set_up, tear_down, NULL                                                    \
    }

/* *state is the path of the file to load. */
static int
set_up(void **state)
{
    g_autofree char *dir = g_dir_make_tmp("vmtune-config-XXXXXX", NULL);
    *state = g_build_filename(dir, "vmtune.conf", NULL);
    return dir != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
    g_autofree char *dir = g_path_get_dirname(*state);
    g_unlink(*state);
    g_rmdir(dir);
    g_free(*state);
    return 0;
}

static VtConfig *
load_bytes(const char *path, const char *text, gsize length)
{
    assert_true(g_file_set_contents(path, text, (gssize)length, NULL));
    g_autoptr(GError) error = NULL;
    VtConfig *config = vt_config_load(path, &error);
    if (error != NULL)
        g_printerr("%s\n", error->message);
    assert_non_null(config);
    assert_null(error);
    return config;
}

static VtConfig *
load(const char *path, const char *text)
{
    return load_bytes(path, text, strlen(text));
}

static void
assert_cpus(const VtConfig *config, const char *cpus)
{
    g_autofree char *text = vt_cpuset_format(config->reserved_cpus);
    assert_string_equal(text, cpus);
}

static void
assert_defaults(const VtConfig *config)
{
    assert_int_equal(config->policy, VT_POLICY_APPLY);
    assert_non_null(config->skip_rules);
    assert_null(config->skip_rules[0]);
    assert_int_equal(config->metadata_cache_budget_bytes, 512 * MIB);
    assert_int_equal(config->pin_policy, VT_PIN_PLACEMENT_AUTO);
    assert_cpus(config, "");
    assert_false(config->use_isolated || config->strict_memory);
    assert_false(config->restart);
    assert_int_equal(config->history_keep, 20);
}

/* @line 0: no line is promised; @words: what the message must have, NULL-terminated */
static void
assert_refused_bytes(const char *path, const char *text, gsize length, unsigned line, ...)
{
    assert_true(g_file_set_contents(path, text, (gssize)length, NULL));
    g_autoptr(GError) error = NULL;
    assert_null(vt_config_load(path, &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
    g_autofree char *place = g_strdup_printf("%s:%u: ", path, line);
    bool good = line == 0 || g_str_has_prefix(error->message, place);
    va_list words;
    va_start(words, line);
    for (const char *word; (word = va_arg(words, const char *)) != NULL;)
        good = good && strstr(error->message, word) != NULL;
    va_end(words);
    if (!good)
        g_printerr("line %u: %s\n", line, error->message);
    assert_true(good);
    assert_true(g_utf8_validate(error->message, -1, NULL));
}

#define assert_refused(path, text, ...)                                                            \
    assert_refused_bytes(path, text, strlen(text), __VA_ARGS__, NULL)

static void
test_no_file_means_the_defaults(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtConfig) config = vt_config_load(*state, &error);
    assert_null(error);
    assert_defaults(config);
    g_autoptr(VtConfig) fresh = vt_config_new();
    assert_defaults(fresh);
}

static void
test_a_file_without_settings_means_the_defaults(void **state)
{
    g_autoptr(VtConfig) empty = load(*state, "");
    assert_defaults(empty);
    g_autoptr(VtConfig) comments = load(*state, "# nothing\n\n  # here\n[policy]\n[pin]");
    assert_defaults(comments);
}

static void
test_reads_every_setting(void **state)
{
    g_autoptr(VtConfig) config = load(*state, "[policy]\ndefault = enforce\n"
                                              "[rules]\nskip = cputune/*; clock/pit;\n"
                                              "[disk]\nmetadata_cache_budget_mib=1024\n"
                                              "[pin]\npolicy = node\nreserved_cpus = 0-1,8\n"
                                              "use_isolated = yes\nstrict_memory = yes\n");
    assert_int_equal(config->policy, VT_POLICY_ENFORCE);
    assert_int_equal(g_strv_length(config->skip_rules), 2);
    assert_string_equal(config->skip_rules[0], "cputune/*");
    assert_string_equal(config->skip_rules[1], "clock/pit");
    assert_int_equal(config->metadata_cache_budget_bytes, 1024 * MIB);
    assert_int_equal(config->pin_policy, VT_PIN_PLACEMENT_NODE);
    assert_cpus(config, "0-1,8");
    assert_true(config->use_isolated && config->strict_memory);
}

static void
test_white_space_and_line_ends_do_not_matter(void **state)
{
    g_autoptr(VtConfig) config = load(
        *state, "\r\n  [policy]  \r\n\tdefault\t=  observe \t\r\n[pin]\r\nreserved_cpus= 3 \r\n");
    assert_int_equal(config->policy, VT_POLICY_OBSERVE);
    assert_cpus(config, "3");
}

static void
test_a_skipped_rule_is_found_by_its_glob(void **state)
{
    g_autoptr(VtConfig) config = load(*state, "[rules]\nskip = cputune/*;clock/p?t\n");
    assert_true(vt_config_skips_rule(config, "cputune/vcpu-pins"));
    assert_true(vt_config_skips_rule(config, "clock/pit"));
    assert_false(vt_config_skips_rule(config, "clock/hpet"));
    assert_false(vt_config_skips_rule(config, "xcputune/a"));
    g_autoptr(VtConfig) fresh = vt_config_new();
    assert_false(vt_config_skips_rule(fresh, "cputune/vcpu-pins"));
}

static void
test_zero_is_a_budget(void **state)
{
    g_autoptr(VtConfig) config = load(*state, "[disk]\nmetadata_cache_budget_mib = 0\n");
    assert_int_equal(config->metadata_cache_budget_bytes, 0);
    g_autoptr(VtConfig) most = load(*state, "[disk]\nmetadata_cache_budget_mib = 1048576\n");
    assert_int_equal(most->metadata_cache_budget_bytes, (guint64)1 << 40);
}

static void
test_an_unknown_group_is_refused_with_its_line(void **state)
{
    assert_refused(*state, "# x\n\n[polciy]\ndefault = off\n", 3U, "'[polciy]'", "'[policy]'",
                   "'[rules]'", "'[disk]'", "'[pin]'");
    assert_refused(*state, "[]\n", 1U, "'[]'");
    assert_refused(*state, "[\n", 1U, "'['");
    assert_refused(*state, "[pin\n", 1U, "'[pin'");
    assert_refused(*state, "[pin]x\n", 1U, "'[pin]x'");
    assert_refused(*state, "[ pin ]\n", 1U, "'[ pin ]'");
}

static void
test_an_unknown_key_is_refused_with_its_line(void **state)
{
    assert_refused(*state, "[pin]\n# x\nreserved-cpus = 1\n", 3U, "'reserved-cpus'", "'[pin]'",
                   "'policy', 'reserved_cpus'");
    assert_refused(*state, "[policy]\npolicy = off\n", 2U, "'policy'", "'default'");
    assert_refused(*state, "[policy]\ndefault[de] = off\n", 2U, "'default[de]'");
    assert_refused(*state, "[policy]\n= off\n", 2U, "''");
    assert_refused(*state, "[policy]\nDefault = off\n", 2U, "'Default'", "'default'");
}

static void
test_a_key_needs_a_group(void **state)
{
    assert_refused(*state, "\ndefault = off\n[policy]\n", 2U, "'default'", "'[policy]'");
}

static void
test_a_line_that_is_nothing_is_refused(void **state)
{
    assert_refused(*state, "[policy]\ndefault off\n", 2U, "'default off'");
    assert_refused(*state, "[policy]\n; default = off\n", 2U, "'; default'");
    assert_refused(*state, "\xef\xbb\xbf[policy]\n", 1U, "[policy]");
}

static void
test_what_is_given_twice_is_refused_with_both_lines(void **state)
{
    assert_refused(*state, "[pin]\npolicy = off\n\npolicy = off\n", 4U, "'policy'", "line 2");
    assert_refused(*state, "[pin]\npolicy = off\n[disk]\n[pin]\nreserved_cpus = 1\n", 4U, "'[pin]'",
                   "line 1");
}

static void
test_a_bad_value_is_refused_with_what_is_allowed(void **state)
{
    assert_refused(*state, "[policy]\ndefault = Apply\n", 2U, "'default'", "'Apply'",
                   "'off', 'observe', 'apply', 'enforce'");
    assert_refused(*state, "[policy]\ndefault =\n", 2U, "'observe'");
    assert_refused(*state, "[policy]\ndefault = off # for now\n", 2U, "'off # for now'");
    assert_refused(*state, "[policy]\ndefault = \"off\"\n", 2U, "'observe'");
    assert_refused(*state, "[policy]\ndefault = of\\\\f\\q\n", 2U, "'observe'");
    assert_refused(*state, "[disk]\n[pin]\npolicy = on\n", 3U, "'on'",
                   "'off', 'node', 'dedicated', 'auto'");
    assert_refused(*state, "[policy]\nrestart = 1\n", 2U, "'1'", "'no', 'yes'");
    assert_refused(*state, "[history]\nkeep = 0\n", 2U, "'0'", "1 to 1000");
    assert_refused(*state, "[history]\nkeep = 1001\n", 2U, "'1001'", "1 to 1000");
    assert_refused(*state, "[history]\nkeep = all\n", 2U, "'all'", "1 to 1000");
    assert_refused(*state, "[pin]\nuse_isolated = true\n", 2U, "'true'", "'no', 'yes'");
    assert_refused(*state, "[pin]\nstrict_memory =\n", 2U, "'no', 'yes'");
}

static void
test_a_bad_budget_is_refused(void **state)
{
    static const char *const values[] = {"-1",   "+1",  "1.5",     "512M",
                                         "0x10", "",    "1048577", "1 2",
                                         "many", "1e3", "512;",    "18446744073709551616"};
    for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *text =
            g_strconcat("[disk]\nmetadata_cache_budget_mib = ", values[i], "\n", NULL);
        assert_refused(*state, text, 2U, "'metadata_cache_budget_mib'", "MiB, 0 to 1048576");
    }
}

static void
test_a_bad_cpu_list_is_refused(void **state)
{
    static const char *const values[] = {"a", "3-1", "1,,2", "-1", "0-", "99999999", "0;1"};
    for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *text = g_strconcat("[pin]\nreserved_cpus = ", values[i], "\n", NULL);
        assert_refused(*state, text, 2U, "'reserved_cpus'", "such as '0-1,8'");
    }
}

static void
test_a_bad_rule_glob_is_refused(void **state)
{
    static const char *const values[] = {"a,b", "a b", ";", "a;;b", "A/b", "a/[bc]", "\xc3\xa9"};
    for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
        g_autofree char *text = g_strconcat("[rules]\nskip = ", values[i], "\n", NULL);
        assert_refused(*state, text, 2U, "'skip'", "separated by ';'");
    }
}

static void
test_what_is_no_text_is_refused(void **state)
{
    assert_refused(*state, "[policy]\ndefault = \xff\n", 2U, "UTF-8");
    assert_refused(*state, "# \xff\n[policy]\n", 1U, "UTF-8");
    assert_refused_bytes(*state, "[policy]\ndefault = off\0\n", 24, 2, "NUL", NULL);
    assert_refused_bytes(*state, "[policy]\n\0[nonsense]\n", 21, 2, "NUL", NULL);
}

static void
test_a_file_that_anybody_can_write_is_refused(void **state)
{
    g_autoptr(GError) error = NULL;
    assert_true(g_file_set_contents(*state, "", 0, NULL));
    assert_int_equal(chmod(*state, 0646), 0);
    assert_null(vt_config_load(*state, &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_SYSTEM));
    assert_non_null(strstr(error->message, *state));
    assert_int_equal(chmod(*state, 0664), 0);
    vt_config_free(vt_config_load(*state, NULL));
}

static void
test_a_file_that_cannot_be_read_is_not_the_defaults(void **state)
{
    g_autoptr(GError) error = NULL;
    assert_int_equal(g_mkdir(*state, 0755), 0);
    assert_null(vt_config_load(*state, &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_SYSTEM));
    assert_non_null(strstr(error->message, *state));
    g_rmdir(*state);

    g_clear_error(&error);
    assert_true(g_file_set_contents(*state, "", 0, NULL));
    assert_int_equal(chmod(*state, 0), 0);
    bool is_root = geteuid() == 0;
    if (is_root)
        assert_int_equal(seteuid(NOBODY), 0);
    assert_null(vt_config_load(*state, &error));
    if (is_root)
        assert_int_equal(seteuid(0), 0);
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_SYSTEM));
}

static void
test_words_and_values_agree_both_ways(void **state)
{
    (void)state;
    for (VtPolicy policy = VT_POLICY_OFF; policy <= VT_POLICY_ENFORCE; policy++) {
        VtPolicy back;
        assert_true(vt_policy_from_string(vt_policy_to_string(policy), &back));
        assert_int_equal(back, policy);
    }
    for (VtPinPlacement policy = VT_PIN_PLACEMENT_OFF; policy <= VT_PIN_PLACEMENT_AUTO; policy++) {
        VtPinPlacement back;
        assert_true(vt_pin_placement_from_string(vt_pin_placement_to_string(policy), &back));
        assert_int_equal(back, policy);
    }
    VtPinPlacement untouched = VT_PIN_PLACEMENT_AUTO;
    assert_false(vt_pin_placement_from_string("observe", &untouched));
    assert_int_equal(untouched, VT_PIN_PLACEMENT_AUTO);
}

/* Returns: (transfer full): the file that is installed, with every setting put in force */
static char *
uncomment_installed_file(unsigned *ret_settings)
{
    g_autofree char *path =
        g_build_filename(g_getenv("VT_TEST_DATA"), "..", "data", "vmtune.conf", NULL);
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_autoptr(GRegex) setting = g_regex_new("^#(?=[a-z_]+ =( |$))", G_REGEX_MULTILINE, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    *ret_settings = 0;
    for (g_regex_match(setting, text, 0, &match); g_match_info_matches(match);
         g_match_info_next(match, NULL))
        (*ret_settings)++;
    return g_regex_replace_literal(setting, text, -1, 0, "", 0, NULL);
}

static void
test_the_installed_file_shows_the_defaults(void **state)
{
    unsigned settings;
    g_autofree char *text = uncomment_installed_file(&settings);
    assert_int_equal(settings, 10);
    g_autoptr(VtConfig) config = load(*state, text);
    assert_defaults(config);

    /* A setting that the pattern missed would look like its default. */
    static const char *const keys[][2] = {
        {"policy", "default"},    {"rules", "skip"},       {"disk", "metadata_cache_budget_mib"},
        {"policy", "restart"},    {"history", "keep"},     {"pin", "policy"},
        {"pin", "reserved_cpus"}, {"pin", "use_isolated"}, {"pin", "strict_memory"}};
    g_autoptr(GKeyFile) file = g_key_file_new();
    assert_true(g_key_file_load_from_data(file, text, strlen(text), G_KEY_FILE_NONE, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        assert_true(g_key_file_has_key(file, keys[i][0], keys[i][1], NULL));
}

static void
test_the_installed_file_changes_nothing(void **state)
{
    (void)state;
    g_autofree char *path =
        g_build_filename(g_getenv("VT_TEST_DATA"), "..", "data", "vmtune.conf", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(VtConfig) config = vt_config_load(path, &error);
    assert_null(error);
    assert_defaults(config);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("no file means the defaults", test_no_file_means_the_defaults),
        TEST("a file without settings means the defaults",
             test_a_file_without_settings_means_the_defaults),
        TEST("reads every setting", test_reads_every_setting),
        TEST("white space and line ends do not matter",
             test_white_space_and_line_ends_do_not_matter),
        TEST("a skipped rule is found by its glob", test_a_skipped_rule_is_found_by_its_glob),
        TEST("zero is a budget", test_zero_is_a_budget),
        TEST("an unknown group is refused with its line",
             test_an_unknown_group_is_refused_with_its_line),
        TEST("an unknown key is refused with its line",
             test_an_unknown_key_is_refused_with_its_line),
        TEST("a key needs a group", test_a_key_needs_a_group),
        TEST("a line that is nothing is refused", test_a_line_that_is_nothing_is_refused),
        TEST("what is given twice is refused with both lines",
             test_what_is_given_twice_is_refused_with_both_lines),
        TEST("a bad value is refused with what is allowed",
             test_a_bad_value_is_refused_with_what_is_allowed),
        TEST("a bad budget is refused", test_a_bad_budget_is_refused),
        TEST("a bad CPU list is refused", test_a_bad_cpu_list_is_refused),
        TEST("a bad rule glob is refused", test_a_bad_rule_glob_is_refused),
        TEST("what is no text is refused", test_what_is_no_text_is_refused),
        TEST("a file that anybody can write is refused",
             test_a_file_that_anybody_can_write_is_refused),
        TEST("a file that cannot be read is not the defaults",
             test_a_file_that_cannot_be_read_is_not_the_defaults),
        TEST("words and values agree both ways", test_words_and_values_agree_both_ways),
        TEST("the installed file shows the defaults", test_the_installed_file_shows_the_defaults),
        TEST("the installed file changes nothing", test_the_installed_file_changes_nothing),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
