/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "report/map.h"

/* What the files of the map share and nobody else needs. */

/**
 * Sorts the guests, gives keys to those whose pins can be shown, and notes on every CPU who is
 * there. Adds remarks where vCPUs share a CPU or are pinned to one that is not online.
 */
void vt_map_seat_guests(VtMap *map);

/** One line below the drawing: what a sign in the cells means, or a list of CPUs. */
typedef struct {
    const VtMapGuest *guest; /* (nullable) */
    char *key;               /* "A"; "" for a line that explains no key */
    char *text;
} VtMapLine;

/** Returns: (transfer full) (element-type VtMapLine): guests, then lists, then remarks. */
GPtrArray *vt_map_legend(const VtMap *map);

/** Returns: (transfer full): what the host consists of, in one line. */
char *vt_map_summary(const VtMap *map);

/* The signs of marks and uses where there is no guest to name; ASCII. */
char vt_map_mark_sign(VtMapMark mark);
char vt_map_use_sign(VtMapUse use);
/* What they mean, translated. */
const char *vt_map_mark_meaning(VtMapMark mark);
const char *vt_map_use_meaning(VtMapUse use);

/** Which marks and uses occur on the map, so that the legend explains those alone. */
typedef struct {
    bool marks[VT_MAP_MARKS]; /* on a CPU that is not in use */
    bool uses[VT_MAP_USES];
} VtMapSigns;

VtMapSigns vt_map_signs(const VtMap *map);
