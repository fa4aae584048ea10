/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/i18n.h"
#include "facts/build.h"
#include "facts/guest-needs.h"

#define ORIGIN "pin planner"

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
set_plan(VtFacts *facts, const VtPinPlan *plan, const VtGuestShape *shape,
         const VtCpuSet *iothreads)
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
vt_facts_from_pin_plan(VtFacts *facts, const VtDocument *domain, bool may_reshape,
                       const VtPinRequest *wanted)
{
    g_autoptr(VtGuestNeeds) needs = vt_guest_needs_read(facts, domain);
    VtPinRequest request = *wanted;
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
    if (!may_reshape && needs->shape.sockets == 0) {
        needs->shape.sockets = needs->shape.vcpus;
        needs->shape.cores = needs->shape.threads = 1;
    }
    request.shape = &needs->shape;
    plan = vt_pin_plan(&request);
    vt_facts_set_bool(facts, "pin.fits", plan->fits, ORIGIN);
    vt_facts_set_string(facts, "pin.why", plan->why, ORIGIN);
    vt_facts_set_string(facts, "pin.placement", vt_pin_placement_to_string(plan->placement),
                        ORIGIN);
    if (plan->fits)
        set_plan(facts, plan, &needs->shape, needs->iothreads);
}
