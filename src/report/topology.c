/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In: a topology. Out: it in words, one line a thing. */
#include "base/columns.h"
#include "base/i18n.h"
#include "report/map.h"
#include "report/text.h"

#define LABEL_WIDTH 17

static void G_GNUC_PRINTF(3, 4) append_row(GString *out, const char *label, const char *format, ...)
{
    int padding = LABEL_WIDTH - (int)vt_columns_count(label);
    va_list arguments;

    g_string_append_printf(out, "%s%*s", label, MAX(padding, 1), "");
    va_start(arguments, format);
    g_string_append_vprintf(out, format, arguments);
    va_end(arguments);
    g_string_append_c(out, '\n');
}

static void
append_cpus(GString *out, const char *label, const VtCpuSet *cpus)
{
    g_autofree char *text = vt_map_format_cpus(cpus);

    if (*text)
        append_row(out, label, "%s", text);
}

/* ---- cores ---- */

static void
append_packages(GString *out, const VtTopology *host)
{
    g_autoptr(VtCpuSet) ids = vt_cpuset_new();

    for (guint i = 0; i < host->cores->len; i++) {
        const VtHostCore *core = host->cores->pdata[i];
        if (core->package >= 0 && core->package < VT_CPUSET_MAX)
            vt_cpuset_add(ids, (unsigned)core->package);
    }
    if (vt_cpuset_count(ids) > 0)
        append_row(out, _("packages"), "%u", vt_cpuset_count(ids));
}

/* How the siblings of a core are numbered: what one has to know to read any list of CPUs. */
static void
append_siblings(GString *out, const VtTopology *host)
{
    int distance = 0, first = -1, second = -1;
    bool even = true;

    for (guint i = 0; i < host->cores->len; i++) {
        const VtHostCore *core = host->cores->pdata[i];
        int one = vt_cpuset_next(core->online, 0);
        int other = vt_cpuset_next(core->online, (unsigned)one + 1);

        if (other < 0)
            continue;
        if (first < 0) {
            first = one;
            second = other;
            distance = other - one;
        }
        even = even && other - one == distance;
    }
    if (first < 0)
        return;
    if (!even)
        append_row(out, _("siblings"), _("numbered irregularly; CPUs %d and %d share a core"),
                   first, second);
    else if (distance == 1)
        append_row(out, _("siblings"), _("adjacent: CPUs %d and %d share a core"), first, second);
    else
        append_row(out, _("siblings"), _("%d apart: CPUs %d and %d share a core"), distance, first,
                   second);
}

static void
append_kind(GString *out, const VtTopology *host, VtCoreKind kind, const char *label)
{
    g_autoptr(VtCpuSet) cpus = vt_cpuset_new();
    g_autofree char *text = NULL;
    unsigned count = 0;

    for (guint i = 0; i < host->cores->len; i++) {
        const VtHostCore *core = host->cores->pdata[i];
        if (core->kind != kind)
            continue;
        count++;
        vt_cpuset_union(cpus, core->online);
    }
    text = vt_map_format_cpus(cpus);
    if (count > 0)
        append_row(out, label, _("%u, CPUs %s"), count, text);
}

static void
append_cores(GString *out, const VtTopology *host)
{
    if (host->threads_per_core > 1)
        append_row(out, _("cores"), _("%u, up to %u threads each"), host->cores->len,
                   host->threads_per_core);
    else
        append_row(out, _("cores"), _("%u, one thread each"), host->cores->len);
    append_siblings(out, host);
    append_kind(out, host, VT_CORE_KIND_PERFORMANCE, _("P cores"));
    append_kind(out, host, VT_CORE_KIND_EFFICIENCY, _("E cores"));
}

/* ---- CPUs ---- */

static void
append_sets(GString *out, const VtTopology *host)
{
    append_cpus(out, _("CPUs online"), host->online);
    append_cpus(out, _("CPUs offline"), host->offline);
    append_cpus(out, _("CPUs isolated"), host->isolated);
    append_cpus(out, _("CPUs nohz_full"), host->nohz_full);
    if (!vt_cpuset_equal(host->allowed, host->online))
        append_cpus(out, _("CPUs for guests"), host->allowed);
    if (host->allowed_nodes)
        append_cpus(out, _("nodes for guests"), host->allowed_nodes);
}

/* ---- nodes ---- */

static void
append_memory(GString *out, const VtHostNode *node)
{
    g_autofree char *total = g_format_size_full(node->memory_kib * 1024, G_FORMAT_SIZE_IEC_UNITS);

    if (!node->memory_known)
        g_string_append(out, _(", memory unknown"));
    else if (node->memory_kib == 0)
        g_string_append(out, _(", no memory"));
    else
        g_string_append_printf(out, _(", memory %s"), total);
}

static void
append_node(GString *out, const VtHostNode *node)
{
    g_autofree char *label = g_strdup_printf(_("NUMA node %d"), node->id);
    g_autofree char *cpus = vt_map_format_cpus(node->cpus);
    g_autoptr(GString) text = g_string_new(NULL);

    if (*cpus)
        g_string_append_printf(text, _("CPUs %s"), cpus);
    else
        g_string_append(text, _("no CPUs"));
    append_memory(text, node);
    for (guint i = 0; node->distances && node->distances->len > 1 && i < node->distances->len; i++)
        g_string_append_printf(text, "%s%u", i == 0 ? _(", distances ") : " ",
                               g_array_index(node->distances, unsigned, i));
    append_row(out, label, "%s", text->str);
}

char *
vt_report_topology(const VtTopology *topology)
{
    GString *out = g_string_new(NULL);

    append_packages(out, topology);
    append_cores(out, topology);
    append_sets(out, topology);
    for (guint i = 0; i < topology->nodes->len; i++)
        append_node(out, topology->nodes->pdata[i]);
    for (guint i = 0; i < topology->l3_domains->len; i++) {
        g_autofree char *label = g_strdup_printf(_("L3 domain %u"), i);
        append_cpus(out, label, topology->l3_domains->pdata[i]);
    }
    for (guint i = 0; i < topology->oddities->len; i++)
        append_row(out, _("odd"), "%s", (char *)topology->oddities->pdata[i]);
    return g_string_free(out, FALSE);
}
