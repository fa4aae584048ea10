/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ledger among many processes, under kill -9 and on a full disk. */
#include "ledger-fixture.h"

#include "pin/planner.h"

#include <sys/resource.h>

#define GUESTS 100
#define KILLS 200

static char *
uuid_of_guest(unsigned guest)
{
    return g_strdup_printf("00000000-0000-4000-8000-00000000%04u", guest);
}

/*** a hundred guests at once ***/

/* What a filter does: lock, read, plan, record. Exits 0 with a place, 1 without room, 2 in trouble
 */
static void
start_guest(const char *dir, const VtTopology *host, unsigned guest_number)
{
    const VtGuestShape shape = guest(2, 2);
    g_autofree char *uuid = uuid_of_guest(guest_number);
    VtLedger *ledger = vt_ledger_open(dir, "/dev/null", NULL);

    if (ledger == NULL || !vt_ledger_lock(ledger, 60000, NULL))
        _exit(2);
    g_autoptr(GPtrArray) entries = vt_ledger_read(ledger, NULL, NULL);
    g_autoptr(VtHeld) held = vt_ledger_held(entries, host, uuid);
    g_autoptr(VtPinPlan) plan = plan_dedicated(host, &shape, held->taken, NULL);
    if (!plan->fits)
        _exit(1);
    g_autoptr(VtPins) pins = vt_pins_new(2);
    for (unsigned i = 0; i < 2; i++) {
        VtCpuSet *mask = vt_cpuset_new();
        vt_cpuset_add(mask, g_array_index(plan->vcpu_cpus, unsigned, i));
        vt_pins_set(pins, i, mask);
    }
    bool good = guest_number % 2 == 0 ? vt_ledger_promise(ledger, uuid, "guest", pins, 600, NULL)
                                      : vt_ledger_record(ledger, uuid, "guest", pins, NULL);
    vt_ledger_unlock(ledger);
    _exit(good ? 0 : 2);
}

static unsigned
start_guests(const char *dir, const VtTopology *host)
{
    pid_t children[GUESTS];
    unsigned placed = 0;

    for (unsigned i = 0; i < GUESTS; i++) {
        children[i] = fork();
        if (children[i] == 0)
            start_guest(dir, host, i);
        assert_true(children[i] > 0);
    }
    for (unsigned i = 0; i < GUESTS; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
        placed += WEXITSTATUS(status) == 0;
    }
    return placed;
}

/* Each guest has a core; a core that two have shows as a count that is too small. */
static void
expect_no_core_twice(VtLedger *ledger, const VtTopology *host, unsigned guests)
{
    g_autoptr(GPtrArray) entries = read_ledger(ledger, 0);
    g_autoptr(VtHeld) held = vt_ledger_held(entries, host, NULL);

    assert_int_equal(entries->len, guests);
    assert_int_equal(vt_cpuset_count(held->taken), guests * 2);
}

static void
test_a_hundred_guests_at_once_share_no_core(void **state)
{
    const Spec spec = {.nodes = 2, .domains = 4, .cores = 16, .threads = 2};
    g_autoptr(VtTopology) host = make_host(&spec);
    g_autoptr(VtLedger) ledger = open_ledger(*state);

    assert_int_equal(start_guests(*state, host), GUESTS);
    expect_no_core_twice(ledger, host, GUESTS);
}

static void
test_a_hundred_guests_on_a_small_host_fill_it_and_share_no_core(void **state)
{
    const Spec spec = {.nodes = 2, .domains = 2, .cores = 8, .threads = 2};
    g_autoptr(VtTopology) host = make_host(&spec);
    g_autoptr(VtLedger) ledger = open_ledger(*state);

    assert_int_equal(start_guests(*state, host), 30); /* each node keeps its emulators' core */
    expect_no_core_twice(ledger, host, 30);
}

/*** the lock ***/

static void
test_a_hung_lock_is_not_waited_for_longer_than_told(void **state)
{
    g_autoptr(VtLedger) hung = open_ledger(*state);
    g_autoptr(VtLedger) ledger = open_ledger(*state);
    assert_true(vt_ledger_lock(hung, 0, NULL));
    assert_true(vt_ledger_lock(hung, 0, NULL));

    gint64 start = g_get_monotonic_time();
    g_autoptr(GError) error = NULL;
    assert_false(vt_ledger_lock(ledger, 100, &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_SYSTEM));
    gint64 waited = g_get_monotonic_time() - start;
    assert_true(waited >= 100000 && waited < 5000000);
    record(ledger, UUID, "a", "1", NULL); /* recording needs no lock */
    vt_ledger_unlock(hung);
    assert_true(vt_ledger_lock(ledger, 0, NULL));
}

