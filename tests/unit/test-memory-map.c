/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/error.h"
#include "diagnose/memory-map.h"

#include <string.h>

/* As QEMU prints it; of a real view the regions that matter here. The SMM view is another one's. */
static const char view[] =
    "FlatView #0\r\n"
    " AS \"cpu-smm-0\", root: memory\r\n"
    " Root memory region: memory\r\n"
    "  00000000fed00000-00000000fed003ff (prio 0, i/o): not-hpet owner:{dev id=other}\r\n"
    "\r\n"
    "FlatView #1\r\n"
    " AS \"I/O\", root: io\r\n"
    " Root memory region: io\r\n"
    "  0000000000000010-000000000000001f (prio 0, i/o): io @0000000000000010 "
    "parent:{obj path=/machine/unattached}\r\n"
    "  0000000000000070-0000000000000070 (prio 0, i/o): rtc-index "
    "owner:{dev path=/machine/unattached/device[9]}\r\n"
    "  0000000000000071-0000000000000071 (prio 0, i/o): rtc @0000000000000001 "
    "owner:{dev path=/machine/unattached/device[9]}\r\n"
    "  0000000000000608-000000000000060b (prio 0, i/o): acpi-tmr "
    "owner:{dev path=/machine/unattached/device[3]}\r\n"
    "\r\n"
    "FlatView #2\r\n"
    " AS \"mch\", root: bus master container\r\n"
    " Root memory region: (none)\r\n"
    "  No rendered FlatView\r\n"
    "\r\n"
    "FlatView #3\r\n"
    " AS \"memory\", root: system\r\n"
    " AS \"cpu-memory-0\", root: system\r\n"
    " Root memory region: system\r\n"
    "  0000000000000000-000000000009ffff (prio 0, ram): pc.ram owner:{obj path=/objects/pc.ram}\r\n"
    "  00000000fd603000-00000000fd603fff (prio 0, i/o): virtio-pci-notify-virtio-net "
    "owner:{dev id=net0}\r\n"
    "  00000000fea10400-00000000fea1041f (prio 0, i/o): vga ioports remapped "
    "owner:{dev id=video0}\r\n"
    "  00000000fed00000-00000000fed003ff (prio 0, i/o): hpet "
    "owner:{dev path=/machine/unattached/device[8]}\r\n"
    "\r\n";

static VtMemoryMap *
parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    VtMemoryMap *map = vt_memory_map_parse(text, &error);

    if (!map)
        fail_msg("refused: %s", error->message);
    return map;
}

static void
expect_region(const VtMemoryMap *map, VtExitKind kind, guint64 address, const char *name)
{
    const VtRegion *region = vt_memory_map_find(map, kind, address);

    if (!name) {
        assert_null(region);
        return;
    }
    assert_non_null(region);
    assert_string_equal(region->name, name);
}

static void
a_port_has_the_region_that_answers_for_it(void **state)
{
    g_autoptr(VtMemoryMap) map = parse(view);

    expect_region(map, VT_EXITS_BY_PORT, 0x607, NULL);
    expect_region(map, VT_EXITS_BY_PORT, 0x608, "acpi-tmr");
    expect_region(map, VT_EXITS_BY_PORT, 0x60b, "acpi-tmr");
    expect_region(map, VT_EXITS_BY_PORT, 0x60c, NULL);
    expect_region(map, VT_EXITS_BY_PORT, 0x71, "rtc");
}

static void
a_page_is_told_from_a_port_of_the_same_number(void **state)
{
    g_autoptr(VtMemoryMap) map = parse(view);

    expect_region(map, VT_EXITS_BY_MMIO, 0x608, NULL);
    expect_region(map, VT_EXITS_BY_MMIO, 0xfed000f0, "hpet");
    expect_region(map, VT_EXITS_BY_PORT, 0xfed000f0, NULL);
}

static void
a_name_ends_where_its_owner_is_told(void **state)
{
    g_autoptr(VtMemoryMap) map = parse(view);

    expect_region(map, VT_EXITS_BY_MMIO, 0xfd603010, "virtio-pci-notify-virtio-net");
    expect_region(map, VT_EXITS_BY_MMIO, 0xfea10401, "vga ioports remapped");
}

static void
owners_need_not_be_told(void **state)
{
    g_autoptr(VtMemoryMap) map =
        parse("FlatView #0\n AS \"I/O\", root: io\n Root memory region: io\n"
              "  0000000000000608-000000000000060b (prio 0, i/o): acpi-tmr\n"
              "  0000000000000cfa-0000000000000cfb (prio 0, i/o): pci-conf-idx "
              "@0000000000000002\n\n");

    expect_region(map, VT_EXITS_BY_PORT, 0x608, "acpi-tmr");
    expect_region(map, VT_EXITS_BY_PORT, 0xcfa, "pci-conf-idx");
}

static void
what_is_nobodys_and_what_is_ram_has_no_region(void **state)
{
    g_autoptr(VtMemoryMap) map = parse(view);

    expect_region(map, VT_EXITS_BY_PORT, 0x10, NULL);
    expect_region(map, VT_EXITS_BY_MMIO, 0x1000, NULL);
    expect_region(map, VT_EXITS_BY_MMIO, G_MAXUINT64, NULL);
}

static void
what_is_no_map_is_refused(void **state)
{
    const char *const texts[] = {
        "",
        "unknown command: 'info mtree -f'\r\n",
        "FlatView #0\n",
        "FlatView #0\n AS \"I/O\", root: io\n Root memory region: io\n  No rendered FlatView\n",
        "FlatView #0\n AS \"I/O\", root: io\n  0000000000000608-0000",
        "FlatView #0\n AS \"I/O\", root: io\n  zz-zz (prio 0, i/o): acpi-tmr\n",
        "FlatView #0\n AS \"I/O\", root: io\n  00000609-00000608 (prio 0, i/o): x\n",
        "  0000000000000608-000000000000060b (prio 0, i/o): acpi-tmr\n",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(vt_memory_map_parse(texts[i], &error));
        assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
    }
}

/* Nothing of it is promised but that it ends well. */
static void
a_map_that_is_cut_off_anywhere_does_no_harm(void **state)
{
    for (gsize length = 0; length < strlen(view); length++) {
        g_autofree char *part = g_strndup(view, length);
        g_autoptr(VtMemoryMap) map = vt_memory_map_parse(part, NULL);
        if (map)
            vt_memory_map_find(map, VT_EXITS_BY_MMIO, 0xfed00000);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_port_has_the_region_that_answers_for_it),
        cmocka_unit_test(a_page_is_told_from_a_port_of_the_same_number),
        cmocka_unit_test(a_name_ends_where_its_owner_is_told),
        cmocka_unit_test(owners_need_not_be_told),
        cmocka_unit_test(what_is_nobodys_and_what_is_ram_has_no_region),
        cmocka_unit_test(what_is_no_map_is_refused),
        cmocka_unit_test(a_map_that_is_cut_off_anywhere_does_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
