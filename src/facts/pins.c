/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/i18n.h"
#include "facts/build.h"

#define ORIGIN "pin planner"

/* No guest has more; a number from a hostile domain must not cost the memory for as many records. */
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
    for (const xmlNode *each = vt_element_child(vcpus, "vcpu"); each; each = vt_element_next(each)) {
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
static VtCpuSet *
iothread_ids(const xmlNode *root)
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
guest_shape(const VtFacts *facts, const VtDocument *domain)
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

static void
set_vcpus(VtFacts *facts, const VtPinPlan *plan, unsigned vcpus)
{
    for (unsigned i = 0; i < vcpus; i++) {
        g_autofree char *cpuset = vt_pin_plan_vcpu_cpuset(plan, i);
        VtFacts *vcpu;

        if (!cpuset)
            continue;
        vcpu = vt_facts_add_record(facts, "pin.vcpu", ORIGIN);
        vt_facts_set_int(vcpu, "pin.vcpu.id", i, ORIGIN);
        vt_facts_set_string(vcpu, "pin.vcpu.cpuset", cpuset, ORIGIN);
    }
}

static void
set_iothreads(VtFacts *facts, const VtPinPlan *plan, const VtCpuSet *ids)
{
    g_autofree char *cpuset = vt_cpuset_format(plan->iothread_cpus);

    vt_facts_touch_records(facts, "pin.iothread", ORIGIN); /* none is known too */
    for (int id = vt_cpuset_next(ids, 0); id >= 0; id = vt_cpuset_next(ids, (unsigned)id + 1)) {
        VtFacts *iothread = vt_facts_add_record(facts, "pin.iothread", ORIGIN);

        vt_facts_set_int(iothread, "pin.iothread.id", id, ORIGIN);
        vt_facts_set_string(iothread, "pin.iothread.cpuset", cpuset, ORIGIN);
    }
}

static void
set_plan(VtFacts *facts, const VtPinPlan *plan, const VtGuestShape *shape, const VtCpuSet *iothreads)
{
    g_autofree char *emulator = vt_cpuset_format(plan->emulator_cpus);
    g_autofree char *nodes = vt_cpuset_format(plan->memory_nodes);

    vt_facts_set_string(facts, "pin.emulator_cpuset", emulator, ORIGIN);
    vt_facts_set_bool(facts, "pin.reshapes", plan->reshapes, ORIGIN);
    vt_facts_set_int(facts, "pin.sockets", plan->sockets, ORIGIN);
    vt_facts_set_int(facts, "pin.cores", plan->cores, ORIGIN);
    vt_facts_set_int(facts, "pin.threads", plan->threads, ORIGIN);
    vt_facts_set_string(facts, "pin.numa_mode", vt_pin_memory_to_string(plan->memory), ORIGIN);
    vt_facts_set_string(facts, "pin.numa_nodeset", nodes, ORIGIN);
    if (plan->why_shape)
        vt_facts_set_string(facts, "pin.why_shape", plan->why_shape, ORIGIN);
    if (plan->why_memory)
        vt_facts_set_string(facts, "pin.why_memory", plan->why_memory, ORIGIN);
    set_vcpus(facts, plan, shape->vcpus);
    set_iothreads(facts, plan, iothreads);
}

void
vt_facts_from_pin_plan(VtFacts *facts, const VtDocument *domain, const VtPinRequest *wanted)
{
    VtGuestShape shape = guest_shape(facts, domain);
    VtPinRequest request = *wanted;
    g_autoptr(VtCpuSet) iothreads = NULL, enabled = NULL;
    g_autoptr(VtPinPlan) plan = NULL;

    vt_facts_set_bool(facts, "pin.reshapes", false, ORIGIN);
    if (vt_facts_is_true(facts, "domain.pinned")) {
        vt_facts_set_unknown(facts, "pin.fits", _("the domain has pins of its own"));
        return;
    }
    if (!request.host) {
        vt_facts_set_unknown(facts, "pin.fits", _("the host's topology is not known"));
        return;
    }
    if (request.placement == VT_PIN_PLACEMENT_OFF) {
        vt_facts_set_unknown(facts, "pin.fits", _("pinning is switched off"));
        return;
    }
    iothreads = iothread_ids(vt_document_root(domain));
    enabled = enabled_vcpus(vt_document_root(domain), shape.vcpus);
    shape.iothreads = vt_cpuset_count(iothreads);
    shape.enabled = enabled;
    request.shape = &shape;
    plan = vt_pin_plan(&request);
    vt_facts_set_bool(facts, "pin.fits", plan->fits, ORIGIN);
    vt_facts_set_string(facts, "pin.why", plan->why, ORIGIN);
    vt_facts_set_string(facts, "pin.placement",
                        vt_pin_placement_to_string(plan->placement), ORIGIN);
    if (plan->fits)
        set_plan(facts, plan, &shape, iothreads);
}
