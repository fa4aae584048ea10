/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: room and the number of cores needed. Out: the best cores by VtPinScore.
 * Law: only sound choices are scored (one kind, one node if one could do, a core left for the
 * host), so that the scores decide how good a plan is and never whether it is acceptable.
 */
#include "pin/planner-choose.h"

#include <string.h>

/* QEMU's own memory and the page tables come on top of the guest's: one part in so many. */
#define OVERHEAD_PARTS 16

void
vt_pin_choice_clear(VtPinChoice *choice)
{
    g_clear_pointer(&choice->cores, g_ptr_array_unref);
}

int
vt_pin_choice_compare(const VtPinChoice *a, const VtPinChoice *b, VtPinScore last)
{
    for (guint i = 0; i < last; i++) {
        if (a->score[i] != b->score[i])
            return a->score[i] < b->score[i] ? -1 : 1;
    }
    return 0;
}

static bool
is_of_class(const VtPinNeed *need, const VtPinCore *core)
{
    return (need->isolated ? core->isolated : core->ordinary) && core->usable >= need->per_core;
}

bool
vt_pin_core_suits(const VtPinRoom *room, const VtPinNeed *need, const VtPinCore *core)
{
    return is_of_class(need, core) && vt_pin_core_is_open(room, core);
}

bool
vt_pin_fits_one_node(const VtPinRoom *room, const VtPinNeed *need)
{
    VtPinNeed ordinary = *need, isolated = *need;

    ordinary.isolated = false;
    isolated.isolated = true;
    for (guint i = 0; i < room->places->len; i++) {
        const VtPinPlace *place = &g_array_index(room->places, VtPinPlace, i);
        guint n_ordinary = 0, n_isolated = 0;

        for (guint j = 0; j < place->count; j++) {
            n_ordinary += is_of_class(&ordinary, place->cores[j]);
            n_isolated += is_of_class(&isolated, place->cores[j]);
        }
        if (MAX(n_ordinary, n_isolated) >= need->cores)
            return true;
    }
    return false;
}

/* ---- scores ---- */

guint
vt_pin_rank_memory(const VtPinRoom *room, const guint *nodes, guint n_nodes)
{
    const VtTopology *host = room->request->host;
    guint64 memory_kib = 0;
    guint with_memory = 0;

    for (guint i = 0; i < n_nodes; i++) {
        const VtHostNode *node = room->nodes[nodes[i]].node;

        if (!node)
            return host->nodes->len > 0 ? 3 : 0;
        if (!vt_topology_node_has_memory(host, node))
            continue;
        if (!node->memory_known)
            return 0;
        with_memory++;
        memory_kib += node->memory_kib;
    }
    if (with_memory == 0)
        return 2;
    return memory_kib < room->request->shape->memory_kib ? 1 : 0;
}

bool
vt_pin_free_memory_suffices(const VtPinRoom *room, const guint *nodes, guint n_nodes,
                            bool *ret_known)
{
    guint64 guest_kib = room->request->shape->memory_kib;
    guint64 free_kib = 0;

    *ret_known = guest_kib > 0;
    for (guint i = 0; i < n_nodes; i++) {
        const VtHostNode *node = room->nodes[nodes[i]].node;

        if (!node || !node->memory_known)
            *ret_known = false;
        else if (vt_topology_node_has_memory(room->request->host, node))
            free_kib += node->free_memory_kib;
    }
    return *ret_known && free_kib >= guest_kib &&
           free_kib - guest_kib >= guest_kib / OVERHEAD_PARTS;
}

/* The distinct nodes of cores that are sorted by node, and how many cores each has. */
static guint
list_nodes(const GPtrArray *cores, guint *ret_nodes, guint *ret_counts)
{
    guint count = 0;

    for (guint i = 0; i < cores->len; i++) {
        guint node = ((const VtPinCore *)cores->pdata[i])->node;

        if (count == 0 || ret_nodes[count - 1] != node) {
            ret_nodes[count] = node;
            ret_counts[count++] = 0;
        }
        ret_counts[count - 1]++;
    }
    return count;
}

static void
score_nodes(const VtPinRoom *room, const GPtrArray *chosen, guint *score)
{
    g_autofree guint *nodes = g_new(guint, MIN(room->n_nodes, chosen->len));
    g_autofree guint *counts = g_new(guint, MIN(room->n_nodes, chosen->len));
    guint n_nodes = list_nodes(chosen, nodes, counts);
    guint most = 0, fewest = G_MAXUINT;
    bool known;
    bool suffices = vt_pin_free_memory_suffices(room, nodes, n_nodes, &known);
    bool ordinary = ((const VtPinCore *)chosen->pdata[0])->ordinary;

    score[VT_PIN_SCORE_NODES] = n_nodes;
    score[VT_PIN_SCORE_MEMORY] = vt_pin_rank_memory(room, nodes, n_nodes);
    score[VT_PIN_SCORE_FREE_MEMORY] = known && !suffices;
    score[VT_PIN_SCORE_EMULATOR] = 1;
    score[VT_PIN_SCORE_NODE] = nodes[0];
    for (guint i = 0; i < n_nodes; i++) {
        const VtPinNode *node = &room->nodes[nodes[i]];

        if (node->spare > (ordinary ? counts[i] : 0))
            score[VT_PIN_SCORE_EMULATOR] = 0;
        most = MAX(most, counts[i]);
        fewest = MIN(fewest, counts[i]);
        for (guint j = 0; j < i; j++)
            score[VT_PIN_SCORE_DISTANCE] +=
                vt_topology_distance(room->request->host, room->nodes[nodes[j]].id, node->id);
    }
    score[VT_PIN_SCORE_BALANCE] = most - fewest;
}

