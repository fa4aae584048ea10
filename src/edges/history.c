/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the history is, writing and removing. Reading is in history-read.c. */
#include "edges/history-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "edges/safe-file.h"

/* ---- where it is ---- */

static char *
default_dir(void)
{
    const char *state = g_getenv("XDG_STATE_HOME");

    if (geteuid() == 0)
        return g_build_filename(VT_STATEDIR, "history", NULL);
    if (state && g_path_is_absolute(state))
        return g_build_filename(state, "vmtune", "history", NULL);
    return g_build_filename(g_get_home_dir(), ".local", "state", "vmtune", "history", NULL);
}

VtHistory *
vt_history_new(const char *dir, const char *libvirt, const char *by, guint keep)
{
    VtHistory *history = g_new0(VtHistory, 1);

    history->dir = dir ? g_strdup(dir) : default_dir();
    history->libvirt = g_strdup(libvirt);
    history->by = by;
    history->keep = keep;
    return history;
}

void
vt_history_free(VtHistory *history)
{
    if (!history)
        return;
    g_free(history->dir);
    g_free(history->libvirt);
    g_free(history);
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

bool
vt_history_find_folder(const char *dir, const char *uuid, GError **error)
{
    g_autofree char *folder = g_build_filename(dir, uuid, NULL);

    return g_file_test(folder, G_FILE_TEST_EXISTS) && claim_folder(dir, uuid, error);
}

static bool
write_file(const char *folder, const char *name, const char *text, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);

    return g_file_set_contents_full(
        path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error);
}

/* ---- writing ---- */

static char *
describe(const VtHistory *history, const VtHistoryStep *step)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *when = g_date_time_format_iso8601(now);

    g_key_file_set_string(file, VT_HISTORY_ENTRY, "when", when);
    g_key_file_set_string(file, VT_HISTORY_ENTRY, "by", history->by ? history->by : "");
    g_key_file_set_string(file, VT_HISTORY_ENTRY, "libvirt", history->libvirt);
    if (step->rules)
        g_key_file_set_string_list(file, VT_HISTORY_ENTRY, "rules", step->rules,
                                   g_strv_length((char **)(gpointer)step->rules));
    if (step->undoes)
        g_key_file_set_uint64(file, VT_HISTORY_ENTRY, "undoes", step->undoes);
    return g_key_file_to_data(file, NULL, NULL);
}

/* before.xml comes last: with it this is an entry, and whole. */
static bool
write_files(const VtHistory *history, const char *path, const VtHistoryStep *step, GError **error)
{
    g_autofree char *about = describe(history, step);

    return write_file(path, VT_HISTORY_ENTRY, about, error) &&
           (!step->measured || write_file(path, VT_HISTORY_MEASURED, step->measured, error)) &&
           write_file(path, VT_HISTORY_BEFORE, step->before, error);
}

char *
vt_history_begin(const VtHistory *history, const char *uuid, const VtHistoryStep *step,
                 GError **error)
{
    g_autofree char *folder = g_build_filename(history->dir, uuid, NULL);
    g_autofree char *number = NULL, *path = NULL;
    g_autoptr(GArray) numbers = NULL;

    if (!claim_folder(history->dir, uuid, error))
        return NULL;
    numbers = vt_history_numbers(folder);
    number = g_strdup_printf(
        "%u", numbers->len > 0 ? g_array_index(numbers, guint, numbers->len - 1) + 1 : 1);
    path = g_build_filename(folder, number, NULL);
    if (g_mkdir(path, 0700) != 0) {
        fail(error, _("cannot make the folder for the undo copy"), path);
        return NULL;
    }
    if (!write_files(history, path, step, error)) {
        vt_history_remove(path, NULL);
        return NULL;
    }
    return g_steal_pointer(&path);
}

bool
vt_history_finish(const char *path, const char *after, GError **error)
{
    return write_file(path, VT_HISTORY_AFTER, after, error);
}

/* ---- removing ---- */

bool
vt_history_remove(const char *path, GError **error)
{
    g_autofree char *before = g_build_filename(path, VT_HISTORY_BEFORE, NULL);
    g_autoptr(GDir) folder = g_dir_open(path, 0, error);
    const char *name;

    if (!folder)
        return false;
    /* first: half an entry is none, and not one that was interrupted */
    if (g_unlink(before) != 0 && errno != ENOENT)
        return fail(error, _("cannot remove"), before);
    /* all that is there: a write that was interrupted has left its temporary file */
    while ((name = g_dir_read_name(folder))) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        if (g_unlink(file) != 0 && errno != ENOENT)
            return fail(error, _("cannot remove"), file);
    }
    return g_rmdir(path) == 0 || fail(error, _("cannot remove"), path);
}

bool
vt_history_prune(const VtHistory *history, const char *uuid, GError **error)
{
    g_autoptr(GPtrArray) entries = vt_history_list(history, uuid, error);

    if (!entries)
        return false;
    for (guint i = 0; i + history->keep < entries->len; i++) {
        const VtHistoryEntry *entry = entries->pdata[i];
        if (!vt_history_remove(entry->path, error))
            return false;
    }
    return true;
}

bool
vt_history_settle(const VtHistory *history, const char *uuid, const char *stored, GError **error)
{
    g_autoptr(GPtrArray) entries = vt_history_list(history, uuid, error);
    const char *next = stored; /* what was there when the entry had come to its end, or died */

    if (!entries)
        return false;
    for (guint i = entries->len; i > 0; i--) {
        const VtHistoryEntry *entry = entries->pdata[i - 1];
        if (!entry->after && strcmp(entry->before, next) == 0 &&
            !vt_history_remove(entry->path, error))
            return false;
        next = entry->before;
    }
    return true;
}

/* What is no entry of anybody: a rewrite was killed before it had its before.xml. */
static bool
remove_fragments(const char *folder, GError **error)
{
    g_autoptr(GArray) numbers = vt_history_numbers(folder);

    for (guint i = 0; i < numbers->len; i++) {
        g_autofree char *name = g_strdup_printf("%u", g_array_index(numbers, guint, i));
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *before = g_build_filename(path, VT_HISTORY_BEFORE, NULL);
        if (!g_file_test(before, G_FILE_TEST_EXISTS) && !vt_history_remove(path, error))
            return false;
    }
    return true;
}

bool
vt_history_forget(const VtHistory *history, const char *uuid, GError **error)
{
    g_autofree char *folder = g_build_filename(history->dir, uuid, NULL);
    g_autoptr(GPtrArray) entries = vt_history_list(history, uuid, error);

    if (!entries)
        return false;
    for (guint i = 0; i < entries->len; i++) {
        const VtHistoryEntry *entry = entries->pdata[i];
        if (!vt_history_remove(entry->path, error))
            return false;
    }
    if (!remove_fragments(folder, error))
        return false;
    /* another libvirt may have entries there */
    return g_rmdir(folder) == 0 || errno == ENOENT || errno == ENOTEMPTY || errno == EEXIST ||
           fail(error, _("cannot remove"), folder);
}
