/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts/fact.h"
#include "facts/topology.h"
#include "pin/pins.h"
#include "report/style.h"
#include "xml/document.h"

/**
 * The map: the host drawn as people think of it - packages, NUMA nodes, L3 domains, cores with
 * their siblings side by side - and which guest sits where.
 *
 * In: topology, guests, reserved CPUs. Out: VtMap, the model that map-text.c and map-svg.c draw.
 * Law: every online CPU is in the map exactly once, whatever the host says of itself; text in it
 * holds no control characters.
 */

/* ---- guests ---- */

typedef enum {
    VT_MAP_RUNNING,    /* its pins as they are */
    VT_MAP_CONFIGURED, /* not running: its pins as the next start will set them */
    VT_MAP_PLANNED,    /* where it would go */
} VtMapState;

typedef struct {
    unsigned number;
    VtCpuSet *mask; /* (nullable): NULL = not pinned */
} VtMapVcpu;

typedef struct {
    char *name;
    char *uuid; /* (nullable) */
    VtMapState state;
    GPtrArray *vcpus;    /* VtMapVcpu*, the enabled ones */
    VtCpuSet *emulator;  /* (nullable): NULL = not pinned */
    VtCpuSet *iothreads; /* (nullable): all that any of them is pinned to */
    char key[8];         /* what stands for it in the cells; "" where it has nothing to show */
    unsigned colour;     /* counts up from 0 over the guests with a key */
} VtMapGuest;

/** Returns: (transfer full): a guest without vCPUs; @name is made harmless. */
VtMapGuest *vt_map_guest_new(const char *name, VtMapState state);
void vt_map_guest_free(VtMapGuest *guest); /* accepts NULL */

/** @mask: (transfer full) (nullable) */
void vt_map_guest_add_vcpu(VtMapGuest *guest, unsigned number, VtCpuSet *mask);

/** Returns: (transfer full): the guest and its pins as the domain's XML has them. */
VtMapGuest *vt_map_guest_from_domain(const VtDocument *domain, VtMapState state);

/** Returns: (transfer full): the guest with the pins that the pin.* facts plan for it. */
VtMapGuest *vt_map_guest_from_plan(const char *name, const VtFacts *facts);

/** Returns: (transfer full): its pins, as those who look for CPUs want to have them. */
VtPins *vt_map_guest_pins(const VtMapGuest *guest);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtMapGuest, vt_map_guest_free)

/* ---- the model ---- */

/* What a CPU is, whoever sits there. */
typedef enum {
    VT_MAP_FREE,
    VT_MAP_RESERVED, /* the administrator keeps it for the host */
    VT_MAP_ISOLATED,
    VT_MAP_CLOSED,   /* outside the cgroup's cpuset */
    VT_MAP_DOUBTFUL, /* the host contradicts itself on what it shares */
    VT_MAP_MARKS,
} VtMapMark;

/* What it is used for, the weightiest first. */
typedef enum {
    VT_MAP_VCPU,     /* vCPUs that float over one core at most */
    VT_MAP_EMULATOR, /* emulators and iothreads */
    VT_MAP_FLOATING, /* vCPUs whose masks are wider than a core */
    VT_MAP_UNUSED,
    VT_MAP_USES,
} VtMapUse;

typedef struct {
    const VtMapGuest *guest;
    unsigned vcpu;
    bool alone; /* pinned to this CPU and no other */
} VtMapHolder;

typedef struct {
    unsigned number;
    VtMapMark mark;
    VtMapUse use;
    const VtMapGuest *guest; /* (nullable): the only one, or the first of several */
    bool several;            /* guests */
    GArray *holders;         /* (nullable): VtMapHolder, the vCPUs */
    char label[16];          /* "A0", "*A", "~", or "" if unused */
} VtMapCpu;

typedef struct {
    GPtrArray *cpus; /* VtMapCpu*; siblings */
    int package, node, l3;
    VtCoreKind kind;
} VtMapCore;

/* A package, node, L3 domain or kind of core; several in one where they hold the same CPUs. */
typedef struct {
    GPtrArray *titles;  /* char*: "package 0", "node 0" */
    GPtrArray *details; /* char* (nullable), one a title: more, if there is room: "64.0 GiB" */
    GPtrArray *frames;  /* VtMapFrame*; empty if there are cores */
    GPtrArray *cores;   /* VtMapCore*, not owned */
    VtCpuSet *cpus;
    bool absent; /* the title says what these cores are not in: "no package" */
} VtMapFrame;

typedef struct {
    char *title;        /* the host's name */
    VtMapFrame *root;   /* without titles if there are several packages */
    GPtrArray *cores;   /* VtMapCore* */
    GPtrArray *guests;  /* VtMapGuest*: running, configured, planned; each by name */
    GPtrArray *remarks; /* char*: sentences to stand below */
    const VtTopology *host;
    VtCpuSet *reserved;
} VtMap;

/**
 * vt_map_new:
 * @title: what to call the host
 * @host: must outlive the map
 * @guests: (transfer full) (element-type VtMapGuest)
 * @reserved: (nullable): CPUs that the administrator keeps for the host
 */
VtMap *vt_map_new(const char *title, const VtTopology *host, GPtrArray *guests,
                  const VtCpuSet *reserved);
void vt_map_free(VtMap *map); /* accepts NULL */

void vt_map_add_remark(VtMap *map, const char *text);

/** Returns: (transfer full): @text as one line of valid UTF-8 without control characters. */
char *vt_map_clean(const char *text);

/** Lists with a step are written as people do, "0,2..62"; libvirt has no words for them. */
char *vt_map_format_cpus(const VtCpuSet *set);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtMap, vt_map_free)

/* ---- drawing it ---- */

/** Returns: (transfer full): lines no wider than @style->width, or VT_TEXT_MIN_WIDTH. */
char *vt_map_to_text(const VtMap *map, const VtTextStyle *style);

/** Returns: (transfer full): a whole SVG document. */
char *vt_map_to_svg(const VtMap *map);
