/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/undo.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/printable.h"
#include "edges/store.h"

void
vt_undone_free(VtUndone *undone)
{
    if (!undone)
        return;
    g_free(undone->expected);
    g_free(undone->found);
    g_free(undone);
}

static const VtHistoryEntry *
choose(const VtVirtDomain *domain, const GPtrArray *entries, guint number, GError **error)
{
    const VtHistoryEntry *entry =
        number ? vt_history_find(entries, number) : vt_history_last_in_force(entries);
    const char *name = vt_virt_domain_name(domain);
    g_autofree char *quoted = vt_shell_name(name);

    if (!entry && number)
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("%s: there is no entry %u; 'vmtune history %s' lists those there are"), name,
                    number, quoted);
    else if (!entry)
        vt_refuse(error, domain, _("vmtune has changed nothing here that could be undone"));
    return entry;
}

/* Going back must not throw away what somebody else wrote: what is stored must be what the newest
 * entry has left, whichever entry is meant. */
static bool
check_ours(const VtVirtDomain *domain, const GPtrArray *entries, const VtHistoryEntry *entry,
           const char *stored, VtUndone *undone, GError **error)
{
    const VtHistoryEntry *last = entries->pdata[entries->len - 1];
    g_autofree char *expected = vt_history_rename(last->after ? last->after : last->before, stored);
    g_autofree char *why = NULL;

    if (last->after && strcmp(expected, stored) == 0)
        return true;
    undone->expected = g_steal_pointer(&expected);
    undone->found = g_strdup(stored);
    if (last->after)
        return vt_refuse(error, domain,
                         _("its definition was changed since by somebody else; "
                           "'vmtune undo --force' goes back all the same"));
    why = g_strdup_printf(_("the last change, entry %u, was interrupted, so what is stored may be "
                            "its result or somebody else's; the definition from before it is "
                            "'%s/before.xml'; 'vmtune undo --force' goes back to before entry %u"),
                          last->number, last->path, entry->number);
    return vt_refuse(error, domain, why);
}

static bool
go_back(VtSession *session, const VtVirtDomain *domain, const VtHistoryEntry *entry,
        const char *stored, bool force, VtUndone *undone, GError **error)
{
    g_autofree char *xml = vt_history_rename(entry->before, stored);
    const VtStoreStep step = {
        .entry = {.before = stored, .undoes = entry->number}, .xml = xml, .regardless = force};

    undone->number = entry->number;
    undone->changed = strcmp(xml, stored) != 0;
    if (!undone->changed)
        return true;
    if (!vt_store(session, domain, &step, error))
        return false;
    vt_session_record_pins(session, domain); /* what was promised to it is free again */
    return true;
}

bool
vt_undo(VtSession *session, const VtVirtDomain *domain, guint number, bool force,
        VtUndone **ret_undone, GError **error)
{
    g_autoptr(GPtrArray) entries = NULL;
    g_autofree char *stored = NULL;
    VtUndone *undone = *ret_undone = g_new0(VtUndone, 1);
    const char *uuid = vt_virt_domain_uuid(domain);
    const VtHistoryEntry *entry;

    if (!vt_virt_domain_is_persistent(domain))
        return vt_refuse(error, domain, _("it is transient: there is no stored definition"));
    stored = vt_virt_domain_stored_xml(domain, true, error);
    if (!stored || !vt_history_settle(session->history, uuid, stored, error))
        return false;
    entries = vt_history_list(session->history, uuid, error);
    if (!entries)
        return false;
    entry = choose(domain, entries, number, error);
    return entry && (force || check_ours(domain, entries, entry, stored, undone, error)) &&
           go_back(session, domain, entry, stored, force, undone, error);
}
