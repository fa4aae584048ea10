/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a diagnosis says of what it does not know. */
#include <inttypes.h>
#include <string.h>

#include "base/i18n.h"
#include "diagnose/cures.h"
#include "diagnose/diagnosis-parts.h"

/* A table that would speak for less than this of all exits is not asked for. */
#define TABLE_SHARE 0.02
/* Fewer exits than this are no ground to say anything on. */
#define FEW_EXITS 1000
/* So much of all exits being sleep, and so often, is waking each other. */
#define WAKING_SHARE 0.2
#define WAKING_PER_SECOND 1000.0
/* Asleep for so much of its time, a guest has nothing to do. */
#define IDLE_SHARE 0.8

char *
vt_diagnosis_perf_command(VtExitKind kind)
{
    return g_strdup_printf("perf kvm stat record -a sleep 10; perf kvm stat report --event=%s",
                           vt_exit_kind_to_string(kind));
}

/* ---- exits that nobody knows ---- */

static void
add_command(VtCauseFound *found, char *command, const char *effect)
{
    VtCommand *added = g_new0(VtCommand, 1);

    added->command = command;
    added->effect = g_strdup(effect);
    g_ptr_array_add(found->commands, added);
}

static void
describe_reason(VtCauseFound *found, const VtEvidence *evidence, bool told_finer)
{
    const char *name = evidence->entry->name;
    VtExitKind finer = vt_exit_finer_kind(name, evidence->kind);

    found->summary = g_strdup_printf(_("Exits of the reason %s"), name);
    if (finer == evidence->kind) {
        found->reason = g_strdup(_("No cause in the database speaks of this reason."));
    } else if (told_finer) {
        found->reason = g_strdup_printf(
            _("The table '%s' does not tell of these exits: they were handled without a trace of "
              "what they were for, or the tables were not measured together."),
            vt_exit_kind_to_string(finer));
    } else {
        found->reason = g_strdup_printf(
            _("This reason alone says nothing of what the guest is doing; the table '%s' does."),
            vt_exit_kind_to_string(finer));
        add_command(found, vt_diagnosis_perf_command(finer),
                    _("prints that table, for vmtune to read beside this one"));
    }
}

static void
describe_address(VtCauseFound *found, const VtEvidence *evidence, const VtFacts *facts)
{
    guint64 address = evidence->entry->address;

    found->device = g_strdup(evidence->region);
    found->summary = evidence->kind == VT_EXITS_BY_PORT
                         ? g_strdup_printf(_("The guest uses I/O port 0x%" PRIx64), address)
                     : evidence->kind == VT_EXITS_BY_MMIO
                         ? g_strdup_printf(_("The guest uses device memory at 0x%" PRIx64), address)
                         : g_strdup_printf(_("The guest uses the MSR 0x%" PRIx64), address);
    found->reason =
        evidence->region
            ? g_strdup_printf(_("QEMU's memory map calls what is there '%s'; no cause in the "
                                "database speaks of it."),
                              evidence->region)
            : g_strdup(_("No cause in the database speaks of this address."));
    if (!evidence->region && evidence->kind != VT_EXITS_BY_MSR)
        add_command(found, vt_command_expand("vmtune diagnose --memory-map {domain.name}", facts),
                    _("asks QEMU what is there; libvirt marks the domain as tainted for it"));
}

void
vt_diagnosis_describe_unknown(VtCauseFound *found, bool lump, bool told_finer, const VtFacts *facts)
{
    const VtEvidence *first = found->evidence->pdata[0];

    if (lump) {
        found->summary = g_strdup(_("All else"));
        found->reason = g_strdup(_("Of none of these does the database speak, and each is small."));
    } else if (first->entry->name) {
        describe_reason(found, first, told_finer);
    } else {
        describe_address(found, first, facts);
    }
}

/* ---- remarks ---- */

