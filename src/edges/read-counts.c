/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/read-counts.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "edges/process.h"

void
vt_read_counts_clear(VtReadCounts *counts)
{
    g_clear_pointer(&counts->statistics, g_hash_table_unref);
}

/* Where libvirt keeps the number of a guest's process (src/qemu/qemu_conf.c, stateDir). */
static char *
pid_folder(const VtVirt *virt)
{
    return g_str_has_suffix(vt_virt_address(virt), "/session")
               ? g_build_filename(g_get_user_runtime_dir(), "libvirt", "qemu", "run", NULL)
               : g_strdup("/run/libvirt/qemu");
}

/* A file that was left behind may have the number of anybody: the guest's has its UUID among its
 * arguments. */
static bool
is_of_domain(pid_t pid, const char *uuid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", (int)pid);
    g_autofree char *arguments = NULL;
    gsize length = 0;

    return g_file_get_contents(path, &arguments, &length, NULL) &&
           memmem(arguments, length, uuid, strlen(uuid)) != NULL;
}

/* "rchar: 1234" of proc(5). */
static bool
read_count(char *const *lines, const char *name, guint64 *ret_count)
{
    for (; *lines; lines++) {
        if (g_str_has_prefix(*lines, name) && (*lines)[strlen(name)] == ':')
            return g_ascii_string_to_unsigned(g_strchug(*lines + strlen(name) + 1), 10, 0,
                                              G_MAXUINT64, ret_count, NULL);
    }
    return false;
}

static bool
read_process(pid_t pid, VtReadCounts *counts)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/io", (int)pid);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return false;
    lines = g_strsplit(text, "\n", -1);
    return read_count(lines, "syscr", &counts->calls) &&
           read_count(lines, "rchar", &counts->call_bytes) &&
           read_count(lines, "read_bytes", &counts->storage_bytes);
}

bool
vt_read_counts_take(const VtVirt *virt, const VtVirtDomain *domain, VtReadCounts *ret_counts,
                    GError **error)
{
    g_autofree char *folder = pid_folder(virt);
    VtProcess process = {0};

    ret_counts->statistics = vt_virt_domain_statistics(domain, VT_VIRT_BLOCK_STATISTICS, error);
    if (!ret_counts->statistics)
        return false;
    if (!vt_virt_is_local(virt)) {
        g_set_error_literal(error, VT_ERROR, VT_ERROR_REFUSED,
                            _("what QEMU reads is counted by its host's kernel, and the guest is "
                              "on another host"));
        return false;
    }
    if (!vt_process_from_pid_file(folder, vt_virt_domain_name(domain), &process) ||
        !is_of_domain(process.pid, vt_virt_domain_uuid(domain))) {
        g_set_error(error, VT_ERROR, VT_ERROR_REFUSED,
                    _("the guest's process is not found by '%s/%s.pid', which root may read"),
                    folder, vt_virt_domain_name(domain));
        return false;
    }
    if (!read_process(process.pid, ret_counts)) {
        g_set_error(error, VT_ERROR, VT_ERROR_REFUSED,
                    _("'/proc/%d/io', where the kernel counts what QEMU reads, cannot be read: "
                      "root may"),
                    (int)process.pid);
        return false;
    }
    return true;
}
