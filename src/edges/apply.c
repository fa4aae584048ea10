/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/apply.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "edges/store.h"
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

static char **
changed_rules(const VtJudged *judged)
{
    g_autoptr(GStrvBuilder) rules = g_strv_builder_new();
    g_auto(GStrv) planned = vt_plan_rules(judged->result->plan);

    if (judged->repinned)
        g_strv_builder_add(rules, VT_REPIN_RULE);
    for (char **rule = planned; *rule; rule++)
        g_strv_builder_add(rules, *rule);
    return g_strv_builder_end(rules);
}

static bool
store(VtSession *session, const VtVirtDomain *domain, const char *before, const char *measured,
      const VtJudged *judged, GError **error)
{
    g_auto(GStrv) rules = changed_rules(judged);
    const VtStoreStep step = {
        .entry = {.before = before, .rules = (const char *const *)rules, .measured = measured},
        .xml = judged->result->xml};

    return vt_store(session, domain, &step, error);
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
vt_apply(VtSession *session, const VtVirtDomain *domain, bool repin, const char *measured,
         GError **error)
{
    g_autoptr(VtApplied) applied = g_new0(VtApplied, 1);
    g_autofree char *before = NULL;
    const char *layer;

    applied->notices = g_ptr_array_new_with_free_func(g_free);
    if (!vt_virt_domain_is_persistent(domain)) {
        vt_refuse(error, domain, _("it is transient: there is no stored definition to tune"));
        return NULL;
    }
    before = vt_virt_domain_stored_xml(domain, true, error);
    if (!before)
        return NULL;
    applied->judged = vt_session_choose(session, before, vt_virt_domain_name(domain), repin, error);
    if (!applied->judged)
        return NULL;
    for (guint i = 0; i < applied->judged->result->troubles->len; i++)
        g_ptr_array_add(applied->notices, g_strdup(applied->judged->result->troubles->pdata[i]));
    if (applied->judged->result->plan->changes->len == 0 && !applied->judged->repinned)
        return g_steal_pointer(&applied);
    layer = vt_judged_managed_by(applied->judged);
    if (layer) {
        g_autofree char *why = g_strdup_printf(
            _("its definition belongs to '%s', which would undo or trip over changes"), layer);
        vt_refuse(error, domain, why);
        return NULL;
    }
    if (!store(session, domain, before, measured, applied->judged, error))
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
