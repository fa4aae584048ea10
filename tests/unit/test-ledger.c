/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ledger-fixture.h"

/*** round trip ***/

static void
test_an_entry_makes_the_round_trip(void **state)
{
    g_autoptr(VtLedger) ledger = open_ledger(*state);
    record(ledger, UUID, "win11", "1 19 - 2,20", "0,18");
    g_autoptr(GPtrArray) entries = read_ledger(ledger, 0);
    assert_int_equal(entries->len, 1);
    const VtLedgerEntry *entry = entries->pdata[0];
    assert_string_equal(entry->uuid, UUID);
    assert_string_equal(entry->name, "win11");
    assert_true(entry->running);
    assert_false(entry->knows_process);
    expect_pins(entry->pins, "1 19 - 2,20", "0,18");
    assert_true(vt_ledger_drop(ledger, UUID, NULL));
    assert_true(vt_ledger_drop(ledger, UUID, NULL));
    expect_entries(ledger, 0);
    assert_int_equal(count_files(*state), 0);
}

static void
test_recording_again_replaces(void **state)
{
    g_autofree char *upper = g_ascii_strup(UUID, -1);
    g_autoptr(VtLedger) ledger = open_ledger(*state);
    record(ledger, UUID, "old", "1", NULL);
    record(ledger, upper, "new", "2", NULL);
    record(ledger, OTHER_UUID, "other", "3", NULL);
    g_autoptr(GPtrArray) entries = read_ledger(ledger, 0);
    assert_int_equal(entries->len, 2);
    const VtLedgerEntry *entry = entries->pdata[0];
    assert_string_equal(entry->uuid, UUID);
    assert_string_equal(entry->name, "new");
    expect_pins(entry->pins, "2", NULL);
}

static void
test_a_guest_without_pins_has_no_entry(void **state)
{
    g_autoptr(VtLedger) ledger = open_ledger(*state);
    record(ledger, UUID, "win11", "1", NULL);
    record(ledger, UUID, "win11", "- - -", NULL);
    expect_entries(ledger, 0);
    record(ledger, UUID, "win11", "- -", "3");
    expect_entries(ledger, 1);
}

static void
test_strange_names_survive(void **state)
{
    static const char *const names[] = {"a\nb",
                                        "\n",
                                        "-rf",
                                        " lead",
                                        "[pins]",
                                        "a=b\nuuid=x",
                                        "../../etc/passwd",
                                        "\xf0\x9f\x90\xa7",
                                        "\x01\x7f",
                                        "%s%n"};
    g_autoptr(VtLedger) ledger = open_ledger(*state);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        record(ledger, UUID, names[i], "1", NULL);
        g_autoptr(GPtrArray) entries = read_ledger(ledger, 0);
        assert_int_equal(entries->len, 1);
        assert_string_equal(((const VtLedgerEntry *)entries->pdata[0])->name, names[i]);
    }
}

