/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: a plan, or a need that found no room. Out: sentences for the user.
 * Law: what is said follows from the plan; nothing is decided here.
 */
#include "base/i18n.h"
#include "pin/planner-parts.h"

/* ---- a plan ---- */

static void
explain_l3(const VtPinRoom *room, const VtPinChoice *choice, GString *why)
{
    const VtPinCore *first = choice->cores->pdata[0];
    guint l3s = choice->score[VT_PIN_SCORE_L3_DOMAINS];

    if (first->core->l3 < 0)
        return;
    if (l3s == 1) {
        g_autofree char *l3 =
            vt_cpuset_format(room->request->host->l3_domains->pdata[first->core->l3]);

        g_string_append_printf(why, _(", behind one L3 domain (CPUs %s)"), l3);
    } else if (choice->score[VT_PIN_SCORE_NODES] == 1) {
        g_string_append(why, _(", behind more than one L3 domain because none has room for all"));
    } else {
        g_string_append(why, _(", behind as few L3 domains as have room"));
    }
}

/* The CPUs with a lesser claim on them that the guest gets all the same. */
static void
explain_claims(const VtPinRoom *room, const VtCpuSet *vcpus, GString *why)
{
    g_autoptr(VtCpuSet) claimed = vt_cpuset_copy(room->request->claimed);
    g_autofree char *text = NULL;

    vt_cpuset_intersect(claimed, vcpus);
    text = vt_cpuset_format(claimed);
    if (*text)
        g_string_append_printf(why,
                               _("; CPUs %s are in the configuration of guests that do not run or "
                                 "float there, as there is no other room"),
                               text);
    else
        g_string_append(why, _("; other guests' configurations claim siblings of these CPUs"));
}

static void
explain_isolation(const VtPinPlan *plan, const VtCpuSet *vcpus, const VtTopology *host,
                  GString *why)
{
    if (!plan->uses_isolated)
        return;
    g_string_append(why, vt_cpuset_is_subset(vcpus, host->nohz_full)
                             ? _("; they are isolated and without a timer tick")
                             : _("; they are isolated"));
}

char *
vt_pin_explain_choice(const VtPinRoom *room, const VtPinPlan *plan, const VtPinNeed *need,
                      const VtPinChoice *choice, const VtCpuSet *vcpus)
{
    GString *why = g_string_new(NULL);
    g_autofree char *cpus = vt_cpuset_format(vcpus);
    g_autofree char *nodes = vt_cpuset_format(plan->nodes);
    g_autofree char *emulator = vt_cpuset_format(plan->emulator_cpus);

    if (vt_cpuset_count(plan->nodes) > 1)
        g_string_printf(why, _("%u vCPUs on CPUs %s of the nodes %s, as no node could hold all"),
                        vt_cpuset_count(vcpus), cpus, nodes);
    else if (*nodes)
        g_string_printf(why, _("%u vCPUs on CPUs %s of node %s"), vt_cpuset_count(vcpus), cpus,
                        nodes);
    else
        g_string_printf(why, _("%u vCPUs on CPUs %s"), vt_cpuset_count(vcpus), cpus);
    explain_l3(room, choice, why);
    if (choice->score[VT_PIN_SCORE_KIND] > 0)
        g_string_append(why, _("; they are efficiency cores, as performance cores have no room"));
    explain_isolation(plan, vcpus, room->request->host, why);
    g_string_append_printf(why, _("; CPUs %s stay with the host and the emulator"), emulator);
    if (plan->uses_claimed)
        explain_claims(room, vcpus, why);
    if (choice->score[VT_PIN_SCORE_MEMORY] == 1)
        g_string_append_printf(why,
                               _("; the memory of node %s is less than the guest's, so that some "
                                 "of it will be on other nodes"),
                               nodes);
    if (vt_cpuset_count(vcpus) < room->request->shape->vcpus)
        g_string_append(why, _("; the vCPUs that are not there at boot get none, as there is no "
                               "room for them beside the others"));
    if (plan->threads > need->per_core)
        g_string_append_printf(why,
                               _("; the host has no SMT: the guest should have one thread a core, "
                                 "not %u"),
                               plan->threads);
    return g_string_free(why, FALSE);
}

