/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/status.h"

#include <string.h>

#include "base/i18n.h"
#include "base/printable.h"
#include "report/text.h"

static void
entry_free(gpointer data)
{
    VtStatusEntry *entry = data;

    g_free(entry->value);
    g_free(entry);
}

void
vt_status_free(VtStatus *status)
{
    if (!status)
        return;
    g_ptr_array_unref(status->entries);
    g_free(status);
}

const char *
vt_standing_to_string(VtStanding standing)
{
    static const char *const words[] = {
        [VT_STANDING_RUNS] = "runs",         [VT_STANDING_COLD_BOOT] = "cold-boot",
        [VT_STANDING_HELD] = "held",         [VT_STANDING_NOT_STORED] = "not-stored",
        [VT_STANDING_BY_OWNER] = "by-owner",
    };

    return words[standing];
}

/* ---- finding out ---- */

static void
add(VtStatus *status, VtStanding standing, const char *rule, const char *instance, const char *path,
    char *value)
{
    VtStatusEntry *entry = g_new0(VtStatusEntry, 1);

    entry->standing = standing;
    entry->rule = rule;
    entry->instance = instance;
    entry->path = path;
    entry->value = value;
    g_ptr_array_add(status->entries, entry);
}

static const VtDecision *
find_decision(const VtPlan *plan, const VtDecision *like)
{
    for (guint i = 0; i < plan->decisions->len; i++) {
        const VtDecision *decision = plan->decisions->pdata[i];
        if (decision->rule == like->rule && g_strcmp0(decision->instance, like->instance) == 0)
            return decision;
    }
    return NULL;
}

static void
add_changes(VtStatus *status, VtStanding standing, const VtDecision *decision,
            const VtDocument *stored)
{
    for (guint i = 0; i < vt_count(decision->changes); i++) {
        const VtChange *change = decision->changes->pdata[i];
        /* what is stored counts, which may be another value than would be chosen today */
        char *value = stored ? vt_place_get(change->place, vt_document_root(stored))
                             : g_strdup(change->after);
        add(status, standing, change->rule, decision->instance, change->place->text, value);
    }
}

static void
compare(VtStatus *status, const VtStatusView *stored, const VtStatusView *other)
{
    const VtPlan *plan = stored->result->plan;
    VtStanding waits = status->active ? VT_STANDING_COLD_BOOT : VT_STANDING_HELD;

    for (guint i = 0; i < plan->decisions->len; i++) {
        const VtDecision *decision = plan->decisions->pdata[i];
        const VtDecision *there = other ? find_decision(other->result->plan, decision) : NULL;

        if (decision->outcome == VT_OUTCOME_CHANGE && status->persistent)
            add_changes(status, VT_STANDING_NOT_STORED, decision, NULL);
        if (!vt_decision_is_in_force(decision))
            continue;
        if (status->active && vt_decision_is_in_force(there))
            add(status, VT_STANDING_RUNS, decision->rule->id, decision->instance, NULL, NULL);
        else if (there && there->outcome == VT_OUTCOME_CHANGE)
            add_changes(status, waits, there, stored->document);
    }
}

static void
add_advice(VtStatus *status, const VtPlan *plan)
{
    for (guint i = 0; i < plan->findings->len; i++) {
        const VtFinding *finding = plan->findings->pdata[i];
        if (finding->level == VT_LEVEL_ADVICE)
            add(status, VT_STANDING_BY_OWNER, finding->rule, NULL, finding->path,
                g_strdup(finding->message));
    }
}

static gint
by_standing(gconstpointer a, gconstpointer b)
{
    const VtStatusEntry *one = *(VtStatusEntry *const *)a, *other = *(VtStatusEntry *const *)b;
    int rules = strcmp(one->rule, other->rule);

    if (one->standing != other->standing)
        return one->standing < other->standing ? -1 : 1;
    if (rules == 0)
        rules = g_strcmp0(one->instance, other->instance);
    return rules != 0 ? rules : g_strcmp0(one->path, other->path);
}

VtStatus *
vt_status_new(const VtStatus *head, const VtStatusView *stored, const VtStatusView *other)
{
    VtStatus *status = g_new(VtStatus, 1);

    *status = *head;
    status->entries = g_ptr_array_new_with_free_func(entry_free);
    if (!stored->result->left_off) {
        compare(status, stored, other);
        add_advice(status, stored->result->plan);
    }
    g_ptr_array_sort(status->entries, by_standing);
    return status;
}

