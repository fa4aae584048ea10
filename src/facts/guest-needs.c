/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/guest-needs.h"

#include <string.h>

/* No guest has more; a number from a hostile domain must not cost the memory for as many records.
 */
#define IOTHREADS_MAX 1024

static unsigned
topology_part(const xmlNode *topology, const char *name)
{
    g_autofree char *text = vt_element_attribute(topology, name);
    guint64 number;

    return text && g_ascii_string_to_unsigned(text, 10, 1, 65535, &number, NULL) ? (unsigned)number
                                                                                 : 1;
}

/* The numbers in <vcpus>, or as many from 0 on as are current. NULL = all are there at boot. */
static VtCpuSet *
enabled_vcpus(const xmlNode *root, unsigned count)
{
    const xmlNode *vcpu = vt_element_child(root, "vcpu");
    const xmlNode *vcpus = vt_element_child(root, "vcpus");
    g_autofree char *current_text = vcpu ? vt_element_attribute(vcpu, "current") : NULL;
    g_autoptr(VtCpuSet) enabled = vt_cpuset_new();
    guint64 current = count;

    if (current_text && !g_ascii_string_to_unsigned(current_text, 10, 1, count, &current, NULL))
        current = count;
    for (const xmlNode *each = vt_element_child(vcpus, "vcpu"); each;
         each = vt_element_next(each)) {
        g_autofree char *id_text = vt_element_attribute(each, "id");
        g_autofree char *word = vt_element_attribute(each, "enabled");
        guint64 id;

        if (g_strcmp0(word, "yes") == 0 && id_text && count > 0 &&
            g_ascii_string_to_unsigned(id_text, 10, 0, MIN(count, VT_CPUSET_MAX) - 1, &id, NULL))
            vt_cpuset_add(enabled, (unsigned)id);
    }
    for (unsigned i = 0; !vcpus && i < MIN(current, VT_CPUSET_MAX); i++)
        vt_cpuset_add(enabled, i);
    if (vt_cpuset_count(enabled) == 0 || vt_cpuset_count(enabled) == count)
        return NULL;
    return g_steal_pointer(&enabled);
}

/* libvirt numbers the iothreads that <iothreadids> does not, from 1 on, in the gaps (libvirt
 * src/conf/domain_conf.c, virDomainDefIOThreadsIDAssign). */
VtCpuSet *
vt_iothread_ids(const xmlNode *root)
{
    const xmlNode *iothreads = vt_element_child(root, "iothreads");
    const xmlNode *list = vt_element_child(root, "iothreadids");
    g_autofree char *text = iothreads ? vt_element_text(iothreads) : NULL;
    VtCpuSet *ids = vt_cpuset_new();
    guint64 count = 0;

    if (text && !g_ascii_string_to_unsigned(text, 10, 0, IOTHREADS_MAX, &count, NULL))
        count = 0;
    for (const xmlNode *each = vt_element_child(list, "iothread"); each;
         each = vt_element_next(each)) {
        g_autofree char *id_text = vt_element_attribute(each, "id");
        guint64 id;

        if (id_text && g_ascii_string_to_unsigned(id_text, 10, 1, VT_CPUSET_MAX - 1, &id, NULL))
            vt_cpuset_add(ids, (unsigned)id);
    }
    for (unsigned id = 1, have = vt_cpuset_count(ids); have < count; id++) {
        have += !vt_cpuset_has(ids, id);
        vt_cpuset_add(ids, id);
    }
    return ids;
}

static VtGuestShape
read_shape(const VtFacts *facts, const VtDocument *domain)
{
    const xmlNode *root = vt_document_root(domain);
    const xmlNode *topology = vt_element_child(vt_element_child(root, "cpu"), "topology");
    const char *family = vt_facts_get_string(facts, "guest.family");
    VtGuestShape shape = {.threads_allowed = true};
    gint64 vcpus = 1, memory_kib = 0;

    vt_facts_get_int(facts, "domain.vcpus", &vcpus);
    vt_facts_get_int(facts, "domain.memory_kib", &memory_kib);
    shape.vcpus = (unsigned)vcpus;
    shape.memory_kib = (guint64)memory_kib;
    /* A guest of which nothing is known may be a Windows client. */
    shape.several_sockets =
        family && (strcmp(family, "windows") != 0 ||
                   g_strcmp0(vt_facts_get_string(facts, "guest.edition"), "server") == 0);
    if (topology) {
        guint64 cores = (guint64)topology_part(topology, "dies") *
                        topology_part(topology, "clusters") * topology_part(topology, "cores");
        shape.sockets = topology_part(topology, "sockets");
        shape.cores = (unsigned)MIN(cores, 65535); /* no guest has so many: it will not fit */
        shape.threads = topology_part(topology, "threads");
    }
    return shape;
}

VtGuestNeeds *
vt_guest_needs_read(const VtFacts *facts, const VtDocument *domain)
{
    VtGuestNeeds *needs = g_new0(VtGuestNeeds, 1);

    needs->shape = read_shape(facts, domain);
    needs->iothreads = vt_iothread_ids(vt_document_root(domain));
    needs->enabled = enabled_vcpus(vt_document_root(domain), needs->shape.vcpus);
    needs->shape.iothreads = vt_cpuset_count(needs->iothreads);
    needs->shape.enabled = needs->enabled;
    return needs;
}

void
vt_guest_needs_free(VtGuestNeeds *needs)
{
    if (!needs)
        return;
    vt_cpuset_free(needs->enabled);
    vt_cpuset_free(needs->iothreads);
    g_free(needs);
}
