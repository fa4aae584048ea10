/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: a request. Out: VtPinRoom.
 * Law: each core is looked at once, by its few CPUs and never by whole sets, so that the cost of a
 * plan grows with the host and not with its square.
 */
#include "pin/planner-room.h"

static bool
has(const VtCpuSet *set, unsigned cpu)
{
    return set && vt_cpuset_has(set, cpu);
}

static void
look_at_core(const VtPinRequest *request, const VtHostCore *core, VtPinCore *ret_core)
{
    unsigned online = 0, isolated = 0;

    ret_core->core = core;
    ret_core->lowest = (unsigned)vt_cpuset_next(core->online, 0);
    ret_core->free = true;
    for (int next = (int)ret_core->lowest; next >= 0;
         next = vt_cpuset_next(core->online, (unsigned)next + 1)) {
        unsigned cpu = (unsigned)next;

        online++;
        ret_core->usable += vt_cpuset_has(core->cpus, cpu);
        isolated += vt_cpuset_has(request->host->isolated, cpu);
        ret_core->free &= !has(request->taken, cpu);
        ret_core->claimed |= has(request->claimed, cpu);
        ret_core->reserved |= has(request->reserved, cpu);
        ret_core->hosts_emulators |= has(request->emulators, cpu);
    }
    ret_core->ordinary = !core->isolated;
    ret_core->isolated = core->isolated && isolated == online;
    ret_core->whole = ret_core->usable == online;
}

bool
vt_pin_core_is_spare(const VtPinCore *core)
{
    return core->ordinary && core->free && core->usable > 0;
}

bool
vt_pin_core_is_open(const VtPinRoom *room, const VtPinCore *core)
{
    const VtPinNode *node = &room->nodes[core->node];

    return core->free && core->usable > 0 && !core->reserved && !core->hosts_emulators &&
           !(core == node->kept && node->keeps_firmly);
}

bool
vt_pin_core_touches(const VtPinCore *core, const VtCpuSet *set)
{
    for (int cpu = (int)core->lowest; cpu >= 0;
         cpu = vt_cpuset_next(core->core->online, (unsigned)cpu + 1)) {
        if (vt_cpuset_has(set, (unsigned)cpu))
            return true;
    }
    return false;
}

static int
compare_domain(const VtPinCore *x, const VtPinCore *y)
{
    guint x_l3 = (guint)x->core->l3, y_l3 = (guint)y->core->l3; /* -1, none, behind all others */

    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    if (x->core->kind != y->core->kind)
        return x->core->kind < y->core->kind ? -1 : 1;
    if (x_l3 != y_l3)
        return x_l3 < y_l3 ? -1 : 1;
    return 0;
}

int
vt_pin_compare_order(gconstpointer a, gconstpointer b)
{
    const VtPinCore *x = *(const VtPinCore *const *)a;
    const VtPinCore *y = *(const VtPinCore *const *)b;
    int order = compare_domain(x, y);

    return order != 0 ? order : x->lowest < y->lowest ? -1 : 1;
}

int
vt_pin_compare_merit(gconstpointer a, gconstpointer b)
{
    const VtPinCore *x = *(const VtPinCore *const *)a;
    const VtPinCore *y = *(const VtPinCore *const *)b;
    int order = compare_domain(x, y);

    if (order != 0)
        return order;
    if (x->claimed != y->claimed)
        return x->claimed ? 1 : -1;
    if (x->kept != y->kept)
        return x->kept ? 1 : -1;
    /* Of a core that is not whole somebody else may have the sibling. */
    if (x->whole != y->whole)
        return x->whole ? -1 : 1;
    return x->lowest < y->lowest ? -1 : 1;
}

