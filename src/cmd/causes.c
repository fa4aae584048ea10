/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command about causes, and what explain says of one. */
#include "base/i18n.h"
#include "cmd/causes.h"
#include "cmd/subject.h"
#include "plan/decide.h"
#include "report/causes.h"
#include "report/json.h"

/* ---- JSON ---- */

static void
add_signs(JsonBuilder *builder, const VtCause *cause)
{
    vt_json_begin_array(builder, "signs");
    for (guint i = 0; i < cause->signs->len; i++) {
        g_autofree char *sign = vt_report_sign(cause->signs->pdata[i]);
        json_builder_add_string_value(builder, sign);
    }
    json_builder_end_array(builder);
}

static void
add_ends(JsonBuilder *builder, const VtCause *cause)
{
    vt_json_begin_array(builder, "cures");
    for (guint i = 0; i < cause->cures->len; i++)
        json_builder_add_string_value(builder, ((const VtCauseCure *)cause->cures->pdata[i])->rule);
    json_builder_end_array(builder);
    vt_json_begin_array(builder, "remedies");
    for (guint i = 0; i < cause->remedies->len; i++) {
        const VtRemedy *remedy = cause->remedies->pdata[i];

        json_builder_begin_object(builder);
        vt_json_add_string(builder, "where", remedy->in_guest ? "guest" : "host");
        vt_json_add_string(builder, "command", remedy->command);
        vt_json_add_string(builder, "effect", _(remedy->effect));
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void
add_cause(JsonBuilder *builder, const VtCause *cause)
{
    json_builder_begin_object(builder);
    vt_json_add_string(builder, "cause", cause->id);
    vt_json_add_string(builder, "verdict", vt_verdict_to_string(cause->verdict));
    vt_json_add_string(builder, "summary", _(cause->summary));
    vt_json_add_string(builder, "device", cause->device ? _(cause->device) : NULL);
    vt_json_add_string(builder, "reason", _(cause->reason));
    add_signs(builder, cause);
    add_ends(builder, cause);
    vt_json_add_strings(builder, "sources", cause->sources);
    vt_json_add_string(builder, "file", cause->file);
    json_builder_end_object(builder);
}

static char *
causes_json(const GPtrArray *causes)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    vt_json_begin_array(builder, "causes");
    for (guint i = 0; i < causes->len; i++)
        add_cause(builder, causes->pdata[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    return vt_json_text(builder);
}

/* ---- commands ---- */

static GPtrArray *
choose(const VtCauseDatabase *database, const VtOptions *options)
{
    GPtrArray *chosen = g_ptr_array_new();

    for (guint i = 0; i < database->causes->len; i++) {
        const VtCause *cause = database->causes->pdata[i];

        if (!options->arguments ||
            vt_rule_is_skipped((const char *const *)options->arguments, cause->id))
            g_ptr_array_add(chosen, (gpointer)cause);
    }
    return chosen;
}

int
vt_cmd_causes(const VtOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtCauseDatabase) database = vt_context_load_causes(&error);
    g_autoptr(GPtrArray) chosen = NULL;
    g_autofree char *text = NULL;

    if (!database)
        return vt_complain(error);
    chosen = choose(database, options);
    if (chosen->len == 0 && options->arguments)
        vt_talk(_("vmtune: no cause in force is of that name; 'vmtune causes' lists all"));
    text = options->json  ? causes_json(chosen)
           : options->man ? vt_report_causes_manual(chosen)
                          : vt_report_causes(chosen);
    return vt_print(text);
}

int
vt_explain_cause(const VtOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtCauseDatabase) database = vt_context_load_causes(&error);
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *text = NULL;
    const VtCause *cause;

    if (!database)
        return vt_complain(error);
    cause = vt_cause_database_find(database, options->arguments[0]);
    if (!cause) {
        vt_talk(_("vmtune: there is no rule and no cause '%s'; 'vmtune rules' and 'vmtune causes' "
                  "list them"),
                options->arguments[0]);
        return VT_EXIT_TROUBLE;
    }
    if (options->domain) {
        vt_talk(_("vmtune: '%s' is a cause: 'vmtune diagnose' finds out whether a domain has it"),
                cause->id);
        return VT_EXIT_TROUBLE;
    }
    if (options->json)
        add_cause(builder, cause);
    text = options->json ? vt_json_text(builder) : vt_report_cause(cause);
    return vt_print(text);
}
