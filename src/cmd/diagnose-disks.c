/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/diagnose-disks.h"

#include "base/i18n.h"
#include "edges/read-counts.h"

struct VtDiskSide {
    const VtSubject *subject;
    const VtJudged *running; /* (nullable) */
    bool blockstats;
    char *why_blind; /* (nullable): why the caches' use cannot be watched */
    VtReadCounts before;
    gint64 began_us; /* monotonic */
    GPtrArray *coverage;
    VtCacheUse *use; /* (nullable) */
    VtDiskView view;
};

void
vt_disk_side_free(VtDiskSide *side)
{
    if (!side)
        return;
    g_free(side->why_blind);
    vt_read_counts_clear(&side->before);
    g_clear_pointer(&side->coverage, g_ptr_array_unref);
    vt_cache_use_free(side->use);
    g_free(side);
}

/* What libvirt tells of the disks is of use even where QEMU's own reads are not to be seen. */
static void
look(VtDiskSide *side)
{
    g_autoptr(GError) trouble = NULL;

    if (!side->running)
        side->why_blind = g_strdup(_("the guest does not run"));
    else if (!vt_read_counts_take(side->subject->virt, side->subject->domain, &side->before,
                                  &trouble))
        side->why_blind = g_strdup(trouble->message);
    side->began_us = g_get_monotonic_time();
}

VtDiskSide *
vt_disk_side_begin(const VtSubject *subject, const VtJudged *running, bool blockstats)
{
    VtDiskSide *side = g_new0(VtDiskSide, 1);

    side->subject = subject;
    side->running = running;
    side->blockstats = blockstats;
    look(side);
    side->coverage = vt_disk_coverage(running ? running->result : subject->result, subject->result,
                                      side->before.statistics);
    return side;
}

bool
vt_disk_side_watches(const VtDiskSide *side)
{
    for (guint i = 0; side->blockstats && !side->why_blind && i < side->coverage->len; i++) {
        if (vt_disk_coverage_is_partial(side->coverage->pdata[i]))
            return true;
    }
    return false;
}

static VtCacheUse *
watch(const VtDiskSide *side)
{
    g_autoptr(GError) trouble = NULL;
    g_auto(VtReadCounts) after = {0};
    double seconds;

    if (side->why_blind)
        return vt_cache_use_unknown(side->coverage, side->why_blind);
    if (!vt_read_counts_take(side->subject->virt, side->subject->domain, &after, &trouble))
        return vt_cache_use_unknown(side->coverage, trouble->message);
    seconds = (double)(g_get_monotonic_time() - side->began_us) / G_TIME_SPAN_SECOND;
    return vt_cache_use(side->coverage, side->running->document, &side->before, &after, seconds);
}

const VtDiskView *
vt_disk_side_end(VtDiskSide *side)
{
    if (side->blockstats)
        side->use = watch(side);
    side->view = (VtDiskView){
        .runs = side->running != NULL,
        .coverage = side->coverage,
        .use = side->use,
    };
    return &side->view;
}
