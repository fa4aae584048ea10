/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * VtError:
 * @VT_ERROR_INPUT: what was given is not acceptable; the message names the place and what to do
 * @VT_ERROR_LAW: a rewrite broke one of vmtune's own laws; nothing may be written
 * @VT_ERROR_REFUSED: the input is sound, but vmtune declines to act on it
 * @VT_ERROR_SYSTEM: libvirt, a file or the system failed
 * @VT_ERROR_STORE: vmtune's own folders cannot be written: no fault of the domain, and it may pass
 *
 * The one error domain of vmtune. Messages are whole translatable sentences without a full stop,
 * values in single quotes, and start with "file:line:column: " where there is such a place.
 */
typedef enum {
    VT_ERROR_INPUT,
    VT_ERROR_LAW,
    VT_ERROR_REFUSED,
    VT_ERROR_SYSTEM,
    VT_ERROR_STORE,
} VtError;

#define VT_ERROR (vt_error_quark())

GQuark vt_error_quark(void);
