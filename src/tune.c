/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tune.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "plan/decide.h"
#include "rewrite/rewrite.h"
#include "validate/laws.h"

/* The two rules that the facts depend on: without the first no pins are planned, and nothing that
 * goes with them, such as the guest's threads, may be; without the second the plan is for the
 * topology that the guest has. */
#define PIN_RULE "cputune/pin"
#define TOPOLOGY_RULE "cpu/threads"

void
vt_tune_result_free(VtTuneResult *result)
{
    if (!result)
        return;
    vt_plan_free(result->plan); /* refers to the facts */
    vt_facts_free(result->facts);
    vt_wishes_free(result->wishes);
    if (result->troubles)
        g_ptr_array_unref(result->troubles);
    g_free(result->xml);
    g_free(result);
}

static bool
check_root(const VtDocument *domain, GError **error)
{
    const xmlNode *root = vt_document_root(domain);
    g_autofree char *where = NULL;

    if (vt_element_is(root, "domain"))
        return true;
    where = vt_document_where(domain, root);
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("%s: a <domain> is expected, not <%s>"), where,
                (const char *)root->name);
    return false;
}

/* The command line goes before the domain's own wish, and that before the configuration. */
static bool
choose_profile(VtTuneResult *result, const VtTuneInput *input, GError **error)
{
    const char *name = input->profile            ? input->profile
                       : result->wishes->profile ? result->wishes->profile
                       : input->default_profile  ? input->default_profile
                                                 : VT_PROFILE_DEFAULT;

    if (!input->profiles)
        return true;
    result->profile = input->profiles(name, input->profiles_data, error);
    if (!result->profile && name == result->wishes->profile)
        g_prefix_error(error, "%s: ", result->wishes->profile_where);
    return result->profile != NULL;
}

/* The globs of configuration, domain and profile, as one list. */
static GPtrArray *
all_skips(const VtTuneInput *input, const VtTuneResult *result)
{
    GPtrArray *skips = g_ptr_array_new();

    for (const char *const *skip = input->skip; skip && *skip; skip++)
        g_ptr_array_add(skips, (gpointer)*skip);
    for (guint i = 0; i < result->wishes->skip->len; i++)
        g_ptr_array_add(skips, result->wishes->skip->pdata[i]);
    for (guint i = 0; result->profile && i < result->profile->skip->len; i++)
        g_ptr_array_add(skips, result->profile->skip->pdata[i]);
    if (result->left_off)
        g_ptr_array_add(skips, (gpointer) "*");
    g_ptr_array_add(skips, NULL);
    return skips;
}

/* The profile's pin policy; "off" in the configuration is the host's last word. */
static VtPinPlacement
wanted_placement(const VtTuneInput *input, const VtTuneResult *result)
{
    const VtProfile *profile = result->profile;

    return profile && profile->has_placement && input->placement != VT_PIN_PLACEMENT_OFF
               ? profile->placement
               : input->placement;
}

static bool
is_in_force(const VtRuleDatabase *database, const char *const *skip, const char *id)
{
    const VtRule *rule = vt_rule_database_find(database, id);

    return rule && !vt_rule_database_is_masked(database, rule) && !vt_rule_is_skipped(skip, id);
}

/* A guest nobody knows anything of keeps the processors that it has. */
static bool
may_reshape(const VtTuneInput *input, const VtTuneResult *result, const char *const *skip)
{
    return is_in_force(input->database, skip, TOPOLOGY_RULE) &&
           vt_facts_is_true(result->facts, "guest.identified");
}

static void
gather_facts(VtTuneResult *result, const VtDocument *domain, const VtTuneInput *input,
             const char *const *skip)
{
    bool wants_pins = is_in_force(input->database, skip, PIN_RULE);
    const VtPinRequest pins = {
        .host = input->topology,
        .placement = wants_pins ? wanted_placement(input, result) : VT_PIN_PLACEMENT_OFF,
        .use_isolated = input->use_isolated,
        .strict_memory = input->strict_memory,
        .taken = input->taken,
        .claimed = input->claimed,
        .emulators = input->emulators,
        .reserved = input->reserved,
    };

    if (result->profile)
        vt_facts_from_profile(result->facts, result->profile);
    vt_facts_from_domain(result->facts, domain);
    vt_facts_from_guest(result->facts, domain);
    vt_facts_from_nics(result->facts, domain);
    vt_facts_from_iothreads(result->facts, domain);
    vt_facts_from_dedication(result->facts, domain, input->topology);
    vt_facts_from_memory(result->facts, domain, input->topology);
    vt_facts_from_existing_pins(result->facts, domain, input->topology, input->taken);
    vt_facts_from_pin_plan(result->facts, domain, may_reshape(input, result, skip), &pins);
    if (!result->left_off)
        vt_facts_from_disks(result->facts, domain, input->images, input->images_data,
                            input->metadata_cache_budget_bytes, result->troubles);
}

