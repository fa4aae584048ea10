/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the guest's memory is to come from, held against what the host has: pools of huge pages and
 * NUMA nodes.
 */
#include <string.h>

#include "base/i18n.h"
#include "facts/build.h"
#include "pin/pins.h"

#define ORIGIN "domain XML, held against the host"
#define ALL_NODES (-1)

/* ---- huge pages ---- */

static const char *const hugepage_facts[] = {
    "memory.hugepages_missing",
    "memory.hugepage_offered",
};

/* The one size of page that the domain asks for; 0 = none asked for, -1 = not known. */
static gint64
read_page_kib(const VtFacts *facts, const xmlNode *hugepages, const char **ret_why)
{
    const xmlNode *page = vt_element_child(hugepages, "page");
    gint64 page_kib = -1;
    guint64 bytes;

    if (!hugepages)
        return 0;
    if (page && vt_element_next(page)) {
        *ret_why = _("the domain asks for pages of several sizes");
    } else if (page) {
        /* <page size='2' unit='MiB'/>: a size as libvirt has them, but in an attribute */
        g_autofree char *text = vt_element_attribute(page, "size");
        g_autofree char *unit = vt_element_attribute(page, "unit");

        *ret_why = _("the domain's size of huge pages cannot be read");
        if (vt_size_parse(text, unit ? unit : "KiB", &bytes) && bytes / 1024 <= G_MAXINT64)
            page_kib = (gint64)(bytes / 1024);
    } else if (!vt_facts_get_int(facts, "host.default_hugepage_kib", &page_kib)) {
        *ret_why = _("the host's usual size of huge pages is not known");
    }
    return page_kib;
}

/* The nodes that all memory must come from, or NULL: libvirt takes a missing mode for strict. */
static VtCpuSet *
read_strict_nodes(const xmlNode *root)
{
    const xmlNode *memory = vt_element_child(vt_element_child(root, "numatune"), "memory");
    g_autofree char *mode = memory ? vt_element_attribute(memory, "mode") : NULL;
    g_autofree char *nodeset = memory ? vt_element_attribute(memory, "nodeset") : NULL;

    return nodeset && (!mode || strcmp(mode, "strict") == 0) ? vt_cpuset_parse(nodeset, NULL)
                                                             : NULL;
}

/* Pages of that size that the guest could get at most; @free: of those that nobody has. */
static bool
count_pages(const VtFact *pools, gint64 page_kib, const VtCpuSet *nodes, bool free,
            gint64 *ret_pages)
{
    bool offered = false;

    *ret_pages = 0;
    for (guint i = 0; i < pools->records->len; i++) {
        const VtFacts *pool = pools->records->pdata[i];
        gint64 kib = 0, node = 0, pages = 0;

        vt_facts_get_int(pool, "host.hugepages.page_kib", &kib);
        vt_facts_get_int(pool, "host.hugepages.node", &node);
        vt_facts_get_int(pool, free ? "host.hugepages.free_pages" : "host.hugepages.pages", &pages);
        if (kib != page_kib)
            continue;
        offered = true;
        if (nodes ? node != ALL_NODES && vt_cpuset_has(nodes, (unsigned)node) : node == ALL_NODES)
            *ret_pages += pages;
    }
    return offered;
}

static gint64
pages_for(gint64 memory_kib, gint64 page_kib)
{
    return memory_kib / page_kib + (memory_kib % page_kib != 0);
}

static void
set_pool(VtFacts *facts, const VtFact *pools, gint64 page_kib, gint64 memory_kib,
         const VtCpuSet *nodes)
{
    gint64 pages, needed = pages_for(memory_kib, page_kib);
    bool offered = count_pages(pools, page_kib, nodes, false, &pages);

    vt_facts_set_bool(facts, "memory.hugepage_offered", offered, ORIGIN);
    vt_facts_set_int(facts, "memory.hugepages_missing", MAX(needed - pages, 0), ORIGIN);
}

/* The largest pages of which enough lie idle for the whole guest: reserved memory that nothing else
 * can use. */
static void
set_idle_pool(VtFacts *facts, const VtFact *pools, gint64 memory_kib, const VtCpuSet *nodes)
{
    static const gint64 sizes_kib[] = {1048576, 2048};
    gint64 idle_kib = 0;

    for (gsize i = 0; idle_kib == 0 && i < G_N_ELEMENTS(sizes_kib); i++) {
        gint64 pages;

        if (count_pages(pools, sizes_kib[i], nodes, true, &pages) &&
            pages >= pages_for(memory_kib, sizes_kib[i]))
            idle_kib = sizes_kib[i];
    }
    vt_facts_set_int(facts, "memory.idle_hugepage_kib", idle_kib, ORIGIN);
}

