/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/wait.h"

#include <glib-unix.h>
#include <signal.h>

#include "base/error.h"
#include "base/i18n.h"
#include "cmd/progress.h"

enum { TICK_MS = 100 };

typedef struct {
    const VtWait *wait;
    GMainLoop *loop;
    VtProgress progress;
    gint64 begin_us;
    bool signalled;
} Waiting;

static gboolean
on_signal(gpointer data)
{
    Waiting *waiting = data;

    waiting->signalled = true;
    g_main_loop_quit(waiting->loop);
    return G_SOURCE_CONTINUE;
}

/* What nohup(1) and a shell's background job do not want to hear of. */
static bool
is_ignored(int number)
{
    struct sigaction now;

    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static bool
is_over(const VtWait *wait, double passed)
{
    if (!wait->is_over)
        return passed >= wait->seconds;
    return wait->is_over(wait->data) || passed >= wait->at_most_seconds;
}

static gboolean
on_tick(gpointer data)
{
    Waiting *waiting = data;
    double passed = (double)(g_get_monotonic_time() - waiting->begin_us) / G_USEC_PER_SEC;
    guint second = MIN((guint)passed + 1, waiting->progress.count);

    if (is_over(waiting->wait, passed))
        g_main_loop_quit(waiting->loop);
    else
        vt_progress_show(&waiting->progress, second, waiting->wait->doing);
    return G_SOURCE_CONTINUE;
}

/* The signals lose their usual meaning only for as long as the sources live. */
bool
vt_wait(const VtWait *wait, GError **error)
{
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    Waiting waiting = {.wait = wait,
                       .loop = loop,
                       .progress = {.count = (guint)(wait->seconds + 0.5)},
                       .begin_us = g_get_monotonic_time()};
    const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    guint sources[G_N_ELEMENTS(signals)] = {0};
    guint ticks = g_timeout_add(TICK_MS, on_tick, &waiting);

    for (gsize i = 0; i < G_N_ELEMENTS(signals); i++) {
        if (!is_ignored(signals[i]))
            sources[i] = g_unix_signal_add(signals[i], on_signal, &waiting);
    }
    g_main_loop_run(loop);
    for (gsize i = 0; i < G_N_ELEMENTS(signals); i++) {
        if (sources[i])
            g_source_remove(sources[i]);
    }
    g_source_remove(ticks);
    vt_progress_clear(&waiting.progress);
    if (waiting.signalled)
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("interrupted while it was measured"));
    return !waiting.signalled;
}
