/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is wrong with the pins that a domain has. Each fault is one fact: a text that names the
 * offenders, empty if there are none; unknown where the host's topology is. The rules below
 * cputune/ turn them into findings. What an expert accepts: one CPU a vCPU, siblings shown to the
 * guest as threads and only as threads, the emulator elsewhere, nothing across nodes by accident.
 */
#include <string.h>

#include "base/i18n.h"
#include "facts/build.h"
#include "facts/guest-needs.h"

#define ORIGIN "pins in the domain's XML, held against the host's topology"

/* The pins as they stand, and what they are held against. */
typedef struct {
    const VtTopology *host;
    const VtCpuSet *taken; /* (nullable) */
    const xmlNode *root;
    unsigned vcpus;
    unsigned threads;
    GPtrArray *masks;          /* VtCpuSet* by vCPU number; NULL = no pin of its own */
    GPtrArray *iothread_masks; /* VtCpuSet* */
    VtCpuSet *emulator;        /* (nullable) */
    VtCpuSet *dedicated;       /* CPUs of the vCPUs that have one core each */
    GString *surplus;          /* vcpupin for vCPUs that do not exist */
    GString *orphans;          /* iothreadpin for iothreads that do not exist */
} Pins;

static void
pins_clear(Pins *pins)
{
    if (!pins->masks) /* never read: the host is not known */
        return;
    g_ptr_array_unref(pins->masks);
    g_ptr_array_unref(pins->iothread_masks);
    vt_cpuset_free(pins->emulator);
    vt_cpuset_free(pins->dedicated);
    g_string_free(pins->surplus, TRUE);
    g_string_free(pins->orphans, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pins, pins_clear)

static void
free_mask(gpointer mask)
{
    vt_cpuset_free(mask);
}

/* Adds one offender: "vCPU 2 on CPUs 3". */
static void G_GNUC_PRINTF(2, 3) offend(GString *out, const char *format, ...)
{
    va_list arguments;

    if (out->len > 0)
        g_string_append(out, _("; "));
    va_start(arguments, format);
    g_string_append_vprintf(out, format, arguments);
    va_end(arguments);
}

/* The CPU of a mask that holds just one, or -1. */
static int
single_cpu(const VtCpuSet *mask)
{
    return mask && vt_cpuset_count(mask) == 1 ? vt_cpuset_next(mask, 0) : -1;
}

/* ---- reading ---- */

static VtCpuSet *
mask_of(const xmlNode *element)
{
    g_autofree char *text = vt_element_attribute(element, "cpuset");

    return text ? vt_cpuset_parse(text, NULL) : NULL;
}

static unsigned
number_of(const xmlNode *element, const char *attribute)
{
    g_autofree char *text = vt_element_attribute(element, attribute);
    guint64 number;

    return text && g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT32, &number, NULL)
               ? (unsigned)number
               : G_MAXUINT;
}

static void
read_vcpupins(Pins *pins, const xmlNode *cputune)
{
    for (const xmlNode *pin = vt_element_child(cputune, "vcpupin"); pin;
         pin = vt_element_next(pin)) {
        unsigned vcpu = number_of(pin, "vcpu");
        VtCpuSet *mask = mask_of(pin);

        if (vcpu < pins->vcpus && mask && !pins->masks->pdata[vcpu]) {
            if (vt_topology_is_dedicated(pins->host, mask))
                vt_cpuset_union(pins->dedicated, mask);
            pins->masks->pdata[vcpu] = mask;
            continue;
        }
        vt_cpuset_free(mask);
        if (vcpu >= pins->vcpus && vcpu != G_MAXUINT)
            offend(pins->surplus, _("vCPU %u"), vcpu);
    }
}

static void
read_iothreadpins(Pins *pins, const xmlNode *cputune)
{
    g_autoptr(VtCpuSet) iothreads = vt_iothread_ids(pins->root);

    for (const xmlNode *pin = vt_element_child(cputune, "iothreadpin"); pin;
         pin = vt_element_next(pin)) {
        unsigned id = number_of(pin, "iothread");
        VtCpuSet *mask = mask_of(pin);

        if (mask)
            g_ptr_array_add(pins->iothread_masks, mask);
        if (id >= VT_CPUSET_MAX || !vt_cpuset_has(iothreads, id))
            offend(pins->orphans, _("iothread %u"), id);
    }
}

