/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/read.h"

#include <errno.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"

char *
vt_read_all(int fd, const char *name, gsize limit_bytes, gsize *ret_length, GError **error)
{
    g_autoptr(GString) bytes = g_string_sized_new(16384);
    char buffer[16384];

    for (;;) {
        ssize_t count = read(fd, buffer, sizeof(buffer));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot read '%s': %s"), name,
                        g_strerror(errno));
            return NULL;
        }
        if (count == 0)
            break;
        g_string_append_len(bytes, buffer, count);
        if (bytes->len > limit_bytes) {
            g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                        _("%s: too large, more than %zu bytes are not read"), name, limit_bytes);
            return NULL;
        }
    }
    *ret_length = bytes->len;
    return g_string_free(g_steal_pointer(&bytes), FALSE);
}