static void
assert_unfit(VtLedger *ledger, const char *uuid, const char *name, const VtPins *pins)
{
    g_autoptr(GError) error = NULL;
    assert_false(vt_ledger_record(ledger, uuid, name, pins, &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
    g_clear_error(&error);
    assert_false(vt_ledger_promise(ledger, uuid, name, pins, 60, &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
}

static void
test_unfit_values_are_not_written(void **state)
{
    g_autoptr(VtLedger) ledger = open_ledger(*state);
    g_autoptr(VtPins) pins = make_pins("1", NULL);
    g_autoptr(VtPins) many = vt_pins_new(8000);
    for (unsigned i = 0; i < 8000; i++)
        vt_pins_set(many, i, vt_cpuset_parse("1000-1100,1200-1300", NULL));
    assert_unfit(ledger, "", "name", pins);
    assert_unfit(ledger, "../../../../etc/cron.d/aaaaaaaaaaaaa", "name", pins);
    assert_unfit(ledger, UUID, "", pins);
    assert_unfit(ledger, UUID, "\xff", pins);
    assert_unfit(ledger, UUID, "name", many);
    assert_int_equal(count_files(*state), 0);
}

/*** what counts ***/

static void
test_only_dedicated_pins_of_others_are_held(void **state)
{
    const Spec spec = {.nodes = 1, .domains = 1, .cores = 8, .threads = 2};
    g_autoptr(VtTopology) host = make_host(&spec);
    g_autoptr(VtLedger) ledger = open_ledger(*state);
    record(ledger, UUID, "mine", "1 9", "0");
    record(ledger, OTHER_UUID, "other", "2 3,11 4-7 -", "0");
    g_autoptr(GPtrArray) entries = read_ledger(ledger, 0);
    expect_held(entries, host, UUID, "2-3,11");
    expect_held(entries, host, OTHER_UUID, "1,9");
    expect_held(entries, host, NULL, "1-3,9,11");
    expect_held(entries, NULL, NULL, "");
}

static void
test_a_promise_counts_until_it_expires(void **state)
{
    g_autoptr(VtLedger) ledger = open_ledger(*state);
    g_autoptr(VtPins) pins = make_pins("5", NULL);
    assert_true(vt_ledger_promise(ledger, UUID, "a", pins, 60, NULL));
    assert_true(vt_ledger_promise(ledger, OTHER_UUID, "b", pins, 0, NULL));
    record(ledger, UUID, "a", "4", NULL);
    g_autoptr(GPtrArray) entries = read_ledger(ledger, 0);
    assert_int_equal(entries->len, 2);
    const VtLedgerEntry *first = entries->pdata[0], *second = entries->pdata[1];
    assert_true(first->running);
    assert_false(second->running);
    expect_pins(second->pins, "5", NULL);
    assert_true(vt_ledger_drop(ledger, UUID, NULL));
    expect_entries(ledger, 0);
}

static void
write_pid_file(const char *dir, const char *name, pid_t pid)
{
    g_autofree char *path = g_strdup_printf("%s/%s.pid", dir, name);
    g_autofree char *text = g_strdup_printf("%d\n", pid);
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
test_an_entry_ends_with_its_process(void **state)
{
    g_autofree char *parent = g_path_get_dirname(*state);
    pid_t guest = start_sleeper();
    g_autoptr(VtLedger) ledger = open_ledger(*state);
    write_pid_file(parent, "win11", guest);
    write_pid_file(parent, "gone", 0x3fffffff);
    record(ledger, UUID, "win11", "1", NULL);
    record(ledger, OTHER_UUID, "gone", "2", NULL);
    g_autoptr(GPtrArray) entries = read_ledger(ledger, 0);
    assert_int_equal(entries->len, 2);
    assert_true(((const VtLedgerEntry *)entries->pdata[0])->knows_process);
    assert_false(((const VtLedgerEntry *)entries->pdata[1])->knows_process);

    kill(guest, SIGKILL);
    siginfo_t info;
    waitid(P_PID, (id_t)guest, &info, WEXITED | WNOWAIT); /* a zombie is gone too */
    expect_entries(ledger, 1);
    waitpid(guest, NULL, 0);
    expect_entries(ledger, 1);
    assert_int_equal(count_files(*state), 2);
    vt_ledger_prune(ledger);
    assert_int_equal(count_files(*state), 1);
    expect_entries(ledger, 1);
}

static void
test_another_process_of_the_same_number_is_not_the_guest(void **state)
{
    pid_t sleeper = start_sleeper();
    g_autoptr(VtLedger) ledger = open_ledger(*state);
    g_autofree char *alive = entry_text(UUID, "process=%d\nprocess-start=1\n", sleeper);
    put_file(*state, "ledger/" UUID ".pins", alive, -1);
    expect_entries(ledger, 0);
    kill(sleeper, SIGKILL);
    waitpid(sleeper, NULL, 0);
}

static void
test_an_entry_of_another_boot_is_stale(void **state)
{
    g_autoptr(VtLedger) ledger = open_ledger(*state);
    g_autofree char *text = entry_text(UUID, "\n");
    put_file(*state, "ledger/" UUID ".pins", text, -1);
    expect_entries(ledger, 1);
    char *boot = strstr(text, "boot=") + strlen("boot=");
    boot[0] = boot[0] == '0' ? '1' : '0';
    put_file(*state, "ledger/" UUID ".pins", text, -1);
    expect_entries(ledger, 0);
    vt_ledger_prune(ledger);
    assert_int_equal(count_files(*state), 0);
}

/*** what is wrong in there ***/

static void
test_corrupt_entries_are_skipped_with_a_warning(void **state)
{
    g_autoptr(VtLedger) ledger = open_ledger(*state);
    g_autofree char *good = entry_text(UUID, "\n");
    gsize length = strlen(good);
    record(ledger, OTHER_UUID, "other", "3", NULL);
    for (gsize cut = 0; cut < length; cut++) {
        put_file(*state, "ledger/" UUID ".pins", good, (gssize)cut);
        g_autoptr(GPtrArray) warnings = NULL;
        g_autoptr(GPtrArray) entries = vt_ledger_read(ledger, &warnings, NULL);
        assert_non_null(entries);
        assert_true(entries->len >= 1 && entries->len + warnings->len == 2);
    }
    srand(7);
    for (unsigned i = 0; i < 2000; i++) {
        g_autofree char *noise = g_memdup2(good, length);
        for (unsigned n = 0; n < 4; n++)
            noise[(gsize)rand() % length] = (char)rand();
        put_file(*state, "ledger/" UUID ".pins", noise, (gssize)length);
        g_autoptr(GPtrArray) entries = vt_ledger_read(ledger, NULL, NULL);
        assert_non_null(entries);
        assert_true(entries->len >= 1);
    }
}

static void
test_bad_values_are_no_entry(void **state)
{
    static const char *const vcpus[] = {
        "vcpus=",      "vcpus=x",   "vcpus=1  2",         "vcpus=99999",
        "vcpus=1 2-1", "novcpus=1", "vcpus=1\nemulator=", "vcpus=1\nemulator=a"};
    g_autoptr(VtLedger) ledger = open_ledger(*state);
    g_autofree char *good = entry_text(UUID, "\n");
    for (gsize i = 0; i < G_N_ELEMENTS(vcpus); i++) {
        g_auto(GStrv) halves = g_strsplit(good, "vcpus=7", 2);
        g_autofree char *bad = g_strjoin(vcpus[i], halves[0], halves[1], NULL);
        put_file(*state, "ledger/" UUID ".pins", bad, -1);
        assert_int_equal(read_ledger_count(ledger, 1), 0);
    }
    g_autofree char *foreign = entry_text(OTHER_UUID, "\n");
    put_file(*state, "ledger/" UUID ".pins", foreign, -1);
    assert_int_equal(read_ledger_count(ledger, 1), 0);
}

static void
test_foreign_files_are_skipped_and_stay(void **state)
{
    g_autoptr(VtLedger) ledger = open_ledger(*state);
    g_autofree char *huge = g_strnfill(VT_LEDGER_MAX_BYTES + 1, 'x');
    g_autofree char *folder = below(*state, "ledger/" UUID ".pins");
    record(ledger, OTHER_UUID, "other", "3", NULL);
    assert_int_equal(g_mkdir(folder, 0700), 0);
    put_file(*state, "ledger/README", "hello", -1);
    put_file(*state, "ledger/aaaaaaaa-0000-4000-8000-00000000000f.pins", huge, -1);
    g_autofree char *fifo = below(*state, "ledger/bbbbbbbb-0000-4000-8000-00000000000f.pins");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    g_autofree char *link = below(*state, "ledger/cccccccc-0000-4000-8000-00000000000f.pins");
    assert_int_equal(symlink(OTHER_UUID ".pins", link), 0);
    g_autofree char *open_to_all = below(*state, "ledger/" OTHER_UUID ".promise");
    put_file(*state, "ledger/" OTHER_UUID ".promise", "x", -1);
    assert_int_equal(chmod(open_to_all, 0666), 0);
    assert_int_equal(read_ledger_count(ledger, 6), 1);
    vt_ledger_prune(ledger);
    assert_int_equal(count_files(*state), 7);
}

static void
test_a_directory_of_somebody_else_is_refused(void **state)
{
    g_autofree char *folder = below(*state, "ledger");
    vt_ledger_free(open_ledger(*state));
    assert_int_equal(chmod(folder, 0777), 0);
    g_autoptr(GError) error = NULL;
    assert_null(vt_ledger_open(*state, "/dev/null", &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_SYSTEM));
    g_clear_error(&error);
    remove_tree(folder);
    assert_int_equal(symlink("/tmp", folder), 0);
    assert_null(vt_ledger_open(*state, "/dev/null", &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_SYSTEM));
    g_clear_error(&error);
    assert_null(vt_ledger_open("/dev/null/run", "/dev/null", &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_SYSTEM));
}

/* What a writer that was killed leaves is nobody's entry, and goes in time. */
static void
test_unfinished_files_are_pruned_when_old(void **state)
{
    g_autoptr(VtLedger) ledger = open_ledger(*state);
    g_autofree char *old = below(*state, "ledger/new-0000");
    put_file(*state, "ledger/new-0000", "x", -1);
    g_autofree char *future = below(*state, "ledger/new-2222");
    put_file(*state, "ledger/new-1111", "x", -1);
    put_file(*state, "ledger/new-2222", "x", -1);
    const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    const time_t then = time(NULL) + 86400; /* the clock was set back since */
    const struct timespec to_come[2] = {{.tv_sec = then}, {.tv_sec = then}};
    assert_int_equal(utimensat(AT_FDCWD, old, long_ago, 0), 0);
    assert_int_equal(utimensat(AT_FDCWD, future, to_come, 0), 0);
    expect_entries(ledger, 0);
    vt_ledger_prune(ledger);
    assert_int_equal(count_files(*state), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("an entry makes the round trip", test_an_entry_makes_the_round_trip),
        TEST("recording again replaces", test_recording_again_replaces),
        TEST("a guest without pins has no entry", test_a_guest_without_pins_has_no_entry),
        TEST("strange names survive", test_strange_names_survive),
        TEST("unfit values are not written", test_unfit_values_are_not_written),
        TEST("only dedicated pins of others are held", test_only_dedicated_pins_of_others_are_held),
        TEST("a promise counts until it expires", test_a_promise_counts_until_it_expires),
        TEST("an entry ends with its process", test_an_entry_ends_with_its_process),
        TEST("another process of the same number is not the guest",
             test_another_process_of_the_same_number_is_not_the_guest),
        TEST("an entry of another boot is stale", test_an_entry_of_another_boot_is_stale),
        TEST("corrupt entries are skipped with a warning",
             test_corrupt_entries_are_skipped_with_a_warning),
        TEST("bad values are no entry", test_bad_values_are_no_entry),
        TEST("foreign files are skipped and stay", test_foreign_files_are_skipped_and_stay),
        TEST("a directory of somebody else is refused",
             test_a_directory_of_somebody_else_is_refused),
        TEST("unfinished files are pruned when old", test_unfinished_files_are_pruned_when_old),
    };
    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