bool
vt_status_waits(const VtStatus *status)
{
    for (guint i = 0; i < status->entries->len; i++) {
        const VtStatusEntry *entry = status->entries->pdata[i];
        if (entry->standing != VT_STANDING_RUNS && entry->standing != VT_STANDING_BY_OWNER)
            return true;
    }
    return false;
}

/* ---- telling ---- */

static char *
heading(const VtStatus *status, VtStanding standing)
{
    g_autofree char *quoted = vt_shell_name(status->name);

    switch (standing) {
    case VT_STANDING_RUNS:
        return g_strdup(_("runs already:"));
    case VT_STANDING_COLD_BOOT:
        return g_strdup(_("waits for a cold boot, that is, a shutdown and a start:"));
    case VT_STANDING_HELD:
        return g_strdup(_("held back: a start wakes the guest from its managed save, which has a "
                          "definition of its own:"));
    case VT_STANDING_NOT_STORED:
        if (status->managed_by)
            return g_strdup_printf(_("not stored, the definition belongs to '%s':"),
                                   status->managed_by);
        return g_strdup_printf(_("not stored yet, 'vmtune apply %s' does it:"), quoted);
    case VT_STANDING_BY_OWNER:
        return g_strdup(_("left to the guest's owner:"));
    }
    return NULL;
}

/* Of what runs the rules are enough. */
static void
append_runs(GString *out, const VtStatus *status)
{
    g_autoptr(GString) rules = g_string_new(NULL);

    for (guint i = 0; i < status->entries->len; i++) {
        const VtStatusEntry *entry = status->entries->pdata[i];
        if (entry->standing == VT_STANDING_RUNS)
            g_string_append_printf(rules, "%s%s%s%s", rules->len > 0 ? ", " : "", entry->rule,
                                   entry->instance ? " " : "",
                                   entry->instance ? entry->instance : "");
    }
    vt_report_append_wrapped(out, "      ", rules->str, 90);
}

static void
append_entry(GString *out, const VtStatusEntry *entry)
{
    if (entry->standing == VT_STANDING_BY_OWNER) {
        g_string_append_printf(out, "      %s\n", entry->rule);
        vt_report_append_wrapped(out, "          ", entry->value, 86);
    } else {
        vt_report_append_line(out, "      %s  %s%s%s", entry->rule, entry->path,
                              entry->value && *entry->value ? ": " : "",
                              entry->value ? entry->value : "");
    }
}

static void
append_standing(GString *out, const VtStatus *status, VtStanding standing)
{
    g_autofree char *title = heading(status, standing);
    bool titled = false;

    for (guint i = 0; i < status->entries->len; i++) {
        const VtStatusEntry *entry = status->entries->pdata[i];
        if (entry->standing != standing)
            continue;
        if (!titled)
            vt_report_append_wrapped(out, "  ", title, 94);
        if (!titled && standing == VT_STANDING_RUNS)
            append_runs(out, status);
        if (standing != VT_STANDING_RUNS)
            append_entry(out, entry);
        titled = true;
    }
}

static const char *
state_word(const VtStatus *status)
{
    if (status->active)
        return status->persistent ? _("running") : _("running, transient: nothing can be stored");
    return status->saved ? _("shut off, with a managed save") : _("shut off");
}

char *
vt_report_status(const VtStatus *status)
{
    GString *out = g_string_new(NULL);

    vt_report_append_line(out, "%s: %s", status->name, state_word(status));
    for (int standing = VT_STANDING_RUNS; standing <= VT_STANDING_BY_OWNER; standing++) {
        append_standing(out, status, (VtStanding)standing);
        if (standing == VT_STANDING_HELD && status->saved) {
            g_autofree char *hint = g_strdup_printf(
                _("'virsh managedsave-remove %s' drops the managed save, and with it all that the "
                  "guest had in memory"),
                status->name);
            vt_report_append_wrapped(out, "  ", hint, 94);
        }
    }
    if (*status->snapshots) {
        g_autofree char *names = g_strjoinv(", ", (char **)status->snapshots);
        g_autofree char *text = g_strdup_printf(
            _("snapshots with memory, each with a definition of its own that comes back with it: "
              "%s"),
            names);
        vt_report_append_wrapped(out, "  ", text, 94);
    }
    if (!vt_status_waits(status))
        g_string_append_printf(out, "  %s\n", _("nothing waits"));
    return g_string_free(out, FALSE);
}
