/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/disk-coverage.h"

#include <string.h>

#include "base/columns.h"
#include "base/i18n.h"
#include "base/printable.h"

#define INDENT 4

static char *
format_bytes(guint64 bytes)
{
    return g_format_size_full(bytes, G_FORMAT_SIZE_IEC_UNITS);
}

/* A paragraph of @indent; takes @text. */
static void
append(GString *out, const VtTextStyle *style, unsigned indent, char *text)
{
    g_autofree char *given = text, *safe = vt_printable(given, false);
    g_autofree char *words = vt_style_words(style, safe);

    g_string_append_printf(out, "%*s", (int)indent, "");
    vt_style_append_wrapped(out, words, indent, indent + 2, MAX(style->width, VT_TEXT_MIN_WIDTH));
}

/* ---- one disk ---- */

static void
append_head(GString *out, const VtTextStyle *style, const VtDiskCoverage *disk)
{
    g_autofree char *covered = format_bytes(disk->covered_bytes);
    g_autofree char *size = format_bytes(disk->virtual_size_bytes);
    double share = disk->virtual_size_bytes > 0
                       ? 100.0 * (double)disk->covered_bytes / (double)disk->virtual_size_bytes
                       : 100.0;

    if (disk->why_unknown)
        append(out, style, 2,
               g_strdup_printf(_("%s: unknown: %s"), disk->target, disk->why_unknown));
    else if (disk->covered_bytes >= disk->virtual_size_bytes)
        append(out, style, 2, g_strdup_printf(_("%s: all of %s"), disk->target, size));
    else /* 99.99 % is not all */
        append(out, style, 2,
               g_strdup_printf(_("%s: %s of %s, that is %.1f %%"), disk->target, covered, size,
                               MIN(share, 99.9)));
}

static void
append_cache(GString *out, const VtTextStyle *style, const VtDiskCoverage *disk)
{
    g_autofree char *cached = format_bytes(disk->cached_l2_bytes);
    g_autofree char *tables = format_bytes(disk->l2_table_bytes);

    if (disk->max_size_bytes > 0)
        append(out, style, INDENT,
               g_strdup_printf(_("It was given a max_size of %" G_GUINT64_FORMAT
                                 " bytes, which caches %s of %s of L2 tables."),
                               disk->max_size_bytes, cached, tables));
    else
        append(out, style, INDENT,
               g_strdup_printf(_("QEMU's default caches %s of %s of L2 tables."), cached, tables));
}

static char *
cure_words(const VtDiskCoverage *disk, const char *domain)
{
    g_autofree char *name = vt_shell_name(domain);

    switch (disk->cure) {
    case VT_CURE_MISSING:
        return g_strdup_printf(_("The rule %s sets it: 'vmtune apply %s'."), VT_COVERAGE_RULE,
                               name);
    case VT_CURE_IN_PLACE:
        return g_strdup_printf(_("What is stored satisfies the rule %s."), VT_COVERAGE_RULE);
    default:
        return disk->cure_why
                   ? g_strdup_printf(_("The rule %s does not set it: %s."), VT_COVERAGE_RULE,
                                     disk->cure_why)
                   : g_strdup_printf(_("The rule %s does not set it."), VT_COVERAGE_RULE);
    }
}

static void
append_need(GString *out, const VtTextStyle *style, const VtDiskCoverage *disk, const char *domain)
{
    g_autofree char *memory = format_bytes(disk->full_coverage_bytes);
    g_autofree char *cure = cure_words(disk, domain);

    append(out, style, INDENT,
           g_strdup_printf(_("All of it takes a max_size of %" G_GUINT64_FORMAT
                             " bytes, and so up to %s of memory. %s"),
                           disk->full_coverage_bytes, memory, cure));
}

static void
append_waiting(GString *out, const VtTextStyle *style, const VtDiskCoverage *disk)
{
    if (disk->stored_max_size_bytes > 0)
        append(out, style, INDENT,
               g_strdup_printf(_("A max_size of %" G_GUINT64_FORMAT
                                 " bytes is stored and waits for a cold boot."),
                               disk->stored_max_size_bytes));
    else
        append(out, style, INDENT,
               g_strdup(_("What is stored has QEMU's default, which waits for a cold boot.")));
}

