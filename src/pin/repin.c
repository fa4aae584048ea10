/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: what the judge says of each pin, and a plan of the pin planner's if one is called for. Out:
 * changes. See repin.h for the laws.
 */
#include "pin/repin-parts.h"

#include <string.h>

#include "base/i18n.h"
#include "facts/build.h"
#include "facts/guest-needs.h"
#include "plan/decide.h"
#include "rewrite/rewrite.h"
#include "validate/laws.h"

typedef struct {
    const VtRepinInput *input;
    const VtRepinJudgement *judgement;
    const VtGuestNeeds *needs;
    VtPinPlan *plan;  /* (nullable): the vCPUs' new places */
    VtCpuSet *nodes;  /* where memory should be; empty = nobody knows */
    bool strict_fits; /* those nodes' free memory is known to hold the guest */
    char *why;
    GPtrArray *changes;
    GError *error;
} Repin;

static void
repin_clear(Repin *repin)
{
    vt_pin_plan_free(repin->plan);
    vt_cpuset_free(repin->nodes);
    g_free(repin->why);
    g_clear_pointer(&repin->changes, g_ptr_array_unref);
    g_clear_error(&repin->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Repin, repin_clear)

bool
vt_repin_has_pins(const VtDocument *domain)
{
    const xmlNode *root = vt_document_root(domain);
    const xmlNode *vcpu = vt_element_child(root, "vcpu");
    const xmlNode *cputune = vt_element_child(root, "cputune");
    const xmlNode *numatune = vt_element_child(root, "numatune");
    g_autofree char *cpuset = vcpu ? vt_element_attribute(vcpu, "cpuset") : NULL;

    return cpuset || vt_element_child(cputune, "vcpupin") ||
           vt_element_child(cputune, "emulatorpin") || vt_element_child(cputune, "iothreadpin") ||
           vt_element_child(numatune, "memory") || vt_element_child(numatune, "memnode");
}

/* ---- changes ---- */

/* @place: of the element; @attribute (nullable): all of the element; @after (nullable): goes */
static void
add_change(Repin *repin, const char *place, const char *attribute, const char *before,
           const char *after)
{
    g_autofree char *text =
        attribute ? g_strdup_printf("%s/@%s", place, attribute) : g_strdup(place);
    VtPlace *parsed;
    VtChange *change;

    if (repin->error || (after && g_strcmp0(before, after) == 0))
        return;
    parsed = vt_place_parse(text, &repin->error);
    if (!parsed)
        return;
    change = g_new0(VtChange, 1);
    change->rule = g_strdup(VT_REPIN_RULE);
    change->place = parsed;
    change->before = g_strdup(before);
    change->after = g_strdup(after);
    change->reason = g_strdup(repin->why);
    change->scope = VT_SCOPE_HOST;
    change->effect = VT_EFFECT_NOW;
    change->level = VT_LEVEL_WARNING;
    g_ptr_array_add(repin->changes, change);
}

static void
drop_pin(Repin *repin, const VtRepinPin *pin)
{
    bool attribute_only = pin->kind == VT_REPIN_COMMON;

    add_change(repin, pin->place, attribute_only ? "cpuset" : NULL, pin->value, NULL);
}

static const VtRepinPin *
find_vcpu(const Repin *repin, unsigned vcpu)
{
    for (guint i = 0; i < repin->judgement->pins->len; i++) {
        const VtRepinPin *pin = repin->judgement->pins->pdata[i];
        if (pin->kind == VT_REPIN_VCPU && pin->vcpu == vcpu)
            return pin;
    }
    return NULL;
}

static void
place_vcpus(Repin *repin)
{
    for (unsigned i = 0; i < repin->needs->shape.vcpus; i++) {
        const VtRepinPin *pin = find_vcpu(repin, i);
        g_autofree char *cpus = vt_pin_plan_vcpu_cpuset(repin->plan, i);
        g_autofree char *place = g_strdup_printf("cputune/vcpupin[@vcpu='%u']", i);

        if (cpus)
            add_change(repin, pin ? pin->place : place, "cpuset", pin ? pin->value : NULL, cpus);
        else if (pin)
            drop_pin(repin, pin);
    }
}

static void
place_helpers(Repin *repin)
{
    g_autofree char *emulator = vt_cpuset_format(repin->plan->emulator_cpus);
    g_autofree char *iothreads = vt_cpuset_format(repin->plan->iothread_cpus);
    bool has_emulatorpin = false;

    for (guint i = 0; i < repin->judgement->pins->len; i++) {
        const VtRepinPin *pin = repin->judgement->pins->pdata[i];

        if (pin->kind == VT_REPIN_EMULATOR) {
            add_change(repin, pin->place, "cpuset", pin->value, emulator);
            has_emulatorpin = true;
        } else if (pin->kind == VT_REPIN_IOTHREAD) {
            add_change(repin, pin->place, "cpuset", pin->value, *iothreads ? iothreads : emulator);
        } else if (pin->kind == VT_REPIN_COMMON && !pin->sound) {
            drop_pin(repin, pin);
        }
    }
    if (!has_emulatorpin)
        add_change(repin, "cputune/emulatorpin", "cpuset", NULL, emulator);
}

/* Without a plan: the vCPUs' pins go together, the others each for itself. */
static void
drop_unsound(Repin *repin)
{
    for (guint i = 0; i < repin->judgement->pins->len; i++) {
        const VtRepinPin *pin = repin->judgement->pins->pdata[i];
        bool together = pin->kind == VT_REPIN_VCPU && !repin->judgement->vcpus_sound;

        if (pin->kind < VT_REPIN_MEMORY && (together || !pin->sound))
            drop_pin(repin, pin);
    }
}

/* ---- memory ---- */

static bool
is_strict(const char *mode)
{
    /* libvirt takes a missing mode for strict */
    return !mode || strcmp(mode, "strict") == 0 || strcmp(mode, "restrictive") == 0;
}

static bool
can_move(const Repin *repin, const VtRepinPin *pin)
{
    unsigned count = vt_cpuset_count(repin->nodes);

    if (count == 0 || (is_strict(pin->mode) && !repin->strict_fits))
        return false;
    /* libvirt before 9.3 starts no guest that prefers several nodes */
    return count == 1 || g_strcmp0(pin->mode, "preferred") != 0;
}

/* A nodeset follows the vCPUs; one that cannot goes, and memory then comes from where the emulator
 * first touches it, which is the node it is pinned to. */
static void
place_memory(Repin *repin)
{
    g_autofree char *nodes = vt_cpuset_format(repin->nodes);

    for (guint i = 0; i < repin->judgement->pins->len; i++) {
        const VtRepinPin *pin = repin->judgement->pins->pdata[i];
        g_autoptr(VtCpuSet) now = NULL;

        if (pin->kind < VT_REPIN_MEMORY || (pin->sound && !repin->plan))
            continue;
        now = vt_cpuset_parse(pin->value, NULL);
        if (pin->sound && now && vt_cpuset_is_subset(repin->nodes, now))
            continue;
        if (can_move(repin, pin))
            add_change(repin, pin->place, "nodeset", pin->value, nodes);
        else
            drop_pin(repin, pin);
    }
}

static bool
free_memory_holds(const VtTopology *host, const VtCpuSet *nodes, guint64 needed_kib)
{
    guint64 free_kib = 0;

    for (int id = vt_cpuset_next(nodes, 0); id >= 0; id = vt_cpuset_next(nodes, (unsigned)id + 1)) {
        const VtHostNode *node = vt_topology_find_node(host, id);
        if (!node || !node->memory_known)
            return false;
        free_kib += node->free_memory_kib;
    }
    return needed_kib > 0 && free_kib >= needed_kib;
}

/* The nodes of the vCPUs that have memory. */
static void
find_memory_nodes(Repin *repin)
{
    const VtTopology *host = repin->input->host;
    const VtCpuSet *of_vcpus = repin->plan ? repin->plan->nodes : repin->judgement->home_nodes;

    if (repin->plan && repin->plan->memory != VT_PIN_MEMORY_NONE)
        of_vcpus = repin->plan->memory_nodes;
    for (int id = vt_cpuset_next(of_vcpus, 0); id >= 0;
         id = vt_cpuset_next(of_vcpus, (unsigned)id + 1)) {
        const VtHostNode *node = vt_topology_find_node(host, id);
        bool allowed = !host->allowed_nodes || vt_cpuset_has(host->allowed_nodes, (unsigned)id);

        if (node && allowed && (!node->memory_known || node->memory_kib > 0))
            vt_cpuset_add(repin->nodes, (unsigned)id);
    }
    repin->strict_fits = free_memory_holds(host, repin->nodes, repin->needs->shape.memory_kib);
}

/* ---- putting it together ---- */

static VtPinPlacement
placement_for(const Repin *repin)
{
    if (!repin->judgement->dedicated)
        return VT_PIN_PLACEMENT_NODE;
    /* its CPUs are free, only paired wrongly: it must not lose them over that */
    if (repin->judgement->vcpus_sound && repin->input->placement == VT_PIN_PLACEMENT_AUTO)
        return VT_PIN_PLACEMENT_DEDICATED;
    return repin->input->placement;
}

/* The guest runs already, or ran: what it sees must stay. */
static VtGuestShape
fixed_shape(const VtGuestNeeds *needs)
{
    VtGuestShape shape = needs->shape;

    if (shape.sockets == 0) {
        shape.sockets = shape.vcpus; /* as libvirt has it without a topology */
        shape.cores = shape.threads = 1;
    }
    shape.threads_allowed = false;
    return shape;
}

static void
plan_vcpus(Repin *repin)
{
    const VtGuestShape shape = fixed_shape(repin->needs);
    const VtHeld *held = repin->input->held;
    const VtPinRequest request = {
        .host = repin->input->host,
        .shape = &shape,
        .placement = placement_for(repin),
        .use_isolated = repin->input->use_isolated,
        .strict_memory = true,
        .taken = held ? held->taken : NULL,
        .claimed = held ? held->claimed : NULL,
        .emulators = held ? held->emulators : NULL,
        .reserved = repin->input->reserved,
    };

    repin->plan = vt_pin_plan(&request);
    repin->why = g_strdup(repin->plan->why);
    if (!repin->plan->fits)
        g_clear_pointer(&repin->plan, vt_pin_plan_free);
}

static void
decide(Repin *repin)
{
    const VtRepinJudgement *judgement = repin->judgement;

    if (!judgement->vcpus_sound || !judgement->siblings_agree)
        plan_vcpus(repin);
    find_memory_nodes(repin);
    if (repin->plan) {
        place_vcpus(repin);
        place_helpers(repin);
    } else {
        drop_unsound(repin);
    }
    place_memory(repin);
}

VtPlan *
vt_repin_plan(const VtDocument *domain, const VtRepinInput *input, GError **error)
{
    g_autoptr(VtFacts) facts = vt_facts_new(NULL);
    g_autoptr(VtRepinJudgement) judgement = vt_repin_judge(domain, input);
    g_autoptr(VtGuestNeeds) needs = NULL;
    g_auto(Repin) repin = {.input = input, .judgement = judgement};

    vt_facts_from_domain(facts, domain);
    needs = vt_guest_needs_read(facts, domain);
    repin.needs = needs;
    repin.nodes = vt_cpuset_new();
    repin.changes = g_ptr_array_new_with_free_func((GDestroyNotify)vt_change_free);
    decide(&repin);
    if (repin.error) {
        g_propagate_error(error, g_steal_pointer(&repin.error));
        return NULL;
    }
    return vt_plan_of_changes(g_steal_pointer(&repin.changes));
}

static char *
explain(const VtPlan *plan)
{
    const VtChange *first = plan->changes->pdata[0];
    guint dropped = 0;

    for (guint i = 0; i < plan->changes->len; i++)
        dropped += ((const VtChange *)plan->changes->pdata[i])->after == NULL;
    if (dropped == plan->changes->len)
        return g_strdup_printf(_("%u pins that this host cannot honour are dropped%s%s"), dropped,
                               first->reason ? ": " : "", first->reason ? first->reason : "");
    return g_strdup_printf(_("%u pins are changed for this host, %u dropped%s%s"),
                           plan->changes->len - dropped, dropped, first->reason ? ": " : "",
                           first->reason ? first->reason : "");
}

char *
vt_repin(const VtDocument *domain, const VtRepinInput *input, char **ret_why, GError **error)
{
    g_autoptr(VtPlan) plan = vt_repin_plan(domain, input, error);
    g_autoptr(VtDocument) after = NULL;
    g_autofree char *xml = NULL;

    if (!plan || plan->changes->len == 0)
        return NULL;
    xml = vt_rewrite(domain, plan, error);
    if (!xml)
        return NULL;
    after = vt_document_parse(xml, strlen(xml), vt_document_name(domain), error);
    if (!after || !vt_laws_check(domain, after, plan, error))
        return NULL;
    if (ret_why)
        *ret_why = explain(plan);
    return g_steal_pointer(&xml);
}
