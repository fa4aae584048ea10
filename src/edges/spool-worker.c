/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The worker's side of the spool: take turns, list, claim, finish. */
#include "edges/spool-parts.h"

#include "base/error.h"
#include "base/i18n.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_ATTEMPTS 100

void
vt_spool_request_free(VtSpoolRequest *request)
{
    if (request == NULL)
        return;
    g_free(request->uuid);
    g_free(request->name);
    g_free(request->operation);
    g_free(request);
}

bool
vt_spool_lock(VtSpool *spool, bool wait, bool *ret_taken, GError **error)
{
    if (spool->lock_fd >= 0) {
        *ret_taken = true;
        return true;
    }
    int code = 0;
    spool->lock_fd = wait ? vt_safe_lock_wait(spool->dir_fd, "lock", &code)
                          : vt_safe_lock(spool->dir_fd, "lock", &code);
    if (spool->lock_fd >= 0 || code == EWOULDBLOCK || code == EINTR) {
        *ret_taken = spool->lock_fd >= 0;
        return true;
    }
    g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot lock '%s/lock': %s"), spool->dir,
                g_strerror(code));
    return false;
}

void
vt_spool_unlock(VtSpool *spool)
{
    vt_safe_close(spool->lock_fd);
    spool->lock_fd = -1;
}

/*
 * Moves to rejected/, where the newest of a name stays: a writer that is wrong each time must not
 * fill the file system. A directory there can be in the way; then the name gets a number.
 */
static bool
move_to_rejected(const VtSpool *spool, int from_fd, const char *name, GError **error)
{
    int rejected_fd = vt_spool_open_folder(spool, "rejected", error);
    if (rejected_fd < 0)
        return false;
    int result = renameat(from_fd, name, rejected_fd, name);
    for (unsigned i = 1; result != 0 && errno != ENOENT && i <= NAME_ATTEMPTS; i++) {
        g_autofree char *other = g_strdup_printf("%.200s.%u", name, i);
        result = renameat(from_fd, name, rejected_fd, other);
    }
    int code = errno;
    close(rejected_fd);
    if (result == 0)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, "%s", g_strerror(code));
    return false;
}

/* Returns: (transfer full): the warning */
static GError *
reject(const VtSpool *spool, int from_fd, const char *name, const char *reason)
{
    const char *folder = from_fd == spool->requests_fd ? "requests" : "claimed";
    g_autofree char *shown = g_utf8_make_valid(name, -1);
    g_autoptr(GError) cause = NULL;
    if (move_to_rejected(spool, from_fd, name, &cause))
        return g_error_new(VT_ERROR, VT_ERROR_INPUT,
                           _("'%s/%s/%s' is no proper request and is in 'rejected' now: %s"),
                           spool->dir, folder, shown, reason);
    return g_error_new(VT_ERROR, VT_ERROR_INPUT,
                       _("'%s/%s/%s' is no proper request (%s), and cannot be moved away: %s"),
                       spool->dir, folder, shown, reason, cause->message);
}

/* Returns: (transfer full): why @name is no request, or NULL where it is one or has gone */
static char *
find_fault(int folder_fd, const char *name)
{
    g_autofree char *uuid = vt_safe_uuid_of_file(name, VT_SPOOL_SUFFIX);
    if (uuid == NULL)
        return g_strdup(_("its name is not a UUID and '.request'"));
    struct stat status;
    if (fstatat(folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(status.st_mode))
        return g_strdup(_("it is not a regular file"));
    return NULL;
}

static bool
list_folder(const VtSpool *spool, int folder_fd, GHashTable *uuids, GPtrArray *warnings,
            GError **error)
{
    /* A description of its own: a duplicate would share its position with the last listing. */
    int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    if (stream == NULL) {
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot list the requests in '%s': %s"),
                    spool->dir, g_strerror(errno));
        vt_safe_close(fd);
        return false;
    }
    const struct dirent *entry;
    for (errno = 0; (entry = readdir(stream)) != NULL; errno = 0) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        g_autofree char *fault = find_fault(folder_fd, entry->d_name);
        if (fault != NULL)
            g_ptr_array_add(warnings, reject(spool, folder_fd, entry->d_name, fault));
        else
            g_hash_table_add(uuids, vt_safe_uuid_of_file(entry->d_name, VT_SPOOL_SUFFIX));
    }
    int code = errno;
    closedir(stream);
    if (code == 0)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot list the requests in '%s': %s"),
                spool->dir, g_strerror(code));
    return false;
}

static gint
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
vt_spool_list(VtSpool *spool, GPtrArray **ret_warnings, GError **error)
{
    g_return_val_if_fail(spool->lock_fd >= 0, NULL);
    g_autoptr(GHashTable) uuids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func((GDestroyNotify)g_error_free);
    vt_safe_remove_left_behind(spool->dir_fd);
    if (!list_folder(spool, spool->claimed_fd, uuids, warnings, error) ||
        !list_folder(spool, spool->requests_fd, uuids, warnings, error))
        return NULL;

    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer uuid;
    g_hash_table_iter_init(&iter, uuids);
    while (g_hash_table_iter_next(&iter, &uuid, NULL)) {
        g_hash_table_iter_steal(&iter);
        g_ptr_array_add(list, uuid);
    }
    g_ptr_array_sort(list, compare_texts);
    if (ret_warnings != NULL)
        *ret_warnings = g_steal_pointer(&warnings);
    return list;
}

