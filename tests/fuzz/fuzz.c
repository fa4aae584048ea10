/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../remove-tree.h"
#include "base/error.h"

void
fuzz_broken(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

void
fuzz_check_error(const GError *error)
{
    MUST(error != NULL);
    MUST(error->domain == VT_ERROR);
    MUST(error->message[0] != '\0');
    MUST(g_utf8_validate(error->message, -1, NULL));
}

/* ---- files ---- */

static char *scratch;

static void
remove_scratch(void)
{
    remove_tree(scratch);
    g_free(scratch);
}

const char *
fuzz_scratch(void)
{
    if (!scratch) {
        scratch = g_dir_make_tmp("vmtune-fuzz-XXXXXX", NULL);
        MUST(scratch != NULL);
        atexit(remove_scratch);
    }
    return scratch;
}

char *
fuzz_scratch_path(const char *name)
{
    return g_build_filename(fuzz_scratch(), name, NULL);
}

/* Not g_file_set_contents(), which is slow because it is safe. */
void
fuzz_write(const char *path, const void *bytes, gsize length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    MUST(fd >= 0);
    MUST(write(fd, bytes, length) == (ssize_t)length);
    close(fd);
}

void
fuzz_remove_files(const char *folder)
{
    g_autoptr(GDir) directory = g_dir_open(folder, 0, NULL);
    const char *name;

    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        unlink(path);
    }
}

guint
fuzz_count_files(const char *folder)
{
    g_autoptr(GDir) directory = g_dir_open(folder, 0, NULL);
    guint count = 0;

    while (directory && g_dir_read_name(directory))
        count++;
    return count;
}

/* ---- input ---- */

char *
fuzz_text(const uint8_t *data, size_t size)
{
    return size > 0 ? g_strndup((const char *)data, size) : g_strdup("");
}

char *
fuzz_take_line(const uint8_t **data, size_t *size)
{
    const uint8_t *end = *size > 0 ? memchr(*data, '\n', *size) : NULL;
    size_t length = end ? (size_t)(end - *data) : *size;
    char *line = fuzz_text(*data, length);

    *data += length + (end ? 1 : 0);
    *size -= length + (end ? 1 : 0);
    return line;
}
