/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#include "facts/build.h"

/* The facts of a domain with these arguments in <qemu:commandline>. */
static VtFacts *
facts_of(const char *const *arguments)
{
    g_autoptr(GString) xml =
        g_string_new("<domain xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'>"
                     "<q:commandline>");
    g_autoptr(VtDocument) document = NULL;
    VtFacts *facts = vt_facts_new(NULL);

    for (; *arguments; arguments++)
        g_string_append_printf(xml, "<q:arg value='%s'/>", *arguments);
    g_string_append(xml, "<q:env name='A' value='hv_relaxed'/></q:commandline></domain>");
    document = parse(xml->str);
    vt_facts_from_raw_arguments(facts, document);
    return facts;
}

#define FACTS_OF(...) facts_of((const char *const[]){__VA_ARGS__, NULL})

static void
assert_text(const VtFacts *facts, const char *name, const char *expected)
{
    assert_string_equal(vt_facts_get_string(facts, name), expected);
}

static void
test_enlightenments_are_named_as_libvirt_does(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) facts = FACTS_OF(
        "-cpu",
        "host,hv_relaxed,hv-vendor-id=abc,hv_spinlocks=0x1fff,+hv-time,hv-ipi=off,-hv-avic");

    assert_true(vt_facts_is_true(facts, "raw.cpu"));
    assert_text(facts, "raw.hyperv", "relaxed vendor_id spinlocks time");
}

static void
test_the_last_cpu_counts(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) facts =
        FACTS_OF("--cpu", "host,hv_relaxed,kvm=off", "-cpu", "host,-hypervisor");

    assert_text(facts, "raw.hyperv", "");
    assert_false(vt_facts_is_true(facts, "raw.hides_kvm"));
    assert_true(vt_facts_is_true(facts, "raw.hides_hypervisor"));
}

static void
test_words_that_only_look_alike_are_none(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) facts =
        FACTS_OF("-name", "hv-test", "-device", "hv-balloon,id=hv_0", "-cpu");

    assert_false(vt_facts_is_true(facts, "raw.cpu"));
    assert_text(facts, "raw.hyperv", "");
    assert_text(facts, "raw.l2_cache", "");
}

static void
test_globals_in_both_forms(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) brief = FACTS_OF("-global", "kvm-pit.lost_tick_policy=discard", "-global",
                                        "host-x86_64-cpu.hv-relaxed=on");
    g_autoptr(VtFacts) full =
        FACTS_OF("-global", "driver=kvm-pit,property=lost_tick_policy,value=delay");
    g_autoptr(VtFacts) old = FACTS_OF("-no-kvm-pit-reinjection");
    g_autoptr(VtFacts) other =
        FACTS_OF("-global", "ICH9-LPC.disable_s3=1", "-global", "driver=x", "-global", "nothing");

    assert_text(brief, "raw.pit_policy", "discard");
    assert_text(brief, "raw.hyperv", "relaxed");
    assert_false(vt_facts_is_true(brief, "raw.cpu"));
    assert_text(full, "raw.pit_policy", "delay");
    assert_text(old, "raw.pit_policy", "discard");
    assert_text(other, "raw.pit_policy", "");
}

static void
test_sizes_of_metadata_caches(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) facts =
        FACTS_OF("-set", "device.virtio-disk0.l2-cache-size=4194304", "-set",
                 "drive.drive-virtio-disk1.cache-size=1", "-set", "device.video0.vgamem_mb=16");

    assert_text(facts, "raw.l2_cache",
                "device.virtio-disk0.l2-cache-size=4194304 drive.drive-virtio-disk1.cache-size=1");
}

static void
test_without_arguments_all_is_known_to_be_nothing(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtDocument) document = parse("<domain><commandline><arg value='-cpu'/>"
                                           "<arg value='host,hv_relaxed'/></commandline></domain>");
    g_autoptr(VtFacts) facts = vt_facts_new(NULL);

    vt_facts_from_raw_arguments(facts, document);
    assert_true(vt_facts_get(facts, "raw.cpu")->known);
    assert_false(vt_facts_is_true(facts, "raw.cpu"));
    assert_text(facts, "raw.hyperv", "");
    assert_text(facts, "raw.pit_policy", "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("enlightenments are named as libvirt does",
             test_enlightenments_are_named_as_libvirt_does),
        TEST("the last -cpu counts", test_the_last_cpu_counts),
        TEST("words that only look alike are none", test_words_that_only_look_alike_are_none),
        TEST("globals in both forms", test_globals_in_both_forms),
        TEST("sizes of metadata caches", test_sizes_of_metadata_caches),
        TEST("without arguments all is known to be nothing",
             test_without_arguments_all_is_known_to_be_nothing),
    };

    return cmocka_run_group_tests_name("raw", tests, NULL, NULL);
}
