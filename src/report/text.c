/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/text.h"

#include <string.h>

#include "base/columns.h"
#include "base/i18n.h"
#include "base/printable.h"

static const char *
effect_words(VtEffect effect)
{
    switch (effect) {
    case VT_EFFECT_NOW:
        return _("now");
    case VT_EFFECT_NEXT_BOOT:
        return _("at the next cold boot");
    case VT_EFFECT_BY_HAND:
        return _("by hand");
    }
    return "";
}

/* Behind the piece at @p that may not be broken, a space before it aside. */
static const char *
piece_end(const char *p)
{
    gunichar before;

    do {
        before = g_utf8_get_char(p);
        p = g_utf8_next_char(p);
    } while (*p && !vt_columns_may_break(before, g_utf8_get_char(p)));
    return p;
}

void
vt_report_append_line(GString *out, const char *format, ...)
{
    g_autofree char *line = NULL, *safe = NULL;
    va_list arguments;

    va_start(arguments, format);
    line = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (g_str_has_suffix(format, "\n"))
        line[strlen(line) - 1] = '\0';
    safe = vt_printable(line, false);
    g_string_append_printf(out, "%s\n", safe);
}

void
vt_report_append_wrapped(GString *out, const char *prefix, const char *text, int width)
{
    g_autofree char *safe = vt_printable(text, false);
    int column = 0;

    for (const char *p = safe; *p;) {
        bool space = *p == ' ';
        const char *start = space ? p + 1 : p, *end = *start ? piece_end(start) : start;
        g_autofree char *piece = g_strndup(start, (gsize)(end - start));
        int columns = (int)vt_columns_count(piece);

        if (column > 0 && column + space + columns > width) {
            g_string_append_c(out, '\n');
            column = 0;
        }
        if (column == 0)
            g_string_append(out, prefix);
        else if (space)
            g_string_append_c(out, ' ');
        column += columns + (column > 0 && space);
        g_string_append(out, piece);
        p = end;
    }
    g_string_append_c(out, '\n');
}

static void
append_change(GString *out, const VtChange *change, const VtChange *previous)
{
    bool same_rule = previous && strcmp(previous->rule, change->rule) == 0;

    if (!same_rule) {
        vt_report_append_line(out, "# %s (%s)", change->rule, effect_words(change->effect));
        vt_report_append_wrapped(out, "#   ", change->reason, 92);
    }
    if (change->place->kind == VT_PLACE_ELEMENT)
        vt_report_append_line(out, "#     %s", change->place->text);
    else if (change->before)
        vt_report_append_line(out, "#     %s: %s -> %s", change->place->text, change->before,
                              change->after);
    else
        vt_report_append_line(out, "#     %s: %s", change->place->text, change->after);
}

static void
append_conflict(GString *out, const VtConflict *conflict)
{
    vt_report_append_line(out, _("# conflict at %s, neither is applied:\n"), conflict->place);
    for (guint i = 0; i < conflict->rules->len; i++)
        vt_report_append_line(out, "#   %s: %s", (char *)conflict->rules->pdata[i],
                              (char *)conflict->values->pdata[i]);
}

char *
vt_report_changes(const char *name, const VtPlan *plan)
{
    GString *out = g_string_new(NULL);
    const VtChange *previous = NULL;

    if (plan->changes->len == 0 && plan->conflicts->len == 0)
        return g_string_free(out, FALSE);
    vt_report_append_line(out, "# %s", name);
    for (guint i = 0; i < plan->changes->len; i++) {
        append_change(out, plan->changes->pdata[i], previous);
        previous = plan->changes->pdata[i];
    }
    for (guint i = 0; i < plan->conflicts->len; i++)
        append_conflict(out, plan->conflicts->pdata[i]);
    return g_string_free(out, FALSE);
}

/* ---- findings ---- */

const char *
vt_report_level(VtLevel level)
{
    switch (level) {
    case VT_LEVEL_ERROR:
        return _("error");
    case VT_LEVEL_WARNING:
        return _("warning");
    case VT_LEVEL_RECOMMEND:
        return _("recommend");
    case VT_LEVEL_ADVICE:
        return _("advice");
    }
    return "";
}

/* The first sentence of a message, or the summary that stands for a whole reason. */
static char *
one_line(const VtFinding *finding)
{
    const char *end = strstr(finding->message, ". ");

    if (finding->summary)
        return g_strdup(_(finding->summary));
    return g_strndup(finding->message,
                     end ? (gsize)(end - finding->message) : strlen(finding->message));
}

static void
append_finding(GString *out, const VtFinding *finding, bool verbose)
{
    g_autofree char *line = one_line(finding);

    if (!verbose) {
        vt_report_append_line(out, "  %s: %s%s: %s", vt_report_level(finding->level), finding->rule,
                              finding->automatic ? _(" [apply mends it]") : "", line);
        return;
    }
    vt_report_append_line(out, "  %s: %s%s", vt_report_level(finding->level), finding->rule,
                          finding->automatic ? _(" [apply mends it]") : "");
    vt_report_append_wrapped(out, "      ", finding->message, 90);
}

