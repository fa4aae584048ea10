/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/columns.h"
#include "base/printable.h"

/* Often enough to be seen moving; a terminal far away is not to slow the work. */
enum { REDRAW_MICROSECONDS = 100 * 1000 };

static bool
can_erase(void)
{
    const char *no_color = g_getenv("NO_COLOR"), *term = g_getenv("TERM");

    return isatty(STDERR_FILENO) && !(no_color && *no_color) && term && *term &&
           strcmp(term, "dumb") != 0;
}

/* Of standard error's terminal; a line that is broken could not be erased. */
static int
terminal_columns(void)
{
    struct winsize size;

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static void
draw(const VtProgress *progress, guint number, const char *name)
{
    g_autofree char *plain = g_strdup_printf(" %u/%u %s", number, progress->count, name);
    g_autofree char *safe = vt_printable(plain, false);
    gsize fits = vt_columns_fit(safe, (unsigned)terminal_columns() - 1);

    fprintf(stderr, "\r%.*s\033[K", (int)fits, safe);
    fflush(stderr);
}

void
vt_progress_show(VtProgress *progress, guint number, const char *name)
{
    gint64 now = g_get_monotonic_time();

    if (progress->count < 2 || !can_erase())
        return;
    if (progress->drawn && now - progress->drawn < REDRAW_MICROSECONDS)
        return;
    draw(progress, number, name);
    progress->drawn = now;
    progress->visible = TRUE;
}

void
vt_progress_clear(VtProgress *progress)
{
    if (!progress->visible)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    progress->visible = FALSE;
}
