/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the history keeps, what an undo makes of it, and what is removed. */
#include "spool-fixture.h"

#include "edges/history.h"

#define LIBVIRT "qemu:///system"

/* *state is the folder of the history. */
static VtHistory *
history_of(const char *state, const char *libvirt, guint keep)
{
    g_autofree char *dir = g_build_filename(state, "history", NULL);

    return vt_history_new(dir, libvirt, "apply", keep);
}

static char *
definition(const char *text)
{
    return g_strdup_printf("<domain>\n  <name>n</name>\n%s</domain>", text);
}

/* An entry from @before to @after, whole; @after NULL leaves it as if it had been killed. */
static void
measured_step(const VtHistory *history, const char *before, const char *after, guint undoes,
              const char *measured)
{
    static const char *const rules[] = {"a/one", "b/two", NULL};
    g_autofree char *old = definition(before), *new = after ? definition(after) : NULL;
    const VtHistoryStep made = {
        .before = old, .rules = undoes ? NULL : rules, .undoes = undoes, .measured = measured};
    g_autoptr(GError) error = NULL;
    g_autofree char *path = vt_history_begin(history, UUID, &made, &error);

    assert_null(error);
    if (new)
        assert_true(vt_history_finish(path, new, NULL));
    assert_true(vt_history_prune(history, UUID, NULL));
}

static void
step(const VtHistory *history, const char *before, const char *after, guint undoes)
{
    measured_step(history, before, after, undoes, NULL);
}

static GPtrArray *
list(const VtHistory *history)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *entries = vt_history_list(history, UUID, &error);

    assert_null(error);
    return entries;
}

/* "1 in-force, 2 undone" */
static void
assert_states(const VtHistory *history, const char *wanted)
{
    g_autoptr(GPtrArray) entries = list(history);
    g_autoptr(GString) found = g_string_new(NULL);

    for (guint i = 0; i < entries->len; i++) {
        const VtHistoryEntry *entry = entries->pdata[i];
        g_string_append_printf(found, "%s%u %s", i > 0 ? ", " : "", entry->number,
                               vt_history_state_to_string(entry->state));
    }
    assert_string_equal(found->str, wanted);
}

static guint
last_in_force(const VtHistory *history)
{
    g_autoptr(GPtrArray) entries = list(history);
    const VtHistoryEntry *entry = vt_history_last_in_force(entries);

    return entry ? entry->number : 0;
}

static bool
is_undone(const VtHistory *history, const char *text)
{
    g_autofree char *stored = definition(text);

    return vt_history_is_undone(history, UUID, stored);
}

static void
test_an_entry_says_when_by_what_and_which_rules(void **state)
{
    g_autoptr(VtHistory) history = history_of(*state, LIBVIRT, 20);
    gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
    g_autoptr(GPtrArray) entries = NULL;
    const VtHistoryEntry *entry;

    step(history, "a", "b", 0);
    entries = list(history);
    assert_int_equal(entries->len, 1);
    entry = entries->pdata[0];
    assert_int_equal(entry->number, 1);
    assert_true(ABS(entry->when_s - now_s) <= 5);
    assert_string_equal(entry->by, "apply");
    assert_string_equal(entry->rules[0], "a/one");
    assert_string_equal(entry->rules[1], "b/two");
    assert_null(entry->rules[2]);
    assert_non_null(strstr(entry->before, "a</domain>"));
    assert_non_null(strstr(entry->after, "b</domain>"));
    assert_int_equal(entry->undoes, 0);
}

static guint
last_measured(const VtHistory *history)
{
    g_autoptr(GPtrArray) entries = list(history);
    const VtHistoryEntry *entry = vt_history_last_measured(entries);

    return entry ? entry->number : 0;
}

static void
test_how_the_guest_ran_before_stays_with_the_entry(void **state)
{
    g_autoptr(VtHistory) history = history_of(*state, LIBVIRT, 20);
    g_autoptr(GPtrArray) entries = NULL;
    g_autofree char *text = NULL;
    gsize length;

    assert_int_equal(last_measured(history), 0);
    measured_step(history, "a", "b", 0, "{\"format\": 1}");
    step(history, "b", "c", 0);
    assert_int_equal(last_measured(history), 1);
    entries = list(history);
    assert_true(((const VtHistoryEntry *)entries->pdata[0])->measured);
    assert_false(((const VtHistoryEntry *)entries->pdata[1])->measured);
    text = vt_history_measured(entries->pdata[0], &length, NULL);
    assert_string_equal(text, "{\"format\": 1}");
    assert_int_equal(length, strlen(text));
}

