/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose/measurement.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/words.h"

static const char *const kinds[] = {
    [VT_EXITS_BY_REASON] = "vmexit", [VT_EXITS_BY_PORT] = "ioport",  [VT_EXITS_BY_MMIO] = "mmio",
    [VT_EXITS_BY_MSR] = "msr",       [VT_EXITS_COUNTER] = "counter",
};

static void
count_free(VtExitCount *count)
{
    g_free(count->name);
    g_free(count);
}

static guint
hash_count(gconstpointer key)
{
    const VtExitCount *count = key;

    guint64 address = count->address * VT_ACCESSES + count->access;

    return (count->name ? g_str_hash(count->name) : 0) ^ g_int64_hash(&address);
}

static gboolean
same_count(gconstpointer a, gconstpointer b)
{
    const VtExitCount *one = a, *other = b;

    return one->address == other->address && one->access == other->access &&
           g_strcmp0(one->name, other->name) == 0;
}

static void
table_free(VtExitTable *table)
{
    g_free(table->origin);
    g_hash_table_unref(table->index);
    g_ptr_array_unref(table->counts);
    g_free(table);
}

VtMeasurement *
vt_measurement_new(void)
{
    VtMeasurement *measurement = g_new0(VtMeasurement, 1);

    measurement->tables = g_ptr_array_new_with_free_func((GDestroyNotify)table_free);
    measurement->lost = g_ptr_array_new_with_free_func(g_free);
    return measurement;
}

void
vt_measurement_free(VtMeasurement *measurement)
{
    if (!measurement)
        return;
    g_ptr_array_unref(measurement->tables);
    g_ptr_array_unref(measurement->lost);
    g_free(measurement);
}

const VtExitTable *
vt_measurement_find(const VtMeasurement *measurement, VtExitKind kind)
{
    for (guint i = 0; i < measurement->tables->len; i++) {
        const VtExitTable *table = measurement->tables->pdata[i];
        if (table->kind == kind)
            return table;
    }
    return NULL;
}

VtExitTable *
vt_measurement_add(VtMeasurement *measurement, VtExitKind kind, const char *origin, GError **error)
{
    VtExitTable *table = (VtExitTable *)vt_measurement_find(measurement, kind);

    if (table && strcmp(table->origin, origin) != 0) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("%s: there is a table of '%s' in %s already, and one diagnosis takes one of "
                      "each; 'vmtune diagnose --compare' holds two measurements side by side"),
                    origin, vt_exit_kind_to_string(kind), table->origin);
        return NULL;
    }
    if (table)
        return table;
    table = g_new0(VtExitTable, 1);
    table->kind = kind;
    table->origin = g_strdup(origin);
    table->counts = g_ptr_array_new_with_free_func((GDestroyNotify)count_free);
    table->index = g_hash_table_new(hash_count, same_count);
    g_ptr_array_add(measurement->tables, table);
    return table;
}

static bool
add_time(gint64 *sum, gint64 time)
{
    if (*sum >= 0 && time > G_MAXINT64 - *sum)
        return false;
    *sum = *sum < 0 || time < 0 ? VT_TIME_UNKNOWN : *sum + time;
    return true;
}

static VtExitCount *
find_or_make(VtExitTable *table, const char *name, guint64 address, VtExitAccess access)
{
    const VtExitCount wanted = {.name = (char *)name, .address = address, .access = access};
    VtExitCount *entry = g_hash_table_lookup(table->index, &wanted);

    if (entry)
        return entry;
    entry = g_new0(VtExitCount, 1);
    entry->name = g_strdup(name);
    entry->address = address;
    entry->access = access;
    entry->max_ns = VT_TIME_UNKNOWN;
    g_ptr_array_add(table->counts, entry);
    g_hash_table_add(table->index, entry);
    return entry;
}

const VtExitCount *
vt_exit_table_count(VtExitTable *table, const char *name, guint64 address, VtExitAccess access,
                    guint64 count, gint64 time_ns, gint64 max_ns)
{
    VtExitCount *entry;

    /* what fits the table's sums fits an entry's */
    if (!g_uint64_checked_add(&table->count, table->count, count))
        return NULL;
    if (!add_time(&table->time_ns, time_ns)) {
        table->count -= count;
        return NULL;
    }
    entry = find_or_make(table, name, address, access);
    entry->count += count;
    entry->time_ns = entry->time_ns < 0 || time_ns < 0 ? VT_TIME_UNKNOWN : entry->time_ns + time_ns;
    entry->max_ns = MAX(entry->max_ns, max_ns);
    return entry;
}

void
vt_exit_table_forget_times(VtExitTable *table)
{
    for (guint i = 0; i < table->counts->len; i++) {
        VtExitCount *entry = table->counts->pdata[i];
        entry->time_ns = entry->max_ns = VT_TIME_UNKNOWN;
    }
    table->time_ns = VT_TIME_UNKNOWN;
}

/* The most frequent first; a fixed order among equals. */
static int
compare_counts(gconstpointer a, gconstpointer b)
{
    const VtExitCount *one = *(const VtExitCount *const *)a;
    const VtExitCount *other = *(const VtExitCount *const *)b;

    if (one->count != other->count)
        return one->count < other->count ? 1 : -1;
    if (one->address != other->address)
        return one->address < other->address ? -1 : 1;
    if (one->access != other->access)
        return one->access < other->access ? -1 : 1;
    return g_strcmp0(one->name, other->name);
}

static int
compare_tables(gconstpointer a, gconstpointer b)
{
    const VtExitTable *one = *(const VtExitTable *const *)a;
    const VtExitTable *other = *(const VtExitTable *const *)b;

    return (int)one->kind - (int)other->kind;
}

void
vt_measurement_settle(VtMeasurement *measurement)
{
    g_ptr_array_sort(measurement->tables, compare_tables);
    for (guint i = 0; i < measurement->tables->len; i++) {
        const VtExitTable *table = measurement->tables->pdata[i];
        g_ptr_array_sort(table->counts, compare_counts);
    }
}

const VtExitCount *
vt_exit_table_find(const VtExitTable *table, const char *name)
{
    for (guint i = 0; i < table->counts->len; i++) {
        const VtExitCount *count = table->counts->pdata[i];
        if (g_strcmp0(count->name, name) == 0)
            return count;
    }
    return NULL;
}

const char *
vt_exit_kind_to_string(VtExitKind kind)
{
    return kinds[kind];
}

bool
vt_exit_kind_from_string(const char *word, VtExitKind *ret_kind)
{
    int found = vt_find_word(kinds, G_N_ELEMENTS(kinds), word);

    if (found >= 0)
        *ret_kind = (VtExitKind)found;
    return found >= 0;
}

char *
vt_exit_count_label(const VtExitCount *count)
{
    static const char *const accesses[] = {"", " read", " write"};

    if (count->name)
        return g_strdup(count->name);
    return g_strdup_printf("0x%" G_GINT64_MODIFIER "x%s", count->address, accesses[count->access]);
}
