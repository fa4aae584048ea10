/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What diff(1) has to say of two texts. */
#include <errno.h>
#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/printable.h"
#include "cmd/cmd.h"

/* Where diff(1) finds the new text. */
#define DIFF_FD 3
#define DIFF_PATH "/dev/fd/3"

/* A file that only this process and its children can get at, in no folder: XML may be secret. */
static int
make_nameless(const char *text, GError **error)
{
    int fd = memfd_create("vmtune", MFD_CLOEXEC);
    gsize length = strlen(text), done = 0;

    while (fd >= 0 && done < length) {
        ssize_t put = write(fd, text + done, length - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            break;
        done += (gsize)put;
    }
    if (fd >= 0 && done == length)
        return fd;
    g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot make room for the diff: %s"),
                g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

/* diff(1) ends with 1 where the texts differ. One that ends before it has read all is an error to
 * be told, and not our end by SIGPIPE. */
static bool
compare(GSubprocess *process, const char *old, char **ret_output, GError **error)
{
    sighandler_t before = signal(SIGPIPE, SIG_IGN);
    bool ok = g_subprocess_communicate_utf8(process, old, NULL, ret_output, NULL, NULL);

    signal(SIGPIPE, before);
    if (ok && g_subprocess_get_if_exited(process) && g_subprocess_get_exit_status(process) <= 1)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("'diff' could not compare the definitions"));
    return false;
}

char *
vt_unified_diff(const char *old_label, const char *old, const char *new_label, const char *new,
                GError **error)
{
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
    g_autofree char *old_shown = vt_printable(old_label, false);
    g_autofree char *new_shown = vt_printable(new_label, false);
    g_autoptr(GSubprocess) process = NULL;
    g_autofree char *output = NULL;
    int after = make_nameless(new, error);

    if (after < 0)
        return NULL;
    g_subprocess_launcher_take_fd(launcher, after, DIFF_FD);
    process = g_subprocess_launcher_spawn(launcher, error, "diff", "-u", "--label", old_shown,
                                          "--label", new_shown, "--", "-", DIFF_PATH, NULL);
    if (!process || !compare(process, old, &output, error))
        return NULL;
    return g_steal_pointer(&output);
}
