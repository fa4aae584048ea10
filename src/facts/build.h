/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/cpuset.h"
#include "facts/fact.h"
#include "facts/topology.h"
#include "pin/planner.h"
#include "xml/document.h"

/**
 * Where facts come from, one function a source. None fails on absence: what is not there stays
 * unknown. None opens anything but what lies below the root directory it is given.
 */

/**
 * vt_facts_from_host:
 * @root: "/" or a captured host
 *
 * Sets host.* from sys/ and proc/ below @root.
 */
void vt_facts_from_host(VtFacts *facts, const char *root);

/** Sets the host.* facts that say how the host's kernel is set; after the above, @root as there. */
void vt_facts_from_host_kernel(VtFacts *facts, const char *root);

/** Sets the host.* facts that follow from the topology. */
void vt_facts_from_topology(VtFacts *facts, const VtTopology *topology);

/** Sets host.cpu_vendor from a capabilities document, if sysfs did not tell. */
void vt_facts_from_capabilities(VtFacts *facts, const VtDocument *capabilities);

/**
 * vt_facts_from_domain_capabilities:
 *
 * Sets domcaps.*. A document without the list of enlightenments (Linux before 5.11, libvirt before
 * 8.0) leaves them unknown; one that says supported='no' makes the set empty.
 */
void vt_facts_from_domain_capabilities(VtFacts *facts, const VtDocument *domain_capabilities,
                                       const char *origin);

/**
 * vt_size_parse, vt_element_size:
 * @text: (nullable)
 *
 * Bytes of a libvirt size such as <memory unit='GiB'>8</memory>. Units: libvirt
 * docs/formatdomain.rst and virScaleInteger().
 *
 * Returns: false for a unit or number that libvirt does not have
 */
bool vt_size_parse(const char *text, const char *unit, guint64 *ret_bytes);
bool vt_element_size(const xmlNode *element, const char *default_unit, guint64 *ret_bytes);

/** Sets domain.* and raw.* from the domain's own XML. */
void vt_facts_from_domain(VtFacts *facts, const VtDocument *domain);

/** Sets raw.* from <qemu:commandline>; called by the above. */
void vt_facts_from_raw_arguments(VtFacts *facts, const VtDocument *domain);

/** Sets guest.* from the osinfo id in the domain's metadata; facts.md section H holds the map. */
void vt_facts_from_guest(VtFacts *facts, const VtDocument *domain);

/**
 * VtImageSource: hands out the first bytes of an image that a domain names.
 * @path: absolute, as in the domain
 * @buffer: @size bytes to fill
 * @ret_why: (out) (transfer full): why there is nothing (not to be had is not an error)
 *
 * Returns: bytes read; 0 and @ret_why if the image is not to be had; -1 and @error if it is there
 * but cannot be an image, which is trouble for the user to see
 */
typedef gssize (*VtImageSource)(const char *path, guint8 *buffer, gsize size, char **ret_why,
                                gpointer data, GError **error);

/**
 * vt_facts_from_disks:
 * @images: (nullable): NULL leaves what stands in the images unknown, without saying why
 * @budget_bytes: how large a metadata cache may be for one image
 * @troubles: (element-type utf8): images that cannot be any are added, at the disk's
 *   file:line:column; what stands in them is unknown
 *
 * Adds one "disk" record for every <disk device='disk'>. Facts of the domain and of QEMU must
 * be there already.
 */
void vt_facts_from_disks(VtFacts *facts, const VtDocument *domain, VtImageSource images,
                         gpointer images_data, guint64 budget_bytes, GPtrArray *troubles);

/** Adds one "nic" record for every interface. */
void vt_facts_from_nics(VtFacts *facts, const VtDocument *domain);

/** "fewer", "equal" or "more": queues held against the guest's vCPUs. */
const char *vt_compare_queues(gint64 queues, gint64 vcpus);

/** Sets what the domain's iothreads are and who uses them. */
void vt_facts_from_iothreads(VtFacts *facts, const VtDocument *domain);

/**
 * vt_facts_from_existing_pins:
 * @topology: (nullable): NULL leaves lint.* unknown
 * @taken: (nullable): CPUs that other guests' dedicated vCPUs hold
 *
 * Sets lint.*: what is wrong with the pins that the domain has.
 */
void vt_facts_from_existing_pins(VtFacts *facts, const VtDocument *domain,
                                 const VtTopology *topology, const VtCpuSet *taken);

/**
 * vt_facts_from_memory:
 * @topology: (nullable): NULL leaves what hangs on the host's nodes unknown
 *
 * Sets memory.*: where the guest's memory is to come from, held against what the host has. Facts of
 * host and domain must be there already.
 */
void vt_facts_from_memory(VtFacts *facts, const VtDocument *domain, const VtTopology *topology);

/**
 * vt_facts_from_dedication:
 * @topology: (nullable): NULL knows of no isolated CPUs
 *
 * Sets domain.dedicated and what the pins have to do with isolated CPUs.
 */
void vt_facts_from_dedication(VtFacts *facts, const VtDocument *domain, const VtTopology *topology);

/**
 * vt_facts_from_pin_plan:
 * @may_reshape: whether the guest can be given a topology; if not it keeps what libvirt gives a
 *   domain without one, a socket for each vCPU
 * @wanted: what vt_pin_plan() is to be asked; its shape is worked out here, and with host NULL or
 *   the placement off pin.* stays unknown
 *
 * Plans pins for the domain and sets pin.*.
 */
void vt_facts_from_pin_plan(VtFacts *facts, const VtDocument *domain, bool may_reshape,
                            const VtPinRequest *wanted);