static void
test_what_was_measured_before_a_change_goes_with_its_undo(void **state)
{
    g_autoptr(VtHistory) history = history_of(*state, LIBVIRT, 20);

    measured_step(history, "a", "b", 0, "{}");
    measured_step(history, "b", "c", 0, "{}");
    step(history, "c", "b", 2);
    assert_int_equal(last_measured(history), 1);
    step(history, "b", "a", 1);
    assert_int_equal(last_measured(history), 0);
    step(history, "a", "b", 4); /* the undo is undone */
    assert_int_equal(last_measured(history), 1);
}

static void
test_an_undo_is_an_entry_that_undoes_the_later_ones(void **state)
{
    g_autoptr(VtHistory) history = history_of(*state, LIBVIRT, 20);

    step(history, "a", "b", 0);
    step(history, "b", "c", 0);
    step(history, "c", "d", 0);
    step(history, "d", "b", 2);
    assert_states(history, "1 in-force, 2 undone, 3 undone, 4 in-force");
    assert_int_equal(last_in_force(history), 1);
    step(history, "b", "a", 1);
    assert_states(history, "1 undone, 2 undone, 3 undone, 4 undone, 5 in-force");
    assert_int_equal(last_in_force(history), 0);
}

static void
test_an_undo_of_an_undo_brings_back_what_was_in_force(void **state)
{
    g_autoptr(VtHistory) history = history_of(*state, LIBVIRT, 20);

    step(history, "a", "b", 0);
    step(history, "b", "a", 1);
    step(history, "a", "b", 2);
    assert_states(history, "1 in-force, 2 undone, 3 in-force");
    assert_int_equal(last_in_force(history), 1);
    step(history, "b", "a", 1);
    assert_states(history, "1 undone, 2 undone, 3 undone, 4 in-force");
}

static void
test_what_comes_after_an_undo_is_in_force(void **state)
{
    g_autoptr(VtHistory) history = history_of(*state, LIBVIRT, 20);

    step(history, "a", "b", 0);
    step(history, "b", "a", 1);
    step(history, "a", "c", 0);
    assert_states(history, "1 undone, 2 in-force, 3 in-force");
    assert_int_equal(last_in_force(history), 3);
}

static void
test_only_the_newest_undo_counts_as_undone_and_only_for_its_definition(void **state)
{
    g_autoptr(VtHistory) history = history_of(*state, LIBVIRT, 20);

    assert_false(is_undone(history, "a"));
    step(history, "a", "b", 0);
    assert_false(is_undone(history, "b"));
    step(history, "b", "a", 1);
    assert_true(is_undone(history, "a"));
    assert_false(is_undone(history, "b"));
    assert_true(vt_history_is_undone(history, UUID, "<domain>\n  <name>m</name>\na</domain>"));
    step(history, "a", "c", 0);
    assert_false(is_undone(history, "a"));
}

static void
test_the_oldest_entries_are_pruned(void **state)
{
    g_autoptr(VtHistory) history = history_of(*state, LIBVIRT, 3);

    for (guint i = 0; i < 3; i++)
        step(history, "a", "b", 0);
    assert_states(history, "1 in-force, 2 in-force, 3 in-force");
    step(history, "b", "c", 0);
    assert_states(history, "2 in-force, 3 in-force, 4 in-force");
    step(history, "c", "b", 2);
    assert_states(history, "3 undone, 4 undone, 5 in-force");
    history->keep = 1;
    step(history, "b", "c", 0);
    assert_states(history, "6 in-force");
    history->keep = 20;
    step(history, "c", "d", 0);
    assert_states(history, "6 in-force, 7 in-force");
}

static void
test_what_was_interrupted_before_it_changed_anything_is_dropped(void **state)
{
    g_autoptr(VtHistory) history = history_of(*state, LIBVIRT, 20);
    g_autofree char *stored = definition("b");

    step(history, "a", NULL, 0); /* changed nothing: the next one found the same */
    step(history, "a", "b", 0);
    step(history, "b", NULL, 0); /* nor did this one: it is what is stored */
    assert_states(history, "1 interrupted, 2 in-force, 3 interrupted");
    assert_true(vt_history_settle(history, UUID, stored, NULL));
    assert_states(history, "2 in-force");
    step(history, "b", NULL, 0);
    stored[strlen(stored) - 1] = ' ';
    assert_true(vt_history_settle(history, UUID, stored, NULL));
    assert_states(history, "2 in-force, 3 interrupted"); /* this one may have */
}

