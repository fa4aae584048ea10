/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "edges/ledger.h"

/* What ledger.c shares with ledger-read.c, and nobody else. */

#define VT_LEDGER_GROUP "pins"
#define VT_LEDGER_FORMAT 1
#define VT_LEDGER_PINS_SUFFIX ".pins"
#define VT_LEDGER_PROMISE_SUFFIX ".promise"
#define VT_LEDGER_LOCK_NAME "lock"
#define VT_LEDGER_ANYWHERE "-"

struct VtLedger {
    char *dir; /* for messages; everything else goes through the descriptors */
    char *pid_dir;
    char *boot_id;
    int fd;
    int lock_fd; /* -1 unless the lock is held */
};
