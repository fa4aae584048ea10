/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tune.h"

/**
 * VtOverview: how many guests there are, how they are, and what one command would mend: what a
 * person wants to see first, on one screen however many guests there are.
 *
 * In: each guest, judged. Out: text.
 */
typedef struct VtOverview VtOverview;

VtOverview *vt_overview_new(void);
void vt_overview_free(VtOverview *overview); /* accepts NULL */

/** Takes what it needs of @result; nothing is borrowed. */
void vt_overview_add(VtOverview *overview, const char *name, const VtTuneResult *result);

/** Whether no guest was added. */
bool vt_overview_is_empty(const VtOverview *overview);

/** Whether any guest, or the host, has a finding or something to change. */
bool vt_overview_found(const VtOverview *overview);

/**
 * vt_report_overview:
 * @rows: how many guests are shown one by one; those with the worst findings are
 *
 * Returns: (transfer full): the text for people
 */
char *vt_report_overview(VtOverview *overview, guint rows);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtOverview, vt_overview_free)