static void
test_half_an_entry_is_none(void **state)
{
    g_autoptr(VtHistory) history = history_of(*state, LIBVIRT, 20);
    g_autofree char *folder = g_build_filename(history->dir, UUID, "2", NULL);

    step(history, "a", "b", 0);
    assert_int_equal(g_mkdir(folder, 0700), 0);
    put_file(folder, "entry", "[entry]\n", -1);
    put_file(folder, "measured.json", "{", -1);
    assert_states(history, "1 in-force");
    step(history, "b", "c", 0);
    assert_states(history, "1 in-force, 3 in-force");
    put_file(folder, "before.xml", "<domain/>", -1);
    put_file(folder, "entry", "[ent", -1);
    g_autoptr(GError) error = NULL;
    assert_null(vt_history_list(history, UUID, &error));
    assert_non_null(
        strstr(error->message, folder)); /* what cannot be read is said, not passed over */
}

static void
test_one_libvirt_neither_sees_nor_removes_the_entries_of_another(void **state)
{
    g_autoptr(VtHistory) one = history_of(*state, LIBVIRT, 2);
    g_autoptr(VtHistory) other = history_of(*state, "qemu://far/system", 2);
    g_autofree char *folder = below(one->dir, UUID);

    step(one, "a", "b", 0);
    step(other, "x", "y", 0);
    step(other, "y", "z", 0);
    step(other, "z", "a", 0);
    assert_states(one, "1 in-force");
    assert_states(other, "3 in-force, 4 in-force");
    assert_true(vt_history_forget(other, UUID, NULL));
    assert_states(one, "1 in-force");
    assert_states(other, "");
    assert_true(vt_history_forget(one, UUID, NULL));
    assert_false(g_file_test(folder, G_FILE_TEST_EXISTS));
}

static void
test_a_forgotten_domain_leaves_nothing_behind(void **state)
{
    g_autoptr(VtHistory) history = history_of(*state, LIBVIRT, 20);
    g_autoptr(GPtrArray) domains = NULL, none = NULL;
    g_autofree char *fragment = g_build_filename(history->dir, UUID, "7", NULL);
    g_autofree char *stranger = below(history->dir, "notes");

    measured_step(history, "a", "b", 0, "{}");
    step(history, "b", NULL, 0);
    assert_int_equal(g_mkdir(fragment, 0700), 0);
    put_file(fragment, "before.xml.XYZ", "<dom", -1);
    assert_int_equal(g_mkdir(stranger, 0700), 0);
    domains = vt_history_domains(history);
    assert_int_equal(domains->len, 1);
    assert_string_equal(domains->pdata[0], UUID);
    assert_true(vt_history_forget(history, UUID, NULL));
    none = vt_history_domains(history);
    assert_int_equal(none->len, 0);
    assert_true(vt_history_forget(history, UUID, NULL));
    assert_true(g_file_test(stranger, G_FILE_TEST_EXISTS));
}

static void
test_a_definition_gets_the_name_that_the_domain_has_now(void **state)
{
    g_autofree char *renamed =
        vt_history_rename("<domain type='kvm'>\n  <name>old</name>\n  <title>old</title>",
                          "<domain>\n  <name>a &amp; b</name>\n");

    assert_string_equal(renamed,
                        "<domain type='kvm'>\n  <name>a &amp; b</name>\n  <title>old</title>");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("an entry says when, by what and which rules",
             test_an_entry_says_when_by_what_and_which_rules),
        TEST("how the guest ran before stays with the entry",
             test_how_the_guest_ran_before_stays_with_the_entry),
        TEST("what was measured before a change goes with its undo",
             test_what_was_measured_before_a_change_goes_with_its_undo),
        TEST("an undo is an entry that undoes the later ones",
             test_an_undo_is_an_entry_that_undoes_the_later_ones),
        TEST("an undo of an undo brings back what was in force",
             test_an_undo_of_an_undo_brings_back_what_was_in_force),
        TEST("what comes after an undo is in force", test_what_comes_after_an_undo_is_in_force),
        TEST("only the newest undo counts as undone, and only for its definition",
             test_only_the_newest_undo_counts_as_undone_and_only_for_its_definition),
        TEST("the oldest entries are pruned", test_the_oldest_entries_are_pruned),
        TEST("what was interrupted before it changed anything is dropped",
             test_what_was_interrupted_before_it_changed_anything_is_dropped),
        TEST("half an entry is none", test_half_an_entry_is_none),
        TEST("one libvirt neither sees nor removes the entries of another",
             test_one_libvirt_neither_sees_nor_removes_the_entries_of_another),
        TEST("a forgotten domain leaves nothing behind",
             test_a_forgotten_domain_leaves_nothing_behind),
        TEST("a definition gets the name that the domain has now",
             test_a_definition_gets_the_name_that_the_domain_has_now),
    };
    return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
