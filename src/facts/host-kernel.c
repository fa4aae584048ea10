/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the host's kernel is set: what only its administrator can change, for all guests at once. A
 * file that is not there stays unknown: a kernel without the knob is not one that has it off.
 */
#include <string.h>

#include "base/i18n.h"
#include "facts/build.h"
#include "facts/sysfs.h"

#define NODES "sys/devices/system/node"

static void
set_number(VtFacts *facts, const char *name, const VtSysfs *sysfs, const char *path)
{
    gint64 number;

    if (vt_sysfs_read_number(sysfs, &number, "%s", path))
        vt_facts_set_int(facts, name, number, path);
    else
        vt_facts_set_unknown(facts, name, _("the kernel has no such setting"));
}

static void
set_word(VtFacts *facts, const char *name, const VtSysfs *sysfs, const char *path)
{
    g_autofree char *text = vt_sysfs_read_text(sysfs, "%s", path);

    if (text)
        vt_facts_set_string(facts, name, text, path);
    else
        vt_facts_set_unknown(facts, name, _("the kernel has no such setting"));
}

/* "always [madvise] never" */
static void
set_transparent_hugepages(VtFacts *facts, const VtSysfs *sysfs)
{
    const char *path = "sys/kernel/mm/transparent_hugepage/enabled";
    g_autofree char *text = vt_sysfs_read_text(sysfs, "%s", path);
    const char *open = text ? strchr(text, '[') : NULL;
    const char *close = open ? strchr(open, ']') : NULL;
    g_autofree char *chosen = close ? g_strndup(open + 1, (gsize)(close - open - 1)) : NULL;

    if (chosen)
        vt_facts_set_string(facts, "host.thp", chosen, path);
    else
        vt_facts_set_unknown(facts, "host.thp", _("the kernel has no such setting"));
}

/* "MemTotal:  32817344 kB" */
static void
set_meminfo(VtFacts *facts, const char *name, const char *meminfo, const char *field)
{
    g_autofree char *start = g_strconcat("\n", field, ":", NULL);
    const char *line = strstr(meminfo, start);
    gint64 kib = line ? g_ascii_strtoll(line + strlen(start), NULL, 10) : 0;

    if (kib > 0)
        vt_facts_set_int(facts, name, kib, "proc/meminfo");
    else
        vt_facts_set_unknown(facts, name, _("proc/meminfo does not tell"));
}

/* Pages of a pool, so many at most that they can be added up: a captured host may say anything, and
 * a limit as high as it will go is a way to set none. */
static bool
read_pages(const VtSysfs *sysfs, const char *pool, const char *file, gint64 *ret_pages)
{
    gint64 pages;

    if (!vt_sysfs_read_number(sysfs, &pages, "%s/%s", pool, file))
        return false;
    *ret_pages = CLAMP(pages, 0, G_MAXUINT32);
    return true;
}

/* One pool of huge pages: of all nodes together, node -1, or of one. */
static void
add_pool(VtFacts *facts, const VtSysfs *sysfs, const char *folder, int node, unsigned page_kib)
{
    g_autofree char *pool = g_strdup_printf("%s/hugepages-%ukB", folder, page_kib);
    gint64 pages, free_pages, more = 0;
    VtFacts *record;

    if (!read_pages(sysfs, pool, "nr_hugepages", &pages) ||
        !read_pages(sysfs, pool, "free_hugepages", &free_pages))
        return;
    read_pages(sysfs, pool, "nr_overcommit_hugepages", &more); /* not for a node */
    record = vt_facts_add_record(facts, "host.hugepages", folder);
    vt_facts_set_int(record, "host.hugepages.page_kib", page_kib, pool);
    vt_facts_set_int(record, "host.hugepages.node", node, pool);
    vt_facts_set_int(record, "host.hugepages.pages", pages + more, pool);
    vt_facts_set_int(record, "host.hugepages.free_pages", free_pages, pool);
}

static void
set_hugepages(VtFacts *facts, const VtSysfs *sysfs)
{
    static const unsigned page_kib[] = {2048, 1048576}; /* what x86 has */
    g_autoptr(VtCpuSet) nodes = vt_sysfs_list_ids(sysfs, NODES, "node");

    for (gsize i = 0; i < G_N_ELEMENTS(page_kib); i++) {
        add_pool(facts, sysfs, "sys/kernel/mm/hugepages", -1, page_kib[i]);
        for (int node = vt_cpuset_next(nodes, 0); node >= 0;
             node = vt_cpuset_next(nodes, (unsigned)node + 1)) {
            g_autofree char *folder = g_strdup_printf(NODES "/node%d/hugepages", node);
            add_pool(facts, sysfs, folder, node, page_kib[i]);
        }
    }
    vt_facts_set_unknown(facts, "host.hugepages", _("the kernel tells of no pools of huge pages"));
}

/* The hardware's ability, whatever the module's parameter says: Intel's is among the flags of VMX
 * (Linux arch/x86/kernel/cpu/feat_ctl.c), AMD's among those of the CPU. */
static void
set_apicv_capable(VtFacts *facts, const char *cpuinfo)
{
    bool amd = g_strcmp0(vt_facts_get_string(facts, "host.cpu_vendor"), "amd") == 0;
    const char *line = strstr(cpuinfo, amd ? "\nflags" : "\nvmx flags");
    g_autofree char *flags = line ? g_strndup(line + 1, strcspn(line + 1, "\n")) : NULL;
    g_auto(GStrv) words = flags ? g_strsplit_set(flags, " \t:", -1) : NULL;

    if (words)
        vt_facts_set_bool(facts, "host.apicv_capable",
                          g_strv_contains((const char *const *)words, amd ? "avic" : "apicv"),
                          "proc/cpuinfo");
    else
        vt_facts_set_unknown(facts, "host.apicv_capable", _("proc/cpuinfo does not tell"));
}

/* Frequency scaling is set for each CPU, but hardly ever otherwise than for all: the first speaks
 * for them. */
static void
set_cpufreq(VtFacts *facts, const VtSysfs *sysfs)
{
    set_word(facts, "host.cpufreq_driver", sysfs,
             "sys/devices/system/cpu/cpu0/cpufreq/scaling_driver");
    set_word(facts, "host.cpufreq_governor", sysfs,
             "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
}

void
vt_facts_from_host_kernel(VtFacts *facts, const char *root)
{
    const VtSysfs sysfs = {.root = root};
    g_autofree char *cpuinfo = vt_sysfs_read_text(&sysfs, "proc/cpuinfo");
    g_autofree char *meminfo_text = vt_sysfs_read_text(&sysfs, "proc/meminfo");
    g_autofree char *meminfo = g_strconcat("\n", meminfo_text, NULL);

    set_apicv_capable(facts, cpuinfo ? cpuinfo : "");
    set_number(facts, "host.halt_poll_ns", &sysfs, "sys/module/kvm/parameters/halt_poll_ns");
    set_number(facts, "host.ple_gap", &sysfs, "sys/module/kvm_intel/parameters/ple_gap");
    set_number(facts, "host.ksm_run", &sysfs, "sys/kernel/mm/ksm/run");
    set_transparent_hugepages(facts, &sysfs);
    set_cpufreq(facts, &sysfs);
    set_meminfo(facts, "host.memory_kib", meminfo, "MemTotal");
    set_meminfo(facts, "host.default_hugepage_kib", meminfo, "Hugepagesize");
    set_hugepages(facts, &sysfs);
}
