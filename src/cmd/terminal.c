/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/terminal.h"

#include <locale.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEFAULT_WIDTH 80

static unsigned
terminal_width(const VtOptions *options)
{
    const char *named = g_getenv("COLUMNS");
    struct winsize size;
    guint64 columns;

    if (options->width > 0)
        return (unsigned)options->width;
    if (named && g_ascii_string_to_unsigned(named, 10, 1, 100000, &columns, NULL))
        return (unsigned)columns;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return DEFAULT_WIDTH;
}

static bool
wants_colour(void)
{
    const char *no_colour = g_getenv("NO_COLOR");
    const char *terminal = g_getenv("TERM");

    return isatty(STDOUT_FILENO) && !(no_colour && *no_colour) && terminal &&
           strcmp(terminal, "dumb") != 0;
}

VtTextStyle
vt_terminal_style(const VtOptions *options)
{
    if (options->ascii)
        setlocale(LC_MESSAGES, "C");
    return (VtTextStyle){
        .width = terminal_width(options),
        .ascii = options->ascii || !g_get_charset(NULL),
        .colour = wants_colour(),
    };
}