static VtSpoolRequest *
parse_request(const char *content, gsize length, const char *uuid, GError **error)
{
    g_autoptr(GKeyFile) file = vt_safe_parse(content, length, error);
    if (file == NULL)
        return NULL;
    if (g_key_file_get_integer(file, VT_SPOOL_GROUP, "format", NULL) != VT_SPOOL_FORMAT) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("its format is not '%d'"), VT_SPOOL_FORMAT);
        return NULL;
    }
    g_autoptr(VtSpoolRequest) request = g_new0(VtSpoolRequest, 1);
    request->uuid = g_key_file_get_string(file, VT_SPOOL_GROUP, "uuid", NULL);
    request->name = g_key_file_get_string(file, VT_SPOOL_GROUP, "name", NULL);
    request->operation = g_key_file_get_string(file, VT_SPOOL_GROUP, "operation", NULL);
    if (request->uuid == NULL || request->name == NULL || request->operation == NULL) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("one of 'uuid', 'name' and 'operation' is missing or not UTF-8"));
        return NULL;
    }
    if (strcmp(request->uuid, uuid) != 0) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("it is about the domain '%s'"),
                    request->uuid);
        return NULL;
    }
    if (!vt_spool_check_request(request->name, request->operation, error))
        return NULL;
    return g_steal_pointer(&request);
}

/*
 * Reads what is in the place of a request, if it is one.
 *
 * Returns: (transfer full): the request; or NULL, with the reason as VT_ERROR_INPUT where the fault
 * is the file's
 */
static VtSpoolRequest *
read_request(const VtSpool *spool, const char *file, const char *uuid, GError **error)
{
    g_autofree char *shown = g_strdup_printf("%s/claimed/%s", spool->dir, file);
    gsize length;
    g_autofree char *content =
        vt_safe_read(spool->claimed_fd, file, shown, VT_SPOOL_MAX_BYTES, &length, NULL, error);
    if (content == NULL)
        return NULL;
    return parse_request(content, length, uuid, error);
}

bool
vt_spool_is_claimed(const VtSpool *spool, const char *uuid, const char *operation)
{
    g_autofree char *file = vt_safe_file_name(uuid, VT_SPOOL_SUFFIX, NULL);
    g_autofree char *lower = file ? g_strndup(file, VT_SAFE_UUID_LENGTH) : NULL;
    g_autoptr(VtSpoolRequest) request = file ? read_request(spool, file, lower, NULL) : NULL;

    return request != NULL && strcmp(request->operation, operation) == 0;
}

/* How long ago the hook left it: moving a file does not touch this. */
static gint64
age_of(const VtSpool *spool, const char *file)
{
    struct stat status;

    if (fstatat(spool->claimed_fd, file, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return 0;
    return g_get_real_time() / G_USEC_PER_SEC - status.st_mtime;
}

VtSpoolRequest *
vt_spool_claim(VtSpool *spool, const char *uuid, GError **error)
{
    g_return_val_if_fail(spool->lock_fd >= 0, NULL);
    g_autofree char *file = vt_safe_file_name(uuid, VT_SPOOL_SUFFIX, error);
    if (file == NULL)
        return NULL;
    g_autofree char *lower = g_strndup(file, VT_SAFE_UUID_LENGTH);
    bool reclaimed = faccessat(spool->claimed_fd, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    int renamed = renameat(spool->requests_fd, file, spool->claimed_fd, file);
    if (renamed != 0 && !(errno == ENOENT && reclaimed)) {
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM,
                    _("cannot claim the request '%s/requests/%s': %s"), spool->dir, file,
                    g_strerror(errno));
        return NULL;
    }

    g_autoptr(GError) cause = NULL;
    VtSpoolRequest *request = read_request(spool, file, lower, &cause);
    if (request != NULL) {
        request->reclaimed = reclaimed;
        request->age_s = age_of(spool, file);
    } else if (g_error_matches(cause, VT_ERROR, VT_ERROR_INPUT))
        g_propagate_error(error, reject(spool, spool->claimed_fd, file, cause->message));
    else
        g_propagate_error(error, g_steal_pointer(&cause));
    return request;
}

bool
vt_spool_finish(VtSpool *spool, const VtSpoolRequest *request, GError **error)
{
    g_return_val_if_fail(spool->lock_fd >= 0, false);
    g_autofree char *file = vt_safe_file_name(request->uuid, VT_SPOOL_SUFFIX, error);
    if (file == NULL)
        return false;
    if (unlinkat(spool->claimed_fd, file, 0) == 0 || errno == ENOENT)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot remove '%s/claimed/%s': %s"),
                spool->dir, file, g_strerror(errno));
    return false;
}
