/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: host topology and the number of cores needed. Out: the best cores by VtPinScore.
 * Law: only sound choices are scored (one node, one kind, a core left for the host), so that the
 * scores decide how good a plan is and never whether it is acceptable.
 */
#include "pin/planner-choose.h"

#include <string.h>

/* Usable cores of one kind in one node behind one L3 domain. */
typedef struct {
    int l3;
    GPtrArray *cores; /* const VtHostCore* */
} Group;

static void
group_free(Group *group)
{
    g_ptr_array_unref(group->cores);
    g_free(group);
}

static unsigned
lowest_cpu(const VtHostCore *core)
{
    return (unsigned)vt_cpuset_next(core->online, 0);
}

/* A core that may stay with the host or run the emulator: not a guest's, and not isolated. */
bool
vt_pin_can_be_spare(const VtPinJob *job, const VtHostCore *core)
{
    return !core->isolated && !vt_cpuset_overlaps(core->online, job->taken) &&
           vt_cpuset_count(core->cpus) > 0;
}

bool
vt_pin_can_hold_vcpus(const VtPinJob *job, const VtHostCore *core)
{
    return vt_pin_can_be_spare(job, core) && !vt_cpuset_overlaps(core->online, job->reserved) &&
           vt_cpuset_count(core->cpus) >= job->vcpus_per_core;
}

bool
vt_pin_is_reserved(const VtPinJob *job, const VtHostCore *core)
{
    return vt_cpuset_overlaps(core->cpus, job->reserved);
}

/* The core of @node that is the last to be given away: none if the administrator reserved some. */
static const VtHostCore *
core_to_keep(const VtPinJob *job, int node)
{
    const VtHostCore *lowest = NULL;

    for (guint i = 0; i < job->host->cores->len; i++) {
        const VtHostCore *core = job->host->cores->pdata[i];

        if (core->node != node || !vt_pin_can_be_spare(job, core))
            continue;
        if (vt_pin_is_reserved(job, core))
            return NULL;
        if (!lowest)
            lowest = core;
    }
    return lowest;
}

static Group *
find_group(GPtrArray *groups, int l3)
{
    Group *group;

    for (guint i = 0; i < groups->len; i++) {
        group = groups->pdata[i];
        if (group->l3 == l3)
            return group;
    }
    group = g_new0(Group, 1);
    group->l3 = l3;
    group->cores = g_ptr_array_new();
    g_ptr_array_add(groups, group);
    return group;
}

/* Cores of which the cgroup holds back a sibling come last: somebody else may be there. */
static GPtrArray *
collect_groups(const VtPinJob *job, VtCoreKind kind, int node, const VtHostCore *kept)
{
    GPtrArray *groups = g_ptr_array_new_with_free_func((GDestroyNotify)group_free);

    for (unsigned pass = 0; pass < 2; pass++) {
        for (guint i = 0; i < job->host->cores->len; i++) {
            const VtHostCore *core = job->host->cores->pdata[i];
            bool whole = vt_cpuset_equal(core->cpus, core->online);

            if (whole == (pass == 0) && core != kept && core->kind == kind && core->node == node &&
                vt_pin_can_hold_vcpus(job, core))
                g_ptr_array_add(find_group(groups, core->l3)->cores, (gpointer)core);
        }
    }
    return groups;
}

static int
compare_groups(gconstpointer a, gconstpointer b)
{
    const Group *x = *(Group *const *)a;
    const Group *y = *(Group *const *)b;

    /* Cores outside every L3 domain are low-power ones: only if nothing else is left. */
    if ((x->l3 < 0) != (y->l3 < 0))
        return x->l3 < 0 ? 1 : -1;
    if (x->cores->len != y->cores->len)
        return x->cores->len > y->cores->len ? -1 : 1;
    return x->l3 - y->l3;
}

static int
compare_cores(gconstpointer a, gconstpointer b)
{
    const VtHostCore *x = *(VtHostCore *const *)a;
    const VtHostCore *y = *(VtHostCore *const *)b;

    if (x->l3 != y->l3)
        return (guint)x->l3 < (guint)y->l3 ? -1 : 1; /* -1, none, behind all others */
    return lowest_cpu(x) < lowest_cpu(y) ? -1 : 1;
}

static guint
rank_memory(const VtPinJob *job, int node_id)
{
    const VtHostNode *node = vt_topology_find_node(job->host, node_id);

    if (!node)
        return job->host->nodes->len > 0 ? 3 : 0;
    if (!node->memory_known)
        return 0;
    if (node->memory_kib == 0)
        return 2;
    return node->memory_kib < job->shape->memory_kib ? 1 : 0;
}

/* Whether a core is left that no guest holds; with @node only a core of that node counts. */
static bool
leaves_core(const VtPinJob *job, const GPtrArray *chosen, const int *node)
{
    for (guint i = 0; i < job->host->cores->len; i++) {
        gpointer core = job->host->cores->pdata[i];

        if (vt_pin_can_be_spare(job, core) && !g_ptr_array_find((GPtrArray *)chosen, core, NULL) &&
            (!node || ((const VtHostCore *)core)->node == *node))
            return true;
    }
    return false;
}

