/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/** Returns: (transfer full): "9.0.0" for 9000000, the form in which libvirt tells versions. */
char *vt_version_to_string(guint64 version);
