/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/i18n.h"
#include "facts/build.h"
#include "pin/planner.h"

#define ORIGIN "pin planner"

static unsigned
topology_part(const xmlNode *topology, const char *name)
{
    g_autofree char *text = vt_element_attribute(topology, name);
    guint64 number;

    return text && g_ascii_string_to_unsigned(text, 10, 1, 65535, &number, NULL) ? (unsigned)number
                                                                                   : 1;
}

static VtGuestShape
guest_shape(const VtFacts *facts, const VtDocument *domain)
{
    const xmlNode *root = vt_document_root(domain);
    const xmlNode *topology = vt_element_child(vt_element_child(root, "cpu"), "topology");
    const xmlNode *iothreads = vt_element_child(root, "iothreads");
    g_autofree char *iothreads_text = iothreads ? vt_element_text(iothreads) : NULL;
    VtGuestShape shape = {.threads_allowed = true};
    gint64 vcpus = 1, memory_kib = 0;
    guint64 iothread_count;

    vt_facts_get_int(facts, "domain.vcpus", &vcpus);
    vt_facts_get_int(facts, "domain.memory_kib", &memory_kib);
    shape.vcpus = (unsigned)vcpus;
    shape.memory_kib = (guint64)memory_kib;
    if (topology) {
        guint64 cores = (guint64)topology_part(topology, "dies") *
                        topology_part(topology, "clusters") * topology_part(topology, "cores");
        shape.sockets = topology_part(topology, "sockets");
        shape.cores = (unsigned)MIN(cores, 65535); /* no guest has so many: it will not fit */
        shape.threads = topology_part(topology, "threads");
    }
    if (iothreads_text &&
        g_ascii_string_to_unsigned(iothreads_text, 10, 0, 65535, &iothread_count, NULL))
        shape.iothreads = (unsigned)iothread_count;
    return shape;
}

static void
set_pins(VtFacts *facts, const VtPinPlan *plan)
{
    g_autofree char *emulator = vt_cpuset_format(plan->emulator_cpus);

    vt_facts_set_string(facts, "pin.emulator_cpuset", emulator, ORIGIN);
    vt_facts_set_bool(facts, "pin.reshapes", plan->reshapes, ORIGIN);
    vt_facts_set_int(facts, "pin.sockets", plan->sockets, ORIGIN);
    vt_facts_set_int(facts, "pin.cores", plan->cores, ORIGIN);
    vt_facts_set_int(facts, "pin.threads", plan->threads, ORIGIN);
    for (guint i = 0; i < plan->vcpu_cpus->len; i++) {
        VtFacts *vcpu = vt_facts_add_record(facts, "pin.vcpu", ORIGIN);
        g_autofree char *cpuset =
            g_strdup_printf("%u", g_array_index(plan->vcpu_cpus, unsigned, i));
        vt_facts_set_int(vcpu, "pin.vcpu.id", i, ORIGIN);
        vt_facts_set_string(vcpu, "pin.vcpu.cpuset", cpuset, ORIGIN);
    }
}

void
vt_facts_from_pin_plan(VtFacts *facts, const VtDocument *domain, const VtTopology *topology,
                       const VtCpuSet *taken, const VtCpuSet *reserved)
{
    VtGuestShape shape = guest_shape(facts, domain);
    g_autoptr(VtPinPlan) plan = NULL;

    vt_facts_set_bool(facts, "pin.reshapes", false, ORIGIN);
    if (vt_facts_is_true(facts, "domain.pinned")) {
        vt_facts_set_unknown(facts, "pin.fits", _("the domain has pins of its own"));
        return;
    }
    if (!topology) {
        vt_facts_set_unknown(facts, "pin.fits", _("the host's topology is not known"));
        return;
    }
    plan = vt_pin_plan(topology, &shape, taken, reserved);
    vt_facts_set_bool(facts, "pin.fits", plan->fits, ORIGIN);
    vt_facts_set_string(facts, "pin.why", plan->why, ORIGIN);
    if (plan->fits)
        set_pins(facts, plan);
}
