/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/**
 * VtCpuSet: a set of CPU (or NUMA node) numbers, 0 to VT_CPUSET_MAX - 1.
 *
 * Plain growing bitmap. Parses both grammars in use: the kernel's cpulist ("0-3,8") and libvirt's
 * cpuset attribute, which adds "^N" (libvirt src/util/virbitmap.c, facts in the manual page).
 */
typedef struct VtCpuSet VtCpuSet;

/* libvirt's limit, VIR_DOMAIN_CPUMASK_LEN */
#define VT_CPUSET_MAX 16384

VtCpuSet *vt_cpuset_new(void);
VtCpuSet *vt_cpuset_copy(const VtCpuSet *set);
void vt_cpuset_free(VtCpuSet *set); /* accepts NULL */

/**
 * vt_cpuset_parse:
 * @text: a cpulist or cpuset; surrounding white space and one trailing newline are accepted
 * @error: VT_ERROR_INPUT naming the offending element
 *
 * Evaluated from left to right, so "^3,0-5" keeps 3. The empty text is the empty set (as sysfs has
 * it); whether an empty set is acceptable is the caller's business.
 *
 * Returns: (transfer full): the set, or NULL
 */
VtCpuSet *vt_cpuset_parse(const char *text, GError **error);

/**
 * vt_cpuset_parse_mask:
 * @text: a kernel cpumask, hexadecimal words of 32 bits, the highest first: "00000001,80000000"
 * @error: VT_ERROR_INPUT
 *
 * What kernels without the *_list files have in their place.
 *
 * Returns: (transfer full): the set, or NULL
 */
VtCpuSet *vt_cpuset_parse_mask(const char *text, GError **error);

/** Returns: (transfer full): the shortest cpulist, "0-3,8"; "" for the empty set. */
char *vt_cpuset_format(const VtCpuSet *set);

void vt_cpuset_add(VtCpuSet *set, unsigned cpu); /* cpu < VT_CPUSET_MAX */
void vt_cpuset_remove(VtCpuSet *set, unsigned cpu);
bool vt_cpuset_has(const VtCpuSet *set, unsigned cpu);
unsigned vt_cpuset_count(const VtCpuSet *set);

/** Returns: the smallest member that is >= @from, or -1. The way to iterate. */
int vt_cpuset_next(const VtCpuSet *set, unsigned from);

void vt_cpuset_union(VtCpuSet *set, const VtCpuSet *other);
void vt_cpuset_intersect(VtCpuSet *set, const VtCpuSet *other);
void vt_cpuset_subtract(VtCpuSet *set, const VtCpuSet *other);
bool vt_cpuset_equal(const VtCpuSet *a, const VtCpuSet *b);
bool vt_cpuset_overlaps(const VtCpuSet *a, const VtCpuSet *b);
bool vt_cpuset_is_subset(const VtCpuSet *set, const VtCpuSet *of);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtCpuSet, vt_cpuset_free)
