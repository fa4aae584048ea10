/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmtune-apply, the worker: takes the requests that the hook left, tunes each domain's stored XML
 * and says what it did. Started by a systemd path unit, or by hand.
 *
 * A request is claimed before it is worked on and finished whatever came of it: a domain that
 * cannot be tuned today is asked for again at its next start. Only a libvirt that does not answer
 * leaves the requests where they are.
 */

#include "base/i18n.h"
#include "edges/log.h"
#include "edges/serve.h"

typedef struct {
    VtSpool *spool;
    VtSession *session;
} Worker;

static int
give_up(const char *event, const GError *error)
{
    const VtLogAbout about = {.event = event};

    vt_log(G_LOG_LEVEL_WARNING, &about, "%s", error->message);
    return 2;
}

/* Serves what is there now. Returns the number of requests, or -1 if there is no going on: one that
 * is stuck would be found again and again. */
static int
drain_once(Worker *worker, const char *uri)
{
    g_autoptr(GPtrArray) uuids = vt_serve_list_requests(worker->spool);
    g_autoptr(GError) error = NULL;
    bool stuck = false;

    if (!uuids)
        return -1;
    if (uuids->len > 0 && !worker->session)
        worker->session = vt_session_open(uri, "worker", &error);
    if (error) {
        give_up(VT_LOG_AWAY, error);
        return -1;
    }
    if (worker->session)
        vt_session_forget_pins(worker->session);
    for (guint i = 0; i < uuids->len; i++) {
        VtRequestEnd end = vt_serve_request(worker->session, worker->spool, uuids->pdata[i]);
        if (end == VT_REQUEST_KEPT)
            return -1;
        stuck = stuck || end == VT_REQUEST_STUCK;
    }
    return stuck ? -1 : (int)uuids->len;
}

/* Until nothing is left: requests come in while others are served. Looks once more after giving
 * the lock back, since a second worker that found it taken has left. */
static int
drain(Worker *worker, const char *uri)
{
    g_autoptr(GError) error = NULL;
    int served = 1;

    while (served > 0) {
        bool taken = false;

        if (!vt_spool_lock(worker->spool, false, &taken, &error))
            return give_up(VT_LOG_REQUEST, error);
        if (!taken)
            return 0;
        served = drain_once(worker, uri);
        vt_spool_unlock(worker->spool);
    }
    return served < 0 ? 2 : 0;
}

int
main(int argc, char **argv)
{
    g_autofree char *uri = NULL, *spool_dir = NULL;
    const GOptionEntry entries[] = {
        {"connect", 'c', 0, G_OPTION_ARG_STRING, &uri, N_("libvirt to connect to, as for virsh"),
         N_("URI")},
        {"spool", 0, 0, G_OPTION_ARG_FILENAME, &spool_dir, N_("the folder with the requests"),
         N_("DIR")},
        {0},
    };
    g_autoptr(GOptionContext) context = NULL;
    g_autoptr(GError) error = NULL;
    Worker worker = {0};
    int status = 2;

    vt_i18n_start(VT_LOCALEDIR);
    vt_log_start("vmtune-apply");
    context = g_option_context_new(NULL);
    g_option_context_set_summary(context, _("Tune the domains whose start the hook has seen."));
    g_option_context_add_main_entries(context, entries, VT_GETTEXT_PACKAGE);
    if (g_option_context_parse(context, &argc, &argv, &error))
        worker.spool = vt_spool_open(spool_dir ? spool_dir : VT_RUNDIR, &error);
    if (worker.spool) {
        status = drain(&worker, uri);
        if (worker.session && worker.session->ledger)
            vt_neighbours_tidy_ledger(worker.session->virt, worker.session->ledger);
        if (worker.session)
            vt_serve_forget_gone(worker.session);
    } else {
        give_up(VT_LOG_REQUEST, error);
    }
    vt_session_free(worker.session);
    vt_spool_free(worker.spool);
    return status;
}