static void
append_not_considered(GString *out, const VtNotConsidered *entry)
{
    vt_report_append_line(out, _("  not considered: %s%s%s\n"), entry->rule,
                          entry->instance ? " " : "", entry->instance ? entry->instance : "");
    for (guint i = 0; i < entry->unknown->len; i++) {
        const char *why = entry->whys->pdata[i];
        g_autofree char *what =
            g_strdup_printf(_("      %s is unknown"), (char *)entry->unknown->pdata[i]);
        vt_report_append_line(out, "%s%s%s", what, *why ? ": " : "", why);
    }
}

char *
vt_report_findings(const char *name, const VtTuneResult *result, bool verbose)
{
    GString *out = g_string_new(NULL);
    const VtPlan *plan = result->plan;

    for (int level = VT_LEVEL_ERROR; level >= VT_LEVEL_ADVICE; level--) {
        for (guint i = 0; i < plan->findings->len; i++) {
            const VtFinding *finding = plan->findings->pdata[i];
            if ((int)finding->level == level)
                append_finding(out, finding, verbose);
        }
    }
    for (guint i = 0; i < plan->conflicts->len; i++)
        append_conflict(out, plan->conflicts->pdata[i]);
    for (guint i = 0; verbose && i < plan->not_considered->len; i++)
        append_not_considered(out, plan->not_considered->pdata[i]);
    if (out->len > 0) {
        g_autofree char *safe = vt_printable(name, false);
        g_autofree char *head = g_strdup_printf("%s:\n", safe);
        g_string_prepend(out, head);
    }
    return g_string_free(out, FALSE);
}

/* ---- facts ---- */

static void
append_fact(const VtFact *fact, gpointer data)
{
    GString *out = data;
    g_autofree char *value = vt_fact_format(fact, false);

    vt_report_append_line(out, "%-26s %s%s%s  (%s)", fact->info->name, value,
                          *fact->info->unit && fact->known ? " " : "",
                          fact->known ? fact->info->unit : "", fact->origin ? fact->origin : "");
    for (guint i = 0; fact->records && i < fact->records->len; i++)
        vt_facts_foreach(fact->records->pdata[i], append_fact, out);
}

char *
vt_report_facts(const VtFacts *facts)
{
    GString *out = g_string_new(NULL);

    for (; facts; facts = vt_facts_parent(facts))
        vt_facts_foreach(facts, append_fact, out);
    return g_string_free(out, FALSE);
}

/* ---- rules ---- */

static void
append_list(GString *out, const char *title, const GPtrArray *items)
{
    if (items->len > 0)
        g_string_append_printf(out, "%s\n", title);
    for (guint i = 0; i < items->len; i++)
        vt_report_append_wrapped(out, "  ", items->pdata[i], 92);
}

static void
append_since(GString *out, const VtRule *rule)
{
    const struct {
        const char *program;
        gint64 version;
    } since[] = {{"libvirt", rule->since_libvirt}, {"QEMU", rule->since_qemu}};

    for (gsize i = 0; i < G_N_ELEMENTS(since); i++) {
        if (since[i].version > 0)
            g_string_append_printf(
                out, _("Since %s %d.%d.%d\n"), since[i].program, (int)(since[i].version / 1000000),
                (int)(since[i].version / 1000 % 1000), (int)(since[i].version % 1000));
    }
}

char *
vt_report_rule(const VtRule *rule)
{
    GString *out = g_string_new(NULL);

    g_string_append_printf(out, "%s\n", rule->id);
    vt_report_append_wrapped(out, "  ", _(rule->summary), 92);
    g_string_append_printf(out, _("Level %s; scope %s; takes effect %s.\n"),
                           vt_report_level(rule->level), vt_scope_to_string(rule->scope),
                           effect_words(rule->effect));
    g_string_append_printf(out, "%s\n", _("Why"));
    vt_report_append_wrapped(out, "  ", _(rule->reason), 92);
    if (rule->cost) {
        g_string_append_printf(out, "%s\n", _("What it costs"));
        vt_report_append_wrapped(out, "  ", _(rule->cost), 92);
    }
    for (guint i = 0; i < rule->sets->len; i++) {
        const VtSet *set = rule->sets->pdata[i];
        if (i == 0)
            g_string_append_printf(out, "%s\n", _("What it sets"));
        g_string_append_printf(out, "  %s = %s\n", set->place, set->value);
    }
    append_list(out, _("What it needs"), rule->needs);
    append_since(out, rule);
    append_list(out, _("Sources"), rule->sources);
    g_string_append_printf(out, "%s\n", _("How to say no"));
    g_string_append_printf(out,
                           _("  for one domain: <vmtune:skip rule='%s'/> in its metadata\n"
                             "  for all: skip = %s in vmtune.conf, section [rules]\n"),
                           rule->id, rule->id);
    g_string_append_printf(out, _("File\n  %s\n"), rule->file);
    return g_string_free(out, FALSE);
}

char *
vt_report_rules(const GPtrArray *rules)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < rules->len; i++) {
        const VtRule *rule = rules->pdata[i];
        g_string_append_printf(out, "%-38s %-10s %-6s %s\n", rule->id,
                               vt_level_to_string(rule->level), vt_scope_to_string(rule->scope),
                               _(rule->summary));
    }
    return g_string_free(out, FALSE);
}