static void
append_backing(GString *out, const VtTextStyle *style, const VtDiskCoverage *disk)
{
    g_autofree char *cache = format_bytes(disk->backing_cache_bytes);

    if (disk->backing_images < 0 && !disk->why_unknown)
        append(out, style, INDENT, g_strdup(_("The images below it are not known.")));
    if (disk->backing_images > 0)
        append(out, style, INDENT,
               g_strdup_printf(_("Images below it: %" G_GINT64_FORMAT
                                 ", with caches of their own of up to %s."),
                               disk->backing_images, cache));
    if (*disk->backing_uncovered)
        append(out, style, INDENT,
               g_strdup_printf(_("Covered in part alone: %s."), disk->backing_uncovered));
}

static void
append_disk(GString *out, const VtTextStyle *style, const VtDiskCoverage *disk, const char *domain)
{
    append_head(out, style, disk);
    if (!disk->why_unknown)
        append_cache(out, style, disk);
    if (!disk->why_unknown && disk->covered_bytes < disk->virtual_size_bytes)
        append_need(out, style, disk, domain);
    if (disk->waits)
        append_waiting(out, style, disk);
    append_backing(out, style, disk);
}

/* ---- what the guest makes of it ---- */

static char *
list_disks(const VtCacheUse *use)
{
    g_autoptr(GString) list = g_string_new(NULL);

    for (guint i = 0; i < use->disks->len; i++)
        g_string_append_printf(list, "%s%s", i > 0 ? ", " : "", (char *)use->disks->pdata[i]);
    return g_string_free(g_steal_pointer(&list), FALSE);
}

static char *
verdict_words(const VtCacheUse *use)
{
    switch (use->verdict) {
    case VT_CACHE_UNKNOWN:
        return g_strdup_printf(
            _("Whether what the guest works on outgrows the cache is unknown: %s."), use->why);
    case VT_CACHE_FITS:
        return g_strdup(use->disks->len == 0
                            ? _("A cache that covers the whole disk cannot be outgrown.")
                            : _("Hardly any: what the guest works on fits in the cache."));
    case VT_CACHE_FILLS:
        return g_strdup_printf(_("The cache has room for %" G_GUINT64_FORMAT
                                 " and since the guest's start no more were read: it still fills. "
                                 "Measure again when the guest has worked for a while."),
                               use->room);
    case VT_CACHE_REREADS:
        return g_strdup_printf(_("The cache has room for %" G_GUINT64_FORMAT
                                 " and since the guest's start up to %" G_GUINT64_FORMAT
                                 " were read: most likely what it works on outgrows the cache."),
                               use->room, use->tables_of_start);
    case VT_CACHE_OUTGROWN:
        return g_strdup_printf(
            _("The cache has room for %" G_GUINT64_FORMAT ": what the guest works on outgrows it."),
            use->room);
    }
    return NULL;
}

static void
append_use(GString *out, const VtTextStyle *style, const VtCacheUse *use)
{
    g_autofree char *disks = list_disks(use);

    if (use->requests > 0)
        append(out, style, 2,
               g_strdup_printf(_("In %.1f seconds the guest read and wrote %" G_GUINT64_FORMAT
                                 " times on %s, and QEMU read %s%" G_GUINT64_FORMAT
                                 " parts of L2 tables for it."),
                               use->seconds, use->requests, disks,
                               use->remarks->len > 0 ? _("up to ") : "", use->tables));
    append(out, style, use->requests > 0 ? INDENT : 2, verdict_words(use));
    for (guint i = 0; i < use->remarks->len; i++)
        append(out, style, INDENT, g_strdup_printf("(%s)", (char *)use->remarks->pdata[i]));
}

char *
vt_report_disks(const VtDiskView *view, const VtTextStyle *style)
{
    GString *out = g_string_new(NULL);

    if (view->coverage->len > 0)
        append(out, style, 0,
               g_strdup(view->runs ? _("Disks: what the metadata cache of the running QEMU covers")
                                   : _("Disks: what QEMU's metadata cache will cover")));
    for (guint i = 0; i < view->coverage->len; i++)
        append_disk(out, style, view->coverage->pdata[i], view->domain);
    if (view->use && view->coverage->len > 0)
        append_use(out, style, view->use);
    return g_string_free(out, FALSE);
}
