/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The causes as a chapter of the manual, written when vmtune is built: never translated. */
#include "report/causes.h"
#include "report/mdoc.h"

static const char *
verdict_words(VtVerdict verdict)
{
    return verdict == VT_VERDICT_TROUBLE  ? "can be ended"
           : verdict == VT_VERDICT_NORMAL ? "normal"
                                          : "sleep, no overhead";
}

static void
append_signs(GString *out, const GPtrArray *signs)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < signs->len; i++)
        g_ptr_array_add(texts, vt_report_sign(signs->pdata[i]));
    vt_mdoc_append_list(out, "What shows it:", texts);
}

static void
append_cures(GString *out, const GPtrArray *cures)
{
    g_autoptr(GPtrArray) rules = g_ptr_array_new();

    for (guint i = 0; i < cures->len; i++) {
        char *rule = ((const VtCauseCure *)cures->pdata[i])->rule;

        if (!g_ptr_array_find_with_equal_func(rules, rule, g_str_equal, NULL))
            g_ptr_array_add(rules, rule);
    }
    vt_mdoc_append_list(out, "Rules that end it:", rules);
}

static void
append_remedies(GString *out, const GPtrArray *remedies)
{
    for (guint i = 0; i < remedies->len; i++) {
        const VtRemedy *remedy = remedies->pdata[i];

        g_string_append_printf(out, ".Pp\nTo type %s:\n.Bd -literal -offset indent\n",
                               remedy->in_guest ? "in the guest" : "on the host");
        vt_mdoc_append_literal(out, remedy->command);
        g_string_append(out, ".Ed\n.Pp\n");
        vt_mdoc_append_prose(out, remedy->effect);
    }
}

static void
append_cause(GString *out, const VtCause *cause)
{
    g_string_append_printf(out, ".Ss %s\n", cause->id);
    vt_mdoc_append_prose(out, cause->summary);
    g_string_append_printf(out, "(%s).\n.Pp\n", verdict_words(cause->verdict));
    vt_mdoc_append_prose(out, cause->reason);
    append_signs(out, cause->signs);
    append_cures(out, cause->cures);
    append_remedies(out, cause->remedies);
    vt_mdoc_append_list(out, "Sources:", cause->sources);
}

char *
vt_report_causes_manual(const GPtrArray *causes)
{
    GString *out = g_string_new(
        ".\\\" Written by 'vmtune causes --format man'; the files of the causes are the source.\n"
        ".Dd $Mdocdate$\n.Dt VMTUNE-CAUSES 7\n.Os\n"
        ".Sh NAME\n.Nm vmtune-causes\n.Nd why guests leave for the host, and what ends that\n"
        ".Sh DESCRIPTION\n"
        "Every cause of exits that vmtune knows, by topic.\n"
        "A word in braces stands for a fact of the domain or its host, which\n"
        ".Ql vmtune diagnose\nfills in.\n"
        "What a sign is, and how one of several causes is chosen, is told in\n"
        ".Xr vmtune-causes 5 ;\nthe rules are described in\n.Xr vmtune-rules 7 .\n");
    g_autofree char *topic = g_strdup("");

    for (guint i = 0; i < causes->len; i++) {
        const VtCause *cause = causes->pdata[i];

        vt_mdoc_append_topic(out, cause->id, &topic);
        append_cause(out, cause);
    }
    g_string_append(out, ".Sh SEE ALSO\n.Xr vmtune 1 ,\n.Xr vmtune-causes 5 ,\n"
                         ".Xr vmtune-rules 7\n");
    return g_string_free(out, FALSE);
}
