/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ledger's directory, its lock, and writing. Reading is in ledger-read.c.
 */
#include "edges/ledger-parts.h"

#include "base/error.h"
#include "base/i18n.h"
#include "edges/process.h"
#include "edges/safe-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/*** the directory ***/

VtLedger *
vt_ledger_open(const char *dir, const char *pid_dir, GError **error)
{
    g_autoptr(VtLedger) ledger = g_new0(VtLedger, 1);
    int parent_fd = vt_safe_open_directory(AT_FDCWD, dir, dir, error);

    ledger->dir = g_build_filename(dir, "ledger", NULL);
    ledger->pid_dir = g_strdup(pid_dir);
    ledger->boot_id = vt_process_boot_id();
    ledger->fd = ledger->lock_fd = -1;
    if (parent_fd < 0)
        return NULL;
    ledger->fd = vt_safe_open_directory(parent_fd, "ledger", ledger->dir, error);
    close(parent_fd);
    return ledger->fd < 0 ? NULL : g_steal_pointer(&ledger);
}

void
vt_ledger_free(VtLedger *ledger)
{
    if (!ledger)
        return;
    vt_safe_close(ledger->lock_fd);
    vt_safe_close(ledger->fd);
    g_free(ledger->dir);
    g_free(ledger->pid_dir);
    g_free(ledger->boot_id);
    g_free(ledger);
}

bool
vt_ledger_lock(VtLedger *ledger, unsigned wait_ms, GError **error)
{
    gint64 end = g_get_monotonic_time() + (gint64)wait_ms * 1000;
    int code = 0;

    while (ledger->lock_fd < 0) {
        ledger->lock_fd = vt_safe_lock(ledger->fd, VT_LEDGER_LOCK_NAME, &code);
        if (ledger->lock_fd >= 0)
            break;
        if (code != EWOULDBLOCK || g_get_monotonic_time() >= end) {
            g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot lock '%s/%s': %s"), ledger->dir,
                        VT_LEDGER_LOCK_NAME,
                        code == EWOULDBLOCK ? _("another process has it") : g_strerror(code));
            return false;
        }
        /* not in step with the others that wait */
        g_usleep((gulong)g_random_int_range(1000, 5000));
    }
    return true;
}

void
vt_ledger_unlock(VtLedger *ledger)
{
    vt_safe_close(ledger->lock_fd);
    ledger->lock_fd = -1;
}

/*** writing ***/

static char *
format_masks(const GPtrArray *masks)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < masks->len; i++) {
        const VtCpuSet *mask = masks->pdata[i];
        g_autofree char *cpus = mask ? vt_cpuset_format(mask) : g_strdup(VT_LEDGER_ANYWHERE);
        g_string_append_printf(text, "%s%s", i ? " " : "", cpus);
    }
    return g_string_free(text, FALSE);
}

static GKeyFile *
new_file(const VtLedger *ledger, const char *uuid, const char *name, const VtPins *pins)
{
    GKeyFile *file = g_key_file_new();
    g_autofree char *lower = g_ascii_strdown(uuid, -1);
    g_autofree char *vcpus = format_masks(pins->vcpus);

    g_key_file_set_integer(file, VT_LEDGER_GROUP, "format", VT_LEDGER_FORMAT);
    g_key_file_set_string(file, VT_LEDGER_GROUP, "uuid", lower);
    g_key_file_set_string(file, VT_LEDGER_GROUP, "name", name);
    g_key_file_set_string(file, VT_LEDGER_GROUP, "boot", ledger->boot_id);
    g_key_file_set_string(file, VT_LEDGER_GROUP, "vcpus", vcpus);
    if (pins->emulator) {
        g_autofree char *emulator = vt_cpuset_format(pins->emulator);
        g_key_file_set_string(file, VT_LEDGER_GROUP, "emulator", emulator);
    }
    if (pins->iothreads->len > 0) {
        g_autofree char *iothreads = format_masks(pins->iothreads);
        g_key_file_set_string(file, VT_LEDGER_GROUP, "iothreads", iothreads);
    }
    return file;
}

static bool
write_file(const VtLedger *ledger, const char *name, GKeyFile *content, GError **error)
{
    gsize length;
    g_autofree char *text = g_key_file_to_data(content, &length, NULL);
    int code;

    if (length > VT_LEDGER_MAX_BYTES) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("the pins are too many for the ledger: %zu bytes"), length);
        return false;
    }
    code = vt_safe_replace(ledger->fd, ledger->fd, name, text, length);
    if (code == 0)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot write '%s/%s': %s"), ledger->dir, name,
                g_strerror(code));
    return false;
}

static bool
check_name(const char *name, GError **error)
{
    if (name[0] != '\0' && g_utf8_validate(name, -1, NULL))
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("the name of the domain is empty or not UTF-8"));
    return false;
}

static bool
remove_file(const VtLedger *ledger, const char *uuid, const char *suffix, GError **error)
{
    g_autofree char *name = vt_safe_file_name(uuid, suffix, error);

    if (!name)
        return false;
    if (unlinkat(ledger->fd, name, 0) == 0 || errno == ENOENT)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot remove '%s/%s': %s"), ledger->dir, name,
                g_strerror(errno));
    return false;
}

bool
vt_ledger_record(VtLedger *ledger, const char *uuid, const char *name, const VtPins *pins,
                 GError **error)
{
    g_autofree char *file_name = vt_safe_file_name(uuid, VT_LEDGER_PINS_SUFFIX, error);
    g_autoptr(GKeyFile) file = NULL;
    VtProcess process;

    if (!file_name || !check_name(name, error))
        return false;
    if (vt_pins_is_empty(pins))
        return remove_file(ledger, uuid, VT_LEDGER_PINS_SUFFIX, error);
    file = new_file(ledger, uuid, name, pins);
    if (vt_process_from_pid_file(ledger->pid_dir, name, &process)) {
        g_key_file_set_int64(file, VT_LEDGER_GROUP, "process", process.pid);
        g_key_file_set_uint64(file, VT_LEDGER_GROUP, "process-start", process.start);
    }
    return write_file(ledger, file_name, file, error);
}

bool
vt_ledger_promise(VtLedger *ledger, const char *uuid, const char *name, const VtPins *pins,
                  unsigned seconds, GError **error)
{
    g_autofree char *file_name = vt_safe_file_name(uuid, VT_LEDGER_PROMISE_SUFFIX, error);
    g_autoptr(GKeyFile) file = NULL;

    if (!file_name || !check_name(name, error))
        return false;
    if (vt_pins_is_empty(pins))
        return remove_file(ledger, uuid, VT_LEDGER_PROMISE_SUFFIX, error);
    file = new_file(ledger, uuid, name, pins);
    g_key_file_set_int64(file, VT_LEDGER_GROUP, "expires", vt_process_uptime() + seconds);
    return write_file(ledger, file_name, file, error);
}

bool
vt_ledger_drop(VtLedger *ledger, const char *uuid, GError **error)
{
    return remove_file(ledger, uuid, VT_LEDGER_PINS_SUFFIX, error) &&
           remove_file(ledger, uuid, VT_LEDGER_PROMISE_SUFFIX, error);
}