static void
test_the_lock_goes_with_its_process(void **state)
{
    g_autoptr(VtLedger) ledger = open_ledger(*state);
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        VtLedger *mine = vt_ledger_open(*state, "/dev/null", NULL);
        if (mine != NULL && vt_ledger_lock(mine, 0, NULL) && write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    char x;
    assert_int_equal(read(ready[0], &x, 1), 1);
    assert_false(vt_ledger_lock(ledger, 0, NULL));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_true(vt_ledger_lock(ledger, 0, NULL));
    close(ready[0]);
    close(ready[1]);
}

/*** kill -9, a full disk ***/

/* Two entries of different length; all of either tells which one it is. */
static char *
pins_of_turn(bool odd)
{
    GString *text = g_string_new(odd ? "1" : "2");
    for (unsigned i = 1; i < (odd ? 900 : 300); i++)
        g_string_append(text, odd ? " 1" : " 2");
    return g_string_free(text, FALSE);
}

static void
record_for_ever(const char *dir)
{
    g_autofree char *odd = pins_of_turn(true);
    g_autofree char *even = pins_of_turn(false);
    VtPins *const pins[] = {make_pins(even, NULL), make_pins(odd, NULL)};

    for (unsigned i = 0;; i++) {
        VtLedger *ledger = vt_ledger_open(dir, "/dev/null", NULL);
        if (ledger == NULL || !vt_ledger_record(ledger, UUID, "a", pins[i % 2], NULL))
            _exit(1);
        vt_ledger_free(ledger);
    }
}

static void
test_a_killed_writer_leaves_the_old_entry_or_the_new(void **state)
{
    g_autofree char *odd = pins_of_turn(true);
    g_autofree char *even = pins_of_turn(false);
    g_autoptr(VtLedger) ledger = open_ledger(*state);
    record(ledger, UUID, "a", even, NULL);
    srand(11);
    for (unsigned i = 0; i < KILLS; i++) {
        pid_t child = fork();
        if (child == 0)
            record_for_ever(*state);
        g_usleep((gulong)(rand() % 3000));
        kill(child, SIGKILL);
        int status;
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status));
        g_autoptr(GPtrArray) entries = read_ledger(ledger, 0);
        assert_int_equal(entries->len, 1);
        g_autofree char *text = pins_text(((const VtLedgerEntry *)entries->pdata[0])->pins);
        assert_true(strcmp(text, odd) == 0 || strcmp(text, even) == 0);
    }
}

/* A limit on the size of files makes write() come short and then fail, as a full disk does. */
static void
test_a_full_disk_leaves_the_earlier_entry_whole(void **state)
{
    g_autofree char *many = pins_of_turn(true);
    g_autoptr(VtPins) pins = make_pins(many, NULL);
    g_autoptr(VtLedger) ledger = open_ledger(*state);
    struct rlimit limit;
    record(ledger, UUID, "a", "1", NULL);
    getrlimit(RLIMIT_FSIZE, &limit);
    for (rlim_t size = 0; size < 1800; size += 450) {
        const struct rlimit small = {size, limit.rlim_max};
        void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &small);
        g_autoptr(GError) error = NULL;
        bool good = vt_ledger_record(ledger, UUID, "a", pins, &error);
        setrlimit(RLIMIT_FSIZE, &limit);
        signal(SIGXFSZ, before);
        assert_false(good);
        assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_SYSTEM));
        assert_int_equal(count_files(*state), 1);
    }
    g_autoptr(GPtrArray) entries = read_ledger(ledger, 0);
    expect_pins(((const VtLedgerEntry *)entries->pdata[0])->pins, "1", NULL);
    assert_true(vt_ledger_drop(ledger, UUID, NULL));
}

/* Entries come and go while others read: nobody is warned of what has just gone. */
static void
test_readers_are_not_disturbed_by_writers(void **state)
{
    pid_t children[4];
    for (unsigned i = 0; i < G_N_ELEMENTS(children); i++) {
        children[i] = fork();
        if (children[i] == 0) {
            g_autofree char *uuid = uuid_of_guest(i);
            g_autoptr(VtPins) pins = make_pins("1 2", "0");
            VtLedger *ledger = vt_ledger_open(*state, "/dev/null", NULL);
            for (unsigned turn = 0; turn < 2000; turn++) {
                if (!vt_ledger_record(ledger, uuid, "a", pins, NULL) ||
                    !vt_ledger_drop(ledger, uuid, NULL))
                    _exit(1);
            }
            _exit(0);
        }
    }
    g_autoptr(VtLedger) ledger = open_ledger(*state);
    for (unsigned running = G_N_ELEMENTS(children); running > 0;) {
        int status;
        read_ledger_count(ledger, 0);
        vt_ledger_prune(ledger);
        while (running > 0 && waitpid(-1, &status, WNOHANG) > 0) {
            assert_int_equal(status, 0);
            running--;
        }
    }
    expect_entries(ledger, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("a hundred guests at once share no core", test_a_hundred_guests_at_once_share_no_core),
        TEST("a hundred guests on a small host fill it and share no core",
             test_a_hundred_guests_on_a_small_host_fill_it_and_share_no_core),
        TEST("a hung lock is not waited for longer than told",
             test_a_hung_lock_is_not_waited_for_longer_than_told),
        TEST("the lock goes with its process", test_the_lock_goes_with_its_process),
        TEST("a killed writer leaves the old entry or the new",
             test_a_killed_writer_leaves_the_old_entry_or_the_new),
        TEST("a full disk leaves the earlier entry whole",
             test_a_full_disk_leaves_the_earlier_entry_whole),
        TEST("readers are not disturbed by writers", test_readers_are_not_disturbed_by_writers),
    };
    return cmocka_run_group_tests_name("ledger-crash", tests, NULL, NULL);
}
