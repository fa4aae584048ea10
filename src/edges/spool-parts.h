/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "edges/safe-file.h"
#include "edges/spool.h"

/* What spool.c shares with spool-worker.c, and nobody else. */

#define VT_SPOOL_GROUP "request"
#define VT_SPOOL_FORMAT 1
#define VT_SPOOL_SUFFIX ".request"

struct VtSpool {
    char *dir; /* for messages; everything else goes through the descriptors */
    int dir_fd;
    int requests_fd;
    int claimed_fd;
    int lock_fd; /* -1 unless the lock is held */
};

/** Whether the values can be in a request. */
bool vt_spool_check_request(const char *name, const char *operation, GError **error);

/** Opens a folder of the spool; makes it where missing. Returns: a descriptor, or -1 */
int vt_spool_open_folder(const VtSpool *spool, const char *name, GError **error);
