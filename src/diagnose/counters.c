/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose/counters.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"

#define PREFIX "vcpu."
#define SUFFIX ".sum"

/* The vCPU and the counter in "vcpu.0.exits.sum". What ends in ".cur" or ".max" is a state. */
static bool
split(const char *field, guint64 *ret_vcpu, char **ret_counter)
{
    char *rest;

    if (!g_str_has_prefix(field, PREFIX) || !g_str_has_suffix(field, SUFFIX))
        return false;
    *ret_vcpu = g_ascii_strtoull(field + strlen(PREFIX), &rest, 10);
    if (rest == field + strlen(PREFIX) || *rest != '.' || strlen(rest) <= strlen(SUFFIX) + 1)
        return false;
    *ret_counter = g_strndup(rest + 1, strlen(rest) - 1 - strlen(SUFFIX));
    return true;
}

bool
vt_counters_are_told(GHashTable *statistics)
{
    GHashTableIter iter;
    gpointer field;

    g_hash_table_iter_init(&iter, statistics);
    while (g_hash_table_iter_next(&iter, &field, NULL)) {
        g_autofree char *counter = NULL;
        guint64 vcpu;
        if (split(field, &vcpu, &counter) && strcmp(counter, "exits") == 0)
            return true;
    }
    return false;
}

/* The vCPUs that are in @one and not in @other. */
static void
find_missing(GHashTable *one, GHashTable *other, GHashTable *missing)
{
    GHashTableIter iter;
    gpointer field;

    g_hash_table_iter_init(&iter, one);
    while (g_hash_table_iter_next(&iter, &field, NULL)) {
        g_autofree char *counter = NULL;
        guint64 vcpu;
        if (split(field, &vcpu, &counter) && !g_hash_table_contains(other, field))
            g_hash_table_add(missing, g_memdup2(&vcpu, sizeof(vcpu)));
    }
}

static gint
compare_numbers(gconstpointer a, gconstpointer b)
{
    const guint64 *one = a, *other = b;

    return (*one > *other) - (*one < *other);
}

static void
tell_missing(VtMeasurement *measurement, GHashTable *missing)
{
    g_autoptr(GList) vcpus = g_list_sort(g_hash_table_get_keys(missing), compare_numbers);

    for (GList *vcpu = vcpus; vcpu; vcpu = vcpu->next)
        g_ptr_array_add(measurement->lost,
                        g_strdup_printf(_("vCPU %" PRIu64 " came or went while it was "
                                          "measured, and is not counted"),
                                        *(guint64 *)vcpu->data));
}

static bool
count_one(VtExitTable *table, guint64 vcpu, const char *counter, guint64 before, guint64 after,
          GError **error)
{
    if (after < before)
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("counter '%s' of vCPU %" PRIu64 " went back from %" PRIu64 " to %" PRIu64
                      ": the guest was started anew while it was measured; measure again"),
                    counter, vcpu, before, after);
    else if (!vt_exit_table_count(table, counter, 0, VT_ACCESS_NONE, after - before,
                                  VT_TIME_UNKNOWN, VT_TIME_UNKNOWN))
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("the counters '%s' of the vCPUs are too large to be added up"), counter);
    else
        return true;
    return false;
}

bool
vt_measurement_read_counters(VtMeasurement *measurement, GHashTable *before, GHashTable *after,
                             const char *origin, GError **error)
{
    VtExitTable *table = vt_measurement_add(measurement, VT_EXITS_COUNTER, origin, error);
    g_autoptr(GHashTable) missing =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    GHashTableIter iter;
    gpointer field, value;

    if (!table)
        return false;
    find_missing(before, after, missing);
    find_missing(after, before, missing);
    tell_missing(measurement, missing);
    g_hash_table_iter_init(&iter, before);
    while (g_hash_table_iter_next(&iter, &field, &value)) {
        g_autofree char *counter = NULL;
        guint64 vcpu;
        if (split(field, &vcpu, &counter) && !g_hash_table_contains(missing, &vcpu) &&
            !count_one(table, vcpu, counter, *(guint64 *)value,
                       *(guint64 *)g_hash_table_lookup(after, field), error))
            return false;
    }
    return true;
}
