/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/i18n.h"
#include "facts/build.h"
#include "facts/sysfs.h"

/* A module parameter that the kernel prints as Y/N or 1/0. What is neither, or not there, stays
 * unknown: a missing file is a kernel without the parameter, not one that has it off. */
static void
set_parameter(VtFacts *facts, const char *name, const VtSysfs *sysfs, const char *path)
{
    g_autofree char *text = vt_sysfs_read_text(sysfs, "%s", path);

    if (!text)
        vt_facts_set_unknown(facts, name, _("the KVM module or its parameter is not there"));
    else if (strcmp(text, "Y") == 0 || strcmp(text, "1") == 0)
        vt_facts_set_bool(facts, name, true, path);
    else if (strcmp(text, "N") == 0 || strcmp(text, "0") == 0)
        vt_facts_set_bool(facts, name, false, path);
    else
        vt_facts_set_unknown(facts, name, _("the KVM module's parameter is neither on nor off"));
}

static void
set_vendor(VtFacts *facts, const char *vendor_id, const char *origin)
{
    static const struct {
        const char *id, *vendor;
    } vendors[] = {
        {"GenuineIntel", "intel"}, {"Intel", "intel"}, {"AuthenticAMD", "amd"}, {"AMD", "amd"},
        {"HygonGenuine", "amd"},   {"Hygon", "amd"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(vendors); i++) {
        if (strcmp(vendors[i].id, vendor_id) == 0)
            vt_facts_set_string(facts, "host.cpu_vendor", vendors[i].vendor, origin);
    }
}

static void
set_vendor_from_cpuinfo(VtFacts *facts, const VtSysfs *sysfs)
{
    g_autofree char *cpuinfo = vt_sysfs_read_text(sysfs, "proc/cpuinfo");
    const char *line = cpuinfo ? strstr(cpuinfo, "vendor_id") : NULL;
    const char *colon = line ? strchr(line, ':') : NULL;
    g_autofree char *vendor = NULL;

    if (!colon) {
        vt_facts_set_unknown(facts, "host.cpu_vendor", _("proc/cpuinfo does not tell"));
        return;
    }
    colon += 1 + strspn(colon + 1, " \t");
    vendor = g_strndup(colon, strcspn(colon, " \t\n"));
    set_vendor(facts, vendor, "proc/cpuinfo");
}

/* Among the flags of the first CPU; an old AMD lacks them, and a guest that requires them would not
 * start there. */
static void
set_topoext(VtFacts *facts, const VtSysfs *sysfs)
{
    g_autofree char *cpuinfo = vt_sysfs_read_text(sysfs, "proc/cpuinfo");
    const char *line = cpuinfo ? strstr(cpuinfo, "\nflags") : NULL;
    g_autofree char *flags = line ? g_strndup(line + 1, strcspn(line + 1, "\n")) : NULL;
    g_auto(GStrv) words = flags ? g_strsplit_set(flags, " \t:", -1) : NULL;

    if (words)
        vt_facts_set_bool(facts, "host.topoext",
                          g_strv_contains((const char *const *)words, "topoext"), "proc/cpuinfo");
    else
        vt_facts_set_unknown(facts, "host.topoext", _("proc/cpuinfo does not tell"));
}

void
vt_facts_from_host(VtFacts *facts, const char *root)
{
    const VtSysfs sysfs = {.root = root};
    const char *vendor;

    set_vendor_from_cpuinfo(facts, &sysfs);
    set_topoext(facts, &sysfs);
    vendor = vt_facts_get_string(facts, "host.cpu_vendor");
    if (g_strcmp0(vendor, "intel") == 0) {
        set_parameter(facts, "host.apicv", &sysfs, "sys/module/kvm_intel/parameters/enable_apicv");
        set_parameter(facts, "host.nested", &sysfs, "sys/module/kvm_intel/parameters/nested");
    } else if (g_strcmp0(vendor, "amd") == 0) {
        set_parameter(facts, "host.apicv", &sysfs, "sys/module/kvm_amd/parameters/avic");
        set_parameter(facts, "host.nested", &sysfs, "sys/module/kvm_amd/parameters/nested");
    }
}

void
vt_facts_from_topology(VtFacts *facts, const VtTopology *topology)
{
    const char *origin = "sys/devices/system/cpu";
    g_autofree char *isolated = vt_cpuset_format(topology->isolated);
    g_autofree char *with_tick = NULL;
    g_autoptr(VtCpuSet) ticking = vt_cpuset_copy(topology->isolated);

    vt_facts_set_int(facts, "host.cpus", vt_cpuset_count(topology->online), origin);
    vt_facts_set_int(facts, "host.threads_per_core", topology->threads_per_core, origin);
    vt_facts_set_int(facts, "host.l3_domains", topology->l3_domains->len, origin);
    vt_cpuset_subtract(ticking, topology->nohz_full);
    with_tick = vt_cpuset_format(ticking);
    vt_facts_set_string(facts, "host.isolated_cpus", isolated, origin);
    vt_facts_set_string(facts, "host.isolated_with_tick", with_tick, origin);
    vt_facts_set_int(facts, "host.nodes", topology->nodes->len, "sys/devices/system/node");
}

void
vt_facts_from_capabilities(VtFacts *facts, const VtDocument *capabilities)
{
    const xmlNode *host = vt_element_child(vt_document_root(capabilities), "host");
    const xmlNode *cpu = vt_element_child(host, "cpu");
    const xmlNode *vendor = vt_element_child(cpu, "vendor");
    g_autofree char *name = vendor ? vt_element_text(vendor) : NULL;

    if (name && !vt_facts_get_string(facts, "host.cpu_vendor"))
        set_vendor(facts, name, "capabilities");
}
