/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#include "rewrite/rewrite.h"
#include "validate/laws.h"

#define BEFORE                                                                                     \
    "<domain type='kvm' id='1'>\n  <name>n</name>\n  <!-- mine -->\n  <cpu mode='custom'>\n"       \
    "    <model>m</model>\n    <feature name='a'/>\n    <feature name='b'/>\n  </cpu>\n"           \
    "  <clock offset='utc'>\n    <timer name='rtc' tickpolicy='delay'/>\n  </clock>\n"             \
    "  <devices><disk><driver/></disk><disk/></devices>\n"                                         \
    "  <x:own xmlns:x='u' x:a='1'>text</x:own>\n</domain>\n"

/* The plan of most tests: one attribute in an element that is there, one in a new one. */
#define PLANNED_CPU "cpu/feature[@name='x']/@policy"
#define AFTER_CPU                                                                                  \
    "<feature name='a'/>\n    <feature name='b'/>\n    <feature name='x' policy='require'/>"

static void
add_change(VtPlan *plan, const char *place, const char *after, VtScope scope)
{
    VtChange *change = g_new0(VtChange, 1);

    change->rule = g_strdup("a/test");
    change->place = vt_place_parse(place, NULL);
    assert_non_null(change->place);
    change->after = g_strdup(after);
    change->scope = scope;
    g_ptr_array_add(plan->changes, change);
}

static void
change_free(gpointer data)
{
    VtChange *change = data;

    g_free(change->rule);
    vt_place_free(change->place);
    g_free(change->after);
    g_free(change);
}

static VtPlan *
plan_of(const char *place, const char *after, VtScope scope)
{
    VtPlan *plan = vt_plan_of_changes(g_ptr_array_new_with_free_func(change_free));

    if (place)
        add_change(plan, place, after, scope);
    return plan;
}

/* BEFORE with @old replaced by @new, which must be in it. */
static char *
edit(const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);

    assert_non_null(at);
    return g_strdup_printf("%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
}

static bool
check(const char *before_text, const char *after_text, const VtPlan *plan, GError **error)
{
    g_autoptr(VtDocument) before = parse(before_text);
    g_autoptr(VtDocument) after = parse(after_text);

    return vt_laws_check(before, after, plan, error);
}

static void
test_what_was_planned_passes(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtPlan) plan = plan_of(PLANNED_CPU, "require", VT_SCOPE_GUEST);
    g_autofree char *after =
        edit(BEFORE, "<feature name='a'/>\n    <feature name='b'/>", AFTER_CPU);
    g_autoptr(GError) error = NULL;

    check(BEFORE, after, plan, &error);
    assert_no_error(error);
}

static void
test_an_empty_plan_passes_the_same_bytes_only(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtPlan) plan = plan_of(NULL, NULL, VT_SCOPE_GUEST);
    g_autofree char *blank = edit(BEFORE, "<devices>", "<devices> ");

    assert_true(check(BEFORE, BEFORE, plan, NULL));
    assert_false(check(BEFORE, blank, plan, NULL));
}

