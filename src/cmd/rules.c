/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands about rules: explain and rules. */
#include "base/i18n.h"
#include "cmd/subject.h"
#include "report/json.h"
#include "report/text.h"

static void
add_profile(JsonBuilder *builder, const VtProfile *profile)
{
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "profile");
    json_builder_add_string_value(builder, profile->name);
    json_builder_set_member_name(builder, "summary");
    json_builder_add_string_value(builder, _(profile->summary));
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
    json_builder_set_member_name(builder, "profiles");
    json_builder_begin_array(builder);
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

int
vt_cmd_rules(const VtOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtRuleDatabase) database = vt_context_load_database(VT_RULES_ALL, &error);
    g_autoptr(JsonBuilder) builder = NULL;
    g_autofree char *text = NULL;

    if (options->profiles)
        return list_profiles(options->json);
    if (!database)
        return vt_complain(error);
    if (!options->json) {
        text = vt_report_rules(database);
        return vt_print(text);
    }
    builder = json_builder_new();
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "rules");
    json_builder_begin_array(builder);
    for (guint i = 0; i < database->rules->len; i++)
        vt_json_add_rule(builder, database->rules->pdata[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    text = vt_json_text(builder);
    return vt_print(text);
}

static int
explain_decision(const VtSubject *subject, const VtOptions *options G_GNUC_UNUSED, gpointer data)
{
    const VtRule *rule = data;
    g_autofree char *text = vt_report_decision(subject->result, rule->id);

    return vt_print(text);
}

int
vt_cmd_explain(const VtOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtRuleDatabase) database = NULL;
    g_autoptr(JsonBuilder) builder = NULL;
    g_autofree char *text = NULL;
    const VtRule *rule;
    VtOptions subject_options = *options;
    char *subjects[] = {options->domain, NULL};
    int status;

    if (!options->arguments || options->arguments[1]) {
        vt_talk(_("vmtune: explain takes one rule, such as hyperv/stimer; 'vmtune rules' lists "
                  "them"));
        return VT_EXIT_TROUBLE;
    }
    database = vt_context_load_database(VT_RULES_ALL, &error);
    if (!database)
        return vt_complain(error);
    rule = vt_rule_database_find(database, options->arguments[0]);
    if (!rule) {
        vt_talk(_("vmtune: there is no rule '%s'; 'vmtune rules' lists them"),
                options->arguments[0]);
        return VT_EXIT_TROUBLE;
    }
    if (options->json) {
        builder = json_builder_new();
        vt_json_add_rule(builder, rule);
        text = vt_json_text(builder);
    } else {
        text = vt_report_rule(rule);
    }
    status = vt_print(text);
    if (!options->domain || options->json)
        return status;
    subject_options.arguments = subjects;
    return vt_worst(status, vt_each_subject(&subject_options, explain_decision, (gpointer)rule));
}
