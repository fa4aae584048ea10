/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "facts/build.h"

#define ORIGIN "domain XML"

static void
set_string(VtFacts *facts, const char *name, char *value)
{
    if (value)
        vt_facts_set_string(facts, name, value, ORIGIN);
    g_free(value);
}

bool
vt_size_parse(const char *text, const char *unit, guint64 *ret_bytes)
{
    static const struct {
        const char *unit;
        guint64 bytes;
    } units[] = {
        {"b", 1},          {"byte", 1},         {"bytes", 1},
        {"k", 1ULL << 10}, {"KiB", 1ULL << 10}, {"KB", 1000},
        {"m", 1ULL << 20}, {"MiB", 1ULL << 20}, {"MB", 1000000},
        {"g", 1ULL << 30}, {"GiB", 1ULL << 30}, {"GB", 1000000000},
        {"t", 1ULL << 40}, {"TiB", 1ULL << 40}, {"TB", 1000000000000},
        {"p", 1ULL << 50}, {"PiB", 1ULL << 50}, {"PB", 1000000000000000},
        {"e", 1ULL << 60}, {"EiB", 1ULL << 60}, {"EB", 1000000000000000000},
    };
    guint64 number;

    if (!text || !g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &number, NULL))
        return false;
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
        if (g_ascii_strcasecmp(unit, units[i].unit) == 0)
            return g_uint64_checked_mul(ret_bytes, number, units[i].bytes);
    }
    return false;
}

bool
vt_element_size(const xmlNode *element, const char *default_unit, guint64 *ret_bytes)
{
    g_autofree char *unit = vt_element_attribute(element, "unit");
    g_autofree char *text = vt_element_text(element);

    return vt_size_parse(text, unit ? unit : default_unit, ret_bytes);
}

static void
set_managed_by(VtFacts *facts, const xmlNode *metadata)
{
    static const struct {
        const char *uri_prefix, *layer;
    } layers[] = {
        {"http://openstack.org/xmlns/libvirt/nova/", "nova"},
        {"http://ovirt.org/vm/", "ovirt"},
        {"http://kubevirt.io", "kubevirt"},
    };
    const char *managed_by = "";

    for (xmlNode *child = metadata ? metadata->children : NULL; child; child = child->next) {
        for (gsize i = 0; child->ns && i < G_N_ELEMENTS(layers); i++) {
            if (g_str_has_prefix((const char *)child->ns->href, layers[i].uri_prefix))
                managed_by = layers[i].layer;
        }
    }
    vt_facts_set_string(facts, "domain.managed_by", managed_by, "domain metadata");
}

static void
set_pinned(VtFacts *facts, const xmlNode *root)
{
    const xmlNode *vcpu = vt_element_child(root, "vcpu");
    const xmlNode *cputune = vt_element_child(root, "cputune");
    const xmlNode *numatune = vt_element_child(root, "numatune");
    g_autofree char *cpuset = vcpu ? vt_element_attribute(vcpu, "cpuset") : NULL;
    g_autofree char *placement = vcpu ? vt_element_attribute(vcpu, "placement") : NULL;
    bool pinned = cpuset || numatune || g_strcmp0(placement, "auto") == 0;

    if (cputune)
        pinned = pinned || vt_element_child(cputune, "vcpupin") ||
                 vt_element_child(cputune, "emulatorpin") ||
                 vt_element_child(cputune, "iothreadpin");
    vt_facts_set_bool(facts, "domain.pinned", pinned, ORIGIN);
}

