/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#include "edges/profiles.h"

static VtProfile *
read_profile(const char *body, GError **error)
{
    g_autofree char *text = g_strdup_printf("<profile name='mine'>%s</profile>", body);

    return vt_profile_load(text, strlen(text), "mine.xml", "mine", error);
}

static void
test_all_that_a_profile_says_is_read(void **state G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtProfile) profile =
        read_profile("<summary>For\n mine</summary><wish name='nested'/><skip rule='cpu/*'/>"
                     "<check-only rule='clock/*'/><pin policy='node'/>",
                     &error);
    g_autoptr(VtFacts) facts = vt_facts_new(NULL);

    assert_no_error(error);
    assert_string_equal(profile->summary, "For mine");
    assert_string_equal(profile->skip->pdata[0], "cpu/*");
    assert_string_equal(profile->check_only->pdata[0], "clock/*");
    assert_true(profile->has_placement && profile->placement == VT_PIN_PLACEMENT_NODE);
    vt_facts_from_profile(facts, profile);
    assert_string_equal(vt_facts_get_string(facts, "profile.name"), "mine");
    assert_true(vt_facts_is_true(facts, "wish.nested"));
    assert_true(vt_facts_get(facts, "wish.dedicated")->known);
    assert_false(vt_facts_is_true(facts, "wish.dedicated"));
}

static void
test_slips_are_told_where_they_are(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *body, *words;
    } slips[] = {
        {"", "needs a <summary>"},
        {"<summary>S</summary><wish name='nestd'/>", "mine.xml:1:"},
        {"<summary>S</summary><wish name='nestd'/>", "no wish 'nestd', only dedicated"},
        {"<summary>S</summary><wishes/>", "no element <wishes>"},
        {"<summary>S</summary><skip/>", "needs the attribute 'rule'"},
        {"<summary>S</summary><skip rule='a' why='b'/>", "no attribute 'why'"},
        {"<summary>S</summary><pin policy='tight'/>", "none of off, node, dedicated, auto"},
        {"<summary>S</summary><pin policy='off'/><pin policy='auto'/>", "a second <pin>"},
        {"<summary>S</summary><summary>T</summary>", "a second <summary>"},
        {"<summary>S</summary>text", "not text"},
        {"<summary>S</summary><wish name='nested'>x</wish>", "holds nothing"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(slips); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(read_profile(slips[i].body, &error));
        assert_error_says(error, VT_ERROR_INPUT, slips[i].words);
    }
}

static VtProfiles *
open_folders(const Folder *shipped, const Folder *own)
{
    const char *const directories[] = {shipped->path, own->path, "/nonexistent", NULL};

    put_file(shipped, "plain.xml", "<profile name='plain'><summary>Shipped</summary></profile>");
    put_file(shipped, "other.xml", "<profile name='other'><summary>Other</summary></profile>");
    put_file(shipped, "README", "not a profile");
    put_file(own, "plain.xml", "<profile name='plain'><summary>Own</summary></profile>");
    put_file(own, "wrong.xml", "<profile name='right'><summary>Own</summary></profile>");
    return vt_profiles_new(directories, (const char *const[]){NULL});
}

static void
test_the_administrators_go_before_the_shipped(void **state G_GNUC_UNUSED)
{
    g_autoptr(Folder) shipped = folder_new();
    g_autoptr(Folder) own = folder_new();
    g_autoptr(VtProfiles) profiles = open_folders(shipped, own);
    g_autoptr(GError) error = NULL;
    const VtProfile *plain = vt_profiles_find("plain", profiles, &error);
    const VtProfile *other = vt_profiles_find("other", profiles, &error);

    assert_no_error(error);
    assert_string_equal(plain->summary, "Own");
    assert_string_equal(other->summary, "Other");
    assert_ptr_equal(vt_profiles_find("plain", profiles, NULL), plain);
}

static void
test_an_unknown_name_is_answered_with_those_there_are(void **state G_GNUC_UNUSED)
{
    static const char *const names[] = {"nestd", "", "../plain", "Plain", "plain.xml"};
    g_autoptr(Folder) shipped = folder_new();
    g_autoptr(Folder) own = folder_new();
    g_autoptr(VtProfiles) profiles = open_folders(shipped, own);

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(vt_profiles_find(names[i], profiles, &error));
        assert_error_says(error, VT_ERROR_INPUT, "there are other, plain, wrong");
    }
}

static void
test_a_name_that_is_not_the_files_is_an_error(void **state G_GNUC_UNUSED)
{
    g_autoptr(Folder) shipped = folder_new();
    g_autoptr(Folder) own = folder_new();
    g_autoptr(VtProfiles) profiles = open_folders(shipped, own);
    g_autoptr(GError) error = NULL;

    assert_null(vt_profiles_find("wrong", profiles, &error));
    assert_error_says(error, VT_ERROR_INPUT, "name 'right' is not what the file's path says");
}

static void
test_what_others_can_write_is_not_obeyed(void **state G_GNUC_UNUSED)
{
    g_autoptr(Folder) folder = folder_new();
    g_autofree char *file = g_build_filename(folder->path, "plain.xml", NULL);
    const char *const directories[] = {folder->path, NULL};
    const char *const paths[] = {folder->path, file};
    g_autoptr(VtProfiles) profiles = vt_profiles_new(directories, directories);

    put_file(folder, "plain.xml", "<profile name='plain'><summary>Plain</summary></profile>");
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autoptr(GError) error = NULL;

        assert_int_equal(g_chmod(paths[i], 0777), 0);
        assert_null(vt_profiles_find("plain", profiles, &error));
        assert_error_says(error, VT_ERROR_SYSTEM, paths[i]);
        assert_int_equal(g_chmod(paths[i], 0700), 0);
    }
    assert_non_null(vt_profiles_find("plain", profiles, NULL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("all that a profile says is read", test_all_that_a_profile_says_is_read),
        TEST("slips are told where they are", test_slips_are_told_where_they_are),
        TEST("the administrator's go before the shipped",
             test_the_administrators_go_before_the_shipped),
        TEST("an unknown name is answered with those there are",
             test_an_unknown_name_is_answered_with_those_there_are),
        TEST("a name that is not the file's is an error",
             test_a_name_that_is_not_the_files_is_an_error),
        TEST("what others can write is not obeyed", test_what_others_can_write_is_not_obeyed),
    };

    return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
