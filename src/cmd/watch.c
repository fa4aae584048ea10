/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmtune watch: tunes domains when they are defined or changed, so that their first start is tuned
 * too, and serves the hook's requests where no path unit does.
 *
 * Everything happens in one thread on GLib's main loop, one domain a turn, so that a signal to end
 * is heeded between two domains and never in the middle of one. What is to be done is done in a
 * batch: one session, which reads configuration and rules anew, and the spool's lock, so that a
 * worker and the watch never have their hands on the same domain.
 */
#include <glib-unix.h>
#include <malloc.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "cmd/cmd.h"
#include "cmd/watch-folder.h"
#include "edges/agenda.h"
#include "edges/log.h"
#include "edges/serve.h"

#define BACK_OFF_MAX_S 60
#define LOCK_WAIT_MS 1000
#define SPOOL_WAIT_US (30 * (gint64)G_USEC_PER_SEC)

typedef struct {
    GMainLoop *loop;
    const char *uri; /* (nullable) */
    VtAgenda *agenda;

    VtVirt *virt; /* for events; NULL while libvirt is away */
    bool closed;  /* it has gone, and is to be freed at the next occasion */
    guint back_off_s;
    char *told;     /* (nullable): what was said about the outage */
    bool announced; /* that it is at work */

    VtWatchFolder *folder; /* (nullable): of requests */
    bool folder_gone;
    bool requests_came;
    bool tidy; /* domains may have been undefined while nobody listened */
    bool told_spool;

    guint timer; /* what comes next: a batch, an attempt to connect, or its end */
    guint turn;  /* of a batch; 0 while there is none */
    VtSession *session;
    VtSpool *spool;      /* (nullable): locked */
    GPtrArray *requests; /* (nullable): UUIDs not yet served */
} Watch;

static void schedule(Watch *watch);

static void
say(GLogLevelFlags level, const char *event, const char *text)
{
    const VtLogAbout about = {.event = event};

    vt_log(level, &about, "%s", text);
}

static void
set_timer(Watch *watch, guint milliseconds, GSourceFunc function)
{
    if (watch->timer)
        g_source_remove(watch->timer);
    watch->timer = g_timeout_add(milliseconds, function, watch);
}

/* ---- the connection ---- */

static void
end_batch(Watch *watch)
{
    if (watch->turn)
        g_source_remove(watch->turn);
    watch->turn = 0;
    g_clear_pointer(&watch->requests, g_ptr_array_unref);
    g_clear_pointer(&watch->session, vt_session_free);
    g_clear_pointer(&watch->spool, vt_spool_free);
}

static gboolean connect_again(gpointer data);

/* Said once an outage, which shows in more than one way; but a mistake in the configuration waits
 * for somebody to mend it. */
static void
go_away(Watch *watch, const GError *why)
{
    g_autofree char *text = g_strdup_printf(_("%s; trying again"), why->message);
    bool again = watch->told && (g_error_matches(why, VT_ERROR, VT_ERROR_SYSTEM) ||
                                 strcmp(watch->told, why->message) == 0);

    end_batch(watch);
    g_clear_pointer(&watch->virt, vt_virt_free);
    watch->announced = false;
    say(again ? G_LOG_LEVEL_DEBUG : G_LOG_LEVEL_WARNING, VT_LOG_AWAY, text);
    g_free(watch->told);
    watch->told = g_strdup(why->message);
    watch->back_off_s = CLAMP(watch->back_off_s * 2, 1, BACK_OFF_MAX_S);
    set_timer(watch, watch->back_off_s * 1000, connect_again);
}

static gboolean
close_connection(gpointer data)
{
    Watch *watch = data;
    g_autoptr(GError) error =
        g_error_new(VT_ERROR, VT_ERROR_SYSTEM, _("libvirt has closed the connection"));

    watch->timer = 0;
    go_away(watch, error);
    return G_SOURCE_REMOVE;
}

static void
on_domain(VtVirtEvent event, const char *uuid, const char *name, gpointer data)
{
    Watch *watch = data;

    switch (event) {
    case VT_VIRT_DEFINED:
    case VT_VIRT_STARTED:
        g_debug("%s: defined or started", name);
        vt_agenda_touch(watch->agenda, uuid, g_get_monotonic_time());
        break;
    case VT_VIRT_UNDEFINED:
        vt_agenda_forget(watch->agenda, uuid);
        vt_agenda_touch(watch->agenda, uuid, g_get_monotonic_time()); /* its history goes, too */
        break;
    case VT_VIRT_CLOSED:
        watch->closed = true;
        break;
    }
    schedule(watch);
}

/* What happened while nobody listened is found by looking at all of them; those that are as they
 * were are known by their definitions. */
static bool
look_at_all(Watch *watch, GError **error)
{
    g_autoptr(GPtrArray) domains = vt_virt_list(watch->virt, error);
    gint64 now_us = g_get_monotonic_time();

    for (guint i = 0; domains && i < domains->len; i++)
        vt_agenda_add(watch->agenda, vt_virt_domain_uuid(domains->pdata[i]), now_us);
    watch->requests_came = true;
    watch->tidy = true;
    return domains != NULL;
}

