/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: room. Out: one mask for all vCPUs, and what goes with it.
 * Law: ordinary CPUs only, as the kernel moves no thread off an isolated one; none that a guest has
 * for its own; a core of every node stays out of the mask.
 */
#include "base/i18n.h"
#include "pin/planner-parts.h"

/* What the mask would have in one place. */
typedef struct {
    const VtPinPlace *place;
    guint cpus;
    guint unclaimed;
    guint memory; /* its rank */
} Pool;

static bool
may_float_on(const VtPinRoom *room, const VtPinCore *core)
{
    return core->ordinary && vt_pin_core_is_open(room, core) && !core->kept;
}

static Pool
measure_pool(const VtPinRoom *room, const VtPinPlace *place)
{
    Pool pool = {place, 0, 0, vt_pin_rank_memory(room, &place->node, 1)};

    for (guint i = 0; i < place->count; i++) {
        const VtPinCore *core = place->cores[i];

        if (!may_float_on(room, core))
            continue;
        pool.cpus += core->usable;
        pool.unclaimed += core->claimed ? 0 : core->usable;
    }
    return pool;
}

/* Best first: performance cores, near memory, much room. */
static int
compare_pools(gconstpointer a, gconstpointer b)
{
    const Pool *x = a;
    const Pool *y = b;

    if (x->place->kind != y->place->kind)
        return x->place->kind < y->place->kind ? -1 : 1;
    if (x->memory != y->memory)
        return x->memory < y->memory ? -1 : 1;
    if (x->unclaimed != y->unclaimed)
        return x->unclaimed > y->unclaimed ? -1 : 1;
    if (x->cpus != y->cpus)
        return x->cpus > y->cpus ? -1 : 1;
    return x->place->node < y->place->node ? -1 : 1;
}

static void
add_to_mask(const VtPinRoom *room, VtPinPlan *plan, const VtPinPlace *place, bool claimed)
{
    int id = room->nodes[place->node].id;

    for (guint i = 0; i < place->count; i++) {
        const VtPinCore *core = place->cores[i];

        if (!may_float_on(room, core) || (core->claimed && !claimed))
            continue;
        vt_cpuset_union(plan->float_cpus, core->core->cpus);
        plan->uses_claimed |= core->claimed;
    }
    if (id >= 0)
        vt_cpuset_add(plan->nodes, (unsigned)id);
}

/* As many of the pools from @first on as it takes. */
static bool
fill_from(const VtPinRoom *room, VtPinPlan *plan, const GArray *pools, guint first, guint end)
{
    guint cpus = 0;
    guint last = first;

    while (last < end && cpus < room->request->shape->vcpus)
        cpus += g_array_index(pools, Pool, last++).cpus;
    if (cpus < room->request->shape->vcpus)
        return false;
    for (guint i = first; i < last; i++)
        add_to_mask(room, plan, g_array_index(pools, Pool, i).place, true);
    return true;
}

/* One place with room, or several of one kind, or of any kind. */
static bool
fill_mask(const VtPinRoom *room, VtPinPlan *plan, const GArray *pools)
{
    guint vcpus = room->request->shape->vcpus;
    guint first = 0;

    for (guint i = 0; i < pools->len; i++) {
        const Pool *pool = &g_array_index(pools, Pool, i);

        if (pool->cpus < vcpus)
            continue;
        add_to_mask(room, plan, pool->place, pool->unclaimed < vcpus);
        return true;
    }
    for (guint i = 1; i <= pools->len; i++) {
        if (i < pools->len && g_array_index(pools, Pool, i).place->kind ==
                                  g_array_index(pools, Pool, first).place->kind)
            continue;
        if (fill_from(room, plan, pools, first, i))
            return true;
        first = i;
    }
    return fill_from(room, plan, pools, 0, pools->len);
}

static void
explain(const VtPinRoom *room, VtPinPlan *plan, const char *why_not_dedicated)
{
    g_autofree char *cpus = vt_cpuset_format(plan->float_cpus);
    g_autofree char *nodes = vt_cpuset_format(plan->nodes);
    g_autofree char *emulator = vt_cpuset_format(plan->emulator_cpus);
    GString *why = g_string_new(NULL);

    if (*nodes)
        g_string_printf(why,
                        _("%u vCPUs float over the CPUs %s of NUMA node %s, shared with others"),
                        room->request->shape->vcpus, cpus, nodes);
    else
        g_string_printf(why, _("%u vCPUs float over the CPUs %s, shared with others"),
                        room->request->shape->vcpus, cpus);
    g_string_append_printf(why, _("; CPUs %s stay with the host and the emulator"), emulator);
    if (why_not_dedicated)
        g_string_append_printf(why, _("; there is no CPU for each alone: %s"), why_not_dedicated);
    plan->why = g_string_free(why, FALSE);
}

bool
vt_pin_plan_floating(const VtPinRoom *room, VtPinPlan *plan, const char *why_not_dedicated)
{
    g_autoptr(GArray) pools = g_array_new(FALSE, FALSE, sizeof(Pool));
    guint cpus = 0;

    for (guint i = 0; i < room->places->len; i++) {
        Pool pool = measure_pool(room, &g_array_index(room->places, VtPinPlace, i));

        cpus += pool.cpus;
        if (pool.cpus > 0)
            g_array_append_val(pools, pool);
    }
    g_array_sort(pools, compare_pools);
    if (room->spare == 0 || !fill_mask(room, plan, pools)) {
        plan->why =
            g_strdup_printf(_("the guest's %u vCPUs are more than the CPUs that are left to "
                              "float over beside a core for the host (%u)%s%s"),
                            room->request->shape->vcpus, cpus, why_not_dedicated ? _("; ") : "",
                            why_not_dedicated ? why_not_dedicated : "");
        return false;
    }
    plan->fits = true;
    plan->placement = VT_PIN_PLACEMENT_NODE;
    vt_pin_place_emulator(room, plan, plan->float_cpus);
    vt_pin_place_memory(room, plan);
    explain(room, plan, why_not_dedicated);
    return true;
}
