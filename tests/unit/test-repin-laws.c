/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Laws of new pins, on random hosts and domains; what changed is looked for without vmtune's code.
 */
#include "core-fixture.h"

#include "pin-scene.h"
#include "pin/repin.h"

#include <libxml/parser.h>

#define ROUNDS 3000

/* ---- random domains ---- */

static char *
random_mask(GRand *rand, unsigned cpus)
{
    unsigned first = (unsigned)g_rand_int_range(rand, 0, (gint32)cpus);

    if (g_rand_int_range(rand, 0, 3) > 0)
        return g_strdup_printf("%u", first);
    return g_strdup_printf("%u-%u", first, first + (unsigned)g_rand_int_range(rand, 1, 6));
}

static void
append_pin(GString *xml, GRand *rand, unsigned cpus, const char *start)
{
    g_autofree char *mask = random_mask(rand, cpus);

    g_string_append_printf(xml, "    %s cpuset=\"%s\"/>\n", start, mask);
}

static void
append_cputune(GString *xml, GRand *rand, unsigned vcpus, unsigned cpus)
{
    unsigned base = (unsigned)g_rand_int_range(rand, 0, (gint32)cpus);
    bool in_a_row = g_rand_boolean(rand);

    g_string_append(xml, "  <cputune>\n    <!-- by hand -->\n");
    for (unsigned i = 0; i < vcpus; i++) {
        g_autofree char *start = g_strdup_printf("<vcpupin vcpu='%u'", i);
        if (in_a_row)
            g_string_append_printf(xml, "    %s cpuset='%u'/>\n", start, base + i);
        else if (g_rand_int_range(rand, 0, 5) > 0)
            append_pin(xml, rand, cpus, start);
    }
    if (g_rand_boolean(rand))
        append_pin(xml, rand, cpus, "<emulatorpin");
    if (g_rand_boolean(rand))
        append_pin(xml, rand, cpus, "<iothreadpin iothread='1'");
    g_string_append(xml, "    <vcpusched vcpus='0' scheduler='batch'/>\n  </cputune>\n");
}

static char *
random_domain(GRand *rand, unsigned cpus)
{
    static const char *const modes[] = {"strict", "preferred", "interleave", "restrictive"};
    unsigned threads = 1u << g_rand_int_range(rand, 0, 2);
    unsigned vcpus = threads * (unsigned)g_rand_int_range(rand, 1, 5);
    GString *xml = g_string_new("<domain type='kvm'>\n  <memory unit='GiB'>1</memory>\n  <vcpu");

    if (g_rand_int_range(rand, 0, 3) == 0) {
        g_autofree char *mask = random_mask(rand, cpus);
        g_string_append_printf(xml, " cpuset='%s'", mask);
    }
    if (g_rand_int_range(rand, 0, 4) == 0)
        g_string_append(xml, " current='1'");
    g_string_append_printf(xml, ">%u</vcpu>\n  <iothreads>1</iothreads>\n", vcpus);
    if (g_rand_int_range(rand, 0, 8) > 0)
        append_cputune(xml, rand, vcpus, cpus);
    if (g_rand_boolean(rand))
        g_string_append_printf(xml, "  <numatune><memory mode='%s' nodeset='%d'/></numatune>\n",
                               modes[g_rand_int_range(rand, 0, 4)], g_rand_int_range(rand, 0, 4));
    if (g_rand_boolean(rand))
        g_string_append_printf(xml,
                               "  <cpu><topology sockets='1' cores='%u' threads='%u'/></cpu>\n",
                               vcpus / threads, threads);
    g_string_append(xml, "  <devices/>\n</domain>\n");
    return g_string_free(xml, FALSE);
}

/* ---- what may change ---- */

static bool
is_host_side(const xmlNode *node)
{
    static const char *const names[] = {"vcpupin", "emulatorpin", "iothreadpin", "memory"};
    const char *parent = node->parent ? (const char *)node->parent->name : "";

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp((const char *)node->name, names[i]) == 0)
            return strcmp(parent, i < 3 ? "cputune" : "numatune") == 0;
    }
    return false;
}

/* An element that may come with the first pin in it. */
static bool
is_empty_cputune(const xmlNode *node)
{
    return strcmp((const char *)node->name, "cputune") == 0 && !node->children;
}

