/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "edges/event-loop.h"

#include <glib.h>
#include <unistd.h>

/* What a callback has seen. */
typedef struct {
    int calls;
    int events;
    int released;
    int remove; /* the handle or timer that the callback removes, -1 for none */
} Seen;

static void
on_handle(int id G_GNUC_UNUSED, int fd G_GNUC_UNUSED, int events, void *opaque)
{
    Seen *seen = opaque;

    seen->calls++;
    seen->events = events;
    if (seen->remove >= 0) {
        vt_event_remove_handle(seen->remove);
        assert_int_equal(seen->released, 0); /* never from within */
    }
}

static void
on_timer(int id, void *opaque)
{
    Seen *seen = opaque;

    seen->calls++;
    if (seen->remove >= 0)
        vt_event_remove_timer(id);
}

static void
on_release(void *opaque)
{
    Seen *seen = opaque;

    seen->released++;
}

static void
run(void)
{
    for (int i = 0; i < 10; i++)
        g_main_context_iteration(NULL, FALSE);
}

/* Time enough for any timer of this test. */
static void
run_until_called(const Seen *seen, int calls)
{
    for (int i = 0; seen->calls < calls && i < 2000; i++) {
        g_main_context_iteration(NULL, FALSE);
        g_usleep(1000);
    }
    assert_true(seen->calls >= calls);
}

static void
a_handle_is_told_of_what_it_asked_for(void **state G_GNUC_UNUSED)
{
    Seen seen = {.remove = -1};
    int ends[2], id;

    assert_int_equal(pipe(ends), 0);
    id = vt_event_add_handle(ends[0], VT_EVENT_READABLE, on_handle, &seen, on_release);
    run();
    assert_int_equal(seen.calls, 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    run();
    assert_true(seen.calls > 0);
    assert_int_equal(seen.events, VT_EVENT_READABLE);

    vt_event_update_handle(id, 0);
    seen.calls = 0;
    run();
    assert_int_equal(seen.calls, 0);

    close(ends[1]);
    vt_event_update_handle(id, VT_EVENT_READABLE | VT_EVENT_HANGUP);
    run();
    assert_true(seen.events & VT_EVENT_HANGUP);
    assert_int_equal(vt_event_remove_handle(id), 0);
    assert_int_equal(seen.released, 0);
    run();
    assert_int_equal(seen.released, 1);
    close(ends[0]);
}

static void
a_handle_removes_itself_and_others(void **state G_GNUC_UNUSED)
{
    Seen first = {.remove = -1}, second = {.remove = -1};
    int ends[2], one, two;

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    one = vt_event_add_handle(ends[0], VT_EVENT_READABLE, on_handle, &first, on_release);
    two = vt_event_add_handle(ends[0], VT_EVENT_READABLE, on_handle, &second, on_release);
    first.remove = two;
    second.remove = one;
    run();
    assert_int_equal(first.calls > 0, second.calls == 0);
    assert_int_equal(first.released + second.released, 1);
    assert_int_equal(vt_event_remove_handle(one) + vt_event_remove_handle(two), -1);
    run();
    assert_int_equal(first.released + second.released, 2);
    close(ends[0]);
    close(ends[1]);
}

static void
a_timer_comes_again_until_it_rests(void **state G_GNUC_UNUSED)
{
    Seen seen = {.remove = -1};
    int id = vt_event_add_timer(-1, on_timer, &seen, on_release);

    run();
    assert_int_equal(seen.calls, 0);
    vt_event_update_timer(id, 1);
    run_until_called(&seen, 3);
    vt_event_update_timer(id, -1);
    seen.calls = 0;
    run();
    assert_int_equal(seen.calls, 0);
    vt_event_update_timer(id, 0);
    seen.remove = id;
    run();
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.released, 1);
}

static void
unknown_numbers_are_harmless(void **state G_GNUC_UNUSED)
{
    vt_event_update_handle(12345, VT_EVENT_READABLE);
    vt_event_update_timer(12345, 0);
    assert_int_equal(vt_event_remove_handle(12345), -1);
    assert_int_equal(vt_event_remove_timer(12345), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handle_is_told_of_what_it_asked_for),
        cmocka_unit_test(a_handle_removes_itself_and_others),
        cmocka_unit_test(a_timer_comes_again_until_it_rests),
        cmocka_unit_test(unknown_numbers_are_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
