/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmtune diagnose: from the exits of a guest to what causes them, and to what ends that. */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/printable.h"
#include "cmd/diagnose-disks.h"
#include "cmd/diagnose-record.h"
#include "cmd/measure.h"
#include "cmd/terminal.h"
#include "cmd/wait.h"
#include "diagnose/diagnosis.h"
#include "diagnose/memory-map.h"
#include "diagnose/text.h"
#include "report/diagnosis-json.h"
#include "report/json.h"

/* A trace of a busy guest is long. */
#define TEXT_MAX_BYTES (G_GUINT64_CONSTANT(1) << 30)

typedef struct {
    const VtOptions *options;
    VtTextStyle style;
    VtCauseDatabase *causes;
    VtRuleDatabase *rules;
    VtMeasurement *measurement;
    bool measured;           /* there were texts */
    const VtDiskView *disks; /* (nullable) */
    const char *domain;      /* (nullable): the argument that means it */
    char *xml;               /* (nullable): of @domain, where it is a file */
    gsize xml_length;
    VtRecord *record; /* (nullable): the measurement is a saved one */
    VtBeside *beside; /* (nullable): of --compare */
} Work;

static void
work_clear(Work *work)
{
    g_free(work->xml);
    vt_beside_free(work->beside);
    vt_record_free(work->record);
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

/* A saved measurement has the domain in it. */
static bool
take_record(Work *work, const char *bytes, gsize length, const char *path, GError **error)
{
    if (work->measured) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("%s: a saved measurement stands alone; --compare holds it against another"),
                    path);
        return false;
    }
    work->measured = true;
    work->record = vt_record_read(bytes, length, path, work->measurement, error);
    if (!work->record || !work->record->xml)
        return work->record != NULL;
    if (!take_domain(work, work->record->name ? work->record->name : path, error))
        return false;
    work->xml = g_strdup(work->record->xml);
    work->xml_length = strlen(work->xml);
    return true;
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
        if (!take_domain(work, path, error))
            return false;
        work->xml = g_steal_pointer(&bytes);
        work->xml_length = length;
        return true;
    }
    if (vt_is_record(bytes, length) || work->record)
        return take_record(work, bytes, length, path, error);
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

/* The command that sets what is missing, unless nobody knows where the domain is. */
static char *
apply_command(const Work *work, const VtSubject *subject)
{
    g_autofree char *name = subject && !work->record ? vt_shell_name(subject->name) : NULL;

    if (!name)
        return NULL;
    return g_strdup_printf(subject->domain ? "vmtune apply %s" : "vmtune tune %s", name);
}

/* Into the file that an option names, or to standard output. */
static int
write_document(const char *path, const char *text, int mode)
{
    g_autoptr(GError) error = NULL;

    if (strcmp(path, "-") == 0)
        return vt_print(text);
    return vt_write_output(path, text, mode, &error) ? VT_EXIT_NOTHING : vt_complain(error);
}

static int
write_drawings(const VtOptions *options, const VtDiagnosis *diagnosis, const VtDiagnosisView *view)
{
    g_autofree char *svg = options->svg ? vt_diagnosis_to_svg(diagnosis, view) : NULL;
    g_autofree char *html = options->html ? vt_diagnosis_to_html(diagnosis, view) : NULL;
    int status = svg ? write_document(options->svg, svg, 0666) : VT_EXIT_NOTHING;

    return html ? vt_worst(status, write_document(options->html, html, 0666)) : status;
}

/* A domain's XML is in it, which libvirt does not show to everybody either. */
static int
save(const VtPresent *present)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text =
        present->options->save ? vt_record_present(present, &error) : g_strdup("");

    if (!text)
        return vt_complain(error);
    return *text ? write_document(present->options->save, text, 0600) : VT_EXIT_NOTHING;
}

static bool
is_stdout(const char *path)
{
    return g_strcmp0(path, "-") == 0;
}

