/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose/exits.h"

#include <string.h>

/* The reasons and counters that a finer table speaks for, in the order in which its entries are
 * taken from them: Intel's names, AMD's, KVM's counters (Linux arch/x86/include/uapi/asm/vmx.h and
 * svm.h, arch/x86/kvm/x86.c). */
static const struct {
    const char *name;
    VtExitKind finer;
    VtExitAccess access; /* VT_ACCESS_NONE: all of the table */
} coarse[] = {
    {"IO_INSTRUCTION", VT_EXITS_BY_PORT, VT_ACCESS_NONE},
    {"io", VT_EXITS_BY_PORT, VT_ACCESS_NONE},
    {"io_exits", VT_EXITS_BY_PORT, VT_ACCESS_NONE},
    {"EPT_MISCONFIG", VT_EXITS_BY_MMIO, VT_ACCESS_NONE},
    {"APIC_ACCESS", VT_EXITS_BY_MMIO, VT_ACCESS_NONE},
    {"npf", VT_EXITS_BY_MMIO, VT_ACCESS_NONE},
    {"mmio_exits", VT_EXITS_BY_MMIO, VT_ACCESS_NONE},
    {"MSR_WRITE", VT_EXITS_BY_MSR, VT_ACCESS_WRITE},
    {"MSR_READ", VT_EXITS_BY_MSR, VT_ACCESS_READ},
    {"msr", VT_EXITS_BY_MSR, VT_ACCESS_NONE},
};

/* The counter that adds up all others. */
#define TOTAL_COUNTER "exits"

/* The entries of a finer table that are read, written, or neither that anybody knows. */
typedef struct {
    guint64 count;   /* how many there are */
    guint64 untaken; /* of which no reason was found yet */
    double own_time; /* what their own table says; negative: unknown */
    double time;     /* what the reasons that they were taken from took; negative: unknown */
} Pool;

typedef struct {
    VtExitSplit *split;
    Pool pools[VT_EXIT_KINDS][VT_ACCESS_WRITE + 1];
    bool given[VT_EXIT_KINDS];
} Splitting;

void
vt_exit_split_free(VtExitSplit *split)
{
    if (!split)
        return;
    g_array_unref(split->exits);
    g_free(split);
}

VtExitKind
vt_exit_finer_kind(const char *name, VtExitKind kind)
{
    for (gsize i = 0; i < G_N_ELEMENTS(coarse); i++) {
        if (g_strcmp0(name, coarse[i].name) == 0)
            return coarse[i].finer;
    }
    return kind;
}

/* Sums of what is measured may be past what is measurable. */
static gint64
whole_ns(double time)
{
    return time < 0 ? VT_TIME_UNKNOWN : time < (double)G_MAXINT64 ? (gint64)time : G_MAXINT64;
}

static void
add(Splitting *splitting, const VtExitCount *entry, VtExitKind kind, guint64 count, double time,
    bool told_finer)
{
    const VtExits exits = {entry, kind, count, whole_ns(time), told_finer};

    if (count == 0)
        return;
    g_array_append_val(splitting->split->exits, exits);
    splitting->split->count += count;
}

static double
add_times(double a, gint64 b_ns)
{
    return a < 0 || b_ns == VT_TIME_UNKNOWN ? -1 : a + (double)b_ns;
}

static void
fill_pools(Splitting *splitting, const VtExitTable *table)
{
    splitting->given[table->kind] = true;
    for (guint i = 0; i < table->counts->len; i++) {
        const VtExitCount *entry = table->counts->pdata[i];
        Pool *pool = &splitting->pools[table->kind][entry->access];

        pool->count += entry->count;
        pool->untaken += entry->count;
        pool->own_time = add_times(pool->own_time, entry->time_ns);
    }
}

/* Takes @entry's exits out of what the finer table tells; returns how many it tells nothing of. */
static guint64
take_from_pools(Splitting *splitting, const VtExitCount *entry, VtExitKind finer,
                VtExitAccess wanted)
{
    guint64 left = entry->count;

    for (VtExitAccess access = VT_ACCESS_NONE; access <= VT_ACCESS_WRITE; access++) {
        Pool *pool = &splitting->pools[finer][access];
        guint64 taken = MIN(pool->untaken, left);

        if (taken == 0 ||
            (wanted != VT_ACCESS_NONE && access != VT_ACCESS_NONE && access != wanted))
            continue;
        pool->untaken -= taken;
        left -= taken;
        pool->time = pool->time < 0 || entry->time_ns == VT_TIME_UNKNOWN
                         ? -1
                         : pool->time + (double)entry->time_ns * taken / entry->count;
    }
    return left;
}

