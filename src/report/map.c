/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The model's frames and cores.
 * Law: the levels are ordered by how finely they divide this host, as an L3 domain may hold several
 * nodes or a node several packages; where two levels cut across each other, one of them is shown
 * in pieces.
 */
#include "report/map.h"

#include <string.h>

#include "base/i18n.h"
#include "report/map-parts.h"

typedef enum {
    LEVEL_PACKAGE,
    LEVEL_NODE,
    LEVEL_L3,
    LEVEL_KIND,
    LEVELS,
} Level;

/* ---- freeing ---- */

static void
map_cpu_free(gpointer data)
{
    VtMapCpu *cpu = data;

    if (cpu->holders)
        g_array_unref(cpu->holders);
    g_free(cpu);
}

static void
map_core_free(gpointer data)
{
    VtMapCore *core = data;

    g_ptr_array_unref(core->cpus);
    g_free(core);
}

static void
map_frame_free(gpointer data)
{
    VtMapFrame *frame = data;

    g_ptr_array_unref(frame->titles);
    g_ptr_array_unref(frame->details);
    g_ptr_array_unref(frame->frames);
    g_ptr_array_unref(frame->cores);
    vt_cpuset_free(frame->cpus);
    g_free(frame);
}

void
vt_map_free(VtMap *map)
{
    if (!map)
        return;
    map_frame_free(map->root);
    g_ptr_array_unref(map->cores);
    g_ptr_array_unref(map->guests);
    g_ptr_array_unref(map->remarks);
    vt_cpuset_free(map->reserved);
    g_free(map->title);
    g_free(map);
}

/* ---- cores ---- */

static VtMapMark
mark_of(const VtMap *map, const VtHostCore *core, unsigned cpu)
{
    if (!vt_cpuset_has(map->host->allowed, cpu))
        return VT_MAP_CLOSED;
    if (!core || !vt_cpuset_has(core->cpus, cpu))
        return VT_MAP_DOUBTFUL;
    if (vt_cpuset_has(map->reserved, cpu))
        return VT_MAP_RESERVED;
    return vt_cpuset_has(map->host->isolated, cpu) ? VT_MAP_ISOLATED : VT_MAP_FREE;
}

static VtMapCore *
add_core(VtMap *map)
{
    VtMapCore *core = g_new0(VtMapCore, 1);

    core->cpus = g_ptr_array_new_with_free_func(map_cpu_free);
    core->package = core->node = core->l3 = -1;
    g_ptr_array_add(map->cores, core);
    return core;
}

static void
add_cpu(VtMap *map, VtMapCore *core, const VtHostCore *host_core, unsigned number)
{
    VtMapCpu *cpu = g_new0(VtMapCpu, 1);

    cpu->number = number;
    cpu->mark = mark_of(map, host_core, number);
    cpu->use = VT_MAP_UNUSED;
    g_ptr_array_add(core->cpus, cpu);
}

/* @left: the online CPUs that no core has had yet */
static void
add_host_core(VtMap *map, const VtHostCore *host_core, VtCpuSet *left)
{
    VtMapCore *core = NULL;

    for (int cpu = vt_cpuset_next(host_core->online, 0); cpu >= 0;
         cpu = vt_cpuset_next(host_core->online, (unsigned)cpu + 1)) {
        if (!vt_cpuset_has(left, (unsigned)cpu))
            continue;
        vt_cpuset_remove(left, (unsigned)cpu);
        if (!core) {
            core = add_core(map);
            core->package = host_core->package;
            core->node = host_core->node;
            core->l3 = host_core->l3;
            core->kind = host_core->kind;
        }
        add_cpu(map, core, host_core, (unsigned)cpu);
    }
}

