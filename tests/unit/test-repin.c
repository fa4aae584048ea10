/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#include "fake-topology.h"
#include "pin/repin.h"

#define HEAD                                                                                       \
    "<domain type='kvm'>\n  <name>a</name>\n  <memory unit='GiB'>4</memory>\n"                     \
    "  <vcpu placement='static'>4</vcpu>\n"
#define TAIL                                                                                       \
    "  <cpu mode='host-passthrough'>\n"                                                            \
    "    <topology sockets='1' dies='1' cores='2' threads='2'/>\n  </cpu>\n"                       \
    "  <clock offset='utc'/> <!-- mine -->\n  <devices/>\n</domain>\n"
#define PIN(vcpu, cpus) "    <vcpupin vcpu='" vcpu "' cpuset='" cpus "'/>\n"
#define EMULATOR(cpus) "    <emulatorpin cpuset='" cpus "'/>\n"
#define CPUTUNE(pins) "  <cputune>\n    <shares>2048</shares>\n" pins "  </cputune>\n"

/* Two nodes of four cores, siblings c and c + 8. */
static const Spec two_nodes = {.nodes = 2, .domains = 1, .cores = 4, .threads = 2};

typedef struct {
    VtTopology *host;
    VtHeld *held;
    VtRepinInput input;
} Place;

static void
place_clear(Place *place)
{
    vt_topology_free(place->host);
    vt_held_free(place->held);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Place, place_clear)

/* @taken: CPUs that other guests have for their own */
static Place
place_new(const Spec *spec, VtPinPlacement placement, const char *taken)
{
    Place place = {.host = make_host(spec), .held = vt_held_new()};
    g_autoptr(VtCpuSet) cpus = vt_cpuset_parse(taken, NULL);

    vt_cpuset_union(place.held->taken, cpus);
    place.input = (VtRepinInput){.host = place.host, .placement = placement, .held = place.held};
    return place;
}

static char *
repin(const char *xml, const Place *place)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtDocument) domain = parse(xml);
    g_autofree char *why = NULL;
    char *text = vt_repin(domain, &place->input, &why, &error);

    assert_no_error(error);
    assert_int_equal(text != NULL, why != NULL);
    return text;
}

static void
assert_kept(const char *xml, const Place *place)
{
    g_autofree char *text = repin(xml, place);

    if (text)
        fail_msg("not kept: %s", text);
}

static void
assert_repinned(const char *xml, const Place *place, const char *expected)
{
    g_autofree char *text = repin(xml, place);

    assert_non_null(text);
    assert_string_equal(text, expected);
    assert_kept(text, place);
}

/*** what is sound is kept ***/

#define SOUND CPUTUNE(PIN("0", "1") PIN("1", "9") PIN("2", "2") PIN("3", "10") EMULATOR("0,8"))

static void
test_sound_pins_are_kept(void **state G_GNUC_UNUSED)
{
    static const char *const domains[] = {
        HEAD TAIL,
        HEAD SOUND TAIL,
        HEAD CPUTUNE(PIN("0", "1-3") PIN("3", "0-15")) TAIL,
        HEAD CPUTUNE(EMULATOR("0-3")) TAIL,
        HEAD SOUND "  <numatune><memory mode='strict' nodeset='0-1'/></numatune>\n" TAIL,
    };
    g_auto(Place) place = place_new(&two_nodes, VT_PIN_PLACEMENT_AUTO, "4,12");

    for (gsize i = 0; i < G_N_ELEMENTS(domains); i++) {
        place.input.arrives = i % 2;
        assert_kept(domains[i], &place);
    }
}

static void
test_what_is_not_this_hosts_to_judge_is_left_alone(void **state G_GNUC_UNUSED)
{
    static const char *const domains[] = {
        "<domain><vcpu placement='auto' cpuset='99'>1</vcpu></domain>",
        "<domain><vcpu>1</vcpu><cputune><vcpupin vcpu='0' cpuset='x'/></cputune></domain>",
        "<domain><vcpu>1</vcpu><cputune><vcpupin vcpu='0'/></cputune></domain>",
        "<domain><vcpu>1</vcpu><cputune><vcpupin cpuset='99'/></cputune></domain>",
        "<domain><vcpu>1</vcpu><cputune><vcpupin vcpu='1' cpuset='99'/></cputune></domain>",
        "<domain><numatune><memory mode='strict' placement='auto'/></numatune></domain>",
    };
    g_auto(Place) place = place_new(&two_nodes, VT_PIN_PLACEMENT_AUTO, "");

    for (gsize i = 0; i < G_N_ELEMENTS(domains); i++)
        assert_kept(domains[i], &place);
}

/*** new places ***/

static void
test_pins_on_absent_cpus_get_new_places(void **state G_GNUC_UNUSED)
{
    g_auto(Place) place = place_new(&two_nodes, VT_PIN_PLACEMENT_AUTO, "");

    assert_repinned(
        HEAD CPUTUNE(PIN("0", "31") PIN("1", "63") PIN("2", "30") PIN("3", "62")) TAIL, &place,
        HEAD CPUTUNE(PIN("0", "1") PIN("1", "9") PIN("2", "2") PIN("3", "10") EMULATOR("0,8"))
            TAIL);
}

