/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: a root directory and paths below it. Out: text, numbers and sets.
 * Law: nothing outside the root is opened by name, and no file can make the reader wait or fill the
 * memory: a captured host may come from anybody.
 */
#include "facts/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/i18n.h"

/* A cpulist of VT_CPUSET_MAX numbers without any range is below 100 KB. */
#define FILE_BYTES_MAX (256u * 1024u)

void
vt_sysfs_note(const VtSysfs *sysfs, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_ptr_array_add(sysfs->oddities, g_strdup_vprintf(format, args));
    va_end(args);
}

static char *
slurp(int fd)
{
    GString *text = g_string_new(NULL);
    char buffer[4096];
    ssize_t got;

    do {
        got = read(fd, buffer, sizeof(buffer));
        if (got > 0)
            g_string_append_len(text, buffer, got);
    } while ((got > 0 || (got < 0 && errno == EINTR)) && text->len < FILE_BYTES_MAX);

    if (got < 0) {
        g_string_free(text, TRUE);
        return NULL;
    }
    return g_strstrip(g_string_free(text, FALSE));
}

static char *
read_below(const VtSysfs *sysfs, const char *path)
{
    g_autofree char *full = g_strconcat(sysfs->root, "/", path, NULL);
    /* Not to wait for a writer, should a capture hold a FIFO. */
    int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char *text;

    if (fd < 0)
        return NULL;
    text = slurp(fd);
    close(fd);
    return text;
}

char *
vt_sysfs_read_text(const VtSysfs *sysfs, const char *format, ...)
{
    g_autofree char *path = NULL;
    va_list args;

    va_start(args, format);
    path = g_strdup_vprintf(format, args);
    va_end(args);
    return read_below(sysfs, path);
}

bool
vt_sysfs_read_number(const VtSysfs *sysfs, gint64 *ret_number, const char *format, ...)
{
    g_autofree char *path = NULL;
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    path = g_strdup_vprintf(format, args);
    va_end(args);
    text = read_below(sysfs, path);
    return text && g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, ret_number, NULL);
}

typedef VtCpuSet *(*ParseFunc)(const char *text, GError **error);

static VtCpuSet *
read_set(const VtSysfs *sysfs, const char *path, ParseFunc parse)
{
    g_autofree char *text = read_below(sysfs, path);
    g_autoptr(GError) error = NULL;
    VtCpuSet *set;

    /* Some kernels print an unset mask through "%s" of a null pointer. */
    if (!text || g_str_equal(text, "(null)"))
        return NULL;
    set = parse(text, &error);
    if (!set)
        vt_sysfs_note(sysfs, _("the file '%s' is left aside: %s"), path, error->message);
    return set;
}

VtCpuSet *
vt_sysfs_read_list(const VtSysfs *sysfs, const char *format, ...)
{
    g_autofree char *path = NULL;
    va_list args;

    va_start(args, format);
    path = g_strdup_vprintf(format, args);
    va_end(args);
    return read_set(sysfs, path, vt_cpuset_parse);
}

VtCpuSet *
vt_sysfs_read_mask(const VtSysfs *sysfs, const char *format, ...)
{
    g_autofree char *path = NULL;
    va_list args;

    va_start(args, format);
    path = g_strdup_vprintf(format, args);
    va_end(args);
    return read_set(sysfs, path, vt_cpuset_parse_mask);
}

VtCpuSet *
vt_sysfs_list_ids(const VtSysfs *sysfs, const char *folder, const char *prefix)
{
    g_autofree char *path = g_build_filename(sysfs->root, folder, NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    VtCpuSet *ids = vt_cpuset_new();
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        guint64 id;

        if (g_str_has_prefix(name, prefix) &&
            g_ascii_string_to_unsigned(name + strlen(prefix), 10, 0, VT_CPUSET_MAX - 1, &id, NULL))
            vt_cpuset_add(ids, (unsigned)id);
    }
    return ids;
}
