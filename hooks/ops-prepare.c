/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * prepare: libvirt throws away what a hook prints here, so this leaves a request for the worker,
 * and under policy enforce refuses a start that breaks a rule of level error.
 */
#include "ops.h"

#include "edges/context.h"
#include "edges/spool.h"

static bool
leave_request(const VtHookCall *call, const VtDocument *domain, GError **error)
{
    g_autofree char *uuid = vt_hook_uuid(domain);
    g_autoptr(VtSpool) spool = vt_spool_open(call->run_dir, error);

    return spool && vt_spool_write(spool, uuid, call->name, VT_SPOOL_OPERATION_PREPARE, error);
}

/* Says which rules of level error the domain breaks; false if it breaks none. */
static bool
complain_of_errors(const char *name, const GPtrArray *errors)
{
    for (guint i = 0; i < errors->len; i++) {
        const VtFinding *finding = errors->pdata[i];
        vt_hook_say("%s: %s", finding->rule, finding->message);
    }
    if (errors->len > 0)
        vt_hook_say("policy enforce refuses to start it; 'vmtune check %s' shows why, "
                    "'vmtune apply %s' mends what can be mended",
                    name, name);
    return errors->len > 0;
}

static int
enforce(const VtHookCall *call, const VtDocument *domain)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtContext) context = vt_context_new(call->host_root, VT_PURPOSE_REFUSE, &error);
    g_autoptr(VtFacts) facts = NULL;
    g_autoptr(GPtrArray) errors = NULL;
    VtTuneInput input;

    if (!context)
        return vt_hook_give_up(error);
    facts = vt_context_emulator_facts(context, NULL, 0, 0, &error);
    input = vt_context_input(context, facts, NULL, false);
    errors = vt_find(domain, &input, VT_LEVEL_ERROR, &error);
    if (!errors)
        return vt_hook_give_up(error);
    return complain_of_errors(call->name, errors) ? VT_HOOK_REFUSE : VT_HOOK_ALLOW;
}

int
vt_hook_prepare(VtHookCall *call)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtConfig) config = NULL;
    g_autoptr(VtWishes) wishes = NULL;
    g_autoptr(VtDocument) domain = vt_hook_read_domain(call, &error);
    g_autofree char *conf = vt_hook_conf_path(call, "vmtune.conf");
    VtPolicy policy;

    if (domain)
        wishes = vt_wishes_read(domain, &error);
    if (wishes)
        config = vt_config_load(conf, &error);
    if (!config)
        return vt_hook_give_up(error);
    policy = wishes->has_policy ? wishes->policy : config->policy;
    if (policy != VT_POLICY_OFF && !leave_request(call, domain, &error))
        vt_hook_give_up(error);
    return policy == VT_POLICY_ENFORCE ? enforce(call, domain) : VT_HOOK_ALLOW;
}
