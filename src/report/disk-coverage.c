/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/disk-coverage.h"

#include <inttypes.h>
#include <string.h>

#include "base/i18n.h"
#include "report/figures.h"
#include "report/writing.h"

#define INDENT 2
#define NAME_WIDTH 6
#define SHARE_WIDTH 8
#define BAR_WIDTH 20

static char *
format_bytes(guint64 bytes)
{
    return g_format_size_full(bytes, G_FORMAT_SIZE_IEC_UNITS);
}

/* ---- one disk ---- */

/* A share that rounds to all is not all. */
static void
append_head(const VtWriting *pen, const VtDiskCoverage *disk)
{
    g_autofree char *covered = format_bytes(disk->covered_bytes);
    g_autofree char *size = format_bytes(disk->virtual_size_bytes);
    bool all = disk->covered_bytes >= disk->virtual_size_bytes;
    double share = all ? 1 : (double)disk->covered_bytes / (double)disk->virtual_size_bytes;
    g_autofree char *figure = vt_figure_share(all ? 1 : MIN(share, 0.999));

    vt_write_cell(pen, disk->target, NAME_WIDTH, false);
    if (disk->why_unknown) {
        vt_write_cell(pen, _("unknown"), BAR_WIDTH, false);
        vt_write_end_line(pen);
        vt_write(pen, INDENT, "", disk->why_unknown);
        return;
    }
    vt_write_bar(pen, share, BAR_WIDTH, all ? VT_INK_GREEN : VT_INK_YELLOW);
    vt_write_cell(pen, figure, SHARE_WIDTH, true);
    vt_write_end_line(pen);
    if (all)
        vt_write_formatted(pen, INDENT, _("All of %s is covered."), size);
    else
        vt_write_formatted(pen, INDENT, _("%s of %s are covered."), covered, size);
}

static void
append_cache(const VtWriting *pen, const VtDiskCoverage *disk)
{
    g_autofree char *cached = format_bytes(disk->cached_l2_bytes);
    g_autofree char *tables = format_bytes(disk->l2_table_bytes);

    if (disk->max_size_bytes > 0)
        vt_write_formatted(
            pen, INDENT,
            _("It has a max_size of %" PRIu64 " bytes, which caches %s of %s of L2 tables."),
            disk->max_size_bytes, cached, tables);
    else
        vt_write_formatted(pen, INDENT, _("QEMU's default caches %s of %s of L2 tables."), cached,
                           tables);
}

static char *
cure_words(const VtDiskCoverage *disk, const char *apply)
{
    switch (disk->cure) {
    case VT_CURE_MISSING:
        return g_strdup_printf(_("The rule %s sets it: '%s'."), VT_COVERAGE_RULE, apply);
    case VT_CURE_IN_PLACE:
    case VT_CURE_WAITS:
        return g_strdup_printf(_("What is stored satisfies the rule %s."), VT_COVERAGE_RULE);
    case VT_CURE_BY_HAND:
        return g_strdup(disk->cure_why);
    default:
        return disk->cure_why
                   ? g_strdup_printf(_("The rule %s does not set it: %s."), VT_COVERAGE_RULE,
                                     disk->cure_why)
                   : g_strdup_printf(_("The rule %s does not set it."), VT_COVERAGE_RULE);
    }
}

static void
append_need(const VtWriting *pen, const VtDiskCoverage *disk, const char *apply)
{
    g_autofree char *memory = format_bytes(disk->full_coverage_bytes);
    g_autofree char *cure = cure_words(disk, apply);

    vt_write_formatted(
        pen, INDENT,
        _("All of it takes a max_size of %" PRIu64 " bytes, and so up to %s of memory. %s"),
        disk->full_coverage_bytes, memory, cure);
}

static void
append_waiting(const VtWriting *pen, const VtDiskCoverage *disk)
{
    if (disk->stored_max_size_bytes > 0)
        vt_write_formatted(
            pen, INDENT, _("A max_size of %" PRIu64 " bytes is stored and waits for a cold boot."),
            disk->stored_max_size_bytes);
    else
        vt_write(pen, INDENT, "",
                 _("What is stored has QEMU's default, which waits for a cold boot."));
}

