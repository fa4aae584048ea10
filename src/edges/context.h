/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/cause.h"
#include "edges/config.h"
#include "rules/cache.h"
#include "edges/profiles.h"
#include "tune.h"

/**
 * VtContext: everything about this installation and this host that tuning a domain needs, read once
 * and used for many domains.
 */
typedef struct {
    VtConfig *config;
    VtRuleDatabase *database;
    VtProfiles *profiles;
    char *profile;    /* (nullable): the command line's; goes before all others */
    VtSchema *schema; /* (nullable): libvirt's domain.rng, if it is installed */
    VtFacts *host_facts;
    VtTopology *topology; /* (nullable) */
    char *host_root;      /* (nullable): NULL = no host known */
    char *hung_mount; /* (nullable): an image that did not answer: its folder is not asked again */
} VtContext;

/* How much a context must hold. */
typedef enum {
    VT_PURPOSE_REFUSE,  /* a start that breaks a rule of level error: those rules, with vt_find() */
    VT_PURPOSE_JUDGE,   /* all rules */
    VT_PURPOSE_REWRITE, /* and the schema of the libvirt on this machine, to validate what is
                           rewritten; a captured host that has a libvirt of its own goes without */
} VtPurpose;

/** Where the rules and the baseline lie: $VMTUNE_DATADIR or the installed folder. */
const char *vt_context_datadir(void);

/**
 * Where vmtune.conf, the administrator's rules and profiles lie: $VMTUNE_CONFDIR or the installed
 * folder. libvirt hands no such variable on to its hook: there it is for tests.
 */
const char *vt_context_confdir(void);

/**
 * vt_context_new:
 * @host_root: (nullable): "/" for this machine, a folder for a captured one, NULL for none
 * @purpose: what it is for
 * @error: VT_ERROR_INPUT for configuration and rules
 *
 * Reads vmtune.conf, the rules in force and the host's facts.
 */
VtContext *vt_context_new(const char *host_root, VtPurpose purpose, GError **error);
void vt_context_free(VtContext *context); /* accepts NULL */

/** Reads how the host's CPUs and nodes lie. vt_context_new() has done so save for
 * VT_PURPOSE_REFUSE: a rule of level error asks for it only where a domain names CPUs or nodes of
 * the host. */
void vt_context_read_topology(VtContext *context);

/** The profiles alone, for commands that only talk about them. */
VtProfiles *vt_context_open_profiles(void);

/** The database alone, for commands that only talk about rules. */
VtRuleDatabase *vt_context_load_database(VtRuleChoice choice, GError **error);

/** The causes of exits, for commands that diagnose. */
VtCauseDatabase *vt_context_load_causes(GError **error);

/**
 * vt_context_input:
 * @facts: host and emulator facts for this domain, a child of @context->host_facts
 * @taken: (nullable): dedicated CPUs of running guests; what else others hold is for the caller to
 *   add, see VtPinRequest
 * @read_images: false leaves the images closed: the hook may not wait for a disk
 *
 * Returns: the input of vt_tune(); borrows everything
 */
VtTuneInput vt_context_input(VtContext *context, const VtFacts *facts, const VtCpuSet *taken,
                             bool read_images);

/* What commands assume of a domain file when nobody says which host it is for. */
#define VT_BASELINE_NAME "QEMU 7.2 on Linux 5.15 with libvirt 9.0"

/** Emulator facts of the baseline; @error if the installation lacks its file. */
VtFacts *vt_context_baseline_facts(const VtContext *context, GError **error);

/* A captured host's versions of libvirt and QEMU: [versions] libvirt=9000000 qemu=7002022. */
#define VT_CAPTURED_VERSIONS "versions"

/**
 * Emulator facts from a captured host's domcapabilities.xml and capabilities.xml; NULL without
 * @error if it has no domcapabilities.xml.
 */
VtFacts *vt_context_captured_facts(VtContext *context, GError **error);

/** Emulator facts from domain capabilities in memory. Versions: 0 = unknown. */
VtFacts *vt_context_emulator_facts(const VtContext *context, const char *domain_capabilities,
                                   guint64 libvirt_version, guint64 qemu_version, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtContext, vt_context_free)
