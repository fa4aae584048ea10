/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: the cache and node folders. Out: L3 domains and NUMA nodes, and which of them a core is in.
 * Law: only sharing lists count, never the order of ids; nodes that contradict each other are
 * unknown, because a wrong node costs more than none.
 */
#include <string.h>

#include "base/i18n.h"
#include "facts/topology-parts.h"

#define CPU_DIR "sys/devices/system/cpu"
#define NODE_DIR "sys/devices/system/node"

/* cache/index0 to index3 on what exists; the bound is against captures that never end. */
#define CACHE_INDEX_MAX 16

static bool
has_level(const VtSysfs *sysfs, unsigned cpu, unsigned index, unsigned level, bool *ret_exists)
{
    gint64 found;

    *ret_exists =
        vt_sysfs_read_number(sysfs, &found, CPU_DIR "/cpu%u/cache/index%u/level", cpu, index);
    return *ret_exists && found == level;
}

VtCpuSet *
vt_topology_read_cache(const VtSysfs *sysfs, const VtTopology *host, unsigned cpu, unsigned level,
                       unsigned *hint)
{
    unsigned index = *hint;
    bool exists;
    bool found = has_level(sysfs, cpu, index, level, &exists);
    VtCpuSet *set;

    exists = true;
    for (unsigned i = 0; !found && exists && i < CACHE_INDEX_MAX; i++) {
        if (i == *hint)
            continue;
        found = has_level(sysfs, cpu, i, level, &exists);
        index = i;
    }
    if (!found)
        return NULL;
    *hint = index;
    set = vt_sysfs_read_list(sysfs, CPU_DIR "/cpu%u/cache/index%u/shared_cpu_list", cpu, index);
    if (!set)
        set = vt_sysfs_read_mask(sysfs, CPU_DIR "/cpu%u/cache/index%u/shared_cpu_map", cpu, index);
    if (set) {
        vt_cpuset_intersect(set, host->online);
        vt_cpuset_add(set, cpu);
    }
    return set;
}

static int
compare_domains(gconstpointer a, gconstpointer b)
{
    return vt_cpuset_next(*(VtCpuSet *const *)a, 0) - vt_cpuset_next(*(VtCpuSet *const *)b, 0);
}

static unsigned
count_cores(const VtTopology *host, const VtCpuSet *cpus)
{
    unsigned count = 0;

    for (guint i = 0; i < host->cores->len; i++)
        count += vt_cpuset_overlaps(((VtHostCore *)host->cores->pdata[i])->online, cpus);
    return count;
}

/* Hosts before the L3 share their L2; one that only the siblings of a core share says nothing. */
static void
take_shared_l2(VtTopology *host, GPtrArray *l2_domains)
{
    for (guint i = 0; i < l2_domains->len; i++) {
        if (count_cores(host, l2_domains->pdata[i]) > 1)
            g_ptr_array_add(host->l3_domains, vt_cpuset_copy(l2_domains->pdata[i]));
    }
}

static void
assign_domains(VtTopology *host)
{
    g_ptr_array_sort(host->l3_domains, compare_domains);
    for (guint i = 0; i < host->cores->len; i++) {
        VtHostCore *core = host->cores->pdata[i];
        unsigned lowest = (unsigned)vt_cpuset_next(core->online, 0);

        for (guint j = 0; j < host->l3_domains->len; j++) {
            if (vt_cpuset_has(host->l3_domains->pdata[j], lowest))
                core->l3 = (int)j;
        }
    }
}

void
vt_topology_read_l3_domains(const VtSysfs *sysfs, VtTopology *host)
{
    g_autoptr(GPtrArray) l2_domains =
        g_ptr_array_new_with_free_func((GDestroyNotify)vt_cpuset_free);
    g_autoptr(VtCpuSet) seen = vt_cpuset_new();
    bool contradicts = false;
    unsigned l3_hint = 3;
    unsigned l2_hint = 2;

    for (guint i = 0; i < host->cores->len; i++) {
        const VtHostCore *core = host->cores->pdata[i];
        unsigned cpu = (unsigned)vt_cpuset_next(core->online, 0);
        VtCpuSet *domain;

        /* One CPU answers for its domain; those with whom it shares an L2 share its want of L3. */
        if (vt_cpuset_has(seen, cpu))
            continue;
        domain = vt_topology_read_cache(sysfs, host, cpu, 3, &l3_hint);
        if (domain)
            g_ptr_array_add(host->l3_domains, domain);
        else if ((domain = vt_topology_read_cache(sysfs, host, cpu, 2, &l2_hint)))
            g_ptr_array_add(l2_domains, domain);
        else
            continue;
        contradicts |= vt_cpuset_overlaps(domain, seen);
        vt_cpuset_subtract(domain, seen);
        vt_cpuset_union(seen, domain);
    }
    if (contradicts)
        vt_sysfs_note(sysfs, "%s",
                      _("CPUs contradict each other on who shares a cache with them; "
                        "the lowest CPU was believed"));
    if (host->l3_domains->len == 0)
        take_shared_l2(host, l2_domains);
    assign_domains(host);
}

