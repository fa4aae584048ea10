/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: where the vCPUs are. Out: emulator, iothreads and memory beside them.
 * Law: nothing of it on a CPU of a vCPU or a sibling of one, and no node without memory is named.
 */
#include "base/i18n.h"
#include "pin/planner-parts.h"

/* ---- the emulator and the iothreads ---- */

/* The lower, the better a core is for the emulator. */
static guint
rank_for_emulator(const VtPinRoom *room, const VtPinPlan *plan, const VtPinCore *core)
{
    const VtPinNode *node = &room->nodes[core->node];
    bool near = node->id < 0 ? vt_cpuset_count(plan->nodes) == 0
                             : vt_cpuset_has(plan->nodes, (unsigned)node->id);
    guint rank = near ? 0 : 8;

    if (core->hosts_emulators || core->reserved)
        return rank;
    /* Else the lowest, claimed or not: the next plan will find this very core to be the kept one.
     */
    return rank + (core->kept ? 1 : 2);
}

static bool
is_near(const VtPinRoom *room, const VtPinPlan *plan, const VtPinCore *core)
{
    return rank_for_emulator(room, plan, core) < 8;
}

/*
 * What is reserved in the nodes, as no guest will ever be there; else the core where the emulators
 * of the node are or will be; else a core of another node. The iothreads go with it: what they do
 * is done while the emulator waits, and another core of the node is worth more to a vCPU.
 */
void
vt_pin_place_emulator(const VtPinRoom *room, VtPinPlan *plan, const VtCpuSet *vcpus)
{
    const VtPinCore *best = NULL;
    guint best_rank = G_MAXUINT;

    for (guint i = 0; i < room->n_cores; i++) {
        const VtPinCore *core = &room->cores[i];
        guint rank;

        if (!vt_pin_core_is_spare(core) || vt_pin_core_touches(core, vcpus))
            continue;
        rank = rank_for_emulator(room, plan, core);
        if (core->reserved && is_near(room, plan, core)) {
            g_autoptr(VtCpuSet) cpus = vt_cpuset_copy(core->core->cpus);

            vt_cpuset_intersect(cpus, room->request->reserved);
            vt_cpuset_union(plan->emulator_cpus, cpus);
        }
        if (rank < best_rank) {
            best = core;
            best_rank = rank;
        }
    }
    if (vt_cpuset_count(plan->emulator_cpus) == 0 && best)
        vt_cpuset_union(plan->emulator_cpus, best->core->cpus);
    if (room->request->shape->iothreads > 0)
        vt_cpuset_union(plan->iothread_cpus, plan->emulator_cpus);
}

/* ---- memory ---- */

static guint
index_of_node(const VtPinRoom *room, int id)
{
    for (guint i = 1; i < room->n_nodes; i++) {
        if (room->nodes[i].id == id)
            return i;
    }
    return 0;
}

/* Of equally near nodes the one with more to give. */
static int
nearest_with_memory(const VtPinRoom *room, int from)
{
    const VtTopology *host = room->request->host;
    const VtHostNode *best = NULL;
    unsigned best_distance = G_MAXUINT;

    for (guint i = 0; i < host->nodes->len; i++) {
        const VtHostNode *node = host->nodes->pdata[i];
        unsigned distance;

        if (!vt_topology_node_has_memory(host, node))
            continue;
        distance = vt_topology_distance(host, from, node->id);
        if (distance < best_distance ||
            (distance == best_distance && node->free_memory_kib > best->free_memory_kib)) {
            best = node;
            best_distance = distance;
        }
    }
    return best ? best->id : -1;
}