static void
read_pins(Pins *pins)
{
    const xmlNode *cputune = vt_element_child(pins->root, "cputune");
    const xmlNode *topology = vt_element_child(vt_element_child(pins->root, "cpu"), "topology");
    const xmlNode *emulator = vt_element_child(cputune, "emulatorpin");
    unsigned threads = topology ? number_of(topology, "threads") : 1;

    pins->threads = threads == G_MAXUINT || threads == 0 ? 1 : threads;
    pins->masks = g_ptr_array_new_with_free_func(free_mask);
    g_ptr_array_set_size(pins->masks, (gint)pins->vcpus);
    pins->iothread_masks = g_ptr_array_new_with_free_func(free_mask);
    pins->dedicated = vt_cpuset_new();
    pins->surplus = g_string_new(NULL);
    pins->orphans = g_string_new(NULL);
    read_vcpupins(pins, cputune);
    read_iothreadpins(pins, cputune);
    pins->emulator = emulator ? mask_of(emulator) : NULL;
}

/* ---- one function a fault ---- */

static void
find_split_siblings(const Pins *pins, GString *out)
{
    for (unsigned vcpu = 0; pins->threads > 1 && pins->host->threads_per_core > 1 &&
                            vcpu + pins->threads <= pins->vcpus;
         vcpu += pins->threads) {
        int first = single_cpu(pins->masks->pdata[vcpu]);
        const VtHostCore *core =
            first >= 0 ? vt_topology_core_of(pins->host, (unsigned)first) : NULL;

        for (unsigned thread = 1; core && thread < pins->threads; thread++) {
            int cpu = single_cpu(pins->masks->pdata[vcpu + thread]);
            if (cpu >= 0 && !vt_cpuset_has(core->online, (unsigned)cpu))
                offend(out, _("vCPUs %u and %u on CPUs %d and %d"), vcpu, vcpu + thread, first,
                       cpu);
        }
    }
}

/* Calls for every two vCPUs with one CPU each on one host core, each pair once per core. */
static void
find_core_sharers(const Pins *pins, GString *out, bool same_cpu)
{
    g_autoptr(GHashTable) holders = g_hash_table_new(NULL, NULL); /* core or CPU + 1 -> vCPU + 1 */

    for (unsigned vcpu = 0; vcpu < pins->vcpus; vcpu++) {
        int cpu = single_cpu(pins->masks->pdata[vcpu]);
        const VtHostCore *core = cpu >= 0 ? vt_topology_core_of(pins->host, (unsigned)cpu) : NULL;
        gconstpointer key = same_cpu ? GINT_TO_POINTER(cpu + 1) : (gconstpointer)core;
        unsigned holder;

        if (!core)
            continue;
        holder = GPOINTER_TO_UINT(g_hash_table_lookup(holders, key));
        if (!holder) {
            g_hash_table_insert(holders, (gpointer)key, GUINT_TO_POINTER(vcpu + 1));
        } else if (same_cpu) {
            offend(out, _("vCPUs %u and %u on CPU %d"), holder - 1, vcpu, cpu);
        } else if (single_cpu(pins->masks->pdata[holder - 1]) != cpu) {
            offend(out, _("vCPUs %u and %u on CPUs %d and %d"), holder - 1, vcpu,
                   single_cpu(pins->masks->pdata[holder - 1]), cpu);
        }
    }
}

static void
find_siblings_as_cores(const Pins *pins, GString *out)
{
    if (pins->threads == 1 && pins->host->threads_per_core > 1)
        find_core_sharers(pins, out, false);
}

static void
find_shared_cpus(const Pins *pins, GString *out)
{
    find_core_sharers(pins, out, true);
}

