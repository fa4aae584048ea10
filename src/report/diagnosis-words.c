/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In: a diagnosis. Out: the words for it, the same in every kind of report. */
#include "base/i18n.h"
#include "base/printable.h"
#include "report/diagnosis-parts.h"
#include "report/figures.h"

/* The entries that evidence names before it says how many more there are. */
#define EVIDENCE_NAMED 4

char *
vt_diagnosis_title(const VtDiagnosisView *view)
{
    return vt_printable(view->domain ? view->domain : _("A guest"), false);
}

/* ---- what was measured ---- */

void
vt_append_sentence(GString *out, const char *format, ...)
{
    va_list arguments;

    if (out->len > 0)
        g_string_append_c(out, ' ');
    va_start(arguments, format);
    g_string_append_vprintf(out, format, arguments);
    va_end(arguments);
}

static void
append_count(GString *out, const VtDiagnosis *diagnosis)
{
    double seconds = diagnosis->measurement->seconds;
    g_autofree char *count = vt_figure_count(diagnosis->count);
    g_autofree char *length = vt_figure_number(seconds);
    g_autofree char *rate = vt_figure_number(seconds > 0 ? (double)diagnosis->count / seconds : 0);

    if (seconds > 0)
        vt_append_sentence(out, _("Exits: %s in %s s, %s a second."), count, length, rate);
    else
        vt_append_sentence(out, _("Exits: %s; how long was measured is not known."), count);
}

static void
append_time(GString *out, const VtDiagnosis *diagnosis)
{
    double seconds = diagnosis->measurement->seconds;
    g_autofree char *time = vt_figure_time(diagnosis->time_ns);
    g_autofree char *share =
        vt_figure_share(seconds > 0 ? (double)diagnosis->time_ns / 1e9 / seconds : 0);

    if (diagnosis->time_ns < 0 || diagnosis->count == 0)
        return;
    if (seconds > 0)
        vt_append_sentence(out, _("Handling them took %s, %s of one CPU's time."), time, share);
    else
        vt_append_sentence(out, _("Handling them took %s."), time);
}

char *
vt_diagnosis_summary(const VtDiagnosis *diagnosis)
{
    GString *out = g_string_new(NULL);

    append_count(out, diagnosis);
    append_time(out, diagnosis);
    if (diagnosis->sleep_ns > 0) {
        g_autofree char *sleep = vt_figure_time(diagnosis->sleep_ns);
        vt_append_sentence(
            out, _("The vCPUs slept %s, all of them together, which is no overhead."), sleep);
    }
    return g_string_free(out, FALSE);
}

static bool
has_trouble(const GPtrArray *causes)
{
    for (guint i = 0; i < causes->len; i++) {
        const VtCauseFound *found = causes->pdata[i];
        if (found->cause && found->cause->verdict == VT_VERDICT_TROUBLE)
            return true;
    }
    return false;
}

/* KVM's counters name no device: that they show no trouble says little. */
static bool
has_counters_alone(const VtMeasurement *measurement)
{
    return measurement->tables->len == 1 && vt_measurement_find(measurement, VT_EXITS_COUNTER);
}

char *
vt_diagnosis_verdict(const VtDiagnosis *diagnosis, const VtDiagnosisView *view)
{
    const VtComparison *comparison = view->comparison;

    if (diagnosis->count == 0)
        return g_strdup(_("Nothing to say: no exits were counted. A guest that runs leaves for the "
                          "host many times a second, even an idle one; was it running, and was it "
                          "the one that was measured?"));
    if (vt_diagnosis_matters(diagnosis) > 0 || (comparison && has_trouble(comparison->come)))
        return NULL;
    return g_strdup(has_counters_alone(diagnosis->measurement)
                        ? _("KVM's counters alone show nothing to mend.")
                        : _("Nothing to mend: these exits are the guest's work, or too few to "
                            "matter."));
}

/* ---- a cause ---- */

char *
vt_found_title(const VtCauseFound *found)
{
    g_autofree char *title = found->sure ? g_strdup(found->summary)
                                         : g_strdup_printf(_("It may be: %s"), found->summary);

    return vt_printable(title, false);
}

char *
vt_found_shares(const VtCauseFound *found)
{
    g_autofree char *count = vt_figure_count(found->count);
    g_autofree char *count_share = vt_figure_share(found->count_share);
    g_autofree char *time = vt_figure_time(found->time_ns);
    g_autofree char *time_share = vt_figure_share(found->time_share);

    if (vt_found_tone(found) == VT_TONE_SLEEP && found->time_ns >= 0)
        return g_strdup_printf(_("%s of all exits (%s), asleep for %s"), count_share, count, time);
    if (found->time_share < 0 || found->time_ns < 0)
        return g_strdup_printf(_("%s of all exits (%s)"), count_share, count);
    return g_strdup_printf(_("%s of all exits (%s), %s of the handling time (%s)"), count_share,
                           count, time_share, time);
}

