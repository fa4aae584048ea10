/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands that change stored domains: apply and undo. */
#include "base/i18n.h"
#include "cmd/cmd.h"
#include "edges/apply.h"
#include "edges/history.h"
#include "report/text.h"

static int
apply_one(VtSession *session, const VtVirtDomain *domain, const char *history_dir, bool repin)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtApplied) applied = vt_apply(session, domain, history_dir, repin, &error);
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
apply_all(VtSession *session, const char *history_dir, bool repin)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) domains = vt_virt_list(session->virt, &error);
    int worst = VT_EXIT_NOTHING;

    if (!domains)
        return vt_complain(error);
    for (guint i = 0; i < domains->len; i++) {
        if (vt_virt_domain_is_persistent(domains->pdata[i]))
            worst = vt_worst(worst, apply_one(session, domains->pdata[i], history_dir, repin));
    }
    return worst;
}

int
vt_cmd_apply(const VtOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtSession) session = NULL;
    g_autofree char *history_dir = vt_history_default_dir();
    int worst = VT_EXIT_NOTHING;

    if (!options->all == !options->arguments) {
        vt_talk(_("vmtune: name the domains to apply to, or --all"));
        return VT_EXIT_TROUBLE;
    }
    session = vt_session_open(options->connect, true, &error);
    if (!session)
        return vt_complain(error);
    session->context->profile = g_strdup(options->profile);
    if (options->all)
        return apply_all(session, history_dir, options->repin);
    for (char **name = options->arguments; *name; name++) {
        g_autoptr(GError) trouble = NULL;
        g_autoptr(VtVirtDomain) domain = vt_virt_lookup(session->virt, *name, &trouble);
        worst = vt_worst(worst, domain ? apply_one(session, domain, history_dir, options->repin)
                                  : vt_complain(trouble));
    }
    return worst;
}

static int
undo_one(VtSession *session, const char *name, const char *history_dir, bool force)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtVirtDomain) domain = vt_virt_lookup(session->virt, name, &error);

    if (!domain || !vt_undo(session, domain, history_dir, force, &error))
        return vt_complain(error);
    vt_talk(_("%s: the definition from before the last apply is stored again"), name);
    if (vt_virt_domain_is_active(domain))
        vt_talk(_("%s: the guest runs; pins that it has got stay until its next start"), name);
    return VT_EXIT_NOTHING;
}

int
vt_cmd_undo(const VtOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtSession) session = NULL;
    g_autofree char *history_dir = vt_history_default_dir();
    int worst = VT_EXIT_NOTHING;

    if (!options->arguments) {
        vt_talk(_("vmtune: name the domains whose last apply is to be undone"));
        return VT_EXIT_TROUBLE;
    }
    session = vt_session_open(options->connect, true, &error);
    if (!session)
        return vt_complain(error);
    for (char **name = options->arguments; *name; name++)
        worst = vt_worst(worst, undo_one(session, *name, history_dir, options->force));
    return worst;
}