static bool
open_connection(Watch *watch, GError **error)
{
    watch->closed = false;
    watch->virt = vt_virt_open(watch->uri, false, error);
    return watch->virt && vt_virt_listen(watch->virt, on_domain, watch, error) &&
           look_at_all(watch, error);
}

static gboolean
connect_again(gpointer data)
{
    Watch *watch = data;
    g_autoptr(GError) error = NULL;

    watch->timer = 0;
    if (open_connection(watch, &error))
        schedule(watch);
    else
        go_away(watch, error);
    return G_SOURCE_REMOVE;
}

/* ---- one domain ---- */

/* Whether something else has undone the same rules so often that the domain is left to it. */
static bool
is_contested(Watch *watch, const VtVirtDomain *domain, const char *xml)
{
    const char *uuid = vt_virt_domain_uuid(domain), *name = vt_virt_domain_name(domain);
    g_autoptr(VtJudged) judged = NULL;
    g_auto(GStrv) rules = NULL;
    g_autofree char *list = NULL;
    bool first = false;
    VtLogAbout about = {.event = VT_LOG_CONTESTED, .domain = name, .uuid = uuid};

    if (!vt_agenda_suspects(watch->agenda, uuid, g_get_monotonic_time()))
        return false;
    judged = vt_session_judge(watch->session, xml, name, false, NULL);
    if (!judged)
        return false;
    rules = vt_plan_rules(judged->result->plan);
    if (!vt_agenda_give_up(watch->agenda, uuid, (const char *const *)rules, &first))
        return false;
    list = g_strjoinv(", ", rules);
    about.plan = judged->result->plan;
    if (first)
        vt_log(G_LOG_LEVEL_WARNING, &about,
               _("%s: tuned %d times, and each time something else has undone it; it is left alone "
                 "from now on: %s"),
               name, VT_AGENDA_ROUNDS, list);
    return true;
}

/* Returns: false if there is no going on. */
static bool
look_at_domain(Watch *watch, const VtVirtDomain *domain)
{
    g_autofree char *xml = vt_virt_domain_stored_xml(domain, false, NULL);
    g_autofree char *definition =
        xml ? g_compute_checksum_for_string(G_CHECKSUM_SHA256, xml, -1) : NULL;
    const char *uuid = vt_virt_domain_uuid(domain);
    g_auto(GStrv) rules = NULL;
    VtServed served;

    if (!xml)
        return vt_virt_is_alive(watch->session->virt);
    if (!vt_agenda_is_news(watch->agenda, uuid, definition))
        return true;
    if (is_contested(watch, domain, xml)) {
        vt_agenda_saw(watch->agenda, uuid, definition);
        return true;
    }
    served = vt_serve_domain(watch->session, domain, &rules);
    if (served == VT_SERVED_LATER ||
        (served == VT_SERVED_FAILED && !vt_virt_is_alive(watch->session->virt)))
        return false;
    /* what libvirt stored of a tuned one is news once more, and then there is nothing to change */
    if (served == VT_SERVED_TUNED)
        vt_agenda_tuned(watch->agenda, uuid, (const char *const *)rules, g_get_monotonic_time());
    else
        vt_agenda_saw(watch->agenda, uuid, definition);
    return true;
}

static bool
look_at(Watch *watch, const char *uuid)
{
    g_autoptr(VtVirtDomain) domain = vt_virt_lookup(watch->session->virt, uuid, NULL);

    if (!domain) {
        vt_agenda_forget(watch->agenda, uuid);
        vt_serve_forget(watch->session, uuid);
        return vt_virt_is_alive(watch->session->virt);
    }
    return !vt_virt_domain_is_persistent(domain) || look_at_domain(watch, domain);
}

/* ---- a batch ---- */

static void
on_request(bool gone, gpointer data)
{
    Watch *watch = data;

    watch->requests_came = true;
    watch->folder_gone = watch->folder_gone || gone;
    schedule(watch);
}

/* Without a spool, as for users that are not root, there are still the domains. */
static void
open_spool(Watch *watch)
{
    g_autoptr(GError) error = NULL;

    if (watch->folder_gone)
        g_clear_pointer(&watch->folder, vt_watch_folder_free);
    watch->folder_gone = false;
    watch->spool = vt_spool_open(VT_RUNDIR, &error);
    if (watch->spool && !watch->folder)
        watch->folder = vt_watch_folder_new(VT_RUNDIR "/requests", on_request, watch, &error);
    if (error && !watch->told_spool)
        say(geteuid() == 0 ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_INFO, VT_LOG_REQUEST,
            error->message);
    watch->told_spool = error != NULL;
}

/* It came to its end: whatever outage there was is over. */
static void
finish_batch(Watch *watch)
{
    end_batch(watch);
    /* What the threads that read images freed stays in their arenas, and a watch runs for months.
     */
    malloc_trim(0);
    watch->back_off_s = 0;
    g_clear_pointer(&watch->told, g_free);
    schedule(watch);
}