/* The value behind "Node 3 MemTotal:" in kB, as the kernel has it. */
static bool
find_kib(const char *meminfo, const char *label, guint64 *ret_kib)
{
    const char *at = strstr(meminfo, label);
    char *end;
    guint64 kib;

    if (!at)
        return false;
    at += strlen(label);
    kib = g_ascii_strtoull(at, &end, 10);
    if (end == at)
        return false;
    *ret_kib = kib;
    return true;
}

static void
read_node(const VtSysfs *sysfs, VtTopology *host, int id)
{
    VtHostNode *node = vt_topology_add_node(host, id);
    g_autoptr(VtCpuSet) cpus = vt_sysfs_read_list(sysfs, NODE_DIR "/node%d/cpulist", id);
    g_autofree char *meminfo = vt_sysfs_read_text(sysfs, NODE_DIR "/node%d/meminfo", id);

    if (!cpus)
        cpus = vt_sysfs_read_mask(sysfs, NODE_DIR "/node%d/cpumap", id);
    if (cpus) {
        vt_cpuset_intersect(cpus, host->online);
        vt_cpuset_union(node->cpus, cpus);
    }
    if (meminfo && find_kib(meminfo, "MemTotal:", &node->memory_kib)) {
        node->memory_known = true;
        find_kib(meminfo, "MemFree:", &node->free_memory_kib);
    }
}

/* One number for each online node, in the order of their ids. */
static void
read_distances(const VtSysfs *sysfs, const VtTopology *host, VtHostNode *node)
{
    g_autofree char *text = vt_sysfs_read_text(sysfs, NODE_DIR "/node%d/distance", node->id);
    g_auto(GStrv) words = text ? g_strsplit_set(text, " \t", -1) : NULL;
    g_autoptr(GArray) distances = g_array_new(FALSE, FALSE, sizeof(unsigned));

    for (char **word = words; word && *word; word++) {
        guint64 number;

        if (**word == '\0')
            continue;
        if (!g_ascii_string_to_unsigned(*word, 10, 1, G_MAXINT, &number, NULL))
            break;
        g_array_append_vals(distances, &(unsigned){(unsigned)number}, 1);
    }
    if (distances->len == host->nodes->len)
        node->distances = g_steal_pointer(&distances);
    else if (words)
        vt_sysfs_note(sysfs,
                      _("the distances of node %d do not match the %u nodes; they are left aside"),
                      node->id, host->nodes->len);
}

static bool
nodes_overlap(const VtTopology *host)
{
    g_autoptr(VtCpuSet) seen = vt_cpuset_new();

    for (guint i = 0; i < host->nodes->len; i++) {
        const VtHostNode *node = host->nodes->pdata[i];

        if (vt_cpuset_overlaps(seen, node->cpus))
            return true;
        vt_cpuset_union(seen, node->cpus);
    }
    return false;
}

/* A core is in the node of its lowest CPU; siblings that sysfs puts elsewhere are left alone. */
static void
assign_node(const VtHostNode *node, VtHostCore *core, VtCpuSet *astray)
{
    unsigned lowest = (unsigned)vt_cpuset_next(core->online, 0);
    g_autoptr(VtCpuSet) elsewhere = NULL;

    if (!vt_cpuset_has(node->cpus, lowest))
        return;
    core->node = node->id;
    elsewhere = vt_cpuset_copy(core->cpus);
    vt_cpuset_subtract(elsewhere, node->cpus);
    vt_cpuset_subtract(core->cpus, elsewhere);
    vt_cpuset_union(astray, elsewhere);
}

void
vt_topology_read_nodes(const VtSysfs *sysfs, VtTopology *host)
{
    g_autoptr(VtCpuSet) ids = vt_sysfs_list_ids(sysfs, NODE_DIR, "node");
    g_autoptr(VtCpuSet) astray = vt_cpuset_new();

    for (int id = vt_cpuset_next(ids, 0); id >= 0; id = vt_cpuset_next(ids, id + 1u))
        read_node(sysfs, host, id);
    for (guint i = 0; i < host->nodes->len; i++)
        read_distances(sysfs, host, host->nodes->pdata[i]);
    if (nodes_overlap(host)) {
        vt_sysfs_note(sysfs, "%s",
                      _("several NUMA nodes claim the same CPUs, which is a fault of "
                        "the firmware; the host is treated as one without nodes"));
        g_ptr_array_set_size(host->nodes, 0);
        return;
    }
    for (guint i = 0; i < host->nodes->len; i++) {
        for (guint j = 0; j < host->cores->len; j++)
            assign_node(host->nodes->pdata[i], host->cores->pdata[j], astray);
    }
    if (vt_cpuset_count(astray) > 0) {
        g_autofree char *text = vt_cpuset_format(astray);

        vt_sysfs_note(sysfs,
                      _("CPUs %s are in another NUMA node than a CPU of the same core; they "
                        "are left alone"),
                      text);
    }
}
