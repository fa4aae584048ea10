/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that a command writes because it was told to. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/i18n.h"
#include "cmd/cmd.h"

/* What is no regular file - a device, a FIFO, /dev/stdout - must stay what it is. */
static bool
write_into(const char *path, const char *text, GError **error)
{
    FILE *file = fopen(path, "we");
    bool ok = file && fputs(text, file) >= 0 && fflush(file) == 0;

    if (!ok)
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot write '%s': %s"), path,
                    g_strerror(errno));
    if (file)
        fclose(file);
    return ok;
}

bool
vt_write_output(const char *path, const char *text, int mode, GError **error)
{
    struct stat found;
    bool exists = stat(path, &found) == 0;
    g_autofree char *target = exists ? realpath(path, NULL) : g_strdup(path);

    if (!target || (exists && !S_ISREG(found.st_mode)))
        return write_into(path, text, error);
    return g_file_set_contents_full(target, text, -1, G_FILE_SET_CONTENTS_CONSISTENT,
                                    exists ? (int)(found.st_mode & 0777) : mode, error);
}
