/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/serve.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/printable.h"
#include "edges/apply.h"
#include "edges/log.h"
#include "edges/restart.h"

static VtLogAbout
about(const char *event, const VtVirtDomain *domain, const VtPlan *plan)
{
    return (VtLogAbout){.event = event,
                        .domain = vt_virt_domain_name(domain),
                        .uuid = vt_virt_domain_uuid(domain),
                        .plan = plan};
}

static void
log_changes(const VtVirtDomain *domain, const VtPlan *plan)
{
    const VtLogAbout it = about(NULL, domain, NULL);

    for (guint i = 0; i < plan->changes->len; i++) {
        const VtChange *change = plan->changes->pdata[i];
        g_autofree char *line = vt_log_change(change);
        vt_log(G_LOG_LEVEL_DEBUG, &it, "%s: %s: %s (%s): %s", vt_virt_domain_name(domain),
               change->rule, line, vt_effect_to_string(change->effect), change->reason);
    }
}

static VtServed
complain(const VtVirtDomain *domain, const GError *error)
{
    bool refused = g_error_matches(error, VT_ERROR, VT_ERROR_REFUSED);
    const VtLogAbout it = about(refused ? VT_LOG_LEFT : VT_LOG_FAILED, domain, NULL);
    const char *name = vt_virt_domain_name(domain), *text = error->message;
    bool named = g_str_has_prefix(text, name) && text[strlen(name)] == ':';

    vt_log(refused ? G_LOG_LEVEL_INFO : G_LOG_LEVEL_WARNING, &it, "%s%s%s", named ? "" : name,
           named ? "" : ": ", text);
    if (g_error_matches(error, VT_ERROR, VT_ERROR_STORE))
        return VT_SERVED_LATER;
    return refused ? VT_SERVED_LEFT : VT_SERVED_FAILED;
}

static VtServed
observe(VtSession *session, const VtVirtDomain *domain, char ***ret_rules)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = vt_virt_domain_stored_xml(domain, false, &error);
    const char *name = vt_virt_domain_name(domain);
    g_autoptr(VtJudged) judged = xml ? vt_session_judge(session, xml, name, false, &error) : NULL;
    g_auto(GStrv) rules = judged ? vt_plan_rules(judged->result->plan) : NULL;
    g_autofree char *list = rules ? g_strjoinv(", ", rules) : NULL;
    VtLogAbout it;

    if (!judged)
        return complain(domain, error);
    if (!*rules)
        return VT_SERVED_NOTHING;
    it = about(VT_LOG_OBSERVED, domain, judged->result->plan);
    vt_log(G_LOG_LEVEL_INFO, &it, _("%s: would change %s; policy observe leaves it"), name, list);
    log_changes(domain, judged->result->plan);
    *ret_rules = g_steal_pointer(&rules);
    return VT_SERVED_OBSERVED;
}

static void
log_tuned(const VtVirtDomain *domain, const VtApplied *applied, char **rules)
{
    const VtPlan *plan = applied->judged->result->plan;
    const char *name = vt_virt_domain_name(domain);
    g_autofree char *list = g_strjoinv(", ", rules);
    VtLogAbout it = about(VT_LOG_TUNED, domain, plan);

    vt_log(G_LOG_LEVEL_INFO, &it,
           _("%s: tuned by %s; %u changes stored for the next cold boot, %u in effect now; 'vmtune "
             "undo %s' takes them back"),
           name, list, plan->changes->len, applied->pinned_live, name);
    log_changes(domain, plan);
    it = about(VT_LOG_FAILED, domain, NULL);
    for (guint i = 0; i < applied->notices->len; i++)
        vt_log(G_LOG_LEVEL_WARNING, &it, "%s: %s", name, (char *)applied->notices->pdata[i]);
}

static VtServed
apply(VtSession *session, const VtVirtDomain *domain, char ***ret_rules)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtApplied) applied = vt_apply(session, domain, false, NULL, &error);
    g_auto(GStrv) rules = NULL;

    if (!applied)
        return complain(domain, error);
    if (!applied->changed)
        return VT_SERVED_NOTHING;
    rules = vt_plan_rules(applied->judged->result->plan);
    log_tuned(domain, applied, rules);
    *ret_rules = g_steal_pointer(&rules);
    vt_session_renew_pins(session, domain);
    return VT_SERVED_TUNED;
}

/* What was just taken back is not to be done again by the next start. */
static bool
is_undone(const VtSession *session, const VtVirtDomain *domain)
{
    g_autofree char *xml = vt_virt_domain_stored_xml(domain, true, NULL);
    const char *uuid = vt_virt_domain_uuid(domain), *name = vt_virt_domain_name(domain);
    g_autofree char *quoted = vt_shell_name(name);
    const VtLogAbout it = about(VT_LOG_LEFT, domain, NULL);

    if (!xml || !vt_history_is_undone(session->history, uuid, xml))
        return false;
    vt_log(G_LOG_LEVEL_INFO, &it,
           _("%s: left as 'vmtune undo' has left it; 'vmtune apply %s' tunes it again"), name,
           quoted);
    return true;
}