static void G_GNUC_PRINTF(2, 3) remark(VtDiagnosis *diagnosis, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_ptr_array_add(diagnosis->remarks, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

/* How much of all exits are of reasons that a table of @kind would speak for. */
static double
share_without(const VtDiagnosis *diagnosis, VtExitKind kind)
{
    double count = 0;

    for (guint i = 0; i < diagnosis->causes->len; i++) {
        const VtCauseFound *found = diagnosis->causes->pdata[i];

        for (guint e = 0; e < found->evidence->len; e++) {
            const VtEvidence *evidence = found->evidence->pdata[e];

            if (evidence->entry->name &&
                vt_exit_finer_kind(evidence->entry->name, evidence->kind) == kind)
                count += (double)evidence->count;
        }
    }
    return diagnosis->count > 0 ? count / (double)diagnosis->count : 0;
}

static void
remark_missing_tables(VtDiagnosis *diagnosis)
{
    static const VtExitKind finer[] = {VT_EXITS_BY_PORT, VT_EXITS_BY_MMIO, VT_EXITS_BY_MSR};

    for (gsize i = 0; i < G_N_ELEMENTS(finer); i++) {
        double share = share_without(diagnosis, finer[i]);
        g_autofree char *command = vt_diagnosis_perf_command(finer[i]);

        if (share >= TABLE_SHARE && !vt_measurement_find(diagnosis->measurement, finer[i]))
            remark(
                diagnosis,
                _("The table '%s' is missing, which would tell what %.0f%% of the exits are for: "
                  "%s"),
                vt_exit_kind_to_string(finer[i]), 100 * share, command);
    }
}

static void
remark_sleep(VtDiagnosis *diagnosis, const VtFacts *facts)
{
    double asleep, seconds = diagnosis->measurement->seconds;
    gint64 vcpus = 0;

    if (diagnosis->sleep_ns == VT_TIME_UNKNOWN)
        return;
    if (seconds <= 0 || !vt_facts_get_int(facts, "domain.vcpus", &vcpus) || vcpus <= 0)
        return;
    asleep = (double)diagnosis->sleep_ns / 1e9 / seconds / (double)vcpus;
    if (asleep >= IDLE_SHARE)
        remark(
            diagnosis,
            _("The guest slept for %.0f%% of the time: what costs an idle guest little may cost it "
              "much under load, and the other way round. Measure while it works."),
            MIN(100 * asleep, 100));
}

static void
remark_waking(VtDiagnosis *diagnosis)
{
    const VtCauseFound *last =
        diagnosis->causes->len > 0 ? diagnosis->causes->pdata[diagnosis->causes->len - 1] : NULL;
    double seconds = diagnosis->measurement->seconds;

    if (last && last->cause && last->cause->verdict == VT_VERDICT_SLEEP && seconds > 0 &&
        last->count_share >= WAKING_SHARE && (double)last->count >= WAKING_PER_SECOND * seconds)
        remark(
            diagnosis,
            _("The guest falls asleep and is woken %.0f times a second. Where its vCPUs wait for "
              "each other, polling for a moment before they sleep saves that."),
            (double)last->count / seconds);
}

static void
remark_sources(VtDiagnosis *diagnosis, const VtExitSplit *split)
{
    if (split->has_counters)
        remark(diagnosis,
               _("KVM's counters tell what kind of exits there are, but neither the device "
                 "behind them nor the time they take: 'vmtune diagnose --perf' does."));
    else if (!split->has_reasons && diagnosis->count > 0)
        remark(diagnosis,
               _("The table 'vmexit' is missing: shares are of the exits in the tables "
                 "that are there. %s"),
               "perf kvm stat record -a sleep 10; perf kvm stat report --event=vmexit");
    if (split->excess)
        remark(diagnosis,
               _("A table of ports, MMIO or MSRs has more exits than the reasons that it "
                 "explains: the tables were not measured together, and shares are rough."));
}

void
vt_diagnosis_remark(VtDiagnosis *diagnosis, const VtExitSplit *split, const VtFacts *facts)
{
    const VtMeasurement *measurement = diagnosis->measurement;

    if (diagnosis->count == 0)
        return;
    if (diagnosis->count < FEW_EXITS)
        remark(diagnosis, _("These are only %" PRIu64 " exits: too few to judge by."),
               diagnosis->count);
    if (measurement->seconds <= 0)
        remark(diagnosis,
               _("How long was measured is not known, so shares are all there is: what is "
                 "much here may be seldom. '--seconds N' tells."));
    remark_sleep(diagnosis, facts);
    remark_waking(diagnosis);
    remark_sources(diagnosis, split);
    remark_missing_tables(diagnosis);
}
