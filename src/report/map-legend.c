/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In: the model. Out: what stands above and below a drawing of it, in words. */
#include <string.h>

#include "base/i18n.h"
#include "report/map-parts.h"

/* ---- lists of CPUs ---- */

/* How many members from @first on lie @step apart; the last of them. */
static unsigned
run_length(const VtCpuSet *set, unsigned first, unsigned step, unsigned *ret_last)
{
    unsigned length = 1;

    *ret_last = first;
    while (vt_cpuset_next(set, *ret_last + 1) == (int)(*ret_last + step)) {
        *ret_last += step;
        length++;
    }
    return length;
}

char *
vt_map_format_cpus(const VtCpuSet *set)
{
    GString *out = g_string_new(NULL);

    for (int at = vt_cpuset_next(set, 0); at >= 0;) {
        unsigned first = (unsigned)at, last;
        int next = vt_cpuset_next(set, first + 1);
        unsigned step = next < 0 ? 1 : (unsigned)next - first;
        unsigned length = run_length(set, first, step, &last);

        if (out->len > 0)
            g_string_append_c(out, ',');
        if (step > 1 && length < 4)
            last = first; /* too short for a step: its CPUs may belong to what follows */
        if (last == first)
            g_string_append_printf(out, "%u", first);
        else if (step == 1)
            g_string_append_printf(out, "%u-%u", first, last);
        else
            g_string_append_printf(out, "%u,%u..%u", first, first + step, last);
        at = vt_cpuset_next(set, last + 1);
    }
    return g_string_free(out, FALSE);
}

/* ---- signs ---- */

static const struct {
    char sign;
    const char *meaning;
} marks[VT_MAP_MARKS] = {
    [VT_MAP_FREE] = {'.', N_("free")},
    [VT_MAP_RESERVED] = {'#', N_("reserved for the host")},
    [VT_MAP_ISOLATED] = {'!', N_("free, isolated")},
    [VT_MAP_CLOSED] = {'-', N_("outside the cgroup")},
    [VT_MAP_DOUBTFUL] = {'?', N_("contradictory, left alone")},
};

static const struct {
    char sign;
    const char *meaning;
} uses[VT_MAP_USES] = {
    [VT_MAP_VCPU] = {'\0', ""},
    [VT_MAP_EMULATOR] = {'*', N_("emulator, iothreads")},
    [VT_MAP_FLOATING] = {'~', N_("floating vCPUs")},
    [VT_MAP_UNUSED] = {'\0', ""},
};

char
vt_map_mark_sign(VtMapMark mark)
{
    return marks[mark].sign;
}

char
vt_map_use_sign(VtMapUse use)
{
    return uses[use].sign;
}

const char *
vt_map_mark_meaning(VtMapMark mark)
{
    return _(marks[mark].meaning);
}

const char *
vt_map_use_meaning(VtMapUse use)
{
    return *uses[use].meaning ? _(uses[use].meaning) : "";
}

VtMapSigns
vt_map_signs(const VtMap *map)
{
    VtMapSigns signs = {0};

    for (guint i = 0; i < map->cores->len; i++) {
        const VtMapCore *core = map->cores->pdata[i];
        for (guint j = 0; j < core->cpus->len; j++) {
            const VtMapCpu *cpu = core->cpus->pdata[j];
            signs.uses[cpu->use] = true;
            if (cpu->use == VT_MAP_UNUSED)
                signs.marks[cpu->mark] = true;
        }
    }
    return signs;
}

/* ---- guests ---- */

static const char *
state_word(VtMapState state)
{
    switch (state) {
    case VT_MAP_RUNNING:
        return _("running");
    case VT_MAP_CONFIGURED:
        return _("not running");
    case VT_MAP_PLANNED:
        return _("planned");
    }
    return "";
}

static int
only_cpu(const VtMapVcpu *vcpu)
{
    return vcpu->mask && vt_cpuset_count(vcpu->mask) == 1 ? vt_cpuset_next(vcpu->mask, 0) : -1;
}

