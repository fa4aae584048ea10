/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libxml/tree.h>

/**
 * The order in which libvirt prints a domain: where a new element belongs among its siblings, and a
 * new attribute among its element's. Source: libvirt src/conf/domain_conf.c
 * (virDomainDefFormatInternalSetRootName and its helpers) and src/conf/cpu_conf.c.
 */

/**
 * Returns: (transfer none) (nullable): the child element of @parent behind which a new element
 * called @name belongs; NULL = before all of them.
 */
xmlNode *vt_canonical_predecessor(const xmlNode *parent, const char *name);

/** Returns: where attribute @name of element @element stands; unlisted ones come last, in order. */
int vt_canonical_attribute_rank(const char *element, const char *name);
