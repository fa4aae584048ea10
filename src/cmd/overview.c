/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmtune alone: the guests on one screen. */
#include "report/overview.h"

#include "cmd/subject.h"

/* With what stands above and below them, a screen of 24 lines. */
enum { ROWS_SHOWN = 10 };

static int
add(const VtSubject *subject, const VtOptions *options, gpointer data)
{
    vt_overview_add(data, subject->name, subject->result);
    return VT_EXIT_NOTHING;
}

int
vt_cmd_overview(const VtOptions *options)
{
    g_autoptr(VtOverview) overview = vt_overview_new();
    g_autofree char *text = NULL;
    VtOptions all = *options;
    int status;

    all.all = true;
    status = vt_each_subject(&all, add, overview);
    if (status == VT_EXIT_TROUBLE && vt_overview_is_empty(overview))
        return status;
    if (vt_overview_found(overview))
        status = vt_worst(status, VT_EXIT_FOUND);
    text = vt_report_overview(overview, ROWS_SHOWN);
    return vt_worst(status, vt_print(text));
}
