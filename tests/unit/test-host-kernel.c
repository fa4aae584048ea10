/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#include "facts/build.h"
#include "fake-sysfs.h"

static VtFacts *
facts_of(const FakeRoot *root)
{
    VtFacts *facts = vt_facts_new(NULL);

    vt_facts_from_host(facts, root->path);
    vt_facts_from_host_kernel(facts, root->path);
    return facts;
}

static FakeRoot *
empty_root(void)
{
    FakeRoot *root = g_new0(FakeRoot, 1);

    root->path = g_dir_make_tmp("vmtune-kernel-XXXXXX", NULL);
    return root;
}

static void
assert_unknown(const VtFacts *facts, const char *name)
{
    const VtFact *fact = vt_facts_get(facts, name);

    if (!fact || fact->known || !fact->origin)
        fail_msg("%s is known, or nobody says why not", name);
}

static void
assert_number(const VtFacts *facts, const char *name, gint64 expected)
{
    gint64 number;

    if (!vt_facts_get_int(facts, name, &number))
        fail_msg("%s is unknown", name);
    assert_int_equal(number, expected);
}

static void
test_a_kernel_that_tells_nothing_is_unknown(void **state G_GNUC_UNUSED)
{
    static const char *const names[] = {
        "host.apicv_capable", "host.cpufreq_driver",       "host.cpufreq_governor",
        "host.halt_poll_ns",  "host.default_hugepage_kib", "host.hugepages",
        "host.ksm_run",       "host.memory_kib",           "host.ple_gap",
        "host.thp",
    };
    g_autoptr(FakeRoot) root = empty_root();
    g_autoptr(VtFacts) facts = facts_of(root);

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        assert_unknown(facts, names[i]);
}

static void
test_settings_are_read_as_the_kernel_prints_them(void **state G_GNUC_UNUSED)
{
    g_autoptr(FakeRoot) root = empty_root();
    g_autoptr(VtFacts) facts = NULL;

    fake_write(root, "200000", "sys/module/kvm/parameters/halt_poll_ns");
    fake_write(root, "128", "sys/module/kvm_intel/parameters/ple_gap");
    fake_write(root, "1", "sys/kernel/mm/ksm/run");
    fake_write(root, "always [madvise] never", "sys/kernel/mm/transparent_hugepage/enabled");
    fake_write(root, "schedutil", "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    fake_write(root, "MemTotal:       65536000 kB\nHugepagesize:       2048 kB", "proc/meminfo");
    facts = facts_of(root);
    assert_number(facts, "host.halt_poll_ns", 200000);
    assert_number(facts, "host.ple_gap", 128);
    assert_number(facts, "host.ksm_run", 1);
    assert_number(facts, "host.memory_kib", 65536000);
    assert_number(facts, "host.default_hugepage_kib", 2048);
    assert_string_equal(vt_facts_get_string(facts, "host.thp"), "madvise");
    assert_string_equal(vt_facts_get_string(facts, "host.cpufreq_governor"), "schedutil");
}

static void
test_nonsense_is_unknown(void **state G_GNUC_UNUSED)
{
    g_autoptr(FakeRoot) root = empty_root();
    g_autoptr(VtFacts) facts = NULL;

    fake_write(root, "always", "sys/kernel/mm/transparent_hugepage/enabled");
    fake_write(root, "many", "sys/module/kvm/parameters/halt_poll_ns");
    fake_write(root, "MemTotal: none", "proc/meminfo");
    facts = facts_of(root);
    assert_unknown(facts, "host.thp");
    assert_unknown(facts, "host.halt_poll_ns");
    assert_unknown(facts, "host.memory_kib");
}

static void
assert_capable(const char *cpuinfo, bool known, bool capable)
{
    g_autoptr(FakeRoot) root = empty_root();
    g_autoptr(VtFacts) facts = NULL;

    fake_write(root, cpuinfo, "proc/cpuinfo");
    facts = facts_of(root);
    assert_int_equal(vt_facts_get(facts, "host.apicv_capable")->known, known);
    assert_int_equal(vt_facts_is_true(facts, "host.apicv_capable"), capable);
}

static void
test_the_cpus_own_flags_tell_whether_it_has_apicv(void **state G_GNUC_UNUSED)
{
    assert_capable("vendor_id\t: GenuineIntel\nflags\t: vmx\nvmx flags\t: ept apicv", true, true);
    assert_capable("vendor_id\t: GenuineIntel\nflags\t: vmx\nvmx flags\t: ept", true, false);
    assert_capable("vendor_id\t: GenuineIntel\nflags\t: vmx apicv", false, false); /* before 5.6 */
    assert_capable("vendor_id\t: AuthenticAMD\nflags\t: svm avic", true, true);
    assert_capable("vendor_id\t: AuthenticAMD\nflags\t: svm", true, false);
}

static void
test_pools_are_told_for_all_and_for_each_node(void **state G_GNUC_UNUSED)
{
    g_autoptr(FakeRoot) root = empty_root();
    g_autoptr(VtFacts) facts = NULL;
    const VtFact *pools;
    const VtFacts *all, *node;

    fake_write(root, "8", "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
    fake_write(root, "6", "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
    fake_write(root, "4", "sys/kernel/mm/hugepages/hugepages-2048kB/nr_overcommit_hugepages");
    fake_write(root, "8", "sys/devices/system/node/node3/hugepages/hugepages-2048kB/nr_hugepages");
    fake_write(root, "6",
               "sys/devices/system/node/node3/hugepages/hugepages-2048kB/free_hugepages");
    facts = facts_of(root);
    pools = vt_facts_get(facts, "host.hugepages");
    assert_int_equal(pools->records->len, 2);
    all = pools->records->pdata[0];
    node = pools->records->pdata[1];
    assert_number(all, "host.hugepages.node", -1);
    assert_number(all, "host.hugepages.pages", 12); /* the kernel may add four */
    assert_number(all, "host.hugepages.free_pages", 6);
    assert_number(node, "host.hugepages.node", 3);
    assert_number(node, "host.hugepages.pages", 8);
    assert_number(node, "host.hugepages.page_kib", 2048);
}

static void
test_endless_pools_can_be_added_up(void **state G_GNUC_UNUSED)
{
    static const char *const limits[] = {"nr_hugepages", "free_hugepages",
                                         "nr_overcommit_hugepages"};
    g_autoptr(FakeRoot) root = empty_root();
    g_autoptr(VtFacts) facts = NULL;
    const VtFact *pools;

    for (gsize i = 0; i < G_N_ELEMENTS(limits); i++)
        fake_write(root, "9223372036854775807", "sys/kernel/mm/hugepages/hugepages-2048kB/%s",
                   limits[i]);
    facts = facts_of(root);
    pools = vt_facts_get(facts, "host.hugepages");
    assert_int_equal(pools->records->len, 1);
    assert_number(pools->records->pdata[0], "host.hugepages.pages", 2 * (gint64)G_MAXUINT32);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("a kernel that tells nothing is unknown", test_a_kernel_that_tells_nothing_is_unknown),
        TEST("settings are read as the kernel prints them",
             test_settings_are_read_as_the_kernel_prints_them),
        TEST("nonsense is unknown", test_nonsense_is_unknown),
        TEST("the CPU's own flags tell whether it has APICv",
             test_the_cpus_own_flags_tell_whether_it_has_apicv),
        TEST("pools are told for all and for each node",
             test_pools_are_told_for_all_and_for_each_node),
        TEST("endless pools can be added up", test_endless_pools_can_be_added_up),
    };

    return cmocka_run_group_tests_name("host-kernel", tests, NULL, NULL);
}
