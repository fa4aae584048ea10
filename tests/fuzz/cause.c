/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A cause file, as an administrator's fuzz/cause.xml. One that loads explains a measurement, of no
 * domain and of one, and every exit is counted once.
 */
#include "fuzz.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "diagnose/diagnosis.h"
#include "tune.h"

static char *folder, *file;
static VtDocument *domain;
static VtFacts *facts;
static VtRuleDatabase *rules;
static VtTuneResult *judged;
static VtMeasurement *measurement;

static void
count(VtExitKind kind, const char *name, guint64 address, VtExitAccess access, guint64 exits)
{
    VtExitTable *table = vt_measurement_add(measurement, kind, "fuzz", NULL);

    vt_exit_table_count(table, name, address, access, exits, (gint64)exits * 1000, 1000);
}

static void
set_up(void)
{
    g_autofree char *own = fuzz_scratch_path("causes/fuzz");
    VtTuneInput input = {0};
    g_autofree char *bytes = NULL;
    const char *const none[] = {NULL};
    gsize length;

    folder = fuzz_scratch_path("causes");
    file = g_build_filename(own, "cause.xml", NULL);
    MUST(g_mkdir_with_parents(own, 0700) == 0);
    MUST(g_file_get_contents(VT_SOURCE_ROOT "/tests/e2e/win10.xml", &bytes, &length, NULL));
    domain = vt_document_parse(bytes, length, "win10.xml", NULL);
    facts = vt_facts_new(NULL);
    rules = vt_rule_database_load(none, NULL);
    input = (VtTuneInput){.database = rules, .facts = facts};
    judged = vt_judge(domain, &input, NULL);
    MUST(judged != NULL);
    measurement = vt_measurement_new();
    count(VT_EXITS_BY_REASON, "IO_INSTRUCTION", 0, VT_ACCESS_NONE, 900);
    count(VT_EXITS_BY_REASON, "EPT_MISCONFIG", 0, VT_ACCESS_NONE, 90);
    count(VT_EXITS_BY_REASON, "HLT", 0, VT_ACCESS_NONE, 30);
    count(VT_EXITS_BY_PORT, NULL, 0x608, VT_ACCESS_READ, 500);
    count(VT_EXITS_BY_PORT, NULL, 0x70, VT_ACCESS_WRITE, 300);
    count(VT_EXITS_BY_MMIO, NULL, 0xfed000f0, VT_ACCESS_READ, 100);
    count(VT_EXITS_BY_MSR, NULL, 0x6e0, VT_ACCESS_WRITE, 100);
    vt_measurement_settle(measurement);
}

static const char *
region_at(VtExitKind kind, guint64 address, gpointer data G_GNUC_UNUSED)
{
    return kind == VT_EXITS_BY_PORT && address == 0x608 ? "acpi-tmr" : NULL;
}

static void
check_diagnosis(const VtDiagnoseInput *input)
{
    g_autoptr(VtDiagnosis) diagnosis = vt_diagnose(measurement, input);
    guint64 exits = 0;

    for (guint i = 0; i < diagnosis->causes->len; i++) {
        const VtCauseFound *found = diagnosis->causes->pdata[i];

        exits += found->count;
        MUST(found->summary && found->reason && found->evidence->len > 0);
        MUST(found->count_share >= 0 && found->count_share <= 1);
    }
    MUST(exits == diagnosis->count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *directories[] = {NULL, NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(VtCauseDatabase) causes = NULL;
    VtDiagnoseInput input = {0};

    if (!folder)
        set_up();
    directories[0] = folder;
    fuzz_write(file, data, size);
    causes = vt_cause_database_load(directories, &error);
    if (!causes) {
        fuzz_check_error(error);
        MUST(error->code == VT_ERROR_INPUT);
        MUST(g_str_has_prefix(error->message, file) && error->message[strlen(file)] == ':');
        return 0;
    }
    input.causes = causes;
    check_diagnosis(&input);
    input.facts = judged->facts;
    input.plan = judged->plan;
    input.rules = rules;
    input.regions = region_at;
    check_diagnosis(&input);
    return 0;
}