static void
append_evidence(GString *out, const VtEvidence *evidence)
{
    g_autofree char *label = vt_exit_count_label(evidence->entry);
    g_autofree char *count = vt_figure_count(evidence->count);

    g_string_append_printf(out, "%s%s %s", out->len > 0 ? ", " : "", label, count);
    if (evidence->region)
        g_string_append_printf(out, " (%s)", evidence->region);
}

char *
vt_found_evidence(const VtCauseFound *found)
{
    g_autoptr(GString) out = g_string_new(NULL);
    guint named = MIN(found->evidence->len, EVIDENCE_NAMED);

    if (named == 0)
        return NULL;
    for (guint i = 0; i < named; i++)
        append_evidence(out, found->evidence->pdata[i]);
    if (found->evidence->len > named)
        g_string_append_printf(out, _(" and %u more"), found->evidence->len - named);
    return vt_printable(out->str, false);
}

char *
vt_found_others(const VtCauseFound *found)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 0; i < found->others->len; i++) {
        const VtCause *other = found->others->pdata[i];
        g_string_append_printf(out, "%s%s", i > 0 ? _("; ") : "", _(other->summary));
    }
    return out->len > 0 ? vt_printable(out->str, false) : NULL;
}

/* The first kind of table that would show the cause for sure and is not there. */
static bool
find_telling_kind(const VtDiagnosis *diagnosis, const VtCause *cause, VtExitKind *ret_kind)
{
    for (guint i = 0; cause && i < cause->signs->len; i++) {
        const VtSign *sign = cause->signs->pdata[i];
        if (!sign->sure || sign->region || sign->kind == VT_EXITS_COUNTER ||
            vt_measurement_find(diagnosis->measurement, sign->kind))
            continue;
        *ret_kind = sign->kind;
        return true;
    }
    return false;
}

char *
vt_found_test(const VtDiagnosis *diagnosis, const VtCauseFound *found)
{
    VtExitKind kind;

    if (found->sure || !find_telling_kind(diagnosis, found->cause, &kind))
        return NULL;
    return g_strdup_printf("perf kvm stat report --event=%s", vt_exit_kind_to_string(kind));
}

/* ---- cures ---- */

static const char *
standing_words(VtCureState state)
{
    switch (state) {
    case VT_CURE_NO_DOMAIN:
        return NULL;
    case VT_CURE_IN_PLACE:
        return _("in place");
    case VT_CURE_WAITS:
        return _("stored, and waits for a cold boot");
    case VT_CURE_MISSING:
        return _("missing");
    case VT_CURE_BY_HAND:
        return _("by hand");
    case VT_CURE_WITHHELD:
        return _("withheld");
    }
    return NULL;
}

const char *
vt_cure_words(const VtCure *cure)
{
    return cure->summary ? standing_words(cure->state) : _("no such rule is known here");
}

char *
vt_cure_text(const VtCure *cure)
{
    const char *words = vt_cure_words(cure);
    g_autofree char *standing =
        words && cure->why ? g_strdup_printf(_("%s: %s"), words, cure->why) : g_strdup(words);
    g_autofree char *name =
        standing ? g_strdup_printf(_("%s (%s)"), cure->rule, standing) : g_strdup(cure->rule);
    g_autofree char *text =
        cure->summary ? g_strdup_printf(_("%s: %s"), name, cure->summary) : g_strdup(name);

    return vt_printable(text, false);
}

/* ---- what to do about all of it ---- */

static bool
has_cure(const VtCauseFound *found, VtCureState state)
{
    for (guint i = 0; i < found->cures->len; i++) {
        const VtCure *cure = found->cures->pdata[i];
        if (cure->state == state)
            return true;
    }
    return false;
}

/* Whether something that a report tells at length has such a cure. */
static bool
wants_cure(const VtDiagnosis *diagnosis, const VtDiagnosisView *view, VtCureState state)
{
    const GPtrArray *come = view->comparison ? view->comparison->come : NULL;

    for (guint i = 0; i < vt_diagnosis_matters(diagnosis); i++) {
        if (has_cure(diagnosis->causes->pdata[i], state))
            return true;
    }
    for (guint i = 0; come && i < come->len; i++) {
        if (has_cure(come->pdata[i], state))
            return true;
    }
    return false;
}

const char *
vt_diagnosis_action(const VtDiagnosis *diagnosis, const VtDiagnosisView *view,
                    const char **ret_command)
{
    *ret_command = NULL;
    if (view->apply && wants_cure(diagnosis, view, VT_CURE_MISSING)) {
        *ret_command = view->apply;
        return _("To set what is missing:");
    }
    if (wants_cure(diagnosis, view, VT_CURE_NO_DOMAIN)) {
        *ret_command = "vmtune diagnose DOMAIN FILE...";
        return _("To see which of these rules a domain keeps, name it beside the files:");
    }
    return NULL;
}
