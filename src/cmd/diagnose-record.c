/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/diagnose-record.h"

#include <string.h>
#include <sys/utsname.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/printable.h"
#include "base/version.h"
#include "xml/secrets.h"

/* ---- saving ---- */

bool
vt_is_record(const char *bytes, gsize length)
{
    while (length > 0 && g_ascii_isspace(*bytes)) {
        bytes++;
        length--;
    }
    return length > 0 && *bytes == '{';
}

static char *
known_version(guint64 version)
{
    return version == 0 ? NULL : vt_version_to_string(version);
}

/* What counts the exits may count them otherwise in another version. */
static void
set_versions(VtRecord *record, const VtVirt *virt)
{
    struct utsname host;

    record->libvirt = known_version(vt_virt_libvirt_version(virt));
    record->emulator = known_version(vt_virt_emulator_version(virt));
    if (vt_virt_is_local(virt) && uname(&host) == 0)
        record->kernel = g_strdup(host.release);
}

char *
vt_record_now(const VtMeasurement *measurement, const VtVirt *virt, const char *xml,
              const char *name, GError **error)
{
    g_autoptr(VtRecord) record = vt_record_new();

    record->when_s = g_get_real_time() / G_USEC_PER_SEC;
    if (virt)
        set_versions(record, virt);
    if (xml && !vt_record_set_domain(record, xml, name, error))
        return NULL;
    return vt_record_write(record, measurement, error);
}

char *
vt_record_present(const VtPresent *present, GError **error)
{
    const VtSubject *subject = present->subject;
    const char *xml = present->document ? vt_document_bytes(present->document, NULL) : NULL;

    if (present->record) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("--save has nothing to save: the measurement is a saved one already"));
        return NULL;
    }
    return vt_record_now(present->diagnosis->measurement, subject ? subject->virt : NULL, xml,
                         subject ? subject->name : NULL, error);
}

/* ---- what there is to compare with ---- */

void
vt_beside_free(VtBeside *beside)
{
    if (!beside)
        return;
    vt_comparison_free(beside->comparison);
    vt_diagnosis_free(beside->before);
    vt_judged_free(beside->had);
    vt_record_free(beside->record);
    vt_measurement_free(beside->measurement);
    g_free(beside->file);
    g_free(beside);
}

static VtBeside *
beside_parse(const char *bytes, gsize length, const char *path, GError **error)
{
    g_autoptr(VtBeside) beside = g_new0(VtBeside, 1);

    beside->file = g_strdup(path);
    beside->measurement = vt_measurement_new();
    beside->record = vt_record_read(bytes, length, path, beside->measurement, error);
    return beside->record ? g_steal_pointer(&beside) : NULL;
}

VtBeside *
vt_beside_read(const char *path, GError **error)
{
    gsize length;
    g_autofree char *bytes = vt_read_argument(path, VT_RECORD_MAX_BYTES, &length, error);

    return bytes ? beside_parse(bytes, length, path, error) : NULL;
}

/* The domain as it ran then is judged as the one of now is; without that one it says nothing. */
static bool
judge_then(VtBeside *beside, const VtSubject *subject, GError **error)
{
    const char *xml = beside->record->xml;
    g_autofree char *name = g_strdup_printf("%s: domain.xml", beside->file);

    if (!subject || !xml || beside->had)
        return true;
    beside->had = vt_subject_judge(subject, xml, name, error);
    return beside->had != NULL;
}

/* ---- what apply kept ---- */

static void
tell_when(const char *name, gint64 when_s, VtDue due)
{
    g_autoptr(GDateTime) when = g_date_time_new_from_unix_local(when_s);
    g_autofree char *date = when ? g_date_time_format(when, "%Y-%m-%d %H:%M:%S") : g_strdup("?");
    g_autofree char *quoted = vt_shell_name(name);

    if (due == VT_DUE_NOW)
        vt_talk(_("%s: compared with how it ran on %s, before 'vmtune apply --measure'"), name,
                date);
    else
        vt_talk(_("%s: what was changed after it was measured on %s waits for a cold boot, that "
                  "is, a shutdown and a start; 'vmtune status %s' lists it, and the next "
                  "diagnosis after that compares"),
                name, date, quoted);
}

/* Returns: whether what was measured before @entry can be compared by now. */
static bool
is_due(VtBeside *beside, const VtHistoryEntry *entry, const VtPresent *present, GError **error)
{
    const VtSubject *subject = present->subject;
    VtDue due;

    if (!judge_then(beside, subject, error) || !beside->had)
        return false;
    due = vt_comparison_due((const char *const *)entry->rules, beside->had->result->plan,
                            present->result->plan, subject->result->plan);
    if (due != VT_DUE_NEVER)
        tell_when(subject->name, beside->record->when_s, due);
    return due == VT_DUE_NOW;
}

static VtBeside *
beside_from_history(const VtPresent *present, GError **error)
{
    const VtSubject *subject = present->subject;
    g_autoptr(GPtrArray) entries =
        vt_history_list(subject->session->history, vt_virt_domain_uuid(subject->domain), error);
    const VtHistoryEntry *entry = entries ? vt_history_last_measured(entries) : NULL;
    g_autoptr(VtBeside) beside = NULL;
    g_autofree char *text = NULL;
    gsize length;

    text = entry ? vt_history_measured(entry, &length, error) : NULL;
    beside = text ? beside_parse(text, length, entry->path, error) : NULL;
    return beside && is_due(beside, entry, present, error) ? g_steal_pointer(&beside) : NULL;
}

/* The history may be root's alone, or be refused: then there is only the diagnosis. */
VtBeside *
vt_beside_find(const VtPresent *present)
{
    g_autoptr(GError) error = NULL;
    VtBeside *beside;

    if (!present->live || present->options->host)
        return NULL;
    beside = beside_from_history(present, &error);
    if (error)
        g_debug("%s", error->message);
    return beside;
}

/* ---- comparing ---- */

static VtComparisonSide
side(const VtDiagnosis *diagnosis, const VtTuneResult *result, const VtRecord *record)
{
    return (VtComparisonSide){.diagnosis = diagnosis,
                              .plan = result ? result->plan : NULL,
                              .facts = result ? result->facts : NULL,
                              .when_s = record ? record->when_s : 0};
}

bool
vt_beside_compare(VtBeside *beside, const VtPresent *present, GError **error)
{
    VtDiagnoseInput input = *present->input;
    VtComparisonSide before, after;

    if (!judge_then(beside, present->subject, error))
        return false;
    input.facts = beside->had ? beside->had->result->facts : NULL;
    input.plan = beside->had ? beside->had->result->plan : NULL;
    input.stored = NULL;
    beside->before = vt_diagnose(beside->measurement, &input);
    before = side(beside->before, beside->had ? beside->had->result : NULL, beside->record);
    after = side(present->diagnosis, present->result, present->record);
    if (present->live)
        after.when_s = g_get_real_time() / G_USEC_PER_SEC;
    beside->comparison = vt_compare(&before, &after);
    return true;
}

char *
vt_beside_difference(const VtBeside *beside, const VtPresent *present, GError **error)
{
    g_autofree char *now = NULL;

    if (!beside->had || !present->document)
        return g_strdup("");
    now = vt_document_without_secrets(present->document, error);
    return now ? vt_unified_diff(_("before"), beside->record->xml, _("after"), now, error) : NULL;
}