/* A rewrite that fails here is a fault of a rule or of vmtune, never of the domain. */
static bool
validate(const VtDocument *domain, const VtTuneResult *result, VtSchema *schema, GError **error)
{
    g_autoptr(VtDocument) after =
        vt_document_parse(result->xml, strlen(result->xml), vt_document_name(domain), error);
    g_autofree char *message = NULL;

    if (!after || !vt_document_follow(after, error) ||
        !vt_laws_check(domain, after, result->plan, error))
        return false;
    if (schema && !vt_schema_check(schema, after, &message) &&
        vt_schema_check(schema, domain, NULL)) {
        g_set_error(error, VT_ERROR, VT_ERROR_LAW,
                    _("%s: the rewritten domain would not fit libvirt's schema: %s"),
                    vt_document_name(domain), message);
        return false;
    }
    return true;
}

/* Wishes and facts: all that judging starts from. @ret_skips: the rules that are not wanted. */
static VtTuneResult *
begin(const VtDocument *domain, const VtTuneInput *input, GPtrArray **ret_skips, GError **error)
{
    g_autoptr(VtTuneResult) result = NULL;
    g_autoptr(GPtrArray) skips = NULL;

    if (!check_root(domain, error))
        return NULL;
    result = g_new0(VtTuneResult, 1);
    result->troubles = g_ptr_array_new_with_free_func(g_free);
    result->wishes = vt_wishes_read(domain, error);
    if (!result->wishes)
        return NULL;
    if (!choose_profile(result, input, error))
        return NULL;
    result->left_off = result->wishes->has_policy && result->wishes->policy == VT_POLICY_OFF;
    result->facts = vt_facts_new(input->facts);
    skips = all_skips(input, result);
    gather_facts(result, domain, input, (const char *const *)skips->pdata);
    *ret_skips = g_steal_pointer(&skips);
    return g_steal_pointer(&result);
}

VtTuneResult *
vt_judge(const VtDocument *domain, const VtTuneInput *input, GError **error)
{
    g_autoptr(GPtrArray) skips = NULL;
    g_autoptr(VtTuneResult) result = begin(domain, input, &skips, error);
    g_autoptr(GPtrArray) check_only = g_ptr_array_new();

    if (!result)
        return NULL;
    for (guint i = 0; result->profile && i < result->profile->check_only->len; i++)
        g_ptr_array_add(check_only, result->profile->check_only->pdata[i]);
    g_ptr_array_add(check_only, NULL);
    result->plan =
        vt_plan_new(domain, result->facts, input->database, (const char *const *)skips->pdata,
                    (const char *const *)check_only->pdata, error);
    return result->plan ? g_steal_pointer(&result) : NULL;
}

GPtrArray *
vt_find(const VtDocument *domain, const VtTuneInput *input, VtLevel level, GError **error)
{
    g_autoptr(GPtrArray) skips = NULL;
    g_autoptr(VtTuneResult) result = begin(domain, input, &skips, error);

    return result ? vt_plan_find(domain, result->facts, input->database,
                                 (const char *const *)skips->pdata, level)
                  : NULL;
}

VtTuneResult *
vt_tune(const VtDocument *domain, const VtTuneInput *input, GError **error)
{
    g_autoptr(VtTuneResult) result = vt_judge(domain, input, error);

    if (!result)
        return NULL;
    result->xml = vt_rewrite(domain, result->plan, error);
    if (!result->xml)
        return NULL;
    if (result->plan->changes->len > 0 && !validate(domain, result, input->schema, error))
        return NULL;
    return g_steal_pointer(&result);
}
