/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spool-fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define WRITERS 8
#define WRITES 200

/*** round trip ***/

static void
test_a_request_makes_the_round_trip(void **state)
{
    g_autoptr(VtSpool) hook = open_spool(*state);
    leave(hook, UUID, "win11");
    g_autoptr(VtSpool) worker = open_locked(*state);
    assert_int_equal(count_listed(worker, NULL), 1);
    g_autoptr(VtSpoolRequest) request = claim(worker, UUID);
    assert_string_equal(request->uuid, UUID);
    assert_string_equal(request->name, "win11");
    assert_string_equal(request->operation, PREPARE);
    assert_false(request->reclaimed);
    assert_int_equal(count_entries(*state, "requests"), 0);
    assert_int_equal(count_entries(*state, "claimed"), 1);
    assert_true(vt_spool_finish(worker, request, NULL));
    assert_true(vt_spool_finish(worker, request, NULL));
    assert_int_equal(count_entries(*state, "claimed"), 0);
    assert_int_equal(count_listed(worker, NULL), 0);
}

static void
test_strange_names_survive(void **state)
{
    g_autofree char *longest = g_strnfill(255, 'x');
    g_autofree char *very_long = g_strnfill(60000, 'y');
    const char *const names[] = {
        "a\nb",
        "\n",
        "-rf",
        "--help",
        " lead",
        "trail ",
        "\ttab\t",
        "\r\n",
        "a;b;",
        "#x",
        "=",
        "[request]",
        "\\",
        "\\n",
        "\\s",
        "a=b\nuuid=x",
        "../../etc/passwd",
        "/",
        ".",
        "..",
        "\xc3\xa9\xf0\x9f\x90\xa7",
        "\x01\x1f\x7f",
        "'\"`$(x)",
        "%s%n",
        longest,
        very_long,
    };
    g_autoptr(VtSpool) spool = open_locked(*state);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        leave(spool, UUID, names[i]);
        g_autoptr(VtSpoolRequest) request = claim(spool, UUID);
        assert_string_equal(request->name, names[i]);
        assert_true(vt_spool_finish(spool, request, NULL));
    }
}

static void
test_an_upper_case_uuid_is_the_same_domain(void **state)
{
    g_autofree char *upper = g_ascii_strup(UUID, -1);
    g_autoptr(VtSpool) spool = open_locked(*state);
    leave(spool, UUID, "old");
    leave(spool, upper, "new");
    assert_int_equal(count_listed(spool, NULL), 1);
    g_autoptr(VtSpoolRequest) request = claim(spool, upper);
    assert_string_equal(request->uuid, UUID);
    assert_string_equal(request->name, "new");
}

