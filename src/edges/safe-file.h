/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/**
 * Small files in directories that only this user can write: what the spool and the ledger share.
 *
 * Law: nothing in such a directory is trusted unless the directory is this user's alone; symbolic
 * links are never followed; a file exists whole, with its old content or its new one; nothing waits
 * except where it says so. Needs nothing but glib and POSIX.
 */

/** Whether @text is a UUID in the form with dashes, in either case. */
bool vt_safe_is_uuid(const char *text);
#define VT_SAFE_UUID_LENGTH 36

/**
 * vt_safe_file_name:
 * @uuid: in either case; the file has it in lower case, so that one domain has one file
 * @error: VT_ERROR_INPUT where @uuid is none
 *
 * Returns: (transfer full): @uuid and @suffix, or NULL
 */
char *vt_safe_file_name(const char *uuid, const char *suffix, GError **error);

/**
 * Returns: (transfer full) (nullable): the UUID in a name that vt_safe_file_name() makes; NULL for
 * any other name
 */
char *vt_safe_uuid_of_file(const char *name, const char *suffix);

/**
 * vt_safe_open_directory:
 * @at: a descriptor, or AT_FDCWD
 * @shown: what messages call it
 * @error: VT_ERROR_SYSTEM; also when it is a symbolic link, belongs to another user than the
 *   effective one, or can be written by group or others
 *
 * Opens a directory, and makes it, mode 0700, where missing; its parent must exist.
 *
 * Returns: a descriptor, or -1
 */
int vt_safe_open_directory(int at, const char *name, const char *shown, GError **error);

/** As vt_safe_open_directory(), but one that is missing is an error, too, and stays missing. */
int vt_safe_find_directory(int at, const char *name, const char *shown, GError **error);

/**
 * vt_safe_replace:
 * @temporary_fd: the directory in which the file is written first; on the same file system
 * @to_fd: the directory in which it then takes the place of @file
 *
 * Returns: 0, or an errno: then an earlier @file is as it was
 */
int vt_safe_replace(int temporary_fd, int to_fd, const char *file, const char *content,
                    gsize length);

/**
 * vt_safe_check_tree:
 * @path: a folder or a file; one that does not exist is in order
 * @depth: 0 = @path alone, 1 = and what is in it, 2 = and what is in its folders, ...
 * @error: VT_ERROR_SYSTEM, naming the file
 *
 * Whether only root and this user can write what is there. For what root obeys: whoever can write
 * it can have anything done. Devices are not looked at, since a link to /dev/null says something.
 */
bool vt_safe_check_tree(const char *path, unsigned depth, GError **error);

/* What vt_safe_replace() calls a file that is not finished. */
#define VT_SAFE_TEMPORARY_PREFIX "new-"

/**
 * vt_safe_remove_left_behind:
 * @at: a directory in which vt_safe_replace() writes first
 *
 * Removes the unfinished files of writers that were killed, which are those a minute away from now.
 */
void vt_safe_remove_left_behind(int at);

/**
 * vt_safe_read:
 * @shown: what messages call the file
 * @max_bytes: a longer file is refused
 * @ret_missing: out, optional: set where there is no such file; then that is no error
 * @error: VT_ERROR_INPUT where the fault is the file's: it is a link or no regular file, too long,
 *   or somebody else can write it; VT_ERROR_SYSTEM otherwise
 *
 * Returns: (transfer full): the content, not terminated
 */
char *vt_safe_read(int at, const char *file, const char *shown, gsize max_bytes, gsize *ret_length,
                   bool *ret_missing, GError **error);

/**
 * vt_safe_parse:
 * @error: VT_ERROR_INPUT, in UTF-8 whatever is in @content: GKeyFile's own messages quote it
 *
 * Returns: (transfer full): the key file in @content, or NULL
 */
GKeyFile *vt_safe_parse(const char *content, gsize length, GError **error);

/**
 * vt_safe_lock:
 * @ret_errno: out: why there is no lock: EWOULDBLOCK where another process has it
 *
 * Tries for the lock file @name, made where missing, without waiting. The lock goes with the
 * descriptor, and so with the process, whatever its end.
 *
 * Returns: a descriptor, or -1
 */
int vt_safe_lock(int at, const char *name, int *ret_errno);

/** As vt_safe_lock(), but waits; a signal that is caught ends the wait with EINTR. */
int vt_safe_lock_wait(int at, const char *name, int *ret_errno);

/** Closes @fd unless it is -1. */
void vt_safe_close(int fd);
