/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "plan/plan.h"

/**
 * What is to be said of the host. Many guests give cause to the same advice: it is gathered from
 * their plans and said once, with who gave cause to it.
 */
typedef struct {
    char *rule;
    VtLevel level;
    char *message;
    GPtrArray *domains; /* char*: names, in the order they came */
} VtHostFinding;

typedef struct {
    GPtrArray *findings; /* VtHostFinding*, in the order they came */
} VtHostReport;

VtHostReport *vt_host_report_new(void);
void vt_host_report_free(VtHostReport *report); /* accepts NULL */

/** Takes in what @plan says of the host; @domain: whose plan it is. */
void vt_host_report_add(VtHostReport *report, const char *domain, const VtPlan *plan);

/** Returns: (transfer full): the findings, the worst first; "" if there are none. */
char *vt_host_report_text(const VtHostReport *report);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtHostReport, vt_host_report_free)
