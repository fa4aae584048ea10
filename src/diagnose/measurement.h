/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/**
 * VtMeasurement: how often and why a guest left for the host, and what that took: what perf,
 * kvm_stat, trace-cmd and libvirt print, in one shape. Pure data; readers fill it, the diagnosis
 * reads it.
 */

/* What a table is about: the events of `perf kvm stat`, and KVM's own counters. */
typedef enum {
    VT_EXITS_BY_REASON, /* perf's vmexit; entries have names: "IO_INSTRUCTION", "npf" */
    VT_EXITS_BY_PORT,   /* perf's ioport; entries have addresses: 0x608 */
    VT_EXITS_BY_MMIO,   /* perf's mmio; guest physical addresses: 0xfed000f0 */
    VT_EXITS_BY_MSR,    /* MSR indices: 0x6e0 */
    VT_EXITS_COUNTER,   /* KVM's counters as it names them: "io_exits", "halt_exits" */
} VtExitKind;
#define VT_EXIT_KINDS (VT_EXITS_COUNTER + 1)

typedef enum {
    VT_ACCESS_NONE, /* not said, or it has none */
    VT_ACCESS_READ,
    VT_ACCESS_WRITE,
} VtExitAccess;
#define VT_ACCESSES (VT_ACCESS_WRITE + 1)

#define VT_TIME_UNKNOWN G_GINT64_CONSTANT(-1)

typedef struct {
    char *name;      /* (nullable): of a reason or counter, as the kernel writes it */
    guint64 address; /* of a port, an MMIO access or an MSR */
    VtExitAccess access;
    guint64 count;
    gint64 time_ns; /* until the guest ran again, asleep or not; VT_TIME_UNKNOWN = not measured */
    gint64 max_ns;  /* the longest; VT_TIME_UNKNOWN = not measured */
} VtExitCount;

typedef struct {
    VtExitKind kind;
    char *origin;      /* where it is from: a file's name, "perf", "libvirt" */
    GPtrArray *counts; /* VtExitCount*, most first; no two of the same name, address and access */
    guint64 count;     /* their sum */
    gint64 time_ns;    /* their sum; VT_TIME_UNKNOWN if one is */

    GHashTable *index; /* private: the counts by name, address and access */
} VtExitTable;

typedef struct {
    GPtrArray *tables; /* VtExitTable*, by kind; at most one of each */
    double seconds;    /* how long was measured; 0 = nobody said */
    GPtrArray *lost;   /* char*: what the source says it lost, in its own words */
} VtMeasurement;

VtMeasurement *vt_measurement_new(void);
void vt_measurement_free(VtMeasurement *measurement); /* accepts NULL */

/**
 * vt_measurement_add:
 * @origin: for messages and reports
 * @error: VT_ERROR_INPUT if there is a table of @kind from elsewhere: two would be counted twice
 *
 * Returns: (transfer none): the table of @kind, made if there was none
 */
VtExitTable *vt_measurement_add(VtMeasurement *measurement, VtExitKind kind, const char *origin,
                                GError **error);

/** Returns: (transfer none) (nullable): the table of @kind. */
const VtExitTable *vt_measurement_find(const VtMeasurement *measurement, VtExitKind kind);

/**
 * vt_exit_table_count:
 * @name: (nullable): or else @address and @access
 * @count, @time_ns, @max_ns: added to what is there of the same; see VtExitCount
 *
 * Returns: (transfer none) (nullable): the entry; NULL, with nothing added, where a sum would be
 * too large for its type
 */
const VtExitCount *vt_exit_table_count(VtExitTable *table, const char *name, guint64 address,
                                       VtExitAccess access, guint64 count, gint64 time_ns,
                                       gint64 max_ns);

/** Makes all times of @table VT_TIME_UNKNOWN. */
void vt_exit_table_forget_times(VtExitTable *table);

/** Brings the most frequent to the front; readers call it once they are through. */
void vt_measurement_settle(VtMeasurement *measurement);

/** Returns: (transfer none) (nullable): the entry of that name. */
const VtExitCount *vt_exit_table_find(const VtExitTable *table, const char *name);

/** The word for a kind: "vmexit", "ioport", "mmio", "msr", "counter". */
const char *vt_exit_kind_to_string(VtExitKind kind);
bool vt_exit_kind_from_string(const char *word, VtExitKind *ret_kind);

/** Returns: (transfer full): what to call an entry: "IO_INSTRUCTION", "0x608 read". */
char *vt_exit_count_label(const VtExitCount *count);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtMeasurement, vt_measurement_free)