static void
test_one_unsound_pin_moves_the_guest_as_a_whole(void **state G_GNUC_UNUSED)
{
    g_auto(Place) place = place_new(&two_nodes, VT_PIN_PLACEMENT_AUTO, "2,10");

    assert_repinned(HEAD SOUND TAIL, &place,
                    HEAD CPUTUNE(PIN("0", "1") PIN("1", "9") PIN("2", "3") PIN("3", "11")
                                     EMULATOR("0,8")) TAIL);
}

static void
test_the_common_mask_goes_where_it_cannot_be_honoured(void **state G_GNUC_UNUSED)
{
    g_auto(Place) place = place_new(&two_nodes, VT_PIN_PLACEMENT_AUTO, "");

    assert_repinned("<domain>\n  <vcpu cpuset='40'>1</vcpu>\n</domain>", &place,
                    "<domain>\n  <vcpu>1</vcpu>\n  <cputune>\n    <vcpupin vcpu='0' cpuset='1'/>\n"
                    "    <emulatorpin cpuset='0,8'/>\n  </cputune>\n</domain>");
}

static void
test_iothreads_and_memory_go_along(void **state G_GNUC_UNUSED)
{
    g_auto(Place) place = place_new(&two_nodes, VT_PIN_PLACEMENT_AUTO, "1-3,9-11");
    const char *before = "<domain>\n  <memory unit='GiB'>1</memory>\n  <vcpu>1</vcpu>\n"
                         "  <iothreads>1</iothreads>\n  <cputune>\n"
                         "    <vcpupin vcpu='0' cpuset='1'/>\n    <emulatorpin cpuset='0'/>\n"
                         "    <iothreadpin iothread='1' cpuset='0'/>\n  </cputune>\n  <numatune>\n"
                         "    <memory mode='preferred' nodeset='0'/>\n  </numatune>\n</domain>";
    g_autofree char *text = repin(before, &place);

    assert_non_null(strstr(text, "<vcpupin vcpu='0' cpuset='5'/>"));
    assert_non_null(strstr(text, "<memory mode='preferred' nodeset='1'/>"));
    assert_null(strstr(text, "<emulatorpin cpuset='0'/>"));
    assert_null(strstr(text, "<iothreadpin iothread='1' cpuset='0'/>"));
    assert_non_null(strstr(text, "<iothreadpin iothread='1' cpuset='"));
    assert_kept(text, &place);
}

static void
test_a_guest_that_floated_floats_here(void **state G_GNUC_UNUSED)
{
    g_auto(Place) place = place_new(&two_nodes, VT_PIN_PLACEMENT_AUTO, "");
    g_autofree char *text = repin(HEAD CPUTUNE(PIN("0", "16-31") PIN("1", "16-31")) TAIL, &place);
    g_autoptr(VtDocument) after = parse(text);
    g_autoptr(VtPins) pins = vt_pins_from_domain(after);

    for (guint i = 0; i < 4; i++) {
        const VtCpuSet *mask = pins->vcpus->pdata[i];
        assert_true(vt_cpuset_count(mask) >= 4);
        assert_true(vt_cpuset_is_subset(mask, place.host->allowed));
    }
    assert_kept(text, &place);
}

/*** no place ***/

#define ABSENT CPUTUNE(PIN("0", "31") PIN("1", "63") PIN("2", "1") PIN("3", "9") EMULATOR("30"))

static void
test_pins_are_dropped_together_where_there_is_no_room(void **state G_GNUC_UNUSED)
{
    g_auto(Place) place = place_new(&two_nodes, VT_PIN_PLACEMENT_DEDICATED, "2-7,10-15");

    assert_repinned(HEAD ABSENT TAIL, &place, HEAD CPUTUNE("") TAIL);
    assert_repinned(HEAD CPUTUNE(PIN("0", "31") EMULATOR("0")) TAIL, &place,
                    HEAD CPUTUNE(EMULATOR("0")) TAIL);
}

static void
test_only_what_is_unsound_is_dropped_beside_sound_vcpus(void **state G_GNUC_UNUSED)
{
    g_auto(Place) place = place_new(&two_nodes, VT_PIN_PLACEMENT_AUTO, "");

    assert_repinned(HEAD CPUTUNE(PIN("0", "1") EMULATOR("64")) TAIL, &place,
                    HEAD CPUTUNE(PIN("0", "1")) TAIL);
    assert_repinned(HEAD CPUTUNE(PIN("0", "1-3") "    <iothreadpin iothread='1' cpuset='99'/>\n")
                        TAIL,
                    &place, HEAD CPUTUNE(PIN("0", "1-3")) TAIL);
}

/*** siblings ***/

