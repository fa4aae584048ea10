/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * started, reconnect, release: the ledger of running guests' pins. It says what is, whatever the
 * policy and the domain's wishes: other guests must keep off these CPUs all the same.
 */
#include "ops.h"

#include "edges/ledger.h"

int
vt_hook_record(VtHookCall *call)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtDocument) domain = vt_hook_read_domain(call, &error);
    g_autoptr(VtLedger) ledger =
        domain ? vt_ledger_open(call->run_dir, call->pid_dir, &error) : NULL;
    g_autoptr(VtPins) pins = NULL;
    g_autofree char *uuid = NULL;

    if (!ledger)
        return vt_hook_give_up(error);
    uuid = vt_hook_uuid(domain);
    pins = vt_pins_from_domain(domain);
    if (!vt_ledger_record(ledger, uuid, call->name, pins, &error))
        vt_hook_give_up(error);
    return VT_HOOK_ALLOW;
}

int
vt_hook_release(VtHookCall *call)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtDocument) domain = vt_hook_read_domain(call, &error);
    g_autoptr(VtLedger) ledger =
        domain ? vt_ledger_open(call->run_dir, call->pid_dir, &error) : NULL;
    g_autofree char *uuid = domain ? vt_hook_uuid(domain) : NULL;

    if (!ledger || !vt_ledger_drop(ledger, uuid, &error))
        vt_hook_give_up(error);
    return VT_HOOK_ALLOW;
}
