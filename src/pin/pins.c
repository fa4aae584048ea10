/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pin/pins.h"

#include <string.h>

static void
free_mask(gpointer mask)
{
    vt_cpuset_free(mask);
}

VtPins *
vt_pins_new(unsigned vcpus)
{
    VtPins *pins = g_new0(VtPins, 1);

    pins->vcpus = g_ptr_array_new_with_free_func(free_mask);
    g_ptr_array_set_size(pins->vcpus, (gint)MIN(vcpus, VT_CPUSET_MAX));
    pins->iothreads = g_ptr_array_new_with_free_func(free_mask);
    return pins;
}

void
vt_pins_free(VtPins *pins)
{
    if (!pins)
        return;
    g_ptr_array_unref(pins->vcpus);
    vt_cpuset_free(pins->emulator);
    g_ptr_array_unref(pins->iothreads);
    g_free(pins);
}

void
vt_pins_set(VtPins *pins, unsigned vcpu, VtCpuSet *mask)
{
    vt_cpuset_free(pins->vcpus->pdata[vcpu]);
    pins->vcpus->pdata[vcpu] = mask;
}

static unsigned
read_number(char *owned_text, unsigned otherwise)
{
    g_autofree char *text = owned_text;
    guint64 number;

    return text && g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT32, &number, NULL)
               ? (unsigned)number
               : otherwise;
}

static VtCpuSet *
read_mask(const xmlNode *element)
{
    g_autofree char *text = element ? vt_element_attribute(element, "cpuset") : NULL;
    g_autoptr(VtCpuSet) mask = text ? vt_cpuset_parse(text, NULL) : NULL;

    return mask && vt_cpuset_next(mask, 0) >= 0 ? g_steal_pointer(&mask) : NULL;
}

static VtCpuSet *
read_common_mask(const xmlNode *vcpu)
{
    g_autofree char *placement = vcpu ? vt_element_attribute(vcpu, "placement") : NULL;

    return g_strcmp0(placement, "auto") == 0 ? NULL : read_mask(vcpu);
}

VtPins *
vt_pins_from_domain(const VtDocument *domain)
{
    const xmlNode *root = vt_document_root(domain);
    const xmlNode *vcpu = vt_element_child(root, "vcpu");
    const xmlNode *cputune = vt_element_child(root, "cputune");
    g_autoptr(VtCpuSet) common = read_common_mask(vcpu);
    /* libvirt refuses a domain with none; the ledger has no form for it */
    unsigned count = vcpu ? read_number(vt_element_text(vcpu), 1) : 1;
    VtPins *pins = vt_pins_new(MAX(count, 1));

    for (const xmlNode *pin = vt_element_child(cputune, "vcpupin"); pin;
         pin = vt_element_next(pin)) {
        unsigned number = read_number(vt_element_attribute(pin, "vcpu"), G_MAXUINT);
        if (number < pins->vcpus->len && !pins->vcpus->pdata[number])
            pins->vcpus->pdata[number] = read_mask(pin);
    }
    for (guint i = 0; common && i < pins->vcpus->len; i++) {
        if (!pins->vcpus->pdata[i])
            pins->vcpus->pdata[i] = vt_cpuset_copy(common);
    }
    pins->emulator = read_mask(vt_element_child(cputune, "emulatorpin"));
    for (const xmlNode *pin = vt_element_child(cputune, "iothreadpin"); pin;
         pin = vt_element_next(pin)) {
        VtCpuSet *mask = read_mask(pin);
        if (mask)
            g_ptr_array_add(pins->iothreads, mask);
    }
    return pins;
}

VtCpuSet *
vt_pins_vcpu_cpus(const VtDocument *domain)
{
    g_autoptr(VtPins) pins = vt_pins_from_domain(domain);
    VtCpuSet *cpus = vt_cpuset_new();

    for (guint i = 0; i < pins->vcpus->len; i++) {
        if (pins->vcpus->pdata[i])
            vt_cpuset_union(cpus, pins->vcpus->pdata[i]);
    }
    return cpus;
}

bool
vt_pins_is_empty(const VtPins *pins)
{
    for (guint i = 0; i < pins->vcpus->len; i++) {
        if (pins->vcpus->pdata[i])
            return false;
    }
    return !pins->emulator && pins->iothreads->len == 0;
}

/* ---- what others hold ---- */

/* A plan gives an emulator the spare CPUs of one core or two. A mask that is much wider was not
 * chosen with care, and must not close a whole node to vCPUs. */
#define CLOSE_CORES 2

VtHeld *
vt_held_new(void)
{
    VtHeld *held = g_new0(VtHeld, 1);

    held->taken = vt_cpuset_new();
    held->claimed = vt_cpuset_new();
    held->emulators = vt_cpuset_new();
    return held;
}

void
vt_held_free(VtHeld *held)
{
    if (!held)
        return;
    vt_cpuset_free(held->taken);
    vt_cpuset_free(held->claimed);
    vt_cpuset_free(held->emulators);
    g_free(held);
}

static void
add_helper(VtHeld *held, const VtCpuSet *mask, const VtTopology *host)
{
    if (mask && vt_cpuset_count(mask) <= CLOSE_CORES * MAX(host->threads_per_core, 1))
        vt_cpuset_union(held->emulators, mask);
}

void
vt_held_add(VtHeld *held, const VtPins *pins, const VtTopology *host, bool running)
{
    for (guint i = 0; host && i < pins->vcpus->len; i++) {
        const VtCpuSet *mask = pins->vcpus->pdata[i];
        bool dedicated = mask && vt_topology_is_dedicated(host, mask);

        if (dedicated && running)
            vt_cpuset_union(held->taken, mask);
        else if (mask && !vt_cpuset_is_subset(host->allowed, mask))
            vt_cpuset_union(held->claimed, mask);
    }
    if (!host || !running)
        return;
    add_helper(held, pins->emulator, host);
    for (guint i = 0; i < pins->iothreads->len; i++)
        add_helper(held, pins->iothreads->pdata[i], host);
}
