/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/overview.h"

#include <string.h>

#include "base/columns.h"
#include "base/i18n.h"
#include "base/printable.h"
#include "report/text.h"

enum { LEVELS = VT_LEVEL_ERROR + 1 };

typedef struct {
    char *name;
    char *os;               /* (nullable): without the scheme */
    guint findings[LEVELS]; /* by VtLevel */
    guint changes;
} Guest;

struct VtOverview {
    GPtrArray *guests; /* Guest* */
    guint windows, linuxes, unknown;
    guint findings[LEVELS];
    guint changes, changed;    /* the second: guests that have any */
    GHashTable *host_findings; /* messages: said once, whichever guests they were found with */
};

static void
guest_free(gpointer data)
{
    Guest *guest = data;

    g_free(guest->name);
    g_free(guest->os);
    g_free(guest);
}

VtOverview *
vt_overview_new(void)
{
    VtOverview *overview = g_new0(VtOverview, 1);

    overview->guests = g_ptr_array_new_with_free_func(guest_free);
    overview->host_findings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return overview;
}

void
vt_overview_free(VtOverview *overview)
{
    if (!overview)
        return;
    g_ptr_array_unref(overview->guests);
    g_hash_table_unref(overview->host_findings);
    g_free(overview);
}

static void
count_family(VtOverview *overview, const char *family)
{
    overview->windows += g_strcmp0(family, "windows") == 0;
    overview->linuxes += g_strcmp0(family, "linux") == 0;
    overview->unknown += !family;
}

void
vt_overview_add(VtOverview *overview, const char *name, const VtTuneResult *result)
{
    const char *os = vt_facts_get_string(result->facts, "guest.os_id");
    const char *scheme = os ? strstr(os, "://") : NULL;
    Guest *guest = g_new0(Guest, 1);

    guest->name = g_strdup(name);
    guest->os = g_strdup(scheme ? scheme + strlen("://") : os);
    guest->changes = result->plan->changes->len;
    for (guint i = 0; i < result->plan->findings->len; i++) {
        const VtFinding *finding = result->plan->findings->pdata[i];
        guest->findings[finding->level]++;
        overview->findings[finding->level]++;
    }
    for (guint i = 0; i < result->plan->host_findings->len; i++) {
        const VtFinding *finding = result->plan->host_findings->pdata[i];
        g_hash_table_add(overview->host_findings, g_strdup(finding->message));
    }
    overview->changes += guest->changes;
    overview->changed += guest->changes > 0;
    count_family(overview, vt_facts_get_string(result->facts, "guest.family"));
    g_ptr_array_add(overview->guests, guest);
}

bool
vt_overview_is_empty(const VtOverview *overview)
{
    return overview->guests->len == 0;
}

bool
vt_overview_found(const VtOverview *overview)
{
    for (guint level = 0; level < LEVELS; level++) {
        if (overview->findings[level])
            return true;
    }
    return overview->changes > 0 || g_hash_table_size(overview->host_findings) > 0;
}

/* The worst first; of equals by name. */
static gint
compare_guests(gconstpointer a, gconstpointer b)
{
    const Guest *one = *(const Guest *const *)a, *other = *(const Guest *const *)b;

    for (int level = LEVELS - 1; level >= 0; level--) {
        if (one->findings[level] != other->findings[level])
            return one->findings[level] > other->findings[level] ? -1 : 1;
    }
    return strcmp(one->name, other->name);
}

/* @width: in columns, to the left if negative, as printf has it; what is longer is cut. */
static void
append_cell(GString *out, const char *text, int width)
{
    g_autofree char *safe = vt_printable(text, false);
    int room = ABS(width), columns;

    safe[vt_columns_fit(safe, (unsigned)room)] = '\0';
    columns = (int)vt_columns_count(safe);
    if (width > 0)
        g_string_append_printf(out, "%*s", room - columns, "");
    g_string_append(out, safe);
    if (width < 0)
        g_string_append_printf(out, "%*s", room - columns + 1, "");
}

