/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts/build.h"
#include "facts/qcow2.h"

/**
 * The images below a disk's own. Each qcow2 image of a chain has a metadata cache for itself, and
 * what the domain sets for the disk counts for the top image alone (libvirt docs/formatdomain.rst,
 * metadata_cache).
 */
typedef struct {
    const xmlNode *disk; /* its <backingStore>, if there is one, says what the chain is */
    const char *path;    /* of the top image */
    const guint8 *bytes; /* its first bytes */
    gsize length;
    VtQcow2Header header;
    VtImageSource images;
    gpointer images_data;
    gint64 qemu_version; /* 0 = not known, taken for a current one */
} VtBackingTop;

/**
 * vt_facts_from_backing_images:
 *
 * Sets disk.backing_* of the record @disk, or why they are unknown: what cannot be followed to its
 * end says nothing.
 */
void vt_facts_from_backing_images(VtFacts *disk, const VtBackingTop *top);

/** L2 tables that an image of that header caches by default under that QEMU. */
guint64 vt_default_l2_bytes(const VtQcow2Header *header, gint64 qemu_version);