/* A CPU that sysfs puts into no core. Its node is known all the same. */
static void
add_bare_cpu(VtMap *map, unsigned cpu)
{
    VtMapCore *core = add_core(map);

    add_cpu(map, core, NULL, cpu);
    for (guint i = 0; i < map->host->nodes->len; i++) {
        const VtHostNode *node = map->host->nodes->pdata[i];
        if (vt_cpuset_has(node->cpus, cpu))
            core->node = node->id;
    }
}

static void
add_cores(VtMap *map)
{
    g_autoptr(VtCpuSet) left = vt_cpuset_copy(map->host->online);

    for (guint i = 0; i < map->host->cores->len; i++)
        add_host_core(map, map->host->cores->pdata[i], left);
    for (guint i = 0; i < map->host->closed_cores->len; i++)
        add_host_core(map, map->host->closed_cores->pdata[i], left);
    for (int cpu = vt_cpuset_next(left, 0); cpu >= 0; cpu = vt_cpuset_next(left, (unsigned)cpu + 1))
        add_bare_cpu(map, (unsigned)cpu);
}

/* ---- levels ---- */

static int
value_at(const VtMapCore *core, Level level)
{
    switch (level) {
    case LEVEL_PACKAGE:
        return core->package;
    case LEVEL_NODE:
        return core->node;
    case LEVEL_L3:
        return core->l3;
    case LEVEL_KIND:
        return core->kind == VT_CORE_KIND_UNKNOWN ? -1 : (int)core->kind;
    case LEVELS:
        break;
    }
    return -1;
}

static unsigned
count_values(const VtMap *map, Level level)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < map->cores->len; i++) {
        int value = value_at(map->cores->pdata[i], level);
        if (value >= 0)
            g_hash_table_add(seen, GINT_TO_POINTER(value));
    }
    return g_hash_table_size(seen);
}

/* The levels that the host tells of, the coarsest first; kinds are always the finest. */
static GArray *
order_levels(const VtMap *map)
{
    GArray *levels = g_array_new(FALSE, FALSE, sizeof(Level));
    unsigned counts[LEVELS];

    for (Level level = 0; level < LEVELS; level++) {
        guint at = levels->len;

        counts[level] = count_values(map, level);
        if (counts[level] == 0)
            continue;
        while (level != LEVEL_KIND && at > 0 &&
               counts[g_array_index(levels, Level, at - 1)] > counts[level])
            at--;
        g_array_insert_val(levels, at, level);
    }
    return levels;
}

static gint
compare_values(int a, int b)
{
    /* what is in no node, or behind no L3, comes last */
    return (unsigned)a < (unsigned)b ? -1 : a != b;
}

static gint
compare_cores(gconstpointer a, gconstpointer b, gpointer data)
{
    const VtMapCore *one = *(VtMapCore *const *)a, *other = *(VtMapCore *const *)b;
    const GArray *levels = data;
    gint order = 0;

    for (guint i = 0; order == 0 && i < levels->len; i++) {
        Level level = g_array_index(levels, Level, i);
        order = compare_values(value_at(one, level), value_at(other, level));
    }
    if (order == 0)
        order = compare_values((int)((VtMapCpu *)one->cpus->pdata[0])->number,
                               (int)((VtMapCpu *)other->cpus->pdata[0])->number);
    return order;
}

/* ---- frames ---- */

static VtMapFrame *
frame_new(void)
{
    VtMapFrame *frame = g_new0(VtMapFrame, 1);

    frame->titles = g_ptr_array_new_with_free_func(g_free);
    frame->details = g_ptr_array_new_with_free_func(g_free);
    frame->frames = g_ptr_array_new_with_free_func(map_frame_free);
    frame->cores = g_ptr_array_new();
    frame->cpus = vt_cpuset_new();
    return frame;
}

