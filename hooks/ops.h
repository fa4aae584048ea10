/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "xml/document.h"

/*
 * The hook's operations: one function each, given what libvirt calls the hook with. They return
 * the hook's exit code. Whatever goes wrong inside of vmtune is a line on standard error and
 * VT_HOOK_ALLOW.
 */
#define VT_HOOK_ALLOW 0
#define VT_HOOK_REFUSE 1

/* One call of the hook, and the world it is made in: main() gives the installed one, a test its
 * own. */
typedef struct {
    const char *name;      /* the domain's */
    int xml_fd;            /* where its XML is read from */
    const char *host_root; /* "/", or a captured host */
    const char *conf_dir;  /* with vmtune.conf and rules/ in it */
    const char *run_dir;   /* with the requests and the ledger in it */
    const char *pid_dir;   /* of QEMU processes */
    char *answer;          /* out (transfer full) (nullable): a filter's: it takes the place of the
                              domain's XML; NULL = unchanged */
} VtHookCall;

typedef int (*VtHookOperation)(VtHookCall *call);

/** Returns: (nullable): what is done at that operation of libvirt's; NULL for nothing at all. */
VtHookOperation vt_hook_find(const char *operation);

int vt_hook_prepare(VtHookCall *call); /* leaves a request; may refuse under policy enforce */
int vt_hook_record(VtHookCall *call);  /* started, reconnect: the guest's pins are in the ledger */
int vt_hook_release(VtHookCall *call); /* and now they are not */
int vt_hook_migrate(VtHookCall *call); /* filters */
int vt_hook_restore(VtHookCall *call);

/* ---- what they share ---- */

/** One line on standard error, marked as vmtune's; one whatever the names and values in it hold. */
void vt_hook_say(const char *format, ...) G_GNUC_PRINTF(1, 2);

/** Says what went wrong. Returns: VT_HOOK_ALLOW */
int vt_hook_give_up(const GError *error);

/** Returns: (transfer full): the domain, or NULL */
VtDocument *vt_hook_read_domain(const VtHookCall *call, GError **error);

/** Returns: (transfer full): the path of a file in the folder of the configuration */
char *vt_hook_conf_path(const VtHookCall *call, const char *file);

/** Returns: (transfer full): the domain's UUID, "" if it has none. */
char *vt_hook_uuid(const VtDocument *domain);
