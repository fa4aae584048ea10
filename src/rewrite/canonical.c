/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rewrite/canonical.h"

#include <glib.h>
#include <limits.h>
#include <string.h>

typedef struct {
    const char *parent;
    const char *const *children;
} ChildOrder;

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const ChildOrder child_orders[] = {
    {"domain",
     WORDS("name", "uuid", "genid", "title", "description", "metadata", "maxMemory", "memory",
           "currentMemory", "blkiotune", "memtune", "memoryBacking", "vcpu", "vcpus", "iothreads",
           "iothreadids", "defaultiothread", "cputune", "numatune", "resource", "sysinfo",
           "bootloader", "bootloader_args", "os", "idmap", "features", "cpu", "clock",
           "on_poweroff", "on_reboot", "on_crash", "on_lockfailure", "pm", "perf", "devices",
           "seclabel", "keywrap", "launchSecurity")},
    {"cputune", WORDS("shares", "period", "quota", "global_period", "global_quota",
                      "emulator_period", "emulator_quota", "iothread_period", "iothread_quota",
                      "vcpupin", "emulatorpin", "iothreadpin", "vcpusched", "iothreadsched",
                      "emulatorsched", "cachetune", "memorytune")},
    {"features", WORDS("acpi", "apic", "pae", "hap", "viridian", "privnet", "hyperv", "kvm", "xen",
                       "pvspinlock", "capabilities", "pmu", "vmport", "gic", "smm", "ioapic", "hpt",
                       "vmcoreinfo")},
    {"hyperv", WORDS("relaxed", "vapic", "spinlocks", "vpindex", "runtime", "synic", "stimer",
                     "reset", "vendor_id", "frequencies", "reenlightenment", "tlbflush", "ipi",
                     "evmcs", "avic", "emsr_bitmap", "xmm_input")},
    {"cpu", WORDS("arch", "model", "vendor", "microcode", "signature", "counter", "topology",
                  "cache", "maxphysaddr", "feature", "pages", "numa")},
};

typedef struct {
    const char *element;
    const char *const *attributes;
} AttributeOrder;

static const AttributeOrder attribute_orders[] = {
    {"feature", WORDS("policy", "name")},
    {"topology", WORDS("sockets", "dies", "clusters", "cores", "threads")},
};

static int
index_of(const char *const *words, const char *word)
{
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    return -1;
}

xmlNode *
vt_canonical_predecessor(const xmlNode *parent, const char *name)
{
    const char *const *order = NULL;
    xmlNode *predecessor = NULL;
    int rank;

    for (gsize i = 0; i < G_N_ELEMENTS(child_orders); i++) {
        if (strcmp(child_orders[i].parent, (const char *)parent->name) == 0)
            order = child_orders[i].children;
    }
    rank = order ? index_of(order, name) : -1;
    if (rank < 0) /* no order known: behind everything */
        return xmlLastElementChild((xmlNode *)parent);
    for (xmlNode *child = xmlFirstElementChild((xmlNode *)parent); child;
         child = xmlNextElementSibling(child)) {
        int child_rank = child->ns ? -1 : index_of(order, (const char *)child->name);
        if (child_rank >= 0 && child_rank <= rank)
            predecessor = child;
    }
    return predecessor;
}

int
vt_canonical_attribute_rank(const char *element, const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(attribute_orders); i++) {
        if (strcmp(attribute_orders[i].element, element) == 0) {
            int rank = index_of(attribute_orders[i].attributes, name);
            return rank >= 0 ? rank : INT_MAX;
        }
    }
    return INT_MAX;
}
