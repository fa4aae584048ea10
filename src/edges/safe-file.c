/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/safe-file.h"

#include "base/error.h"
#include "base/i18n.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NAME_ATTEMPTS 100

/* A writer takes milliseconds; what is older was left by one that was killed. */
#define TEMPORARY_MAX_SECONDS 60

void
vt_safe_close(int fd)
{
    if (fd >= 0)
        close(fd);
}

/*** names ***/

bool
vt_safe_is_uuid(const char *text)
{
    for (gsize i = 0; i < VT_SAFE_UUID_LENGTH; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !g_ascii_isxdigit(text[i]))
            return false;
    }
    return text[VT_SAFE_UUID_LENGTH] == '\0';
}

char *
vt_safe_file_name(const char *uuid, const char *suffix, GError **error)
{
    if (!vt_safe_is_uuid(uuid)) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("'%s' is no UUID"), uuid);
        return NULL;
    }
    g_autofree char *lower = g_ascii_strdown(uuid, -1);
    return g_strconcat(lower, suffix, NULL);
}

char *
vt_safe_uuid_of_file(const char *name, const char *suffix)
{
    if (strlen(name) != VT_SAFE_UUID_LENGTH + strlen(suffix) || !g_str_has_suffix(name, suffix))
        return NULL;
    g_autofree char *uuid = g_strndup(name, VT_SAFE_UUID_LENGTH);
    g_autofree char *lower = g_ascii_strdown(uuid, -1);
    return vt_safe_is_uuid(uuid) && strcmp(uuid, lower) == 0 ? g_steal_pointer(&uuid) : NULL;
}

/*** directories ***/

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

int
vt_safe_open_directory(int at, const char *name, const char *shown, GError **error)
{
    if (mkdirat(at, name, 0700) != 0 && errno != EEXIST) {
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot make the directory '%s': %s"),
                    shown, g_strerror(errno));
        return -1;
    }
    return vt_safe_find_directory(at, name, shown, error);
}

int
vt_safe_find_directory(int at, const char *name, const char *shown, GError **error)
{
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

/*** what others wrote for us ***/

static bool
check_author(const char *path, const struct stat *status, GError **error)
{
    bool ours = status->st_uid == 0 || status->st_uid == geteuid();

    if (ours && (status->st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return true;
    g_set_error(
        error, VT_ERROR, VT_ERROR_SYSTEM,
        _("'%s' belongs to the user '%u' and has mode '%04o'; it must belong to root and not "
          "be writable by group or others, since root does what is in it"),
        path, status->st_uid, (unsigned)status->st_mode & 07777U);
    return false;
}

static bool
check_entries(const char *path, unsigned depth, GError **error)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *name;

    while (folder && (name = g_dir_read_name(folder))) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        if (!vt_safe_check_tree(child, depth, error))
            return false;
    }
    return true;
}

bool
vt_safe_check_tree(const char *path, unsigned depth, GError **error)
{
    struct stat status;

    if (stat(path, &status) != 0 || (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)))
        return true;
    return check_author(path, &status, error) &&
           (!S_ISDIR(status.st_mode) || depth == 0 || check_entries(path, depth - 1, error));
}

/*** writing ***/

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

/* Returns: (transfer full): the name of the file in the directory, or NULL with errno set */
static char *
write_temporary(int at, const char *content, gsize length)
{
    for (unsigned attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
        g_autofree char *name =
            g_strdup_printf(VT_SAFE_TEMPORARY_PREFIX "%08x%08x", g_random_int(), g_random_int());
        int fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0 && errno == EEXIST)
            continue;
        if (fd < 0)
            return NULL;
        int code = write_all(fd, content, length);
        if (close(fd) != 0 && code == 0)
            code = errno;
        if (code == 0)
            return g_steal_pointer(&name);
        unlinkat(at, name, 0);
        errno = code;
        return NULL;
    }
    errno = EEXIST;
    return NULL;
}

int
vt_safe_replace(int temporary_fd, int to_fd, const char *file, const char *content, gsize length)
{
    g_autofree char *temporary = write_temporary(temporary_fd, content, length);
    if (temporary == NULL)
        return errno;
    if (renameat(temporary_fd, temporary, to_fd, file) == 0)
        return 0;
    int code = errno;
    unlinkat(temporary_fd, temporary, 0);
    return code;
}

