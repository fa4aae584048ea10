/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands that look and change nothing: diff, check, tune, facts. */
#include <string.h>

#include "base/i18n.h"
#include "base/printable.h"
#include "cmd/subject.h"
#include "report/json.h"
#include "report/sarif.h"
#include "report/text.h"

/* What a command gathers on its way through the domains. */
typedef struct {
    JsonBuilder *builder; /* (nullable): NULL = text */
    VtHostReport *host;   /* (nullable): for the commands that tell of the host */
    int fail_on;          /* the least level that counts for check's exit code */
} Gathered;

/* Runs @function with a JSON document around it if that was asked for, and prints it. */
static int
with_json(const VtOptions *options, VtSubjectFunction function, Gathered *gathered)
{
    g_autoptr(JsonBuilder) builder = NULL;
    g_autofree char *text = NULL;
    int status;

    if (!options->json)
        return vt_each_subject(options, function, gathered);
    builder = json_builder_new();
    json_builder_begin_object(builder);
    vt_json_begin_array(builder, "domains");
    gathered->builder = builder;
    status = vt_each_subject(options, function, gathered);
    json_builder_end_array(builder);
    if (gathered->host)
        vt_json_add_host(builder, gathered->host);
    json_builder_end_object(builder);
    text = vt_json_text(builder);
    return vt_worst(status, vt_print(text));
}

/* ---- diff ---- */

static int
diff_one(const VtSubject *subject, const VtOptions *options G_GNUC_UNUSED, gpointer data)
{
    const Gathered *gathered = data;
    const VtPlan *plan = subject->result->plan;
    g_autofree char *changes = NULL, *diff = NULL;
    g_autoptr(GError) error = NULL;
    int found =
        plan->changes->len > 0 || plan->conflicts->len > 0 ? VT_EXIT_FOUND : VT_EXIT_NOTHING;

    if (gathered->builder) {
        vt_json_add_diff(gathered->builder, subject->name, subject->source, subject->result);
        return found;
    }
    changes = vt_report_changes(subject->name, plan);
    if (options->verbose) {
        g_autofree char *findings = vt_report_findings(subject->name, subject->result, true);
        vt_talk("%s", findings);
    }
    if (plan->changes->len > 0) {
        g_autofree char *label = g_strdup_printf("%s (tuned)", subject->name);
        diff = vt_unified_diff(subject->name, vt_document_bytes(subject->document, NULL), label,
                               subject->result->xml, &error);
        if (!diff)
            return vt_complain(error);
    }
    found = vt_worst(found, vt_print(changes));
    return diff ? vt_worst(found, vt_print(diff)) : found;
}

int
vt_cmd_diff(const VtOptions *options)
{
    VtOptions rewriting = *options;

    rewriting.rewrite = true;
    return with_json(&rewriting, diff_one, &(Gathered){0});
}

/* ---- check ---- */

/* One past the worst level: what --fail-on never asks for. */
#define NEVER (VT_LEVEL_ERROR + 1)

static bool
read_fail_on(const VtOptions *options, int *ret_level)
{
    VtLevel level = VT_LEVEL_ADVICE;

    if (options->fail_on && strcmp(options->fail_on, "never") != 0 &&
        !vt_level_from_string(options->fail_on, &level)) {
        vt_talk(_("vmtune: --fail-on '%s' is none of error, warning, recommend, advice, never"),
                options->fail_on);
        return false;
    }
    *ret_level = g_strcmp0(options->fail_on, "never") == 0 ? NEVER : (int)level;
    return true;
}

static bool
any_at_least(const GPtrArray *findings, int level)
{
    for (guint i = 0; i < findings->len; i++) {
        if ((int)((const VtFinding *)findings->pdata[i])->level >= level)
            return true;
    }
    return false;
}

