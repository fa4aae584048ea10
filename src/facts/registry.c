/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/fact.h"

#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"

/* Every fact there is, in order of name (a test holds the order). */
static const VtFactInfo registry[] = {
    {"disk", VT_FACT_RECORDS, "", N_("the domain's disks")},
    {"disk.backing_cache_bytes", VT_FACT_INT, "bytes",
     N_("L2 tables that QEMU caches at most for the qcow2 images below the disk's own")},
    {"disk.backing_images", VT_FACT_INT, "", N_("qcow2 images below the disk's own")},
    {"disk.backing_uncovered", VT_FACT_STRING, "",
     N_("images below the disk's own whose metadata cache does not cover them")},
    {"disk.below_default", VT_FACT_BOOL, "",
     N_("the metadata cache set in the domain caches less than QEMU's default would")},
    {"disk.boots", VT_FACT_BOOL, "", N_("the guest boots from the disk")},
    {"disk.bus", VT_FACT_STRING, "", N_("what the disk is connected to: virtio, sata, ...")},
    {"disk.cached_l2_bytes", VT_FACT_INT, "bytes", N_("L2 tables cached as the domain is now")},
    {"disk.cluster_bytes", VT_FACT_INT, "bytes", N_("cluster size of the image")},
    {"disk.covered", VT_FACT_BOOL, "",
     N_("the metadata cache covers the whole disk as the domain is now")},
    {"disk.default_covers", VT_FACT_BOOL, "",
     N_("QEMU's default metadata cache covers the whole disk")},
    {"disk.default_l2_bytes", VT_FACT_INT, "bytes", N_("L2 tables that QEMU caches by default")},
    {"disk.extended_l2", VT_FACT_BOOL, "", N_("the image has extended L2 entries")},
    {"disk.format", VT_FACT_STRING, "", N_("format of the image: qcow2, raw, ...")},
    {"disk.full_coverage_bytes", VT_FACT_INT, "bytes",
     N_("metadata cache that covers the whole disk")},
    {"disk.gib_formula", VT_FACT_BOOL, "",
     N_("the metadata cache set in the domain is the disk's GiB times 131072")},
    {"disk.l2_table_bytes", VT_FACT_INT, "bytes", N_("all L2 tables of the image")},
    {"disk.max_size_bytes", VT_FACT_INT, "bytes", N_("metadata cache set in the domain")},
    {"disk.outgrown", VT_FACT_BOOL, "",
     N_("the metadata cache set in the domain is exactly what a smaller disk needs")},
    {"disk.outgrown_bytes", VT_FACT_INT, "bytes",
     N_("the disk size that the metadata cache set in the domain is for; 0 if none is told")},
    {"disk.place", VT_FACT_STRING, "", N_("where the disk stands in the domain's XML")},
    {"disk.queues", VT_FACT_INT, "", N_("request queues that the guest sees")},
    {"disk.queues_for_vcpus", VT_FACT_STRING, "",
     N_("whether the disk's queues are fewer, equal or more than the vCPUs")},
    {"disk.source", VT_FACT_STRING, "", N_("path of the image")},
    {"disk.target", VT_FACT_STRING, "", N_("the disk's target name, such as vda")},
    {"disk.virtual_size_bytes", VT_FACT_INT, "bytes", N_("size of the disk as the guest sees it")},
    {"disk.within_budget", VT_FACT_BOOL, "",
     N_("full coverage fits the configured metadata cache budget")},
    {"domain.arch", VT_FACT_STRING, "", N_("architecture of the guest")},
    {"domain.ballooned", VT_FACT_BOOL, "", N_("the guest is to have less memory than its maximum")},
    {"domain.has_topology", VT_FACT_BOOL, "", N_("the domain has a CPU topology of its own")},
    {"domain.iothread_users", VT_FACT_INT, "", N_("uses of iothreads by disks and controllers")},
    {"domain.iothreads", VT_FACT_INT, "", N_("iothreads that the domain defines")},
    {"domain.machine", VT_FACT_STRING, "", N_("machine type")},
    {"domain.machine_version", VT_FACT_INT, "",
     N_("QEMU release of the machine type, major * 1000 + minor")},
    {"domain.managed_by", VT_FACT_STRING, "",
     N_("the layer that owns the domain's XML: nova, ovirt, kubevirt; empty for none")},
    {"domain.memory_kib", VT_FACT_INT, "KiB", N_("maximum memory")},
    {"domain.name", VT_FACT_STRING, "", N_("name of the domain")},
    {"domain.pinned", VT_FACT_BOOL, "", N_("the administrator has placed vCPUs or emulator")},
    {"domain.pinned_one_to_one", VT_FACT_BOOL, "",
     N_("the administrator has given every vCPU one CPU of its own")},
    {"domain.type", VT_FACT_STRING, "", N_("virtualisation type: kvm, qemu, ...")},
    {"domain.uuid", VT_FACT_STRING, "", N_("UUID of the domain")},
    {"domain.vcpus", VT_FACT_INT, "", N_("maximum number of vCPUs")},
    {"domcaps.hyperv", VT_FACT_SET, "",
     N_("enlightenments that this emulator and host offer, from the domain capabilities")},
    {"domcaps.stimer_direct", VT_FACT_BOOL, "", N_("direct synthetic timers are offered")},
    {"domcaps.tlbflush_direct", VT_FACT_BOOL, "", N_("direct TLB flushes are offered")},
    {"domcaps.tlbflush_extended", VT_FACT_BOOL, "", N_("extended TLB flushes are offered")},
    {"guest.edition", VT_FACT_STRING, "", N_("client or server edition of Windows")},
    {"guest.family", VT_FACT_STRING, "", N_("family of the guest's OS: windows, linux, ...")},
    {"guest.identified", VT_FACT_BOOL, "",
     N_("the domain's metadata names an OS that vmtune knows the family of")},
    {"guest.nt_version", VT_FACT_INT, "",
     N_("Windows NT version, major * 100 + minor: 601 is Windows 7, 1000 is Windows 10")},
    {"guest.os_id", VT_FACT_STRING, "", N_("osinfo id of the guest's OS")},
    {"host.apicv", VT_FACT_BOOL, "", N_("APICv (Intel) or AVIC (AMD) is on in the KVM module")},
    {"host.cpu_vendor", VT_FACT_STRING, "", N_("vendor of the host's CPU: intel, amd")},
    {"host.cpus", VT_FACT_INT, "", N_("online CPUs")},
    {"host.l3_domains", VT_FACT_INT, "", N_("L3 domains")},
    {"host.nested", VT_FACT_BOOL, "", N_("nested virtualisation is on in the KVM module")},
    {"host.nodes", VT_FACT_INT, "", N_("NUMA nodes")},
    {"host.threads_per_core", VT_FACT_INT, "", N_("SMT siblings in a core")},
    {"host.topoext", VT_FACT_BOOL, "", N_("the host's CPU has AMD's topology extensions")},
    {"libvirt.version", VT_FACT_INT, "", N_("libvirt, major * 1000000 + minor * 1000 + micro")},
    {"lint.absent_cpus", VT_FACT_STRING, "", N_("pins on CPUs that are absent or offline")},
    {"lint.absent_iothreads", VT_FACT_STRING, "",
     N_("disks and controllers that name an iothread which does not exist")},
    {"lint.cross_node", VT_FACT_STRING, "",
     N_("NUMA nodes that the pinned vCPUs are spread over without numatune")},
    {"lint.emulator_on_vcpus", VT_FACT_STRING, "", N_("vCPU CPUs that the emulator may run on")},
    {"lint.iothreads_on_vcpus", VT_FACT_STRING, "", N_("vCPU CPUs that iothreads may run on")},
    {"lint.isolated_masks", VT_FACT_STRING, "",
     N_("pins to several CPUs with isolated ones among them")},
    {"lint.mixed_kinds", VT_FACT_STRING, "", N_("kinds of core that the vCPUs are mixed over")},
    {"lint.orphan_iothreadpins", VT_FACT_STRING, "",
     N_("iothreads that are pinned and do not exist")},
    {"lint.outside_cgroup", VT_FACT_STRING, "",
     N_("pins on CPUs outside the guests' cgroup")},
    {"lint.overlap_with_guests", VT_FACT_STRING, "",
     N_("vCPU CPUs that another guest's vCPUs hold")},
    {"lint.shared_cpus", VT_FACT_STRING, "", N_("vCPUs that share one CPU")},
    {"lint.siblings_as_cores", VT_FACT_STRING, "",
     N_("vCPUs on siblings of one core that the guest takes for cores")},
    {"lint.split_siblings", VT_FACT_STRING, "",
     N_("vCPUs that the guest takes for siblings, on different cores")},
    {"lint.strict_without_memory", VT_FACT_STRING, "",
     N_("nodes of a strict nodeset that have less memory than the guest")},
    {"lint.surplus_vcpupins", VT_FACT_STRING, "", N_("vCPUs that are pinned and do not exist")},
    {"nic", VT_FACT_RECORDS, "", N_("the domain's network interfaces")},
    {"nic.backend", VT_FACT_STRING, "", N_("what the domain sets for the packets' way: qemu, vhost")},
    {"nic.model", VT_FACT_STRING, "", N_("model of the interface: virtio, e1000e, ...")},
    {"nic.place", VT_FACT_STRING, "", N_("where the interface stands in the domain's XML")},
    {"nic.queues", VT_FACT_INT, "", N_("pairs of queues that the interface has")},
    {"nic.queues_for_vcpus", VT_FACT_STRING, "",
     N_("whether the interface's queues are fewer, equal or more than the vCPUs")},
    {"nic.target", VT_FACT_STRING, "", N_("the interface's MAC address, or its turn")},
    {"nic.type", VT_FACT_STRING, "", N_("what the interface is connected to: network, bridge, ...")},
    {"pin.cores", VT_FACT_INT, "", N_("planned cores per socket of the guest")},
    {"pin.emulator_cpuset", VT_FACT_STRING, "", N_("planned CPUs of the emulator threads")},
    {"pin.fits", VT_FACT_BOOL, "", N_("the host has a place for the guest")},
    {"pin.iothread", VT_FACT_RECORDS, "", N_("the planned pins of iothreads")},
    {"pin.iothread.cpuset", VT_FACT_STRING, "", N_("the host CPUs planned for the iothread")},
    {"pin.iothread.id", VT_FACT_INT, "", N_("number of the iothread")},
    {"pin.numa_mode", VT_FACT_STRING, "",
     N_("how memory should come from the planned nodes: preferred, interleave, strict, none")},
    {"pin.numa_nodeset", VT_FACT_STRING, "", N_("NUMA nodes planned for the guest's memory")},
    {"pin.placement", VT_FACT_STRING, "",
     N_("what was planned: dedicated (a CPU for each vCPU), node (all float there), off")},
    {"pin.reshapes", VT_FACT_BOOL, "", N_("the plan gives the guest a topology")},
    {"pin.sockets", VT_FACT_INT, "", N_("planned sockets of the guest")},
    {"pin.threads", VT_FACT_INT, "", N_("planned threads per core of the guest")},
    {"pin.vcpu", VT_FACT_RECORDS, "", N_("the planned pins")},
    {"pin.vcpu.cpuset", VT_FACT_STRING, "", N_("the host CPUs planned for the vCPU")},
    {"pin.vcpu.id", VT_FACT_INT, "", N_("number of the vCPU")},
    {"pin.why", VT_FACT_STRING, "", N_("what the planner chose and why, or what was missing")},
    {"pin.why_memory", VT_FACT_STRING, "", N_("why the memory should come from these nodes")},
    {"pin.why_shape", VT_FACT_STRING, "", N_("why the guest should have this topology")},
    {"profile.name", VT_FACT_STRING, "", N_("the profile that the domain is tuned by")},
    {"qemu.version", VT_FACT_INT, "", N_("QEMU, major * 1000000 + minor * 1000 + micro")},
    {"raw.cpu", VT_FACT_BOOL, "",
     N_("a -cpu in <qemu:commandline> replaces the one that libvirt makes")},
    {"raw.hides_hypervisor", VT_FACT_BOOL, "",
     N_("<qemu:commandline> takes the hypervisor bit from the guest")},
    {"raw.hides_kvm", VT_FACT_BOOL, "", N_("<qemu:commandline> hides KVM from the guest")},
    {"raw.hyperv", VT_FACT_STRING, "",
     N_("enlightenments that <qemu:commandline> switches on; empty for none")},
    {"raw.l2_cache", VT_FACT_STRING, "",
     N_("arguments in <qemu:commandline> that size a metadata cache; empty for none")},
    {"raw.pit_policy", VT_FACT_STRING, "",
     N_("the PIT's lost_tick_policy in <qemu:commandline>; empty for none")},
    {"wish.dedicated", VT_FACT_BOOL, "",
     N_("the profile wants the guest to have its CPUs to itself")},
    {"wish.host_model", VT_FACT_BOOL, "",
     N_("the profile prefers enlightenments as the host's model (mode='host-model')")},
    {"wish.migratable", VT_FACT_BOOL, "",
     N_("the profile wants the guest to migrate, and be saved, without ado")},
    {"wish.nested", VT_FACT_BOOL, "",
     N_("the profile says that Hyper-V, WSL2 or VBS runs inside the guest")},
};

static int
compare_name(const void *key, const void *info)
{
    return strcmp(key, ((const VtFactInfo *)info)->name);
}

const VtFactInfo *
vt_fact_info(const char *name)
{
    return bsearch(name, registry, G_N_ELEMENTS(registry), sizeof(registry[0]), compare_name);
}

const VtFactInfo *
vt_fact_infos(gsize *ret_count)
{
    *ret_count = G_N_ELEMENTS(registry);
    return registry;
}

const char *
vt_fact_type_to_string(VtFactType type)
{
    static const char *const words[] = {
        [VT_FACT_BOOL] = "boolean", [VT_FACT_INT] = "integer",     [VT_FACT_STRING] = "string",
        [VT_FACT_SET] = "set",      [VT_FACT_RECORDS] = "records",
    };

    return words[type];
}
