/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "pin/planner.h"

/*
 * The host as one request sees it: which cores are free for what. Made once a plan; all that
 * follows reads it.
 */

typedef struct {
    const VtHostCore *core;
    unsigned lowest; /* lowest online CPU: its name where all else is equal */
    unsigned usable; /* CPUs that a pin may use */
    guint node;      /* index into VtPinRoom.nodes */
    bool ordinary;   /* no CPU of it is isolated */
    bool isolated;   /* all of them are */
    bool whole;      /* no sibling is held back by cgroup or doubt */
    bool free;       /* no running guest has a dedicated CPU on it */
    bool claimed;
    bool reserved;
    bool hosts_emulators; /* of other guests */
    bool kept;            /* its node's VtPinNode.kept */
} VtPinCore;

typedef struct {
    int id;                 /* -1 = the CPUs that are in no node */
    const VtHostNode *node; /* NULL with -1 */
    guint spare;            /* ordinary cores without others' vCPUs, reserved ones included */
    guint busy;             /* cores with others' vCPUs */
    const VtPinCore *kept; /* the core that is the last to be given to vCPUs, where the emulators of
                              the node are; NULL = none left, or others are set aside for it */
    bool keeps_firmly;     /* other guests' emulators are taken to be on `kept` */
} VtPinNode;

/* The cores of one kind in one node, those behind one L3 domain together. */
typedef struct {
    VtCoreKind kind;
    guint node;
    const VtPinCore *const *cores;
    guint count;
} VtPinPlace;

typedef struct {
    const VtPinRequest *request;
    VtPinCore *cores; /* by lowest CPU */
    guint n_cores;
    VtPinNode *nodes; /* [0] is for the CPUs in no node */
    guint n_nodes;
    const VtPinCore **sorted;
    GArray *places;            /* VtPinPlace */
    guint spare;               /* of all nodes */
    unsigned threads_per_core; /* the most CPUs of a core that a pin may use; 1 = as without SMT */
    bool has_isolated;
} VtPinRoom;

VtPinRoom *vt_pin_room_new(const VtPinRequest *request);
void vt_pin_room_free(VtPinRoom *room); /* accepts NULL */

/** Whether a core may stay with the host or run the emulator: ordinary, and no guest's. */
bool vt_pin_core_is_spare(const VtPinCore *core);

/**
 * Whether vCPUs may have the core, whatever policy says on isolated CPUs; @room's kept cores are a
 * matter for the caller unless they are kept firmly.
 */
bool vt_pin_core_is_open(const VtPinRoom *room, const VtPinCore *core);

/** Whether one of the core's online CPUs is in @set. */
bool vt_pin_core_touches(const VtPinCore *core, const VtCpuSet *set);

/** Orders cores as they are to be taken: by node, kind and L3 domain, there the best ones first. */
int vt_pin_compare_merit(gconstpointer a, gconstpointer b);

/** Orders cores as the guest's cores follow each other: by node, kind, L3 domain and number. */
int vt_pin_compare_order(gconstpointer a, gconstpointer b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtPinRoom, vt_pin_room_free)