/* @chosen becomes the best choice if it is sound and better than what there was. */
static void
consider(const VtPinJob *job, VtPinChoice *best, GPtrArray *chosen, guint left_over)
{
    const VtHostCore *host_core = job->host->cores->pdata[0];
    const VtHostCore *first;
    guint score[VT_PIN_SCORE_LAST] = {0};
    int last_l3 = G_MININT;

    if (!leaves_core(job, chosen, NULL))
        return;
    g_ptr_array_sort(chosen, compare_cores);
    first = chosen->pdata[0];
    score[VT_PIN_SCORE_KIND] = first->kind == VT_CORE_KIND_EFFICIENCY;
    score[VT_PIN_SCORE_MEMORY] = rank_memory(job, first->node);
    score[VT_PIN_SCORE_HOST_CORE] = g_ptr_array_find(chosen, host_core, NULL);
    score[VT_PIN_SCORE_EMULATOR] = !leaves_core(job, chosen, &first->node);
    score[VT_PIN_SCORE_LEFT_OVER] = left_over;
    score[VT_PIN_SCORE_NODE] = (guint)first->node;
    score[VT_PIN_SCORE_LOWEST_CPU] = lowest_cpu(first);
    for (guint i = 0; i < chosen->len; i++) {
        const VtHostCore *core = chosen->pdata[i];

        if (core->l3 != last_l3)
            score[VT_PIN_SCORE_L3_DOMAINS] +=
                core->l3 < 0 && job->host->l3_domains->len > 0 ? 2 : 1;
        last_l3 = core->l3;
    }
    for (guint i = 0; best->cores && i < VT_PIN_SCORE_LAST; i++) {
        if (score[i] < best->score[i])
            break;
        if (score[i] > best->score[i] || i == VT_PIN_SCORE_LAST - 1)
            return;
    }
    g_clear_pointer(&best->cores, g_ptr_array_unref);
    best->cores = g_ptr_array_ref(chosen);
    best->node = first->node;
    memcpy(best->score, score, sizeof(score));
}

static void
take_cores(GPtrArray *chosen, const Group *group, guint count)
{
    for (guint i = 0; i < count; i++)
        g_ptr_array_add(chosen, group->cores->pdata[i]);
}

static void
consider_single_domains(const VtPinJob *job, VtPinChoice *best, GPtrArray *groups)
{
    for (guint i = 0; i < groups->len; i++) {
        const Group *group = groups->pdata[i];
        g_autoptr(GPtrArray) chosen = g_ptr_array_new();

        if (group->cores->len < job->need)
            continue;
        take_cores(chosen, group, job->need);
        consider(job, best, chosen, group->cores->len - job->need);
    }
}

/* The largest groups make the fewest; what they do not hold goes to the tightest one that can. */
static void
consider_several_domains(const VtPinJob *job, VtPinChoice *best, GPtrArray *groups)
{
    g_autoptr(GPtrArray) chosen = g_ptr_array_new();
    const Group *last = NULL;
    guint used = 0;
    guint rest;

    g_ptr_array_sort(groups, compare_groups);
    while (used < groups->len &&
           chosen->len + ((Group *)groups->pdata[used])->cores->len < job->need) {
        const Group *group = groups->pdata[used++];

        take_cores(chosen, group, group->cores->len);
    }
    if (used == groups->len)
        return;
    rest = job->need - chosen->len;
    for (guint i = used; i < groups->len; i++) {
        const Group *group = groups->pdata[i];

        if (group->cores->len >= rest &&
            (!last || (group->l3 >= 0 && group->cores->len < last->cores->len)))
            last = group;
    }
    take_cores(chosen, last, rest);
    consider(job, best, chosen, last->cores->len - rest);
}

void
vt_pin_for_each_place(const VtPinJob *job, VtPinPlaceFunc func, gpointer data)
{
    static const VtCoreKind kinds[] = {VT_CORE_KIND_UNKNOWN, VT_CORE_KIND_PERFORMANCE,
                                       VT_CORE_KIND_EFFICIENCY};

    for (guint k = 0; k < G_N_ELEMENTS(kinds); k++) {
        func(job, kinds[k], -1, data);
        for (guint i = 0; i < job->host->nodes->len; i++)
            func(job, kinds[k], ((const VtHostNode *)job->host->nodes->pdata[i])->id, data);
    }
}

static void
consider_place(const VtPinJob *job, VtCoreKind kind, int node, gpointer data)
{
    const VtHostCore *kept = core_to_keep(job, node);
    g_autoptr(GPtrArray) most = collect_groups(job, kind, node, kept);
    g_autoptr(GPtrArray) all = collect_groups(job, kind, node, NULL);

    consider_single_domains(job, data, most);
    consider_single_domains(job, data, all);
    consider_several_domains(job, data, most);
    consider_several_domains(job, data, all);
}

bool
vt_pin_choose(const VtPinJob *job, VtPinChoice *ret_choice)
{
    VtPinChoice best = {NULL, -1, {0}};

    vt_pin_for_each_place(job, consider_place, &best);
    if (!best.cores)
        return false;
    *ret_choice = best;
    return true;
}
