/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/history.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "edges/safe-file.h"

#define BEFORE "before.xml"
#define AFTER "after.xml"
#define RULES "rules"
#define UNDONE "undone"

void
vt_history_entry_free(VtHistoryEntry *entry)
{
    if (!entry)
        return;
    g_free(entry->path);
    g_free(entry->before);
    g_free(entry->after);
    g_free(entry->rules);
    g_free(entry);
}

char *
vt_history_default_dir(void)
{
    const char *state = g_getenv("XDG_STATE_HOME");

    if (geteuid() == 0)
        return g_build_filename(VT_STATEDIR, "history", NULL);
    if (state && g_path_is_absolute(state))
        return g_build_filename(state, "vmtune", "history", NULL);
    return g_build_filename(g_get_home_dir(), ".local", "state", "vmtune", "history", NULL);
}

static bool
fail(GError **error, const char *what, const char *path)
{
    g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, "%s '%s': %s", what, path, g_strerror(errno));
    return false;
}

/* Opens @name below @at, which is done with then, and makes it where missing. */
static int
open_below(int at, const char *folder, const char *name, GError **error)
{
    g_autofree char *shown = name ? g_build_filename(folder, name, NULL) : g_strdup(folder);
    int fd = vt_safe_open_directory(at, name ? name : folder, shown, error);

    if (at >= 0)
        close(at);
    return fd;
}

/*
 * Makes a domain's folder where missing. Whoever could write to it, or put another in its place,
 * could have any definition stored by the next undo: so it, the history and what the history lies
 * in must be this user's alone.
 */
static bool
claim_folder(const char *dir, const char *uuid, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(dir), *above = g_path_get_dirname(parent);
    g_autofree char *name = g_path_get_basename(dir);
    int fd;

    if (g_mkdir_with_parents(above, 0700) != 0)
        return fail(error, _("cannot make the folder for the undo copy"), above);
    fd = open_below(AT_FDCWD, parent, NULL, error);
    if (fd >= 0)
        fd = open_below(fd, parent, name, error);
    if (fd >= 0)
        fd = open_below(fd, dir, uuid, error);
    vt_safe_close(fd);
    return fd >= 0;
}

/* Whether there is something to read: nothing there is no error, what is not to be trusted is. */
static bool
find_folder(const char *dir, const char *uuid, GError **error)
{
    g_autofree char *folder = g_build_filename(dir, uuid, NULL);

    return g_file_test(folder, G_FILE_TEST_EXISTS) && claim_folder(dir, uuid, error);
}

static bool
write_file(const char *folder, const char *name, const char *text, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);

    return g_file_set_contents_full(path, text, -1,
                                    G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                    0600, error);
}

/* The highest entry number below @folder, 0 for none. */
static guint
last_number(const char *folder)
{
    g_autoptr(GDir) directory = g_dir_open(folder, 0, NULL);
    const char *name;
    guint last = 0;

    while (directory && (name = g_dir_read_name(directory))) {
        guint64 number;
        if (g_ascii_string_to_unsigned(name, 10, 1, G_MAXUINT32, &number, NULL))
            last = MAX(last, (guint)number);
    }
    return last;
}

char *
vt_history_begin(const char *dir, const char *uuid, const char *before, const char *rules,
                 GError **error)
{
    g_autofree char *folder = g_build_filename(dir, uuid, NULL);
    g_autofree char *number = g_strdup_printf("%u", last_number(folder) + 1);
    g_autofree char *path = g_build_filename(folder, number, NULL);

    if (!claim_folder(dir, uuid, error))
        return NULL;
    if (g_mkdir(path, 0700) != 0) {
        fail(error, _("cannot make the folder for the undo copy"), path);
        return NULL;
    }
    if (!write_file(path, BEFORE, before, error) || !write_file(path, RULES, rules, error)) {
        vt_history_remove(path, NULL);
        return NULL;
    }
    return g_steal_pointer(&path);
}

bool
vt_history_finish(const char *path, const char *after, GError **error)
{
    return write_file(path, AFTER, after, error);
}

bool
vt_history_remove(const char *path, GError **error)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, error);
    const char *name;

    /* all that is there: a write that was interrupted has left its temporary file */
    while (folder && (name = g_dir_read_name(folder))) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        if (g_unlink(file) != 0)
            return fail(error, _("cannot remove"), file);
    }
    if (!folder)
        return false;
    return g_rmdir(path) == 0 || fail(error, _("cannot remove"), path);
}

static VtHistoryEntry *
read_entry(const char *folder, guint number, GError **error)
{
    g_autoptr(VtHistoryEntry) entry = g_new0(VtHistoryEntry, 1);
    g_autofree char *name = g_strdup_printf("%u", number);
    g_autofree char *before = NULL, *after = NULL, *rules = NULL;

    entry->number = number;
    entry->path = g_build_filename(folder, name, NULL);
    before = g_build_filename(entry->path, BEFORE, NULL);
    after = g_build_filename(entry->path, AFTER, NULL);
    rules = g_build_filename(entry->path, RULES, NULL);
    if (!g_file_test(before, G_FILE_TEST_EXISTS))
        return g_steal_pointer(&entry);
    if (!g_file_get_contents(before, &entry->before, NULL, error))
        return NULL;
    g_file_get_contents(after, &entry->after, NULL, NULL);
    g_file_get_contents(rules, &entry->rules, NULL, NULL);
    return g_steal_pointer(&entry);
}

VtHistoryEntry *
vt_history_last(const char *dir, const char *uuid, GError **error)
{
    g_autofree char *folder = g_build_filename(dir, uuid, NULL);
    guint last;

    if (!find_folder(dir, uuid, error))
        return NULL;
    while ((last = last_number(folder)) > 0) {
        g_autoptr(VtHistoryEntry) entry = read_entry(folder, last, error);

        if (!entry || entry->before)
            return g_steal_pointer(&entry);
        if (!vt_history_remove(entry->path, error))
            return NULL;
    }
    return NULL;
}

bool
vt_history_mark_undone(const char *dir, const char *uuid, const char *definition, GError **error)
{
    g_autofree char *folder = g_build_filename(dir, uuid, NULL);
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, definition, -1);

    return claim_folder(dir, uuid, error) && write_file(folder, UNDONE, sum, error);
}

bool
vt_history_is_undone(const char *dir, const char *uuid, const char *definition)
{
    g_autofree char *path = g_build_filename(dir, uuid, UNDONE, NULL);
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, definition, -1);
    g_autofree char *marked = NULL;

    return find_folder(dir, uuid, NULL) && g_file_get_contents(path, &marked, NULL, NULL) &&
           strcmp(marked, sum) == 0;
}