static void
append_row(GString *out, const char *const *cells)
{
    static const int widths[] = {-21, -23, 6, 8, 10, 7, 8};

    for (gsize i = 0; i < G_N_ELEMENTS(widths); i++)
        append_cell(out, cells[i], widths[i]);
    g_string_append_c(out, '\n');
}

static void
append_guest(GString *out, const Guest *guest)
{
    char numbers[LEVELS + 1][16];

    for (guint i = 0; i < LEVELS; i++)
        g_snprintf(numbers[i], sizeof(numbers[i]), "%u", guest->findings[VT_LEVEL_ERROR - i]);
    g_snprintf(numbers[LEVELS], sizeof(numbers[LEVELS]), "%u", guest->changes);
    append_row(out, (const char *[]){guest->name, guest->os ? guest->os : "?", numbers[0],
                                     numbers[1], numbers[2], numbers[3], numbers[4]});
}

static void
append_guests(GString *out, const VtOverview *overview, guint rows)
{
    guint shown = MIN(rows, overview->guests->len);

    append_row(out, (const char *[]){_("guest"), _("OS"), _("error"), _("warning"), _("recommend"),
                                     _("advice"), _("changes")});
    for (guint i = 0; i < shown; i++)
        append_guest(out, overview->guests->pdata[i]);
    if (shown < overview->guests->len)
        vt_report_append_line(out, _("... and %u more; 'vmtune check --all' has them all"),
                              overview->guests->len - shown);
}

static const char *
first_unknown(const VtOverview *overview)
{
    for (guint i = 0; i < overview->guests->len; i++) {
        const Guest *guest = overview->guests->pdata[i];
        if (!guest->os)
            return guest->name;
    }
    return NULL;
}

/* What to do next: only what there is a reason for. */
static void
append_next(GString *out, const VtOverview *overview)
{
    guint host = g_hash_table_size(overview->host_findings);

    g_string_append_c(out, '\n');
    if (overview->changes) {
        vt_report_append_line(out, _("'vmtune diff --all' shows %u changes to %u guests, and why."),
                              overview->changes, overview->changed);
        vt_report_append_line(out,
                              _("'vmtune apply --all' makes them; 'vmtune undo' takes them back."));
    }
    if (host)
        vt_report_append_line(out, _("findings about this host: %u"), host);
    if (vt_overview_found(overview))
        vt_report_append_line(out, _("'vmtune check --all' tells every finding."));
    else
        vt_report_append_line(out, _("There is nothing to mend."));
    vt_report_append_line(out, _("'vmtune --help' lists the commands."));
}

static void
append_unknown(GString *out, const VtOverview *overview)
{
    const char *name = first_unknown(overview);
    g_autofree char *quoted = name ? vt_shell_name(name) : NULL;

    if (!name)
        return;
    g_string_append_c(out, '\n');
    vt_report_append_wrapped(out, "",
                             _("A guest with '?' does not say what it runs, and nothing is done "
                               "that depends on it. To say it, with a name from osinfo-query(1):"),
                             80);
    vt_report_append_line(out, "  virt-xml %s --edit --metadata os_name=win10", quoted);
}

char *
vt_report_overview(VtOverview *overview, guint rows)
{
    GString *out = g_string_new(NULL);
    guint all = overview->guests->len;

    vt_report_append_line(out, _("guests: %u (Windows %u, Linux %u, others %u, unknown %u)"), all,
                          overview->windows, overview->linuxes,
                          all - overview->windows - overview->linuxes - overview->unknown,
                          overview->unknown);
    if (all == 0) {
        vt_report_append_line(
            out, _("This libvirt has no domains. 'vmtune tune FILE.xml' works on files."));
        return g_string_free(out, FALSE);
    }
    g_string_append_c(out, '\n');
    g_ptr_array_sort(overview->guests, compare_guests);
    append_guests(out, overview, rows);
    append_next(out, overview);
    append_unknown(out, overview);
    return g_string_free(out, FALSE);
}
