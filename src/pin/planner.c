/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: a request. Out: a plan, or the reason for none.
 * Law: see planner.h.
 */
#include "pin/planner.h"

#include "base/i18n.h"
#include "pin/planner-parts.h"

/* A guest's topology on the way to a plan: guest core g has the vCPUs from g * per_core on. */
typedef struct {
    unsigned sockets, cores, threads;
    unsigned per_core;
} Shape;

/* Isolated CPUs where the administrator wants them and they are no worse a place. */
static bool
choose_class(const VtPinRoom *room, const VtPinNeed *need, VtPinChoice *ret_choice)
{
    VtPinNeed isolated = *need;
    g_auto(VtPinChoice) on_ordinary = {0}, on_isolated = {0};
    bool fits = vt_pin_choose(room, need, &on_ordinary);

    isolated.isolated = true;
    if (room->request->use_isolated && room->has_isolated &&
        vt_pin_choose(room, &isolated, &on_isolated) &&
        (!fits ||
         vt_pin_choice_compare(&on_isolated, &on_ordinary, VT_PIN_SCORE_LEVEL_LAST) <= 0)) {
        *ret_choice = on_isolated;
        on_isolated.cores = NULL;
        return true;
    }
    if (!fits)
        return false;
    *ret_choice = on_ordinary;
    on_ordinary.cores = NULL;
    return true;
}

static bool
is_needed(const VtGuestShape *shape, const Shape *as, unsigned core)
{
    for (unsigned i = 0; i < as->per_core; i++) {
        if (!shape->enabled || vt_cpuset_has(shape->enabled, core * as->per_core + i))
            return true;
    }
    return false;
}

/*
 * Cores for all vCPUs, hotpluggable ones included, if that does not cost those that are there at
 * boot their level; else for the latter only, with @ret_all false.
 */
static bool
choose(const VtPinRoom *room, const Shape *as, VtPinNeed *need, VtPinChoice *ret_choice,
       bool *ret_all)
{
    const VtGuestShape *shape = room->request->shape;
    g_auto(VtPinChoice) of_needed = {0}, of_all = {0};
    VtPinNeed all = {shape->vcpus / as->per_core, as->per_core, false};
    bool fits;

    *need = (VtPinNeed){0, as->per_core, false};
    for (unsigned core = 0; core < all.cores; core++)
        need->cores += is_needed(shape, as, core);
    *ret_all = need->cores == all.cores;
    if (*ret_all || need->cores == 0) {
        *need = all;
        *ret_all = true;
        return choose_class(room, need, ret_choice);
    }
    if (!choose_class(room, need, &of_needed))
        return false;
    fits = choose_class(room, &all, &of_all);
    *ret_all = fits && vt_pin_choice_compare(&of_all, &of_needed, VT_PIN_SCORE_LEVEL_LAST) <= 0;
    *ret_choice = *ret_all ? of_all : of_needed;
    (*ret_all ? &of_all : &of_needed)->cores = NULL;
    return true;
}

static void
place_vcpus(const VtPinRoom *room, const Shape *as, const VtPinChoice *choice, bool all,
            VtPinPlan *plan, VtCpuSet *ret_cpus)
{
    const VtGuestShape *shape = room->request->shape;
    guint used = 0;

    for (unsigned i = 0; i < shape->vcpus; i += as->per_core) {
        bool has_core = all || is_needed(shape, as, i / as->per_core);
        const VtPinCore *core = has_core ? choice->cores->pdata[used++] : NULL;
        int cpu = -1;

        for (unsigned j = 0; j < as->per_core; j++) {
            unsigned number = VT_PIN_NONE;

            if (core) {
                cpu = vt_cpuset_next(core->core->cpus, (unsigned)(cpu + 1));
                number = (unsigned)cpu;
                vt_cpuset_add(ret_cpus, number);
            }
            g_array_append_val(plan->vcpu_cpus, number);
        }
    }
}

/* A socket for each node, where the cores fall into equal parts; else what was tried. */
static void
shape_guest(const VtPinRoom *room, const Shape *as, const VtPinChoice *choice, VtPinPlan *plan)
{
    const VtGuestShape *shape = room->request->shape;
    guint nodes = choice->score[VT_PIN_SCORE_NODES];

    plan->sockets = as->sockets;
    plan->cores = as->cores;
    plan->threads = as->threads;
    plan->reshapes = shape->sockets == 0 && shape->vcpus > 1;
    if (!plan->reshapes)
        return;
    if (nodes > 1 && shape->several_sockets && choice->score[VT_PIN_SCORE_BALANCE] == 0 &&
        choice->cores->len == as->cores) {
        plan->sockets = nodes;
        plan->cores = as->cores / nodes;
    }
    plan->why_shape = vt_pin_explain_shape(room, plan);
}

static void
fill_plan(const VtPinRoom *room, const Shape *as, const VtPinNeed *need, const VtPinChoice *choice,
          bool all, VtPinPlan *plan)
{
    g_autoptr(VtCpuSet) vcpus = vt_cpuset_new();

    plan->fits = true;
    plan->placement = VT_PIN_PLACEMENT_DEDICATED;
    plan->uses_isolated = ((const VtPinCore *)choice->cores->pdata[0])->isolated;
    plan->uses_claimed = choice->score[VT_PIN_SCORE_CLAIMED] > 0;
    for (guint i = 0; i < choice->cores->len; i++) {
        const VtPinCore *core = choice->cores->pdata[i];

        if (core->core->node >= 0)
            vt_cpuset_add(plan->nodes, (unsigned)core->core->node);
    }
    shape_guest(room, as, choice, plan);
    place_vcpus(room, as, choice, all, plan, vcpus);
    vt_pin_place_emulator(room, plan, vcpus);
    vt_pin_place_memory(room, plan);
    plan->why = vt_pin_explain_choice(room, plan, need, choice, vcpus);
}