/* vCPUs that one phrase can tell of: one CPU each, the same mask, or none. */
static bool
same_manner(const VtMapVcpu *one, const VtMapVcpu *other)
{
    if (only_cpu(one) >= 0 || only_cpu(other) >= 0)
        return only_cpu(one) >= 0 && only_cpu(other) >= 0;
    if (!one->mask || !other->mask)
        return !one->mask && !other->mask;
    return vt_cpuset_equal(one->mask, other->mask);
}

static void
append_range(GString *out, unsigned first, unsigned last)
{
    if (first == last)
        g_string_append_printf(out, "%u", first);
    else
        g_string_append_printf(out, "%u-%u", first, last);
}

/* A list that is longer than this is not read but searched: it is sorted instead. */
#define ORDERED_LIST_MAX 48

/* The CPUs of some vCPUs in the order of the vCPUs: "0,10,1,11", "4-7". */
static char *
format_in_order(const VtMapGuest *guest, guint first, guint end)
{
    GString *out = g_string_new(NULL);

    for (guint i = first, next; i < end; i = next) {
        unsigned cpu = (unsigned)only_cpu(guest->vcpus->pdata[i]);

        for (next = i + 1; next < end; next++) {
            if (only_cpu(guest->vcpus->pdata[next]) != (int)(cpu + next - i))
                break;
        }
        if (i > first)
            g_string_append_c(out, ',');
        append_range(out, cpu, cpu + next - i - 1);
    }
    return g_string_free(out, FALSE);
}

static char *
format_sorted(const VtMapGuest *guest, guint first, guint end)
{
    g_autoptr(VtCpuSet) cpus = vt_cpuset_new();

    for (guint i = first; i < end; i++)
        vt_cpuset_add(cpus, (unsigned)only_cpu(guest->vcpus->pdata[i]));
    return vt_map_format_cpus(cpus);
}

/* "CPU 3", "CPUs 3-4" */
static char *
name_cpus(const char *list)
{
    return strpbrk(list, ",-") ? g_strdup_printf(_("CPUs %s"), list)
                               : g_strdup_printf(_("CPU %s"), list);
}

static char *
name_set(const VtCpuSet *cpus)
{
    g_autofree char *list = vt_map_format_cpus(cpus);

    return name_cpus(list);
}

static void
append_vcpus(GString *out, const VtMapGuest *guest, guint first, guint end)
{
    const VtMapVcpu *vcpu = guest->vcpus->pdata[first];
    const VtMapVcpu *last = guest->vcpus->pdata[end - 1];
    g_autofree char *numbers = first + 1 == end
                                   ? g_strdup_printf(_("vCPU %u"), vcpu->number)
                                   : g_strdup_printf(_("vCPUs %u-%u"), vcpu->number, last->number);
    g_autofree char *list = NULL, *cpus = NULL;

    if (!vcpu->mask) {
        g_string_append_printf(out, _("; %s not pinned"), numbers);
        return;
    }
    if (only_cpu(vcpu) < 0) {
        cpus = name_set(vcpu->mask);
        g_string_append_printf(out, _("; %s on any of %s"), numbers, cpus);
        return;
    }
    list = format_in_order(guest, first, end);
    if (strlen(list) > ORDERED_LIST_MAX) {
        g_free(list);
        list = format_sorted(guest, first, end);
        g_string_append_printf(out, _("; %s, one each, on CPUs %s"), numbers, list);
        return;
    }
    cpus = name_cpus(list);
    g_string_append_printf(out, _("; %s on %s"), numbers, cpus);
}

static char *
describe_guest(const VtMapGuest *guest)
{
    GString *out = g_string_new(NULL);

    g_string_append_printf(out, "%s: %s", guest->name, state_word(guest->state));
    for (guint first = 0, end; first < guest->vcpus->len; first = end) {
        const VtMapVcpu *vcpu = guest->vcpus->pdata[first];

        for (end = first + 1; end < guest->vcpus->len; end++) {
            const VtMapVcpu *next = guest->vcpus->pdata[end];
            if (!same_manner(vcpu, next) || next->number != vcpu->number + end - first)
                break;
        }
        append_vcpus(out, guest, first, end);
    }
    if (guest->emulator) {
        g_autofree char *cpus = name_set(guest->emulator);
        g_string_append_printf(out, _("; emulator on %s"), cpus);
    }
    if (guest->iothreads) {
        g_autofree char *cpus = name_set(guest->iothreads);
        g_string_append_printf(out, _("; iothreads on %s"), cpus);
    }
    return g_string_free(out, FALSE);
}

