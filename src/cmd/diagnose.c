/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmtune diagnose: from the exits of a guest to what causes them, and to what ends that. */
#include "base/error.h"
#include "base/i18n.h"
#include "cmd/diagnose-disks.h"
#include "cmd/diagnose-given.h"
#include "cmd/diagnose-show.h"
#include "cmd/measure.h"
#include "cmd/terminal.h"
#include "cmd/wait.h"
#include "diagnose/memory-map.h"

typedef struct {
    const VtOptions *options;
    VtTextStyle style;
    VtCauseDatabase *causes;
    VtRuleDatabase *rules;
    VtGiven given;
    VtBeside *beside;        /* (nullable): of --compare */
    const VtDiskView *disks; /* (nullable) */
} Work;

static void
work_clear(Work *work)
{
    vt_beside_free(work->beside);
    vt_given_clear(&work->given);
    vt_rule_database_free(work->rules);
    vt_cause_database_free(work->causes);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

static const char *
find_region(VtExitKind kind, guint64 address, gpointer data)
{
    const VtRegion *region = vt_memory_map_find(data, kind, address);

    return region ? region->name : NULL;
}

static VtMemoryMap *
ask_memory_map(const VtSubject *subject, GError **error)
{
    g_autofree char *text = NULL;

    if (!subject || !subject->domain) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("--memory-map asks the emulator of a running domain; name it"));
        return NULL;
    }
    vt_talk(_("%s: asking its emulator for '%s'; libvirt marks the domain as tainted for that, "
              "until it is shut off"),
            subject->name, VT_MEMORY_MAP_COMMAND);
    text = vt_virt_domain_monitor(subject->domain, VT_MEMORY_MAP_COMMAND, error);
    return text ? vt_memory_map_parse(text, error) : NULL;
}

/* @running: (nullable): the guest as it was measured, where that is not what @subject is */
static int
diagnose(const Work *work, const VtSubject *subject, const VtJudged *running)
{
    VtDiagnoseInput input = {.causes = work->causes, .rules = work->rules};
    VtMeasurement *measurement = work->given.measurement;
    VtPresent present = {.options = work->options,
                         .subject = subject,
                         .input = &input,
                         .record = work->given.record,
                         .live = !work->given.measured};
    g_autoptr(VtDiagnosis) diagnosis = NULL;
    g_autoptr(VtMemoryMap) map = NULL;
    g_autoptr(GError) error = NULL;

    if (work->options->memory_map) {
        map = ask_memory_map(subject, &error);
        if (!map)
            return vt_complain(error);
        input.regions = find_region;
        input.regions_data = map;
    }
    if (subject) {
        present.document = running ? running->document : subject->document;
        present.result = running ? running->result : subject->result;
        input.facts = present.result->facts;
        input.plan = present.result->plan;
        input.stored = running ? subject->result->plan : NULL;
    }
    if (work->options->seconds > 0 && measurement->seconds <= 0)
        measurement->seconds = work->options->seconds;
    vt_measurement_settle(measurement);
    present.diagnosis = diagnosis = vt_diagnose(measurement, &input);
    return vt_show_diagnosis(&present, work->beside, work->disks, &work->style);
}

/* ---- of a domain ---- */

/* The guest has the definition that it was started with, whatever is stored by now. */
static bool
judge_running(const VtSubject *subject, const VtOptions *options, VtJudged **ret_running,
              GError **error)
{
    g_autofree char *xml = NULL;

    *ret_running = NULL;
    if (!subject->session || options->host || !vt_virt_domain_is_active(subject->domain))
        return true;
    xml = vt_virt_domain_current_xml(subject->domain, error);
    if (xml)
        *ret_running = vt_session_judge(subject->session, xml, subject->name, false, error);
    return *ret_running != NULL;
}

/* Whether the disks are enough of an answer where the exits are not to be had. */
static bool
wants_disks_alone(const VtOptions *options)
{
    return options->blockstats && !options->save && !options->compare && !options->svg &&
           !options->html;
}

/* The exits, and meanwhile the disks. */
static bool
watch(const VtSubject *subject, Work *work, const VtDiskSide *disks, GError **error)
{
    const VtWait wait = {.seconds = vt_measure_seconds(work->options), .doing = subject->name};
    g_autoptr(GError) trouble = NULL;

    if (!work->given.measured &&
        vt_measure(subject, work->options, work->given.measurement, &trouble))
        return true;
    if (trouble && !(wants_disks_alone(work->options) &&
                     g_error_matches(trouble, VT_ERROR, VT_ERROR_REFUSED))) {
        g_propagate_error(error, g_steal_pointer(&trouble));
        return false;
    }
    if (trouble)
        vt_talk("vmtune: %s", trouble->message);
    return !disks || !vt_disk_side_watches(disks) || vt_wait(&wait, error);
}

static int
diagnose_subject(const VtSubject *subject, const VtOptions *options, gpointer data)
{
    Work *work = data;
    g_autoptr(VtJudged) running = NULL;
    g_autoptr(VtDiskSide) disks = NULL;
    g_autoptr(GError) error = NULL;

    if (!judge_running(subject, options, &running, &error))
        return vt_complain(error);
    if (subject->domain && !options->host)
        disks = vt_disk_side_begin(subject, running, options->blockstats);
    if (!watch(subject, work, disks, &error))
        return vt_complain(error);
    if (disks)
        work->disks = vt_disk_side_end(disks);
    if (work->given.measurement->tables->len == 0 && work->disks && !work->given.measured)
        return vt_show_disks(subject, work->disks, options, &work->style);
    return diagnose(work, subject, running);
}

/* As `check` has it, so that what it says of a rule is true here. */
static int
judge_and_diagnose(Work *work)
{
    VtOptions one = *work->options;
    char *name[] = {(char *)work->given.domain, NULL};

    one.arguments = name;
    return work->given.xml ? vt_given_subject(&one, work->given.domain, work->given.xml,
                                              work->given.xml_length, diagnose_subject, work)
                           : vt_each_subject(&one, diagnose_subject, work);
}

static bool
check_options(const VtOptions *options, GError **error)
{
    if (options->width >= 0)
        return vt_measure_check_seconds(options, error);
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("--width takes a number of columns"));
    return false;
}

/* Options that would otherwise be of no account. */
static bool
check_given(const VtGiven *given, const VtOptions *options, GError **error)
{
    bool runs = given->domain && !given->xml && !options->host;

    if (options->blockstats && !runs)
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("--blockstats watches a domain that runs here; name it"));
    else if (options->perf && given->measured)
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("--perf measures a running domain, and here is a measurement already; leave "
                      "one of them out"));
    else
        return true;
    return false;
}

int
vt_cmd_diagnose(const VtOptions *options)
{
    g_auto(Work) work = {.options = options};
    g_autoptr(GError) error = NULL;

    if (!check_options(options, &error))
        return vt_complain(error);
    work.style = vt_terminal_style(options);
    work.rules = vt_context_load_database(VT_RULES_ALL, &error);
    if (work.rules)
        work.causes = vt_context_load_causes(&error);
    if (work.causes && options->compare)
        work.beside = vt_beside_read(options->compare, &error);
    if (error || !vt_given_read(&work.given, options->arguments, &error))
        return vt_complain(error);
    if (!check_given(&work.given, options, &error))
        return vt_complain(error);
    return work.given.domain ? judge_and_diagnose(&work) : diagnose(&work, NULL, NULL);
}
