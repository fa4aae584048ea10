/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/folder.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/i18n.h"

/* Ids are at most topic/name; what lies in a deeper folder could be named by nobody. */
#define MAX_DEPTH 1
#define SUFFIX ".xml"

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In order, so that the first fault is the same on every file system. */
static GPtrArray *
read_names(const char *path, GError **error)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, error);
    GPtrArray *names;
    const char *name;

    if (!directory)
        return NULL;
    names = g_ptr_array_new_with_free_func(g_free);
    while ((name = g_dir_read_name(directory))) {
        if (name[0] != '.')
            g_ptr_array_add(names, g_strdup(name));
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

/* ---- reading ---- */

typedef struct {
    VtFolderFile file;
    gpointer data;
    GPtrArray *faults;
} Reading;

static void
add_fault(const Reading *reading, const char *path, const char *what)
{
    g_ptr_array_add(reading->faults,
                    g_error_new(VT_ERROR, VT_ERROR_INPUT, "%s:1:1: %s", path, what));
}

static void
read_file(const Reading *reading, const char *path, const char *id)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *bytes = NULL;
    gsize length;

    if (g_file_get_contents(path, &bytes, &length, &error))
        reading->file(bytes, length, path, id, reading->data, reading->faults);
    else
        g_ptr_array_add(reading->faults, g_steal_pointer(&error));
}

static void read_folder(const Reading *reading, const char *path, const char *prefix, int depth);

static void
read_entry(const Reading *reading, const char *path, const char *prefix, const char *name,
           int depth)
{
    g_autofree char *inner = g_strconcat(prefix, name, "/", NULL);
    g_autofree char *id = g_strndup(inner, strlen(inner) - 1 - MIN(strlen(SUFFIX), strlen(name)));

    if (!g_file_test(path, G_FILE_TEST_IS_DIR) && g_str_has_suffix(name, SUFFIX))
        read_file(reading, path, id);
    else if (!g_file_test(path, G_FILE_TEST_IS_DIR))
        add_fault(reading, path, _("only *.xml belongs here"));
    else if (depth < MAX_DEPTH)
        read_folder(reading, path, inner, depth + 1);
    else
        add_fault(reading, path, _("a folder too deep: files are TOPIC/NAME.xml"));
}

static void
read_folder(const Reading *reading, const char *path, const char *prefix, int depth)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) names = read_names(path, &error);

    if (error)
        g_ptr_array_add(reading->faults, g_steal_pointer(&error));
    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *child = g_build_filename(path, names->pdata[i], NULL);
        read_entry(reading, child, prefix, names->pdata[i], depth);
    }
}

void
vt_folder_read(const char *path, VtFolderFile file, gpointer data, GPtrArray *faults)
{
    const Reading reading = {file, data, faults};

    if (g_file_test(path, G_FILE_TEST_EXISTS))
        read_folder(&reading, path, "", 0);
}

/* ---- staleness ---- */

/* FNV-1a, numbers as a whole: nobody but who may write there anyway could look for two stamps that
 * are equal. */
static guint64
mix(guint64 stamp, guint64 number)
{
    return (stamp ^ number) * G_GUINT64_CONSTANT(1099511628211);
}

static guint64
mix_path(guint64 stamp, const char *path)
{
    for (; *path; path++)
        stamp = mix(stamp, (guint8)*path);
    return mix(stamp, 0);
}

static guint64
mix_time(guint64 stamp, const struct timespec *time)
{
    return mix(mix(stamp, (guint64)time->tv_sec), (guint64)time->tv_nsec);
}

static void
stamp_path(guint64 *stamp, const char *path, int depth)
{
    g_autoptr(GPtrArray) names = NULL;
    struct stat status;

    if (stat(path, &status) != 0)
        return;
    *stamp = mix_path(*stamp, path);
    *stamp = mix(*stamp, (guint64)status.st_size);
    *stamp = mix_time(*stamp, &status.st_mtim);
    *stamp = mix_time(*stamp, &status.st_ctim);
    *stamp = mix(*stamp, status.st_ino);
    if (!S_ISDIR(status.st_mode) || depth > MAX_DEPTH)
        return;
    names = read_names(path, NULL);
    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *child = g_build_filename(path, names->pdata[i], NULL);
        stamp_path(stamp, child, depth + 1);
    }
}

char *
vt_folder_stamp(const char *const *folders)
{
    guint64 stamp = G_GUINT64_CONSTANT(14695981039346656037);

    for (; *folders; folders++)
        stamp_path(&stamp, *folders, 0);
    return g_strdup_printf("%016" G_GINT64_MODIFIER "x", stamp);
}
