/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules as a chapter of the manual, written when vmtune is built: never translated. */
#include "report/mdoc.h"
#include "report/text.h"

static const char *
effect_words(VtEffect effect)
{
    return effect == VT_EFFECT_NOW         ? "at once"
           : effect == VT_EFFECT_NEXT_BOOT ? "at the next cold boot"
                                           : "by hand";
}

static void
append_rule(GString *out, const VtRule *rule)
{
    g_string_append_printf(out, ".Ss %s\n", rule->id);
    vt_mdoc_append_prose(out, rule->summary);
    g_string_append_printf(out, "(level %s; scope %s; takes effect %s).\n.Pp\n",
                           vt_level_to_string(rule->level), vt_scope_to_string(rule->scope),
                           effect_words(rule->effect));
    vt_mdoc_append_prose(out, rule->reason);
    if (rule->cost) {
        g_string_append(out, ".Pp\nWhat it costs:\n");
        vt_mdoc_append_prose(out, rule->cost);
    }
    vt_mdoc_append_list(out, "What it needs:", rule->needs);
    vt_mdoc_append_list(out, "Sources:", rule->sources);
    g_string_append_printf(out, ".Pp\nTo say no:\n.Ql skip = %s\n", rule->id);
}

char *
vt_report_rules_manual(const GPtrArray *rules)
{
    GString *out = g_string_new(
        ".\\\" Written by 'vmtune rules --format man'; the rule files are the source.\n"
        ".Dd $Mdocdate$\n.Dt VMTUNE-RULES 7\n.Os\n"
        ".Sh NAME\n.Nm vmtune-rules\n.Nd what vmtune knows of domains, and why\n"
        ".Sh DESCRIPTION\n"
        "Every rule that vmtune brings, by topic.\n"
        "A word in braces stands for a fact of the domain or its host, which\n"
        ".Ql vmtune explain RULE --domain DOMAIN\nfills in.\n"
        ".Pp\n"
        "A rule is left out for all domains with\n.Ql skip\nin section\n.Ql [rules]\nof\n"
        ".Xr vmtune.conf 5 ,\n"
        "for one with\n.Ql <vmtune:skip rule='...'/>\nin its metadata; see\n"
        ".Xr vmtune-rules 5 ,\nwhich describes levels, scopes and effects too.\n");
    g_autofree char *topic = g_strdup("");

    for (guint i = 0; i < rules->len; i++) {
        const VtRule *rule = rules->pdata[i];

        vt_mdoc_append_topic(out, rule->id, &topic);
        append_rule(out, rule);
    }
    g_string_append(out, ".Sh SEE ALSO\n.Xr vmtune 1 ,\n.Xr vmtune-rules 5 ,\n"
                         ".Xr vmtune.conf 5\n");
    return g_string_free(out, FALSE);
}
