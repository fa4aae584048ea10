/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * migrate and restore: filters. A guest that comes with pins which this host cannot honour gets
 * others, or loses them; libvirt takes what they answer for the domain's XML, and nothing for
 * "unchanged", which is also what any trouble in here comes to.
 *
 * On migrate the XML holds passwords. No byte of it goes anywhere but into the answer: not even
 * the parser's messages, which quote what they stumble over.
 */
#include "ops.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "edges/config.h"
#include "edges/ledger.h"
#include "edges/spool.h"
#include "facts/build.h"
#include "facts/wishes.h"
#include "pin/repin.h"
#include "plan/decide.h"

/* Nobody holds the lock for longer than it takes to plan, unless it hangs; but a hundred guests may
 * come at once. */
#define LOCK_WAIT_MS 4000

/* From the filter to the started operation lies all that QEMU reads of the guest's memory. */
#define PROMISE_SECONDS 3600

static int
leave_alone(const char *name, const char *what)
{
    vt_hook_say("%s: %s; it is left as it is", name, what);
    return VT_HOOK_ALLOW;
}

/* ---- whether anybody wants this ---- */

static bool
is_skipped(const VtHookCall *call, const VtConfig *config, const VtWishes *wishes)
{
    g_autoptr(GPtrArray) globs = g_ptr_array_new();
    g_autofree char *own = vt_hook_conf_path(call, "rules/" VT_REPIN_RULE ".xml");
    struct stat status;

    for (guint i = 0; i < wishes->skip->len; i++)
        g_ptr_array_add(globs, wishes->skip->pdata[i]);
    g_ptr_array_add(globs, NULL);
    /* an empty file in the administrator's folder masks a rule */
    return vt_config_skips_rule(config, VT_REPIN_RULE) ||
           vt_rule_is_skipped((const char *const *)globs->pdata, VT_REPIN_RULE) ||
           (stat(own, &status) == 0 && status.st_size == 0);
}

static bool
is_managed_by_others(const VtDocument *domain)
{
    g_autoptr(VtFacts) facts = vt_facts_new(NULL);
    const char *layer;

    vt_facts_from_domain(facts, domain);
    layer = vt_facts_get_string(facts, "domain.managed_by");
    return layer && *layer;
}

static bool
is_wanted(const VtHookCall *call, const VtDocument *domain, const VtConfig *config)
{
    g_autoptr(VtWishes) wishes = vt_wishes_read(domain, NULL);
    VtPolicy policy;

    if (!wishes) {
        leave_alone(call->name, "its wishes cannot be read");
        return false;
    }
    policy = wishes->has_policy ? wishes->policy : config->policy;
    return (policy == VT_POLICY_APPLY || policy == VT_POLICY_ENFORCE) &&
           config->pin_policy != VT_PIN_PLACEMENT_OFF && !is_skipped(call, config, wishes) &&
           !is_managed_by_others(domain);
}

/* ---- what other guests hold ---- */

/* Without the ledger, or without its lock, a plan is still better than pins that cannot be. */
static VtLedger *
open_locked_ledger(const VtHookCall *call)
{
    g_autoptr(GError) error = NULL;
    VtLedger *ledger = vt_ledger_open(call->run_dir, call->pid_dir, &error);

    if (!ledger || !vt_ledger_lock(ledger, LOCK_WAIT_MS, &error))
        vt_hook_give_up(error);
    return ledger;
}

/* Returns: (transfer full) (nullable): NULL where nobody can tell */
static VtHeld *
read_held(VtLedger *ledger, const VtTopology *host, const char *uuid)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) warnings = NULL;
    g_autoptr(GPtrArray) entries = ledger ? vt_ledger_read(ledger, &warnings, &error) : NULL;

    if (error)
        vt_hook_give_up(error);
    if (warnings && warnings->len > 0)
        vt_hook_give_up(warnings->pdata[0]); /* the first tells where to look */
    return entries ? vt_ledger_held(entries, host, uuid) : NULL;
}

/* So that the next one which asks keeps off, until this guest is recorded as started. */
static void
promise(VtLedger *ledger, const char *uuid, const char *name, const VtDocument *domain)
{
    g_autoptr(VtPins) pins = vt_pins_from_domain(domain);
    g_autoptr(GError) error = NULL;

    if (ledger && !vt_ledger_promise(ledger, uuid, name, pins, PROMISE_SECONDS, &error))
        vt_hook_give_up(error);
}

/* ---- the filter ---- */

/* Returns: (transfer full) (nullable): the new text, with its promise made */
static char *
choose(const VtHookCall *call, const VtDocument *domain, const VtConfig *config,
       const VtTopology *host, bool arrives)
{
    g_autofree char *uuid = vt_hook_uuid(domain);
    g_autoptr(VtLedger) ledger = open_locked_ledger(call);
    g_autoptr(VtHeld) held = read_held(ledger, host, uuid);
    const VtRepinInput input = {
        .host = host,
        .placement = config->pin_policy,
        .use_isolated = config->use_isolated,
        .held = held,
        .reserved = config->reserved_cpus,
        .arrives = arrives,
    };
    g_autoptr(GError) error = NULL;
    g_autofree char *why = NULL;
    g_autofree char *text = vt_repin(domain, &input, &why, &error);
    g_autoptr(VtDocument) after =
        text ? vt_document_parse(text, strlen(text), call->name, NULL) : NULL;

    if (error) {
        leave_alone(call->name, g_error_matches(error, VT_ERROR, VT_ERROR_LAW)
                                    ? error->message
                                    : "its pins cannot be judged");
        return NULL;
    }
    promise(ledger, uuid, call->name, after ? after : domain);
    if (text)
        vt_hook_say("%s: %s", call->name, why);
    return g_steal_pointer(&text);
}

/* So that the start that follows, if it is refused, is not taken for one of what is stored. */
static void
note_arrival(const VtHookCall *call, const VtDocument *domain)
{
    g_autofree char *uuid = vt_hook_uuid(domain);
    g_autoptr(GError) error = NULL;
    g_autoptr(VtSpool) spool = vt_spool_open(call->run_dir, &error);

    if (!spool || !vt_spool_note_arrival(spool, uuid, &error))
        vt_hook_give_up(error);
}

static int
filter(VtHookCall *call, bool arrives)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtDocument) domain = vt_hook_read_domain(call, NULL);
    g_autoptr(VtConfig) config = NULL;
    g_autoptr(VtTopology) host = NULL;
    g_autofree char *conf = vt_hook_conf_path(call, "vmtune.conf");

    if (!domain)
        return leave_alone(call->name, "its XML cannot be read");
    config = vt_config_load(conf, &error);
    if (config && config->restart)
        note_arrival(call, domain);
    if (!vt_repin_has_pins(domain))
        return VT_HOOK_ALLOW;
    if (!config)
        return vt_hook_give_up(error);
    if (!is_wanted(call, domain, config))
        return VT_HOOK_ALLOW;
    host = vt_topology_read(call->host_root, &error);
    if (!host)
        return vt_hook_give_up(error);
    call->answer = choose(call, domain, config, host, arrives);
    return VT_HOOK_ALLOW;
}

int
vt_hook_migrate(VtHookCall *call)
{
    return filter(call, true);
}

int
vt_hook_restore(VtHookCall *call)
{
    return filter(call, false);
}
