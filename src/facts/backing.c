/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/backing.h"

#include <string.h>

#include "base/i18n.h"

#define ORIGIN "headers of the backing images"
#define QEMU_3_1 3001000

/* libvirt follows no longer chain (src/storage_file/storage_source.c), and a loop has no end. */
#define MAX_DEPTH 200

/* Where following the chain stands: the next image, until there is none. */
typedef struct {
    const VtBackingTop *top;
    const xmlNode *store; /* (nullable): the <backingStore> that names the next image */
    char *path;           /* (nullable): the next image; NULL = the chain has ended */
    char *format;         /* (nullable) */
    guint64 max_size_bytes;
    char *why; /* (nullable): why the chain cannot be followed */
    gint64 images;
    guint64 cache_bytes;
    GString *uncovered;
} Chain;

static void
chain_clear(Chain *chain)
{
    g_free(chain->path);
    g_free(chain->format);
    g_free(chain->why);
    g_string_free(chain->uncovered, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Chain, chain_clear)

guint64
vt_default_l2_bytes(const VtQcow2Header *header, gint64 qemu_version)
{
    VtQcow2Cache cache = vt_qcow2_cache(header);

    return qemu_version == 0 || qemu_version >= QEMU_3_1
               ? cache.default_l2_bytes
               : MIN(vt_qcow2_old_default_l2_bytes(header), cache.l2_table_bytes);
}

/* The domain spells the chain out: <backingStore type='file'><format type='qcow2'/>... */
static void
next_from_domain(Chain *chain, const xmlNode *store)
{
    const xmlNode *format = vt_element_child(store, "format");
    const xmlNode *source = vt_element_child(store, "source");
    const xmlNode *cache = vt_element_child(format, "metadata_cache");
    const xmlNode *max_size = vt_element_child(cache, "max_size");

    chain->store = store;
    if (!source) /* <backingStore/> ends a chain */
        return;
    chain->format = format ? vt_element_attribute(format, "type") : NULL;
    chain->path = vt_element_attribute(source, "file");
    if (!chain->path)
        chain->path = vt_element_attribute(source, "dev");
    if (!chain->path)
        chain->why = g_strdup(_("a backing image is not a local file or block device"));
    if (max_size && !vt_element_size(max_size, "bytes", &chain->max_size_bytes))
        chain->max_size_bytes = 0;
}

static void
next_from_header(Chain *chain, const char *path, const guint8 *bytes, gsize length,
                 const VtQcow2Header *header)
{
    g_autofree char *name = NULL;
    g_autofree char *folder = g_path_get_dirname(path);

    if (!vt_qcow2_backing_file(bytes, length, header, &name, &chain->format)) {
        chain->why = g_strdup_printf(_("'%s' names its backing file where it is not read"), path);
    } else if (name && (strchr(name, ':') || !*name)) { /* nbd://..., json:{...} */
        chain->why = g_strdup_printf(_("the backing image '%s' is not a local file"), name);
    } else if (name) {
        chain->path = g_path_is_absolute(name) ? g_steal_pointer(&name)
                                               : g_build_filename(folder, name, NULL);
    }
}

static void
count_image(Chain *chain, const char *path, const VtQcow2Header *header, guint64 max_size_bytes)
{
    VtQcow2Cache cache = vt_qcow2_cache(header);
    guint64 cached = max_size_bytes > 0 ? vt_qcow2_cached_l2_bytes(header, max_size_bytes)
                                        : vt_default_l2_bytes(header, chain->top->qemu_version);

    chain->images++;
    chain->cache_bytes += MIN(cached, cache.l2_table_bytes);
    if (cached < cache.l2_table_bytes) {
        g_autofree char *size =
            g_format_size_full(header->virtual_size_bytes, G_FORMAT_SIZE_IEC_UNITS);
        g_string_append_printf(chain->uncovered, "%s%s (%s)", chain->uncovered->len > 0 ? ", " : "",
                               path, size);
    }
}

/* Reads the image that is next and finds the one below it. */
static void
step(Chain *chain)
{
    g_autofree char *path = g_steal_pointer(&chain->path);
    g_autofree char *format = g_steal_pointer(&chain->format);
    guint64 max_size_bytes = chain->max_size_bytes;
    const xmlNode *below = chain->store ? vt_element_child(chain->store, "backingStore") : NULL;
    guint8 bytes[VT_QCOW2_READ_BYTES];
    VtQcow2Header header;
    g_autoptr(GError) error = NULL;
    gssize length;

    if (!format) /* libvirt does not guess what an image does not say */
        chain->why = g_strdup_printf(_("the format of the backing image '%s' is not given"), path);
    if (!format || strcmp(format, "qcow2") != 0)
        return;
    length = chain->top->images(path, bytes, sizeof(bytes), &chain->why, chain->top->images_data,
                                &error);
    if (length > 0 && vt_qcow2_parse(bytes, (gsize)length, &header, &error)) {
        count_image(chain, path, &header, max_size_bytes);
        chain->max_size_bytes = 0;
        if (below)
            next_from_domain(chain, below);
        else
            next_from_header(chain, path, bytes, (gsize)length, &header);
    } else if (!chain->why) {
        chain->why = g_strdup_printf(_("backing image '%s': %s"), path, error->message);
    }
}

void
vt_facts_from_backing_images(VtFacts *disk, const VtBackingTop *top)
{
    static const char *const names[] = {"disk.backing_cache_bytes", "disk.backing_images",
                                        "disk.backing_uncovered"};
    g_auto(Chain) chain = {.top = top, .uncovered = g_string_new(NULL)};
    const xmlNode *store = vt_element_child(top->disk, "backingStore");

    if (store)
        next_from_domain(&chain, store);
    else
        next_from_header(&chain, top->path, top->bytes, top->length, &top->header);
    for (int depth = 0; chain.path && !chain.why && depth < MAX_DEPTH; depth++)
        step(&chain);
    if (chain.path && !chain.why)
        chain.why = g_strdup(_("the chain of backing images does not end"));
    for (gsize i = 0; chain.why && i < G_N_ELEMENTS(names); i++)
        vt_facts_set_unknown(disk, names[i], chain.why);
    if (chain.why)
        return;
    vt_facts_set_int(disk, "disk.backing_cache_bytes", (gint64)chain.cache_bytes, ORIGIN);
    vt_facts_set_int(disk, "disk.backing_images", chain.images, ORIGIN);
    vt_facts_set_string(disk, "disk.backing_uncovered", chain.uncovered->str, ORIGIN);
}
