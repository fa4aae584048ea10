/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of a domain's pins this host can honour. */
#include "pin/repin-parts.h"

#include <string.h>

typedef struct {
    const VtRepinInput *input;
    const xmlNode *root;
    VtPins *as_found; /* the masks that the vCPUs run under */
    unsigned threads; /* of a guest core */
    VtRepinJudgement *judgement;
} Judge;

static void
pin_free(gpointer data)
{
    VtRepinPin *pin = data;

    g_free(pin->place);
    g_free(pin->value);
    g_free(pin->mode);
    g_free(pin);
}

void
vt_repin_judgement_free(VtRepinJudgement *judgement)
{
    if (!judgement)
        return;
    g_ptr_array_unref(judgement->pins);
    vt_cpuset_free(judgement->home_nodes);
    g_free(judgement);
}

/* ---- soundness ---- */

static bool
overlaps(const VtCpuSet *a, const VtCpuSet *b)
{
    return b && vt_cpuset_overlaps(a, b);
}

/* A mask to float over is sound as long as others leave some of it. */
static bool
is_sound_mask(const Judge *judge, const VtCpuSet *mask, bool of_vcpu)
{
    const VtTopology *host = judge->input->host;
    const VtCpuSet *taken = judge->input->held ? judge->input->held->taken : NULL;

    if (!vt_cpuset_is_subset(mask, host->allowed))
        return false;
    if (of_vcpu && vt_topology_is_dedicated(host, mask))
        return !overlaps(mask, taken);
    return !taken || !vt_cpuset_is_subset(mask, taken);
}

/* A host that contradicts itself about its nodes has none to judge by. */
static bool
is_sound_nodeset(const Judge *judge, const VtCpuSet *nodes)
{
    const VtTopology *host = judge->input->host;

    if (host->nodes->len == 0)
        return true;
    if (host->allowed_nodes && !vt_cpuset_is_subset(nodes, host->allowed_nodes))
        return false;
    for (int id = vt_cpuset_next(nodes, 0); id >= 0; id = vt_cpuset_next(nodes, (unsigned)id + 1)) {
        const VtHostNode *node = vt_topology_find_node(host, id);
        if (!node || (node->memory_known && node->memory_kib == 0))
            return false;
    }
    return true;
}

static bool
is_sound(const Judge *judge, VtRepinKind kind, const char *value)
{
    g_autoptr(VtCpuSet) set = vt_cpuset_parse(value, NULL);

    if (!set || vt_cpuset_next(set, 0) < 0)
        return true;
    if (kind == VT_REPIN_MEMORY || kind == VT_REPIN_MEMNODE)
        return is_sound_nodeset(judge, set);
    return is_sound_mask(judge, set, kind == VT_REPIN_VCPU);
}

/* ---- collecting ---- */

static void
add_pin(Judge *judge, VtRepinKind kind, const xmlNode *element, const char *attribute,
        char *owned_place)
{
    char *value = vt_element_attribute(element, attribute);
    VtRepinPin *pin;

    if (!value) {
        g_free(owned_place);
        return;
    }
    pin = g_new0(VtRepinPin, 1);
    pin->kind = kind;
    pin->place = owned_place;
    pin->value = value;
    pin->mode = kind == VT_REPIN_MEMORY || kind == VT_REPIN_MEMNODE
                    ? vt_element_attribute(element, "mode")
                    : NULL;
    pin->vcpu = G_MAXUINT;
    pin->sound = is_sound(judge, kind, value);
    g_ptr_array_add(judge->judgement->pins, pin);
}

/* libvirt ignores the pin of a vCPU that the domain does not have. */
static bool
has_vcpu(const Judge *judge, const char *id, guint64 *ret_vcpu)
{
    return g_ascii_string_to_unsigned(id, 10, 0, G_MAXINT32, ret_vcpu, NULL) &&
           *ret_vcpu < judge->as_found->vcpus->len;
}

/* All children of that name, each named by its attribute @key. */
static void
add_keyed_pins(Judge *judge, VtRepinKind kind, const char *parent, const char *name,
               const char *key, const char *attribute)
{
    const xmlNode *element = vt_element_child(vt_element_child(judge->root, parent), name);

    for (; element; element = vt_element_next(element)) {
        g_autofree char *id = vt_element_attribute(element, key);
        guint count = judge->judgement->pins->len;
        guint64 vcpu;

        if (!id || (kind == VT_REPIN_VCPU && !has_vcpu(judge, id, &vcpu)))
            continue;
        add_pin(judge, kind, element, attribute,
                g_strdup_printf("%s/%s[@%s='%s']", parent, name, key, id));
        if (judge->judgement->pins->len > count && kind == VT_REPIN_VCPU)
            ((VtRepinPin *)judge->judgement->pins->pdata[count])->vcpu = (unsigned)vcpu;
    }
}

