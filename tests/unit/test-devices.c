/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#include "facts/build.h"

static VtFacts *
facts_of(const char *inner)
{
    g_autofree char *xml = g_strdup_printf("<domain type='kvm'>%s</domain>", inner);
    g_autoptr(VtDocument) document = parse(xml);
    VtFacts *facts = vt_facts_new(NULL);

    vt_facts_from_domain(facts, document);
    vt_facts_from_nics(facts, document);
    vt_facts_from_iothreads(facts, document);
    return facts;
}

static const VtFacts *
record(const VtFacts *facts, guint index)
{
    const VtFact *nics = vt_facts_get(facts, "nic");

    assert_true(nics->known && nics->records->len > index);
    return nics->records->pdata[index];
}

static void
assert_text(const VtFacts *facts, const char *name, const char *text)
{
    assert_string_equal(vt_facts_get_string(facts, name), text);
}

static void
assert_number(const VtFacts *facts, const char *name, gint64 expected)
{
    gint64 number;

    assert_true(vt_facts_get_int(facts, name, &number));
    assert_int_equal(number, expected);
}

static void
test_an_interface_is_told_by_its_address(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) facts = facts_of("<vcpu>4</vcpu><devices><interface type='network'>"
                                        "<mac address='52:54:00:00:00:01'/><model type='virtio'/>"
                                        "<driver name='vhost' queues='8'/></interface></devices>");
    const VtFacts *nic = record(facts, 0);

    assert_text(nic, "nic.target", "52:54:00:00:00:01");
    assert_text(nic, "nic.place", "devices/interface[mac/@address='52:54:00:00:00:01']");
    assert_text(nic, "nic.model", "virtio");
    assert_text(nic, "nic.backend", "vhost");
    assert_text(nic, "nic.type", "network");
    assert_number(nic, "nic.queues", 8);
    assert_text(nic, "nic.queues_for_vcpus", "more");
}

static void
test_without_an_address_its_turn_counts(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) facts = facts_of(
        "<devices><interface type='user'/><interface><mac address=\"'] | //x['\"/></interface>"
        "</devices>");

    assert_text(record(facts, 0), "nic.target", "#1");
    assert_text(record(facts, 1), "nic.target", "#2");
    assert_text(record(facts, 1), "nic.place", "devices/interface");
    assert_number(record(facts, 1), "nic.queues", 1);
    assert_false(vt_facts_get(record(facts, 0), "nic.model")->known);
}

static void
assert_iothreads(const char *inner, const char *absent, gint64 defined, gint64 users)
{
    g_autoptr(VtFacts) facts = facts_of(inner);

    assert_text(facts, "lint.absent_iothreads", absent);
    assert_number(facts, "domain.iothreads", defined);
    assert_number(facts, "domain.iothread_users", users);
}

#define DISK(driver) "<disk><driver " driver "/><target dev='vda'/></disk>"

static void
test_who_uses_which_iothread(void **state G_GNUC_UNUSED)
{
    assert_iothreads("<devices/>", "", 0, 0);
    assert_iothreads("<iothreads>2</iothreads><devices>" DISK("iothread='2'") "</devices>", "", 2,
                     1);
    assert_iothreads("<iothreads>2</iothreads><devices>" DISK("iothread='3'") "</devices>",
                     "vda: 3", 2, 1);
    /* the one without a number of its own gets the lowest that is free */
    assert_iothreads(
        "<iothreads>2</iothreads><iothreadids><iothread id='1'/></iothreadids><devices>"
        "<disk><driver><iothreads><iothread id='1'/><iothread id='2'/></iothreads>"
        "</driver><target dev='vda'/></disk></devices>",
        "", 2, 2);
    assert_iothreads("<devices><controller type='scsi'><driver iothread='1'/></controller>"
                     "</devices>",
                     "a controller: 1", 0, 1);
    assert_iothreads("<devices>" DISK("iothread='many'") "</devices>", "vda: many", 0, 1);
}

static void
assert_machine_version(const char *machine, gint64 version)
{
    g_autofree char *inner =
        g_strdup_printf("<os><type arch='x86_64' machine='%s'>hvm</type></os>", machine);
    g_autoptr(VtFacts) facts = facts_of(inner);
    gint64 number = 0;

    assert_int_equal(vt_facts_get_int(facts, "domain.machine_version", &number), version > 0);
    assert_int_equal(number, version);
}

static void
test_a_machine_type_tells_its_release(void **state G_GNUC_UNUSED)
{
    assert_machine_version("pc-q35-7.2", 7002);
    assert_machine_version("pc-i440fx-10.1", 10001);
    assert_machine_version("q35", 0);
    assert_machine_version("pc-q35-rhel9.2.0", 0);
    assert_machine_version("pc-q35-jammy", 0);
    assert_machine_version("pc-q35-6.2-hpb", 0);
}

static void
assert_ballooned(const char *inner, bool ballooned)
{
    g_autoptr(VtFacts) facts = facts_of(inner);

    assert_int_equal(vt_facts_get(facts, "domain.ballooned")->number, ballooned);
}

static void
test_a_guest_that_is_to_have_less_than_its_maximum(void **state G_GNUC_UNUSED)
{
    assert_ballooned("<memory unit='GiB'>4</memory>", false);
    assert_ballooned("<memory unit='GiB'>4</memory><currentMemory>4194304</currentMemory>", false);
    assert_ballooned("<memory unit='GiB'>4</memory><currentMemory>4194303</currentMemory>", true);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("an interface is told by its address", test_an_interface_is_told_by_its_address),
        TEST("without an address its turn counts", test_without_an_address_its_turn_counts),
        TEST("who uses which iothread", test_who_uses_which_iothread),
        TEST("a machine type tells its release", test_a_machine_type_tells_its_release),
        TEST("a guest that is to have less than its maximum",
             test_a_guest_that_is_to_have_less_than_its_maximum),
    };

    return cmocka_run_group_tests_name("devices", tests, NULL, NULL);
}
