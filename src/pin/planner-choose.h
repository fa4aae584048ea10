/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "pin/planner-room.h"

/*
 * The inner half of the planner: which host cores. It knows vCPUs only as a number of cores needed.
 */

/* The lower the better; an earlier one outweighs all later ones. */
typedef enum {
    VT_PIN_SCORE_KIND,        /* performance cores while they suffice */
    VT_PIN_SCORE_NODES,       /* the fewest */
    VT_PIN_SCORE_MEMORY,      /* nodes that can hold the guest's memory */
    VT_PIN_SCORE_CLAIMED,     /* none that others have a lesser claim to */
    VT_PIN_SCORE_L3_DOMAINS,  /* the fewest */
    VT_PIN_SCORE_DISTANCE,    /* nodes near each other */
    VT_PIN_SCORE_BALANCE,     /* as many cores in each node */
    VT_PIN_SCORE_CLAIMS,      /* the fewest of them */
    VT_PIN_SCORE_FREE_MEMORY, /* nodes whose free memory holds the guest as things are now */
    VT_PIN_SCORE_HOST_CORE,   /* leave the host's lowest core, where interrupts are at home */
    VT_PIN_SCORE_EMULATOR,    /* leave a core of the same node for the emulator */
    VT_PIN_SCORE_LEFT_OVER,   /* the tightest L3 domain, so that large ones stay whole */
    VT_PIN_SCORE_NODE,        /* from here on only to be deterministic */
    VT_PIN_SCORE_LOWEST_CPU,
    VT_PIN_SCORE_LAST,
} VtPinScore;

/* What makes the level of a choice; the rest decides between equals. */
#define VT_PIN_SCORE_LEVEL_LAST (VT_PIN_SCORE_L3_DOMAINS + 1)

typedef struct {
    guint cores;       /* host cores */
    unsigned per_core; /* vCPUs on each */
    bool isolated;     /* on isolated CPUs; else on ordinary ones */
} VtPinNeed;

typedef struct {
    GPtrArray *cores; /* const VtPinCore*, in the order of the guest's cores; NULL = none */
    guint score[VT_PIN_SCORE_LAST];
} VtPinChoice;

void vt_pin_choice_clear(VtPinChoice *choice);

/** Whether vCPUs of that need may have the core; see vt_pin_core_is_open(). */
bool vt_pin_core_suits(const VtPinRoom *room, const VtPinNeed *need, const VtPinCore *core);

/**
 * Whether some node of the host, were it empty, could hold the guest: then it must not be spread
 * over several. Isolated and ordinary CPUs both count.
 */
bool vt_pin_fits_one_node(const VtPinRoom *room, const VtPinNeed *need);

/** Takes @chosen for @best if it leaves the host a core and is the better one. */
void vt_pin_consider(const VtPinRoom *room, VtPinChoice *best, GPtrArray *chosen, guint left_over);

/** Considers each way to take the need from @places, which are of one kind. */
void vt_pin_consider_places(const VtPinRoom *room, const VtPinNeed *need,
                            const VtPinPlace *const *places, guint n_places, VtPinChoice *best);

/** The same for every set of nodes worth a try; planner-span.c. */
void vt_pin_consider_spans(const VtPinRoom *room, const VtPinNeed *need, VtPinChoice *best);

/**
 * vt_pin_choose:
 * @ret_choice: out; to be cleared
 *
 * Returns: false if there is no room, or none that leaves the host a core
 */
bool vt_pin_choose(const VtPinRoom *room, const VtPinNeed *need, VtPinChoice *ret_choice);

/** Returns: how two choices compare up to a score, as strcmp() has it: below 0 if @a is better. */
int vt_pin_choice_compare(const VtPinChoice *a, const VtPinChoice *b, VtPinScore last);

/** 0 = the nodes hold the guest's memory or nothing is known, 1 = part of it, 2 = they have none,
 * 3 = CPUs in no node on a host with nodes. @nodes: indexes into VtPinRoom.nodes. */
guint vt_pin_rank_memory(const VtPinRoom *room, const guint *nodes, guint n_nodes);

/** Whether what is free in the nodes is known, and known to hold the guest with what QEMU needs. */
bool vt_pin_free_memory_suffices(const VtPinRoom *room, const guint *nodes, guint n_nodes,
                                 bool *ret_known);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VtPinChoice, vt_pin_choice_clear)
