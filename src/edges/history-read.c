/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/history-parts.h"

#include <string.h>

#include "base/error.h"
#include "edges/safe-file.h"

void
vt_history_entry_free(VtHistoryEntry *entry)
{
    if (!entry)
        return;
    g_free(entry->path);
    g_free(entry->by);
    g_strfreev(entry->rules);
    g_free(entry->before);
    g_free(entry->after);
    g_free(entry);
}

const char *
vt_history_state_to_string(VtHistoryState state)
{
    static const char *const words[] = {"in-force", "undone", "interrupted"};

    return words[state];
}

static gint
compare_numbers(gconstpointer a, gconstpointer b)
{
    guint one = *(const guint *)a, other = *(const guint *)b;

    return (one > other) - (one < other);
}

GArray *
vt_history_numbers(const char *folder)
{
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GDir) directory = g_dir_open(folder, 0, NULL);
    const char *name;

    while (directory && (name = g_dir_read_name(directory))) {
        guint64 parsed;

        if (g_ascii_string_to_unsigned(name, 10, 1, G_MAXUINT32, &parsed, NULL)) {
            guint number = (guint)parsed;
            g_array_append_val(numbers, number);
        }
    }
    g_array_sort(numbers, compare_numbers);
    return numbers;
}

static bool
read_file(const char *path, char **ret_text, gsize *ret_length, GError **error)
{
    g_autoptr(GError) cause = NULL;

    if (g_file_get_contents(path, ret_text, ret_length, &cause))
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, "%s", cause->message);
    return false;
}

static bool
read_about(VtHistoryEntry *entry, char **ret_libvirt, GError **error)
{
    g_autofree char *path = g_build_filename(entry->path, VT_HISTORY_ENTRY, NULL);
    g_autofree char *text = NULL, *when = NULL;
    g_autoptr(GKeyFile) file = NULL;
    g_autoptr(GDateTime) time = NULL;
    gsize length;

    if (!read_file(path, &text, &length, error))
        return false;
    file = vt_safe_parse(text, length, error);
    if (!file) {
        g_prefix_error(error, "%s: ", path);
        return false;
    }
    when = g_key_file_get_string(file, VT_HISTORY_ENTRY, "when", NULL);
    time = when ? g_date_time_new_from_iso8601(when, NULL) : NULL;
    entry->when_s = time ? g_date_time_to_unix(time) : 0;
    entry->by = g_key_file_get_string(file, VT_HISTORY_ENTRY, "by", NULL);
    entry->rules = g_key_file_get_string_list(file, VT_HISTORY_ENTRY, "rules", NULL, NULL);
    entry->undoes = (guint)g_key_file_get_uint64(file, VT_HISTORY_ENTRY, "undoes", NULL);
    *ret_libvirt = g_key_file_get_string(file, VT_HISTORY_ENTRY, "libvirt", NULL);
    if (!entry->by)
        entry->by = g_strdup("");
    if (!entry->rules)
        entry->rules = g_new0(char *, 1);
    return true;
}

/* Returns: NULL without @error for what is no entry of this libvirt */
static VtHistoryEntry *
read_entry(const VtHistory *history, const char *folder, guint number, GError **error)
{
    g_autoptr(VtHistoryEntry) entry = g_new0(VtHistoryEntry, 1);
    g_autofree char *name = g_strdup_printf("%u", number);
    g_autofree char *before = NULL, *after = NULL, *measured = NULL, *libvirt = NULL;

    entry->number = number;
    entry->path = g_build_filename(folder, name, NULL);
    before = g_build_filename(entry->path, VT_HISTORY_BEFORE, NULL);
    after = g_build_filename(entry->path, VT_HISTORY_AFTER, NULL);
    measured = g_build_filename(entry->path, VT_HISTORY_MEASURED, NULL);
    if (!g_file_test(before, G_FILE_TEST_EXISTS))
        return NULL;
    if (!read_about(entry, &libvirt, error) || g_strcmp0(libvirt, history->libvirt) != 0 ||
        !read_file(before, &entry->before, NULL, error))
        return NULL;
    if (g_file_test(after, G_FILE_TEST_EXISTS) && !read_file(after, &entry->after, NULL, error))
        return NULL;
    entry->measured = g_file_test(measured, G_FILE_TEST_EXISTS);
    return g_steal_pointer(&entry);
}

char *
vt_history_measured(const VtHistoryEntry *entry, gsize *ret_length, GError **error)
{
    g_autofree char *path = g_build_filename(entry->path, VT_HISTORY_MEASURED, NULL);
    char *text = NULL;

    return read_file(path, &text, ret_length, error) ? text : NULL;
}

