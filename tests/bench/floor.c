/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor that the hook is measured against: a bare program that parses the XML on standard
 * input with libxml2 and glib, evaluates 60 XPath expressions and serialises the document.
 */
#include <glib.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <stdio.h>
#include <unistd.h>

static const char *const expressions[] = {
    "/domain/@type",
    "/domain/name",
    "/domain/uuid",
    "/domain/memory",
    "/domain/vcpu",
    "/domain/vcpu/@placement",
    "/domain/os/type/@arch",
    "/domain/os/type/@machine",
    "/domain/features/acpi",
    "/domain/features/apic",
    "/domain/features/hyperv/@mode",
    "/domain/features/hyperv/relaxed/@state",
    "/domain/features/hyperv/vapic/@state",
    "/domain/features/hyperv/spinlocks/@retries",
    "/domain/features/hyperv/vpindex/@state",
    "/domain/features/hyperv/runtime/@state",
    "/domain/features/hyperv/synic/@state",
    "/domain/features/hyperv/stimer/@state",
    "/domain/features/hyperv/stimer/direct/@state",
    "/domain/features/hyperv/frequencies/@state",
    "/domain/features/hyperv/tlbflush/@state",
    "/domain/features/hyperv/ipi/@state",
    "/domain/features/hyperv/avic/@state",
    "/domain/features/kvm/hidden/@state",
    "/domain/features/vmport/@state",
    "/domain/cpu/@mode",
    "/domain/cpu/model",
    "/domain/cpu/topology/@sockets",
    "/domain/cpu/topology/@cores",
    "/domain/cpu/topology/@threads",
    "/domain/cpu/feature[@name='x2apic']/@policy",
    "/domain/cpu/numa/cell",
    "/domain/clock/@offset",
    "/domain/clock/timer[@name='rtc']/@tickpolicy",
    "/domain/clock/timer[@name='pit']/@tickpolicy",
    "/domain/clock/timer[@name='hpet']/@present",
    "/domain/clock/timer[@name='hypervclock']/@present",
    "/domain/clock/timer[@name='tsc']/@frequency",
    "/domain/cputune/vcpupin",
    "/domain/cputune/emulatorpin/@cpuset",
    "/domain/cputune/iothreadpin",
    "/domain/numatune/memory/@nodeset",
    "/domain/iothreads",
    "/domain/memoryBacking/hugepages",
    "/domain/devices/emulator",
    "/domain/devices/disk",
    "/domain/devices/disk/driver/@type",
    "/domain/devices/disk/driver/@cache",
    "/domain/devices/disk/driver/metadata_cache/max_size",
    "/domain/devices/disk/source/@file",
    "/domain/devices/disk/target/@dev",
    "/domain/devices/interface/model/@type",
    "/domain/devices/controller[@type='scsi']/@model",
    "/domain/devices/video/model/@type",
    "/domain/devices/memballoon/@model",
    "/domain/devices/graphics/@type",
    "/domain/devices/tpm/@model",
    "/domain/devices/hostdev",
    "count(/domain/devices/*)",
    "//target/@bus",
};

static GString *
read_standard_input(void)
{
    GString *bytes = g_string_new(NULL);
    char buffer[16384];
    ssize_t count;

    while ((count = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0)
        g_string_append_len(bytes, buffer, count);
    return bytes;
}

int
main(void)
{
    GString *bytes = read_standard_input();
    xmlDoc *document = xmlReadMemory(bytes->str, (int)bytes->len, NULL, NULL, XML_PARSE_NONET);
    xmlXPathContext *context;
    xmlChar *text;
    int length;

    if (!document)
        return 1;
    context = xmlXPathNewContext(document);
    for (gsize i = 0; i < G_N_ELEMENTS(expressions); i++)
        xmlXPathFreeObject(xmlXPathEvalExpression((const xmlChar *)expressions[i], context));
    xmlXPathFreeContext(context);
    xmlDocDumpMemory(document, &text, &length);
    if (write(STDOUT_FILENO, text, (size_t)length) != length)
        return 1;
    xmlFree(text);
    xmlFreeDoc(document);
    g_string_free(bytes, TRUE);
    return 0;
}
