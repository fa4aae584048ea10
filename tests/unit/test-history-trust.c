/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose undo copies are believed: what undo stores is what it finds here. */
#include "spool-fixture.h"

#include "edges/history.h"

#define NOBODY 65534

/* *state is the folder that the history lies in. */
static VtHistory *
history_in(const char *state)
{
    g_autofree char *dir = g_build_filename(state, "history", NULL);

    return vt_history_new(dir, "test:///default", "apply", 20);
}

static char *
begin(const VtHistory *history)
{
    static const char *const rules[] = {"a/rule", NULL};

    const VtHistoryStep step = {.before = "<domain/>", .rules = rules, .measured = "{}"};

    return vt_history_begin(history, UUID, &step, NULL);
}

static void
assert_refused(const VtHistory *history, const char *part)
{
    g_autoptr(GError) error = NULL, again = NULL, third = NULL;
    const VtHistoryStep step = {.before = "<domain/>"};

    assert_null(vt_history_begin(history, UUID, &step, &error));
    assert_non_null(strstr(error->message, part));
    assert_null(vt_history_list(history, UUID, &again));
    assert_non_null(strstr(again->message, part));
    assert_false(vt_history_forget(history, UUID, &third));
    assert_non_null(strstr(third->message, part));
    assert_false(vt_history_is_undone(history, UUID, "<domain/>"));
}

static void
assert_for_owner(const char *path, mode_t mode)
{
    struct stat status;

    assert_int_equal(lstat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, mode);
    assert_int_equal(status.st_uid, geteuid());
}

static void
test_copies_are_for_their_owner_alone_whatever_the_umask(void **state)
{
    static const mode_t masks[] = {0, 077};
    g_autoptr(VtHistory) history = history_in(*state);
    g_autofree char *folder = below(history->dir, UUID);

    for (gsize i = 0; i < G_N_ELEMENTS(masks); i++) {
        mode_t before = umask(masks[i]);
        g_autofree char *entry = begin(history);
        assert_true(vt_history_finish(entry, "<domain/>", NULL));
        umask(before);
        g_autofree char *old = below(entry, "before.xml"), *new = below(entry, "after.xml");
        g_autofree char *about = below(entry, "entry");
        g_autofree char *measured = below(entry, "measured.json");
        assert_for_owner(*state, 0700);
        assert_for_owner(history->dir, 0700);
        assert_for_owner(folder, 0700);
        assert_for_owner(entry, 0700);
        assert_for_owner(old, 0600);
        assert_for_owner(new, 0600);
        assert_for_owner(about, 0600);
        assert_for_owner(measured, 0600);
    }
}

static void
test_folders_that_others_can_write_are_refused(void **state)
{
    g_autoptr(VtHistory) history = history_in(*state);
    g_autofree char *folder = below(history->dir, UUID);
    g_autofree char *entry = begin(history);
    const char *const paths[] = {*state, history->dir, folder};

    assert_non_null(entry);
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        assert_int_equal(chmod(paths[i], 0770), 0);
        assert_refused(history, "writable by group or others");
        assert_int_equal(chmod(paths[i], 0702), 0);
        assert_refused(history, "writable by group or others");
        assert_int_equal(chmod(paths[i], 0700), 0);
    }
}

static void
test_folders_of_another_user_are_refused(void **state)
{
    g_autoptr(VtHistory) history = history_in(*state);
    g_autofree char *folder = below(history->dir, UUID);
    g_autofree char *entry = begin(history);
    const char *const paths[] = {*state, history->dir, folder};

    assert_non_null(entry);
    for (gsize i = 0; geteuid() == 0 && i < G_N_ELEMENTS(paths); i++) {
        assert_int_equal(chown(paths[i], NOBODY, NOBODY), 0);
        assert_refused(history, "belongs to the user '65534'");
        assert_int_equal(chown(paths[i], 0, 0), 0);
    }
}

static void
test_links_in_the_place_of_folders_are_not_followed(void **state)
{
    g_autoptr(VtHistory) history = history_in(*state);
    g_autofree char *folder = below(history->dir, UUID);
    g_autofree char *entry = begin(history);
    g_autofree char *away = g_strconcat(*state, ".away", NULL);
    const char *const paths[] = {folder, history->dir, *state};

    assert_non_null(entry);
    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        assert_int_equal(g_rename(paths[i], away), 0);
        assert_int_equal(symlink(away, paths[i]), 0);
        assert_refused(history, "symbolic links are not followed");
        assert_int_equal(g_unlink(paths[i]), 0);
        assert_int_equal(g_rename(away, paths[i]), 0);
    }
    assert_int_equal(count_entries(folder, ""), 1);
}

static void
test_nothing_there_is_no_error_and_makes_nothing(void **state)
{
    g_autoptr(VtHistory) history = history_in(*state);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) entries = NULL;

    entries = vt_history_list(history, UUID, &error);
    assert_null(error);
    assert_int_equal(entries->len, 0);
    assert_false(vt_history_is_undone(history, UUID, "<domain/>"));
    assert_false(g_file_test(*state, G_FILE_TEST_EXISTS));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("copies are for their owner alone, whatever the umask",
             test_copies_are_for_their_owner_alone_whatever_the_umask),
        TEST("folders that others can write are refused",
             test_folders_that_others_can_write_are_refused),
        TEST("folders of another user are refused", test_folders_of_another_user_are_refused),
        TEST("links in the place of folders are not followed",
             test_links_in_the_place_of_folders_are_not_followed),
        TEST("nothing there is no error and makes nothing",
             test_nothing_there_is_no_error_and_makes_nothing),
    };
    return cmocka_run_group_tests_name("history-trust", tests, NULL, NULL);
}
