/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The spool directory itself, and the hook's side of it. What only the worker needs is in
 * spool-worker.c, so that the hook does not carry it.
 */
#include "edges/spool-parts.h"

#include "base/error.h"
#include "base/i18n.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/*** the directory ***/

int
vt_spool_open_folder(const VtSpool *spool, const char *name, GError **error)
{
    g_autofree char *shown = g_strconcat(spool->dir, "/", name, NULL);
    return vt_safe_open_directory(spool->dir_fd, name, shown, error);
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

    spool->dir_fd = vt_safe_open_directory(AT_FDCWD, spool->dir, spool->dir, error);
    if (spool->dir_fd < 0)
        return NULL;
    spool->requests_fd = vt_spool_open_folder(spool, "requests", error);
    if (spool->requests_fd < 0)
        return NULL;
    spool->claimed_fd = vt_spool_open_folder(spool, "claimed", error);
    return spool->claimed_fd < 0 ? NULL : g_steal_pointer(&spool);
}

void
vt_spool_free(VtSpool *spool)
{
    if (spool == NULL)
        return;
    vt_safe_close(spool->lock_fd);
    vt_safe_close(spool->claimed_fd);
    vt_safe_close(spool->requests_fd);
    vt_safe_close(spool->dir_fd);
    g_free(spool->dir);
    g_free(spool);
}

/*** what a request is ***/

bool
vt_spool_check_request(const char *name, const char *operation, GError **error)
{
    if (name[0] == '\0' || !g_utf8_validate(name, -1, NULL)) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("the name of the domain is empty or not UTF-8"));
        return false;
    }
    if (strcmp(operation, VT_SPOOL_OPERATION_PREPARE) != 0 &&
        strcmp(operation, VT_SPOOL_OPERATION_RESTART) != 0) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("there is no operation '%s', only '%s' and '%s'"), operation,
                    VT_SPOOL_OPERATION_PREPARE, VT_SPOOL_OPERATION_RESTART);
        return false;
    }
    return true;
}

/*** the hook's side ***/

bool
vt_spool_write(VtSpool *spool, const char *uuid, const char *name, const char *operation,
               GError **error)
{
    g_autofree char *file = vt_safe_file_name(uuid, VT_SPOOL_SUFFIX, error);
    if (file == NULL || !vt_spool_check_request(name, operation, error))
        return false;

    g_autoptr(GKeyFile) content = g_key_file_new();
    g_autofree char *lower = g_strndup(file, VT_SAFE_UUID_LENGTH);
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

    /* Beside requests/, not in it: whatever appears in there starts the worker at once. */
    int code = vt_safe_replace(spool->dir_fd, spool->requests_fd, file, text, length);
    if (code == 0)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM,
                _("cannot leave the request '%s/requests/%s': %s"), spool->dir, file,
                g_strerror(code));
    return false;
}

bool
vt_spool_note_arrival(VtSpool *spool, const char *uuid, GError **error)
{
    g_autofree char *file = vt_safe_file_name(uuid, "", error);
    int folder_fd = file ? vt_spool_open_folder(spool, "arriving", error) : -1;
    int code;

    if (folder_fd < 0)
        return false;
    code = vt_safe_replace(spool->dir_fd, folder_fd, file, "", 0);
    close(folder_fd);
    if (code == 0)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot write '%s/arriving/%s': %s"),
                spool->dir, file, g_strerror(code));
    return false;
}

bool
vt_spool_take_arrival(VtSpool *spool, const char *uuid)
{
    g_autofree char *file = vt_safe_file_name(uuid, "", NULL);
    g_autofree char *path = file ? g_build_filename("arriving", file, NULL) : NULL;

    return path && unlinkat(spool->dir_fd, path, 0) == 0;
}