/* Also what is from the future, after a clock that was wrong. */
static bool
is_left_behind(int at, const char *name)
{
    struct stat status;
    return g_str_has_prefix(name, VT_SAFE_TEMPORARY_PREFIX) &&
           fstatat(at, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode) &&
           ABS(time(NULL) - status.st_mtime) > TEMPORARY_MAX_SECONDS;
}

void
vt_safe_remove_left_behind(int at)
{
    /* A description of its own: a duplicate would share its position with the last listing. */
    int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    if (stream == NULL) {
        vt_safe_close(fd);
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(stream)) != NULL) {
        if (is_left_behind(at, entry->d_name))
            unlinkat(at, entry->d_name, 0);
    }
    closedir(stream);
}

/*** reading ***/

/* A link, no permission, a socket: trying again does not help. */
static bool
is_fault_of_file(int code)
{
    return code == ELOOP || code == EACCES || code == ENXIO;
}

/* One byte more than allowed shows a file that is too long. Returns: 0 or errno */
static int
read_bounded(int fd, gsize max_bytes, char **ret_content, gsize *ret_length)
{
    g_autofree char *content = g_malloc(max_bytes + 1);
    gsize length = 0;
    while (length <= max_bytes) {
        ssize_t got = read(fd, content + length, max_bytes + 1 - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        if (got == 0)
            break;
        length += (gsize)got;
    }
    *ret_content = g_steal_pointer(&content);
    *ret_length = length;
    return 0;
}

static char *
read_open_file(int fd, const char *shown, gsize max_bytes, gsize *ret_length, GError **error)
{
    g_autofree char *content = NULL;
    gsize length = 0;
    int code = read_bounded(fd, max_bytes, &content, &length);
    if (code != 0) {
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot read '%s': %s"), shown,
                    g_strerror(code));
        return NULL;
    }
    if (length > max_bytes) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("it is longer than %zu bytes"), max_bytes);
        return NULL;
    }
    *ret_length = length;
    return g_steal_pointer(&content);
}

char *
vt_safe_read(int at, const char *file, const char *shown, gsize max_bytes, gsize *ret_length,
             bool *ret_missing, GError **error)
{
    /* Not blocking: it can be a FIFO in spite of everything. */
    int fd = openat(at, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
        int code = errno;
        vt_safe_close(fd);
        if (code == ENOENT && ret_missing != NULL) {
            *ret_missing = true;
            return NULL;
        }
        g_set_error(error, VT_ERROR, is_fault_of_file(code) ? VT_ERROR_INPUT : VT_ERROR_SYSTEM,
                    _("cannot read '%s': %s"), shown, g_strerror(code));
        return NULL;
    }
    if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() ||
        (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        close(fd);
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("it is not a regular file that only the user '%u' can write"), geteuid());
        return NULL;
    }
    char *content = read_open_file(fd, shown, max_bytes, ret_length, error);
    close(fd);
    return content;
}

GKeyFile *
vt_safe_parse(const char *content, gsize length, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) cause = NULL;
    if (!g_utf8_validate(content, (gssize)length, NULL)) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("it is no text in UTF-8"));
        return NULL;
    }
    if (!g_key_file_load_from_data(file, content, length, G_KEY_FILE_NONE, &cause)) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT, "%s", cause->message);
        return NULL;
    }
    return g_steal_pointer(&file);
}

/*** the lock ***/

static int
take_lock(int at, const char *name, int flags, int *ret_errno)
{
    int fd =
        openat(at, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
    if (fd >= 0 && flock(fd, flags) == 0)
        return fd;
    *ret_errno = errno;
    /* A descriptor without the lock is nobody's: what it would have waited for is not its fault. */
    if (fd < 0 && *ret_errno == EWOULDBLOCK)
        *ret_errno = EIO;
    vt_safe_close(fd);
    return -1;
}

int
vt_safe_lock(int at, const char *name, int *ret_errno)
{
    return take_lock(at, name, LOCK_EX | LOCK_NB, ret_errno);
}

int
vt_safe_lock_wait(int at, const char *name, int *ret_errno)
{
    return take_lock(at, name, LOCK_EX, ret_errno);
}
