/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/**
 * VtProcess: one process, told from a later one of the same number by the time of its start.
 */
typedef struct {
    pid_t pid;     /* 0 = not known */
    guint64 start; /* clock ticks since the boot */
} VtProcess;

/** The process @pid, if it lives; a zombie does not. Returns: false, and @ret_process untouched. */
bool vt_process_find(pid_t pid, VtProcess *ret_process);

/** The process whose number is in the file @dir/@name.pid, as vt_process_find(). */
bool vt_process_from_pid_file(const char *dir, const char *name, VtProcess *ret_process);

/** Whether it still lives. */
bool vt_process_is_alive(const VtProcess *process);

/** Returns: (transfer full): what tells this boot of the machine from any other; "" if nothing. */
char *vt_process_boot_id(void);

/** Seconds since the boot, sleep included. */
gint64 vt_process_uptime(void);
