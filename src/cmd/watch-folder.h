/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/**
 * VtWatchFolder: tells when files come into a folder, through GLib's main loop.
 *
 * One call for any number of files; @function looks for itself. It is called too when the folder
 * itself was removed or moved away: then there is nothing to watch any more, and the folder has to
 * be made and watched anew.
 */
typedef struct VtWatchFolder VtWatchFolder;

typedef void (*VtWatchFolderFunction)(bool gone, gpointer data);

VtWatchFolder *vt_watch_folder_new(const char *path, VtWatchFolderFunction function, gpointer data,
                                   GError **error);
void vt_watch_folder_free(VtWatchFolder *folder); /* accepts NULL; not from @function */