/* Every vCPU has a CPU of its own; whether another guest has it too is lint.overlap_with_guests. */
static bool
is_pinned_one_to_one(const VtFacts *facts, const xmlNode *root)
{
    const xmlNode *cputune = vt_element_child(root, "cputune");
    g_autoptr(VtCpuSet) vcpus = vt_cpuset_new();
    g_autoptr(VtCpuSet) cpus = vt_cpuset_new();
    gint64 count = 1;

    vt_facts_get_int(facts, "domain.vcpus", &count);
    for (const xmlNode *pin = vt_element_child(cputune, "vcpupin"); pin;
         pin = vt_element_next(pin)) {
        g_autofree char *id_text = vt_element_attribute(pin, "vcpu");
        g_autofree char *cpuset = vt_element_attribute(pin, "cpuset");
        g_autoptr(VtCpuSet) mask = cpuset ? vt_cpuset_parse(cpuset, NULL) : NULL;
        guint64 id;

        if (!mask || vt_cpuset_count(mask) != 1 || vt_cpuset_has(cpus, vt_cpuset_next(mask, 0)) ||
            !id_text || !g_ascii_string_to_unsigned(id_text, 10, 0, VT_CPUSET_MAX - 1, &id, NULL))
            return false;
        vt_cpuset_add(cpus, (unsigned)vt_cpuset_next(mask, 0));
        vt_cpuset_add(vcpus, (unsigned)id);
    }
    return vt_cpuset_count(vcpus) == count;
}

/* "pc-q35-7.2" is 7002. Distributions have names of their own, such as pc-q35-rhel9.2.0. */
static void
set_machine_version(VtFacts *facts, const char *machine)
{
    const char *dash = machine ? strrchr(machine, '-') : NULL;
    unsigned major, minor;
    char behind;

    if (dash && sscanf(dash + 1, "%3u.%3u%c", &major, &minor, &behind) == 2)
        vt_facts_set_int(facts, "domain.machine_version", (gint64)major * 1000 + minor, ORIGIN);
    else
        vt_facts_set_unknown(facts, "domain.machine_version",
                             _("the machine type's name tells no version of QEMU"));
}

static void
set_machine(VtFacts *facts, const xmlNode *root)
{
    const xmlNode *os = vt_element_child(root, "os");
    const xmlNode *type = vt_element_child(os, "type");

    if (!type)
        return;
    set_string(facts, "domain.arch", vt_element_attribute(type, "arch"));
    set_string(facts, "domain.machine", vt_element_attribute(type, "machine"));
    set_machine_version(facts, vt_facts_get_string(facts, "domain.machine"));
}

static void
set_sizes(VtFacts *facts, const xmlNode *root)
{
    const xmlNode *vcpu = vt_element_child(root, "vcpu");
    const xmlNode *memory = vt_element_child(root, "memory");
    const xmlNode *current = vt_element_child(root, "currentMemory");
    g_autofree char *vcpus_text = vcpu ? vt_element_text(vcpu) : g_strdup("1");
    guint64 vcpus, memory_bytes, current_bytes;

    if (g_ascii_string_to_unsigned(vcpus_text, 10, 1, G_MAXINT32, &vcpus, NULL))
        vt_facts_set_int(facts, "domain.vcpus", (gint64)vcpus, ORIGIN);
    if (memory && vt_element_size(memory, "KiB", &memory_bytes))
        vt_facts_set_int(facts, "domain.memory_kib", (gint64)(memory_bytes / 1024), ORIGIN);
    vt_facts_set_bool(facts, "domain.ballooned",
                      memory && current && vt_element_size(memory, "KiB", &memory_bytes) &&
                          vt_element_size(current, "KiB", &current_bytes) &&
                          current_bytes < memory_bytes,
                      ORIGIN);
}

void
vt_facts_from_domain(VtFacts *facts, const VtDocument *domain)
{
    const xmlNode *root = vt_document_root(domain);
    const xmlNode *name = vt_element_child(root, "name");
    const xmlNode *uuid = vt_element_child(root, "uuid");
    const xmlNode *cpu = vt_element_child(root, "cpu");

    set_string(facts, "domain.type", vt_element_attribute(root, "type"));
    set_string(facts, "domain.name", name ? vt_element_text(name) : NULL);
    set_string(facts, "domain.uuid", uuid ? vt_element_text(uuid) : NULL);
    vt_facts_set_bool(facts, "domain.has_topology", vt_element_child(cpu, "topology") != NULL,
                      ORIGIN);
    set_machine(facts, root);
    set_sizes(facts, root);
    set_managed_by(facts, vt_element_child(root, "metadata"));
    set_pinned(facts, root);
    vt_facts_set_bool(facts, "domain.pinned_one_to_one", is_pinned_one_to_one(facts, root), ORIGIN);
    vt_facts_from_raw_arguments(facts, domain);
}