static bool
has_trouble(const Work *work)
{
    return work->disks && work->disks->use && vt_cache_use_is_trouble(work->disks->use);
}

static int
show(const Work *work, const VtPresent *present, const VtBeside *beside, const char *difference)
{
    const VtOptions *options = work->options;
    const VtDiagnosis *diagnosis = present->diagnosis;
    g_autofree char *apply = apply_command(work, present->subject);
    const VtDiagnosisView view = {.domain = present->subject ? present->subject->name : NULL,
                                  .apply = apply,
                                  .verbose = options->verbose,
                                  .comparison = beside ? beside->comparison : NULL,
                                  .difference = difference,
                                  .disks = work->disks};
    g_autofree char *text = options->json ? vt_diagnosis_to_json(diagnosis, &view)
                                          : vt_diagnosis_to_text(diagnosis, &view, &work->style);
    bool drawn = is_stdout(options->svg) || is_stdout(options->html) || is_stdout(options->save);
    int status =
        vt_diagnosis_has_trouble(diagnosis) || has_trouble(work) ? VT_EXIT_FOUND : VT_EXIT_NOTHING;

    status = vt_worst(status, write_drawings(options, diagnosis, &view));
    return drawn ? status : vt_worst(status, vt_print(text));
}

/* Beside an earlier diagnosis, if there is one. */
static int
compare_and_show(const Work *work, const VtPresent *present)
{
    g_autoptr(VtBeside) found = work->beside ? NULL : vt_beside_find(present);
    VtBeside *beside = work->beside ? work->beside : found;
    g_autofree char *difference = NULL;
    g_autoptr(GError) error = NULL;

    if (beside && !vt_beside_compare(beside, present, &error))
        return vt_complain(error);
    if (beside && work->options->verbose) {
        difference = vt_beside_difference(beside, present, &error);
        if (!difference)
            return vt_complain(error);
    }
    return show(work, present, beside, difference);
}

/* Of a guest whose exits could not be measured. */
static int
show_disks(const Work *work, const VtSubject *subject)
{
    g_autofree char *apply = apply_command(work, subject);
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *text = NULL;
    int status = has_trouble(work) ? VT_EXIT_FOUND : VT_EXIT_NOTHING;

    if (!work->options->json) {
        text = vt_report_disks(work->disks, apply, &work->style);
        return vt_worst(status, vt_print(text));
    }
    json_builder_begin_object(builder);
    vt_json_add_string(builder, "domain", subject->name);
    vt_json_add_disks(builder, work->disks);
    json_builder_end_object(builder);
    text = vt_json_text(builder);
    return vt_worst(status, vt_print(text));
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
    VtDiagnoseInput input = {.causes = work->causes, .rules = work->rules};
    VtPresent present = {.options = work->options,
                         .subject = subject,
                         .input = &input,
                         .record = work->record,
                         .live = !work->measured};
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
    if (work->options->seconds > 0 && work->measurement->seconds <= 0)
        work->measurement->seconds = work->options->seconds;
    vt_measurement_settle(work->measurement);
    present.diagnosis = diagnosis = vt_diagnose(work->measurement, &input);
    return vt_worst(compare_and_show(work, &present), save(&present));
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

    if (!work->measured && vt_measure(subject, work->options, work->measurement, &trouble))
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
    if (work->measurement->tables->len == 0 && work->disks && !work->measured)
        return show_disks(work, subject);
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
    if (options->width >= 0)
        return vt_measure_check_seconds(options, error);
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("--width takes a number of columns"));
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
    if (work.causes && options->compare)
        work.beside = vt_beside_read(options->compare, &error);
    if (error || !take_arguments(&work, &error))
        return vt_complain(error);
    if (options->blockstats && (!work.domain || work.xml || options->host)) {
        vt_talk(_("vmtune: --blockstats watches a domain that runs here; name it"));
        return VT_EXIT_TROUBLE;
    }
    return work.domain ? judge_and_diagnose(&work) : diagnose(&work, NULL, NULL);
}
