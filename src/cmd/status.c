/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmtune status: what of vmtune's changes a domain has, and what the others wait for. */
#include "base/i18n.h"
#include "cmd/cmd.h"
#include "cmd/progress.h"
#include "edges/apply.h"
#include "report/json.h"
#include "report/status.h"

typedef struct {
    const VtOptions *options;
    VtSession *session;
    JsonBuilder *builder; /* (nullable) */
    VtProgress *progress;
} Teller;

static int
tell(const Teller *teller, const VtStatus *status)
{
    int found = vt_status_waits(status) ? VT_EXIT_FOUND : VT_EXIT_NOTHING;
    g_autofree char *text = NULL;

    if (teller->builder) {
        vt_json_add_status(teller->builder, status);
        return found;
    }
    text = vt_report_status(status);
    return vt_worst(found, vt_print(text));
}

/* The definition that the guest has or will wake up with, where it is not the stored one. */
static bool
judge_other(const Teller *teller, const VtVirtDomain *domain, const VtStatus *head,
            VtJudged **ret_judged, GError **error)
{
    g_autofree char *xml = NULL;

    if (!head->active && !head->saved)
        return true;
    xml = head->active ? vt_virt_domain_current_xml(domain, error)
                       : vt_virt_domain_saved_xml(domain, error);
    if (xml)
        *ret_judged = vt_session_judge(teller->session, xml, head->name, false, error);
    return *ret_judged != NULL;
}

static int
status_of(const Teller *teller, const VtVirtDomain *domain)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) snapshots = vt_virt_domain_memory_snapshots(domain, &error);
    g_autofree char *xml = snapshots ? vt_virt_domain_stored_xml(domain, false, &error) : NULL;
    g_autoptr(VtJudged) stored = NULL, other = NULL;
    g_autoptr(VtStatus) status = NULL;
    VtStatusView stored_view, other_view;
    VtStatus head = {.name = vt_virt_domain_name(domain), .snapshots = snapshots};

    if (xml)
        stored = vt_session_judge(teller->session, xml, head.name, false, &error);
    vt_progress_clear(teller->progress);
    if (!stored)
        return vt_complain(error);
    head.active = vt_virt_domain_is_active(domain);
    head.persistent = vt_virt_domain_is_persistent(domain);
    head.saved = !head.active && vt_virt_domain_is_saved(domain);
    head.managed_by = vt_judged_managed_by(stored);
    if (!judge_other(teller, domain, &head, &other, &error))
        return vt_complain(error);
    if (stored->result->left_off)
        vt_talk(_("%s: left alone, its own metadata says so"), head.name);
    stored_view = (VtStatusView){stored->document, stored->result};
    if (other)
        other_view = (VtStatusView){other->document, other->result};
    status = vt_status_new(&head, &stored_view, other ? &other_view : NULL);
    return tell(teller, status);
}

static int
status_of_all(const Teller *teller)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) domains = vt_virt_list(teller->session->virt, &error);
    int worst = VT_EXIT_NOTHING;

    if (!domains)
        return vt_complain(error);
    teller->progress->count = domains->len;
    for (guint i = 0; i < domains->len; i++) {
        vt_progress_show(teller->progress, i + 1, vt_virt_domain_name(domains->pdata[i]));
        worst = vt_worst(worst, status_of(teller, domains->pdata[i]));
    }
    return worst;
}

static int
status_of_named(const Teller *teller)
{
    int worst = VT_EXIT_NOTHING;

    for (char **name = teller->options->arguments; *name; name++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(VtVirtDomain) domain = vt_virt_lookup(teller->session->virt, *name, &error);
        worst = vt_worst(worst, domain ? status_of(teller, domain) : vt_complain(error));
    }
    return worst;
}

static int
tell_all(const Teller *teller)
{
    return teller->options->arguments ? status_of_named(teller) : status_of_all(teller);
}

int
vt_cmd_status(const VtOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtSession) session = NULL;
    g_autoptr(JsonBuilder) builder = options->json ? json_builder_new() : NULL;
    g_autofree char *text = NULL;
    VtProgress progress = {0};
    Teller teller = {.options = options, .builder = builder, .progress = &progress};
    int status;

    if (options->all && options->arguments) {
        vt_talk(_("vmtune: --all takes no names of domains besides"));
        return VT_EXIT_TROUBLE;
    }
    session = vt_session_open(options->connect, NULL, &error);
    if (!session)
        return vt_complain(error);
    teller.session = session;
    if (!builder)
        return tell_all(&teller);
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "domains");
    json_builder_begin_array(builder);
    status = tell_all(&teller);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    text = vt_json_text(builder);
    return vt_worst(status, vt_print(text));
}
