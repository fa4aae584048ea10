/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/event-loop.h"

#include <glib-unix.h>
#include <glib.h>

typedef struct {
    int id;
    int fd; /* -1 for a timer */
    VtEventOnHandle on_handle;
    VtEventOnTimer on_timer;
    void *opaque;
    VtEventRelease release;
    GSource *source; /* NULL while it rests */
} Watched;

/* The functions get nothing but a number, so that what it stands for can only be here. */
static GHashTable *all; /* id -> Watched* */
static int last_id;

static Watched *
find(int id)
{
    return all ? g_hash_table_lookup(all, GINT_TO_POINTER(id)) : NULL;
}

static int
add(Watched *watched)
{
    if (!all)
        all = g_hash_table_new(NULL, NULL);
    watched->id = ++last_id;
    g_hash_table_insert(all, GINT_TO_POINTER(watched->id), watched);
    return watched->id;
}

static void
stop(Watched *watched)
{
    if (!watched->source)
        return;
    g_source_destroy(watched->source);
    g_clear_pointer(&watched->source, g_source_unref);
}

static void
start(Watched *watched, GSource *source, GSourceFunc dispatch)
{
    watched->source = source;
    g_source_set_callback(source, dispatch, GINT_TO_POINTER(watched->id), NULL);
    g_source_attach(source, NULL);
}

static gboolean
release(gpointer data)
{
    Watched *watched = data;

    if (watched->release)
        watched->release(watched->opaque);
    g_free(watched);
    return G_SOURCE_REMOVE;
}

static int
remove_watched(int id)
{
    Watched *watched = find(id);

    if (!watched)
        return -1;
    stop(watched);
    g_hash_table_remove(all, GINT_TO_POINTER(id));
    if (g_hash_table_size(all) == 0)
        g_clear_pointer(&all, g_hash_table_unref);
    g_idle_add_full(G_PRIORITY_DEFAULT, release, watched, NULL);
    return 0;
}

/* ---- file descriptors ---- */

static const struct {
    int event;
    GIOCondition condition;
} conditions[] = {
    {VT_EVENT_READABLE, G_IO_IN},
    {VT_EVENT_WRITABLE, G_IO_OUT},
    {VT_EVENT_ERROR, G_IO_ERR},
    {VT_EVENT_HANGUP, G_IO_HUP},
};

/* By number, since one callback may remove what another waits for. */
static gboolean
dispatch_handle(gint fd, GIOCondition condition, gpointer id)
{
    const Watched *watched = find(GPOINTER_TO_INT(id));
    int events = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(conditions); i++) {
        if (condition & conditions[i].condition)
            events |= conditions[i].event;
    }
    if (watched)
        watched->on_handle(watched->id, fd, events, watched->opaque);
    return G_SOURCE_CONTINUE;
}

static void
wait_for(Watched *watched, int events)
{
    GIOCondition condition = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(conditions); i++) {
        if (events & conditions[i].event)
            condition |= conditions[i].condition;
    }
    if (condition)
        start(watched, g_unix_fd_source_new(watched->fd, condition),
              G_SOURCE_FUNC(dispatch_handle));
}

int
vt_event_add_handle(int fd, int events, VtEventOnHandle call, void *opaque,
                    VtEventRelease release_opaque)
{
    Watched *watched = g_new0(Watched, 1);

    *watched = (Watched){.fd = fd, .on_handle = call, .opaque = opaque, .release = release_opaque};
    add(watched);
    wait_for(watched, events);
    return watched->id;
}

void
vt_event_update_handle(int id, int events)
{
    Watched *watched = find(id);

    if (!watched)
        return;
    stop(watched);
    wait_for(watched, events);
}

int
vt_event_remove_handle(int id)
{
    return remove_watched(id);
}

/* ---- timers ---- */

static gboolean
dispatch_timer(gpointer id)
{
    const Watched *watched = find(GPOINTER_TO_INT(id));

    if (watched)
        watched->on_timer(watched->id, watched->opaque);
    return G_SOURCE_CONTINUE;
}

static void
wait_ms(Watched *watched, int interval_ms)
{
    if (interval_ms >= 0)
        start(watched, g_timeout_source_new((guint)interval_ms), dispatch_timer);
}

int
vt_event_add_timer(int interval_ms, VtEventOnTimer call, void *opaque,
                   VtEventRelease release_opaque)
{
    Watched *watched = g_new0(Watched, 1);

    *watched = (Watched){.fd = -1, .on_timer = call, .opaque = opaque, .release = release_opaque};
    add(watched);
    wait_ms(watched, interval_ms);
    return watched->id;
}

void
vt_event_update_timer(int id, int interval_ms)
{
    Watched *watched = find(id);

    if (!watched)
        return;
    stop(watched);
    wait_ms(watched, interval_ms);
}

int
vt_event_remove_timer(int id)
{
    return remove_watched(id);
}
