/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/store.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"

bool
vt_refuse(GError **error, const VtVirtDomain *domain, const char *why)
{
    g_set_error(error, VT_ERROR, VT_ERROR_REFUSED, "%s: %s", vt_virt_domain_name(domain), why);
    return false;
}

/* Whether the stored XML is still @xml. Nothing locks a definition in libvirt: this keeps the gap
 * in which another editor can slip in as small as it can be. */
static bool
check_unchanged(const VtVirtDomain *domain, const char *xml, GError **error)
{
    g_autofree char *now = vt_virt_domain_stored_xml(domain, true, error);

    if (!now)
        return false;
    if (strcmp(now, xml) == 0)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_REFUSED,
                _("%s: its definition was changed meanwhile, nothing was written; try again"),
                vt_virt_domain_name(domain));
    return false;
}

/* @entry: (nullable): its path */
static bool
define(VtSession *session, const VtVirtDomain *domain, const char *entry, const VtStoreStep *step,
       GError **error)
{
    g_autofree char *after = NULL;

    if (!check_unchanged(domain, step->entry.before, error)) {
        if (entry)
            vt_history_remove(entry, NULL);
        return false;
    }
    if (!vt_virt_define(session->virt, step->xml, error)) {
        /* what libvirt says itself names no domain */
        g_prefix_error(error, "%s: ", vt_virt_domain_name(domain));
        /* a connection that broke may have broken after libvirt had stored it */
        after = vt_virt_domain_stored_xml(domain, true, NULL);
        if (entry && g_strcmp0(after, step->entry.before) == 0)
            vt_history_remove(entry, NULL);
        return false;
    }
    vt_session_renew_pins(session, domain);
    if (!entry)
        return true;
    after = vt_virt_domain_stored_xml(domain, true, error);
    return after && vt_history_finish(entry, after, error);
}

/* Before anything is changed: a folder that is full or read-only. */
static char *
keep_for_undo(const VtHistory *history, const VtVirtDomain *domain, const VtStoreStep *step,
              GError **error)
{
    const char *uuid = vt_virt_domain_uuid(domain);
    g_autoptr(GError) cause = NULL;
    char *entry = vt_history_begin(history, uuid, &step->entry, &cause);

    if (!entry)
        g_set_error(error, VT_ERROR, VT_ERROR_STORE,
                    _("%s: nothing was changed, since its definition cannot be kept for undo: %s"),
                    vt_virt_domain_name(domain), cause->message);
    return entry;
}

bool
vt_store(VtSession *session, const VtVirtDomain *domain, const VtStoreStep *step, GError **error)
{
    const VtHistory *history = session->history;
    const char *uuid = vt_virt_domain_uuid(domain);
    g_autoptr(GError) untidy = NULL, unkept = NULL, unpruned = NULL;
    g_autofree char *entry = NULL;

    /* neither is worth a change that is not made: the next one tries again */
    if (!vt_history_settle(history, uuid, step->entry.before, &untidy))
        g_debug("%s", untidy->message);
    entry = keep_for_undo(history, domain, step, &unkept);
    if (unkept && !step->regardless) {
        g_propagate_error(error, g_steal_pointer(&unkept));
        return false;
    }
    if (!define(session, domain, entry, step, error))
        return false;
    if (!vt_history_prune(history, uuid, &unpruned))
        g_debug("%s", unpruned->message);
    return true;
}
