/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* qcow2 headers to test with. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "facts/qcow2.h"

#include <string.h>

#define KIB ((guint64)1 << 10)
#define MIB ((guint64)1 << 20)
#define GIB ((guint64)1 << 30)
#define TIB ((guint64)1 << 40)
#define TEST(name, function)                                                                       \
    {                                                                                              \
        name, function, NULL, NULL, NULL                                                           \
    }

static inline void
put32(guint8 *bytes, gsize at, guint32 value)
{
    guint32 big = GUINT32_TO_BE(value);
    memcpy(bytes + at, &big, sizeof big);
}

static inline void
put64(guint8 *bytes, gsize at, guint64 value)
{
    guint64 big = GUINT64_TO_BE(value);
    memcpy(bytes + at, &big, sizeof big);
}

/* A sound version 3 header with room in its L1 table for any disk that is tested. */
static inline void
make_header(guint8 bytes[VT_QCOW2_HEADER_BYTES], unsigned cluster_bits, guint64 size)
{
    guint64 cluster = G_GUINT64_CONSTANT(1) << cluster_bits;
    memset(bytes, 0, VT_QCOW2_HEADER_BYTES);
    put32(bytes, 0, 0x514649fb);
    put32(bytes, 4, 3);
    put32(bytes, 20, cluster_bits);
    put64(bytes, 24, size);
    put32(bytes, 36, 4194304);
    put64(bytes, 40, 3 * cluster);
    put64(bytes, 48, cluster);
    put32(bytes, 56, 1);
    put32(bytes, 96, 4);
    put32(bytes, 100, VT_QCOW2_HEADER_BYTES);
}

static inline void
make_v2_header(guint8 bytes[VT_QCOW2_HEADER_BYTES], unsigned cluster_bits, guint64 size)
{
    make_header(bytes, cluster_bits, size);
    put32(bytes, 4, 2);
    /* a version 2 image has its extensions there */
    memset(bytes + 72, 0xff, VT_QCOW2_HEADER_BYTES - 72);
}

static inline void
assert_parses(const guint8 *bytes, gsize length, VtQcow2Header *ret_header)
{
    g_autoptr(GError) error = NULL;
    bool good = vt_qcow2_parse(bytes, length, ret_header, &error);
    if (error != NULL)
        g_printerr("%s\n", error->message);
    assert_true(good);
    assert_null(error);
}
