/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules as a chapter of the manual, written when vmtune is built: never translated. */
#include <string.h>

#include "report/text.h"

#define WIDTH 78

/* Each sentence begins a line, as mdoc(7) wants it; what roff would take for a request or an escape
 * is made text. */
static void
append_prose(GString *out, const char *text)
{
    g_autoptr(GString) wrapped = g_string_new(NULL);
    g_auto(GStrv) sentences = g_regex_split_simple("(?<=[.!?:]) +(?=\\S)", text, 0, 0);
    g_auto(GStrv) lines = NULL;

    for (char **sentence = sentences; *sentence; sentence++)
        vt_report_append_wrapped(wrapped, "", *sentence, WIDTH);
    g_string_replace(wrapped, "\\", "\\e", 0);
    lines = g_strsplit(g_strchomp(wrapped->str), "\n", -1);
    for (char **line = lines; *line; line++)
        g_string_append_printf(out, "%s%s\n", **line == '.' || **line == '\'' ? "\\&" : "", *line);
}

static const char *
effect_words(VtEffect effect)
{
    return effect == VT_EFFECT_NOW         ? "at once"
           : effect == VT_EFFECT_NEXT_BOOT ? "at the next cold boot"
                                           : "by hand";
}

static void
append_list(GString *out, const char *title, const GPtrArray *items)
{
    if (items->len == 0)
        return;
    g_string_append_printf(out, ".Pp\n%s\n.Bl -dash -compact\n", title);
    for (guint i = 0; i < items->len; i++) {
        g_string_append(out, ".It\n");
        append_prose(out, items->pdata[i]);
    }
    g_string_append(out, ".El\n");
}

static void
append_rule(GString *out, const VtRule *rule)
{
    g_string_append_printf(out, ".Ss %s\n", rule->id);
    append_prose(out, rule->summary);
    g_string_append_printf(out, "(level %s; scope %s; takes effect %s).\n.Pp\n",
                           vt_level_to_string(rule->level), vt_scope_to_string(rule->scope),
                           effect_words(rule->effect));
    append_prose(out, rule->reason);
    if (rule->cost) {
        g_string_append(out, ".Pp\nWhat it costs:\n");
        append_prose(out, rule->cost);
    }
    append_list(out, "What it needs:", rule->needs);
    append_list(out, "Sources:", rule->sources);
    g_string_append_printf(out, ".Pp\nTo say no:\n.Ql skip = %s\n", rule->id);
}

/* "hyperv" of "hyperv/stimer". */
static char *
topic_of(const VtRule *rule)
{
    return g_strndup(rule->id, strcspn(rule->id, "/"));
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
        g_autofree char *own_topic = topic_of(rule);

        if (strcmp(topic, own_topic) != 0) {
            g_autofree char *title = g_ascii_strup(own_topic, -1);
            g_string_append_printf(out, ".Sh %s\n", title);
            g_free(topic);
            topic = g_steal_pointer(&own_topic);
        }
        append_rule(out, rule);
    }
    g_string_append(out, ".Sh SEE ALSO\n.Xr vmtune 1 ,\n.Xr vmtune-rules 5 ,\n"
                         ".Xr vmtune.conf 5\n");
    return g_string_free(out, FALSE);
}
