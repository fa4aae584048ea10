/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "facts/backing.h"
#include "facts/build.h"

#define ORIGIN "domain XML"
#define IMAGE_ORIGIN "header of the image"

#define MIB (G_GUINT64_CONSTANT(1) << 20)
#define GIB (G_GUINT64_CONSTANT(1) << 30)

/* "disk size in GB times 131072": right for the L2 tables alone, at 64 KiB clusters. */
#define GIB_FORMULA_BYTES 131072

#define MACHINE_5_2 5002

static const char *const image_facts[] = {
    "disk.backing_cache_bytes",
    "disk.backing_images",
    "disk.backing_uncovered",
    "disk.below_default",
    "disk.cached_l2_bytes",
    "disk.cluster_bytes",
    "disk.covered",
    "disk.covered_bytes",
    "disk.default_covers",
    "disk.default_l2_bytes",
    "disk.extended_l2",
    "disk.full_coverage_bytes",
    "disk.gib_formula",
    "disk.l2_read_bytes",
    "disk.l2_table_bytes",
    "disk.outgrown",
    "disk.outgrown_bytes",
    "disk.virtual_size_bytes",
    "disk.within_budget",
};

/* How the domain's disks are judged. */
typedef struct {
    const VtDocument *domain;
    VtImageSource images; /* (nullable) */
    gpointer images_data;
    guint64 budget_bytes;
    GPtrArray *troubles;    /* char* */
    gint64 qemu_version;    /* 0 = not known */
    gint64 machine_version; /* 0 = not known */
    gint64 vcpus;
    bool ordered;         /* the domain says which disks it boots from */
    const xmlNode *first; /* (nullable) */
} Disks;

static void
set_unread(VtFacts *disk, const char *why)
{
    for (gsize i = 0; i < G_N_ELEMENTS(image_facts); i++)
        vt_facts_set_unknown(disk, image_facts[i], why);
}

/* Where a value in the domain comes from, if it does not cover the disk: "GiB times 131072", which
 * forgets that QEMU serves the refcounts first, or what was right before the disk grew. A round
 * number of MiB was chosen by a person and tells of no size. */
static void
set_max_size_history(VtFacts *disk, const VtQcow2Header *header, guint64 max_size_bytes)
{
    guint64 cluster = G_GUINT64_CONSTANT(1) << header->cluster_bits;
    VtQcow2Cache cache = vt_qcow2_cache(header);
    guint64 refcounts = cache.full_coverage_bytes - cache.l2_table_bytes;
    guint64 tables = max_size_bytes - MIN(max_size_bytes, refcounts);
    /* smaller than all tables, it is no larger than the disk when it is multiplied */
    bool too_small = tables > 0 && tables < cache.l2_table_bytes;
    guint64 fits_bytes = too_small ? tables / (header->extended_l2 ? 16 : 8) * cluster : 0;
    bool formula =
        max_size_bytes > 0 && max_size_bytes % GIB_FORMULA_BYTES == 0 &&
        max_size_bytes / GIB_FORMULA_BYTES == (header->virtual_size_bytes + GIB - 1) / GIB;
    bool outgrown = !formula && too_small && tables % cluster == 0 && max_size_bytes % MIB != 0 &&
                    fits_bytes % GIB == 0 && fits_bytes < header->virtual_size_bytes;

    vt_facts_set_bool(disk, "disk.gib_formula", formula, IMAGE_ORIGIN);
    vt_facts_set_bool(disk, "disk.outgrown", outgrown, IMAGE_ORIGIN);
    vt_facts_set_int(disk, "disk.outgrown_bytes", outgrown ? (gint64)fits_bytes : 0, IMAGE_ORIGIN);
}