/* The domain's own wish goes before the configuration. */
static VtPolicy
policy_for(const VtSession *session, const VtVirtDomain *domain)
{
    VtPolicy policy = session->context->config->policy;
    g_autofree char *xml = vt_virt_domain_stored_xml(domain, false, NULL);
    g_autoptr(VtDocument) document =
        xml ? vt_document_parse(xml, strlen(xml), vt_virt_domain_name(domain), NULL) : NULL;
    g_autoptr(VtWishes) wishes = document ? vt_wishes_read(document, NULL) : NULL;

    return wishes && wishes->has_policy ? wishes->policy : policy;
}

VtServed
vt_serve_domain(VtSession *session, const VtVirtDomain *domain, char ***ret_rules)
{
    g_auto(GStrv) rules = NULL;
    VtServed served = VT_SERVED_NOTHING;

    switch (policy_for(session, domain)) {
    case VT_POLICY_OFF:
        break;
    case VT_POLICY_OBSERVE:
        served = observe(session, domain, &rules);
        break;
    case VT_POLICY_APPLY:
    case VT_POLICY_ENFORCE:
        served = is_undone(session, domain) ? VT_SERVED_LEFT : apply(session, domain, &rules);
        break;
    }
    if (served == VT_SERVED_NOTHING) {
        const VtLogAbout it = about(NULL, domain, NULL);
        vt_log(G_LOG_LEVEL_DEBUG, &it, _("%s: nothing to do"), vt_virt_domain_name(domain));
    }
    if (ret_rules)
        *ret_rules = g_steal_pointer(&rules);
    return served;
}

/* ---- requests ---- */

static void
warn_of_request(const GError *error)
{
    const VtLogAbout it = {.event = VT_LOG_REQUEST};

    vt_log(G_LOG_LEVEL_WARNING, &it, "%s", error->message);
}

GPtrArray *
vt_serve_list_requests(VtSpool *spool)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) warnings = NULL;
    GPtrArray *uuids = vt_spool_list(spool, &warnings, &error);

    for (guint i = 0; warnings && i < warnings->len; i++)
        warn_of_request(warnings->pdata[i]);
    if (!uuids)
        warn_of_request(error);
    return uuids;
}

/* Returns: false if there is no going on. */
static bool
serve_named(VtSession *session, const VtSpoolRequest *request)
{
    g_autoptr(VtVirtDomain) domain = vt_virt_lookup(session->virt, request->uuid, NULL);
    const VtLogAbout it = {.event = VT_LOG_REQUEST, .domain = request->name, .uuid = request->uuid};
    bool restart = strcmp(request->operation, VT_SPOOL_OPERATION_RESTART) == 0;
    VtServed served = domain ? vt_serve_domain(session, domain, NULL) : VT_SERVED_FAILED;

    if (served == VT_SERVED_FAILED && !vt_virt_is_alive(session->virt)) {
        vt_log(G_LOG_LEVEL_WARNING, &it,
               _("%s: libvirt went away before it was tuned; the request is kept"), request->name);
        return false;
    }
    if (served == VT_SERVED_LATER)
        return false;
    if (domain && restart)
        vt_restart(session, domain, request);
    else if (restart)
        vt_log(
            G_LOG_LEVEL_INFO, &it,
            _("%s: gone before it could be started; libvirt drops a transient domain whose start "
              "is refused"),
            request->name);
    else if (!domain)
        vt_log(G_LOG_LEVEL_INFO, &it,
               _("%s: gone before it could be tuned, or a domain of another libvirt"),
               request->name);
    return true;
}

VtRequestEnd
vt_serve_request(VtSession *session, VtSpool *spool, const char *uuid)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtSpoolRequest) request = vt_spool_claim(spool, uuid, &error);

    if (request) {
        if (!serve_named(session, request))
            return VT_REQUEST_KEPT;
        vt_spool_finish(spool, request, &error);
    }
    if (error)
        warn_of_request(error);
    return g_error_matches(error, VT_ERROR, VT_ERROR_SYSTEM) ? VT_REQUEST_STUCK : VT_REQUEST_DONE;
}

/* ---- domains that are no more ---- */

void
vt_serve_forget(VtSession *session, const char *uuid)
{
    const VtLogAbout it = {.event = VT_LOG_FORGOTTEN, .uuid = uuid};
    g_autoptr(GPtrArray) entries = NULL;
    g_autoptr(GError) error = NULL;

    if (!vt_virt_is_gone(session->virt, uuid))
        return;
    entries = vt_history_list(session->history, uuid, &error);
    if (entries && entries->len == 0)
        return;
    if (entries && vt_history_forget(session->history, uuid, &error))
        vt_log(G_LOG_LEVEL_INFO, &it, _("%s: no such domain any more; its history is removed"),
               uuid);
    else
        vt_log(G_LOG_LEVEL_WARNING, &it, "%s", error->message);
}

void
vt_serve_forget_gone(VtSession *session)
{
    g_autoptr(GPtrArray) uuids = vt_history_domains(session->history);
    g_autoptr(GPtrArray) domains = uuids->len > 0 ? vt_virt_list(session->virt, NULL) : NULL;
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);

    /* a libvirt that knows no domain at all has rather lost sight of its folder */
    if (!domains || domains->len == 0)
        return;
    for (guint i = 0; i < domains->len; i++)
        g_hash_table_add(known, (gpointer)vt_virt_domain_uuid(domains->pdata[i]));
    for (guint i = 0; i < uuids->len; i++) {
        if (!g_hash_table_contains(known, uuids->pdata[i]))
            vt_serve_forget(session, uuids->pdata[i]);
    }
}
