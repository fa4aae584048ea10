/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "plan/plan.h"
#include "xml/document.h"

/* What rewrite.c, which makes the changes in the tree, shares with rewrite-write.c, which writes
 * the tree out. */

typedef struct {
    VtDocument *document; /* our own copy, whose tree is edited */
    const char *bytes;
    const char *newline;
    const char *indent_unit;
    char quote;
    bool single_line;    /* no line breaks between elements: add none */
    GHashTable *touched; /* xmlNode* set: old elements that are not copied whole */
    GHashTable *removed; /* xmlNode* and xmlAttr* set: old ones that are not copied at all */
    GHashTable *edits;   /* xmlNode* -> GHashTable: attribute name -> new value; "" -> new text */
    GString *out;
} VtRewriter;

/* The key under which an element's new text stands among its edited attributes. */
#define VT_REWRITE_TEXT_KEY ""

/** Returns: (transfer full): the white space before @element, an old one, on its own line; NULL if
 * something else stands there. */
char *vt_rewrite_indent(const VtRewriter *rewriter, const xmlNode *element);

/** Writes the whole document to @rewriter->out. */
void vt_rewrite_write(VtRewriter *rewriter);
