/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../remove-tree.h"
#include "base/cpuset.h"

/*
 * Made-up hosts: a few numbers become a sysfs tree in a temporary folder, which a test may then
 * spoil with fake_write and fake_remove.
 */
typedef struct {
    unsigned nodes;        /* each a package of its own */
    unsigned domains;      /* L3 domains a node */
    unsigned cores;        /* a domain */
    unsigned threads;      /* a core */
    bool adjacent;         /* siblings are 0,1 and not 0,N */
    bool round_robin;      /* cores are numbered over the nodes in turn */
    bool masks;            /* an old kernel: no *_list files */
    bool without_l3;       /* only L2 */
    unsigned cores_per_l2; /* 0 = 1 */
} FakeHost;

typedef struct {
    char *path;
} FakeRoot;

static inline unsigned
fake_core_count(const FakeHost *host)
{
    return host->nodes * host->domains * host->cores;
}

/* The CPU number of a thread of a core, cores counted through node by node. */
static inline unsigned
fake_cpu(const FakeHost *host, unsigned core, unsigned thread)
{
    unsigned per_node = host->domains * host->cores;
    unsigned number = host->round_robin ? core % per_node * host->nodes + core / per_node : core;

    return host->adjacent ? number * host->threads + thread
                          : number + thread * fake_core_count(host);
}

/* The CPUs of some cores in a row. */
static inline VtCpuSet *
fake_cpus(const FakeHost *host, unsigned first_core, unsigned count)
{
    VtCpuSet *set = vt_cpuset_new();

    for (unsigned core = first_core; core < first_core + count; core++) {
        for (unsigned thread = 0; thread < host->threads; thread++)
            vt_cpuset_add(set, fake_cpu(host, core, thread));
    }
    return set;
}

/* Below @root, the path made from @format gets @text and a new line. */
static inline void G_GNUC_PRINTF(3, 4)
    fake_write(const FakeRoot *root, const char *text, const char *format, ...)
{
    g_autofree char *line = g_strdup_printf("%s\n", text);
    g_autofree char *path = NULL;
    g_autofree char *full = NULL;
    g_autofree char *folder = NULL;
    FILE *file;
    va_list args;

    va_start(args, format);
    path = g_strdup_vprintf(format, args);
    va_end(args);
    full = g_build_filename(root->path, path, NULL);
    folder = g_path_get_dirname(full);
    file = g_fopen(full, "w"); /* not g_file_set_contents, which is slow because it is safe */
    if (!file && g_mkdir_with_parents(folder, 0700) == 0)
        file = g_fopen(full, "w");
    if (!file || fputs(line, file) < 0 || fclose(file) != 0)
        g_error("cannot write %s", full);
}

/* A file, or a folder with all that is in it. */
static inline void G_GNUC_PRINTF(2, 3) fake_remove(const FakeRoot *root, const char *format, ...)
{
    g_autofree char *path = NULL;
    g_autofree char *full = NULL;
    va_list args;

    va_start(args, format);
    path = g_strdup_vprintf(format, args);
    va_end(args);
    full = g_build_filename(root->path, path, NULL);
    remove_tree(full);
}

static inline char *
fake_mask(const VtCpuSet *set)
{
    GString *text = g_string_new(NULL);
    unsigned words = 1;

    for (int cpu = vt_cpuset_next(set, 0); cpu >= 0; cpu = vt_cpuset_next(set, cpu + 1u))
        words = (unsigned)cpu / 32 + 1;
    for (unsigned word = words; word > 0; word--) {
        guint32 value = 0;

        for (unsigned bit = 0; bit < 32; bit++)
            value |= (guint32)vt_cpuset_has(set, (word - 1) * 32 + bit) << bit;
        g_string_append_printf(text, "%s%08x", word < words ? "," : "", value);
    }
    return g_string_free(text, FALSE);
}

