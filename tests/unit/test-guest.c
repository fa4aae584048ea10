/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#include "facts/build.h"

static VtFacts *
facts_of(const char *xml)
{
    g_autoptr(VtDocument) document = parse(xml);
    VtFacts *facts = vt_facts_new(NULL);

    vt_facts_from_domain(facts, document);
    vt_facts_from_guest(facts, document);
    return facts;
}

static VtFacts *
facts_of_os(const char *id)
{
    g_autofree char *xml = g_strdup_printf(
        "<domain><metadata><o:libosinfo xmlns:o='http://libosinfo.org/xmlns/libvirt/domain/1.0'>"
        "<o:os id='%s'/></o:libosinfo></metadata></domain>",
        id);

    return facts_of(xml);
}

static void
assert_string_fact(const VtFacts *facts, const char *name, const char *expected)
{
    const char *found = vt_facts_get_string(facts, name);

    if (g_strcmp0(found, expected) != 0)
        fail_msg("%s is '%s', not '%s'", name, found ? found : "(unknown)",
                 expected ? expected : "(unknown)");
}

static void
assert_windows(const char *id, gint64 version, const char *edition)
{
    g_autofree char *full = g_strconcat("http://microsoft.com/", id, NULL);
    g_autoptr(VtFacts) facts = facts_of_os(full);
    gint64 found = -1;

    assert_string_fact(facts, "guest.os_id", full);
    assert_string_fact(facts, "guest.family", "windows");
    assert_string_fact(facts, "guest.edition", edition);
    assert_true(vt_facts_get_int(facts, "guest.nt_version", &found));
    assert_int_equal(found, version);
}

static void
test_windows_is_ordered_by_its_kernel(void **state G_GNUC_UNUSED)
{
    assert_windows("win/98", 0, "client");
    assert_windows("winnt/4.0", 400, "client");
    assert_windows("win/xp", 501, "client");
    assert_windows("win/2k3r2", 502, "server");
    assert_windows("win/vista", 600, "client");
    assert_windows("win/2k8", 600, "server");
    assert_windows("win/7", 601, "client");
    assert_windows("win/2k8r2", 601, "server");
    assert_windows("win/2k12", 602, "server"); /* osinfo-db says 6.3 */
    assert_windows("win/2k12r2", 603, "server");
    assert_windows("win/10", 1000, "client");
    assert_windows("win/11", 1000, "client"); /* osinfo-db says 11.0 */
    assert_windows("win/2k25", 1000, "server");
}

static void
test_a_newer_windows_is_windows_of_unknown_version(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) facts = facts_of_os("http://microsoft.com/win/12");
    gint64 version;

    assert_string_fact(facts, "guest.family", "windows");
    assert_string_fact(facts, "guest.edition", NULL);
    assert_false(vt_facts_get_int(facts, "guest.nt_version", &version));
}

static void
test_families_are_told_by_the_id(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *id, *family;
    } known[] = {
        {"http://debian.org/debian/12", "linux"},
        {"http://fedoraproject.org/fedora/unknown", "linux"},
        {"http://libosinfo.org/linux/2022", "linux"},
        {"http://oracle.com/ol/9.0", "linux"},
        {"http://oracle.com/solaris/11", "solaris"},
        {"http://freebsd.org/freebsd/14.0", "bsd"},
        {"http://guix.gnu.org/guix/hurd-latest", "other"},
        {"http://microsoft.com/msdos/6.22", "other"},
        {"http://freedos.org/freedos/1.2", "other"},
        {"http://apple.com/macosx/10.7", "darwin"},
        {"http://haiku-os.org/haiku/r1beta4", "other"},
        {"http://openindiana.org/hipster", "solaris"},
        {"http://omnios.org/bloody", "solaris"},
        {"http://smartos.org/smartos/triton", "solaris"},
        {"http://example.com/os/1", NULL}, /* what nobody knows is no Linux */
        {"linux", NULL},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
        g_autoptr(VtFacts) facts = facts_of_os(known[i].id);
        assert_string_fact(facts, "guest.family", known[i].family);
    }
}

static void
test_no_id_is_unknown_and_says_what_to_do(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) none = facts_of("<domain/>");
    g_autoptr(VtFacts) empty = facts_of_os("");
    g_autoptr(VtFacts) unknown = facts_of_os("http://libosinfo.org/unknown");

    assert_string_fact(none, "guest.family", NULL);
    assert_non_null(strstr(vt_facts_get(none, "guest.family")->origin, "virt-xml"));
    assert_string_fact(empty, "guest.family", NULL);
    assert_string_fact(unknown, "guest.family", NULL);
    assert_string_fact(unknown, "guest.os_id", "http://libosinfo.org/unknown");
}

