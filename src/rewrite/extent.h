/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "xml/document.h"

/* Which bytes go when something is removed from a document. */

/**
 * The element from its first byte to its last; its line with it, from the line break before, if
 * nothing else stands on that line.
 */
VtSpan vt_extent_of_element(const VtDocument *document, const xmlNode *element);

/**
 * The attribute with its quotes and the white space before its name.
 *
 * Returns: false if @element has no such attribute in the text
 */
bool vt_extent_of_attribute(const VtDocument *document, const xmlNode *element, const char *name,
                            gsize *ret_start, gsize *ret_end);
