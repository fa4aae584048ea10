/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "pin/repin.h"

/* What repin.c shares with repin-judge.c, and nobody else. */

typedef enum {
    VT_REPIN_COMMON,   /* vcpu/@cpuset */
    VT_REPIN_VCPU,     /* cputune/vcpupin */
    VT_REPIN_EMULATOR, /* cputune/emulatorpin */
    VT_REPIN_IOTHREAD, /* cputune/iothreadpin */
    VT_REPIN_MEMORY,   /* numatune/memory */
    VT_REPIN_MEMNODE,  /* numatune/memnode */
} VtRepinKind;

/* One pin or nodeset as it stands in the domain. */
typedef struct {
    VtRepinKind kind;
    char *place; /* of its element */
    char *value; /* of its cpuset or nodeset */
    char *mode;  /* (nullable): of memory */
    unsigned vcpu;
    bool sound;
} VtRepinPin;

typedef struct {
    GPtrArray *pins;      /* VtRepinPin* */
    bool vcpus_sound;     /* all masks that vCPUs run under */
    bool siblings_agree;  /* false only where that was asked for: see VtRepinInput.arrives */
    bool dedicated;       /* each vCPU had CPUs of its own, on whatever host that was */
    VtCpuSet *home_nodes; /* nodes of the vCPUs where all of them are dedicated here, else empty */
} VtRepinJudgement;

/** Judges what the domain has. Values that cannot be read are libvirt's to refuse. */
VtRepinJudgement *vt_repin_judge(const VtDocument *domain, const VtRepinInput *input);
void vt_repin_judgement_free(VtRepinJudgement *judgement);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtRepinJudgement, vt_repin_judgement_free)