static void
set_image(VtFacts *disk, const VtQcow2Header *header, const Disks *disks)
{
    VtQcow2Cache cache = vt_qcow2_cache(header);
    guint64 default_bytes = vt_default_l2_bytes(header, disks->qemu_version);
    guint64 cached_bytes = default_bytes;
    gint64 max_size = 0, backing_bytes = 0;

    if (vt_facts_get_int(disk, "disk.max_size_bytes", &max_size) && max_size > 0)
        cached_bytes =
            MIN(vt_qcow2_cached_l2_bytes(header, (guint64)max_size), cache.l2_table_bytes);
    vt_facts_get_int(disk, "disk.backing_cache_bytes", &backing_bytes);
    vt_facts_set_int(disk, "disk.virtual_size_bytes", (gint64)header->virtual_size_bytes,
                     IMAGE_ORIGIN);
    vt_facts_set_int(disk, "disk.cluster_bytes", (gint64)1 << header->cluster_bits, IMAGE_ORIGIN);
    vt_facts_set_bool(disk, "disk.extended_l2", header->extended_l2, IMAGE_ORIGIN);
    vt_facts_set_int(disk, "disk.l2_table_bytes", (gint64)cache.l2_table_bytes, IMAGE_ORIGIN);
    vt_facts_set_int(disk, "disk.full_coverage_bytes", (gint64)cache.full_coverage_bytes,
                     IMAGE_ORIGIN);
    vt_facts_set_int(disk, "disk.default_l2_bytes", (gint64)default_bytes, IMAGE_ORIGIN);
    vt_facts_set_bool(disk, "disk.default_covers", default_bytes >= cache.l2_table_bytes,
                      IMAGE_ORIGIN);
    vt_facts_set_int(disk, "disk.cached_l2_bytes", (gint64)cached_bytes, IMAGE_ORIGIN);
    vt_facts_set_bool(disk, "disk.covered", cached_bytes >= cache.l2_table_bytes, IMAGE_ORIGIN);
    vt_facts_set_int(disk, "disk.covered_bytes",
                     (gint64)vt_qcow2_covered_bytes(header, cached_bytes), IMAGE_ORIGIN);
    vt_facts_set_int(disk, "disk.l2_read_bytes", (gint64)vt_qcow2_read_bytes(header, cached_bytes),
                     IMAGE_ORIGIN);
    vt_facts_set_bool(disk, "disk.below_default", cached_bytes < default_bytes, IMAGE_ORIGIN);
    vt_facts_set_bool(disk, "disk.within_budget",
                      cache.full_coverage_bytes + (guint64)backing_bytes <= disks->budget_bytes,
                      "configured budget");
    set_max_size_history(disk, header, (guint64)max_size);
}

/* What is no image leaves its own disk unknown, and nothing else of the domain. */
static void
add_trouble(VtFacts *disk, const xmlNode *element, const char *path, const Disks *disks,
            const GError *error)
{
    g_autofree char *where = vt_document_where(disks->domain, element);

    set_unread(disk, error->message);
    g_ptr_array_add(disks->troubles,
                    g_strdup_printf(_("%s: disk image '%s': %s"), where, path, error->message));
}

/* Reads the image's header into @disk. Not being able to is no trouble, being misled is. */
static void
read_image(VtFacts *disk, const xmlNode *element, const char *path, const Disks *disks)
{
    guint8 bytes[VT_QCOW2_READ_BYTES];
    VtQcow2Header header;
    g_autofree char *why = NULL;
    g_autoptr(GError) trouble = NULL;
    gssize length = disks->images(path, bytes, sizeof(bytes), &why, disks->images_data, &trouble);

    if (length == 0) {
        set_unread(disk, why);
    } else if (length > 0 && vt_qcow2_parse(bytes, (gsize)length, &header, &trouble)) {
        const VtBackingTop top = {
            .disk = element,
            .path = path,
            .bytes = bytes,
            .length = (gsize)length,
            .header = header,
            .images = disks->images,
            .images_data = disks->images_data,
            .qemu_version = disks->qemu_version,
        };

        vt_facts_from_backing_images(disk, &top);
        set_image(disk, &header, disks);
    } else {
        add_trouble(disk, element, path, disks, trouble);
    }
}

