/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: the cgroup that guests live in. Out: the CPUs and memory nodes that they may have.
 * Law: a limit that leaves nothing is a mistake in reading it, and is left aside.
 */
#include <string.h>

#include "base/i18n.h"
#include "facts/topology-parts.h"

/* The list @names of libvirt's cgroup; the slice exists once a guest has run. */
static VtCpuSet *
read_cgroup_list(const VtSysfs *sysfs, const char *const *names)
{
    static const char *const slices[] = {
        "sys/fs/cgroup/machine.slice",
        "sys/fs/cgroup/machine",
        "sys/fs/cgroup/cpuset/machine.slice",
        "sys/fs/cgroup/cpuset/machine",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(slices); i++) {
        for (const char *const *name = names; *name; name++) {
            VtCpuSet *set = vt_sysfs_read_list(sysfs, "%s/%s", slices[i], *name);

            if (set && vt_cpuset_count(set) > 0)
                return set;
            vt_cpuset_free(set); /* v2 leaves a list empty that limits nothing */
        }
    }
    return NULL;
}

/* Where the file system of cpusets is mounted, from before there were cgroups. */
static char *
find_cpuset_mount(const VtSysfs *sysfs)
{
    g_autofree char *mounts = vt_sysfs_read_text(sysfs, "proc/mounts");
    g_auto(GStrv) lines = mounts ? g_strsplit(mounts, "\n", -1) : NULL;

    for (char **line = lines; line && *line; line++) {
        g_auto(GStrv) words = g_strsplit(*line, " ", -1);

        if (g_strv_length(words) > 2 && strcmp(words[2], "cpuset") == 0)
            return g_strdup(words[1]);
    }
    return NULL;
}

static bool
stays_below(const char *path)
{
    return path && *path == '/' && !strstr(path, "..");
}

/*
 * On a host with that file system libvirt has no cgroups of CPUs, and a guest is where the daemon
 * is that starts it, as is who asks. Not so elsewhere: the services of a host with cgroups may be
 * confined to the very CPUs that guests should keep away from.
 */
static VtCpuSet *
read_own_list(const VtSysfs *sysfs, const char *name)
{
    g_autofree char *mount = find_cpuset_mount(sysfs);
    g_autofree char *own = mount ? vt_sysfs_read_text(sysfs, "proc/self/cpuset") : NULL;

    return stays_below(mount) && stays_below(own)
               ? vt_sysfs_read_list(sysfs, "%s%s/%s", mount + 1, own, name)
               : NULL;
}

/* The CPUs or nodes that guests are limited to; NULL = all. */
static VtCpuSet *
read_limit(const VtSysfs *sysfs, const char *const *names, const char *old_name)
{
    VtCpuSet *set = read_cgroup_list(sysfs, names);

    return set ? set : read_own_list(sysfs, old_name);
}

void
vt_topology_read_cgroup_cpus(const VtSysfs *sysfs, VtTopology *host)
{
    static const char *const names[] = {"cpuset.cpus.effective", "cpuset.effective_cpus",
                                        "cpuset.cpus", NULL};
    g_autoptr(VtCpuSet) cgroup = read_limit(sysfs, names, "cpus");

    if (!cgroup)
        return;
    if (!vt_cpuset_overlaps(cgroup, host->online)) {
        g_autofree char *text = vt_cpuset_format(cgroup);

        vt_sysfs_note(sysfs,
                      _("the CPUs '%s' of the guests' cgroup are all offline; the "
                        "cgroup's limit is left aside"),
                      text);
        return;
    }
    vt_cpuset_intersect(host->allowed, cgroup);
}

void
vt_topology_read_cgroup_nodes(const VtSysfs *sysfs, VtTopology *host)
{
    static const char *const names[] = {"cpuset.mems.effective", "cpuset.effective_mems",
                                        "cpuset.mems", NULL};
    g_autoptr(VtCpuSet) cgroup = read_limit(sysfs, names, "mems");
    bool exists = false;

    for (guint i = 0; cgroup && i < host->nodes->len; i++) {
        const VtHostNode *node = host->nodes->pdata[i];

        exists |= vt_cpuset_has(cgroup, (unsigned)node->id);
    }
    if (cgroup && !exists && host->nodes->len > 0) {
        g_autofree char *text = vt_cpuset_format(cgroup);

        vt_sysfs_note(sysfs,
                      _("none of the memory nodes '%s' of the guests' cgroup exists; the "
                        "cgroup's limit is left aside"),
                      text);
        return;
    }
    host->allowed_nodes = g_steal_pointer(&cgroup);
}
