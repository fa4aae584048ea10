/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "facts/build.h"
#include "facts/qcow2.h"

#define ORIGIN "domain XML"
#define IMAGE_ORIGIN "header of the image"

static const char *const image_facts[] = {
    "disk.below_default",       "disk.cached_l2_bytes",    "disk.cluster_bytes",
    "disk.covered",             "disk.default_covers",     "disk.default_l2_bytes",
    "disk.extended_l2",         "disk.full_coverage_bytes", "disk.l2_table_bytes",
    "disk.virtual_size_bytes",  "disk.within_budget",
};

static void
set_unread(VtFacts *disk, const char *why)
{
    for (gsize i = 0; i < G_N_ELEMENTS(image_facts); i++)
        vt_facts_set_unknown(disk, image_facts[i], why);
}

static void
set_image(VtFacts *disk, const VtQcow2Header *header, guint64 budget_bytes)
{
    VtQcow2Cache cache = vt_qcow2_cache(header);
    guint64 default_bytes = MIN(cache.default_l2_bytes, cache.l2_table_bytes);
    guint64 cached_bytes = default_bytes;
    gint64 max_size;

    if (vt_facts_get_int(disk, "disk.max_size_bytes", &max_size) && max_size > 0)
        cached_bytes = MIN(vt_qcow2_cached_l2_bytes(header, (guint64)max_size),
                           cache.l2_table_bytes);
    vt_facts_set_int(disk, "disk.virtual_size_bytes", (gint64)header->virtual_size_bytes,
                     IMAGE_ORIGIN);
    vt_facts_set_int(disk, "disk.cluster_bytes", (gint64)1 << header->cluster_bits, IMAGE_ORIGIN);
    vt_facts_set_bool(disk, "disk.extended_l2", header->extended_l2, IMAGE_ORIGIN);
    vt_facts_set_int(disk, "disk.l2_table_bytes", (gint64)cache.l2_table_bytes, IMAGE_ORIGIN);
    vt_facts_set_int(disk, "disk.full_coverage_bytes", (gint64)cache.full_coverage_bytes,
                     IMAGE_ORIGIN);
    vt_facts_set_int(disk, "disk.default_l2_bytes", (gint64)cache.default_l2_bytes, IMAGE_ORIGIN);
    vt_facts_set_bool(disk, "disk.default_covers", cache.default_covers, IMAGE_ORIGIN);
    vt_facts_set_int(disk, "disk.cached_l2_bytes", (gint64)cached_bytes, IMAGE_ORIGIN);
    vt_facts_set_bool(disk, "disk.covered", cached_bytes >= cache.l2_table_bytes, IMAGE_ORIGIN);
    vt_facts_set_bool(disk, "disk.below_default", cached_bytes < default_bytes, IMAGE_ORIGIN);
    vt_facts_set_bool(disk, "disk.within_budget", cache.full_coverage_bytes <= budget_bytes,
                      "configured budget");
}

/* Reads the image's header into @disk. Not being able to is no error, being misled is. */
static bool
read_image(VtFacts *disk, const VtDocument *domain, const xmlNode *element, const char *path,
           VtImageSource images, gpointer images_data, guint64 budget_bytes, GError **error)
{
    guint8 bytes[VT_QCOW2_HEADER_BYTES];
    VtQcow2Header header;
    g_autofree char *why = NULL;
    g_autofree char *where = vt_document_where(domain, element);
    g_autoptr(GError) trouble = NULL;
    gssize length = images(path, bytes, sizeof(bytes), &why, images_data, &trouble);

    if (length == 0) {
        set_unread(disk, why);
        return true;
    }
    if (length > 0 && vt_qcow2_parse(bytes, (gsize)length, &header, &trouble)) {
        set_image(disk, &header, budget_bytes);
        return true;
    }
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("%s: disk image '%s': %s"), where, path,
                trouble->message);
    return false;
}

/* A name that can stand in a place; libvirt's own target names are all of this kind. */
static bool
is_plain_name(const char *name)
{
    return name && *name && strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-.:") ==
                                strlen(name);
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

static bool
add_disk(VtFacts *facts, const VtDocument *domain, const xmlNode *disk, VtImageSource images,
         gpointer images_data, guint64 budget_bytes, GError **error)
{
    const xmlNode *driver = vt_element_child(disk, "driver");
    const xmlNode *target = vt_element_child(disk, "target");
    const xmlNode *source = vt_element_child(disk, "source");
    g_autofree char *format = driver ? vt_element_attribute(driver, "type") : NULL;
    g_autofree char *name = target ? vt_element_attribute(target, "dev") : NULL;
    g_autofree char *type = vt_element_attribute(disk, "type");
    const char *path_attribute = source_attribute(type);
    g_autofree char *path =
        source && path_attribute ? vt_element_attribute(source, path_attribute) : NULL;
    g_autofree char *place = NULL;
    VtFacts *record;

    if (g_strcmp0(format, "qcow2") != 0 || !is_plain_name(name))
        return true;
    record = vt_facts_add_record(facts, "disk", ORIGIN);
    place = g_strdup_printf("devices/disk[target/@dev='%s']", name);
    vt_facts_set_string(record, "disk.target", name, ORIGIN);
    vt_facts_set_string(record, "disk.place", place, ORIGIN);
    vt_facts_set_string(record, "disk.source", path ? path : "", ORIGIN);
    set_max_size(record, driver);
    if (!path || !g_path_is_absolute(path)) {
        set_unread(record, _("the disk's source is not a local file or block device"));
        return true;
    }
    if (!images) {
        set_unread(record, _("no host given to look for the image on"));
        return true;
    }
    return read_image(record, domain, disk, path, images, images_data, budget_bytes, error);
}

bool
vt_facts_from_disks(VtFacts *facts, const VtDocument *domain, VtImageSource images,
                    gpointer images_data, guint64 budget_bytes, GError **error)
{
    const xmlNode *devices = vt_element_child(vt_document_root(domain), "devices");

    vt_facts_touch_records(facts, "disk", ORIGIN);
    for (const xmlNode *disk = devices ? vt_element_child(devices, "disk") : NULL; disk;
         disk = vt_element_next(disk)) {
        if (!add_disk(facts, domain, disk, images, images_data, budget_bytes, error))
            return false;
    }
    return true;
}
