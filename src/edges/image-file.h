/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/**
 * The first bytes of a disk image that a domain names.
 *
 * In: a root directory and an absolute path inside it. Out: bytes, or which kind of trouble. Law:
 * never waits longer than the deadline, and never opens anything but a regular file or a block
 * device: opening a FIFO blocks, opening some character devices has effects. A file without a size,
 * as those of /proc are, counts as empty and is not read.
 *
 * The hook never uses this: it may neither wait nor leave a thread behind.
 */

#define VT_IMAGE_TIMEOUT_MS 3000

typedef enum {
    VT_IMAGE_TROUBLE_NONE,
    VT_IMAGE_TROUBLE_MISSING,    /* nothing there */
    VT_IMAGE_TROUBLE_UNREADABLE, /* no permission */
    VT_IMAGE_TROUBLE_NOT_A_FILE, /* neither a regular file nor a block device */
    VT_IMAGE_TROUBLE_TIMED_OUT,  /* a network mount that hangs, most likely */
    VT_IMAGE_TROUBLE_IO,         /* anything else that the system reports */
} VtImageTrouble;

/**
 * VtImageOpener:
 *
 * Opens @path inside @root for reading; runs in a thread of its own and may block there.
 *
 * Returns: a file descriptor, or a negative errno
 */
typedef int (*VtImageOpener)(const char *root, const char *path);

typedef struct {
    const char *root;   /* NULL or "/": this host; else a captured host */
    guint timeout_ms;   /* 0: VT_IMAGE_TIMEOUT_MS */
    VtImageOpener open; /* NULL: the system's; a test puts one that hangs here */
} VtImageReader;

/**
 * vt_image_read_header:
 * @reader: where and how long; NULL: this host and the default deadline
 * @path: absolute inside the root; symbolic links are followed and cannot leave a captured host
 * @size: how many bytes are wanted
 * @ret_length: out: how many the file has, up to @size; 0 for an empty file
 * @ret_trouble: out, optional: what went wrong; VT_IMAGE_TROUBLE_NONE on success
 * @error: VT_ERROR_SYSTEM naming the path as the domain has it; VT_ERROR_INPUT when @path is not
 *   absolute
 *
 * When the deadline passes, the thread that reads is left alone: nothing can interrupt it inside
 * the kernel. It owns all that it touches, so @buffer and the strings are the caller's again. It
 * ends when the system answers, or with the process. A caller that reads many images should stop
 * naming a mount that has timed out once.
 */
bool vt_image_read_header(const VtImageReader *reader, const char *path, guint8 *buffer, gsize size,
                          gsize *ret_length, VtImageTrouble *ret_trouble, GError **error);
