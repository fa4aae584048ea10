/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/apply.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "edges/history.h"
#include "pin/repin.h"

void
vt_applied_free(VtApplied *applied)
{
    if (!applied)
        return;
    vt_judged_free(applied->judged);
    g_ptr_array_unref(applied->notices);
    g_free(applied);
}

const char *
vt_judged_managed_by(const VtJudged *judged)
{
    const char *layer = vt_facts_get_string(judged->result->facts, "domain.managed_by");

    return layer && *layer ? layer : NULL;
}

static bool
refuse(GError **error, const VtVirtDomain *domain, const char *why)
{
    g_set_error(error, VT_ERROR, VT_ERROR_REFUSED, "%s: %s", vt_virt_domain_name(domain), why);
    return false;
}

static char *
changed_rules(const VtJudged *judged)
{
    const VtPlan *plan = judged->result->plan;
    GString *rules = g_string_new(judged->repinned ? VT_REPIN_RULE "\n" : NULL);

    for (guint i = 0; i < plan->changes->len; i++) {
        const VtChange *change = plan->changes->pdata[i];
        if (!strstr(rules->str, change->rule))
            g_string_append_printf(rules, "%s\n", change->rule);
    }
    return g_string_free(rules, FALSE);
}

/* Whether the stored XML is still @xml. Nothing locks a definition in libvirt: this keeps the gap
 * in which another editor can slip in as small as it can be. */
static bool
check_unchanged(const VtVirtDomain *domain, const char *xml, GError **error)
{
    g_autofree char *now = vt_virt_domain_stored_xml(domain, true, error);

    if (!now)
        return false;
    return strcmp(now, xml) == 0 ||
           refuse(error, domain, _("its definition was changed meanwhile, nothing was written; "
                                   "try again"));
}

/* Before anything is changed: a folder that is full or read-only. */
static char *
keep_for_undo(const VtVirtDomain *domain, const char *before, const VtJudged *judged,
              const char *history_dir, GError **error)
{
    g_autofree char *rules = changed_rules(judged);
    g_autoptr(GError) cause = NULL;
    char *entry =
        vt_history_begin(history_dir, vt_virt_domain_uuid(domain), before, rules, &cause);

    if (!entry)
        g_set_error(error, VT_ERROR, VT_ERROR_STORE,
                    _("%s: nothing was changed, since its definition cannot be kept for undo: %s"),
                    vt_virt_domain_name(domain), cause->message);
    return entry;
}

/* What libvirt says itself names no domain. */
static bool
store(VtSession *session, const VtVirtDomain *domain, const char *xml, GError **error)
{
    if (vt_virt_define(session->virt, xml, error))
        return true;
    g_prefix_error(error, "%s: ", vt_virt_domain_name(domain));
    return false;
}

static bool
define(VtSession *session, const VtVirtDomain *domain, const char *before, const VtJudged *judged,
       const char *history_dir, GError **error)
{
    g_autofree char *after = NULL;
    g_autofree char *entry = keep_for_undo(domain, before, judged, history_dir, error);

    if (!entry)
        return false;
    if (!check_unchanged(domain, before, error)) {
        vt_history_remove(entry, NULL);
        return false;
    }
    if (!store(session, domain, judged->result->xml, error)) {
        /* a connection that broke may have broken after libvirt had stored it */
        after = vt_virt_domain_stored_xml(domain, true, NULL);
        if (g_strcmp0(after, before) == 0)
            vt_history_remove(entry, NULL);
        return false;
    }
    vt_session_renew_pins(session, domain);
    after = vt_virt_domain_stored_xml(domain, true, error);
    return after && vt_history_finish(entry, after, error);
}

/* One change of cputune on the running guest. Others that take effect now do not exist yet. */
static bool
pin_live(const VtVirtDomain *domain, const VtChange *change, GError **error)
{
    const VtStep *last = change->place->steps->pdata[change->place->steps->len - 1];
    const VtPredicate *predicate = last->predicates->len ? last->predicates->pdata[0] : NULL;

    unsigned number = predicate ? (unsigned)g_ascii_strtoull(predicate->value, NULL, 10) : 0;

    if (strcmp(last->name, "vcpupin") == 0 && predicate)
        return vt_virt_pin_vcpu(domain, number, change->after, error);
    if (strcmp(last->name, "iothreadpin") == 0 && predicate)
        return vt_virt_pin_iothread(domain, number, change->after, error);
    if (strcmp(last->name, "emulatorpin") == 0)
        return vt_virt_pin_emulator(domain, change->after, error);
    return false;
}

static void
apply_live(VtApplied *applied, const VtVirtDomain *domain)
{
    const VtPlan *plan = applied->judged->result->plan;

    for (guint i = 0; i < plan->changes->len; i++) {
        const VtChange *change = plan->changes->pdata[i];
        g_autoptr(GError) error = NULL;

        if (change->effect != VT_EFFECT_NOW)
            continue;
        if (pin_live(domain, change, &error))
            applied->pinned_live++;
        else if (error)
            g_ptr_array_add(applied->notices, g_strdup(error->message));
    }
}