static void
score_cores(const VtPinRoom *room, const GPtrArray *chosen, guint *score)
{
    const VtPinCore *first = chosen->pdata[0];
    bool host_has_l3 = room->request->host->l3_domains->len > 0;
    g_autoptr(VtCpuSet) l3s = vt_cpuset_new();
    bool outside = false;

    for (guint i = 0; i < chosen->len; i++) {
        const VtPinCore *core = chosen->pdata[i];

        score[VT_PIN_SCORE_CLAIMED] |= core->claimed;
        score[VT_PIN_SCORE_CLAIMS] += core->claimed;
        score[VT_PIN_SCORE_HOST_CORE] |= core == &room->cores[0];
        if (core->core->l3 < 0)
            outside = true;
        else if (i == 0 || core->core->l3 != ((const VtPinCore *)chosen->pdata[i - 1])->core->l3)
            vt_cpuset_add(l3s, (unsigned)core->core->l3);
    }
    score[VT_PIN_SCORE_KIND] = first->core->kind == VT_CORE_KIND_EFFICIENCY;
    /* Cores outside every L3 domain are low-power ones: worse than one more domain. */
    score[VT_PIN_SCORE_L3_DOMAINS] = vt_cpuset_count(l3s) + (outside ? (host_has_l3 ? 2 : 1) : 0);
    score[VT_PIN_SCORE_LOWEST_CPU] = first->lowest;
}

void
vt_pin_consider(const VtPinRoom *room, VtPinChoice *best, GPtrArray *chosen, guint left_over)
{
    VtPinChoice found = {chosen, {0}};
    bool ordinary = ((const VtPinCore *)chosen->pdata[0])->ordinary;

    if (room->spare <= (ordinary ? chosen->len : 0))
        return;
    g_ptr_array_sort(chosen, vt_pin_compare_order);
    score_nodes(room, chosen, found.score);
    score_cores(room, chosen, found.score);
    found.score[VT_PIN_SCORE_LEFT_OVER] = left_over;
    if (best->cores && vt_pin_choice_compare(&found, best, VT_PIN_SCORE_LAST) >= 0)
        return;
    vt_pin_choice_clear(best);
    best->cores = g_ptr_array_ref(chosen);
    memcpy(best->score, found.score, sizeof(found.score));
}

/* ---- candidates ---- */

/* Cores in a row of a list that are behind one L3 domain. */
typedef struct {
    int l3;
    guint first;
    guint count;
} Group;

static int
compare_by_l3(gconstpointer a, gconstpointer b)
{
    const VtPinCore *x = *(const VtPinCore *const *)a;
    const VtPinCore *y = *(const VtPinCore *const *)b;

    if (x->core->l3 != y->core->l3)
        return (guint)x->core->l3 < (guint)y->core->l3 ? -1 : 1;
    return vt_pin_compare_merit(a, b);
}

static GArray *
group_by_l3(const GPtrArray *cores)
{
    GArray *groups = g_array_new(FALSE, FALSE, sizeof(Group));

    for (guint i = 0; i < cores->len; i++) {
        int l3 = ((const VtPinCore *)cores->pdata[i])->core->l3;

        if (i == 0 || g_array_index(groups, Group, groups->len - 1).l3 != l3)
            g_array_append_vals(groups, &(Group){l3, i, 0}, 1);
        g_array_index(groups, Group, groups->len - 1).count++;
    }
    return groups;
}

static int
compare_groups(gconstpointer a, gconstpointer b)
{
    const Group *x = a;
    const Group *y = b;

    if ((x->l3 < 0) != (y->l3 < 0))
        return x->l3 < 0 ? 1 : -1;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->l3 - y->l3;
}

static void
take_cores(GPtrArray *chosen, const GPtrArray *cores, const Group *group, guint count)
{
    for (guint i = 0; i < count; i++)
        g_ptr_array_add(chosen, cores->pdata[group->first + i]);
}

static void
consider_single_domains(const VtPinRoom *room, guint need, const GPtrArray *cores,
                        const GArray *groups, VtPinChoice *best)
{
    for (guint i = 0; i < groups->len; i++) {
        const Group *group = &g_array_index(groups, Group, i);
        g_autoptr(GPtrArray) chosen = NULL;

        if (group->count < need)
            continue;
        chosen = g_ptr_array_sized_new(need);
        take_cores(chosen, cores, group, need);
        vt_pin_consider(room, best, chosen, group->count - need);
    }
}

