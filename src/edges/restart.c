/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/restart.h"

#include "base/i18n.h"
#include "edges/log.h"

/* Returns: (transfer full): the rules of level error that the domain breaks, "" for none; NULL with
 * @error */
static char *
list_errors(VtSession *session, const VtVirtDomain *domain, GError **error)
{
    g_autofree char *xml = vt_virt_domain_stored_xml(domain, false, error);
    g_autoptr(VtJudged) judged =
        xml ? vt_session_judge(session, xml, vt_virt_domain_name(domain), false, error) : NULL;
    g_autoptr(GString) rules = g_string_new(NULL);

    if (!judged)
        return NULL;
    for (guint i = 0; i < judged->result->plan->findings->len; i++) {
        const VtFinding *finding = judged->result->plan->findings->pdata[i];
        if (finding->level == VT_LEVEL_ERROR)
            g_string_append_printf(rules, "%s%s: %s", rules->len > 0 ? "; " : "", finding->rule,
                                   finding->message);
    }
    return g_string_free(g_steal_pointer(&rules), FALSE);
}

/* What would be started is what is stored: not the guest in a managed save, nor the one that
 * somebody wanted to return to. */
static char *
find_other_guest(const VtVirtDomain *domain)
{
    g_auto(GStrv) snapshots = vt_virt_domain_memory_snapshots(domain, NULL);

    if (vt_virt_domain_is_saved(domain))
        return g_strdup(_("it has a managed save, whose definition is not the stored one; 'virsh "
                          "managedsave-remove' drops it"));
    if (snapshots && *snapshots)
        return g_strdup(_("it has snapshots with memory, and the start may have been the return to "
                          "one of them"));
    return NULL;
}

/* Returns: (transfer full) (nullable): why it is not started; NULL for nothing in the way */
static char *
find_obstacle(VtSession *session, const VtVirtDomain *domain, const VtSpoolRequest *request)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *errors = NULL, *other = NULL;

    if (!session->context->config->restart)
        return g_strdup(_("'restart' is 'no' by now"));
    if (request->reclaimed)
        return g_strdup(_("an attempt before did not come to its end"));
    if (request->age_s < 0 || request->age_s > VT_RESTART_SECONDS)
        return g_strdup(_("its start was refused too long ago"));
    if (!vt_virt_domain_is_persistent(domain))
        return g_strdup(_("it is transient"));
    other = find_other_guest(domain);
    if (other)
        return g_steal_pointer(&other);
    errors = list_errors(session, domain, &error);
    if (!errors)
        return g_strdup(error->message);
    return *errors ? g_strdup_printf(_("it still breaks %s"), errors) : NULL;
}

void
vt_restart(VtSession *session, const VtVirtDomain *domain, const VtSpoolRequest *request)
{
    const char *name = vt_virt_domain_name(domain);
    g_autoptr(GError) error = NULL;
    g_autofree char *obstacle = NULL;
    VtLogAbout about = {
        .event = VT_LOG_NOT_STARTED, .domain = name, .uuid = vt_virt_domain_uuid(domain)};

    if (vt_virt_domain_is_active(domain)) /* somebody was faster */
        return;
    obstacle = find_obstacle(session, domain, request);
    if (!obstacle && !vt_virt_start(domain, &error))
        obstacle = g_strdelimit(g_strdup(error->message), "\n", ' '); /* the hook's lines, too */
    if (obstacle) {
        vt_log(G_LOG_LEVEL_WARNING, &about,
               _("%s: its start was refused, and it is not started: %s"), name, obstacle);
        return;
    }
    about.event = VT_LOG_STARTED;
    vt_log(G_LOG_LEVEL_INFO, &about, _("%s: its start was refused; it is mended and started"),
           name);
}
