/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The names in @folder in a stable order, hidden ones left out; empty where there is no such
 * folder. */
GPtrArray *list_folder(const char *folder);
