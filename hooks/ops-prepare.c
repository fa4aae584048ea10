/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * prepare: libvirt throws away what a hook prints here, so this leaves a request for the worker,
 * and under policy enforce refuses a start that breaks a rule of level error.
 */
#include "ops.h"

#include "edges/context.h"
#include "edges/spool.h"

/* ---- requests ---- */

static bool
leave_request(const VtHookCall *call, VtSpool *spool, const char *uuid, const char *operation)
{
    g_autoptr(GError) error = NULL;

    if (spool && vt_spool_write(spool, uuid, call->name, operation, &error))
        return true;
    if (error)
        vt_hook_give_up(error);
    return false;
}

/* Whether the worker is to make up for the start that is refused. Not where it is the worker's own
 * attempt: once is enough. */
static bool
ask_for_restart(const VtHookCall *call, VtSpool *spool, const char *uuid)
{
    return spool && !vt_spool_is_claimed(spool, uuid, VT_SPOOL_OPERATION_RESTART) &&
           leave_request(call, spool, uuid, VT_SPOOL_OPERATION_RESTART);
}

/* ---- enforce ---- */

/* Whether it says where on the host it is to run. */
static bool
names_cpus_or_nodes(const VtDocument *domain)
{
    const xmlNode *root = vt_document_root(domain);
    const xmlNode *vcpu = vt_element_child(root, "vcpu");
    g_autofree char *cpuset = vcpu ? vt_element_attribute(vcpu, "cpuset") : NULL;

    return cpuset || vt_element_child(root, "cputune") || vt_element_child(root, "numatune");
}

/* Says which rules of level error the domain breaks; false if it breaks none, or nobody knows. */
static bool
complain_of_errors(const VtHookCall *call, const VtDocument *domain)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtContext) context = vt_context_new(call->host_root, VT_PURPOSE_REFUSE, &error);
    g_autoptr(VtFacts) facts = NULL;
    g_autoptr(GPtrArray) errors = NULL;
    VtTuneInput input;

    if (context && names_cpus_or_nodes(domain))
        vt_context_read_topology(context);
    if (context)
        facts = vt_context_emulator_facts(context, NULL, 0, 0, &error);
    if (facts) {
        input = vt_context_input(context, facts, NULL, false);
        errors = vt_find(domain, &input, VT_LEVEL_ERROR, &error);
    }
    if (!errors) {
        vt_hook_give_up(error);
        return false;
    }
    for (guint i = 0; i < errors->len; i++) {
        const VtFinding *finding = errors->pdata[i];
        vt_hook_say("%s: %s", finding->rule, finding->message);
    }
    return errors->len > 0;
}

static int
refuse(const VtHookCall *call, bool restarted)
{
    vt_hook_say("policy enforce refuses to start it; 'vmtune check %s' shows why, "
                "'vmtune apply %s' mends what can be mended",
                call->name, call->name);
    if (restarted)
        vt_hook_say("vmtune mends it now and then starts it itself, once; a transient domain is "
                    "gone and is not started");
    return VT_HOOK_REFUSE;
}

int
vt_hook_prepare(VtHookCall *call)
{
    g_autoptr(GError) error = NULL, no_spool = NULL;
    g_autoptr(VtConfig) config = NULL;
    g_autoptr(VtWishes) wishes = NULL;
    g_autoptr(VtSpool) spool = NULL;
    g_autoptr(VtDocument) domain = vt_hook_read_domain(call, &error);
    g_autofree char *conf = vt_hook_conf_path(call, "vmtune.conf");
    g_autofree char *uuid = domain ? vt_hook_uuid(domain) : NULL;
    VtPolicy policy;
    bool arrives;

    if (domain)
        wishes = vt_wishes_read(domain, &error);
    if (wishes)
        config = vt_config_load(conf, &error);
    if (!config)
        return vt_hook_give_up(error);
    policy = wishes->has_policy ? wishes->policy : config->policy;
    if (policy == VT_POLICY_OFF)
        return VT_HOOK_ALLOW;
    spool = vt_spool_open(call->run_dir, &no_spool);
    if (!spool)
        vt_hook_give_up(no_spool);
    arrives = spool && config->restart && vt_spool_take_arrival(spool, uuid);
    leave_request(call, spool, uuid, VT_SPOOL_OPERATION_PREPARE);
    if (policy != VT_POLICY_ENFORCE || !complain_of_errors(call, domain))
        return VT_HOOK_ALLOW;
    /* what comes from elsewhere may still run there: what is stored here must not be started */
    return refuse(call, config->restart && !arrives && ask_for_restart(call, spool, uuid));
}