static void
test_the_namespace_counts_not_the_prefix(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) bare = facts_of(
        "<domain><metadata><libosinfo xmlns='http://libosinfo.org/xmlns/libvirt/domain/1.0'>"
        "<os id='http://microsoft.com/win/10'/></libosinfo></metadata></domain>");
    g_autoptr(VtFacts) other =
        facts_of("<domain><metadata><libosinfo:libosinfo xmlns:libosinfo='urn:other'>"
                 "<libosinfo:os id='http://microsoft.com/win/10'/></libosinfo:libosinfo></metadata>"
                 "</domain>");

    assert_string_fact(bare, "guest.family", "windows");
    assert_string_fact(other, "guest.family", NULL);
}

static void
test_layers_that_own_the_xml_are_known(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *uri, *layer;
    } layers[] = {
        {"http://openstack.org/xmlns/libvirt/nova/1.1", "nova"},
        {"http://openstack.org/xmlns/libvirt/nova/1.0", "nova"},
        {"http://ovirt.org/vm/1.0", "ovirt"},
        {"http://ovirt.org/vm/tune/1.0", "ovirt"},
        {"http://kubevirt.io", "kubevirt"},
        {"http://example.org/", ""},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(layers); i++) {
        g_autofree char *xml = g_strdup_printf(
            "<domain><metadata><x:y xmlns:x='%s'/></metadata></domain>", layers[i].uri);
        g_autoptr(VtFacts) facts = facts_of(xml);
        assert_string_fact(facts, "domain.managed_by", layers[i].layer);
    }
}

static void
test_what_counts_as_pinned(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *inner;
        bool pinned;
    } cases[] = {
        {"<vcpu placement='static'>2</vcpu>", false},
        {"<vcpu cpuset='0-1'>2</vcpu>", true},
        {"<vcpu placement='auto'>2</vcpu>", true},
        {"<cputune><shares>1</shares></cputune>", false},
        {"<cputune><vcpupin vcpu='0' cpuset='1'/></cputune>", true},
        {"<cputune><emulatorpin cpuset='1'/></cputune>", true},
        {"<cputune><iothreadpin iothread='1' cpuset='1'/></cputune>", true},
        {"<numatune><memory nodeset='0'/></numatune>", true},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *xml = g_strdup_printf("<domain>%s</domain>", cases[i].inner);
        g_autoptr(VtFacts) facts = facts_of(xml);
        assert_int_equal(vt_facts_is_true(facts, "domain.pinned"), cases[i].pinned);
    }
}

static void
test_a_domain_tells_its_shape(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtFacts) facts =
        facts_of("<domain type='kvm'><name> n </name><uuid>u</uuid><memory unit='GiB'>4</memory>"
                 "<vcpu current='2'> 8 </vcpu><os><type arch='x86_64' machine='q35'>hvm</type></os>"
                 "<cpu><topology/></cpu></domain>");
    g_autoptr(VtFacts) bare = facts_of("<domain><vcpu>many</vcpu></domain>");
    gint64 number = 0;

    assert_string_fact(facts, "domain.type", "kvm");
    assert_string_fact(facts, "domain.name", "n");
    assert_string_fact(facts, "domain.arch", "x86_64");
    assert_string_fact(facts, "domain.machine", "q35");
    assert_true(vt_facts_get_int(facts, "domain.vcpus", &number));
    assert_int_equal(number, 8);
    assert_true(vt_facts_get_int(facts, "domain.memory_kib", &number));
    assert_int_equal(number, 4 << 20);
    assert_true(vt_facts_is_true(facts, "domain.has_topology"));
    assert_false(vt_facts_get_int(bare, "domain.vcpus", &number));
    assert_string_fact(bare, "domain.arch", NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("Windows is ordered by its kernel", test_windows_is_ordered_by_its_kernel),
        TEST("a newer Windows is Windows of unknown version",
             test_a_newer_windows_is_windows_of_unknown_version),
        TEST("families are told by the id", test_families_are_told_by_the_id),
        TEST("no id is unknown and says what to do", test_no_id_is_unknown_and_says_what_to_do),
        TEST("the namespace counts, not the prefix", test_the_namespace_counts_not_the_prefix),
        TEST("layers that own the XML are known", test_layers_that_own_the_xml_are_known),
        TEST("what counts as pinned", test_what_counts_as_pinned),
        TEST("a domain tells its shape", test_a_domain_tells_its_shape),
    };

    return cmocka_run_group_tests_name("guest", tests, NULL, NULL);
}