static void
append_backing(const VtWriting *pen, const VtDiskCoverage *disk)
{
    g_autofree char *cache = format_bytes(disk->backing_cache_bytes);

    if (disk->backing_images < 0 && !disk->why_unknown)
        vt_write(pen, INDENT, "", _("What the images below it have is not known."));
    if (disk->backing_images > 0)
        vt_write_formatted(pen, INDENT,
                           _("Images below it: %" PRId64 ", with caches of their own of up to %s."),
                           disk->backing_images, cache);
    if (*disk->backing_uncovered)
        vt_write_formatted(pen, INDENT, _("Covered in part: %s."), disk->backing_uncovered);
}

static void
append_disk(const VtWriting *pen, const VtDiskCoverage *disk, const char *apply)
{
    append_head(pen, disk);
    if (!disk->why_unknown)
        append_cache(pen, disk);
    if (!disk->why_unknown && disk->covered_bytes < disk->virtual_size_bytes)
        append_need(pen, disk, apply);
    if (disk->waits)
        append_waiting(pen, disk);
    append_backing(pen, disk);
}

/* ---- what the guest makes of it ---- */

static void
append_verdict(const VtWriting *pen, const VtCacheUse *use)
{
    g_autofree char *room = vt_figure_count(use->room);
    g_autofree char *of_start = vt_figure_count(use->tables_of_start);

    switch (use->verdict) {
    case VT_CACHE_UNKNOWN:
        vt_write_formatted(pen, 0,
                           _("Whether what the guest works on outgrows a cache is unknown: %s."),
                           use->why);
        break;
    case VT_CACHE_FITS:
        vt_write(pen, 0, "",
                 use->disks->len == 0
                     ? _("What the guest works on cannot outgrow a cache that covers the disk.")
                     : _("What the guest works on fits in the cache."));
        break;
    case VT_CACHE_FILLS:
        vt_write_formatted(pen, 0,
                           _("The cache has room for %s parts, and since the guest's start no more "
                             "were read: it still fills. Measure again when the guest has worked "
                             "for a while."),
                           room);
        break;
    case VT_CACHE_REREADS:
        vt_write_formatted(pen, 0,
                           _("The cache has room for %s parts, and since the guest's start up to "
                             "%s were read: most likely what the guest works on outgrows it."),
                           room, of_start);
        break;
    case VT_CACHE_OUTGROWN:
        vt_write_formatted(
            pen, 0, _("The cache has room for %s parts: what the guest works on outgrows it."),
            room);
        break;
    }
}

static void
append_use(const VtWriting *pen, const VtCacheUse *use)
{
    g_autofree char *requests = vt_figure_count(use->requests);
    g_autofree char *tables = vt_figure_count(use->tables);
    GString *disks = g_string_new(NULL);

    for (guint i = 0; i < use->disks->len; i++)
        g_string_append_printf(disks, "%s%s", i > 0 ? ", " : "", (char *)use->disks->pdata[i]);
    if (use->verdict != VT_CACHE_UNKNOWN && use->disks->len > 0)
        vt_write_formatted(pen, 0,
                           use->remarks->len == 0
                               ? _("In %.1f s the guest asked %s times for something of %s, and "
                                   "QEMU read %s parts of L2 tables first.")
                               : _("In %.1f s the guest asked %s times for something of %s, and "
                                   "QEMU read up to %s parts of L2 tables first."),
                           use->seconds, requests, disks->str, tables);
    append_verdict(pen, use);
    for (guint i = 0; i < use->remarks->len; i++)
        vt_write(pen, INDENT, "", use->remarks->pdata[i]);
    g_string_free(disks, TRUE);
}

char *
vt_report_disks(const VtDiskView *view, const char *apply, const VtTextStyle *style)
{
    VtWriting pen = vt_writing_begin(style);

    if (view->coverage->len > 0)
        vt_write_heading(&pen, _("The disks' metadata caches"));
    if (view->coverage->len > 0 && !view->runs)
        vt_write(&pen, 0, "", _("The guest does not run: these are those that it will have."));
    for (guint i = 0; i < view->coverage->len; i++)
        append_disk(&pen, view->coverage->pdata[i], apply);
    if (view->use && view->coverage->len > 0)
        append_use(&pen, view->use);
    return g_string_free(pen.out, FALSE);
}
