/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: sibling lists, package ids, P/E lists and frequencies of the online CPUs. Out: host cores.
 * Law: a core is what its CPUs agree on. Core ids are not read: they are unique only in a package.
 */
#include "base/i18n.h"
#include "facts/topology-parts.h"

#define CPU_DIR "sys/devices/system/cpu"

/*
 * Up to so many CPUs every one is asked for its siblings, so that contradictions are seen. On
 * larger hosts one CPU of a core answers for the others, unless it claims more than SMT ever has.
 */
#define ASK_ALL_CPUS 128
#define CREDIBLE_SIBLINGS 8

/* Below this share of the top frequency a core is of another kind; turbo favourites are above. */
#define SMALL_CORE_PERCENT 85

/* No hybrid part without P/E lists has more CPUs; larger hosts need not be asked for their L2. */
#define HYBRID_CPUS_MAX 64

/* The old names first: every kernel has them, and where the new ones are they say the same. */
static VtCpuSet *
read_siblings(const VtSysfs *sysfs, const VtTopology *host, unsigned cpu)
{
    VtCpuSet *set = vt_sysfs_read_list(sysfs, CPU_DIR "/cpu%u/topology/thread_siblings_list", cpu);

    if (!set)
        set = vt_sysfs_read_list(sysfs, CPU_DIR "/cpu%u/topology/core_cpus_list", cpu);
    if (!set)
        set = vt_sysfs_read_mask(sysfs, CPU_DIR "/cpu%u/topology/thread_siblings", cpu);
    if (!set)
        set = vt_sysfs_read_mask(sysfs, CPU_DIR "/cpu%u/topology/core_cpus", cpu);
    if (set)
        vt_cpuset_intersect(set, host->online);
    return set;
}

/* An id of @cpu's topology, -1 where sysfs does not tell or has none (which it also calls -1). */
static int
read_id(const VtSysfs *sysfs, unsigned cpu, const char *name)
{
    gint64 id;

    if (!vt_sysfs_read_number(sysfs, &id, CPU_DIR "/cpu%u/topology/%s", cpu, name) || id < 0 ||
        id > G_MAXINT)
        return -1;
    return (int)id;
}

/* One sibling set per CPU number; NULL where the CPU is offline or has no topology at all. */
static GPtrArray *
read_all_siblings(const VtSysfs *sysfs, const VtTopology *host, VtCpuSet *bare)
{
    GPtrArray *lists = g_ptr_array_new_with_free_func((GDestroyNotify)vt_cpuset_free);
    bool ask_all = vt_cpuset_count(host->online) <= ASK_ALL_CPUS;

    g_ptr_array_set_size(lists, VT_CPUSET_MAX);
    for (int cpu = vt_cpuset_next(host->online, 0); cpu >= 0;
         cpu = vt_cpuset_next(host->online, cpu + 1u)) {
        VtCpuSet *set;

        if (lists->pdata[cpu])
            continue;
        set = read_siblings(sysfs, host, (unsigned)cpu);
        if (!set && read_id(sysfs, (unsigned)cpu, "physical_package_id") < 0) {
            vt_cpuset_add(bare, (unsigned)cpu);
            continue;
        }
        if (!set || vt_cpuset_count(set) == 0) {
            vt_cpuset_free(set);
            set = vt_cpuset_new();
            vt_cpuset_add(set, (unsigned)cpu);
        }
        lists->pdata[cpu] = set;
        if (ask_all || vt_cpuset_count(set) > CREDIBLE_SIBLINGS)
            continue;
        for (int other = vt_cpuset_next(set, 0); other >= 0;
             other = vt_cpuset_next(set, other + 1u)) {
            if (!lists->pdata[other])
                lists->pdata[other] = vt_cpuset_copy(set);
        }
    }
    return lists;
}

/* The CPUs that @cpu names as siblings and that name @cpu in return. */
static VtCpuSet *
mutual_siblings(GPtrArray *lists, unsigned cpu)
{
    const VtCpuSet *named = lists->pdata[cpu];
    VtCpuSet *mutual = vt_cpuset_new();

    vt_cpuset_add(mutual, cpu);
    for (int other = vt_cpuset_next(named, 0); other >= 0;
         other = vt_cpuset_next(named, other + 1u)) {
        const VtCpuSet *back = lists->pdata[other];

        if (back && vt_cpuset_has(back, cpu))
            vt_cpuset_add(mutual, (unsigned)other);
    }
    return mutual;
}

