/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: what the guest asked of its disks and what QEMU read in the same time. Out: how many L2
 * tables were read for it. Law: what can be told in two ways is not told; every doubt is a remark
 * or leaves the verdict unknown.
 */
#include "diagnose/cache-use.h"

#include <string.h>

#include "base/i18n.h"

/* QEMU's event loop wakes up by reading a counter of so many bytes, eventfd(2). */
#define WAKE_BYTES 8

/* A table for fewer than one request in so many is none that anybody waits for. */
#define RARE 100
/* So few can come of looking at two counters one after the other. */
#define FEW 20

/* Both counters are not looked at in the same moment: so small a part is missing at times. */
#define SKEW 50

/* How QEMU's reads can be seen from outside. */
typedef enum {
    SEEN_NOT,
    SEEN_AS_CALLS,     /* pread(2) in threads */
    SEEN_FROM_STORAGE, /* asynchronous, but never from the host's page cache */
} Seen;

void
vt_cache_use_free(VtCacheUse *use)
{
    if (!use)
        return;
    g_free(use->why);
    g_ptr_array_unref(use->disks);
    g_ptr_array_unref(use->remarks);
    g_free(use);
}

const char *
vt_cache_verdict_to_string(VtCacheVerdict verdict)
{
    static const char *const words[] = {
        [VT_CACHE_UNKNOWN] = "unknown",   [VT_CACHE_FITS] = "fits",
        [VT_CACHE_FILLS] = "fills",       [VT_CACHE_REREADS] = "rereads",
        [VT_CACHE_OUTGROWN] = "outgrown",
    };

    return words[verdict];
}

bool
vt_cache_use_is_trouble(const VtCacheUse *use)
{
    return use->verdict == VT_CACHE_REREADS || use->verdict == VT_CACHE_OUTGROWN;
}

/* ---- how it can be seen ---- */

static bool
is_one_of(const char *value, const char *const *words)
{
    return value && g_strv_contains(words, value);
}

static bool
is_local(const xmlNode *disk)
{
    static const char *const local[] = {"file", "block", NULL};
    g_autofree char *type = vt_element_attribute(disk, "type");

    return is_one_of(type, local);
}

static Seen
how_disk_is_seen(const xmlNode *disk)
{
    static const char *const direct[] = {"none", "directsync", NULL};
    static const char *const asynchronous[] = {"native", "io_uring", NULL};
    const xmlNode *driver = vt_element_child(disk, "driver");
    g_autofree char *io = driver ? vt_element_attribute(driver, "io") : NULL;
    g_autofree char *cache = driver ? vt_element_attribute(driver, "cache") : NULL;

    if (!is_one_of(io, asynchronous))
        return SEEN_AS_CALLS;
    return is_one_of(cache, direct) ? SEEN_FROM_STORAGE : SEEN_NOT;
}

/* All disks in one way, since there is one count for all of them. Those on the network are read
 * from sockets, which nobody counts. */
static Seen
how_disks_are_seen(const xmlNode *devices)
{
    Seen seen = SEEN_AS_CALLS;
    bool first = true;

    for (const xmlNode *disk = vt_element_child(devices, "disk"); disk;
         disk = vt_element_next(disk)) {
        Seen one = how_disk_is_seen(disk);

        if (!is_local(disk))
            continue;
        if (one == SEEN_NOT || (!first && one != seen))
            return SEEN_NOT;
        seen = one;
        first = false;
    }
    return seen;
}

static bool
is_vhost(const xmlNode *interface)
{
    const xmlNode *model = vt_element_child(interface, "model");
    const xmlNode *driver = vt_element_child(interface, "driver");

    return model && vt_element_attribute_is(model, "type", "virtio") &&
           !(driver && vt_element_attribute_is(driver, "name", "qemu"));
}

static bool
has_packets_read(const xmlNode *devices)
{
    static const char *const taps[] = {"network", "bridge", "ethernet", "direct", NULL};

    for (const xmlNode *interface = vt_element_child(devices, "interface"); interface;
         interface = vt_element_next(interface)) {
        g_autofree char *type = vt_element_attribute(interface, "type");
        if (is_one_of(type, taps) && !is_vhost(interface))
            return true;
    }
    return false;
}

