/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmtune diagnose: from the exits of a guest to what causes them, and to what ends that. */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/printable.h"
#include "cmd/measure.h"
#include "cmd/terminal.h"
#include "diagnose/diagnosis.h"
#include "diagnose/memory-map.h"
#include "diagnose/text.h"
#include "report/diagnosis-json.h"

/* A trace of a busy guest is long. */
#define TEXT_MAX_BYTES (G_GUINT64_CONSTANT(1) << 30)

typedef struct {
    const VtOptions *options;
    VtTextStyle style;
    VtCauseDatabase *causes;
    VtRuleDatabase *rules;
    VtMeasurement *measurement;
    bool measured;      /* there were texts */
    const char *domain; /* (nullable): the argument that means it */
    char *xml;          /* (nullable): of @domain, where it is a file */
    gsize xml_length;
} Work;

static void
work_clear(Work *work)
{
    g_free(work->xml);
    vt_measurement_free(work->measurement);
    vt_rule_database_free(work->rules);
    vt_cause_database_free(work->causes);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

/* ---- what is given ---- */

static bool
take_domain(Work *work, const char *argument, GError **error)
{
    if (work->domain) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("'%s' and '%s' are two domains; a diagnosis is of one"), work->domain,
                    argument);
        return false;
    }
    work->domain = argument;
    return true;
}

static bool
is_xml(const char *bytes, gsize length)
{
    while (length > 0 && g_ascii_isspace(*bytes)) {
        bytes++;
        length--;
    }
    return length > 0 && *bytes == '<';
}

/* A file says itself whether it is a domain or a measurement. */
static bool
take_file(Work *work, const char *path, GError **error)
{
    gsize length;
    g_autofree char *bytes = vt_read_argument(path, TEXT_MAX_BYTES, &length, error);

    if (!bytes)
        return false;
    if (is_xml(bytes, length)) {
        work->xml = g_steal_pointer(&bytes);
        work->xml_length = length;
        return take_domain(work, path, error);
    }
    work->measured = true;
    return vt_measurement_read_text(work->measurement, bytes, length, path, error);
}

static bool
take_arguments(Work *work, GError **error)
{
    char **arguments = work->options->arguments;

    for (; arguments && *arguments; arguments++) {
        if (vt_is_file_argument(*arguments) ? !take_file(work, *arguments, error)
                                            : !take_domain(work, *arguments, error))
            return false;
    }
    if (work->domain || work->measured)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                _("name a running domain to measure, or files with what 'perf kvm stat report' "
                  "printed"));
    return false;
}

/* ---- what comes of it ---- */

/* The command that sets what is missing. */
static char *
apply_command(const VtSubject *subject)
{
    g_autofree char *name = vt_shell_name(subject->name);

    return g_strdup_printf(subject->domain ? "vmtune apply %s" : "vmtune tune %s", name);
}

/* Into the file that an option names, or to standard output. */
static int
write_document(const char *path, const char *text)
{
    g_autoptr(GError) error = NULL;

    if (strcmp(path, "-") == 0)
        return vt_print(text);
    return vt_write_output(path, text, 0666, &error) ? VT_EXIT_NOTHING : vt_complain(error);
}

static int
write_drawings(const VtOptions *options, const VtDiagnosis *diagnosis, const VtDiagnosisView *view)
{
    g_autofree char *svg = options->svg ? vt_diagnosis_to_svg(diagnosis, view) : NULL;
    g_autofree char *html = options->html ? vt_diagnosis_to_html(diagnosis, view) : NULL;
    int status = svg ? write_document(options->svg, svg) : VT_EXIT_NOTHING;

    return html ? vt_worst(status, write_document(options->html, html)) : status;
}

static int
show(const Work *work, const VtDiagnosis *diagnosis, const VtSubject *subject)
{
    const VtOptions *options = work->options;
    g_autofree char *apply = subject ? apply_command(subject) : NULL;
    const VtDiagnosisView view = {
        .domain = subject ? subject->name : NULL, .apply = apply, .verbose = options->verbose};
    g_autofree char *text = options->json ? vt_diagnosis_to_json(diagnosis, &view)
                                          : vt_diagnosis_to_text(diagnosis, &view, &work->style);
    bool drawn = g_strcmp0(options->svg, "-") == 0 || g_strcmp0(options->html, "-") == 0;
    int status = vt_diagnosis_has_trouble(diagnosis) ? VT_EXIT_FOUND : VT_EXIT_NOTHING;

    status = vt_worst(status, write_drawings(options, diagnosis, &view));
    return drawn ? status : vt_worst(status, vt_print(text));
}

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
    const VtTuneResult *stored = subject ? subject->result : NULL;
    const VtTuneResult *result = running ? running->result : stored;
    VtDiagnoseInput input = {.causes = work->causes, .rules = work->rules};
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
    if (result) {
        input.facts = result->facts;
        input.plan = result->plan;
        input.stored = running ? stored->plan : NULL;
    }
    if (work->options->seconds > 0 && work->measurement->seconds <= 0)
        work->measurement->seconds = work->options->seconds;
    vt_measurement_settle(work->measurement);
    diagnosis = vt_diagnose(work->measurement, &input);
    return show(work, diagnosis, subject);
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

static int
diagnose_subject(const VtSubject *subject, const VtOptions *options, gpointer data)
{
    Work *work = data;
    g_autoptr(VtJudged) running = NULL;
    g_autoptr(GError) error = NULL;

    if (!judge_running(subject, options, &running, &error) ||
        (!work->measured && !vt_measure(subject, options, work->measurement, &error)))
        return vt_complain(error);
    return diagnose(work, subject, running);
}

/* As `check` has it, so that what it says of a rule is true here. */
static int
judge_and_diagnose(Work *work)
{
    VtOptions one = *work->options;
    char *name[] = {(char *)work->domain, NULL};

    one.arguments = name;
    return work->xml ? vt_given_subject(&one, work->domain, work->xml, work->xml_length,
                                        diagnose_subject, work)
                     : vt_each_subject(&one, diagnose_subject, work);
}

static bool
check_options(const VtOptions *options, GError **error)
{
    if (options->width < 0)
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("--width takes a number of columns"));
    else if (!(options->seconds >= 0 && options->seconds <= G_MAXINT16))
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("--seconds takes a number of seconds, up to %d"), G_MAXINT16);
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
    work.measurement = vt_measurement_new();
    work.rules = vt_context_load_database(VT_RULES_ALL, &error);
    if (work.rules)
        work.causes = vt_context_load_causes(&error);
    if (!work.causes || !take_arguments(&work, &error))
        return vt_complain(error);
    return work.domain ? judge_and_diagnose(&work) : diagnose(&work, NULL, NULL);
}
