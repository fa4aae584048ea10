/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts/sysfs.h"
#include "facts/topology.h"

/*
 * The steps of vt_topology_read, in this order. Each fills its part of @host from @sysfs; until the
 * last step a core's `cpus` are all its online CPUs that agree on being its siblings.
 */

/** Cuts `allowed`, which is what is online until then. */
void vt_topology_read_cgroup_cpus(const VtSysfs *sysfs, VtTopology *host);

/** Fills `cores` from `online`, all but node, l3 and kind. */
void vt_topology_read_cores(const VtSysfs *sysfs, VtTopology *host);

/** Fills `l3_domains` and the cores' l3. */
void vt_topology_read_l3_domains(const VtSysfs *sysfs, VtTopology *host);

/** Fills `nodes` and the cores' node. */
void vt_topology_read_nodes(const VtSysfs *sysfs, VtTopology *host);

/** Fills `allowed_nodes`. */
void vt_topology_read_cgroup_nodes(const VtSysfs *sysfs, VtTopology *host);

/** Fills the cores' kind. */
void vt_topology_read_kinds(const VtSysfs *sysfs, VtTopology *host);

/**
 * vt_topology_read_cache:
 * @hint: in and out: the index folder that held this level the last time
 *
 * Returns: (transfer full) (nullable): the online CPUs that share @cpu's cache of that level
 */
VtCpuSet *vt_topology_read_cache(const VtSysfs *sysfs, const VtTopology *host, unsigned cpu,
                                 unsigned level, unsigned *hint);