static void
strip(xmlNode *node)
{
    for (xmlNode *child = node->children, *next; child; child = next) {
        next = child->next;
        if (child->type == XML_ELEMENT_NODE)
            strip(child);
        if (xmlIsBlankNode(child) ||
            (child->type == XML_ELEMENT_NODE && (is_host_side(child) || is_empty_cputune(child)))) {
            xmlUnlinkNode(child);
            xmlFreeNode(child);
        }
    }
    if (strcmp((const char *)node->name, "vcpu") == 0)
        xmlUnsetProp(node, (const xmlChar *)"cpuset");
}

static char *
rest_of(const char *xml)
{
    xmlDoc *tree = xmlReadMemory(xml, (int)strlen(xml), NULL, NULL, XML_PARSE_NONET);
    xmlChar *text;
    char *rest;

    strip(xmlDocGetRootElement(tree));
    xmlDocDumpMemory(tree, &text, NULL);
    rest = g_strdup((const char *)text);
    xmlFree(text);
    xmlFreeDoc(tree);
    return rest;
}

/* ---- the laws ---- */

static void
assert_pins_sound(const char *xml, const Scene *scene)
{
    g_autoptr(VtDocument) domain = parse(xml);
    g_autoptr(VtPins) pins = vt_pins_from_domain(domain);

    for (guint i = 0; i < pins->vcpus->len; i++) {
        const VtCpuSet *mask = pins->vcpus->pdata[i];
        if (!mask)
            continue;
        assert_true(vt_cpuset_is_subset(mask, scene->host->allowed));
        if (vt_topology_is_dedicated(scene->host, mask))
            assert_false(vt_cpuset_overlaps(mask, scene->taken));
    }
    if (pins->emulator)
        assert_true(vt_cpuset_is_subset(pins->emulator, scene->host->allowed));
    for (guint i = 0; i < pins->iothreads->len; i++)
        assert_true(vt_cpuset_is_subset(pins->iothreads->pdata[i], scene->host->allowed));
}

static void
check_domain(GRand *rand, const Scene *scene, unsigned *ret_changed)
{
    g_autofree char *before = random_domain(rand, vt_cpuset_count(scene->host->online) + 2);
    g_autoptr(VtDocument) domain = parse(before);
    g_autoptr(GError) error = NULL;
    VtHeld held = {scene->taken, scene->claimed, scene->emulators};
    const VtRepinInput input = {.host = scene->host,
                                .placement = scene->request.placement,
                                .held = &held,
                                .reserved = scene->reserved,
                                .arrives = g_rand_boolean(rand)};
    g_autofree char *after = vt_repin(domain, &input, NULL, &error);
    g_autofree char *again = NULL, *rest_before = NULL, *rest_after = NULL;
    g_autoptr(VtDocument) result = NULL;

    assert_no_error(error);
    assert_pins_sound(after ? after : before, scene);
    if (!after)
        return;
    (*ret_changed)++;
    rest_before = rest_of(before);
    rest_after = rest_of(after);
    assert_string_equal(rest_before, rest_after);
    result = parse(after);
    again = vt_repin(result, &input, NULL, &error);
    if (again)
        fail_msg("not settled:\n%s%s%s", before, after, again);
    assert_no_error(error);
}

static void
test_new_pins_are_sound_settled_and_all_that_changed(void **state G_GNUC_UNUSED)
{
    static const VtPinPlacement placements[] = {VT_PIN_PLACEMENT_AUTO, VT_PIN_PLACEMENT_DEDICATED,
                                                VT_PIN_PLACEMENT_NODE};
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);
    unsigned changed = 0;

    for (unsigned i = 0; i < ROUNDS; i++) {
        Scene *scene = random_scene(rand, placements[i % G_N_ELEMENTS(placements)]);
        check_domain(rand, scene, &changed);
        scene_free(scene);
    }
    assert_true(changed >= ROUNDS / 4 && changed <= ROUNDS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("new pins are sound, settled, and all that changed",
             test_new_pins_are_sound_settled_and_all_that_changed),
    };
    return cmocka_run_group_tests_name("repin-laws", tests, NULL, NULL);
}
