/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "pin/planner.h"

/*
 * The inner half of the planner: which host cores. It knows vCPUs only as a number of cores needed.
 */

/* The lower the better; an earlier one outweighs all later ones. */
typedef enum {
    VT_PIN_SCORE_KIND,        /* performance cores while they suffice */
    VT_PIN_SCORE_MEMORY,      /* a node that can hold the guest's memory */
    VT_PIN_SCORE_L3_DOMAINS,  /* the fewest */
    VT_PIN_SCORE_HOST_CORE,   /* leave the host's lowest core, where interrupts are at home */
    VT_PIN_SCORE_EMULATOR,    /* leave a core of the same node for the emulator */
    VT_PIN_SCORE_LEFT_OVER,   /* the tightest L3 domain, so that large ones stay whole */
    VT_PIN_SCORE_NODE,        /* from here on only to be deterministic */
    VT_PIN_SCORE_LOWEST_CPU,
    VT_PIN_SCORE_LAST,
} VtPinScore;

typedef struct {
    const VtTopology *host;
    const VtGuestShape *shape;
    const VtCpuSet *taken;
    const VtCpuSet *reserved;
    unsigned sockets, cores, threads; /* what the guest is to have */
    unsigned vcpus_per_core;          /* on one host core */
    unsigned need;                    /* host cores */
} VtPinJob;

typedef struct {
    GPtrArray *cores; /* const VtHostCore*, in the order of the vCPUs; NULL = none yet */
    int node;
    guint score[VT_PIN_SCORE_LAST];
} VtPinChoice;

bool vt_pin_can_be_spare(const VtPinJob *job, const VtHostCore *core);
bool vt_pin_can_hold_vcpus(const VtPinJob *job, const VtHostCore *core);
bool vt_pin_is_reserved(const VtPinJob *job, const VtHostCore *core);

/** Calls for each kind of core in each node, CPUs without a node included. */
typedef void (*VtPinPlaceFunc)(const VtPinJob *job, VtCoreKind kind, int node, gpointer data);

void vt_pin_for_each_place(const VtPinJob *job, VtPinPlaceFunc func, gpointer data);

/**
 * vt_pin_choose:
 * @ret_choice: out; the caller unrefs its cores
 *
 * Returns: false if no place in one node has room, or none that leaves the host a core
 */
bool vt_pin_choose(const VtPinJob *job, VtPinChoice *ret_choice);