static void
set_hugepages(VtFacts *facts, const xmlNode *root, gint64 memory_kib)
{
    const xmlNode *hugepages =
        vt_element_child(vt_element_child(root, "memoryBacking"), "hugepages");
    const VtFact *pools = vt_facts_get(facts, "host.hugepages");
    const char *why = _("the host's pools of huge pages are not known");
    const char *why_size = why;
    gint64 page_kib = read_page_kib(facts, hugepages, &why_size);
    g_autoptr(VtCpuSet) nodes = read_strict_nodes(root);

    if (page_kib >= 0)
        vt_facts_set_int(facts, "memory.hugepage_kib", page_kib, ORIGIN);
    else
        vt_facts_set_unknown(facts, "memory.hugepage_kib", why_size);
    if (page_kib > 0)
        vt_facts_set_int(facts, "memory.hugepages_needed", pages_for(memory_kib, page_kib), ORIGIN);
    if (page_kib == 0)
        why_size = _("the domain asks for no huge pages");
    if (page_kib > 0 && pools && pools->known)
        set_pool(facts, pools, page_kib, memory_kib, nodes);
    for (gsize i = 0; i < G_N_ELEMENTS(hugepage_facts); i++)
        vt_facts_set_unknown(facts, hugepage_facts[i], page_kib <= 0 ? why_size : why);
    if (pools && pools->known)
        set_idle_pool(facts, pools, memory_kib, nodes);
    else
        vt_facts_set_unknown(facts, "memory.idle_hugepage_kib", why);
}

/* ---- nodes ---- */

static void
add_absent(const VtTopology *topology, const xmlNode *element, VtCpuSet *absent)
{
    g_autofree char *text = element ? vt_element_attribute(element, "nodeset") : NULL;
    g_autoptr(VtCpuSet) nodes = text ? vt_cpuset_parse(text, NULL) : NULL;

    for (int node = nodes ? vt_cpuset_next(nodes, 0) : -1; node >= 0;
         node = vt_cpuset_next(nodes, (unsigned)node + 1)) {
        if (!vt_topology_find_node(topology, node))
            vt_cpuset_add(absent, (unsigned)node);
    }
}

static char *
find_absent_nodes(const VtTopology *topology, const xmlNode *root)
{
    const xmlNode *numatune = vt_element_child(root, "numatune");
    g_autoptr(VtCpuSet) absent = vt_cpuset_new();

    add_absent(topology, vt_element_child(numatune, "memory"), absent);
    for (const xmlNode *node = vt_element_child(numatune, "memnode"); node;
         node = vt_element_next(node))
        add_absent(topology, node, absent);
    return vt_cpuset_format(absent);
}

/* The nodes of the vCPUs, if the guest's memory cannot all be there; "" if it can, if the guest has
 * nodes of its own, or if the host does not tell. */
static char *
find_too_small_nodes(const VtTopology *topology, const VtDocument *domain, gint64 memory_kib)
{
    const xmlNode *root = vt_document_root(domain);
    g_autoptr(VtCpuSet) cpus = vt_pins_vcpu_cpus(domain);
    g_autoptr(VtCpuSet) nodes = vt_cpuset_new();
    g_autofree char *ids = NULL, *size = NULL;
    guint64 have_kib = 0;

    for (guint i = 0; i < topology->nodes->len; i++) {
        const VtHostNode *node = topology->nodes->pdata[i];

        if (!vt_cpuset_overlaps(node->cpus, cpus))
            continue;
        if (!node->memory_known)
            return g_strdup("");
        vt_cpuset_add(nodes, (unsigned)node->id);
        have_kib += node->memory_kib;
    }
    if (vt_cpuset_count(nodes) == 0 || vt_cpuset_count(nodes) == topology->nodes->len ||
        have_kib >= (guint64)memory_kib || vt_element_child(vt_element_child(root, "cpu"), "numa"))
        return g_strdup("");
    ids = vt_cpuset_format(nodes);
    size = g_format_size_full(have_kib * 1024, G_FORMAT_SIZE_IEC_UNITS);
    return g_strdup_printf(_("nodes %s have %s"), ids, size);
}

static void
set_nodes(VtFacts *facts, const VtDocument *domain, const VtTopology *topology, gint64 memory_kib)
{
    const char *why = _("the host's topology is not known");
    g_autofree char *absent = NULL, *too_small = NULL;

    if (!topology || topology->nodes->len == 0) {
        vt_facts_set_unknown(facts, "lint.absent_nodes", why);
        vt_facts_set_unknown(facts, "lint.too_small_nodes", why);
        return;
    }
    absent = find_absent_nodes(topology, vt_document_root(domain));
    too_small = find_too_small_nodes(topology, domain, memory_kib);
    vt_facts_set_string(facts, "lint.absent_nodes", absent, ORIGIN);
    vt_facts_set_string(facts, "lint.too_small_nodes", too_small, ORIGIN);
}

void
vt_facts_from_memory(VtFacts *facts, const VtDocument *domain, const VtTopology *topology)
{
    gint64 memory_kib = 0;

    vt_facts_get_int(facts, "domain.memory_kib", &memory_kib);
    set_hugepages(facts, vt_document_root(domain), memory_kib);
    set_nodes(facts, domain, topology, memory_kib);
}
