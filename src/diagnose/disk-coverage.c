/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose/disk-coverage.h"

#include <string.h>

#include "base/i18n.h"

/* QEMU counts a disk in sectors, and says so. */
#define SECTOR_BYTES 512

static void
coverage_free(gpointer data)
{
    VtDiskCoverage *coverage = data;

    g_free(coverage->target);
    g_free(coverage->image);
    g_free(coverage->why_unknown);
    g_free(coverage->cure_why);
    g_free(coverage->backing_uncovered);
    g_free(coverage);
}

bool
vt_disk_statistic(GHashTable *statistics, const char *target, const char *field, guint64 *ret_value)
{
    g_autofree char *name = g_strdup_printf("block.%s.%s", target, field);
    const guint64 *value = statistics ? g_hash_table_lookup(statistics, name) : NULL;

    if (value)
        *ret_value = *value;
    return value != NULL;
}

static const VtFacts *
find_disk(const VtTuneResult *result, const char *target)
{
    const VtFact *disks = vt_facts_get(result->facts, "disk");

    for (guint i = 0; disks && disks->known && i < disks->records->len; i++) {
        const VtFacts *disk = disks->records->pdata[i];
        if (g_strcmp0(vt_facts_get_string(disk, "disk.target"), target) == 0)
            return disk;
    }
    return NULL;
}

static guint64
get_bytes(const VtFacts *disk, const char *name)
{
    gint64 bytes = 0;

    vt_facts_get_int(disk, name, &bytes);
    return (guint64)bytes;
}

static const VtDecision *
find_decision(const VtPlan *plan, const char *target)
{
    for (guint i = 0; i < plan->decisions->len; i++) {
        const VtDecision *decision = plan->decisions->pdata[i];
        if (strcmp(decision->rule->id, VT_COVERAGE_RULE) == 0 &&
            g_strcmp0(decision->instance, target) == 0)
            return decision;
    }
    return NULL;
}

/* The rule says what a person can do about a value that a person chose. */
static void
set_by_hand(VtDiskCoverage *coverage, const VtFinding *finding)
{
    coverage->cure = VT_CURE_BY_HAND;
    coverage->cure_why = g_strdup(finding->message);
}

static void
set_cure(VtDiskCoverage *coverage, const VtTuneResult *stored)
{
    const VtDecision *decision = find_decision(stored->plan, coverage->target);

    coverage->cure = VT_CURE_WITHHELD;
    if (stored->left_off)
        coverage->cure_why = g_strdup(_("the domain's own metadata says that it is left alone"));
    else if (!decision)
        coverage->cure_why = g_strdup(_("the rule is not in force"));
    else if (decision->outcome == VT_OUTCOME_CHANGE)
        coverage->cure = VT_CURE_MISSING;
    else if (decision->holds || decision->outcome == VT_OUTCOME_SATISFIED)
        coverage->cure = coverage->waits ? VT_CURE_WAITS : VT_CURE_IN_PLACE;
    else if (vt_count(decision->findings) > 0)
        set_by_hand(coverage, decision->findings->pdata[0]);
    else
        coverage->cure_why = vt_decision_why(stored->plan, decision);
}

/* Why the facts do not tell what this QEMU caches; NULL if they do. */
static char *
find_doubt(const VtFacts *disk, const char *target, GHashTable *statistics)
{
    const VtFact *size = vt_facts_get(disk, "disk.virtual_size_bytes");
    const char *raw = vt_facts_get_string(disk, "raw.l2_cache");
    g_autofree char *header = NULL, *running = NULL;
    guint64 capacity = 0;

    if (!size || !size->known)
        return g_strdup(size && size->origin ? size->origin : _("the image was not read"));
    if (raw && *raw)
        return g_strdup_printf(_("the domain sizes caches by arguments of its own to QEMU: '%s'"),
                               raw);
    if (!vt_disk_statistic(statistics, target, "capacity", &capacity) ||
        capacity / SECTOR_BYTES == (guint64)size->number / SECTOR_BYTES)
        return NULL;
    header = g_strdup_printf("%" G_GINT64_FORMAT, size->number);
    running = g_strdup_printf("%" G_GUINT64_FORMAT, capacity);
    return g_strdup_printf(_("the image's header says that the disk has %s bytes, but the running "
                             "QEMU goes by %s: somebody else changed the image"),
                           header, running);
}

static void
set_backing(VtDiskCoverage *coverage, const VtFacts *disk)
{
    const char *uncovered = vt_facts_get_string(disk, "disk.backing_uncovered");

    if (!vt_facts_get_int(disk, "disk.backing_images", &coverage->backing_images))
        coverage->backing_images = -1;
    coverage->backing_cache_bytes = get_bytes(disk, "disk.backing_cache_bytes");
    coverage->backing_uncovered = g_strdup(uncovered ? uncovered : "");
}

static VtDiskCoverage *
cover(const VtFacts *disk, const VtTuneResult *stored, GHashTable *statistics)
{
    VtDiskCoverage *coverage = g_new0(VtDiskCoverage, 1);
    const char *source = vt_facts_get_string(disk, "disk.source");
    const VtFacts *later;

    coverage->target = g_strdup(vt_facts_get_string(disk, "disk.target"));
    coverage->image = g_strdup(source ? source : "");
    coverage->why_unknown = find_doubt(disk, coverage->target, statistics);
    coverage->max_size_bytes = get_bytes(disk, "disk.max_size_bytes");
    /* a disk that is plugged out at the next start has nothing to wait for */
    later = find_disk(stored, coverage->target);
    coverage->stored_max_size_bytes =
        later ? get_bytes(later, "disk.max_size_bytes") : coverage->max_size_bytes;
    coverage->waits = coverage->stored_max_size_bytes != coverage->max_size_bytes;
    coverage->virtual_size_bytes = get_bytes(disk, "disk.virtual_size_bytes");
    coverage->covered_bytes = get_bytes(disk, "disk.covered_bytes");
    coverage->l2_table_bytes = get_bytes(disk, "disk.l2_table_bytes");
    coverage->cached_l2_bytes = get_bytes(disk, "disk.cached_l2_bytes");
    coverage->l2_read_bytes = get_bytes(disk, "disk.l2_read_bytes");
    coverage->full_coverage_bytes = get_bytes(disk, "disk.full_coverage_bytes");
    set_cure(coverage, stored);
    set_backing(coverage, disk);
    return coverage;
}

GPtrArray *
vt_disk_coverage(const VtTuneResult *running, const VtTuneResult *stored, GHashTable *statistics)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(coverage_free);
    const VtFact *disks = vt_facts_get(running->facts, "disk");

    for (guint i = 0; disks && disks->known && i < disks->records->len; i++) {
        const VtFacts *disk = disks->records->pdata[i];
        if (g_strcmp0(vt_facts_get_string(disk, "disk.format"), "qcow2") == 0)
            g_ptr_array_add(found, cover(disk, stored ? stored : running, statistics));
    }
    return found;
}

bool
vt_disk_coverage_is_partial(const VtDiskCoverage *coverage)
{
    return coverage->why_unknown || coverage->covered_bytes < coverage->virtual_size_bytes ||
           coverage->backing_images < 0 || *coverage->backing_uncovered;
}
