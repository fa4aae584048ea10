/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a host no guest may use, and is there all the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "read-topology.h"

#define TEST(name, function)                                                                       \
    {                                                                                              \
        name, function, NULL, NULL, NULL                                                           \
    }

static const FakeHost fake = {.nodes = 1, .domains = 1, .cores = 4, .threads = 2};

static void
test_keeps_cores_outside_the_cgroup_apart(void **state)
{
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;
    const VtHostCore *closed;

    (void)state;
    fake_write(root, "0,2,4,6", "sys/fs/cgroup/machine.slice/cpuset.cpus.effective");
    host = read_host(root);
    assert_int_equal(host->cores->len, 2);
    assert_int_equal(host->closed_cores->len, 2);
    closed = host->closed_cores->pdata[0];
    expect_set(closed->online, "1,5");
    expect_set(closed->cpus, "");
    assert_int_equal(closed->node, 0);
    expect_set(((VtHostCore *)host->closed_cores->pdata[1])->online, "3,7");
}

static void
test_tells_cpus_that_are_off_from_slots_for_more(void **state)
{
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_write(root, "0-6", CPU "/online");
    fake_write(root, "0-7", CPU "/present");
    fake_write(root, "0-63", CPU "/possible");
    host = read_host(root);
    expect_set(host->offline, "7");
}

static void
test_takes_possible_cpus_for_present_where_nothing_else_is_told(void **state)
{
    g_autoptr(FakeRoot) root = fake_host(&fake);
    g_autoptr(VtTopology) host = NULL;

    (void)state;
    fake_write(root, "0-6", CPU "/online");
    host = read_host(root);
    expect_set(host->offline, "7");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("keeps cores outside the cgroup apart", test_keeps_cores_outside_the_cgroup_apart),
        TEST("tells CPUs that are off from slots for more",
             test_tells_cpus_that_are_off_from_slots_for_more),
        TEST("takes possible CPUs for present where nothing else is told",
             test_takes_possible_cpus_for_present_where_nothing_else_is_told),
    };

    return cmocka_run_group_tests_name("topology-closed", tests, NULL, NULL);
}
