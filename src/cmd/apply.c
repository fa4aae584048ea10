/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmtune apply: tunes stored domains. */
#include "base/i18n.h"
#include "cmd/cmd.h"
#include "edges/apply.h"
#include "report/text.h"

static int
apply_one(VtSession *session, const VtVirtDomain *domain, bool repin)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtApplied) applied = vt_apply(session, domain, repin, &error);
    g_autofree char *text = NULL;
    const char *name = vt_virt_domain_name(domain);
    int status;

    if (!applied)
        return vt_complain(error);
    if (applied->judged->result->left_off)
        vt_talk(_("%s: left alone, its own metadata says so"), name);
    if (!applied->changed)
        return VT_EXIT_NOTHING;
    text = vt_report_changes(name, applied->judged->result->plan);
    status = vt_print(text);
    if (applied->judged->repinned)
        vt_talk(_("%s: new pins stored: %s; 'vmtune undo %s' takes them back"), name,
                applied->judged->repinned, name);
    if (applied->judged->result->plan->changes->len > 0)
        vt_talk(_("%s: %u changes stored, %u of them in effect already; 'vmtune undo %s' takes "
                  "them back"),
                name, applied->judged->result->plan->changes->len, applied->pinned_live, name);
    for (guint i = 0; i < applied->notices->len; i++)
        vt_talk("%s: %s", name, (char *)applied->notices->pdata[i]);
    return status;
}

static int
apply_all(VtSession *session, bool repin)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) domains = vt_virt_list(session->virt, &error);
    int worst = VT_EXIT_NOTHING;

    if (!domains)
        return vt_complain(error);
    for (guint i = 0; i < domains->len; i++) {
        if (vt_virt_domain_is_persistent(domains->pdata[i]))
            worst = vt_worst(worst, apply_one(session, domains->pdata[i], repin));
    }
    return worst;
}

int
vt_cmd_apply(const VtOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtSession) session = NULL;
    int worst = VT_EXIT_NOTHING;

    if (!options->all == !options->arguments) {
        vt_talk(_("vmtune: name the domains to apply to, or --all"));
        return VT_EXIT_TROUBLE;
    }
    session = vt_session_open(options->connect, "apply", &error);
    if (!session)
        return vt_complain(error);
    session->context->profile = g_strdup(options->profile);
    if (options->all)
        return apply_all(session, options->repin);
    for (char **name = options->arguments; *name; name++) {
        g_autoptr(GError) trouble = NULL;
        g_autoptr(VtVirtDomain) domain = vt_virt_lookup(session->virt, *name, &trouble);
        worst = vt_worst(worst, domain ? apply_one(session, domain, options->repin)
                                       : vt_complain(trouble));
    }
    return worst;
}