char *
vt_pin_explain_shape(const VtPinRoom *room, const VtPinPlan *plan)
{
    GString *why = g_string_new(NULL);

    if (plan->sockets > 1)
        g_string_printf(why,
                        _("%u sockets of %u cores, one for each NUMA node that the vCPUs are on"),
                        plan->sockets, plan->cores);
    else
        g_string_printf(why, _("one socket of %u cores, as the vCPUs are on cores close together"),
                        plan->cores);
    if (plan->threads > 1)
        g_string_append_printf(why, _(", and %u threads each, as they are pinned to siblings"),
                               plan->threads);
    else if (room->threads_per_core > 1)
        g_string_append(why, _(", and one thread each, as every vCPU has a host core for itself"));
    return g_string_free(why, FALSE);
}

/* ---- no plan ---- */

/* What is open, to name what was missing. */
typedef struct {
    guint usable;   /* cores that could hold vCPUs */
    guint in_node;  /* the most in one node */
    guint in_place; /* the most of one kind in one node */
} Extent;

static Extent
measure(const VtPinRoom *room, const VtPinNeed *need)
{
    Extent extent = {0};
    guint of_node = 0;

    for (guint i = 0; i < room->places->len; i++) {
        const VtPinPlace *place = &g_array_index(room->places, VtPinPlace, i);
        guint of_place = 0;

        if (i > 0 && place->node != place[-1].node)
            of_node = 0;
        for (guint j = 0; j < place->count; j++)
            of_place += vt_pin_core_suits(room, need, place->cores[j]);
        of_node += of_place;
        extent.usable += of_place;
        extent.in_node = MAX(extent.in_node, of_node);
        extent.in_place = MAX(extent.in_place, of_place);
    }
    return extent;
}

static void
explain_want(const VtPinNeed *need, const Extent *extent, bool one_node, GString *why)
{
    if (need->cores > extent->usable)
        g_string_printf(why,
                        _("the guest needs %u free host cores with at least %u usable CPUs each, "
                          "but there are only %u"),
                        need->cores, need->per_core, extent->usable);
    else if (one_node && need->cores > extent->in_node)
        g_string_printf(why,
                        _("the guest needs %u host cores in one NUMA node, but no node has more "
                          "than %u free"),
                        need->cores, extent->in_node);
    else if (need->cores > extent->in_place)
        g_string_printf(why,
                        _("the guest needs %u host cores of one kind, performance or efficiency, "
                          "but no more than %u of a kind are free together"),
                        need->cores, extent->in_place);
    else
        g_string_printf(why, _("the guest needs %u host cores, which leaves none for the host"),
                        need->cores);
}

static bool
would_fit(const VtPinRoom *room, const VtPinNeed *need)
{
    g_auto(VtPinChoice) choice = {0};

    return vt_pin_choose(room, need, &choice);
}

char *
vt_pin_explain_failure(const VtPinRoom *room, const VtPinNeed *need, unsigned threads)
{
    Extent extent = measure(room, need);
    VtPinNeed isolated = {need->cores, need->per_core, true};
    VtPinNeed pairs = {need->cores / 2, 2, need->isolated};
    guint most = MIN(extent.in_place, room->spare > 0 ? room->spare - 1 : 0);
    GString *why = g_string_new(NULL);
    unsigned vcpus = most * need->per_core;

    explain_want(need, &extent, vt_pin_fits_one_node(room, need), why);
    if (room->has_isolated && !room->request->use_isolated)
        g_string_append(why, would_fit(room, &isolated)
                                 ? _("; isolated CPUs would have the room, but are not used")
                                 : _("; isolated CPUs are not used"));
    vcpus -= vcpus % threads;
    if (vcpus > 0 && room->n_nodes > 2)
        g_string_append_printf(why, _("; at most %u vCPUs fit one node of this host"), vcpus);
    else if (vcpus > 0)
        g_string_append_printf(why, _("; at most %u vCPUs fit this host"), vcpus);
    if (threads == 1 && need->cores % 2 == 0 && room->threads_per_core > 1 &&
        room->request->shape->sockets > 0 && would_fit(room, &pairs))
        g_string_append(why, _("; with two threads a core in its topology the guest would fit"));
    return g_string_free(why, FALSE);
}
