/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands about rules: explain and rules. */
#include <string.h>

#include "base/i18n.h"
#include "cmd/causes.h"
#include "cmd/subject.h"
#include "plan/decide.h"
#include "report/json.h"
#include "report/text.h"

static void
add_profile(JsonBuilder *builder, const VtProfile *profile)
{
    json_builder_begin_object(builder);
    vt_json_add_string(builder, "profile", profile->name);
    vt_json_add_string(builder, "summary", _(profile->summary));
    json_builder_end_object(builder);
}

static int
list_profiles(bool json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtProfiles) profiles = vt_context_open_profiles();
    g_autoptr(GPtrArray) names = vt_profiles_names(profiles);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *text = NULL;

    json_builder_begin_object(builder);
    vt_json_begin_array(builder, "profiles");
    for (guint i = 0; i < names->len; i++) {
        const VtProfile *profile = vt_profiles_find(names->pdata[i], profiles, &error);

        if (!profile)
            return vt_complain(error);
        g_string_append_printf(out, "%-12s %s\n", profile->name, _(profile->summary));
        add_profile(builder, profile);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    text = json ? vt_json_text(builder) : NULL;
    return vt_print(json ? text : out->str);
}

/* ---- the list ---- */

/* Words that are given must be words that there are: a slip would look like an empty list. */
static bool
check_filters(const VtOptions *options)
{
    VtLevel level;
    VtScope scope;
    VtEffect effect;

    if (options->level && !vt_level_from_string(options->level, &level))
        vt_talk(_("vmtune: level '%s' is none of error, warning, recommend, advice"),
                options->level);
    else if (options->scope && !vt_scope_from_string(options->scope, &scope))
        vt_talk(_("vmtune: scope '%s' is neither guest nor host"), options->scope);
    else if (options->effect && !vt_effect_from_string(options->effect, &effect))
        vt_talk(_("vmtune: effect '%s' is none of now, next-boot, by-hand"), options->effect);
    else
        return true;
    return false;
}

static bool
is_wanted(const VtOptions *options, const VtRule *rule)
{
    return (!options->level || strcmp(options->level, vt_level_to_string(rule->level)) == 0) &&
           (!options->scope || strcmp(options->scope, vt_scope_to_string(rule->scope)) == 0) &&
           (!options->effect || strcmp(options->effect, vt_effect_to_string(rule->effect)) == 0) &&
           (!options->arguments ||
            vt_rule_is_skipped((const char *const *)options->arguments, rule->id));
}

static GPtrArray *
choose(const VtRuleDatabase *database, const VtOptions *options)
{
    GPtrArray *chosen = g_ptr_array_new();

    for (guint i = 0; i < database->rules->len; i++) {
        if (is_wanted(options, database->rules->pdata[i]))
            g_ptr_array_add(chosen, database->rules->pdata[i]);
    }
    return chosen;
}

static char *
rules_json(const GPtrArray *rules)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    vt_json_begin_array(builder, "rules");
    for (guint i = 0; i < rules->len; i++)
        vt_json_add_rule(builder, rules->pdata[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    return vt_json_text(builder);
}

/* Rules of one's own, together with vmtune's, which they may borrow from and replace. */
static int
verify(const char *folder)
{
    g_autofree char *shipped = g_build_filename(vt_context_datadir(), "rules", NULL);
    const char *const directories[] = {shipped, folder, NULL};
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func((GDestroyNotify)g_error_free);
    g_autoptr(VtRuleDatabase) database = NULL;

    if (!g_file_test(folder, G_FILE_TEST_IS_DIR)) {
        vt_talk(_("vmtune: '%s' is no folder"), folder);
        return VT_EXIT_TROUBLE;
    }
    database = vt_rule_database_load_all(directories, faults);
    for (guint i = 0; i < faults->len; i++)
        vt_complain(faults->pdata[i]);
    return faults->len > 0 ? VT_EXIT_FOUND : VT_EXIT_NOTHING;
}

int
vt_cmd_rules(const VtOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtRuleDatabase) database = NULL;
    g_autoptr(GPtrArray) chosen = NULL;
    g_autofree char *text = NULL;

    if (options->profiles)
        return list_profiles(options->json);
    if (options->verify)
        return verify(options->verify);
    if (!check_filters(options))
        return VT_EXIT_TROUBLE;
    database = vt_context_load_database(VT_RULES_ALL, &error);
    if (!database)
        return vt_complain(error);
    chosen = choose(database, options);
    if (chosen->len == 0 && !options->json)
        vt_talk(_("no rule in force is of that name, level, scope and effect"));
    text = options->json  ? rules_json(chosen)
           : options->man ? vt_report_rules_manual(chosen)
                          : vt_report_rules(chosen);
    return vt_print(text);
}

static int
explain_decision(const VtSubject *subject, const VtOptions *options G_GNUC_UNUSED, gpointer data)
{
    const VtRule *rule = data;
    g_autofree char *text = vt_report_decision(subject->result, rule->id);

    return vt_print(text);
}

/* What explain gathers for JSON. */
typedef struct {
    const VtRule *rule;
    JsonBuilder *builder;
} Explaining;

static int
add_decisions(const VtSubject *subject, const VtOptions *options G_GNUC_UNUSED, gpointer data)
{
    const Explaining *explaining = data;

    vt_json_add_decisions(explaining->builder, subject->result, explaining->rule->id);
    return VT_EXIT_NOTHING;
}

static int
explain_json(const VtRule *rule, const VtOptions *options)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    Explaining explaining = {rule, builder};
    g_autofree char *text = NULL;
    int status = VT_EXIT_NOTHING;

    json_builder_begin_object(builder);
    vt_json_add_rule_members(builder, rule);
    if (options->arguments) {
        vt_json_begin_array(builder, "decisions");
        status = vt_each_subject(options, add_decisions, &explaining);
        json_builder_end_array(builder);
    }
    json_builder_end_object(builder);
    text = vt_json_text(builder);
    return vt_worst(status, vt_print(text));
}

int
vt_cmd_explain(const VtOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtRuleDatabase) database = NULL;
    g_autofree char *text = NULL;
    const VtRule *rule;
    VtOptions subject_options = *options;
    char *subjects[] = {options->domain, NULL};
    int status;

    if (!options->arguments || options->arguments[1]) {
        vt_talk(_("vmtune: explain takes one rule, such as hyperv/stimer, or one cause, such as "
                  "time/pm-timer; 'vmtune rules' and 'vmtune causes' list them"));
        return VT_EXIT_TROUBLE;
    }
    database = vt_context_load_database(VT_RULES_ALL, &error);
    if (!database)
        return vt_complain(error);
    rule = vt_rule_database_find(database, options->arguments[0]);
    if (!rule)
        return vt_explain_cause(options);
    subject_options.arguments = options->domain ? subjects : NULL;
    if (options->json)
        return explain_json(rule, &subject_options);
    text = vt_report_rule(rule);
    status = vt_print(text);
    if (!options->domain)
        return status;
    return vt_worst(status, vt_each_subject(&subject_options, explain_decision, (gpointer)rule));
}