/* A list, or the mask that old kernels have in its place; the path is that of the mask. */
static inline void G_GNUC_PRINTF(5, 6)
    fake_write_set(const FakeRoot *root, const FakeHost *host, VtCpuSet *set, const char *list_name,
                   const char *format, ...)
{
    g_autoptr(VtCpuSet) owned = set;
    g_autofree char *text = host->masks ? fake_mask(owned) : vt_cpuset_format(owned);
    g_autofree char *path = NULL;
    g_autofree char *folder = NULL;
    va_list args;

    va_start(args, format);
    path = g_strdup_vprintf(format, args);
    va_end(args);
    folder = g_path_get_dirname(path);
    if (host->masks)
        fake_write(root, text, "%s", path);
    else
        fake_write(root, text, "%s/%s", folder, list_name);
}

static inline void
fake_write_cpu(const FakeRoot *root, const FakeHost *host, unsigned core, unsigned cpu)
{
    unsigned per_l2 = MAX(host->cores_per_l2, 1);
    unsigned per_node = host->domains * host->cores;
    g_autofree char *package = g_strdup_printf("%u", core / per_node);
    g_autofree char *core_id = g_strdup_printf("%u", core % per_node);
    const char *dir = "sys/devices/system/cpu";

    fake_write(root, package, "%s/cpu%u/topology/physical_package_id", dir, cpu);
    fake_write(root, core_id, "%s/cpu%u/topology/core_id", dir, cpu);
    fake_write_set(root, host, fake_cpus(host, core, 1), "thread_siblings_list",
                   "%s/cpu%u/topology/thread_siblings", dir, cpu);
    fake_write(root, "1", "%s/cpu%u/cache/index0/level", dir, cpu);
    fake_write(root, "2", "%s/cpu%u/cache/index1/level", dir, cpu);
    fake_write_set(root, host, fake_cpus(host, core / per_l2 * per_l2, per_l2), "shared_cpu_list",
                   "%s/cpu%u/cache/index1/shared_cpu_map", dir, cpu);
    if (host->without_l3)
        return;
    fake_write(root, "3", "%s/cpu%u/cache/index2/level", dir, cpu);
    fake_write_set(root, host, fake_cpus(host, core / host->cores * host->cores, host->cores),
                   "shared_cpu_list", "%s/cpu%u/cache/index2/shared_cpu_map", dir, cpu);
}

static inline void
fake_write_node(const FakeRoot *root, const FakeHost *host, unsigned node)
{
    unsigned per_node = host->domains * host->cores;
    g_autofree char *memory =
        g_strdup_printf("Node %u MemTotal:       %u kB\nNode %u MemFree:        %u kB", node,
                        8388608 + node, node, 4194304 + node);

    fake_write(root, memory, "sys/devices/system/node/node%u/meminfo", node);
    fake_write_set(root, host, fake_cpus(host, node * per_node, per_node), "cpulist",
                   "sys/devices/system/node/node%u/cpumap", node);
}

static inline void
fake_root_free(FakeRoot *root)
{
    fake_remove(root, "%s", "");
    g_free(root->path);
    g_free(root);
}

static inline FakeRoot *
fake_empty(void)
{
    FakeRoot *root = g_new0(FakeRoot, 1);

    root->path = g_dir_make_tmp("vmtune-host-XXXXXX", NULL);
    if (!root->path)
        g_error("no temporary folder");
    return root;
}

static inline FakeRoot *
fake_host(const FakeHost *host)
{
    FakeRoot *root = fake_empty();
    g_autofree char *range = g_strdup_printf("0-%u", fake_core_count(host) * host->threads - 1);

    fake_write(root, range, "sys/devices/system/cpu/online");
    fake_write(root, range, "sys/devices/system/cpu/possible");
    fake_write(root, "", "sys/devices/system/cpu/isolated");
    for (unsigned core = 0; core < fake_core_count(host); core++) {
        for (unsigned thread = 0; thread < host->threads; thread++)
            fake_write_cpu(root, host, core, fake_cpu(host, core, thread));
    }
    for (unsigned node = 0; node < host->nodes; node++)
        fake_write_node(root, host, node);
    return root;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeRoot, fake_root_free)
