/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/process.h"

#include "edges/safe-file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The start of a small file, terminated; false if there is nothing. */
static bool
read_start(const char *path, char *buffer, gsize size)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, buffer, size - 1);

    vt_safe_close(fd);
    buffer[MAX(length, 0)] = '\0';
    return length > 0;
}

bool
vt_process_find(pid_t pid, VtProcess *ret_process)
{
    g_autofree char *path = g_strdup_printf("/proc/%ld/stat", (long)pid);
    char text[1024];
    const char *p;

    if (pid <= 0 || !read_start(path, text, sizeof(text)))
        return false;
    /* "PID (NAME) STATE ...": the name can hold anything, the last parenthesis ends it. The start
     * is the 22nd field. */
    p = strrchr(text, ')');
    if (!p || strlen(p) < 3 || p[2] == 'Z' || p[2] == 'X')
        return false;
    p += 2;
    for (unsigned field = 3; field < 22; field++) {
        p = strchr(p, ' ');
        if (!p)
            return false;
        p++;
    }
    ret_process->pid = pid;
    ret_process->start = g_ascii_strtoull(p, NULL, 10);
    return true;
}

bool
vt_process_from_pid_file(const char *dir, const char *name, VtProcess *ret_process)
{
    g_autofree char *path = g_strdup_printf("%s/%s.pid", dir, name);
    char text[32];

    return !strchr(name, '/') && read_start(path, text, sizeof(text)) &&
           vt_process_find((pid_t)strtol(text, NULL, 10), ret_process);
}

bool
vt_process_is_alive(const VtProcess *process)
{
    VtProcess now;

    return vt_process_find(process->pid, &now) && now.start == process->start;
}

char *
vt_process_boot_id(void)
{
    char text[64];

    if (!read_start("/proc/sys/kernel/random/boot_id", text, sizeof(text)))
        text[0] = '\0';
    return g_strdup(g_strstrip(text));
}

gint64
vt_process_uptime(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec;
}
