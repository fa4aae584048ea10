/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/causes.h"

#include "base/i18n.h"
#include "report/text.h"

#define WIDTH 92

char *
vt_report_sign(const VtSign *sign)
{
    static const char *const words[] = {[VT_EXITS_BY_REASON] = "exit",
                                        [VT_EXITS_BY_PORT] = "port",
                                        [VT_EXITS_BY_MMIO] = "mmio",
                                        [VT_EXITS_BY_MSR] = "msr",
                                        [VT_EXITS_COUNTER] = "counter"};
    static const char *const accesses[] = {
        [VT_ACCESS_NONE] = "", [VT_ACCESS_READ] = " read", [VT_ACCESS_WRITE] = " write"};
    GString *out = g_string_new(NULL);

    if (sign->region)
        g_string_append_printf(out, "region %s", sign->region);
    else if (sign->name)
        g_string_append_printf(out, "%s %s", words[sign->kind], sign->name);
    else
        g_string_append_printf(out, "%s 0x%" G_GINT64_MODIFIER "x", words[sign->kind], sign->first);
    if (!sign->region && !sign->name && sign->last > sign->first)
        g_string_append_printf(out, "-0x%" G_GINT64_MODIFIER "x", sign->last);
    if (sign->step > 1)
        g_string_append_printf(out, " step 0x%" G_GINT64_MODIFIER "x", sign->step);
    g_string_append(out, accesses[sign->access]);
    if (sign->rest)
        g_string_append(out, _(", what a finer table leaves of it"));
    if (!sign->sure)
        g_string_append(out, _(", perhaps"));
    if (sign->when)
        g_string_append(out, _(", on conditions"));
    return g_string_free(out, FALSE);
}

char *
vt_report_causes(const GPtrArray *causes)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < causes->len; i++) {
        const VtCause *cause = causes->pdata[i];

        vt_report_append_line(out, "%-26s %-8s %s\n", cause->id,
                              vt_verdict_to_string(cause->verdict), _(cause->summary));
    }
    return g_string_free(out, FALSE);
}

static void
append_part(GString *out, const char *title, const char *text)
{
    g_string_append_printf(out, "%s\n", title);
    vt_report_append_wrapped(out, "  ", text, WIDTH);
}

static void
append_remedies(GString *out, const GPtrArray *remedies)
{
    for (guint i = 0; i < remedies->len; i++) {
        const VtRemedy *remedy = remedies->pdata[i];

        append_part(out, remedy->in_guest ? _("To type in the guest") : _("To type on the host"),
                    remedy->command);
        vt_report_append_wrapped(out, "    ", _(remedy->effect), WIDTH);
    }
}

char *
vt_report_cause(const VtCause *cause)
{
    GString *out = g_string_new(NULL);

    vt_report_append_line(out, "%s\n", cause->id);
    vt_report_append_wrapped(out, "  ", _(cause->summary), WIDTH);
    g_string_append_printf(out, _("Verdict %s.\n"), vt_verdict_to_string(cause->verdict));
    if (cause->device)
        append_part(out, _("Device"), _(cause->device));
    append_part(out, _("Why"), _(cause->reason));
    for (guint i = 0; i < cause->signs->len; i++) {
        g_autofree char *sign = vt_report_sign(cause->signs->pdata[i]);

        if (i == 0)
            g_string_append_printf(out, "%s\n", _("What shows it"));
        vt_report_append_wrapped(out, "  ", sign, WIDTH);
    }
    for (guint i = 0; i < cause->cures->len; i++) {
        if (i == 0)
            g_string_append_printf(out, "%s\n", _("Rules that end it"));
        vt_report_append_line(out, "  %s\n", ((const VtCauseCure *)cause->cures->pdata[i])->rule);
    }
    append_remedies(out, cause->remedies);
    for (guint i = 0; i < cause->sources->len; i++) {
        if (i == 0)
            g_string_append_printf(out, "%s\n", _("Sources"));
        vt_report_append_wrapped(out, "  ", cause->sources->pdata[i], WIDTH);
    }
    g_string_append_printf(out, _("File\n  %s\n"), cause->file);
    return g_string_free(out, FALSE);
}
