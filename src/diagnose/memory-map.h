/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/measurement.h"

/**
 * VtMemoryMap: what is behind each port and each guest physical address of a guest, as its emulator
 * has it. Pure.
 */
typedef struct {
    guint64 first, last; /* both included */
    char *name;          /* of the innermost region: "acpi-tmr" */
} VtRegion;

typedef struct {
    GArray *ports;  /* VtRegion */
    GArray *memory; /* VtRegion; RAM is not in it */
} VtMemoryMap;

/* What to ask QEMU's monitor for. */
#define VT_MEMORY_MAP_COMMAND "info mtree -f"

/**
 * vt_memory_map_parse:
 * @text: what QEMU answers to VT_MEMORY_MAP_COMMAND, with the regions' owners (-o) or without: the
 *   flattened views, in which every address belongs to one region, whatever lies over or within
 *   another
 * @error: VT_ERROR_INPUT if there is neither a view of the ports nor one of the memory
 *
 * Returns: (transfer full): the map
 */
VtMemoryMap *vt_memory_map_parse(const char *text, GError **error);
void vt_memory_map_free(VtMemoryMap *map); /* accepts NULL */

/**
 * vt_memory_map_find:
 * @kind: VT_EXITS_BY_PORT or VT_EXITS_BY_MMIO
 *
 * Returns: (transfer none) (nullable): the region at @address; NULL where nothing is
 */
const VtRegion *vt_memory_map_find(const VtMemoryMap *map, VtExitKind kind, guint64 address);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtMemoryMap, vt_memory_map_free)
