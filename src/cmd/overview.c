/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmtune alone: the guests on one screen. */
#include "report/overview.h"

#include "base/i18n.h"
#include "cmd/subject.h"

/* With what stands above and below them, a screen of 24 lines. */
enum { ROWS_SHOWN = 10 };

typedef struct {
    VtOverview *overview;
    guint troubled; /* guests with a disk image that cannot be read */
} Seen;

static int
add(const VtSubject *subject, const VtOptions *options G_GNUC_UNUSED, gpointer data)
{
    Seen *seen = data;

    vt_overview_add(seen->overview, subject->name, subject->result);
    seen->troubled += subject->result->troubles->len > 0;
    return VT_EXIT_NOTHING;
}

int
vt_cmd_overview(const VtOptions *options)
{
    g_autoptr(VtOverview) overview = vt_overview_new();
    g_autofree char *text = NULL;
    Seen seen = {.overview = overview};
    VtOptions all = *options;
    int status;

    all.all = true;
    all.brief = !options->verbose;
    status = vt_each_subject(&all, add, &seen);
    if (status == VT_EXIT_TROUBLE && vt_overview_is_empty(overview))
        return status;
    if (vt_overview_found(overview))
        status = vt_worst(status, VT_EXIT_FOUND);
    text = vt_report_overview(overview, ROWS_SHOWN);
    status = vt_worst(status, vt_print(text));
    if (seen.troubled > 0 && all.brief)
        vt_talk(_("vmtune: disk images of %u guests cannot be read; 'vmtune -v' names them"),
                seen.troubled);
    return status;
}
