/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose/memory-map.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"

/* Of the views, the one that the CPUs see. */
#define PORTS "AS \"I/O\","
#define MEMORY "AS \"memory\","
#define ROOT "Root memory region: "
#define OFFSET " @"
#define OWNER " owner:{"
#define PARENT " parent:{"

static void
clear_region(gpointer data)
{
    VtRegion *region = data;

    g_free(region->name);
}

static GArray *
new_regions(void)
{
    GArray *regions = g_array_new(FALSE, FALSE, sizeof(VtRegion));

    g_array_set_clear_func(regions, clear_region);
    return regions;
}

/* "0000000000000608-000000000000060b (prio 0, i/o): " and what stands behind it. */
static bool
read_range(const char *line, VtRegion *region, const char **ret_rest)
{
    char *end;
    const char *close;

    region->first = g_ascii_strtoull(line, &end, 16);
    if (end == line || *end != '-')
        return false;
    line = end + 1;
    region->last = g_ascii_strtoull(line, &end, 16);
    close = strstr(end, "): ");
    if (end == line || !g_str_has_prefix(end, " (prio ") || !close || region->last < region->first)
        return false;
    *ret_rest = close + strlen("): ");
    return true;
}

/* Names may have blanks in them: "vga ioports remapped". */
static void
read_name(const char *rest, VtRegion *region)
{
    const char *owner = strstr(rest, OWNER);
    const char *end = owner ? owner : strstr(rest, PARENT);
    const char *offset = g_strrstr_len(rest, end ? end - rest : -1, OFFSET);

    if (offset)
        end = offset;
    region->name = end ? g_strndup(rest, (gsize)(end - rest)) : g_strdup(rest);
    g_strchomp(region->name);
}

/* Where @root itself stands, nothing is; and RAM costs nobody an exit. */
static void
add_region(GArray *regions, const char *line, const char *root)
{
    VtRegion region = {0};
    const char *rest;

    if (!read_range(line, &region, &rest) || !strstr(line, ", i/o): "))
        return;
    read_name(rest, &region);
    if (g_strcmp0(region.name, root) == 0)
        clear_region(&region);
    else
        g_array_append_val(regions, region);
}

/* One view: its address spaces, its root, its regions. */
static void
read_view(VtMemoryMap *map, char **lines)
{
    GArray *regions = NULL;
    const char *root = NULL;

    for (; *lines && *g_strstrip(*lines); lines++) {
        const char *line = *lines;
        if (g_str_has_prefix(line, PORTS))
            regions = map->ports;
        else if (g_str_has_prefix(line, MEMORY))
            regions = map->memory;
        else if (g_str_has_prefix(line, ROOT))
            root = line + strlen(ROOT);
        else if (regions)
            add_region(regions, line, root);
    }
}

VtMemoryMap *
vt_memory_map_parse(const char *text, GError **error)
{
    g_autoptr(VtMemoryMap) map = g_new0(VtMemoryMap, 1);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    map->ports = new_regions();
    map->memory = new_regions();
    for (char **line = lines; *line; line++) {
        if (g_str_has_prefix(*line, "FlatView #"))
            read_view(map, line + 1);
    }
    if (map->ports->len == 0 && map->memory->len == 0) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("the emulator's answer to '%s' is no memory map that vmtune can read"),
                    VT_MEMORY_MAP_COMMAND);
        return NULL;
    }
    return g_steal_pointer(&map);
}

void
vt_memory_map_free(VtMemoryMap *map)
{
    if (!map)
        return;
    g_clear_pointer(&map->ports, g_array_unref);
    g_clear_pointer(&map->memory, g_array_unref);
    g_free(map);
}

const VtRegion *
vt_memory_map_find(const VtMemoryMap *map, VtExitKind kind, guint64 address)
{
    const GArray *regions = kind == VT_EXITS_BY_PORT ? map->ports : map->memory;

    for (guint i = 0; i < regions->len; i++) {
        const VtRegion *region = &g_array_index(regions, VtRegion, i);
        if (region->first <= address && address <= region->last)
            return region;
    }
    return NULL;
}
