/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * A folder of knowledge: TOPIC/NAME.xml, one thing a file. What a file is about has its path below
 * the folder without ".xml" as its id.
 */

/**
 * VtFolderFile:
 * @bytes: the file's text; empty in a file that masks what another folder has of this id
 * @path: for messages
 * @faults: (element-type GError): what is wrong with it is added
 */
typedef void (*VtFolderFile)(const char *bytes, gsize length, const char *path, const char *id,
                             gpointer data, GPtrArray *faults);

/**
 * vt_folder_read:
 * @path: one that does not exist is empty
 * @file: called for every file, in order of their names
 * @faults: (element-type GError): every fault is added, VT_ERROR_INPUT or G_FILE_ERROR. Anything
 *   but such files is one: "foo.xml~" or "foo.XML" would otherwise be silently out of force.
 *   Hidden files are left alone, editors make them.
 */
void vt_folder_read(const char *path, VtFolderFile file, gpointer data, GPtrArray *faults);

/**
 * vt_folder_stamp:
 * @folders: NULL-terminated
 *
 * Returns: (transfer full): what tells whether anything in @folders was changed, added or removed
 * since: names, sizes, times and inode numbers, without opening a file
 */
char *vt_folder_stamp(const char *const *folders);