/* A name that can stand in a place; libvirt's own target names are all of this kind. */
static bool
is_plain_name(const char *name)
{
    return name && *name &&
           strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-.:") == strlen(name);
}

static const char *
source_attribute(const char *type)
{
    if (g_strcmp0(type, "file") == 0)
        return "file";
    if (g_strcmp0(type, "block") == 0)
        return "dev";
    return NULL;
}

static void
set_max_size(VtFacts *record, const xmlNode *driver)
{
    const xmlNode *cache = vt_element_child(driver, "metadata_cache");
    const xmlNode *max_size = vt_element_child(cache, "max_size");
    guint64 bytes;

    if (max_size && vt_element_size(max_size, "bytes", &bytes) && bytes <= G_MAXINT64)
        vt_facts_set_int(record, "disk.max_size_bytes", (gint64)bytes, ORIGIN);
    else
        vt_facts_set_int(record, "disk.max_size_bytes", 0, ORIGIN);
}

/* What the guest's disk sits on; libvirt guesses from the name if the domain does not say
 * (src/conf/domain_conf.c, virDomainDiskDefParseXML()). */
static char *
bus_of(const xmlNode *target, const char *name)
{
    static const struct {
        const char *prefix, *bus;
    } guesses[] = {{"fd", "fdc"}, {"hd", "ide"}, {"sd", "scsi"}, {"vd", "virtio"}, {"xvd", "xen"}};
    char *bus = vt_element_attribute(target, "bus");

    for (gsize i = 0; !bus && i < G_N_ELEMENTS(guesses); i++) {
        if (g_str_has_prefix(name, guesses[i].prefix))
            bus = g_strdup(guesses[i].bus);
    }
    return bus ? bus : g_strdup("");
}

/* How many queues the guest's kernel finds; 0 = not known. Since machine types 5.2 virtio-blk has
 * one for each vCPU (QEMU hw/core/machine.c, hw_compat_5_1). */
static gint64
count_queues(const xmlNode *driver, const char *bus, const Disks *disks)
{
    g_autofree char *text = driver ? vt_element_attribute(driver, "queues") : NULL;
    guint64 queues;

    if (text && g_ascii_string_to_unsigned(text, 10, 1, 65535, &queues, NULL))
        return (gint64)queues;
    if (strcmp(bus, "sata") == 0 || strcmp(bus, "ide") == 0)
        return 1;
    if (strcmp(bus, "virtio") == 0 && disks->machine_version > 0)
        return disks->machine_version >= MACHINE_5_2 ? disks->vcpus : 1;
    return 0;
}

static void
set_queues(VtFacts *disk, const xmlNode *driver, const char *bus, const Disks *disks)
{
    gint64 queues = count_queues(driver, bus, disks);
    const char *why = _("the bus or the machine type does not tell how many there are");

    if (queues > 0) {
        vt_facts_set_int(disk, "disk.queues", queues, ORIGIN);
        vt_facts_set_string(disk, "disk.queues_for_vcpus", vt_compare_queues(queues, disks->vcpus),
                            ORIGIN);
    } else {
        vt_facts_set_unknown(disk, "disk.queues", why);
        vt_facts_set_unknown(disk, "disk.queues_for_vcpus", why);
    }
}

static void
find_boot_order(Disks *disks, const xmlNode *devices)
{
    for (const xmlNode *disk = vt_element_child(devices, "disk"); disk;
         disk = vt_element_next(disk)) {
        g_autofree char *device = vt_element_attribute(disk, "device");

        disks->ordered = disks->ordered || vt_element_child(disk, "boot");
        if (!disks->first && (!device || strcmp(device, "disk") == 0))
            disks->first = disk;
    }
}

