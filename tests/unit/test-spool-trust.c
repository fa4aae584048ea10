/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the spool does about files and directories that are not what they should be. */
#include "spool-fixture.h"

#define NOBODY 65534

static void
assert_not_opened(const char *dir, const char *words)
{
    g_autoptr(GError) error = NULL;
    assert_null(vt_spool_open(dir, &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_SYSTEM));
    if (strstr(error->message, words) == NULL)
        g_printerr("'%s' lacks '%s'\n", error->message, words);
    assert_non_null(strstr(error->message, words));
}

/*** what is foreign ***/

static void
test_foreign_files_are_moved_aside_and_harm_no_others(void **state)
{
    g_autoptr(VtSpool) spool = open_locked(*state);
    leave(spool, UUID, "sound");
    g_autofree char *requests = below(*state, "requests");
    g_autofree char *claimed = below(*state, "claimed");
    g_autofree char *subfolder = below(requests, "folder");
    g_autofree char *fifo = below(requests, "11111111-1111-1111-1111-111111111111.request");
    g_autofree char *link = below(requests, "22222222-2222-2222-2222-222222222222.request");
    g_autofree char *folder = below(claimed, "33333333-3333-3333-3333-333333333333.request");
    g_autofree char *longest = g_strnfill(255, 'n');
    put_file(requests, "foreign", "x", 1);
    put_file(requests, ".hidden", "x", 1);
    put_file(requests, "-rf\n", "x", 1);
    put_file(requests, longest, "x", 1);
    put_file(requests, "\xff", "x", 1);
    put_file(requests, "FFFFFFFF-0000-4000-8000-00000000000F.request", "x", 1);
    put_file(claimed, "foreign", "y", 1);
    assert_int_equal(g_mkdir(subfolder, 0700), 0);
    put_file(subfolder, "inside", "x", 1);
    assert_int_equal(g_mkdir(folder, 0700), 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(symlink("/etc/passwd", link), 0);

    unsigned warnings;
    assert_int_equal(count_listed(spool, &warnings), 1);
    assert_int_equal(warnings, 11);
    assert_int_equal(count_entries(*state, "requests"), 1);
    assert_int_equal(count_entries(*state, "claimed"), 0);
    assert_int_equal(count_entries(*state, "rejected"), 10); /* 'foreign' was there twice */
    assert_int_equal(count_listed(spool, NULL), 1);
    vt_spool_request_free(claim(spool, UUID));
}

static void
test_a_folder_in_rejected_is_not_in_the_way(void **state)
{
    g_autoptr(VtSpool) spool = open_locked(*state);
    g_autofree char *requests = below(*state, "requests");
    g_autofree char *foreign = below(requests, "foreign");
    for (unsigned round = 0; round < 4; round++) {
        if (round < 2) {
            assert_int_equal(g_mkdir(foreign, 0700), 0);
            put_file(foreign, "inside", "x", 1);
        } else {
            put_file(requests, "foreign", "x", 1);
        }
        unsigned warnings;
        assert_int_equal(count_listed(spool, &warnings), 0);
        assert_int_equal(warnings, 1);
        assert_int_equal(count_entries(*state, "requests"), 0);
    }
}

static void
assert_corrupt(const char *dir, const char *content, gssize length, const char *words)
{
    g_autoptr(VtSpool) spool = open_locked(dir);
    g_autofree char *requests = below(dir, "requests");
    put_file(requests, UUID ".request", content, length);
    leave(spool, OTHER_UUID, "sound");
    assert_int_equal(count_listed(spool, NULL), 2);
    g_autoptr(GError) error = NULL;
    assert_null(vt_spool_claim(spool, UUID, &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
    if (strstr(error->message, words) == NULL)
        g_printerr("'%s' lacks '%s'\n", error->message, words);
    assert_non_null(strstr(error->message, words));
    assert_true(g_utf8_validate(error->message, -1, NULL));
    assert_int_equal(count_listed(spool, NULL), 1);
    assert_int_equal(count_entries(dir, "rejected"), 1);
    vt_spool_request_free(claim(spool, OTHER_UUID));
}

#define HEAD "[request]\nformat=1\n"
#define REST "name=n\noperation=prepare\n"

static void
test_corrupt_requests_are_moved_aside(void **state)
{
    assert_corrupt(*state, "", 0, "format");
    assert_corrupt(*state, "\0\0\0\0", 4, "rejected");
    assert_corrupt(*state, "\xff\xfe", 2, "rejected");
    assert_corrupt(*state, "[request]\nformat=2\nuuid=" UUID "\n" REST, -1, "format");
    assert_corrupt(*state, "[other]\nformat=1\n", -1, "format");
    assert_corrupt(*state, HEAD REST, -1, "'uuid'");
    assert_corrupt(*state, HEAD "uuid=" UUID "\nname=n\n", -1, "'operation'");
    assert_corrupt(*state, HEAD "uuid=" UUID "\noperation=prepare\n", -1, "'name'");
    assert_corrupt(*state, HEAD "uuid=" UUID "\nname=\noperation=prepare\n", -1, "name");
    assert_corrupt(*state, HEAD "uuid=" UUID "\nname=\xff\noperation=prepare\n", -1, "UTF-8");
    assert_corrupt(*state, HEAD "uuid=" OTHER_UUID "\n" REST, -1, OTHER_UUID);
    assert_corrupt(*state, HEAD "uuid=" UUID "\nname=n\noperation=destroy\n", -1, "'destroy'");
    g_autofree char *filler = g_strnfill(VT_SPOOL_MAX_BYTES, '#');
    g_autofree char *large = g_strconcat(HEAD "uuid=" UUID "\n" REST, filler, "\n", NULL);
    assert_corrupt(*state, large, -1, "65536");
}

static void
test_a_request_of_the_largest_size_is_read(void **state)
{
    g_autoptr(VtSpool) spool = open_locked(*state);
    g_autofree char *requests = below(*state, "requests");
    const char *sound = HEAD "uuid=" UUID "\n" REST;
    g_autofree char *filler = g_strnfill(VT_SPOOL_MAX_BYTES - strlen(sound), '#');
    g_autofree char *large = g_strconcat(sound, filler, NULL);
    put_file(requests, UUID ".request", large, -1);
    vt_spool_request_free(claim(spool, UUID));
}

static void
test_a_request_that_others_can_write_is_moved_aside(void **state)
{
    g_autoptr(VtSpool) spool = open_locked(*state);
    leave(spool, UUID, "name");
    g_autofree char *path = g_build_filename(*state, "requests", UUID ".request", NULL);
    assert_int_equal(chmod(path, 0620), 0);
    g_autoptr(GError) error = NULL;
    assert_null(vt_spool_claim(spool, UUID, &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
    assert_int_equal(count_listed(spool, NULL), 0);
}

/*** the directory ***/

static void
assert_mode(const char *dir, const char *name, mode_t mode)
{
    g_autofree char *path = below(dir, name);
    struct stat status;
    assert_int_equal(lstat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, mode);
}

static void
test_everything_is_for_its_owner_alone(void **state)
{
    mode_t mask = umask(0);
    g_autoptr(VtSpool) spool = open_locked(*state);
    leave(spool, UUID, "name");
    umask(mask);
    assert_mode(*state, "", 0700);
    assert_mode(*state, "requests", 0700);
    assert_mode(*state, "claimed", 0700);
    assert_mode(*state, "lock", 0600);
    assert_mode(*state, "requests/" UUID ".request", 0600);
    assert_int_equal(count_entries(*state, ""), 3);
    vt_spool_free(open_spool(*state));
    assert_mode(*state, "requests/" UUID ".request", 0600);
}

static void
test_a_directory_that_others_can_write_is_refused(void **state)
{
    static const char *const names[] = {"", "requests", "claimed"};
    static const mode_t modes[] = {0770, 0702, 01777};
    vt_spool_free(open_spool(*state));
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = below(*state, names[i]);
        for (gsize j = 0; j < G_N_ELEMENTS(modes); j++) {
            assert_int_equal(chmod(path, modes[j]), 0);
            assert_not_opened(*state, "writable by group or others");
            assert_int_equal(chmod(path, 0755), 0);
            vt_spool_free(open_spool(*state));
        }
    }
}

static void
test_a_directory_of_another_user_is_refused(void **state)
{
    if (geteuid() != 0) {
        assert_not_opened("/usr", "belongs to the user '0'");
        return;
    }
    static const char *const names[] = {"", "requests", "claimed"};
    vt_spool_free(open_spool(*state));
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = below(*state, names[i]);
        assert_int_equal(chown(path, NOBODY, NOBODY), 0);
        assert_not_opened(*state, "belongs to the user '65534', but must belong to '0'");
        assert_int_equal(chown(path, 0, 0), 0);
    }
    vt_spool_free(open_spool(*state));
}

static void
test_links_in_the_place_of_directories_are_refused(void **state)
{
    g_autofree char *real = g_strconcat(*state, ".real", NULL);
    vt_spool_free(open_spool(real));
    assert_int_equal(symlink(real, *state), 0);
    g_autofree char *with_slashes = g_strconcat(*state, "//", NULL);
    assert_not_opened(*state, "symbolic links are not followed");
    assert_not_opened(with_slashes, "symbolic links are not followed");
    assert_int_equal(g_unlink(*state), 0);

    static const char *const names[] = {"requests", "claimed"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        vt_spool_free(open_spool(*state));
        g_autofree char *path = below(*state, names[i]);
        assert_int_equal(g_rmdir(path), 0);
        assert_int_equal(symlink(real, path), 0);
        assert_not_opened(*state, "symbolic links are not followed");
        assert_int_equal(g_unlink(path), 0);
        assert_int_equal(symlink("nowhere", path), 0);
        assert_not_opened(*state, "symbolic links are not followed");
        assert_int_equal(g_unlink(path), 0);
    }
}

static void
test_a_link_in_the_place_of_a_request_is_replaced_not_followed(void **state)
{
    g_autoptr(VtSpool) spool = open_locked(*state);
    const char *precious = HEAD "uuid=" UUID "\n" REST; /* would do, were it not a link's */
    g_autofree char *victim = g_strconcat(*state, ".victim", NULL);
    assert_true(g_file_set_contents(victim, precious, -1, NULL));
    g_autofree char *request = g_build_filename(*state, "requests", UUID ".request", NULL);
    g_autofree char *claimed = g_build_filename(*state, "claimed", UUID ".request", NULL);
    assert_int_equal(symlink(victim, request), 0);
    assert_int_equal(symlink(victim, claimed), 0);
    leave(spool, UUID, "name");
    g_autoptr(VtSpoolRequest) mine = claim(spool, UUID);
    assert_string_equal(mine->name, "name");
    assert_true(vt_spool_finish(spool, mine, NULL));

    /* Not even for a claim that no list came before. */
    assert_int_equal(symlink(victim, request), 0);
    g_autoptr(GError) error = NULL;
    assert_null(vt_spool_claim(spool, UUID, &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
    g_autofree char *content = NULL;
    assert_true(g_file_get_contents(victim, &content, NULL, NULL));
    assert_string_equal(content, precious);
}

static void
test_a_link_in_the_place_of_the_lock_is_refused(void **state)
{
    g_autoptr(VtSpool) spool = open_spool(*state);
    g_autofree char *lock = below(*state, "lock");
    g_autofree char *made = g_strconcat(*state, ".made", NULL);
    assert_int_equal(symlink(made, lock), 0);
    bool taken;
    g_autoptr(GError) error = NULL;
    assert_false(vt_spool_lock(spool, true, &taken, &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_SYSTEM));
    assert_false(g_file_test(made, G_FILE_TEST_EXISTS));
}

static void
test_a_parent_that_is_missing_is_an_error(void **state)
{
    g_autofree char *path = g_build_filename(*state, "a", "b", NULL);
    assert_not_opened(path, "cannot make the directory");
    assert_true(g_file_set_contents(*state, "a file", -1, NULL));
    assert_not_opened(*state, "in the place of a directory");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("foreign files are moved aside and harm no others",
             test_foreign_files_are_moved_aside_and_harm_no_others),
        TEST("a folder in rejected is not in the way", test_a_folder_in_rejected_is_not_in_the_way),
        TEST("corrupt requests are moved aside", test_corrupt_requests_are_moved_aside),
        TEST("a request of the largest size is read", test_a_request_of_the_largest_size_is_read),
        TEST("a request that others can write is moved aside",
             test_a_request_that_others_can_write_is_moved_aside),
        TEST("everything is for its owner alone", test_everything_is_for_its_owner_alone),
        TEST("a directory that others can write is refused",
             test_a_directory_that_others_can_write_is_refused),
        TEST("a directory of another user is refused", test_a_directory_of_another_user_is_refused),
        TEST("links in the place of directories are refused",
             test_links_in_the_place_of_directories_are_refused),
        TEST("a link in the place of a request is replaced, not followed",
             test_a_link_in_the_place_of_a_request_is_replaced_not_followed),
        TEST("a link in the place of the lock is refused",
             test_a_link_in_the_place_of_the_lock_is_refused),
        TEST("a parent that is missing is an error", test_a_parent_that_is_missing_is_an_error),
    };
    return cmocka_run_group_tests_name("spool-trust", tests, NULL, NULL);
}
