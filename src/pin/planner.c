/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: host topology, guest shape, CPUs that are spoken for. Out: a plan, or the reason for none.
 * Law: see planner.h.
 */
#include "pin/planner.h"

#include "base/i18n.h"
#include "pin/planner-choose.h"

static void
add_emulator_core(const VtPinJob *job, VtPinPlan *plan, const VtCpuSet *vcpus, int node)
{
    for (guint i = 0; i < job->host->cores->len; i++) {
        const VtHostCore *core = job->host->cores->pdata[i];

        if ((node == -1 || core->node == node) && vt_pin_can_be_spare(job, core) &&
            !vt_cpuset_overlaps(core->online, vcpus) &&
            !vt_cpuset_overlaps(core->cpus, plan->emulator_cpus)) {
            vt_cpuset_union(plan->emulator_cpus, core->cpus);
            return;
        }
    }
}

/*
 * What is reserved in the node, as no guest will ever be there; else the node's lowest core that is
 * left, which is the last that the next guest will be given; else a core of another node.
 */
static void
place_emulator(const VtPinJob *job, VtPinPlan *plan, const VtCpuSet *vcpus)
{
    for (guint i = 0; i < job->host->cores->len; i++) {
        const VtHostCore *core = job->host->cores->pdata[i];

        if (core->node == plan->node && vt_pin_can_be_spare(job, core) &&
            vt_pin_is_reserved(job, core)) {
            g_autoptr(VtCpuSet) cpus = vt_cpuset_copy(core->cpus);

            vt_cpuset_intersect(cpus, job->reserved);
            vt_cpuset_union(plan->emulator_cpus, cpus);
        }
    }
    if (vt_cpuset_count(plan->emulator_cpus) == 0)
        add_emulator_core(job, plan, vcpus, plan->node);
    if (vt_cpuset_count(plan->emulator_cpus) == 0)
        add_emulator_core(job, plan, vcpus, -1);
    /* I/O threads work while the emulator does. */
    if (job->shape->iothreads > 0 && vt_cpuset_count(plan->emulator_cpus) < 2)
        add_emulator_core(job, plan, vcpus, plan->node);
}

static void
place_vcpus(const VtPinJob *job, VtPinPlan *plan, const VtPinChoice *choice, VtCpuSet *ret_cpus)
{
    for (guint i = 0; i < choice->cores->len; i++) {
        const VtHostCore *core = choice->cores->pdata[i];
        int cpu = -1;

        for (unsigned j = 0; j < job->vcpus_per_core; j++) {
            unsigned number;

            cpu = vt_cpuset_next(core->cpus, (unsigned)(cpu + 1));
            number = (unsigned)cpu;
            g_array_append_val(plan->vcpu_cpus, number);
            vt_cpuset_add(ret_cpus, number);
        }
    }
}

static void
explain_place(const VtPinJob *job, const VtPinPlan *plan, const VtPinChoice *choice,
              const VtCpuSet *vcpus, GString *why)
{
    const VtHostCore *first = choice->cores->pdata[0];
    g_autofree char *cpus = vt_cpuset_format(vcpus);
    g_autofree char *emulator = vt_cpuset_format(plan->emulator_cpus);

    if (plan->node >= 0)
        g_string_append_printf(why, _("%u vCPUs on CPUs %s of node %d"), job->shape->vcpus, cpus,
                               plan->node);
    else
        g_string_append_printf(why, _("%u vCPUs on CPUs %s"), job->shape->vcpus, cpus);
    if (choice->score[VT_PIN_SCORE_L3_DOMAINS] == 1 && first->l3 >= 0) {
        g_autofree char *l3 = vt_cpuset_format(job->host->l3_domains->pdata[first->l3]);

        g_string_append_printf(why, _(", behind one L3 domain (CPUs %s)"), l3);
    } else if (first->l3 >= 0) {
        g_string_append(why, _(", behind more than one L3 domain because none has room for all"));
    }
    g_string_append_printf(why, _("; CPUs %s stay with the host and the emulator"), emulator);
}

