/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: room, and a need that no node can hold. Out: the best cores over the fewest nodes.
 * Law: as many nodes as it takes and no more; which ones, the scores say.
 */
#include "pin/planner-choose.h"

/* From so many nodes the nearest are tried; more would cost with the square of the nodes. */
#define SEEDS_MAX 16

typedef struct {
    const VtPinPlace *place;
    guint capacity;    /* cores that suit */
    unsigned distance; /* from the seed */
    guint memory;      /* rank */
    bool is_hosts;     /* the host's lowest core is there: among equals the last */
} Candidate;

static int
compare_capacity(gconstpointer a, gconstpointer b)
{
    const Candidate *x = a;
    const Candidate *y = b;

    if (x->capacity != y->capacity)
        return x->capacity > y->capacity ? -1 : 1;
    if (x->memory != y->memory)
        return x->memory < y->memory ? -1 : 1;
    if (x->is_hosts != y->is_hosts)
        return x->is_hosts ? 1 : -1;
    return x->place->node < y->place->node ? -1 : 1;
}

static int
compare_distance(gconstpointer a, gconstpointer b)
{
    const Candidate *x = a;
    const Candidate *y = b;

    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    return compare_capacity(a, b);
}

/* The places of a kind with something to offer. */
static GArray *
list_candidates(const VtPinRoom *room, const VtPinNeed *need, VtCoreKind kind)
{
    GArray *candidates = g_array_new(FALSE, FALSE, sizeof(Candidate));

    for (guint i = 0; i < room->places->len; i++) {
        Candidate candidate = {&g_array_index(room->places, VtPinPlace, i), 0, 0, 0, false};

        if (candidate.place->kind != kind)
            continue;
        for (guint j = 0; j < candidate.place->count; j++)
            candidate.capacity += vt_pin_core_suits(room, need, candidate.place->cores[j]);
        candidate.memory = vt_pin_rank_memory(room, &candidate.place->node, 1);
        candidate.is_hosts = candidate.place->node == room->cores[0].node;
        if (candidate.capacity > 0)
            g_array_append_val(candidates, candidate);
    }
    return candidates;
}

/* Tries the first @count of the candidates. */
static void
consider_first(const VtPinRoom *room, const VtPinNeed *need, const GArray *candidates, guint count,
               VtPinChoice *best)
{
    g_autofree const VtPinPlace **places = g_new(const VtPinPlace *, count);
    guint capacity = 0;

    for (guint i = 0; i < count; i++) {
        const Candidate *candidate = &g_array_index(candidates, Candidate, i);

        places[i] = candidate->place;
        capacity += candidate->capacity;
    }
    if (capacity >= need->cores)
        vt_pin_consider_places(room, need, places, count, best);
}

static void
consider_kind(const VtPinRoom *room, const VtPinNeed *need, VtCoreKind kind, VtPinChoice *best)
{
    g_autoptr(GArray) candidates = list_candidates(room, need, kind);
    g_autoptr(GArray) by_distance = NULL;
    guint capacity = 0;
    guint count = 0;

    g_array_sort(candidates, compare_capacity);
    while (count < candidates->len && capacity < need->cores)
        capacity += g_array_index(candidates, Candidate, count++).capacity;
    if (capacity < need->cores)
        return;
    consider_first(room, need, candidates, count, best);
    by_distance = g_array_copy(candidates);
    for (guint seed = 0; seed < MIN(candidates->len, SEEDS_MAX); seed++) {
        const VtPinPlace *from = g_array_index(candidates, Candidate, seed).place;

        for (guint i = 0; i < by_distance->len; i++) {
            Candidate *candidate = &g_array_index(by_distance, Candidate, i);

            candidate->distance =
                candidate->place == from
                    ? 0
                    : vt_topology_distance(room->request->host, room->nodes[from->node].id,
                                           room->nodes[candidate->place->node].id);
        }
        g_array_sort(by_distance, compare_distance);
        consider_first(room, need, by_distance, count, best);
    }
}

void
vt_pin_consider_spans(const VtPinRoom *room, const VtPinNeed *need, VtPinChoice *best)
{
    static const VtCoreKind kinds[] = {VT_CORE_KIND_UNKNOWN, VT_CORE_KIND_PERFORMANCE,
                                       VT_CORE_KIND_EFFICIENCY};

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        consider_kind(room, need, kinds[i], best);
}
