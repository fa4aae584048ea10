/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts/topology.h"
#include "fake-sysfs.h"

/* What the tests of the topology reader share; cmocka.h comes before. */

#define CPU "sys/devices/system/cpu"
#define NODE "sys/devices/system/node"

static inline VtTopology *
read_host(const FakeRoot *root)
{
    g_autoptr(GError) error = NULL;
    VtTopology *host = vt_topology_read(root->path, &error);

    if (!host)
        fail_msg("not read: %s", error->message);
    return host;
}

static inline const VtHostCore *
core_at(const VtTopology *host, guint index)
{
    assert_true(index < host->cores->len);
    return host->cores->pdata[index];
}

static inline void
expect_set(const VtCpuSet *set, const char *expected)
{
    g_autofree char *text = vt_cpuset_format(set);

    assert_string_equal(text, expected);
}