static void
collect_pins(Judge *judge)
{
    const xmlNode *vcpu = vt_element_child(judge->root, "vcpu");
    const xmlNode *cputune = vt_element_child(judge->root, "cputune");
    const xmlNode *emulator = vt_element_child(cputune, "emulatorpin");
    const xmlNode *memory = vt_element_child(vt_element_child(judge->root, "numatune"), "memory");
    g_autofree char *placement = vcpu ? vt_element_attribute(vcpu, "placement") : NULL;

    if (vcpu && g_strcmp0(placement, "auto") != 0)
        add_pin(judge, VT_REPIN_COMMON, vcpu, "cpuset", g_strdup("vcpu"));
    add_keyed_pins(judge, VT_REPIN_VCPU, "cputune", "vcpupin", "vcpu", "cpuset");
    if (emulator)
        add_pin(judge, VT_REPIN_EMULATOR, emulator, "cpuset", g_strdup("cputune/emulatorpin"));
    add_keyed_pins(judge, VT_REPIN_IOTHREAD, "cputune", "iothreadpin", "iothread", "cpuset");
    if (memory)
        add_pin(judge, VT_REPIN_MEMORY, memory, "nodeset", g_strdup("numatune/memory"));
    add_keyed_pins(judge, VT_REPIN_MEMNODE, "numatune", "memnode", "cellid", "nodeset");
}

/* ---- the vCPUs as a whole ---- */

/* Whether every vCPU had a mask as narrow as a core, and no single CPU serves two: the cores are
 * another host's, so that their number of siblings can only be guessed from ours. */
static bool
had_own_cpus(const Judge *judge)
{
    g_autoptr(VtCpuSet) seen = vt_cpuset_new();
    unsigned widest = MAX(judge->input->host->threads_per_core, 1);

    for (guint i = 0; i < judge->as_found->vcpus->len; i++) {
        const VtCpuSet *mask = judge->as_found->vcpus->pdata[i];
        bool single = mask && vt_cpuset_count(mask) == 1;

        if (!mask || vt_cpuset_count(mask) > widest || (single && overlaps(mask, seen)))
            return false;
        if (single)
            vt_cpuset_union(seen, mask);
    }
    return true;
}

static bool
masks_are_sound(const Judge *judge)
{
    for (guint i = 0; i < judge->as_found->vcpus->len; i++) {
        const VtCpuSet *mask = judge->as_found->vcpus->pdata[i];
        if (mask && !is_sound_mask(judge, mask, true))
            return false;
    }
    return true;
}

/* The host core of a vCPU that has one CPU; NULL for any other vCPU. */
static const VtHostCore *
core_of_vcpu(const Judge *judge, guint vcpu)
{
    const VtCpuSet *mask = judge->as_found->vcpus->pdata[vcpu];

    return mask && vt_cpuset_count(mask) == 1
               ? vt_topology_core_of(judge->input->host, (unsigned)vt_cpuset_next(mask, 0))
               : NULL;
}

/* Whether vCPUs share a host core exactly if they are siblings for the guest. */
static bool
siblings_agree(const Judge *judge)
{
    g_autoptr(GHashTable) guest_cores = g_hash_table_new(NULL, NULL); /* host core -> number + 1 */

    if (judge->input->host->threads_per_core < 2)
        return true;
    for (guint i = 0; i < judge->as_found->vcpus->len; i++) {
        const VtHostCore *core = core_of_vcpu(judge, i);
        guint guest_core = i / judge->threads;
        gpointer other = core ? g_hash_table_lookup(guest_cores, core) : NULL;

        if (core && other && GPOINTER_TO_UINT(other) != guest_core + 1)
            return false;
        if (core && i % judge->threads > 0 && core != core_of_vcpu(judge, i - 1))
            return false;
        if (core)
            g_hash_table_insert(guest_cores, (gpointer)core, GUINT_TO_POINTER(guest_core + 1));
    }
    return true;
}

static void
find_home_nodes(const Judge *judge)
{
    for (guint i = 0; i < judge->as_found->vcpus->len; i++) {
        const VtHostCore *core = core_of_vcpu(judge, i);
        if (!core || core->node < 0) {
            vt_cpuset_free(judge->judgement->home_nodes);
            judge->judgement->home_nodes = vt_cpuset_new();
            return;
        }
        vt_cpuset_add(judge->judgement->home_nodes, (unsigned)core->node);
    }
}

static unsigned
guest_threads(const xmlNode *root)
{
    const xmlNode *topology = vt_element_child(vt_element_child(root, "cpu"), "topology");
    g_autofree char *text = topology ? vt_element_attribute(topology, "threads") : NULL;
    guint64 threads;

    return text && g_ascii_string_to_unsigned(text, 10, 1, 65535, &threads, NULL)
               ? (unsigned)threads
               : 1;
}

VtRepinJudgement *
vt_repin_judge(const VtDocument *domain, const VtRepinInput *input)
{
    const xmlNode *root = vt_document_root(domain);
    g_autoptr(VtPins) as_found = vt_pins_from_domain(domain);
    VtRepinJudgement *judgement = g_new0(VtRepinJudgement, 1);
    Judge judge = {input, root, as_found, guest_threads(root), judgement};

    judgement->pins = g_ptr_array_new_with_free_func(pin_free);
    judgement->home_nodes = vt_cpuset_new();
    collect_pins(&judge);
    judgement->dedicated = had_own_cpus(&judge);
    judgement->vcpus_sound = masks_are_sound(&judge);
    judgement->siblings_agree = !input->arrives || !judgement->dedicated || siblings_agree(&judge);
    find_home_nodes(&judge);
    return judgement;
}
