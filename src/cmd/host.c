/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmtune host: show the host as vmtune sees it, or capture it so that --host replays it. */
#include <errno.h>
#include <glib/gstdio.h>
#include <glob.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "cmd/cmd.h"
#include "edges/context.h"
#include "report/text.h"

/* Everything below the root that facts are read from, and a little that a bug report wants. */
static const char *const captured[] = {
    "proc/cpuinfo",
    "proc/meminfo",
    "proc/version",
    "sys/bus/event_source/devices/cpu_*/cpus",
    "sys/devices/cpu_*/cpus",
    "sys/devices/system/cpu/cpu[0-9]*/cache/index*/id",
    "sys/devices/system/cpu/cpu[0-9]*/cache/index*/level",
    "sys/devices/system/cpu/cpu[0-9]*/cache/index*/shared_cpu_list",
    "sys/devices/system/cpu/cpu[0-9]*/cache/index*/shared_cpu_map",
    "sys/devices/system/cpu/cpu[0-9]*/cache/index*/size",
    "sys/devices/system/cpu/cpu[0-9]*/cache/index*/type",
    "sys/devices/system/cpu/cpu[0-9]*/cpufreq/cpuinfo_max_freq",
    "sys/devices/system/cpu/cpu[0-9]*/online",
    "sys/devices/system/cpu/cpu[0-9]*/topology/*",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_*",
    "sys/devices/system/cpu/isolated",
    "sys/devices/system/cpu/nohz_full",
    "sys/devices/system/cpu/offline",
    "sys/devices/system/cpu/online",
    "sys/devices/system/cpu/possible",
    "sys/devices/system/cpu/present",
    "sys/devices/system/cpu/smt/*",
    "sys/devices/system/node/has_*",
    "sys/devices/system/node/node[0-9]*/cpulist",
    "sys/devices/system/node/node[0-9]*/cpumap",
    "sys/devices/system/node/node[0-9]*/distance",
    "sys/devices/system/node/node[0-9]*/hugepages/*/*_hugepages",
    "sys/devices/system/node/node[0-9]*/meminfo",
    "sys/devices/system/node/online",
    "sys/devices/system/node/possible",
    "sys/fs/cgroup/machine.slice/cpuset.cpus.effective",
    "sys/fs/cgroup/machine.slice/cpuset.mems.effective",
    "sys/kernel/mm/hugepages/*/*_hugepages",
    "sys/kernel/mm/ksm/run",
    "sys/kernel/mm/transparent_hugepage/enabled",
    "sys/module/kvm*/parameters/*",
};

static bool
save_text(const char *directory, const char *name, const char *bytes, gssize length, GError **error)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *folder = g_path_get_dirname(path);

    if (g_mkdir_with_parents(folder, 0755) != 0) {
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot make the folder '%s': %s"), folder,
                    g_strerror(errno));
        return false;
    }
    return g_file_set_contents_full(path, bytes, length, G_FILE_SET_CONTENTS_NONE, 0644, error);
}

/* A file of sysfs that cannot be read, as some parameters cannot, is left out. */
static bool
save_matches(const char *root, const char *directory, const char *pattern, GError **error)
{
    g_autofree char *full = g_build_filename(root, pattern, NULL);
    glob_t matches = {0};
    bool ok = true;

    if (glob(full, 0, NULL, &matches) == 0) {
        for (size_t i = 0; ok && i < matches.gl_pathc; i++) {
            const char *path = matches.gl_pathv[i];
            const char *name = path + strlen(root) + (g_str_has_suffix(root, "/") ? 0 : 1);
            g_autofree char *bytes = NULL;
            gsize length;

            if (g_file_get_contents(path, &bytes, &length, NULL))
                ok = save_text(directory, name, bytes, (gssize)length, error);
        }
    }
    globfree(&matches);
    return ok;
}

static bool
save_versions(const char *directory, const VtVirt *virt, GError **error)
{
    g_autofree char *text =
        g_strdup_printf("[versions]\nlibvirt=%" G_GUINT64_FORMAT "\nqemu=%" G_GUINT64_FORMAT "\n",
                        vt_virt_libvirt_version(virt), vt_virt_emulator_version(virt));

    return save_text(directory, VT_CAPTURED_VERSIONS, text, -1, error);
}

/* libvirt's view, where there is a libvirt. */
static bool
save_capabilities(const char *directory, const char *uri, GError **error)
{
    g_autoptr(GError) absent = NULL;
    g_autoptr(VtVirt) virt = vt_virt_open(uri, false, &absent);
    g_autofree char *capabilities = virt ? vt_virt_capabilities(virt, &absent) : NULL;
    g_autofree char *domain = NULL;

    if (!capabilities) {
        vt_talk(_("without capabilities.xml and domcapabilities.xml: %s"), absent->message);
        return true;
    }
    if (!save_text(directory, "capabilities.xml", capabilities, -1, error) ||
        !save_versions(directory, virt, error))
        return false;
    domain = vt_virt_domain_capabilities(virt, NULL, NULL, NULL, "kvm", &absent);
    if (domain)
        return save_text(directory, "domcapabilities.xml", domain, -1, error);
    vt_talk(_("without domcapabilities.xml: %s"), absent->message);
    return true;
}

/* In a folder that was made by somebody else, say in /tmp, links could wait for what is written. */
static bool
make_new_folder(const char *path, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(path);

    if (g_mkdir_with_parents(parent, 0755) == 0 && g_mkdir(path, 0755) == 0)
        return true;
    if (errno == EEXIST)
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("'%s' exists already; a capture goes into a new folder"), path);
    else
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot make the folder '%s': %s"), path,
                    g_strerror(errno));
    return false;
}

static int
save_host(const VtOptions *options, const char *root)
{
    g_autoptr(GError) error = NULL;

    if (!make_new_folder(options->save, &error))
        return vt_complain(error);
    for (gsize i = 0; i < G_N_ELEMENTS(captured); i++) {
        if (!save_matches(root, options->save, captured[i], &error))
            return vt_complain(error);
    }
    if (strcmp(root, "/") == 0 && !save_capabilities(options->save, options->connect, &error))
        return vt_complain(error);
    vt_talk(_("captured into '%s'; replay it with --host %s"), options->save, options->save);
    return VT_EXIT_NOTHING;
}

int
vt_cmd_host(const VtOptions *options)
{
    const char *root = options->host ? options->host : "/";
    g_autoptr(GError) error = NULL;
    g_autoptr(VtTopology) topology = NULL;
    g_autoptr(VtFacts) facts = NULL;
    g_autofree char *text = NULL, *known = NULL;
    int status;

    if (options->arguments) {
        vt_talk(_("vmtune: host takes no arguments; --host DIR names a captured host"));
        return VT_EXIT_TROUBLE;
    }
    if (options->save)
        return save_host(options, root);
    topology = vt_topology_read(root, &error);
    if (!topology)
        return vt_complain(error);
    facts = vt_facts_new(NULL);
    vt_facts_from_host(facts, root);
    vt_facts_from_topology(facts, topology);
    text = vt_report_topology(topology);
    known = vt_report_facts(facts);
    status = vt_print(text);
    return vt_worst(status, vt_print(known));
}