/* Calls @judge for every mask there is, with what to call it. */
static void
each_mask(const Pins *pins, GString *out, bool (*judge)(const Pins *pins, const VtCpuSet *mask))
{
    for (unsigned vcpu = 0; vcpu < pins->vcpus; vcpu++) {
        const VtCpuSet *mask = pins->masks->pdata[vcpu];
        g_autofree char *cpus = mask && judge(pins, mask) ? vt_cpuset_format(mask) : NULL;
        if (cpus)
            offend(out, _("vCPU %u on CPUs %s"), vcpu, cpus);
    }
    if (pins->emulator && judge(pins, pins->emulator)) {
        g_autofree char *cpus = vt_cpuset_format(pins->emulator);
        offend(out, _("the emulator on CPUs %s"), cpus);
    }
    for (guint i = 0; i < pins->iothread_masks->len; i++) {
        const VtCpuSet *mask = pins->iothread_masks->pdata[i];
        g_autofree char *cpus = judge(pins, mask) ? vt_cpuset_format(mask) : NULL;
        if (cpus)
            offend(out, _("an iothread on CPUs %s"), cpus);
    }
}

static bool
is_absent(const Pins *pins, const VtCpuSet *mask)
{
    return !vt_cpuset_is_subset(mask, pins->host->possible) ||
           !vt_cpuset_overlaps(mask, pins->host->online);
}

static void
find_absent_cpus(const Pins *pins, GString *out)
{
    each_mask(pins, out, is_absent);
}

static bool
is_outside_cgroup(const Pins *pins, const VtCpuSet *mask)
{
    return vt_cpuset_overlaps(mask, pins->host->online) &&
           !vt_cpuset_overlaps(mask, pins->host->allowed);
}

static void
find_outside_cgroup(const Pins *pins, GString *out)
{
    each_mask(pins, out, is_outside_cgroup);
}

static bool
floats_on_isolated(const Pins *pins, const VtCpuSet *mask)
{
    return vt_cpuset_count(mask) > 1 && vt_cpuset_overlaps(mask, pins->host->isolated);
}

static void
find_isolated_masks(const Pins *pins, GString *out)
{
    each_mask(pins, out, floats_on_isolated);
}

static void
find_emulator_on_vcpus(const Pins *pins, GString *out)
{
    g_autoptr(VtCpuSet) common = pins->emulator ? vt_cpuset_copy(pins->emulator) : NULL;
    g_autofree char *cpus = NULL;

    if (!common)
        return;
    vt_cpuset_intersect(common, pins->dedicated);
    cpus = vt_cpuset_format(common);
    if (*cpus)
        offend(out, _("CPUs %s"), cpus);
}

static void
find_iothreads_on_vcpus(const Pins *pins, GString *out)
{
    for (guint i = 0; i < pins->iothread_masks->len; i++) {
        g_autoptr(VtCpuSet) common = vt_cpuset_copy(pins->iothread_masks->pdata[i]);
        g_autofree char *cpus = NULL;

        vt_cpuset_intersect(common, pins->dedicated);
        cpus = vt_cpuset_format(common);
        if (*cpus)
            offend(out, _("CPUs %s"), cpus);
    }
}

static void
find_orphan_iothreadpins(const Pins *pins, GString *out)
{
    g_string_append(out, pins->orphans->str);
}

static void
find_surplus_vcpupins(const Pins *pins, GString *out)
{
    g_string_append(out, pins->surplus->str);
}

static void
find_cross_node(const Pins *pins, GString *out)
{
    g_autoptr(VtCpuSet) nodes = vt_cpuset_new();
    g_autofree char *ids = NULL;

    if (vt_element_child(pins->root, "numatune") ||
        vt_element_child(vt_element_child(pins->root, "cpu"), "numa"))
        return;
    for (guint i = 0; i < pins->host->nodes->len; i++) {
        const VtHostNode *node = pins->host->nodes->pdata[i];
        if (vt_cpuset_overlaps(node->cpus, pins->dedicated))
            vt_cpuset_add(nodes, (unsigned)node->id);
    }
    ids = vt_cpuset_format(nodes);
    if (vt_cpuset_count(nodes) > 1)
        offend(out, _("nodes %s"), ids);
}

static void
find_mixed_kinds(const Pins *pins, GString *out)
{
    unsigned performance = 0, efficiency = 0;

    for (guint i = 0; i < pins->host->cores->len; i++) {
        const VtHostCore *core = pins->host->cores->pdata[i];
        if (!vt_cpuset_overlaps(core->online, pins->dedicated))
            continue;
        performance += core->kind == VT_CORE_KIND_PERFORMANCE;
        efficiency += core->kind == VT_CORE_KIND_EFFICIENCY;
    }
    if (performance > 0 && efficiency > 0)
        offend(out, _("%u performance cores and %u efficiency cores"), performance, efficiency);
}