/* Each beside the change that was planned. */
static const struct {
    const char *what, *old, *new;
} tampering[] = {
    {"an element removed", "<name>n</name>", ""},
    {"an element added", "<name>n</name>", "<name>n</name><title>t</title>"},
    {"an element doubled", "<name>n</name>", "<name>n</name><name>n</name>"},
    {"an element renamed", "<model>m</model>", "<madel>m</madel>"},
    {"a text changed", "<model>m</model>", "<model>M</model>"},
    {"a text emptied", "<model>m</model>", "<model/>"},
    {"a text made CDATA", "<model>m</model>", "<model><![CDATA[m]]></model>"},
    {"an attribute changed", "mode='custom'", "mode='Custom'"},
    {"an attribute removed", " mode='custom'", ""},
    {"an attribute added", "mode='custom'", "mode='custom' check='none'"},
    {"an attribute added to the root", "id='1'", "id='1' a='b'"},
    {"attributes in another order", "type='kvm' id='1'", "id='1' type='kvm'"},
    {"elements in another order", "<feature name='a'/>\n    <feature name='b'/>",
     "<feature name='b'/>\n    <feature name='a'/>"},
    {"a comment changed", "mine", "yours"},
    {"a comment removed", "<!-- mine -->", ""},
    {"a comment added", "<name>", "<!-- new --><name>"},
    {"a processing instruction added", "<name>", "<?new?><name>"},
    {"a foreign element changed", ">text<", ">texts<"},
    {"a foreign attribute changed", "x:a='1'", "x:a='2'"},
    {"another namespace", "xmlns:x='u'", "xmlns:x='v'"},
    {"a namespace declared", "<name>n", "<name xmlns:y='v'>n"},
    {"a second planned element", "<disk/>", "<disk/><feature name='x' policy='require'/>"},
    {"something in the planned element", "<feature name='x' policy='require'/>",
     "<feature name='x' policy='require'><a/></feature>"},
    {"an attribute of the planned element", "policy='require'/>", "policy='require' b='c'/>"},
    {"text in the planned element", "policy='require'/>", "policy='require'>t</feature>"},
    {"another value than planned", "policy='require'", "policy='force'"},
    {"the planned change undone", "<feature name='x' policy='require'/>", ""},
    {"an element swallowed by the planned one", "<feature name='b'/>\n    ", ""},
    {"white space in a text", "<model>m</model>", "<model> m</model>"},
    {"white space where nothing was planned", "<disk><driver/>", "<disk> <driver/>"},
    {"a comment before the root", "<domain", "<!-- a --><domain"},
    {"a comment behind the root", "</domain>\n", "</domain>\n<!-- b -->"},
};

static void
check_tampering(void **state)
{
    gsize i = GPOINTER_TO_SIZE(*state);
    g_autoptr(VtPlan) plan = plan_of(PLANNED_CPU, "require", VT_SCOPE_GUEST);
    g_autofree char *after =
        edit(BEFORE, "<feature name='a'/>\n    <feature name='b'/>", AFTER_CPU);
    g_autofree char *tampered = edit(after, tampering[i].old, tampering[i].new);
    g_autoptr(GError) error = NULL;

    assert_false(check(BEFORE, tampered, plan, &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_LAW));
}

static void
test_a_planned_text_hides_nothing(void **state G_GNUC_UNUSED)
{
    const char *place = "devices/disk/driver/metadata_cache/max_size/text()";
    g_autoptr(VtPlan) plan = plan_of(place, "42", VT_SCOPE_HOST);
    g_autofree char *good =
        edit(BEFORE, "<driver/>",
             "<driver><metadata_cache><max_size>42</max_size></metadata_cache></driver>");
    static const char *const bad[] = {
        "<max_size>42<a/></max_size>",         "<max_size>4<!-- -->2</max_size>",
        "<max_size><![CDATA[42]]></max_size>", "<max_size unit='KiB'>42</max_size>",
        "<max_size><a>42</a></max_size>",
    };

    assert_true(check(BEFORE, good, plan, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *after = edit(good, "<max_size>42</max_size>", bad[i]);
        if (check(BEFORE, after, plan, NULL))
            fail_msg("passed: %s", bad[i]);
    }
}

static void
test_a_planned_text_keeps_what_was_in_the_element(void **state G_GNUC_UNUSED)
{
    const char *before = "<domain><a b='c'><!-- x --></a></domain>";
    g_autoptr(VtPlan) plan = plan_of("a/text()", "42", VT_SCOPE_GUEST);

    assert_false(check(before, "<domain><a b='c'>42</a></domain>", plan, NULL));
    assert_false(check("<domain><a><d/></a></domain>", "<domain><a>42</a></domain>", plan, NULL));
    assert_true(
        check("<domain><a b='c'>1</a></domain>", "<domain><a b='c'>42</a></domain>", plan, NULL));
}

static void
test_a_planned_element_is_an_empty_one(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtPlan) plan = plan_of("features/pae", "", VT_SCOPE_GUEST);
    g_autofree char *good = edit(BEFORE, "<cpu", "<features><pae/></features><cpu");
    g_autofree char *more = edit(BEFORE, "<cpu", "<features><pae/><acpi/></features><cpu");
    g_autofree char *inside = edit(BEFORE, "<cpu", "<features><pae><a/></pae></features><cpu");
    g_autoptr(GError) error = NULL;

    check(BEFORE, good, plan, &error);
    assert_no_error(error);
    assert_false(check(BEFORE, more, plan, NULL));
    assert_false(check(BEFORE, inside, plan, NULL));
}