/* Plans for one guest topology. Returns: (nullable): why not; NULL if it fits. */
static char *
try_shape(const VtPinRoom *room, Shape as, VtPinPlan *plan)
{
    unsigned host_threads = room->threads_per_core;
    g_auto(VtPinChoice) choice = {0};
    VtPinNeed need;
    bool all;

    if (host_threads > 1 && as.threads > host_threads)
        return g_strdup_printf(_("the guest has %u threads a core, but the host's cores have no "
                                 "more than %u; give the guest as many or one"),
                               as.threads, host_threads);
    as.per_core = host_threads > 1 ? as.threads : 1;
    if (!choose(room, &as, &need, &choice, &all))
        return vt_pin_explain_failure(room, &need, as.threads);
    fill_plan(room, &as, &need, &choice, all, plan);
    return NULL;
}

/* The administrator gave no topology: pairs where the host has them, else a core for each vCPU. */
static char *
try_shapes(const VtPinRoom *room, VtPinPlan *plan)
{
    const VtGuestShape *shape = room->request->shape;
    g_autofree char *why_not_pairs = NULL;
    char *why_not;

    if (room->threads_per_core > 1 && shape->threads_allowed && shape->vcpus % 2 == 0) {
        why_not_pairs = try_shape(room, (Shape){1, shape->vcpus / 2, 2, 0}, plan);
        if (plan->fits)
            return NULL;
    }
    why_not = try_shape(room, (Shape){1, shape->vcpus, 1, 0}, plan);
    if (plan->fits || !why_not_pairs)
        return why_not;
    /* Pairs need less room, so their want of it says more. */
    g_free(why_not);
    return g_steal_pointer(&why_not_pairs);
}

static bool
has_sound_topology(const VtGuestShape *shape)
{
    guint64 cores = (guint64)shape->sockets * shape->cores;

    return shape->threads > 0 && cores <= shape->vcpus && cores * shape->threads == shape->vcpus;
}

/* Returns: (nullable): why not; NULL if it fits. */
static char *
plan_dedicated(const VtPinRoom *room, VtPinPlan *plan)
{
    const VtGuestShape *shape = room->request->shape;

    if (shape->sockets == 0)
        return try_shapes(room, plan);
    if (!has_sound_topology(shape))
        return g_strdup_printf(_("the guest's topology of %u sockets with %u cores with %u threads "
                                 "does not make its %u vCPUs; correct one of them"),
                               shape->sockets, shape->cores, shape->threads, shape->vcpus);
    return try_shape(room, (Shape){shape->sockets, shape->cores, shape->threads, 0}, plan);
}

static VtPinPlan *
plan_new(const VtGuestShape *shape)
{
    VtPinPlan *plan = g_new0(VtPinPlan, 1);

    plan->vcpu_cpus = g_array_new(FALSE, FALSE, sizeof(unsigned));
    plan->float_cpus = vt_cpuset_new();
    plan->nodes = vt_cpuset_new();
    plan->emulator_cpus = vt_cpuset_new();
    plan->iothread_cpus = vt_cpuset_new();
    plan->memory_nodes = vt_cpuset_new();
    plan->sockets = shape->sockets;
    plan->cores = shape->cores;
    plan->threads = shape->threads;
    return plan;
}

VtPinPlan *
vt_pin_plan(const VtPinRequest *request)
{
    VtPinPlan *plan = plan_new(request->shape);
    g_autoptr(VtPinRoom) room = NULL;
    g_autofree char *why_not = NULL;

    if (request->placement == VT_PIN_PLACEMENT_OFF) {
        plan->why = g_strdup(_("the configuration has pinning switched off"));
        return plan;
    }
    if (request->shape->vcpus == 0 || request->host->cores->len == 0) {
        plan->why = g_strdup(_("there are no vCPUs to pin or no CPUs to pin them to"));
        return plan;
    }
    room = vt_pin_room_new(request);
    if (request->placement != VT_PIN_PLACEMENT_NODE)
        why_not = plan_dedicated(room, plan);
    if (plan->fits)
        return plan;
    if (request->placement == VT_PIN_PLACEMENT_DEDICATED)
        plan->why = g_steal_pointer(&why_not);
    else
        vt_pin_plan_floating(room, plan, why_not);
    return plan;
}

void
vt_pin_plan_free(VtPinPlan *plan)
{
    if (!plan)
        return;
    g_free(plan->why);
    g_free(plan->why_memory);
    g_free(plan->why_shape);
    g_array_unref(plan->vcpu_cpus);
    vt_cpuset_free(plan->float_cpus);
    vt_cpuset_free(plan->nodes);
    vt_cpuset_free(plan->emulator_cpus);
    vt_cpuset_free(plan->iothread_cpus);
    vt_cpuset_free(plan->memory_nodes);
    g_free(plan);
}

char *
vt_pin_plan_vcpu_cpuset(const VtPinPlan *plan, unsigned vcpu)
{
    unsigned cpu;

    if (plan->placement == VT_PIN_PLACEMENT_NODE)
        return vt_cpuset_format(plan->float_cpus);
    if (vcpu >= plan->vcpu_cpus->len)
        return NULL;
    cpu = g_array_index(plan->vcpu_cpus, unsigned, vcpu);
    return cpu == VT_PIN_NONE ? NULL : g_strdup_printf("%u", cpu);
}