static void
add_core(const VtSysfs *sysfs, VtTopology *host, GPtrArray *lists, VtCpuSet *members,
         VtCpuSet *doubtful)
{
    VtHostCore *core = vt_topology_add_core(host);
    int lowest = vt_cpuset_next(members, 0);

    vt_cpuset_union(core->online, members);
    core->package = read_id(sysfs, (unsigned)lowest, "physical_package_id");
    core->die = read_id(sysfs, (unsigned)lowest, "die_id");
    core->isolated = vt_cpuset_overlaps(members, host->isolated);
    for (int cpu = lowest; cpu >= 0; cpu = vt_cpuset_next(members, cpu + 1u)) {
        bool agrees = vt_cpuset_equal(lists->pdata[cpu], members);

        vt_cpuset_add(agrees ? core->cpus : doubtful, (unsigned)cpu);
        /* Even a doubtful claim: a host that may have SMT must not be treated as one without. */
        host->threads_per_core = MAX(host->threads_per_core, vt_cpuset_count(lists->pdata[cpu]));
    }
}

static void
note_cpus(const VtSysfs *sysfs, const VtCpuSet *cpus, const char *what)
{
    g_autofree char *text = vt_cpuset_format(cpus);

    if (vt_cpuset_count(cpus) > 0)
        vt_sysfs_note(sysfs, "%s: %s", what, text);
}

void
vt_topology_read_cores(const VtSysfs *sysfs, VtTopology *host)
{
    g_autoptr(VtCpuSet) bare = vt_cpuset_new();
    g_autoptr(VtCpuSet) doubtful = vt_cpuset_new();
    g_autoptr(VtCpuSet) seen = vt_cpuset_new();
    g_autoptr(GPtrArray) lists = read_all_siblings(sysfs, host, bare);

    for (int cpu = vt_cpuset_next(host->online, 0); cpu >= 0;
         cpu = vt_cpuset_next(host->online, cpu + 1u)) {
        g_autoptr(VtCpuSet) members = NULL;

        if (!lists->pdata[cpu] || vt_cpuset_has(seen, (unsigned)cpu))
            continue;
        members = mutual_siblings(lists, (unsigned)cpu);
        vt_cpuset_subtract(members, seen);
        vt_cpuset_union(seen, members);
        add_core(sysfs, host, lists, members, doubtful);
    }
    note_cpus(sysfs, bare, _("CPUs that are online but have no topology are left alone"));
    note_cpus(sysfs, doubtful,
              _("CPUs that contradict others on who shares a core with them are "
                "left alone"));
}

static unsigned
lowest_cpu(const VtHostCore *core)
{
    return (unsigned)vt_cpuset_next(core->online, 0);
}

static bool
kinds_by_lists(const VtSysfs *sysfs, VtTopology *host)
{
    g_autoptr(VtCpuSet) big = vt_sysfs_read_list(sysfs, "sys/devices/cpu_core/cpus");
    g_autoptr(VtCpuSet) small = vt_sysfs_read_list(sysfs, "sys/devices/cpu_atom/cpus");

    if (!big)
        big = vt_sysfs_read_list(sysfs, "sys/bus/event_source/devices/cpu_core/cpus");
    if (!small)
        small = vt_sysfs_read_list(sysfs, "sys/bus/event_source/devices/cpu_atom/cpus");
    if (!big || !small || vt_cpuset_count(big) == 0 || vt_cpuset_count(small) == 0)
        return false;
    for (guint i = 0; i < host->cores->len; i++) {
        VtHostCore *core = g_ptr_array_index(host->cores, i);

        /* Low-power cores have a list of their own on new kernels: not P is E. */
        core->kind = vt_cpuset_has(big, lowest_cpu(core)) ? VT_CORE_KIND_PERFORMANCE
                                                          : VT_CORE_KIND_EFFICIENCY;
    }
    return true;
}

/* @sizes: a number per core; those for which @is_small says so are the efficiency cores. */
static bool
kinds_by_number(VtTopology *host, const gint64 *sizes, bool (*is_small)(gint64 size, gint64 top))
{
    gint64 top = 0;
    guint small = 0;

    for (guint i = 0; i < host->cores->len; i++)
        top = MAX(top, sizes[i]);
    for (guint i = 0; i < host->cores->len; i++)
        small += is_small(sizes[i], top);
    if (small == 0 || small == host->cores->len)
        return false;
    for (guint i = 0; i < host->cores->len; i++) {
        VtHostCore *core = g_ptr_array_index(host->cores, i);

        core->kind = is_small(sizes[i], top) ? VT_CORE_KIND_EFFICIENCY : VT_CORE_KIND_PERFORMANCE;
    }
    return true;
}