static void
test_siblings_of_another_host_are_paired_anew_on_arrival(void **state G_GNUC_UNUSED)
{
    const char *adjacent =
        HEAD CPUTUNE(PIN("0", "2") PIN("1", "3") PIN("2", "4") PIN("3", "5")) TAIL;
    g_auto(Place) place = place_new(&two_nodes, VT_PIN_PLACEMENT_AUTO, "");

    assert_kept(adjacent, &place);
    place.input.arrives = true;
    assert_repinned(adjacent, &place,
                    HEAD CPUTUNE(PIN("0", "1") PIN("1", "9") PIN("2", "2") PIN("3", "10")
                                     EMULATOR("0,8")) TAIL);
}

static void
test_wrong_pairs_are_better_than_no_cpus_of_ones_own(void **state G_GNUC_UNUSED)
{
    const char *adjacent =
        HEAD CPUTUNE(PIN("0", "2") PIN("1", "3") PIN("2", "4") PIN("3", "5")) TAIL;
    g_auto(Place) place = place_new(&two_nodes, VT_PIN_PLACEMENT_AUTO, "0-1,6-15");

    place.input.arrives = true;
    assert_kept(adjacent, &place);
}

/*** memory alone ***/

#define NUMA(memory) "  <numatune>\n" memory "  </numatune>\n"

static void
test_a_nodeset_that_is_not_there_follows_the_vcpus(void **state G_GNUC_UNUSED)
{
    g_auto(Place) place = place_new(&two_nodes, VT_PIN_PLACEMENT_AUTO, "");

    assert_repinned(HEAD SOUND NUMA("    <memory mode='preferred' nodeset='3'/>\n") TAIL, &place,
                    HEAD SOUND NUMA("    <memory mode='preferred' nodeset='0'/>\n") TAIL);
    assert_repinned(
        HEAD SOUND NUMA("    <memnode cellid='0' mode='preferred' nodeset='3'/>\n") TAIL, &place,
        HEAD SOUND NUMA("    <memnode cellid='0' mode='preferred' nodeset='0'/>\n") TAIL);
    assert_repinned(HEAD NUMA("    <memory mode='preferred' nodeset='3'/>\n") TAIL, &place,
                    HEAD NUMA("") TAIL);
}

static void
test_strict_memory_is_asked_for_only_where_enough_is_free(void **state G_GNUC_UNUSED)
{
    const char *strict = HEAD SOUND NUMA("    <memory mode='strict' nodeset='3'/>\n") TAIL;
    g_auto(Place) place = place_new(&two_nodes, VT_PIN_PLACEMENT_AUTO, "");
    VtHostNode *node = place.host->nodes->pdata[0];

    node->free_memory_kib = 3 * 1024 * MIB;
    assert_repinned(strict, &place, HEAD SOUND NUMA("") TAIL);
    node->free_memory_kib = 5 * 1024 * MIB;
    assert_repinned(strict, &place,
                    HEAD SOUND NUMA("    <memory mode='strict' nodeset='0'/>\n") TAIL);
}

static void
test_a_node_without_memory_is_not_sound(void **state G_GNUC_UNUSED)
{
    g_auto(Place) place = place_new(&two_nodes, VT_PIN_PLACEMENT_AUTO, "");

    ((VtHostNode *)place.host->nodes->pdata[1])->memory_kib = 0;
    assert_repinned(HEAD SOUND NUMA("    <memory mode='interleave' nodeset='1'/>\n") TAIL, &place,
                    HEAD SOUND NUMA("    <memory mode='interleave' nodeset='0'/>\n") TAIL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("sound pins are kept", test_sound_pins_are_kept),
        TEST("what is not this host's to judge is left alone",
             test_what_is_not_this_hosts_to_judge_is_left_alone),
        TEST("pins on absent CPUs get new places", test_pins_on_absent_cpus_get_new_places),
        TEST("one unsound pin moves the guest as a whole",
             test_one_unsound_pin_moves_the_guest_as_a_whole),
        TEST("the common mask goes where it cannot be honoured",
             test_the_common_mask_goes_where_it_cannot_be_honoured),
        TEST("iothreads and memory go along", test_iothreads_and_memory_go_along),
        TEST("a guest that floated floats here", test_a_guest_that_floated_floats_here),
        TEST("pins are dropped together where there is no room",
             test_pins_are_dropped_together_where_there_is_no_room),
        TEST("only what is unsound is dropped beside sound vCPUs",
             test_only_what_is_unsound_is_dropped_beside_sound_vcpus),
        TEST("siblings of another host are paired anew on arrival",
             test_siblings_of_another_host_are_paired_anew_on_arrival),
        TEST("wrong pairs are better than no CPUs of one's own",
             test_wrong_pairs_are_better_than_no_cpus_of_ones_own),
        TEST("a nodeset that is not there follows the vCPUs",
             test_a_nodeset_that_is_not_there_follows_the_vcpus),
        TEST("strict memory is asked for only where enough is free",
             test_strict_memory_is_asked_for_only_where_enough_is_free),
        TEST("a node without memory is not sound", test_a_node_without_memory_is_not_sound),
    };
    return cmocka_run_group_tests_name("repin", tests, NULL, NULL);
}