static char *
level_title(Level level, int value)
{
    switch (level) {
    case LEVEL_PACKAGE:
        return value < 0 ? g_strdup(_("no package")) : g_strdup_printf(_("package %d"), value);
    case LEVEL_NODE:
        return value < 0 ? g_strdup(_("no node")) : g_strdup_printf(_("node %d"), value);
    case LEVEL_L3:
        return value < 0 ? g_strdup(_("no L3")) : g_strdup_printf(_("L3 %d"), value);
    case LEVEL_KIND:
        if (value == VT_CORE_KIND_PERFORMANCE)
            return g_strdup(_("P cores"));
        return g_strdup(value < 0 ? _("other cores") : _("E cores"));
    case LEVELS:
        break;
    }
    return g_strdup("");
}

static void
add_title(const VtMap *map, VtMapFrame *frame, Level level, int value)
{
    const VtHostNode *node =
        level == LEVEL_NODE && value >= 0 ? vt_topology_find_node(map->host, value) : NULL;

    frame->absent = value < 0;
    g_ptr_array_add(frame->titles, level_title(level, value));
    g_ptr_array_add(frame->details,
                    node && node->memory_known
                        ? g_format_size_full(node->memory_kib * 1024, G_FORMAT_SIZE_IEC_UNITS)
                        : NULL);
}

static void
move_all(GPtrArray *into, GPtrArray *from)
{
    while (from->len > 0)
        g_ptr_array_add(into, g_ptr_array_steal_index(from, 0));
}

/* A frame with one frame in it says the same twice: it takes over its titles, unless they only add
 * to what it is not in, and what it holds. */
static void
merge_only_child(VtMapFrame *frame)
{
    VtMapFrame *child;

    if (frame->frames->len != 1)
        return;
    child = g_ptr_array_steal_index(frame->frames, 0);
    if (!child->absent || frame->titles->len == 0) {
        frame->absent = child->absent;
        move_all(frame->titles, child->titles);
        move_all(frame->details, child->details);
    }
    move_all(frame->frames, child->frames);
    move_all(frame->cores, child->cores);
    map_frame_free(child);
}

/* Divides @cores, which are sorted, by @levels from @depth on. */
static void
fill_frame(const VtMap *map, VtMapFrame *frame, VtMapCore *const *cores, guint count,
           const GArray *levels, guint depth)
{
    for (guint i = 0; i < count; i++) {
        for (guint j = 0; j < cores[i]->cpus->len; j++)
            vt_cpuset_add(frame->cpus, ((VtMapCpu *)cores[i]->cpus->pdata[j])->number);
        if (depth == levels->len)
            g_ptr_array_add(frame->cores, cores[i]);
    }
    for (guint first = 0, next; depth < levels->len && first < count; first = next) {
        Level level = g_array_index(levels, Level, depth);
        int value = value_at(cores[first], level);
        VtMapFrame *child = frame_new();

        for (next = first; next < count && value_at(cores[next], level) == value;)
            next++;
        add_title(map, child, level, value);
        fill_frame(map, child, cores + first, next - first, levels, depth + 1);
        g_ptr_array_add(frame->frames, child);
    }
    merge_only_child(frame);
}

static void
build_frames(VtMap *map)
{
    g_autoptr(GArray) levels = order_levels(map);

    g_ptr_array_sort_with_data(map->cores, compare_cores, levels);
    map->root = frame_new();
    fill_frame(map, map->root, (VtMapCore *const *)map->cores->pdata, map->cores->len, levels, 0);
}

VtMap *
vt_map_new(const char *title, const VtTopology *host, GPtrArray *guests, const VtCpuSet *reserved)
{
    VtMap *map = g_new0(VtMap, 1);

    map->title = vt_map_clean(title);
    map->host = host;
    map->guests = guests;
    map->reserved = reserved ? vt_cpuset_copy(reserved) : vt_cpuset_new();
    map->cores = g_ptr_array_new_with_free_func(map_core_free);
    map->remarks = g_ptr_array_new_with_free_func(g_free);
    add_cores(map);
    build_frames(map);
    vt_map_seat_guests(map);
    return map;
}

void
vt_map_add_remark(VtMap *map, const char *text)
{
    g_ptr_array_add(map->remarks, vt_map_clean(text));
}