static void
assert_unfit(VtSpool *spool, const char *uuid, const char *name, const char *operation)
{
    g_autoptr(GError) error = NULL;
    assert_false(vt_spool_write(spool, uuid, name, operation, &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
}

static void
test_unfit_values_are_not_written(void **state)
{
    g_autoptr(VtSpool) spool = open_spool(*state);
    static const char *const uuids[] = {
        "",
        "x",
        "../../../../etc/cron.d/aaaaaaaaaaaaa",
        "0f2a8d1c-5b7e-4c7c-9a3b-0123456789a",
        "0f2a8d1c-5b7e-4c7c-9a3b-0123456789abc",
        "0f2a8d1c-5b7e-4c7c-9a3b-0123456789a/",
        "0f2a8d1c-5b7e-4c7c-9a3b-0123456789ag",
        "0f2a8d1c05b7e-4c7c-9a3b-0123456789ab",
        "------------------------------------",
        "0f2a8d1c-5b7e-4c7c-9a3b-0123456789ab\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(uuids); i++)
        assert_unfit(spool, uuids[i], "name", PREPARE);
    assert_unfit(spool, UUID, "", PREPARE);
    assert_unfit(spool, UUID, "\xff", PREPARE);
    assert_unfit(spool, UUID, "name", "");
    assert_unfit(spool, UUID, "name", "release");
    g_autofree char *too_long = g_strnfill(VT_SPOOL_MAX_BYTES, 'x');
    assert_unfit(spool, UUID, too_long, PREPARE);
    assert_int_equal(count_entries(*state, "requests"), 0);
    assert_int_equal(count_entries(*state, ""), 2);
}

static void
test_the_newest_unclaimed_request_wins(void **state)
{
    g_autoptr(VtSpool) spool = open_locked(*state);
    leave(spool, UUID, "old");
    leave(spool, UUID, "new");
    leave(spool, OTHER_UUID, "other");
    g_autoptr(GPtrArray) uuids = vt_spool_list(spool, NULL, NULL);
    assert_int_equal(uuids->len, 2);
    assert_string_equal(uuids->pdata[0], UUID);
    assert_string_equal(uuids->pdata[1], OTHER_UUID);
    g_autoptr(VtSpoolRequest) request = claim(spool, UUID);
    assert_string_equal(request->name, "new");
}

static void
test_a_request_during_the_work_is_not_lost(void **state)
{
    g_autoptr(VtSpool) hook = open_spool(*state);
    g_autoptr(VtSpool) worker = open_locked(*state);
    leave(hook, UUID, "first");
    g_autoptr(VtSpoolRequest) first = claim(worker, UUID);
    leave(hook, UUID, "second");
    assert_true(vt_spool_finish(worker, first, NULL));
    assert_int_equal(count_listed(worker, NULL), 1);
    g_autoptr(VtSpoolRequest) second = claim(worker, UUID);
    assert_string_equal(second->name, "second");
    assert_false(second->reclaimed);
}

static void
test_what_a_dead_worker_left_comes_again(void **state)
{
    g_autoptr(VtSpool) dead = open_locked(*state);
    leave(dead, UUID, "left");
    leave(dead, OTHER_UUID, "left");
    vt_spool_request_free(claim(dead, UUID));
    vt_spool_request_free(claim(dead, OTHER_UUID));
    vt_spool_free(g_steal_pointer(&dead));

    g_autoptr(VtSpool) next = open_locked(*state);
    leave(next, OTHER_UUID, "newer");
    assert_int_equal(count_listed(next, NULL), 2);
    g_autoptr(VtSpoolRequest) left = claim(next, UUID);
    assert_string_equal(left->name, "left");
    assert_true(left->reclaimed);
    g_autoptr(VtSpoolRequest) newer = claim(next, OTHER_UUID);
    assert_string_equal(newer->name, "newer");
    assert_true(newer->reclaimed);
    assert_true(vt_spool_finish(next, left, NULL));
    assert_true(vt_spool_finish(next, newer, NULL));
    assert_int_equal(count_listed(next, NULL), 0);
}

static void
test_a_claim_without_a_request_fails(void **state)
{
    g_autoptr(VtSpool) spool = open_locked(*state);
    g_autoptr(GError) error = NULL;
    assert_null(vt_spool_claim(spool, UUID, &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_SYSTEM));
    g_clear_error(&error);
    assert_null(vt_spool_claim(spool, "../x", &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
}

/*** taking turns ***/

static void
test_the_second_worker_leaves(void **state)
{
    g_autoptr(VtSpool) first = open_locked(*state);
    g_autoptr(VtSpool) second = open_spool(*state);
    bool taken = true;
    assert_true(vt_spool_lock(second, false, &taken, NULL));
    assert_false(taken);
    assert_true(vt_spool_lock(first, false, &taken, NULL));
    assert_true(taken);
    vt_spool_unlock(first);
    assert_true(vt_spool_lock(second, true, &taken, NULL));
    assert_true(taken);
}

static void
test_a_worker_that_waits_gets_its_turn(void **state)
{
    g_autoptr(VtSpool) spool = open_spool(*state);
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        VtSpool *mine = vt_spool_open(*state, NULL);
        bool taken = false;
        bool good = mine != NULL && vt_spool_lock(mine, false, &taken, NULL) && taken;
        good = write(ready[1], "x", 1) == 1 && good;
        g_usleep(100000);
        good = vt_spool_write(mine, UUID, "before the end", PREPARE, NULL) && good;
        _exit(good ? 0 : 1); /* dies with the lock */
    }
    char x;
    assert_int_equal(read(ready[0], &x, 1), 1);
    bool taken = false;
    assert_true(vt_spool_lock(spool, true, &taken, NULL));
    assert_true(taken);
    assert_int_equal(count_listed(spool, NULL), 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(ready[0]);
    close(ready[1]);
}

static void
on_alarm(int number)
{
    (void)number;
}

static void
test_a_signal_ends_the_wait(void **state)
{
    g_autoptr(VtSpool) first = open_locked(*state);
    g_autoptr(VtSpool) second = open_spool(*state);
    const struct sigaction action = {.sa_handler = on_alarm};
    struct sigaction before;
    sigaction(SIGALRM, &action, &before);
    ualarm(50000, 50000);
    bool taken = true;
    assert_true(vt_spool_lock(second, true, &taken, NULL));
    ualarm(0, 0);
    sigaction(SIGALRM, &before, NULL);
    assert_false(taken);
    vt_spool_unlock(first);
}

/*** a full disk, many processes ***/

/* A limit on the size of files makes write() come short and then fail, as a full disk does. */
static void
test_a_full_disk_leaves_the_earlier_request_whole(void **state)
{
    g_autoptr(VtSpool) spool = open_locked(*state);
    leave(spool, UUID, "before");
    g_autofree char *name = g_strnfill(5000, 'x');
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    for (rlim_t size = 0; size < 5000; size += 1250) {
        const struct rlimit small = {size, limit.rlim_max};
        void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &small);
        g_autoptr(GError) error = NULL;
        bool good = vt_spool_write(spool, UUID, name, PREPARE, &error);
        setrlimit(RLIMIT_FSIZE, &limit);
        signal(SIGXFSZ, before);
        assert_false(good);
        assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_SYSTEM));
        assert_int_equal(count_entries(*state, ""), 3); /* nothing half-written stays */
    }
    g_autoptr(VtSpoolRequest) request = claim(spool, UUID);
    assert_string_equal(request->name, "before");
}

static char *
uuid_of_writer(unsigned writer)
{
    return g_strdup_printf("00000000-0000-4000-8000-00000000%04u", writer);
}

/* Long, and its end is known from its beginning: a request read in half would show. */
static char *
name_of_write(unsigned writer, unsigned write)
{
    g_autofree char *filler = g_strnfill(2000 + write * 7, (char)('a' + writer));
    return g_strdup_printf("%u/%u/%s/%u/%u", writer, write, filler, writer, write);
}

static void
run_writer(const char *dir, unsigned writer)
{
    g_autofree char *own = uuid_of_writer(writer);
    bool good = true;
    for (unsigned i = 0; good && i < WRITES; i++) {
        /* Each time as a new hook would: the directory can appear under its hands. */
        VtSpool *spool = vt_spool_open(dir, NULL);
        g_autofree char *name = name_of_write(writer, i);
        good = spool != NULL && vt_spool_write(spool, own, name, PREPARE, NULL) &&
               vt_spool_write(spool, UUID, name, PREPARE, NULL);
        vt_spool_free(spool);
    }
    _exit(good ? 0 : 1);
}

typedef struct {
    int last_own[WRITERS];  /* what came last under a writer's own UUID */
    int last_both[WRITERS]; /* and of that writer under the UUID of all */
    unsigned last_writer;   /* who came last under the UUID of all */
    unsigned claims;
} Seen;

static void
note_request(const VtSpoolRequest *request, Seen *seen)
{
    unsigned writer, write;
    assert_int_equal(sscanf(request->name, "%u/%u/", &writer, &write), 2);
    assert_true(writer < WRITERS && write < WRITES);
    g_autofree char *whole = name_of_write(writer, write);
    assert_string_equal(request->name, whole);
    assert_false(request->reclaimed);
    g_autofree char *own = uuid_of_writer(writer);
    bool is_own = strcmp(request->uuid, own) == 0;
    assert_true(is_own || strcmp(request->uuid, UUID) == 0);
    int *last = is_own ? &seen->last_own[writer] : &seen->last_both[writer];
    assert_true((int)write > *last); /* each write is seen once at most, and in order */
    *last = (int)write;
    if (!is_own)
        seen->last_writer = writer;
    seen->claims++;
}

static void
drain(VtSpool *spool, Seen *seen)
{
    g_autoptr(GPtrArray) warnings = NULL;
    g_autoptr(GPtrArray) uuids = vt_spool_list(spool, &warnings, NULL);
    assert_int_equal(warnings->len, 0);
    for (unsigned i = 0; i < uuids->len; i++) {
        g_autoptr(VtSpoolRequest) request = claim(spool, uuids->pdata[i]);
        note_request(request, seen);
        assert_true(vt_spool_finish(spool, request, NULL));
    }
}

static void
test_eight_writers_and_a_reader_lose_nothing(void **state)
{
    Seen seen = {.claims = 0};
    pid_t writers[WRITERS];
    memset(seen.last_own, 0xff, sizeof seen.last_own);
    memset(seen.last_both, 0xff, sizeof seen.last_both);
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = fork();
        if (writers[i] == 0)
            run_writer(*state, i);
        assert_true(writers[i] > 0);
    }
    g_autoptr(VtSpool) spool = open_locked(*state);
    for (unsigned running = WRITERS; running > 0;) {
        drain(spool, &seen);
        int status;
        while (running > 0 && waitpid(-1, &status, WNOHANG) > 0) {
            assert_int_equal(status, 0);
            running--;
        }
    }
    drain(spool, &seen);

    for (unsigned i = 0; i < WRITERS; i++)
        assert_int_equal(seen.last_own[i], WRITES - 1);
    assert_int_equal(seen.last_both[seen.last_writer], WRITES - 1);
    assert_true(seen.claims >= WRITERS + 1);
    assert_int_equal(count_listed(spool, NULL), 0);
    assert_int_equal(count_entries(*state, ""), 3); /* requests, claimed, lock */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("a request makes the round trip", test_a_request_makes_the_round_trip),
        TEST("strange names survive", test_strange_names_survive),
        TEST("an upper-case UUID is the same domain", test_an_upper_case_uuid_is_the_same_domain),
        TEST("unfit values are not written", test_unfit_values_are_not_written),
        TEST("the newest unclaimed request wins", test_the_newest_unclaimed_request_wins),
        TEST("a request during the work is not lost", test_a_request_during_the_work_is_not_lost),
        TEST("what a dead worker left comes again", test_what_a_dead_worker_left_comes_again),
        TEST("a claim without a request fails", test_a_claim_without_a_request_fails),
        TEST("the second worker leaves", test_the_second_worker_leaves),
        TEST("a worker that waits gets its turn", test_a_worker_that_waits_gets_its_turn),
        TEST("a signal ends the wait", test_a_signal_ends_the_wait),
        TEST("a full disk leaves the earlier request whole",
             test_a_full_disk_leaves_the_earlier_request_whole),
        TEST("eight writers and a reader lose nothing",
             test_eight_writers_and_a_reader_lose_nothing),
    };
    return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
