/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * vt_read_all:
 * @fd: any file descriptor, a pipe too
 * @name: what to call it in messages
 * @limit_bytes: more than that is refused, after reading no more than that
 * @error: VT_ERROR_INPUT for too much, VT_ERROR_SYSTEM when reading fails
 *
 * Returns: (transfer full): the bytes, NUL-terminated
 */
char *vt_read_all(int fd, const char *name, gsize limit_bytes, gsize *ret_length, GError **error);
