/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Diagnoses made by hand, to show. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "report/diagnosis.h"

/* Whoever shows a diagnosis must not need more of its causes than is set here. */
typedef struct {
    VtMeasurement *measurement;
    GPtrArray *known; /* VtCause* */
    VtDiagnosis diagnosis;
} Scene;

static inline void
cause_drop(gpointer data)
{
    VtCause *cause = data;

    g_free(cause->id);
    g_free(cause->summary);
    g_ptr_array_unref(cause->sources);
    g_ptr_array_unref(cause->signs);
    g_free(cause);
}

static inline void
cure_drop(gpointer data)
{
    VtCure *cure = data;

    g_free(cure->summary);
    g_free(cure->why);
    g_free(cure);
}

static inline void
command_drop(gpointer data)
{
    VtCommand *command = data;

    g_free(command->command);
    g_free(command->effect);
    g_free(command);
}

static inline void
evidence_drop(gpointer data)
{
    VtEvidence *evidence = data;

    g_free(evidence->region);
    g_free(evidence);
}

static inline void
found_drop(gpointer data)
{
    VtCauseFound *found = data;

    g_ptr_array_unref(found->evidence);
    g_ptr_array_unref(found->others);
    g_ptr_array_unref(found->cures);
    g_ptr_array_unref(found->commands);
    g_free(found->summary);
    g_free(found->device);
    g_free(found->reason);
    g_free(found->note);
    g_free(found);
}

/* Nothing measured yet, no time known. */
static inline Scene *
scene_new(double seconds)
{
    Scene *scene = g_new0(Scene, 1);

    scene->measurement = vt_measurement_new();
    scene->measurement->seconds = seconds;
    scene->known = g_ptr_array_new_with_free_func(cause_drop);
    scene->diagnosis = (VtDiagnosis){
        .measurement = scene->measurement,
        .time_ns = VT_TIME_UNKNOWN,
        .sleep_ns = VT_TIME_UNKNOWN,
        .causes = g_ptr_array_new_with_free_func(found_drop),
        .remarks = g_ptr_array_new_with_free_func(g_free),
    };
    return scene;
}

static inline void
scene_free(Scene *scene)
{
    g_ptr_array_unref(scene->diagnosis.causes);
    g_ptr_array_unref(scene->diagnosis.remarks);
    g_ptr_array_unref(scene->known);
    vt_measurement_free(scene->measurement);
    g_free(scene);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scene, scene_free)

static inline void
measure(Scene *scene, VtExitKind kind, const char *name, guint64 address, VtExitAccess access,
        guint64 count, gint64 time_ns)
{
    VtExitTable *table = vt_measurement_add(scene->measurement, kind, "test", NULL);

    vt_exit_table_count(table, name, address, access, count, time_ns, VT_TIME_UNKNOWN);
}

static inline void
measure_reason(Scene *scene, const char *name, guint64 count, gint64 time_ns)
{
    measure(scene, VT_EXITS_BY_REASON, name, 0, VT_ACCESS_NONE, count, time_ns);
}

/* A cause that was found, without evidence yet. */
static inline VtCauseFound *
find_cause(Scene *scene, VtVerdict verdict, const char *summary)
{
    VtCause *cause = g_new0(VtCause, 1);
    VtCauseFound *found = g_new0(VtCauseFound, 1);

    cause->id = g_strdup(summary); /* two of one id are one */
    cause->verdict = verdict;
    cause->summary = g_strdup(summary);
    cause->sources = g_ptr_array_new();
    cause->signs = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(scene->known, cause);
    found->cause = cause;
    found->sure = true;
    found->summary = g_strdup(summary);
    found->evidence = g_ptr_array_new_with_free_func(evidence_drop);
    found->others = g_ptr_array_new();
    found->cures = g_ptr_array_new_with_free_func(cure_drop);
    found->commands = g_ptr_array_new_with_free_func(command_drop);
    g_ptr_array_add(scene->diagnosis.causes, found);
    return found;
}

static inline const VtExitCount *
find_entry(const Scene *scene, VtExitKind kind, const char *label)
{
    const VtExitTable *table = vt_measurement_find(scene->measurement, kind);

    for (guint i = 0; table && i < table->counts->len; i++) {
        g_autofree char *other = vt_exit_count_label(table->counts->pdata[i]);
        if (strcmp(other, label) == 0)
            return table->counts->pdata[i];
    }
    fail_msg("no entry '%s'", label);
    return NULL;
}

/* All that was measured of an entry; @time_ns: what of it counts. */
static inline void
add_evidence(Scene *scene, VtCauseFound *found, VtExitKind kind, const char *label, gint64 time_ns)
{
    VtEvidence *evidence = g_new0(VtEvidence, 1);

    evidence->entry = find_entry(scene, kind, label);
    evidence->kind = kind;
    evidence->count = evidence->entry->count;
    evidence->time_ns = time_ns;
    g_ptr_array_add(found->evidence, evidence);
    found->count += evidence->count;
    found->time_ns = found->time_ns < 0 || time_ns < 0 ? VT_TIME_UNKNOWN : found->time_ns + time_ns;
}