static void
break_off(Watch *watch)
{
    const char *why = vt_virt_is_alive(watch->session->virt)
                          ? _("the definitions of domains cannot be kept for undo")
                          : _("libvirt has closed the connection");
    g_autoptr(GError) error = g_error_new_literal(VT_ERROR, VT_ERROR_SYSTEM, why);

    go_away(watch, error);
}

/* One domain a turn. */
static gboolean
take_turn(gpointer data)
{
    Watch *watch = data;
    g_autofree char *uuid = NULL;
    bool alive = true;

    if (watch->requests_came && watch->spool) {
        g_clear_pointer(&watch->requests, g_ptr_array_unref);
        watch->requests = vt_serve_list_requests(watch->spool);
    }
    watch->requests_came = false;
    if (watch->requests && watch->requests->len > 0) {
        uuid = g_ptr_array_steal_index(watch->requests, watch->requests->len - 1);
        alive = vt_serve_request(watch->session, watch->spool, uuid) != VT_REQUEST_KEPT;
    } else {
        uuid = vt_agenda_take(watch->agenda, g_get_monotonic_time());
        if (uuid && !look_at(watch, uuid)) {
            vt_agenda_add(watch->agenda, uuid, g_get_monotonic_time());
            alive = false;
        }
    }
    if (alive && uuid)
        return G_SOURCE_CONTINUE;
    watch->turn = 0;
    if (alive && watch->tidy)
        vt_serve_forget_gone(watch->session);
    watch->tidy = watch->tidy && !alive;
    if (alive)
        finish_batch(watch);
    else
        break_off(watch);
    return G_SOURCE_REMOVE;
}

static gboolean
begin_batch(gpointer data)
{
    Watch *watch = data;
    g_autoptr(GError) error = NULL;
    bool taken = true;

    watch->timer = 0;
    open_spool(watch);
    if (watch->spool && !vt_spool_lock(watch->spool, false, &taken, &error)) {
        go_away(watch, error);
        return G_SOURCE_REMOVE;
    }
    if (!taken) { /* a worker is at it */
        g_clear_pointer(&watch->spool, vt_spool_free);
        set_timer(watch, LOCK_WAIT_MS, begin_batch);
        return G_SOURCE_REMOVE;
    }
    watch->session = vt_session_open(watch->uri, "watch", &error);
    if (!watch->session) {
        go_away(watch, error);
        return G_SOURCE_REMOVE;
    }
    if (!watch->announced)
        say(G_LOG_LEVEL_INFO, VT_LOG_BACK, _("watching the domains"));
    watch->announced = true;
    watch->turn = g_idle_add(take_turn, watch);
    return G_SOURCE_REMOVE;
}

/* Sets the timer for whatever is next. */
static void
schedule(Watch *watch)
{
    gint64 next_us = vt_agenda_next_us(watch->agenda);
    gint64 left_us = next_us - g_get_monotonic_time();
    gint64 wait_us = next_us < 0 ? G_MAXINT64 : MAX(left_us, 0);

    if (!watch->virt) /* an attempt to connect is on the timer */
        return;
    if (watch->closed) { /* later: this may be a call of the connection's own */
        set_timer(watch, 0, close_connection);
        return;
    }
    if (watch->turn)
        return;
    if (watch->requests_came)
        wait_us = 0;
    else if (!watch->folder && geteuid() == 0)
        wait_us = MIN(wait_us, SPOOL_WAIT_US);
    if (wait_us < G_MAXINT64)
        set_timer(watch, (guint)((wait_us + 999) / 1000), begin_batch);
}

/* ---- the command ---- */

static gboolean
quit(gpointer data)
{
    Watch *watch = data;

    g_main_loop_quit(watch->loop);
    return G_SOURCE_CONTINUE;
}

static void
run(Watch *watch)
{
    const int signals[] = {SIGTERM, SIGINT};
    guint sources[G_N_ELEMENTS(signals)];

    for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
        sources[i] = g_unix_signal_add(signals[i], quit, watch);
    set_timer(watch, 0, connect_again);
    g_main_loop_run(watch->loop);
    for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
        g_source_remove(sources[i]);
    if (watch->timer)
        g_source_remove(watch->timer);
    end_batch(watch);
    g_clear_pointer(&watch->virt, vt_virt_free);
    /* libvirt gives back what it had given to the loop */
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

int
vt_cmd_watch(const VtOptions *options)
{
    Watch watch = {.uri = options->connect};

    if (options->arguments) {
        vt_talk(_("vmtune: watch takes no arguments: it watches every domain"));
        return VT_EXIT_TROUBLE;
    }
    vt_log_start("vmtune-watch");
    vt_virt_use_main_loop();
    watch.loop = g_main_loop_new(NULL, FALSE);
    watch.agenda = vt_agenda_new();
    run(&watch);
    vt_watch_folder_free(watch.folder);
    vt_agenda_free(watch.agenda);
    g_main_loop_unref(watch.loop);
    g_free(watch.told);
    return VT_EXIT_NOTHING;
}
