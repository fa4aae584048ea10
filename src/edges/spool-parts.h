/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "edges/spool.h"

/* What spool.c shares with spool-worker.c, and nobody else. */

#define VT_SPOOL_GROUP "request"
#define VT_SPOOL_FORMAT 1
#define VT_SPOOL_SUFFIX ".request"
#define VT_SPOOL_UUID_LENGTH 36
#define VT_SPOOL_NAME_ATTEMPTS 100

struct VtSpool {
    char *dir; /* for messages; everything else goes through the descriptors */
    int dir_fd;
    int requests_fd;
    int claimed_fd;
    int lock_fd; /* -1 unless the lock is held */
};

bool vt_spool_is_uuid(const char *text);

/**
 * vt_spool_file_name:
 * @uuid: in either case; the file has it in lower case, so that one domain has one file
 *
 * Returns: (transfer full): the file name, or NULL where @uuid is none
 */
char *vt_spool_file_name(const char *uuid, GError **error);

/** Whether the values can be in a request. */
bool vt_spool_check_request(const char *name, const char *operation, GError **error);

/** Opens a folder of the spool; makes it where missing. Returns: a descriptor, or -1 */
int vt_spool_open_folder(const VtSpool *spool, const char *name, GError **error);

/** Closes @fd unless it is -1. */
void vt_spool_close(int fd);
