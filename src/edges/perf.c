/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/perf.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <gio/gio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/read.h"
#include "edges/safe-file.h"

#define OUTPUT "output"
enum { OUTPUT_MAX_BYTES = 256 * 1024 * 1024, SAID_LINES = 6, END_MS = 2000, TICK_MS = 20 };

struct VtPerf {
    char *folder;
    GSubprocess *process; /* (nullable) */
};

VtPerf *
vt_perf_new(GError **error)
{
    const char *named = g_getenv("TMPDIR");
    g_autoptr(VtPerf) perf = g_new0(VtPerf, 1);
    g_autofree char *folder =
        g_build_filename(named && *named ? named : "/var/tmp", "vmtune-perf-XXXXXX", NULL);

    if (!g_mkdtemp(folder)) {
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM,
                    _("cannot make a folder '%s' for what perf records: %s"), folder,
                    g_strerror(errno));
        return NULL;
    }
    perf->folder = g_steal_pointer(&folder);
    return g_steal_pointer(&perf);
}

static int
remove_one(const char *path, const struct stat *found, int type, struct FTW *position)
{
    remove(path);
    return 0;
}

/* With what perf keeps beside its record, too. */
static void
remove_folder(const char *folder)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* A process that was waited for has no number any more. */
bool
vt_perf_is_over(const VtPerf *perf)
{
    return !perf->process || !g_subprocess_get_identifier(perf->process);
}

/* perf ends what it has started on SIGTERM; one that does not hear of it is killed with all that.
 */
static void
end_process(VtPerf *perf)
{
    const char *number;

    if (!perf->process)
        return;
    g_subprocess_send_signal(perf->process, SIGTERM);
    for (int waited_ms = 0; !vt_perf_is_over(perf) && waited_ms < END_MS; waited_ms += TICK_MS)
        g_usleep(TICK_MS * 1000);
    number = g_subprocess_get_identifier(perf->process);
    if (number)
        kill((pid_t)-g_ascii_strtoll(number, NULL, 10), SIGKILL);
    g_subprocess_wait(perf->process, NULL, NULL);
    g_clear_object(&perf->process);
}

void
vt_perf_free(VtPerf *perf)
{
    if (!perf)
        return;
    end_process(perf);
    if (perf->folder)
        remove_folder(perf->folder);
    g_free(perf->folder);
    g_free(perf);
}

/* In the child: a group of its own, so that Ctrl-C ends this process, which then ends perf. */
static void
set_up_child(gpointer parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != GPOINTER_TO_INT(parent))
        _exit(EXIT_FAILURE);
}

bool
vt_perf_start(VtPerf *perf, const char *const *arguments, GError **error)
{
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDERR_MERGE);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_autofree char *output = g_build_filename(perf->folder, OUTPUT, NULL);
    g_autoptr(GError) trouble = NULL;

    unlink(output); /* or else GLib writes over its beginning */
    g_ptr_array_add(argv, (char *)"perf");
    for (; *arguments; arguments++)
        g_ptr_array_add(argv, (char *)*arguments);
    g_ptr_array_add(argv, NULL);
    g_subprocess_launcher_set_cwd(launcher, perf->folder);
    g_subprocess_launcher_setenv(launcher, "HOME", perf->folder, TRUE); /* no ~/.perfconfig */
    g_subprocess_launcher_setenv(launcher, "LC_ALL", "C", TRUE);
    g_subprocess_launcher_setenv(launcher, "PAGER", "cat", TRUE);
    g_subprocess_launcher_set_stdout_file_path(launcher, output);
    g_subprocess_launcher_set_child_setup(launcher, set_up_child, GINT_TO_POINTER(getpid()), NULL);
    perf->process =
        g_subprocess_launcher_spawnv(launcher, (const char *const *)argv->pdata, &trouble);
    if (perf->process)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_REFUSED,
                g_error_matches(trouble, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT)
                    ? _("there is no perf on this host; distributions have it as 'linux-perf', "
                        "'linux-tools' or 'perf' (%s)")
                    : _("perf cannot be run: %s"),
                trouble->message);
    return false;
}

static char *
read_output(const VtPerf *perf, gsize *ret_length, GError **error)
{
    g_autofree char *path = g_build_filename(perf->folder, OUTPUT, NULL);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *bytes;

    if (fd < 0) {
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot open '%s': %s"), path,
                    g_strerror(errno));
        return NULL;
    }
    bytes = vt_read_all(fd, "perf", OUTPUT_MAX_BYTES, ret_length, error);
    vt_safe_close(fd);
    return bytes;
}

/* Of what perf says the lines that tell what is wrong, and not how it is used. */
static char *
what_it_said(const char *output)
{
    g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
    g_autoptr(GString) said = g_string_new(NULL);
    unsigned count = 0;

    for (char **line = lines; *line && count < SAID_LINES; line++) {
        if (g_str_has_prefix(g_strchug(*line), "Usage:"))
            break;
        if (!**line)
            continue;
        g_string_append_printf(said, "%s%s", count ? "\n  " : "", *line);
        count++;
    }
    return g_strdup(count ? said->str : _("perf does not say why"));
}

char *
vt_perf_finish(VtPerf *perf, gsize *ret_length, GError **error)
{
    bool over = vt_perf_is_over(perf);
    bool good = over && g_subprocess_get_if_exited(perf->process) &&
                g_subprocess_get_exit_status(perf->process) == 0;
    g_autofree char *output = NULL, *said = NULL;

    end_process(perf);
    output = read_output(perf, ret_length, error);
    if (!output || good)
        return g_steal_pointer(&output);
    said = over ? what_it_said(output) : g_strdup(_("it did not come to an end"));
    g_set_error(error, VT_ERROR, VT_ERROR_REFUSED, _("perf failed: %s"), said);
    return NULL;
}