/* By <boot order>, if the domain orders its devices so; else it is the first. */
static bool
is_boot_disk(const Disks *disks, const xmlNode *disk)
{
    return disks->ordered ? vt_element_child(disk, "boot") != NULL : disk == disks->first;
}

/* A driver without a type means raw to libvirt, save where the volume's pool knows better. */
static void
set_format(VtFacts *disk, const xmlNode *driver, const char *type)
{
    g_autofree char *format = driver ? vt_element_attribute(driver, "type") : NULL;

    if (format)
        vt_facts_set_string(disk, "disk.format", format, ORIGIN);
    else if (g_strcmp0(type, "volume") == 0)
        vt_facts_set_unknown(disk, "disk.format", _("the volume's pool decides"));
    else
        vt_facts_set_string(disk, "disk.format", "raw", ORIGIN);
}

static void
set_metadata(VtFacts *disk, const xmlNode *element, const char *type, const Disks *disks)
{
    const xmlNode *source = vt_element_child(element, "source");
    const char *path_attribute = source_attribute(type);
    g_autofree char *path =
        source && path_attribute ? vt_element_attribute(source, path_attribute) : NULL;

    vt_facts_set_string(disk, "disk.source", path ? path : "", ORIGIN);
    set_max_size(disk, vt_element_child(element, "driver"));
    /* without images nobody asks why, and other formats have nothing to read */
    if (!disks->images || g_strcmp0(vt_facts_get_string(disk, "disk.format"), "qcow2") != 0)
        return;
    if (path && g_path_is_absolute(path))
        read_image(disk, element, path, disks);
    else
        set_unread(disk, _("the disk's source is not a local file or block device"));
}

static void
add_disk(VtFacts *facts, const xmlNode *disk, const Disks *disks)
{
    const xmlNode *driver = vt_element_child(disk, "driver");
    const xmlNode *target = vt_element_child(disk, "target");
    g_autofree char *name = target ? vt_element_attribute(target, "dev") : NULL;
    g_autofree char *type = vt_element_attribute(disk, "type");
    g_autofree char *device = vt_element_attribute(disk, "device");
    g_autofree char *bus = NULL, *place = NULL;
    VtFacts *record;

    if (!is_plain_name(name) || (device && strcmp(device, "disk") != 0))
        return;
    record = vt_facts_add_record(facts, "disk", ORIGIN);
    vt_facts_set_element(record, disk);
    bus = bus_of(target, name);
    place = g_strdup_printf("devices/disk[target/@dev='%s']", name);
    vt_facts_set_string(record, "disk.target", name, ORIGIN);
    vt_facts_set_string(record, "disk.place", place, ORIGIN);
    vt_facts_set_string(record, "disk.bus", bus, ORIGIN);
    vt_facts_set_bool(record, "disk.boots", is_boot_disk(disks, disk), ORIGIN);
    set_format(record, driver, type);
    set_queues(record, driver, bus, disks);
    set_metadata(record, disk, type, disks);
}

void
vt_facts_from_disks(VtFacts *facts, const VtDocument *domain, VtImageSource images,
                    gpointer images_data, guint64 budget_bytes, GPtrArray *troubles)
{
    const xmlNode *devices = vt_element_child(vt_document_root(domain), "devices");
    Disks disks = {
        .domain = domain,
        .images = images,
        .images_data = images_data,
        .budget_bytes = budget_bytes,
        .troubles = troubles,
        .vcpus = 1,
    };

    vt_facts_get_int(facts, "qemu.version", &disks.qemu_version);
    vt_facts_get_int(facts, "domain.machine_version", &disks.machine_version);
    vt_facts_get_int(facts, "domain.vcpus", &disks.vcpus);
    find_boot_order(&disks, devices);
    vt_facts_touch_records(facts, "disk", ORIGIN);
    for (const xmlNode *disk = devices ? vt_element_child(devices, "disk") : NULL; disk;
         disk = vt_element_next(disk))
        add_disk(facts, disk, &disks);
}
