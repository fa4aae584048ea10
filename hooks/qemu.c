/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvirt's qemu hook. libvirt runs it as root in the path of every start:
 *
 *     qemu NAME OPERATION SUB-OPERATION EXTRA     the domain's XML on standard input
 *
 * On prepare libvirt throws away what a hook prints, so this leaves a request for the worker, and
 * under policy enforce refuses a start that breaks a rule of level error. Everything else passes
 * untouched. Laws: no libvirt (it would deadlock), no child, nothing on standard output, and any
 * trouble of vmtune's own is a line on standard error and exit 0.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/read.h"
#include "edges/context.h"
#include "edges/spool.h"

#define ALLOW 0
#define REFUSE 1

static int
give_up(const GError *error)
{
    fprintf(stderr, "vmtune: %s\n", error->message);
    return ALLOW;
}

static VtDocument *
read_domain(const char *name, GError **error)
{
    gsize length;
    g_autofree char *bytes =
        vt_read_all(STDIN_FILENO, name, VT_DOCUMENT_MAX_BYTES, &length, error);

    return bytes ? vt_document_parse(bytes, length, name, error) : NULL;
}

static bool
leave_request(const VtDocument *domain, const char *name, GError **error)
{
    const xmlNode *element = vt_element_child(vt_document_root(domain), "uuid");
    g_autofree char *uuid = element ? vt_element_text(element) : NULL;
    g_autoptr(VtSpool) spool = vt_spool_open(VT_RUNDIR, error);

    return spool && vt_spool_write(spool, uuid ? uuid : "", name, VT_SPOOL_OPERATION_PREPARE,
                                   error);
}

/* Says which rules of level error the domain breaks; false if it breaks none. */
static bool
complain_of_errors(const char *name, const VtPlan *plan)
{
    bool broken = false;

    for (guint i = 0; i < plan->findings->len; i++) {
        const VtFinding *finding = plan->findings->pdata[i];
        if (finding->level != VT_LEVEL_ERROR)
            continue;
        fprintf(stderr, "vmtune: %s: %s\n", finding->rule, finding->message);
        broken = true;
    }
    if (broken)
        fprintf(stderr, "vmtune: policy enforce refuses to start it; 'vmtune check %s' shows why, "
                        "'vmtune apply %s' mends what can be mended\n",
                name, name);
    return broken;
}

static int
enforce(const VtDocument *domain, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtContext) context = vt_context_new("/", false, &error);
    g_autoptr(VtFacts) facts = NULL;
    g_autoptr(VtTuneResult) result = NULL;
    VtTuneInput input;

    if (!context)
        return give_up(error);
    facts = vt_context_emulator_facts(context, NULL, 0, 0, &error);
    input = vt_context_input(context, facts, NULL, false);
    result = vt_judge(domain, &input, &error);
    if (!result)
        return give_up(error);
    return complain_of_errors(name, result->plan) ? REFUSE : ALLOW;
}

static int
prepare(const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtConfig) config = NULL;
    g_autoptr(VtWishes) wishes = NULL;
    g_autoptr(VtDocument) domain = read_domain(name, &error);
    VtPolicy policy;

    if (domain)
        wishes = vt_wishes_read(domain, &error);
    if (wishes)
        config = vt_config_load(VT_CONFDIR "/vmtune.conf", &error);
    if (!config)
        return give_up(error);
    policy = wishes->has_policy ? wishes->policy : config->policy;
    if (policy != VT_POLICY_OFF && !leave_request(domain, name, &error))
        give_up(error);
    return policy == VT_POLICY_ENFORCE ? enforce(domain, name) : ALLOW;
}

int
main(int argc, char **argv)
{
    if (argc >= 3 && strcmp(argv[2], "prepare") == 0)
        return prepare(argv[1]);
    return ALLOW;
}