static inline void
add_cure(VtCauseFound *found, const char *rule, const char *summary, VtCureState state,
         const char *why)
{
    VtCure *cure = g_new0(VtCure, 1);

    cure->rule = rule;
    cure->summary = g_strdup(summary);
    cure->state = state;
    cure->why = g_strdup(why);
    g_ptr_array_add(found->cures, cure);
}

static inline void
add_command(VtCauseFound *found, bool in_guest, const char *text, const char *effect)
{
    VtCommand *command = g_new0(VtCommand, 1);

    command->in_guest = in_guest;
    command->command = g_strdup(text);
    command->effect = g_strdup(effect);
    g_ptr_array_add(found->commands, command);
}

/* Once all causes have their evidence. */
static inline void
settle(Scene *scene)
{
    VtDiagnosis *diagnosis = &scene->diagnosis;

    vt_measurement_settle(scene->measurement);
    diagnosis->count = 0;
    diagnosis->time_ns = 0;
    diagnosis->sleep_ns = 0;
    for (guint i = 0; i < diagnosis->causes->len; i++) {
        const VtCauseFound *found = diagnosis->causes->pdata[i];
        bool asleep = found->cause && found->cause->verdict == VT_VERDICT_SLEEP;
        gint64 *sum = asleep ? &diagnosis->sleep_ns : &diagnosis->time_ns;

        diagnosis->count += found->count;
        *sum = *sum < 0 || found->time_ns < 0 ? VT_TIME_UNKNOWN : *sum + found->time_ns;
    }
    for (guint i = 0; i < diagnosis->causes->len; i++) {
        VtCauseFound *found = diagnosis->causes->pdata[i];
        bool asleep = found->cause && found->cause->verdict == VT_VERDICT_SLEEP;

        found->count_share =
            diagnosis->count > 0 ? (double)found->count / (double)diagnosis->count : 0;
        found->time_share = asleep || diagnosis->time_ns <= 0 || found->time_ns < 0
                                ? -1
                                : (double)found->time_ns / (double)diagnosis->time_ns;
    }
}

/* A Windows 10 that reads its clocks by I/O ports; figures as published by a user in 2023 (10 s,
 * 8 vCPUs). */
static inline Scene *
windows_scene(void)
{
    Scene *scene = scene_new(10);
    VtCauseFound *found;

    measure_reason(scene, "IO_INSTRUCTION", 256738, 2947012920);
    measure_reason(scene, "EXTERNAL_INTERRUPT", 37002, 203814597);
    measure_reason(scene, "EPT_VIOLATION", 25381, 42157091);
    measure_reason(scene, "EOI_INDUCED", 18709, 35850124);
    measure_reason(scene, "APIC_WRITE", 9831, 29543158);
    measure_reason(scene, "HLT", 1105, 37669450);
    measure(scene, VT_EXITS_BY_PORT, NULL, 0x608, VT_ACCESS_READ, 158788, 697291000);
    measure(scene, VT_EXITS_BY_PORT, NULL, 0x70, VT_ACCESS_WRITE, 48975, 87172700);
    measure(scene, VT_EXITS_BY_PORT, NULL, 0x71, VT_ACCESS_READ, 47791, 96528700);
    measure(scene, VT_EXITS_BY_PORT, NULL, 0x71, VT_ACCESS_WRITE, 1184, 18622000);

    found =
        find_cause(scene, VT_VERDICT_TROUBLE, "The guest reads the time from the ACPI PM timer");
    add_evidence(scene, found, VT_EXITS_BY_PORT, "0x608 read", 2284223714);
    found->device = g_strdup("ACPI PM timer");
    found->reason =
        g_strdup("Windows without a reference clock reads this timer for every look at its "
                 "performance counter, and each read is an exit to QEMU.");
    add_cure(found, "clock/hypervclock",
             "Windows reads the time from a shared page, without leaving the guest",
             VT_CURE_MISSING, NULL);
    add_command(found, true, "bcdedit /deletevalue useplatformclock",
                "lets Windows choose its clock again, from the next boot on");

    found = find_cause(scene, VT_VERDICT_TROUBLE, "The real-time clock ticks");
    add_evidence(scene, found, VT_EXITS_BY_PORT, "0x70 write", 285562000);
    add_evidence(scene, found, VT_EXITS_BY_PORT, "0x71 read", 316212000);
    add_evidence(scene, found, VT_EXITS_BY_PORT, "0x71 write", 61015206);
    found->reason = g_strdup("Windows acknowledges every periodic tick at these ports.");
    add_cure(found, "hyperv/stimer", "Synthetic timers replace the periodic tick of RTC and HPET",
             VT_CURE_WITHHELD, "hyperv/synic is switched off in the domain's metadata");
    add_cure(found, "hyperv/synic", "Synthetic interrupts", VT_CURE_IN_PLACE, NULL);

    found = find_cause(scene, VT_VERDICT_NORMAL, "Interrupts arrive for the host or the guest");
    add_evidence(scene, found, VT_EXITS_BY_REASON, "EXTERNAL_INTERRUPT", 203814597);
    found = find_cause(scene, VT_VERDICT_NORMAL, "Memory is touched for the first time");
    add_evidence(scene, found, VT_EXITS_BY_REASON, "EPT_VIOLATION", 42157091);
    found = find_cause(scene, VT_VERDICT_NORMAL, "The interrupt controller is at work");
    add_evidence(scene, found, VT_EXITS_BY_REASON, "EOI_INDUCED", 35850124);
    add_evidence(scene, found, VT_EXITS_BY_REASON, "APIC_WRITE", 29543158);
    found = find_cause(scene, VT_VERDICT_SLEEP, "A vCPU has nothing to do and sleeps");
    add_evidence(scene, found, VT_EXITS_BY_REASON, "HLT", 37669450);
    g_ptr_array_add(scene->diagnosis.remarks,
                    g_strdup("Ten seconds are one look: what happens now and then may be missed."));
    settle(scene);
    return scene;
}