/* ---- the legend ---- */

static void
line_free(gpointer data)
{
    VtMapLine *line = data;

    g_free(line->key);
    g_free(line->text);
    g_free(line);
}

/* @text: (transfer full) */
static void
add_line(GPtrArray *lines, const VtMapGuest *guest, char *text)
{
    VtMapLine *line = g_new0(VtMapLine, 1);

    line->guest = guest;
    line->key = g_strdup(guest ? guest->key : "");
    line->text = text;
    g_ptr_array_add(lines, line);
}

static void
add_unpinned(GPtrArray *lines, const VtMap *map, VtMapState state, const char *label)
{
    g_autoptr(GString) names = g_string_new(NULL);

    for (guint i = 0; i < map->guests->len; i++) {
        const VtMapGuest *guest = map->guests->pdata[i];
        if (guest->state == state && !*guest->key)
            g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", guest->name);
    }
    if (names->len > 0)
        add_line(lines, NULL, g_strdup_printf(_("%s: %s."), label, names->str));
}

static void
add_cpus(GPtrArray *lines, const char *label, const VtCpuSet *cpus)
{
    g_autofree char *words = name_set(cpus);

    if (vt_cpuset_count(cpus) > 0)
        add_line(lines, NULL, g_strdup_printf(_("%s: %s."), label, words));
}

/* What the drawing cannot show, or shows only where nobody sits. */
static void
add_lists(GPtrArray *lines, const VtMap *map)
{
    g_autoptr(VtCpuSet) closed = vt_cpuset_copy(map->host->online);
    g_autoptr(GString) memory = g_string_new(NULL);

    vt_cpuset_subtract(closed, map->host->allowed);
    add_cpus(lines, _("Offline"), map->host->offline);
    add_cpus(lines, _("Isolated"), map->host->isolated);
    add_cpus(lines, _("Without a timer tick (nohz_full)"), map->host->nohz_full);
    add_cpus(lines, _("Reserved for the host"), map->reserved);
    add_cpus(lines, _("Outside the guests' cgroup"), closed);
    for (guint i = 0; i < map->host->nodes->len; i++) {
        const VtHostNode *node = map->host->nodes->pdata[i];
        g_autofree char *size =
            g_format_size_full(node->memory_kib * 1024, G_FORMAT_SIZE_IEC_UNITS);

        if (vt_cpuset_count(node->cpus) == 0)
            g_string_append_printf(memory, "%s%d (%s)", memory->len > 0 ? ", " : "", node->id,
                                   node->memory_known ? size : _("unknown"));
    }
    if (memory->len > 0)
        add_line(lines, NULL, g_strdup_printf(_("Nodes without CPUs: %s."), memory->str));
}

GPtrArray *
vt_map_legend(const VtMap *map)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(line_free);

    for (guint i = 0; i < map->guests->len; i++) {
        const VtMapGuest *guest = map->guests->pdata[i];
        if (*guest->key)
            add_line(lines, guest, describe_guest(guest));
    }
    add_unpinned(lines, map, VT_MAP_RUNNING, _("Running without pins"));
    add_unpinned(lines, map, VT_MAP_CONFIGURED, _("Not running, without pins"));
    add_lists(lines, map);
    for (guint i = 0; i < map->remarks->len; i++)
        add_line(lines, NULL, g_strdup(map->remarks->pdata[i]));
    return lines;
}

static unsigned
count_packages(const VtMap *map)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < map->cores->len; i++) {
        const VtMapCore *core = map->cores->pdata[i];
        if (core->package >= 0)
            g_hash_table_add(seen, GINT_TO_POINTER(core->package));
    }
    return g_hash_table_size(seen);
}

char *
vt_map_summary(const VtMap *map)
{
    return g_strdup_printf(
        _("packages: %u, NUMA nodes: %u, L3 domains: %u, cores: %u, CPUs online: %u"),
        count_packages(map), map->host->nodes->len, map->host->l3_domains->len, map->cores->len,
        vt_cpuset_count(map->host->online));
}