/* What an undo went back to is the world as it was before the entry that it names, and that may be
 * an undo itself: so each entry's world is kept, as the set of the entries that made it. */
static void
find_states(const GPtrArray *entries)
{
    guint count = entries->len;
    g_autofree bool *before = g_new0(bool, (gsize)count *count); /* a row for each entry */
    g_autofree bool *world = g_new0(bool, count);

    for (guint i = 0; i < count; i++) {
        const VtHistoryEntry *entry = entries->pdata[i];

        memcpy(before + (gsize)i * count, world, count * sizeof *world);
        if (entry->undoes)
            memset(world, 0, count * sizeof *world); /* what was pruned had nothing before it */
        for (guint j = 0; entry->undoes && j < i; j++) {
            const VtHistoryEntry *undone = entries->pdata[j];
            if (undone->number == entry->undoes)
                memcpy(world, before + (gsize)j * count, count * sizeof *world);
        }
        world[i] = true;
    }
    for (guint i = 0; i < count; i++) {
        VtHistoryEntry *entry = entries->pdata[i];
        entry->state = !world[i]      ? VT_HISTORY_UNDONE
                       : entry->after ? VT_HISTORY_IN_FORCE
                                      : VT_HISTORY_INTERRUPTED;
    }
}

GPtrArray *
vt_history_list(const VtHistory *history, const char *uuid, GError **error)
{
    g_autofree char *folder = g_build_filename(history->dir, uuid, NULL);
    g_autoptr(GPtrArray) entries =
        g_ptr_array_new_with_free_func((GDestroyNotify)vt_history_entry_free);
    g_autoptr(GArray) numbers = NULL;
    g_autoptr(GError) trouble = NULL;

    numbers =
        vt_history_find_folder(history->dir, uuid, &trouble) ? vt_history_numbers(folder) : NULL;
    for (guint i = 0; numbers && !trouble && i < numbers->len; i++) {
        VtHistoryEntry *entry =
            read_entry(history, folder, g_array_index(numbers, guint, i), &trouble);
        if (entry)
            g_ptr_array_add(entries, entry);
    }
    if (trouble) {
        g_propagate_error(error, g_steal_pointer(&trouble));
        return NULL;
    }
    find_states(entries);
    return g_steal_pointer(&entries);
}

const VtHistoryEntry *
vt_history_find(const GPtrArray *entries, guint number)
{
    for (guint i = 0; i < entries->len; i++) {
        const VtHistoryEntry *entry = entries->pdata[i];
        if (entry->number == number)
            return entry;
    }
    return NULL;
}

static const VtHistoryEntry *
find_last(const GPtrArray *entries, bool measured)
{
    for (guint i = entries->len; i > 0; i--) {
        const VtHistoryEntry *entry = entries->pdata[i - 1];
        if (!entry->undoes && entry->state != VT_HISTORY_UNDONE && (entry->measured || !measured))
            return entry;
    }
    return NULL;
}

const VtHistoryEntry *
vt_history_last_in_force(const GPtrArray *entries)
{
    return find_last(entries, false);
}

const VtHistoryEntry *
vt_history_last_measured(const GPtrArray *entries)
{
    return find_last(entries, true);
}

GPtrArray *
vt_history_domains(const VtHistory *history)
{
    GPtrArray *uuids = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) directory = g_dir_open(history->dir, 0, NULL);
    const char *name;

    while (directory && (name = g_dir_read_name(directory))) {
        if (vt_safe_is_uuid(name))
            g_ptr_array_add(uuids, g_strdup(name));
    }
    return uuids;
}

/* ---- definitions ---- */

char *
vt_history_rename(const char *definition, const char *like)
{
    /* libvirt writes a domain's name before anything in which there could be another */
    const char *old = strstr(definition, "<name>"), *wanted = strstr(like, "<name>");
    const char *old_end = old ? strstr(old, "</name>") : NULL;
    const char *wanted_end = wanted ? strstr(wanted, "</name>") : NULL;

    if (!old_end || !wanted_end)
        return g_strdup(definition);
    return g_strdup_printf("%.*s%.*s%s", (int)(old - definition), definition,
                           (int)(wanted_end - wanted), wanted, old_end);
}

bool
vt_history_is_undone(const VtHistory *history, const char *uuid, const char *stored)
{
    g_autoptr(GPtrArray) entries = vt_history_list(history, uuid, NULL);
    const VtHistoryEntry *last =
        entries && entries->len > 0 ? entries->pdata[entries->len - 1] : NULL;
    g_autofree char *after =
        last && last->undoes && last->after ? vt_history_rename(last->after, stored) : NULL;

    return g_strcmp0(after, stored) == 0;
}
