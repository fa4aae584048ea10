/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "edges/history.h"

/* What history.c shares with history-read.c, and nobody else. */

/* The files of an entry, and the group in the first. */
#define VT_HISTORY_ENTRY "entry"
#define VT_HISTORY_BEFORE "before.xml"
#define VT_HISTORY_AFTER "after.xml"
#define VT_HISTORY_MEASURED "measured.json"

/** Whether there is something to read: nothing there is no error, what is not to be trusted is. */
bool vt_history_find_folder(const char *dir, const char *uuid, GError **error);

/** Returns: (transfer full) (element-type guint): of all that is there, whoever's, rising. */
GArray *vt_history_numbers(const char *folder);