/* Rules in conflict are wrong in themselves, which is a warning to whoever wrote them. */
static int
found_in(const VtPlan *plan, int level)
{
    return any_at_least(plan->findings, level) || any_at_least(plan->host_findings, level) ||
                   (plan->conflicts->len > 0 && level <= VT_LEVEL_WARNING)
               ? VT_EXIT_FOUND
               : VT_EXIT_NOTHING;
}

static int
check_one(const VtSubject *subject, const VtOptions *options, gpointer data)
{
    const Gathered *gathered = data;
    const VtPlan *plan = subject->result->plan;
    int found = found_in(plan, gathered->fail_on);
    g_autofree char *text = NULL;

    vt_host_report_add(gathered->host, subject->name, plan);
    if (options->sarif) {
        vt_sarif_add(gathered->builder, subject->name, subject->source, subject->document, plan);
        return found;
    }
    if (gathered->builder) {
        vt_json_add_check(gathered->builder, subject->name, subject->source, subject->result);
        return found;
    }
    text = vt_report_findings(subject->name, subject->result, options->verbose);
    return vt_worst(found, vt_print(text));
}

static int
check_sarif(const VtOptions *options, Gathered *gathered)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(VtRuleDatabase) database = vt_context_load_database(VT_RULES_ALL, &error);
    g_autofree char *text = NULL;
    int status;

    if (!database)
        return vt_complain(error);
    gathered->builder = builder;
    vt_sarif_begin(builder);
    status = vt_each_subject(options, check_one, gathered);
    vt_sarif_end(builder, gathered->host, database);
    text = vt_json_text(builder);
    return vt_worst(status, vt_print(text));
}

/* What is wrong with the host comes last, and once. */
int
vt_cmd_check(const VtOptions *options)
{
    g_autoptr(VtHostReport) host = vt_host_report_new();
    Gathered gathered = {.host = host};
    g_autofree char *text = NULL;
    int status;

    if (!read_fail_on(options, &gathered.fail_on))
        return VT_EXIT_TROUBLE;
    if (options->sarif)
        return check_sarif(options, &gathered);
    status = with_json(options, check_one, &gathered);
    if (options->json)
        return status;
    text = vt_host_report_text(host);
    return vt_worst(status, vt_print(text));
}

/* ---- tune ---- */

static int
tune_one(const VtSubject *subject, const VtOptions *options, gpointer data G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    if (!options->output)
        return vt_print(subject->result->xml);
    return vt_write_output(options->output, subject->result->xml, 0600, &error)
               ? VT_EXIT_NOTHING
               : vt_complain(error);
}

int
vt_cmd_tune(const VtOptions *options)
{
    VtOptions rewriting = *options;

    rewriting.rewrite = true;
    if (options->arguments && options->arguments[1]) {
        vt_talk(_("vmtune: tune takes one domain; its XML is the output"));
        return VT_EXIT_TROUBLE;
    }
    return vt_each_subject(&rewriting, tune_one, NULL);
}

/* ---- facts ---- */

static int
list_facts(void)
{
    gsize count;
    const VtFactInfo *infos = vt_fact_infos(&count);
    g_autoptr(GString) out = g_string_new(NULL);

    for (gsize i = 0; i < count; i++)
        g_string_append_printf(out, "%-26s %-8s %-6s %s\n", infos[i].name,
                               vt_fact_type_to_string(infos[i].type), infos[i].unit,
                               _(infos[i].doc));
    return vt_print(out->str);
}

static int
facts_one(const VtSubject *subject, const VtOptions *options, gpointer data)
{
    const Gathered *gathered = data;
    g_autofree char *text = NULL;

    if (gathered->builder) {
        vt_json_add_facts(gathered->builder, subject->name, subject->source,
                          subject->result->facts);
        return VT_EXIT_NOTHING;
    }
    text = vt_report_facts(subject->result->facts);
    return vt_print(text);
}

int
vt_cmd_facts(const VtOptions *options)
{
    return options->list ? list_facts() : with_json(options, facts_one, &(Gathered){0});
}
