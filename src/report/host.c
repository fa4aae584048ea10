/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/host.h"

#include <string.h>

#include "base/i18n.h"
#include "report/text.h"

/* Names beyond these are counted: two hundred guests would bury the advice. */
#define NAMES_SHOWN 4

static void
host_finding_free(gpointer data)
{
    VtHostFinding *finding = data;

    g_free(finding->rule);
    g_free(finding->message);
    g_ptr_array_unref(finding->domains);
    g_free(finding);
}

VtHostReport *
vt_host_report_new(void)
{
    VtHostReport *report = g_new0(VtHostReport, 1);

    report->findings = g_ptr_array_new_with_free_func(host_finding_free);
    return report;
}

void
vt_host_report_free(VtHostReport *report)
{
    if (!report)
        return;
    g_ptr_array_unref(report->findings);
    g_free(report);
}

static VtHostFinding *
find_same(const VtHostReport *report, const VtFinding *wanted)
{
    for (guint i = 0; i < report->findings->len; i++) {
        VtHostFinding *finding = report->findings->pdata[i];
        if (strcmp(finding->rule, wanted->rule) == 0 &&
            strcmp(finding->message, wanted->message) == 0)
            return finding;
    }
    return NULL;
}

static VtHostFinding *
add_new(VtHostReport *report, const VtFinding *from)
{
    VtHostFinding *finding = g_new0(VtHostFinding, 1);

    finding->rule = g_strdup(from->rule);
    finding->level = from->level;
    finding->message = g_strdup(from->message);
    finding->domains = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(report->findings, finding);
    return finding;
}

void
vt_host_report_add(VtHostReport *report, const char *domain, const VtPlan *plan)
{
    for (guint i = 0; i < plan->host_findings->len; i++) {
        const VtFinding *said = plan->host_findings->pdata[i];
        VtHostFinding *finding = find_same(report, said);

        if (!finding)
            finding = add_new(report, said);
        g_ptr_array_add(finding->domains, g_strdup(domain));
    }
}

/* "a, b, c, d and 196 more" */
static char *
name_domains(const GPtrArray *domains)
{
    GString *names = g_string_new(NULL);

    for (guint i = 0; i < MIN(domains->len, NAMES_SHOWN); i++)
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", (char *)domains->pdata[i]);
    if (domains->len > NAMES_SHOWN)
        g_string_append_printf(names, _(" and %u more"), domains->len - NAMES_SHOWN);
    return g_string_free(names, FALSE);
}

static void
append_finding(GString *out, const VtHostFinding *finding)
{
    g_autofree char *names = name_domains(finding->domains);
    g_autofree char *because = g_strdup_printf(_("(for %s)"), names);

    g_string_append_printf(out, "  %s: %s\n", vt_report_level(finding->level), finding->rule);
    vt_report_append_wrapped(out, "      ", finding->message, 90);
    vt_report_append_wrapped(out, "      ", because, 90);
}

char *
vt_host_report_text(const VtHostReport *report)
{
    GString *out = g_string_new(NULL);

    if (report->findings->len > 0)
        g_string_append_printf(out, "%s\n", _("the host:"));
    for (int level = VT_LEVEL_ERROR; level >= VT_LEVEL_ADVICE; level--) {
        for (guint i = 0; i < report->findings->len; i++) {
            const VtHostFinding *finding = report->findings->pdata[i];
            if ((int)finding->level == level)
                append_finding(out, finding);
        }
    }
    return g_string_free(out, FALSE);
}