static void
explain_plan(const VtPinJob *job, VtPinPlan *plan, const VtPinChoice *choice, const VtCpuSet *vcpus)
{
    GString *why = g_string_new(NULL);

    explain_place(job, plan, choice, vcpus, why);
    if (!plan->memory_fits)
        g_string_append_printf(why,
                               _("; the memory of node %d is less than the guest's, so that "
                                 "some of it will be on other nodes"),
                               plan->node);
    if (plan->threads > 1 && job->vcpus_per_core == 1)
        g_string_append_printf(why,
                               _("; the host has no SMT: the guest should have one thread a "
                                 "core, not %u"),
                               plan->threads);
    plan->why = g_string_free(why, FALSE);
}

static void
fill_plan(const VtPinJob *job, VtPinPlan *plan, const VtPinChoice *choice)
{
    g_autoptr(VtCpuSet) vcpus = vt_cpuset_new();

    plan->fits = true;
    plan->node = choice->node;
    plan->sockets = job->sockets;
    plan->cores = job->cores;
    plan->threads = job->threads;
    plan->reshapes = job->shape->sockets == 0 && job->shape->vcpus > 1;
    plan->memory_fits = choice->score[VT_PIN_SCORE_MEMORY] == 0 || choice->node < 0;
    place_vcpus(job, plan, choice, vcpus);
    place_emulator(job, plan, vcpus);
    explain_plan(job, plan, choice, vcpus);
}

/* What is free, to name what was missing. */
typedef struct {
    unsigned spare;    /* cores of the host that no guest has */
    unsigned usable;   /* those that could hold vCPUs */
    unsigned in_node;  /* the most in one node */
    unsigned in_place; /* the most of one kind in one node */
    bool isolated;
} Room;

static void
count_place(const VtPinJob *job, VtCoreKind kind, int node, gpointer data)
{
    Room *room = data;
    unsigned of_kind = 0;
    unsigned of_node = 0;

    for (guint i = 0; i < job->host->cores->len; i++) {
        const VtHostCore *core = job->host->cores->pdata[i];

        if (core->node != node || !vt_pin_can_hold_vcpus(job, core))
            continue;
        of_node++;
        of_kind += core->kind == kind;
    }
    room->in_node = MAX(room->in_node, of_node);
    room->in_place = MAX(room->in_place, of_kind);
}

static Room
measure_room(const VtPinJob *job)
{
    Room room = {0};

    vt_pin_for_each_place(job, count_place, &room);
    for (guint i = 0; i < job->host->cores->len; i++) {
        const VtHostCore *core = job->host->cores->pdata[i];

        room.spare += vt_pin_can_be_spare(job, core);
        room.usable += vt_pin_can_hold_vcpus(job, core);
        room.isolated |= core->isolated;
    }
    return room;
}

static char *
explain_failure(const VtPinJob *job)
{
    Room room = measure_room(job);
    GString *why = g_string_new(NULL);
    unsigned vcpus;

    if (job->need > room.usable)
        g_string_printf(why,
                        _("the guest needs %u free host cores with at least %u usable CPUs "
                          "each, but there are only %u"),
                        job->need, job->vcpus_per_core, room.usable);
    else if (job->need > room.in_node)
        g_string_printf(why,
                        _("the guest needs %u host cores in one NUMA node, but no node has "
                          "more than %u free"),
                        job->need, room.in_node);
    else if (job->need > room.in_place)
        g_string_printf(why,
                        _("the guest needs %u host cores of one kind, performance or "
                          "efficiency, but no more than %u of a kind are free"),
                        job->need, room.in_place);
    else
        g_string_printf(why, _("the guest needs %u host cores, which leaves none for the host"),
                        job->need);
    if (room.isolated)
        g_string_append(why, _("; isolated CPUs are not used"));
    vcpus = MIN(room.in_place, room.spare > 0 ? room.spare - 1 : 0) * job->vcpus_per_core;
    vcpus -= vcpus % job->threads;
    if (vcpus > 0)
        g_string_append_printf(why, _("; up to %u vCPUs would fit"), vcpus);
    return g_string_free(why, FALSE);
}