static void
find_overlap_with_guests(const Pins *pins, GString *out)
{
    g_autoptr(VtCpuSet) common = vt_cpuset_copy(pins->dedicated);
    g_autofree char *cpus = NULL;

    if (!pins->taken)
        return;
    vt_cpuset_intersect(common, pins->taken);
    cpus = vt_cpuset_format(common);
    if (*cpus)
        offend(out, _("CPUs %s"), cpus);
}

/* A strict nodeset whose nodes together have less memory than the guest. */
static void
find_strict_without_memory(const Pins *pins, GString *out, guint64 guest_kib)
{
    const xmlNode *memory = vt_element_child(vt_element_child(pins->root, "numatune"), "memory");
    g_autofree char *mode = memory ? vt_element_attribute(memory, "mode") : NULL;
    g_autofree char *nodeset_text = memory ? vt_element_attribute(memory, "nodeset") : NULL;
    g_autoptr(VtCpuSet) nodeset = nodeset_text ? vt_cpuset_parse(nodeset_text, NULL) : NULL;
    guint64 nodes_kib = 0;

    /* libvirt takes a missing mode for strict */
    if (!nodeset || (mode && strcmp(mode, "strict") != 0))
        return;
    for (guint i = 0; i < pins->host->nodes->len; i++) {
        const VtHostNode *node = pins->host->nodes->pdata[i];
        if (!vt_cpuset_has(nodeset, (unsigned)node->id))
            continue;
        if (!node->memory_known)
            return;
        nodes_kib += node->memory_kib;
    }
    if (nodes_kib < guest_kib) {
        g_autofree char *have = g_format_size_full(nodes_kib * 1024, G_FORMAT_SIZE_IEC_UNITS);
        offend(out, _("nodes %s have %s"), nodeset_text, have);
    }
}

static const struct {
    const char *fact;
    void (*find)(const Pins *pins, GString *out);
} lints[] = {
    {"lint.absent_cpus", find_absent_cpus},
    {"lint.cross_node", find_cross_node},
    {"lint.emulator_on_vcpus", find_emulator_on_vcpus},
    {"lint.iothreads_on_vcpus", find_iothreads_on_vcpus},
    {"lint.isolated_masks", find_isolated_masks},
    {"lint.mixed_kinds", find_mixed_kinds},
    {"lint.orphan_iothreadpins", find_orphan_iothreadpins},
    {"lint.outside_cgroup", find_outside_cgroup},
    {"lint.overlap_with_guests", find_overlap_with_guests},
    {"lint.shared_cpus", find_shared_cpus},
    {"lint.siblings_as_cores", find_siblings_as_cores},
    {"lint.split_siblings", find_split_siblings},
    {"lint.surplus_vcpupins", find_surplus_vcpupins},
};

void
vt_facts_from_existing_pins(VtFacts *facts, const VtDocument *domain, const VtTopology *topology,
                            const VtCpuSet *taken)
{
    g_auto(Pins) pins = {.host = topology, .taken = taken, .root = vt_document_root(domain)};
    g_autoptr(GString) strict = g_string_new(NULL);
    gint64 vcpus = 1, memory_kib = 0;

    if (!topology) {
        for (gsize i = 0; i < G_N_ELEMENTS(lints); i++)
            vt_facts_set_unknown(facts, lints[i].fact, _("the host's topology is not known"));
        vt_facts_set_unknown(facts, "lint.strict_without_memory",
                             _("the host's topology is not known"));
        return;
    }
    vt_facts_get_int(facts, "domain.vcpus", &vcpus);
    vt_facts_get_int(facts, "domain.memory_kib", &memory_kib);
    pins.vcpus = (unsigned)MIN(vcpus, VT_CPUSET_MAX); /* more than libvirt can pin */
    read_pins(&pins);
    for (gsize i = 0; i < G_N_ELEMENTS(lints); i++) {
        g_autoptr(GString) offenders = g_string_new(NULL);
        lints[i].find(&pins, offenders);
        vt_facts_set_string(facts, lints[i].fact, offenders->str, ORIGIN);
    }
    find_strict_without_memory(&pins, strict, (guint64)memory_kib);
    vt_facts_set_string(facts, "lint.strict_without_memory", strict->str, ORIGIN);
}