/* The vCPUs' nodes that have memory; if none has, the nearest ones that do. */
static bool
choose_memory_nodes(const VtPinRoom *room, VtPinPlan *plan)
{
    const VtTopology *host = room->request->host;

    for (int id = vt_cpuset_next(plan->nodes, 0); id >= 0;
         id = vt_cpuset_next(plan->nodes, (unsigned)id + 1)) {
        if (vt_topology_node_has_memory(host, vt_topology_find_node(host, id)))
            vt_cpuset_add(plan->memory_nodes, (unsigned)id);
    }
    if (vt_cpuset_count(plan->memory_nodes) > 0)
        return true;
    for (int id = vt_cpuset_next(plan->nodes, 0); id >= 0;
         id = vt_cpuset_next(plan->nodes, (unsigned)id + 1)) {
        int nearest = nearest_with_memory(room, id);

        if (nearest >= 0)
            vt_cpuset_add(plan->memory_nodes, (unsigned)nearest);
    }
    return false;
}

static void
explain_memory(const VtPinRoom *room, VtPinPlan *plan, bool local, guint rank)
{
    g_autofree char *of_vcpus = vt_cpuset_format(plan->nodes);
    g_autofree char *of_memory = vt_cpuset_format(plan->memory_nodes);
    g_autoptr(VtCpuSet) without = vt_cpuset_copy(plan->nodes);
    g_autofree char *of_none = NULL;
    GString *why = g_string_new(NULL);

    vt_cpuset_subtract(without, plan->memory_nodes);
    of_none = vt_cpuset_format(without);
    if (local)
        g_string_printf(
            why,
            plan->memory == VT_PIN_MEMORY_INTERLEAVE
                ? _("its vCPUs are on the nodes %s, whose memory is the nearest to them")
                : _("its vCPUs are on node %s, whose memory is the nearest to them"),
            of_memory);
    if (local && *of_none)
        g_string_append_printf(why, _("; node %s, where the others are, has none for guests"),
                               of_none);
    if (!local)
        g_string_printf(why,
                        _("the node %s of its vCPUs has no memory for guests; the nearest that has "
                          "is node %s"),
                        of_vcpus, of_memory);
    if (rank == 1)
        g_string_append(why, _("; it is less than the guest's, the rest comes from other nodes"));
    else if (plan->memory == VT_PIN_MEMORY_STRICT)
        g_string_append(why, _("; strict, as enough of it is free now"));
    else if (room->request->strict_memory)
        g_string_append(why, _("; not strict, as too little of it is free now or it is not known"));
    plan->why_memory = g_string_free(why, FALSE);
}

void
vt_pin_place_memory(const VtPinRoom *room, VtPinPlan *plan)
{
    g_autofree guint *nodes = NULL;
    guint count = 0;
    bool local, known;
    guint rank;

    if (room->request->host->nodes->len < 2)
        return;
    local = choose_memory_nodes(room, plan);
    if (vt_cpuset_count(plan->memory_nodes) == 0)
        return;
    nodes = g_new(guint, vt_cpuset_count(plan->memory_nodes));
    for (int id = vt_cpuset_next(plan->memory_nodes, 0); id >= 0;
         id = vt_cpuset_next(plan->memory_nodes, (unsigned)id + 1))
        nodes[count++] = index_of_node(room, id);
    rank = vt_pin_rank_memory(room, nodes, count);
    if (room->request->strict_memory && rank == 0 &&
        vt_pin_free_memory_suffices(room, nodes, count, &known))
        plan->memory = VT_PIN_MEMORY_STRICT;
    else
        plan->memory = count == 1 ? VT_PIN_MEMORY_PREFERRED : VT_PIN_MEMORY_INTERLEAVE;
    explain_memory(room, plan, local, rank);
}

const char *
vt_pin_memory_to_string(VtPinMemory memory)
{
    static const char *const words[] = {
        [VT_PIN_MEMORY_NONE] = "none",
        [VT_PIN_MEMORY_PREFERRED] = "preferred",
        [VT_PIN_MEMORY_INTERLEAVE] = "interleave",
        [VT_PIN_MEMORY_STRICT] = "strict",
    };

    return words[memory];
}