/* Plans for one guest topology. */
static void
try_threads(VtPinJob *job, VtPinPlan *plan)
{
    bool smt = job->host->threads_per_core > 1;
    VtPinChoice choice;

    g_clear_pointer(&plan->why, g_free);
    if (smt && job->threads > job->host->threads_per_core) {
        plan->why = g_strdup_printf(_("the guest has %u threads a core, but the host's cores have "
                                      "no more than %u; give the guest as many or one"),
                                    job->threads, job->host->threads_per_core);
        return;
    }
    job->vcpus_per_core = smt ? job->threads : 1;
    job->need = job->shape->vcpus / job->vcpus_per_core;
    if (!vt_pin_choose(job, &choice)) {
        plan->why = explain_failure(job);
        return;
    }
    fill_plan(job, plan, &choice);
    g_ptr_array_unref(choice.cores);
}

/* The administrator gave no topology: pairs where the host has them, else a core for each vCPU. */
static void
try_shapes(VtPinJob *job, VtPinPlan *plan)
{
    unsigned vcpus = job->shape->vcpus;
    g_autofree char *why_not_pairs = NULL;

    job->sockets = 1;
    if (job->host->threads_per_core > 1 && job->shape->threads_allowed && vcpus % 2 == 0) {
        job->cores = vcpus / 2;
        job->threads = 2;
        try_threads(job, plan);
        if (plan->fits)
            return;
        why_not_pairs = g_steal_pointer(&plan->why);
    }
    job->cores = vcpus;
    job->threads = 1;
    try_threads(job, plan);
    /* Pairs need less room, so their want of it says more. */
    if (!plan->fits && why_not_pairs) {
        g_free(plan->why);
        plan->why = g_steal_pointer(&why_not_pairs);
    }
}

static bool
has_sound_topology(const VtGuestShape *shape)
{
    guint64 cores = (guint64)shape->sockets * shape->cores;

    return shape->threads > 0 && cores <= shape->vcpus && cores * shape->threads == shape->vcpus;
}

VtPinPlan *
vt_pin_plan(const VtTopology *host, const VtGuestShape *shape, const VtCpuSet *taken,
            const VtCpuSet *reserved)
{
    g_autoptr(VtCpuSet) none = vt_cpuset_new();
    VtPinPlan *plan = g_new0(VtPinPlan, 1);
    VtPinJob job = {host,
                    shape,
                    taken ? taken : none,
                    reserved ? reserved : none,
                    shape->sockets,
                    shape->cores,
                    shape->threads,
                    0,
                    0};

    plan->vcpu_cpus = g_array_new(FALSE, FALSE, sizeof(unsigned));
    plan->emulator_cpus = vt_cpuset_new();
    plan->node = -1;
    plan->sockets = shape->sockets;
    plan->cores = shape->cores;
    plan->threads = shape->threads;
    if (shape->vcpus == 0 || host->cores->len == 0)
        plan->why = g_strdup(_("there are no vCPUs to pin or no CPUs to pin them to"));
    else if (shape->sockets == 0)
        try_shapes(&job, plan);
    else if (!has_sound_topology(shape))
        plan->why = g_strdup_printf(_("the guest's topology of %u sockets with %u cores with %u "
                                      "threads does not make its %u vCPUs; correct one of them"),
                                    shape->sockets, shape->cores, shape->threads, shape->vcpus);
    else
        try_threads(&job, plan);
    return plan;
}

void
vt_pin_plan_free(VtPinPlan *plan)
{
    if (!plan)
        return;
    g_free(plan->why);
    g_array_unref(plan->vcpu_cpus);
    vt_cpuset_free(plan->emulator_cpus);
    g_free(plan);
}