/* Pins that replaced unsound ones; the guest's shape is as it was, so they fit the running one. */
static void
repin_live(VtApplied *applied, const VtVirtDomain *domain)
{
    g_autoptr(VtPins) pins = vt_pins_from_domain(applied->judged->document);

    for (guint vcpu = 0; vcpu < pins->vcpus->len; vcpu++) {
        const VtCpuSet *mask = pins->vcpus->pdata[vcpu];
        g_autofree char *cpus = mask ? vt_cpuset_format(mask) : NULL;
        g_autoptr(GError) error = NULL;

        if (cpus && vt_virt_pin_vcpu(domain, vcpu, cpus, &error))
            applied->pinned_live++;
        else if (error)
            g_ptr_array_add(applied->notices, g_strdup(error->message));
    }
    if (pins->emulator) {
        g_autofree char *cpus = vt_cpuset_format(pins->emulator);
        g_autoptr(GError) error = NULL;

        if (vt_virt_pin_emulator(domain, cpus, &error))
            applied->pinned_live++;
        else
            g_ptr_array_add(applied->notices, g_strdup(error->message));
    }
}

VtApplied *
vt_apply(VtSession *session, const VtVirtDomain *domain, const char *history_dir, bool repin,
         GError **error)
{
    g_autoptr(VtApplied) applied = g_new0(VtApplied, 1);
    g_autofree char *before = NULL;
    const char *layer;

    applied->notices = g_ptr_array_new_with_free_func(g_free);
    if (!vt_virt_domain_is_persistent(domain)) {
        refuse(error, domain, _("it is transient: there is no stored definition to tune"));
        return NULL;
    }
    before = vt_virt_domain_stored_xml(domain, true, error);
    if (!before)
        return NULL;
    applied->judged = vt_session_choose(session, before, vt_virt_domain_name(domain), repin, error);
    if (!applied->judged)
        return NULL;
    for (guint i = 0; i < applied->judged->result->troubles->len; i++)
        g_ptr_array_add(applied->notices,
                        g_strdup(applied->judged->result->troubles->pdata[i]));
    if (applied->judged->result->plan->changes->len == 0 && !applied->judged->repinned)
        return g_steal_pointer(&applied);
    layer = vt_judged_managed_by(applied->judged);
    if (layer) {
        g_autofree char *why = g_strdup_printf(
            _("its definition belongs to '%s', which would undo or trip over changes"), layer);
        refuse(error, domain, why);
        return NULL;
    }
    if (!define(session, domain, before, applied->judged, history_dir, error))
        return NULL;
    applied->changed = true;
    if (vt_virt_domain_is_active(domain)) {
        if (applied->judged->repinned)
            repin_live(applied, domain);
        apply_live(applied, domain);
    }
    if (applied->pinned_live > 0)
        vt_session_record_pins(session, domain);
    return g_steal_pointer(&applied);
}

/* The newest entry that came to something. An apply that was interrupted before it had defined
 * anything leaves an entry whose XML from before is what is stored still: such a one is dropped. */
static VtHistoryEntry *
last_that_counts(const char *history_dir, const char *uuid, const char *stored, GError **error)
{
    for (;;) {
        g_autoptr(VtHistoryEntry) entry = vt_history_last(history_dir, uuid, error);

        if (!entry || entry->after || strcmp(entry->before, stored) != 0)
            return g_steal_pointer(&entry);
        if (!vt_history_remove(entry->path, error))
            return NULL;
    }
}

/* Going back must not throw away what somebody else wrote. */
static bool
check_ours(const VtVirtDomain *domain, const VtHistoryEntry *entry, const char *stored,
           GError **error)
{
    g_autofree char *why = NULL;

    if (g_strcmp0(stored, entry->after) == 0)
        return true;
    if (entry->after)
        return refuse(error, domain, _("its definition was changed since by somebody else; "
                                       "'vmtune undo --force' goes back all the same"));
    why = g_strdup_printf(_("the last apply was interrupted, so what is stored may be its result or "
                            "somebody else's; the definition from before it is '%s/before.xml', "
                            "and 'vmtune undo --force' goes back to that"),
                          entry->path);
    return refuse(error, domain, why);
}

bool
vt_undo(VtSession *session, const VtVirtDomain *domain, const char *history_dir, bool force,
        GError **error)
{
    g_autoptr(GError) trouble = NULL;
    g_autoptr(VtHistoryEntry) entry = NULL;
    g_autofree char *stored = vt_virt_domain_stored_xml(domain, true, error);
    g_autofree char *now = NULL;

    if (!stored)
        return false;
    entry = last_that_counts(history_dir, vt_virt_domain_uuid(domain), stored, &trouble);
    if (trouble) {
        g_propagate_error(error, g_steal_pointer(&trouble));
        return false;
    }
    if (!entry)
        return refuse(error, domain, _("vmtune has changed nothing here that could be undone"));
    if (!force && !check_ours(domain, entry, stored, error))
        return false;
    if (!check_unchanged(domain, stored, error) ||
        !store(session, domain, entry->before, error))
        return false;
    vt_session_renew_pins(session, domain);
    vt_session_record_pins(session, domain); /* what was promised to it is free again */
    now = vt_virt_domain_stored_xml(domain, true, error);
    return now &&
           vt_history_mark_undone(history_dir, vt_virt_domain_uuid(domain), now, error) &&
           vt_history_remove(entry->path, error);
}
