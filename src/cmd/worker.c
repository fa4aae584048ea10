/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmtune-apply, the worker: takes the requests that the hook left, tunes each domain's stored XML
 * and says what it did. Started by a systemd path unit, or by hand.
 *
 * A request is claimed before it is worked on and finished whatever came of it: a domain that
 * cannot be tuned today is asked for again at its next start. Only a libvirt that does not answer
 * leaves the requests where they are.
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "edges/apply.h"
#include "edges/history.h"
#include "edges/spool.h"
#include "report/text.h"

typedef struct {
    VtSpool *spool;
    VtSession *session;
    char *history_dir;
} Worker;

/* systemd takes the number in front as the level; elsewhere the lines are read as they are. */
static void G_GNUC_PRINTF(2, 3)
say(int level, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (g_getenv("JOURNAL_STREAM"))
        fprintf(stderr, "<%d>%s\n", level, message);
    else
        fprintf(stderr, "vmtune-apply: %s\n", message);
}

#define SAY_WARNING 4
#define SAY_INFO 6

static char *
rule_list(const VtPlan *plan)
{
    GString *rules = g_string_new(NULL);
    const char *previous = NULL;

    for (guint i = 0; i < plan->changes->len; i++) {
        const VtChange *change = plan->changes->pdata[i];
        if (g_strcmp0(previous, change->rule) != 0)
            g_string_append_printf(rules, "%s%s", previous ? ", " : "", change->rule);
        previous = change->rule;
    }
    return g_string_free(rules, FALSE);
}

static void
observe(const Worker *worker, const VtVirtDomain *domain)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = vt_virt_domain_stored_xml(domain, false, &error);
    const char *name = vt_virt_domain_name(domain);
    VtJudged *judged = xml ? vt_session_judge(worker->session, xml, name, false, &error) : NULL;
    g_autofree char *rules = judged ? rule_list(judged->result->plan) : NULL;

    if (!judged)
        say(SAY_WARNING, "%s", error->message);
    else if (*rules)
        say(SAY_INFO, _("%s: would change %s; policy observe leaves it"), name, rules);
    vt_judged_free(judged);
}

static void
apply(const Worker *worker, const VtVirtDomain *domain)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtApplied) applied =
        vt_apply(worker->session, domain, worker->history_dir, &error);
    const char *name = vt_virt_domain_name(domain);
    g_autofree char *rules = NULL;

    if (!applied) {
        say(g_error_matches(error, VT_ERROR, VT_ERROR_REFUSED) ? SAY_INFO : SAY_WARNING, "%s",
            error->message);
        return;
    }
    if (!applied->changed)
        return;
    rules = rule_list(applied->judged->result->plan);
    say(SAY_INFO,
        _("%s: tuned by %s; %u changes stored for the next cold boot, %u in effect now; 'vmtune "
          "undo %s' takes them back"),
        name, rules, applied->judged->result->plan->changes->len, applied->pinned_live, name);
    for (guint i = 0; i < applied->notices->len; i++)
        say(SAY_WARNING, "%s: %s", name, (char *)applied->notices->pdata[i]);
}

/* The domain's own wish goes before the configuration. */
static VtPolicy
policy_for(const Worker *worker, const VtVirtDomain *domain)
{
    VtPolicy policy = worker->session->context->config->policy;
    g_autofree char *xml = vt_virt_domain_stored_xml(domain, false, NULL);
    g_autoptr(VtDocument) document =
        xml ? vt_document_parse(xml, strlen(xml), vt_virt_domain_name(domain), NULL) : NULL;
    g_autoptr(VtWishes) wishes = document ? vt_wishes_read(document, NULL) : NULL;

    return wishes && wishes->has_policy ? wishes->policy : policy;
}

static void
serve(const Worker *worker, const VtSpoolRequest *request)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtVirtDomain) domain =
        vt_virt_lookup(worker->session->virt, request->uuid, &error);

    if (!domain) {
        say(SAY_INFO, _("%s: gone before it could be tuned"), request->name);
        return;
    }
    switch (policy_for(worker, domain)) {
    case VT_POLICY_OFF:
        break;
    case VT_POLICY_OBSERVE:
        observe(worker, domain);
        break;
    case VT_POLICY_APPLY:
    case VT_POLICY_ENFORCE:
        apply(worker, domain);
        break;
    }
}

/* Serves what is there now. Returns the number of requests, or -1 if the spool is of no use. */
static int
drain_once(const Worker *worker)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) warnings = NULL;
    g_autoptr(GPtrArray) uuids = vt_spool_list(worker->spool, &warnings, &error);

    for (guint i = 0; warnings && i < warnings->len; i++)
        say(SAY_WARNING, "%s", ((const GError *)warnings->pdata[i])->message);
    if (!uuids) {
        say(SAY_WARNING, "%s", error->message);
        return -1;
    }
    for (guint i = 0; i < uuids->len; i++) {
        g_autoptr(GError) trouble = NULL;
        g_autoptr(VtSpoolRequest) request =
            vt_spool_claim(worker->spool, uuids->pdata[i], &trouble);

        if (request) {
            serve(worker, request);
            vt_spool_finish(worker->spool, request, &trouble);
        }
        if (trouble)
            say(SAY_WARNING, "%s", trouble->message);
        /* what one domain's pins are now matters to the next */
        vt_session_forget_pins(worker->session);
    }
    return (int)uuids->len;
}

/* Until nothing is left: requests come in while others are served. Looks once more after giving
 * the lock back, since a second worker that found it taken has left. */
static int
drain(Worker *worker, const char *uri)
{
    g_autoptr(GError) error = NULL;
    int served = 1;

    while (served > 0) {
        g_autoptr(GPtrArray) waiting = NULL;
        bool taken = false;

        if (!vt_spool_lock(worker->spool, false, &taken, &error)) {
            say(SAY_WARNING, "%s", error->message);
            return 2;
        }
        if (!taken)
            return 0;
        waiting = vt_spool_list(worker->spool, NULL, &error);
        if (waiting && waiting->len > 0 && !worker->session)
            worker->session = vt_session_open(uri, true, &error);
        if (!waiting || (waiting->len > 0 && !worker->session)) {
            say(SAY_WARNING, "%s", error->message);
            return 2;
        }
        served = waiting->len > 0 ? drain_once(worker) : 0;
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

    setlocale(LC_ALL, "");
    bindtextdomain(VT_GETTEXT_PACKAGE, VT_LOCALEDIR);
    context = g_option_context_new(NULL);
    g_option_context_set_summary(context, _("Tune the domains whose start the hook has seen."));
    g_option_context_add_main_entries(context, entries, VT_GETTEXT_PACKAGE);
    if (g_option_context_parse(context, &argc, &argv, &error))
        worker.spool = vt_spool_open(spool_dir ? spool_dir : VT_RUNDIR, &error);
    if (worker.spool) {
        worker.history_dir = vt_history_default_dir();
        status = drain(&worker, uri);
    } else {
        say(SAY_WARNING, "%s", error->message);
    }
    vt_session_free(worker.session);
    vt_spool_free(worker.spool);
    g_free(worker.history_dir);
    return status;
}
