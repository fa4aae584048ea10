/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ftw.h>
#include <glib.h>
#include <stdio.h>

static inline int
remove_tree_entry(const char *path, const struct stat *info G_GNUC_UNUSED, int type G_GNUC_UNUSED,
                  struct FTW *ftw G_GNUC_UNUSED)
{
    return remove(path);
}

/* A folder and all that is in it; links are removed, not followed. */
static inline void
remove_tree(const char *path)
{
    nftw(path, remove_tree_entry, 16, FTW_DEPTH | FTW_PHYS);
}