static bool
has_folders_read(const xmlNode *devices)
{
    for (const xmlNode *folder = vt_element_child(devices, "filesystem"); folder;
         folder = vt_element_next(folder)) {
        const xmlNode *driver = vt_element_child(folder, "driver");
        if (!driver || !vt_element_attribute_is(driver, "type", "virtiofs"))
            return true;
    }
    return false;
}

/* ---- what is counted ---- */

static guint64
difference(guint64 before, guint64 after)
{
    return after > before ? after - before : 0;
}

/* Since @before, or since the start. A disk that was plugged in meanwhile had nothing before. */
static guint64
asked(const VtReadCounts *before, const VtReadCounts *after, const char *target, const char *field)
{
    guint64 from = 0, to = 0;

    if (before)
        vt_disk_statistic(before->statistics, target, field, &from);
    vt_disk_statistic(after->statistics, target, field, &to);
    return difference(from, to);
}

typedef struct {
    guint64 reads, read_bytes;
} Asked;

static Asked
asked_of_all(const xmlNode *devices, const VtReadCounts *before, const VtReadCounts *after)
{
    Asked all = {0};

    for (const xmlNode *disk = vt_element_child(devices, "disk"); disk;
         disk = vt_element_next(disk)) {
        const xmlNode *target = vt_element_child(disk, "target");
        g_autofree char *name = target ? vt_element_attribute(target, "dev") : NULL;

        if (!name || !is_local(disk))
            continue;
        all.reads += asked(before, after, name, "rd.reqs");
        all.read_bytes += asked(before, after, name, "rd.bytes");
    }
    return all;
}

/* What was read besides what the guest asked for, in tables of @table_bytes; -1: less was read than
 * that, so that nothing can be told. Where calls are seen there are two unknowns, tables and wakes,
 * and two sums: of the calls, and of their bytes. */
static gint64
count_tables(Seen seen, const Asked *guest, const VtReadCounts *before, const VtReadCounts *after,
             guint64 table_bytes)
{
    static const VtReadCounts none = {0};
    const VtReadCounts *from = before ? before : &none;
    guint64 calls = difference(from->calls, after->calls);
    guint64 bytes = seen == SEEN_AS_CALLS ? difference(from->call_bytes, after->call_bytes)
                                          : difference(from->storage_bytes, after->storage_bytes);
    guint64 beside = difference(guest->read_bytes, bytes), wakes, wake_bytes = WAKE_BYTES;

    if (bytes < guest->read_bytes - guest->read_bytes / SKEW)
        return -1;
    if (seen != SEEN_AS_CALLS || table_bytes <= WAKE_BYTES)
        return (gint64)(beside / MAX(table_bytes, 1));
    wakes = difference(guest->reads, calls);
    return (gint64)(difference(wakes * wake_bytes, beside) / (table_bytes - wake_bytes));
}

/* ---- the verdict ---- */

static VtCacheUse *
use_new(void)
{
    VtCacheUse *use = g_new0(VtCacheUse, 1);

    use->disks = g_ptr_array_new_with_free_func(g_free);
    use->remarks = g_ptr_array_new_with_free_func(g_free);
    return use;
}

static void
add_remark(VtCacheUse *use, const char *remark)
{
    g_ptr_array_add(use->remarks, g_strdup(remark));
}

/* What the caches that do not cover their images hold; returns the bytes of a table. */
static guint64
add_room(VtCacheUse *use, const GPtrArray *coverage, bool *ret_known)
{
    guint64 bytes = 0, table_bytes = 0;

    *ret_known = true;
    for (guint i = 0; i < coverage->len; i++) {
        const VtDiskCoverage *disk = coverage->pdata[i];

        if (!vt_disk_coverage_is_partial(disk))
            continue;
        g_ptr_array_add(use->disks, g_strdup(disk->target));
        *ret_known = *ret_known && !disk->why_unknown && disk->backing_images >= 0;
        bytes += disk->cached_l2_bytes + disk->backing_cache_bytes;
        /* the smallest is the one that is read most often */
        if (table_bytes == 0 || disk->l2_read_bytes < table_bytes)
            table_bytes = disk->l2_read_bytes;
    }
    use->room = table_bytes > 0 ? bytes / table_bytes : 0;
    return table_bytes;
}