static bool
is_slow(gint64 khz, gint64 top)
{
    return khz < top / 100 * SMALL_CORE_PERCENT;
}

static bool
kinds_by_frequency(const VtSysfs *sysfs, VtTopology *host)
{
    g_autofree gint64 *khz = g_new0(gint64, host->cores->len);

    for (guint i = 0; i < host->cores->len; i++) {
        const VtHostCore *core = g_ptr_array_index(host->cores, i);

        /* Guests as hosts have no cpufreq at all: the first miss ends it. */
        if (!vt_sysfs_read_number(sysfs, &khz[i], CPU_DIR "/cpu%u/cpufreq/cpuinfo_max_freq",
                                  lowest_cpu(core)))
            return false;
    }
    return kinds_by_number(host, khz, is_slow);
}

static bool
is_clustered(gint64 l2_cores, gint64 top)
{
    (void)top;
    return l2_cores > 1;
}

/* How many cores are behind the L2 of each core; 1 where sysfs does not tell. */
static gint64 *
count_l2_cores(const VtSysfs *sysfs, const VtTopology *host)
{
    gint64 *counts = g_new0(gint64, host->cores->len);
    unsigned hint = 2;

    for (guint i = 0; i < host->cores->len; i++) {
        g_autoptr(VtCpuSet) l2 = NULL;
        gint64 count = 0;

        if (counts[i] > 0)
            continue;
        l2 = vt_topology_read_cache(sysfs, host, lowest_cpu(host->cores->pdata[i]), 2, &hint);
        counts[i] = 1;
        for (guint j = i; l2 && j < host->cores->len; j++)
            count += vt_cpuset_overlaps(((VtHostCore *)host->cores->pdata[j])->online, l2);
        for (guint j = i; l2 && j < host->cores->len; j++) {
            if (vt_cpuset_overlaps(((VtHostCore *)host->cores->pdata[j])->online, l2))
                counts[j] = count;
        }
    }
    return counts;
}

/* Small cores come in clusters around an L2; a large core has one for itself. */
static bool
kinds_by_l2(const VtSysfs *sysfs, VtTopology *host)
{
    const VtHostCore *first = host->cores->len > 0 ? host->cores->pdata[0] : NULL;
    g_autofree gint64 *counts = NULL;

    if (vt_cpuset_count(host->online) > HYBRID_CPUS_MAX)
        return false;
    for (guint i = 0; i < host->cores->len; i++) {
        if (((VtHostCore *)host->cores->pdata[i])->package != first->package)
            return false;
    }
    counts = count_l2_cores(sysfs, host);
    return kinds_by_number(host, counts, is_clustered);
}

static bool
is_single(gint64 threads, gint64 top)
{
    return threads == 1 && top > 1;
}

/* With every CPU online, cores without a sibling beside cores with one are another kind. */
static bool
kinds_by_smt(VtTopology *host)
{
    g_autofree gint64 *threads = g_new0(gint64, host->cores->len);

    if (!vt_cpuset_equal(host->possible, host->online))
        return false;
    for (guint i = 0; i < host->cores->len; i++)
        threads[i] = vt_cpuset_count(((VtHostCore *)host->cores->pdata[i])->online);
    return kinds_by_number(host, threads, is_single);
}

void
vt_topology_read_kinds(const VtSysfs *sysfs, VtTopology *host)
{
    guint big = 0;

    if (!kinds_by_lists(sysfs, host) && !kinds_by_frequency(sysfs, host) &&
        !kinds_by_l2(sysfs, host) && !kinds_by_smt(host))
        return;
    for (guint i = 0; i < host->cores->len; i++)
        big += ((VtHostCore *)host->cores->pdata[i])->kind == VT_CORE_KIND_PERFORMANCE;
    if (big > 0 && big < host->cores->len)
        return;
    /* All online cores are of one kind, so there is nothing to choose. */
    for (guint i = 0; i < host->cores->len; i++)
        ((VtHostCore *)host->cores->pdata[i])->kind = VT_CORE_KIND_UNKNOWN;
}
