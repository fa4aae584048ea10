/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "golden.h"

static VtCpuSet *
read_taken(const char *root)
{
    g_autofree char *path = g_build_filename(root, "taken", NULL);
    g_autofree char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? vt_cpuset_parse(text, NULL) : NULL;
}

GoldenHost *
golden_host_new(const char *tests, const char *name, GError **error)
{
    g_autoptr(GoldenHost) host = g_new0(GoldenHost, 1);
    g_autofree char *root = name ? g_build_filename(tests, "hosts", name, NULL) : NULL;

    host->name = g_strdup(name ? name : "none");
    if (root && !g_file_test(root, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "there is no host '%s'", root);
        return NULL;
    }
    host->context = vt_context_new(root, VT_PURPOSE_REWRITE, error);
    if (!host->context)
        return NULL;
    if (root)
        host->facts = vt_context_captured_facts(host->context, error);
    else
        host->facts = vt_context_baseline_facts(host->context, error);
    if (root)
        host->taken = read_taken(root);
    return host->facts ? g_steal_pointer(&host) : NULL;
}

void
golden_host_free(GoldenHost *host)
{
    if (!host)
        return;
    g_free(host->name);
    vt_facts_free(host->facts);
    vt_cpuset_free(host->taken);
    vt_context_free(host->context);
    g_free(host);
}

GoldenJudged *
golden_judge(const GoldenHost *host, const char *bytes, gsize length, const char *name,
             GError **error)
{
    g_autoptr(GoldenJudged) judged = g_new0(GoldenJudged, 1);
    VtTuneInput input = vt_context_input(host->context, host->facts, host->taken, true);

    judged->document = vt_document_parse(bytes, length, name, error);
    if (judged->document)
        judged->result = vt_tune(judged->document, &input, error);
    return judged->result ? g_steal_pointer(&judged) : NULL;
}

void
golden_judged_free(GoldenJudged *judged)
{
    if (!judged)
        return;
    vt_tune_result_free(judged->result);
    vt_document_free(judged->document);
    g_free(judged);
}