static void
add_remarks(VtCacheUse *use, const GPtrArray *coverage, const xmlNode *devices, Seen seen)
{
    bool layered = false;

    for (guint i = 0; i < coverage->len; i++)
        layered = layered || ((const VtDiskCoverage *)coverage->pdata[i])->backing_images != 0;
    if (layered)
        add_remark(use, _("what is copied up from the images below a disk, or read from compressed "
                          "ones, counts as tables too"));
    if (seen == SEEN_AS_CALLS && has_packets_read(devices))
        add_remark(use, _("packets of an interface that is not virtio with vhost count too"));
    if (seen == SEEN_AS_CALLS && has_folders_read(devices))
        add_remark(use, _("files of a folder shared with the guest count too"));
}

static VtCacheVerdict
judge(const VtCacheUse *use)
{
    if (use->tables < MAX(use->requests / RARE, FEW))
        return VT_CACHE_FITS;
    /* the room was not taken once since the start, whatever else was read and counts as tables */
    if (use->tables_of_start <= use->room)
        return VT_CACHE_FILLS;
    return use->tables > use->room && use->remarks->len == 0 ? VT_CACHE_OUTGROWN : VT_CACHE_REREADS;
}

static VtCacheUse *
leave_unknown(VtCacheUse *use, const char *why)
{
    use->verdict = VT_CACHE_UNKNOWN;
    use->why = g_strdup(why);
    return use;
}

VtCacheUse *
vt_cache_use_unknown(const GPtrArray *coverage, const char *why)
{
    VtCacheUse *use = use_new();
    bool known;

    add_room(use, coverage, &known);
    return leave_unknown(use, why);
}

VtCacheUse *
vt_cache_use(const GPtrArray *coverage, const VtDocument *domain, const VtReadCounts *before,
             const VtReadCounts *after, double seconds)
{
    const xmlNode *devices = vt_element_child(vt_document_root(domain), "devices");
    VtCacheUse *use = use_new();
    bool known;
    guint64 table_bytes = add_room(use, coverage, &known);
    Seen seen = how_disks_are_seen(devices);
    Asked guest = asked_of_all(devices, before, after);
    Asked guest_of_start = asked_of_all(devices, NULL, after);
    gint64 tables, tables_of_start;

    use->seconds = seconds;
    if (use->disks->len == 0) {
        use->verdict = VT_CACHE_FITS;
        return use;
    }
    if (!known)
        return leave_unknown(use, _("it is not known what the caches hold"));
    if (seen == SEEN_NOT)
        return leave_unknown(use, _("a disk with io='native' or 'io_uring' is read where no "
                                    "counter sees it, unless all have that and cache='none'"));
    for (guint i = 0; i < use->disks->len; i++)
        use->requests += asked(before, after, use->disks->pdata[i], "rd.reqs") +
                         asked(before, after, use->disks->pdata[i], "wr.reqs");
    if (use->requests == 0)
        return leave_unknown(use, _("the guest neither read nor wrote meanwhile"));
    tables = count_tables(seen, &guest, before, after, table_bytes);
    tables_of_start = count_tables(seen, &guest_of_start, NULL, after, table_bytes);
    if (tables < 0)
        return leave_unknown(use, _("less was read than the guest asked for: it reads what was "
                                    "never written, which hides the tables"));
    use->tables = (guint64)tables;
    use->tables_of_start = MAX(use->tables, (guint64)MAX(tables_of_start, 0));
    add_remarks(use, coverage, devices, seen);
    use->verdict = judge(use);
    return use;
}
