/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A spool directory for each test. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../remove-tree.h"
#include "base/error.h"
#include "edges/spool.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREPARE VT_SPOOL_OPERATION_PREPARE
#define UUID "0f2a8d1c-5b7e-4c7c-9a3b-0123456789ab"
#define OTHER_UUID "ffffffff-0000-4000-8000-00000000000f"
#define TEST(name, function)                                                                       \
    {                                                                                              \
        name, function, set_up, tear_down, NULL                                                    \
    }

/* *state is the spool directory, not made yet, in a directory of its own. */
static inline int
set_up(void **state)
{
    g_autofree char *parent = g_dir_make_tmp("vmtune-spool-XXXXXX", NULL);
    *state = g_build_filename(parent, "run", NULL);
    return parent != NULL ? 0 : -1;
}

static inline int
tear_down(void **state)
{
    g_autofree char *parent = g_path_get_dirname(*state);
    remove_tree(parent);
    g_free(*state);
    return 0;
}

static inline char *
below(const char *dir, const char *name)
{
    return g_build_filename(dir, name, NULL);
}

static inline unsigned
count_entries(const char *dir, const char *folder)
{
    g_autofree char *path = below(dir, folder);
    g_autoptr(GDir) stream = g_dir_open(path, 0, NULL);
    unsigned count = 0;
    while (stream != NULL && g_dir_read_name(stream) != NULL)
        count++;
    return count;
}

static inline VtSpool *
open_spool(const char *dir)
{
    g_autoptr(GError) error = NULL;
    VtSpool *spool = vt_spool_open(dir, &error);
    if (error != NULL)
        g_printerr("%s\n", error->message);
    assert_non_null(spool);
    return spool;
}

static inline VtSpool *
open_locked(const char *dir)
{
    VtSpool *spool = open_spool(dir);
    bool taken = false;
    assert_true(vt_spool_lock(spool, false, &taken, NULL));
    assert_true(taken);
    return spool;
}

static inline void
leave(VtSpool *spool, const char *uuid, const char *name)
{
    g_autoptr(GError) error = NULL;
    bool good = vt_spool_write(spool, uuid, name, PREPARE, &error);
    if (error != NULL)
        g_printerr("%s\n", error->message);
    assert_true(good);
}

/* Returns: the number of UUIDs; @ret_warnings optional */
static inline unsigned
count_listed(VtSpool *spool, unsigned *ret_warnings)
{
    g_autoptr(GPtrArray) warnings = NULL;
    g_autoptr(GPtrArray) uuids = vt_spool_list(spool, &warnings, NULL);
    assert_non_null(uuids);
    if (ret_warnings != NULL)
        *ret_warnings = warnings->len;
    else
        assert_int_equal(warnings->len, 0);
    return uuids->len;
}

static inline VtSpoolRequest *
claim(VtSpool *spool, const char *uuid)
{
    g_autoptr(GError) error = NULL;
    VtSpoolRequest *request = vt_spool_claim(spool, uuid, &error);
    if (error != NULL)
        g_printerr("%s\n", error->message);
    assert_non_null(request);
    return request;
}

static inline void
put_file(const char *dir, const char *name, const char *content, gssize length)
{
    g_autofree char *path = below(dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    gsize size = length < 0 ? strlen(content) : (gsize)length;
    assert_int_equal(write(fd, content, size), size);
    close(fd);
}