/*
 * Adds @need of the cores to @chosen, from as few groups as can be: the largest ones, and what they
 * do not hold from the tightest that can. Returns what that one has left; G_MAXUINT = no room.
 */
static guint
take_fewest_domains(guint need, const GPtrArray *cores, GArray *groups, GPtrArray *chosen)
{
    const Group *last = NULL;
    guint used = 0;

    g_array_sort(groups, compare_groups);
    while (used < groups->len && g_array_index(groups, Group, used).count < need) {
        const Group *group = &g_array_index(groups, Group, used++);

        take_cores(chosen, cores, group, group->count);
        need -= group->count;
    }
    for (guint i = used; i < groups->len; i++) {
        const Group *group = &g_array_index(groups, Group, i);

        if (group->count >= need && (!last || (group->l3 >= 0 && group->count < last->count)))
            last = group;
    }
    if (!last)
        return G_MAXUINT;
    take_cores(chosen, cores, last, need);
    return last->count - need;
}

typedef struct {
    bool claimed; /* cores with a lesser claim on them may be taken */
    bool kept;    /* cores that are kept to the last may be taken */
} Liberty;

static GPtrArray *
collect(const VtPinRoom *room, const VtPinNeed *need, const VtPinPlace *place, Liberty liberty,
        GPtrArray *into)
{
    for (guint i = 0; i < place->count; i++) {
        const VtPinCore *core = place->cores[i];

        if (vt_pin_core_suits(room, need, core) && (liberty.claimed || !core->claimed) &&
            (liberty.kept || !core->kept))
            g_ptr_array_add(into, (gpointer)core);
    }
    return into;
}

/* An equal share from each place: memory spread evenly over the nodes is near as often as can be.
 */
static void
consider_equal_shares(const VtPinRoom *room, const VtPinNeed *need, const VtPinPlace *const *places,
                      guint n_places, Liberty liberty, VtPinChoice *best)
{
    g_autoptr(GPtrArray) chosen = g_ptr_array_sized_new(need->cores);
    guint left_over = 0;

    if (n_places < 2 || need->cores % n_places != 0)
        return;
    for (guint i = 0; i < n_places; i++) {
        g_autoptr(GPtrArray) cores =
            collect(room, need, places[i], liberty, g_ptr_array_sized_new(places[i]->count));
        g_autoptr(GArray) groups = group_by_l3(cores);

        left_over = take_fewest_domains(need->cores / n_places, cores, groups, chosen);
        if (left_over == G_MAXUINT)
            return;
    }
    vt_pin_consider(room, best, chosen, left_over);
}

static void
consider_with_liberty(const VtPinRoom *room, const VtPinNeed *need, const VtPinPlace *const *places,
                      guint n_places, Liberty liberty, VtPinChoice *best)
{
    g_autoptr(GPtrArray) cores = g_ptr_array_new();
    g_autoptr(GPtrArray) chosen = g_ptr_array_sized_new(need->cores);
    g_autoptr(GArray) groups = NULL;
    guint left_over;

    for (guint i = 0; i < n_places; i++)
        collect(room, need, places[i], liberty, cores);
    if (cores->len < need->cores)
        return;
    if (n_places > 1) /* an L3 domain may reach over several nodes */
        g_ptr_array_sort(cores, compare_by_l3);
    groups = group_by_l3(cores);
    consider_single_domains(room, need->cores, cores, groups, best);
    left_over = take_fewest_domains(need->cores, cores, groups, chosen);
    if (left_over != G_MAXUINT)
        vt_pin_consider(room, best, chosen, left_over);
    consider_equal_shares(room, need, places, n_places, liberty, best);
}

void
vt_pin_consider_places(const VtPinRoom *room, const VtPinNeed *need,
                       const VtPinPlace *const *places, guint n_places, VtPinChoice *best)
{
    static const Liberty liberties[] = {{false, false}, {false, true}, {true, false}, {true, true}};

    bool kept = false;

    for (guint i = 0; i < n_places; i++)
        kept |= room->nodes[places[i]->node].kept != NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(liberties); i++) {
        if ((!liberties[i].claimed || room->request->claimed) && (!liberties[i].kept || kept))
            consider_with_liberty(room, need, places, n_places, liberties[i], best);
    }
}

bool
vt_pin_choose(const VtPinRoom *room, const VtPinNeed *need, VtPinChoice *ret_choice)
{
    VtPinChoice best = {NULL, {0}};

    for (guint i = 0; i < room->places->len; i++) {
        const VtPinPlace *place = &g_array_index(room->places, VtPinPlace, i);

        vt_pin_consider_places(room, need, &place, 1, &best);
    }
    if (!best.cores && !vt_pin_fits_one_node(room, need))
        vt_pin_consider_spans(room, need, &best);
    if (!best.cores)
        return false;
    *ret_choice = best;
    return true;
}
