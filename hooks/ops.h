/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "xml/document.h"

/*
 * The hook's operations: one function each, given the domain's name, with its XML on standard
 * input. They return the hook's exit code. Whatever goes wrong inside of vmtune is a line on
 * standard error and VT_HOOK_ALLOW.
 */
#define VT_HOOK_ALLOW 0
#define VT_HOOK_REFUSE 1

int vt_hook_prepare(const char *name); /* leaves a request; may refuse under policy enforce */
int vt_hook_record(const char *name);  /* started, reconnect: the guest's pins are in the ledger */
int vt_hook_release(const char *name); /* and now they are not */

/* Filters: what they print takes the place of the domain's XML; nothing means unchanged. */
int vt_hook_migrate(const char *name);
int vt_hook_restore(const char *name);

/* ---- what they share ---- */

/** Says what went wrong. Returns: VT_HOOK_ALLOW */
int vt_hook_give_up(const GError *error);

/** Returns: (transfer full): the domain on standard input, or NULL */
VtDocument *vt_hook_read_domain(const char *name, GError **error);

/** Returns: (transfer full): the domain's UUID, "" if it has none. */
char *vt_hook_uuid(const VtDocument *domain);
