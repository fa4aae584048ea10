/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The spool directory itself, and the hook's side of it. What only the worker needs is in
 * spool-worker.c, so that the hook does not carry it.
 */
#include "edges/spool-parts.h"

#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*** the directory ***/

/* Whoever can write there can have any domain rewritten, so it must be this user's alone. */
static bool
check_directory(int fd, const char *shown, GError **error)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot examine the directory '%s': %s"),
                    shown, g_strerror(errno));
        return false;
    }
    if (status.st_uid != geteuid()) {
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM,
                    _("the directory '%s' belongs to the user '%u', but must belong to '%u'"),
                    shown, status.st_uid, geteuid());
        return false;
    }
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM,
                    _("the directory '%s' has mode '%04o', but must not be writable by group or "
                      "others"),
                    shown, (unsigned)status.st_mode & 07777U);
        return false;
    }
    return true;
}

/* Returns: a descriptor, or -1 */
static int
open_directory(int at, const char *name, const char *shown, GError **error)
{
    if (mkdirat(at, name, 0700) != 0 && errno != EEXIST) {
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot make the directory '%s': %s"),
                    shown, g_strerror(errno));
        return -1;
    }
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && (errno == ENOTDIR || errno == ELOOP)) {
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM,
                    _("'%s' is in the place of a directory; symbolic links are not followed there"),
                    shown);
        return -1;
    }
    if (fd < 0) {
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot open the directory '%s': %s"),
                    shown, g_strerror(errno));
        return -1;
    }
    if (!check_directory(fd, shown, error)) {
        close(fd);
        return -1;
    }
    return fd;
}

int
vt_spool_open_folder(const VtSpool *spool, const char *name, GError **error)
{
    g_autofree char *shown = g_strconcat(spool->dir, "/", name, NULL);
    return open_directory(spool->dir_fd, name, shown, error);
}

VtSpool *
vt_spool_open(const char *dir, GError **error)
{
    g_autoptr(VtSpool) spool = g_new0(VtSpool, 1);
    spool->dir = g_strdup(dir);
    spool->dir_fd = spool->requests_fd = spool->claimed_fd = spool->lock_fd = -1;
    /* With a slash at its end, a link would be followed after all. */
    for (gsize length = strlen(dir); length > 1 && dir[length - 1] == '/'; length--)
        spool->dir[length - 1] = '\0';

    spool->dir_fd = open_directory(AT_FDCWD, spool->dir, spool->dir, error);
    if (spool->dir_fd < 0)
        return NULL;
    spool->requests_fd = vt_spool_open_folder(spool, "requests", error);
    if (spool->requests_fd < 0)
        return NULL;
    spool->claimed_fd = vt_spool_open_folder(spool, "claimed", error);
    return spool->claimed_fd < 0 ? NULL : g_steal_pointer(&spool);
}

void
vt_spool_close(int fd)
{
    if (fd >= 0)
        close(fd);
}

void
vt_spool_free(VtSpool *spool)
{
    if (spool == NULL)
        return;
    vt_spool_close(spool->lock_fd);
    vt_spool_close(spool->claimed_fd);
    vt_spool_close(spool->requests_fd);
    vt_spool_close(spool->dir_fd);
    g_free(spool->dir);
    g_free(spool);
}

/*** what a request is ***/

bool
vt_spool_is_uuid(const char *text)
{
    for (gsize i = 0; i < VT_SPOOL_UUID_LENGTH; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !g_ascii_isxdigit(text[i]))
            return false;
    }
    return text[VT_SPOOL_UUID_LENGTH] == '\0';
}

char *
vt_spool_file_name(const char *uuid, GError **error)
{
    if (!vt_spool_is_uuid(uuid)) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("'%s' is no UUID"), uuid);
        return NULL;
    }
    g_autofree char *lower = g_ascii_strdown(uuid, -1);
    return g_strconcat(lower, VT_SPOOL_SUFFIX, NULL);
}

bool
vt_spool_check_request(const char *name, const char *operation, GError **error)
{
    if (name[0] == '\0' || !g_utf8_validate(name, -1, NULL)) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("the name of the domain is empty or not UTF-8"));
        return false;
    }
    if (strcmp(operation, VT_SPOOL_OPERATION_PREPARE) != 0) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("there is no operation '%s', only '%s'"),
                    operation, VT_SPOOL_OPERATION_PREPARE);
        return false;
    }
    return true;
}

/*** the hook's side ***/

/* Returns: 0 or errno */
static int
write_all(int fd, const char *bytes, gsize size)
{
    while (size > 0) {
        ssize_t put = write(fd, bytes, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno;
        bytes += put;
        size -= (gsize)put;
    }
    return 0;
}

/*
 * Beside requests/, not in it: whatever appears in there starts the worker at once.
 *
 * Returns: (transfer full): the name of the file below the spool directory, or NULL with errno set
 */
static char *
write_temporary(const VtSpool *spool, const char *content, gsize length)
{
    for (unsigned attempt = 0; attempt < VT_SPOOL_NAME_ATTEMPTS; attempt++) {
        g_autofree char *name = g_strdup_printf("new-%08x%08x", g_random_int(), g_random_int());
        int fd =
            openat(spool->dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0 && errno == EEXIST)
            continue;
        if (fd < 0)
            return NULL;
        int code = write_all(fd, content, length);
        if (close(fd) != 0 && code == 0)
            code = errno;
        if (code == 0)
            return g_steal_pointer(&name);
        unlinkat(spool->dir_fd, name, 0);
        errno = code;
        return NULL;
    }
    errno = EEXIST;
    return NULL;
}

bool
vt_spool_write(VtSpool *spool, const char *uuid, const char *name, const char *operation,
               GError **error)
{
    g_autofree char *file = vt_spool_file_name(uuid, error);
    if (file == NULL || !vt_spool_check_request(name, operation, error))
        return false;

    g_autoptr(GKeyFile) content = g_key_file_new();
    g_autofree char *lower = g_strndup(file, VT_SPOOL_UUID_LENGTH);
    g_key_file_set_integer(content, VT_SPOOL_GROUP, "format", VT_SPOOL_FORMAT);
    g_key_file_set_string(content, VT_SPOOL_GROUP, "uuid", lower);
    g_key_file_set_string(content, VT_SPOOL_GROUP, "name", name);
    g_key_file_set_string(content, VT_SPOOL_GROUP, "operation", operation);
    gsize length;
    g_autofree char *text = g_key_file_to_data(content, &length, NULL);
    if (length > VT_SPOOL_MAX_BYTES) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("the name of the domain '%s' is too long for a request"), lower);
        return false;
    }

    g_autofree char *temporary = write_temporary(spool, text, length);
    int code = temporary == NULL ? errno : 0;
    if (temporary != NULL && renameat(spool->dir_fd, temporary, spool->requests_fd, file) != 0) {
        code = errno;
        unlinkat(spool->dir_fd, temporary, 0);
    }
    if (code == 0)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM,
                _("cannot leave the request '%s/requests/%s': %s"), spool->dir, file,
                g_strerror(code));
    return false;
}
