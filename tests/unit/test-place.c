/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#include "rewrite/canonical.h"
#include "xml/place.h"

#define DOMAIN                                                                                     \
    "<domain type='kvm' xmlns:x='u'><x:vcpu>1</x:vcpu><vcpu x:cpuset='1'>8</vcpu>"                 \
    "<clock><timer/><timer name='rtc'/><timer name='hpet' present='no'/></clock>"                  \
    "<devices><disk><target dev='vda'/></disk>"                                                    \
    "<disk><driver type='qcow2'/><target dev='vdb'/></disk></devices></domain>"

static char *
get(const VtDocument *document, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtPlace) place = vt_place_parse(text, &error);

    assert_no_error(error);
    return vt_place_get(place, vt_document_root(document));
}

static void
assert_holds(const VtDocument *document, const char *text, const char *value)
{
    g_autofree char *found = get(document, text);

    if (g_strcmp0(found, value) != 0)
        fail_msg("%s holds '%s', not '%s'", text, found ? found : "(nothing)",
                 value ? value : "(nothing)");
}

static void
test_places_lead_to_attributes_texts_and_elements(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtDocument) document = parse(DOMAIN);

    assert_holds(document, "vcpu/text()", "8");
    assert_holds(document, "vcpu", "");
    assert_holds(document, "clock/timer[@name='hpet']/@present", "no");
    assert_holds(document, "clock/timer[@name=\"hpet\"]/@present", "no");
    assert_holds(document, "clock/timer[@name='hpet'][@present='no']/@name", "hpet");
    assert_holds(document, "devices/disk[target/@dev='vdb']/driver/@type", "qcow2");
    assert_holds(document, "clock/timer[@name='pit']", NULL);
    assert_holds(document, "clock/timer/@present", NULL); /* of the first timer */
    assert_holds(document, "features/acpi", NULL);
    assert_holds(document, "vcpu/text", NULL); /* an element of that name */
}

static void
test_a_place_goes_back_where_the_way_ends(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtDocument) document = parse(DOMAIN);

    assert_holds(document, "devices/disk/driver/@type", "qcow2"); /* the second disk's */
}

static void
test_foreign_namespaces_are_never_meant(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtDocument) document = parse(DOMAIN);
    g_autoptr(VtDocument) other = parse("<domain xmlns='u'><vcpu>1</vcpu></domain>");

    assert_holds(document, "vcpu/@cpuset", NULL);
    assert_holds(other, "vcpu/text()", NULL);
}

static void
test_what_is_no_place_is_told_by_column(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *text;
        int column;
    } bad[] = {
        {"", 1},
        {"/", 1},
        {"a/", 3},
        {"a//b", 3},
        {"@a", 1},
        {"a/@", 4},
        {"a/@b/c", 5},
        {"a/text()/b", 9},
        {"a[", 3},
        {"a[]", 3},
        {"a[1]", 3},
        {"a[@b]", 5},
        {"a[@b=c]", 6},
        {"a[@b='c]", 6},
        {"a[@b='c'", 9},
        {"a[c@b='c']", 4},
        {"a[c/d/@b='c']", 5},
        {"a b", 2},
        {" a", 1},
        {"a ", 2},
        {"..", 1},
        {"a/..", 3},
        {"*", 1},
        {"a:b", 2},
        {"a|b", 2},
        {"a/text(", 7},
        {"text()", 5},
        {"\xc3\xa4", 1},
        {"a\nb", 2},
        {"-a", 1},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(VtPlace) place = vt_place_parse(bad[i].text, &error);
        g_autofree char *at = g_strdup_printf("at column %d:", bad[i].column);

        assert_null(place);
        assert_error_says(error, VT_ERROR_INPUT, at);
    }
}

static void
test_a_copy_is_the_same_place(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtPlace) place = vt_place_parse("a[b/@c='d'][@e=\"f'\"]/g/@h", NULL);
    g_autoptr(VtPlace) copy = vt_place_ref(place);

    assert_string_equal(copy->text, place->text);
    assert_int_equal(copy->steps->len, 2);
    assert_int_equal(copy->kind, VT_PLACE_ATTRIBUTE);
}

/* Plans compare places by their text. */
static void
test_the_same_place_has_the_same_text(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtPlace) one = vt_place_parse("clock/timer[@name='hpet'][@a='b']/@present", NULL);
    g_autoptr(VtPlace) two = vt_place_parse("clock/timer[@a=\"b\"][@name=\"hpet\"]/@present", NULL);

    assert_string_equal(one->text, two->text);
}

static const char *
predecessor(const char *xml, const char *name)
{
    static char found[64];
    g_autoptr(VtDocument) document = parse(xml);
    const xmlNode *node = vt_canonical_predecessor(vt_document_root(document), name);

    g_strlcpy(found, node ? (const char *)node->name : "(first)", sizeof(found));
    return found;
}

static void
test_new_elements_go_where_libvirt_puts_them(void **state G_GNUC_UNUSED)
{
    const char *domain = "<domain><name/><memory/><vcpu/><os/><clock/><devices/></domain>";

    assert_string_equal(predecessor(domain, "cputune"), "vcpu");
    assert_string_equal(predecessor(domain, "features"), "os");
    assert_string_equal(predecessor(domain, "cpu"), "os");
    assert_string_equal(predecessor(domain, "title"), "name");
    assert_string_equal(predecessor(domain, "unheard-of"), "devices");
    assert_string_equal(predecessor("<domain><devices/></domain>", "name"), "(first)");
    assert_string_equal(predecessor("<hyperv><vapic/><avic/></hyperv>", "synic"), "vapic");
    assert_string_equal(predecessor("<hyperv><vapic/></hyperv>", "relaxed"), "(first)");
    assert_string_equal(predecessor("<hyperv/>", "relaxed"), "(first)");
    assert_string_equal(predecessor("<cputune><vcpupin/><iothreadpin/></cputune>", "emulatorpin"),
                        "vcpupin");
    assert_string_equal(predecessor("<clock><timer/></clock>", "timer"), "timer");
}

static void
test_foreign_elements_do_not_shift_the_order(void **state G_GNUC_UNUSED)
{
    assert_string_equal(
        predecessor("<domain xmlns:x='u'><name/><devices/><x:vcpu/></domain>", "features"), "name");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("places lead to attributes, texts and elements",
             test_places_lead_to_attributes_texts_and_elements),
        TEST("a place goes back where the way ends", test_a_place_goes_back_where_the_way_ends),
        TEST("foreign namespaces are never meant", test_foreign_namespaces_are_never_meant),
        TEST("what is no place is told by column", test_what_is_no_place_is_told_by_column),
        TEST("a copy is the same place", test_a_copy_is_the_same_place),
        TEST("the same place has the same text", test_the_same_place_has_the_same_text),
        TEST("new elements go where libvirt puts them",
             test_new_elements_go_where_libvirt_puts_them),
        TEST("foreign elements do not shift the order",
             test_foreign_elements_do_not_shift_the_order),
    };

    return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