static void
add_nodes(VtPinRoom *room)
{
    const VtTopology *host = room->request->host;
    g_autoptr(GHashTable) indexes = g_hash_table_new(NULL, NULL);

    room->n_nodes = host->nodes->len + 1;
    room->nodes = g_new0(VtPinNode, room->n_nodes);
    room->nodes[0].id = -1;
    for (guint i = 0; i < host->nodes->len; i++) {
        room->nodes[i + 1].node = host->nodes->pdata[i];
        room->nodes[i + 1].id = room->nodes[i + 1].node->id;
        g_hash_table_insert(indexes, GINT_TO_POINTER(room->nodes[i + 1].id),
                            GUINT_TO_POINTER(i + 1));
    }
    for (guint i = 0; i < room->n_cores; i++)
        room->cores[i].node = GPOINTER_TO_UINT(
            g_hash_table_lookup(indexes, GINT_TO_POINTER(room->cores[i].core->node)));
}

/* The lowest spare core of a node is its kept one, unless some of its cores are set aside anyway.
 */
static void
keep_cores(VtPinRoom *room)
{
    g_autofree bool *set_aside = g_new0(bool, room->n_nodes);
    const VtPinCore *lowest = NULL;
    bool emulators_known = room->request->emulators != NULL;
    bool busy = false;

    for (guint i = 0; i < room->n_cores; i++) {
        const VtPinCore *core = &room->cores[i];
        VtPinNode *node = &room->nodes[core->node];

        node->busy += !core->free;
        busy |= !core->free;
        if (!vt_pin_core_is_spare(core))
            continue;
        node->spare++;
        room->spare++;
        set_aside[core->node] |= core->reserved || core->hosts_emulators;
        if (!node->kept)
            node->kept = core;
        if (!lowest)
            lowest = core;
    }
    for (guint i = 0; i < room->n_cores; i++) {
        VtPinCore *core = &room->cores[i];

        core->kept = core == room->nodes[core->node].kept && !set_aside[core->node];
    }
    for (guint i = 0; i < room->n_nodes; i++) {
        VtPinNode *node = &room->nodes[i];

        if (set_aside[i])
            node->kept = NULL;
        /* Guests that fill their node have their emulators on the host's lowest core. */
        node->keeps_firmly =
            node->kept && !emulators_known && (node->busy > 0 || (busy && node->kept == lowest));
    }
}

static void
sort_into_places(VtPinRoom *room)
{
    VtPinPlace place = {0};

    room->sorted = g_new(const VtPinCore *, room->n_cores);
    for (guint i = 0; i < room->n_cores; i++)
        room->sorted[i] = &room->cores[i];
    qsort(room->sorted, room->n_cores, sizeof(room->sorted[0]), vt_pin_compare_merit);
    room->places = g_array_new(FALSE, FALSE, sizeof(VtPinPlace));
    for (guint i = 0; i < room->n_cores; i++) {
        const VtPinCore *core = room->sorted[i];

        if (i == 0 || core->node != place.node || core->core->kind != place.kind) {
            place = (VtPinPlace){core->core->kind, core->node, &room->sorted[i], 0};
            g_array_append_val(room->places, place);
        }
        g_array_index(room->places, VtPinPlace, room->places->len - 1).count++;
    }
}

VtPinRoom *
vt_pin_room_new(const VtPinRequest *request)
{
    VtPinRoom *room = g_new0(VtPinRoom, 1);

    room->request = request;
    room->n_cores = request->host->cores->len;
    room->cores = g_new0(VtPinCore, room->n_cores);
    for (guint i = 0; i < room->n_cores; i++) {
        look_at_core(request, request->host->cores->pdata[i], &room->cores[i]);
        room->has_isolated |= !room->cores[i].ordinary;
        room->threads_per_core = MAX(room->threads_per_core, room->cores[i].usable);
    }
    add_nodes(room);
    keep_cores(room);
    sort_into_places(room);
    return room;
}

void
vt_pin_room_free(VtPinRoom *room)
{
    if (!room)
        return;
    g_free(room->cores);
    g_free(room->nodes);
    g_free(room->sorted);
    g_array_unref(room->places);
    g_free(room);
}