static void
split_reason(Splitting *splitting, const VtExitCount *entry, VtExitKind kind, VtExitKind finer,
             VtExitAccess access)
{
    guint64 left = take_from_pools(splitting, entry, finer, access);
    double time = entry->time_ns == VT_TIME_UNKNOWN || entry->count == 0
                      ? -1
                      : (double)entry->time_ns * left / entry->count;

    add(splitting, entry, kind, left, time, splitting->given[finer]);
}

static void
split_coarse(Splitting *splitting, const VtExitTable *table)
{
    for (gsize i = 0; i < G_N_ELEMENTS(coarse); i++) {
        const VtExitCount *entry = vt_exit_table_find(table, coarse[i].name);

        if (entry)
            split_reason(splitting, entry, table->kind, coarse[i].finer, coarse[i].access);
    }
}

static bool
is_coarse(const VtExitCount *entry)
{
    return vt_exit_finer_kind(entry->name, VT_EXITS_BY_REASON) != VT_EXITS_BY_REASON;
}

static void
add_reasons(Splitting *splitting, const VtExitTable *table)
{
    split_coarse(splitting, table);
    for (guint i = 0; i < table->counts->len; i++) {
        const VtExitCount *entry = table->counts->pdata[i];

        if (!is_coarse(entry))
            add(splitting, entry, table->kind, entry->count, (double)entry->time_ns, false);
    }
}

/* Many counters count other things than exits, or the same exits again. */
static bool
stands_for_exits(const VtCauseDatabase *causes, const char *counter)
{
    for (guint i = 0; i < causes->causes->len; i++) {
        const VtCause *cause = causes->causes->pdata[i];

        for (guint s = 0; s < cause->signs->len; s++) {
            const VtSign *sign = cause->signs->pdata[s];

            if (sign->kind == VT_EXITS_COUNTER && g_strcmp0(sign->name, counter) == 0)
                return true;
        }
    }
    return false;
}

/* Finer tables are in the split already: what the total has more than all is nobody's. */
static void
add_counters(Splitting *splitting, const VtExitTable *table, const VtCauseDatabase *causes)
{
    const VtExitCount *total = vt_exit_table_find(table, TOTAL_COUNTER);

    split_coarse(splitting, table);
    for (guint i = 0; i < table->counts->len; i++) {
        const VtExitCount *entry = table->counts->pdata[i];

        if (!is_coarse(entry) && entry != total && stands_for_exits(causes, entry->name))
            add(splitting, entry, table->kind, entry->count, -1, false);
    }
    if (total && total->count > splitting->split->count)
        add(splitting, total, table->kind, total->count - splitting->split->count, -1, false);
}

/* What an entry of a finer table took, by its part in what the reasons took that were told by it.
 */
static double
time_of(const Pool *pool, const VtExitCount *entry, bool has_reasons)
{
    if (!has_reasons || pool->untaken == pool->count)
        return (double)entry->time_ns;
    if (pool->time < 0)
        return -1;
    return pool->own_time > 0 ? pool->time * (double)entry->time_ns / pool->own_time
                              : pool->time * (double)entry->count / (double)pool->count;
}

static void
add_finer(Splitting *splitting, const VtExitTable *table, bool has_reasons)
{
    for (guint i = 0; i < table->counts->len; i++) {
        const VtExitCount *entry = table->counts->pdata[i];
        const Pool *pool = &splitting->pools[table->kind][entry->access];

        add(splitting, entry, table->kind, entry->count, time_of(pool, entry, has_reasons), false);
        splitting->split->excess = splitting->split->excess || (has_reasons && pool->untaken > 0);
    }
}

VtExitSplit *
vt_exit_split_new(const VtMeasurement *measurement, const VtCauseDatabase *causes)
{
    static const VtExitKind finer[] = {VT_EXITS_BY_PORT, VT_EXITS_BY_MMIO, VT_EXITS_BY_MSR};
    const VtExitTable *reasons = vt_measurement_find(measurement, VT_EXITS_BY_REASON);
    const VtExitTable *counters = vt_measurement_find(measurement, VT_EXITS_COUNTER);
    VtExitSplit *split = g_new0(VtExitSplit, 1);
    Splitting splitting = {.split = split};

    split->exits = g_array_new(FALSE, FALSE, sizeof(VtExits));
    split->has_reasons = reasons != NULL;
    split->has_counters = !reasons && counters;
    for (gsize i = 0; i < G_N_ELEMENTS(finer); i++) {
        const VtExitTable *table = vt_measurement_find(measurement, finer[i]);
        if (table)
            fill_pools(&splitting, table);
    }
    if (reasons)
        add_reasons(&splitting, reasons);
    for (gsize i = 0; i < G_N_ELEMENTS(finer); i++) {
        const VtExitTable *table = vt_measurement_find(measurement, finer[i]);
        if (table)
            add_finer(&splitting, table, reasons != NULL);
    }
    if (split->has_counters)
        add_counters(&splitting, counters, causes);
    return split;
}
