/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "xml/document.h"

/**
 * VtSchema: a RELAX NG schema, compiled once for many documents (libvirt's domain.rng takes 8 ms to
 * compile and 1.3 ms a document).
 */
typedef struct VtSchema VtSchema;

/** Returns: (transfer full) (nullable): NULL and @error if @path is no usable schema. */
VtSchema *vt_schema_load(const char *path, GError **error);
void vt_schema_free(VtSchema *schema); /* accepts NULL */

/**
 * vt_schema_check:
 * @ret_message: (nullable) (out) (transfer full): the first thing that is wrong, with its line
 *
 * Returns: whether @document is valid
 */
bool vt_schema_check(VtSchema *schema, const VtDocument *document, char **ret_message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtSchema, vt_schema_free)