static void
test_host_scope_keeps_off_the_guest(void **state G_GNUC_UNUSED)
{
    static const char *const guest[] = {
        "cpu/@mode",
        "features/pae",
        "vcpu/text()",
        "clock/@offset",
        "memory/text()",
        "devices/disk/driver/@queues",
        "vcpu/@current",
        "titles/@a",
        "iothreadsomething/@a",
        "memoryBacking/source/@type",
        "cpu/numa/cell[@id='0']/@memory",
        "os/loader/text()",
        "clock/timer[@name='hpet']/@present",
    };
    static const char *const host[] = {
        "cputune/vcpupin[@vcpu='0']/@cpuset",
        "vcpu/@cpuset",
        "numatune/memory/@nodeset",
        "devices/disk[target/@dev='vda']/driver/metadata_cache/max_size/text()",
        "cputune",
        "title/text()",
        "memoryBacking/locked",
        "iothreads/text()",
        "clock/timer[@name='rtc']/@tickpolicy",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(guest); i++) {
        g_autoptr(VtPlace) place = vt_place_parse(guest[i], NULL);
        if (vt_place_is_host_side(place))
            fail_msg("the guest does not see %s?", guest[i]);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(host); i++) {
        g_autoptr(VtPlace) place = vt_place_parse(host[i], NULL);
        if (!vt_place_is_host_side(place))
            fail_msg("the guest sees %s?", host[i]);
    }
}

/* A timer's policy is the host's business, but one more timer is guest ABI. */
static void
test_host_scope_brings_no_timer(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtPlan) there = plan_of("clock/timer[@name='rtc']/@track", "guest", VT_SCOPE_HOST);
    g_autoptr(VtPlan) new = plan_of("clock/timer[@name='pit']/@tickpolicy", "delay", VT_SCOPE_HOST);
    g_autofree char *changed = edit(BEFORE, "'delay'", "'delay' track='guest'");
    g_autofree char *more =
        edit(BEFORE, "</clock>", "<timer name='pit' tickpolicy='delay'/></clock>");
    g_autoptr(GError) error = NULL;

    assert_true(check(BEFORE, changed, there, NULL));
    assert_false(check(BEFORE, more, new, &error));
    assert_error_says(error, VT_ERROR_LAW, "the guest can see");
}

int
main(void)
{
    static const struct CMUnitTest fixed[] = {
        TEST("what was planned passes", test_what_was_planned_passes),
        TEST("an empty plan passes the same bytes only",
             test_an_empty_plan_passes_the_same_bytes_only),
        TEST("a planned text hides nothing", test_a_planned_text_hides_nothing),
        TEST("a planned text keeps what was in the element",
             test_a_planned_text_keeps_what_was_in_the_element),
        TEST("a planned element is an empty one", test_a_planned_element_is_an_empty_one),
        TEST("host scope keeps off the guest", test_host_scope_keeps_off_the_guest),
        TEST("host scope brings no timer", test_host_scope_brings_no_timer),
    };
    struct CMUnitTest tests[G_N_ELEMENTS(fixed) + G_N_ELEMENTS(tampering)];
    char *names[G_N_ELEMENTS(tampering)];
    int failed;

    memcpy(tests, fixed, sizeof(fixed));
    for (gsize i = 0; i < G_N_ELEMENTS(tampering); i++) {
        names[i] = g_strdup_printf("is caught: %s", tampering[i].what);
        tests[G_N_ELEMENTS(fixed) + i] =
            (struct CMUnitTest){names[i], check_tampering, NULL, NULL, GSIZE_TO_POINTER(i)};
    }
    failed = _cmocka_run_group_tests("laws", tests, G_N_ELEMENTS(tests), NULL, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tampering); i++)
        g_free(names[i]);
    return failed;
}
