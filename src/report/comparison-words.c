/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In: a comparison. Out: the words for it, the same in every kind of report. */
#include "base/i18n.h"
#include "base/printable.h"
#include "report/comparison-parts.h"
#include "report/figures.h"

/* What differs by less is the same: no two looks at a guest agree better. */
#define SAME 1.05

char *
vt_pair_figure(const VtPairTable *table, double value)
{
    if (value < 0)
        return g_strdup("?");
    if (table->is_time)
        return table->per_second ? vt_figure_share(value / 1e9) : vt_figure_time((gint64)value);
    return table->per_second ? vt_figure_number(value) : vt_figure_count((guint64)value);
}

char *
vt_pair_change(double before, double after)
{
    g_autofree char *factor = NULL;

    if (before < 0 || after < 0)
        return g_strdup("?");
    if (before == 0 || after == 0)
        return g_strdup(before > 0 ? _("gone") : after > 0 ? _("new") : _("the same"));
    factor = vt_figure_number(before > after ? before / after : after / before);
    if (before > after * SAME)
        return g_strdup_printf(_("%s x less"), factor);
    if (after > before * SAME)
        return g_strdup_printf(_("%s x more"), factor);
    return g_strdup(_("the same"));
}

/* ---- the whole ---- */

static void
append_totals(GString *out, const VtPairTable *table, double before, double after)
{
    g_autofree char *one = vt_pair_figure(table, before);
    g_autofree char *other = vt_pair_figure(table, after);
    g_autofree char *change = vt_pair_change(before, after);

    if (table->is_time && table->per_second)
        vt_append_sentence(out, _("Handling them took %s of one CPU before, %s after: %s."), one,
                           other, change);
    else if (table->is_time)
        vt_append_sentence(out, _("Handling them took %s before, %s after: %s."), one, other,
                           change);
    else if (table->per_second)
        vt_append_sentence(out, _("A second: %s before, %s after: %s."), one, other, change);
    else
        vt_append_sentence(out, _("Exits: %s before, %s after: %s."), one, other, change);
}

/* Rates alone would hide how long was looked. */
static void
append_counts(GString *out, const VtComparison *comparison)
{
    g_autofree char *before = vt_figure_count(comparison->before.diagnosis->count);
    g_autofree char *after = vt_figure_count(comparison->after.diagnosis->count);
    g_autofree char *before_seconds = vt_figure_number(comparison->before_seconds);
    g_autofree char *after_seconds = vt_figure_number(comparison->after_seconds);

    if (comparison->per_second)
        vt_append_sentence(out, _("Exits: %s in %s s before, %s in %s s after."), before,
                           before_seconds, after, after_seconds);
}

static void
append_date(GString *out, const VtComparison *comparison)
{
    gint64 when_s = comparison->before.when_s;
    g_autoptr(GDateTime) when = when_s > 0 ? g_date_time_new_from_unix_local(when_s) : NULL;
    g_autofree char *date = when ? g_date_time_format(when, "%Y-%m-%d %H:%M") : NULL;

    if (date)
        vt_append_sentence(out, _("Before is %s."), date);
}

char *
vt_comparison_summary(const VtComparison *comparison)
{
    const VtDiagnosis *before = comparison->before.diagnosis, *after = comparison->after.diagnosis;
    VtPairTable table = {.per_second = comparison->per_second};
    GString *out = g_string_new(NULL);

    append_counts(out, comparison);
    append_totals(out, &table, (double)before->count / comparison->before_seconds,
                  (double)after->count / comparison->after_seconds);
    table.is_time = true;
    if (before->time_ns >= 0 && after->time_ns >= 0)
        append_totals(out, &table, (double)before->time_ns / comparison->before_seconds,
                      (double)after->time_ns / comparison->after_seconds);
    append_date(out, comparison);
    return g_string_free(out, FALSE);
}

char *
vt_comparison_rules(const GPtrArray *rules)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 0; i < rules->len; i++)
        g_string_append_printf(out, "%s%s", i > 0 ? ", " : "", (char *)rules->pdata[i]);
    return out->len > 0 ? vt_printable(out->str, false) : NULL;
}
