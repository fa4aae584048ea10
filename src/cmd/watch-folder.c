/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/watch-folder.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"

#define GONE (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

struct VtWatchFolder {
    int fd;
    guint source;
    VtWatchFolderFunction function;
    gpointer data;
};

static gboolean
on_event(gint fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
    VtWatchFolder *folder = data;
    _Alignas(struct inotify_event) char buffer[4096];
    bool gone = false;
    ssize_t length;

    while ((length = read(fd, buffer, sizeof buffer)) > 0) {
        for (char *at = buffer; at < buffer + length;) {
            const struct inotify_event *event = (const struct inotify_event *)(gpointer)at;
            gone = gone || (event->mask & GONE);
            at += sizeof *event + event->len;
        }
    }
    if (gone)
        folder->source = 0;
    folder->function(gone, folder->data);
    return gone ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

VtWatchFolder *
vt_watch_folder_new(const char *path, VtWatchFolderFunction function, gpointer data, GError **error)
{
    VtWatchFolder *folder = g_new0(VtWatchFolder, 1);

    folder->function = function;
    folder->data = data;
    folder->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (folder->fd < 0 || inotify_add_watch(folder->fd, path,
                                            IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF |
                                                IN_MOVE_SELF | IN_ONLYDIR) < 0) {
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot watch '%s': %s"), path,
                    g_strerror(errno));
        vt_watch_folder_free(folder);
        return NULL;
    }
    folder->source = g_unix_fd_add(folder->fd, G_IO_IN, on_event, folder);
    return folder;
}

void
vt_watch_folder_free(VtWatchFolder *folder)
{
    if (!folder)
        return;
    if (folder->source)
        g_source_remove(folder->source);
    if (folder->fd >= 0)
        close(folder->fd);
    g_free(folder);
}