/* Everything called something that nobody should be called. */
static inline Scene *
hostile_scene(void)
{
    static const char *const names[] = {
        "\033[31mRED\033[0m",
        "\xff\xfe\x01",
        "a very long name of a reason that no kernel ever had and that goes on and on for ever",
        "\xe5\xae\xa2\xe6\x88\xb7\xe6\x9c\xba\xe8\xaf\xbb\xe5\x8f\x96\xe6\x97\xb6\xe9\x97\xb4",
        "<b>&amp;\"'",
        "\xe2\x80\xaerewop",
    };
    Scene *scene = scene_new(0.5);

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        VtCauseFound *found;

        measure_reason(scene, names[i], G_MAXUINT32 >> i * 4, G_MAXINT32);
        found = find_cause(scene, i % 2 ? VT_VERDICT_NORMAL : VT_VERDICT_TROUBLE, names[i]);
        add_evidence(scene, found, VT_EXITS_BY_REASON, names[i], G_MAXINT32);
        ((VtEvidence *)found->evidence->pdata[0])->region = g_strdup(names[i]);
        found->reason = g_strdup(names[i]);
        found->note = g_strdup(names[i]);
        add_cure(found, names[i], names[i], (VtCureState)(i % 5), names[i]);
        add_command(found, i % 2, names[i], names[i]);
        g_ptr_array_add(scene->diagnosis.remarks, g_strdup(names[i]));
        g_ptr_array_add(scene->measurement->lost, g_strdup(names[i]));
    }
    settle(scene);
    return scene;
}

/* The same guest with a reference clock and synthetic timers; published with the former. */
static inline Scene *
cured_scene(void)
{
    Scene *scene = scene_new(10);
    VtCauseFound *found;

    measure_reason(scene, "EPT_VIOLATION", 92840, 369800000);
    measure_reason(scene, "EXTERNAL_INTERRUPT", 55604, 245237000);
    measure_reason(scene, "MSR_READ", 960, 9034000);
    measure_reason(scene, "TPR_BELOW_THRESHOLD", 699, 1517000);
    measure_reason(scene, "HLT", 580, 20969000);
    found = find_cause(scene, VT_VERDICT_TROUBLE, "AutoEOI has switched APICv off");
    add_evidence(scene, found, VT_EXITS_BY_REASON, "TPR_BELOW_THRESHOLD", 1517000);
    add_cure(found, "hyperv/avic", "AutoEOI is not recommended to the guest", VT_CURE_MISSING,
             NULL);
    found = find_cause(scene, VT_VERDICT_NORMAL, "Memory is touched for the first time");
    add_evidence(scene, found, VT_EXITS_BY_REASON, "EPT_VIOLATION", 369800000);
    found = find_cause(scene, VT_VERDICT_NORMAL, "Interrupts arrive for the host or the guest");
    add_evidence(scene, found, VT_EXITS_BY_REASON, "EXTERNAL_INTERRUPT", 245237000);
    found = find_cause(scene, VT_VERDICT_NORMAL, "The guest reads registers");
    add_evidence(scene, found, VT_EXITS_BY_REASON, "MSR_READ", 9034000);
    found = find_cause(scene, VT_VERDICT_SLEEP, "A vCPU has nothing to do and sleeps");
    add_evidence(scene, found, VT_EXITS_BY_REASON, "HLT", 20969000);
    settle(scene);
    return scene;
}

static inline VtComparison *
compare_scenes(const Scene *before, const Scene *after)
{
    const VtComparisonSide one = {.diagnosis = &before->diagnosis};
    const VtComparisonSide other = {.diagnosis = &after->diagnosis};

    return vt_compare(&one, &other);
}
