/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
#include <stdbool.h>

/**
 * VtDocument: an XML text and its tree, tied together byte by byte.
 *
 * libxml2 judges the text and gives the tree; a scan of the same bytes then records where each
 * element begins and ends. That is what lets a rewrite keep every byte it does not mean to change:
 * no serialiser keeps quotes, spaces inside tags or character references as they were.
 *
 * Law: the spans nest as the elements do, and the bytes are never modified.
 */
typedef struct VtDocument VtDocument;

/* Where an element stands in the text; offsets in bytes, ends exclusive. */
typedef struct {
    gsize start;     /* the '<' of the start tag */
    gsize start_end; /* behind the '>' of the start tag */
    gsize end_start; /* the '<' of the end tag; == start_end for <a/> */
    gsize end;       /* behind the element; == start_end for <a/> */
} VtSpan;

/* More than any domain, capabilities document or rule needs; what is larger is not looked at. */
#define VT_DOCUMENT_MAX_BYTES (16 * 1024 * 1024)

/**
 * vt_document_parse:
 * @bytes: the text, UTF-8
 * @length: its length in bytes
 * @name: what error messages call it: a file's path or a domain's name
 * @error: VT_ERROR_INPUT, "name:line:column: ..."
 *
 * Refuses what is empty, larger than VT_DOCUMENT_MAX_BYTES, not UTF-8, not well-formed, nested
 * deeper than libxml2's default of 256, and every document type declaration: entities are neither
 * expanded nor fetched.
 *
 * Returns: (transfer full): the document, or NULL
 */
VtDocument *vt_document_parse(const char *bytes, gsize length, const char *name, GError **error);
void vt_document_free(VtDocument *document); /* accepts NULL */

/** Returns: (transfer none): the root element. */
xmlNode *vt_document_root(const VtDocument *document);

/** Returns: (transfer none): the bytes that were parsed, NUL-terminated. */
const char *vt_document_bytes(const VtDocument *document, gsize *ret_length);

/** Returns: (transfer none): the name given to vt_document_parse(). */
const char *vt_document_name(const VtDocument *document);

/**
 * vt_document_follow:
 * @error: VT_ERROR_INPUT: the XML is written in a way that vmtune cannot follow
 *
 * Finds where each element stands, which most documents are never asked; to be called before the
 * tree is changed.
 */
bool vt_document_follow(const VtDocument *document, GError **error);

/**
 * Returns: (transfer none) (nullable): where @element stands; NULL for an element that was added
 * to the tree after vt_document_follow(), which this calls if nobody did, and where that fails.
 */
const VtSpan *vt_document_span(const VtDocument *document, const xmlNode *element);

/**
 * vt_document_attribute_span:
 *
 * Finds the value of attribute @name (as written, with its prefix) inside @element's start tag.
 *
 * Returns: false if it has none; else the bytes between the quotes and the quote itself
 */
bool vt_document_attribute_span(const VtDocument *document, const xmlNode *element,
                                const char *name, gsize *ret_start, gsize *ret_end,
                                char *ret_quote);

/** Line and column of @element's start tag, both from 1; 1 and 1 for one that was added later. */
void vt_document_locate(const VtDocument *document, const xmlNode *element, guint *ret_line,
                        guint *ret_column);

/** Returns: (transfer full): "name:line:column" of @element's start tag, both from 1. */
char *vt_document_where(const VtDocument *document, const xmlNode *element);

/**
 * Attribute @name (without namespace) of @element.
 *
 * Returns: (transfer full) (nullable): its value, NULL if absent
 */
char *vt_element_attribute(const xmlNode *element, const char *name);

/** Whether @element has an attribute @name (without namespace) with exactly this value. */
bool vt_element_attribute_is(const xmlNode *element, const char *name, const char *value);

/** Returns: (transfer none) (nullable): the first child element of that name, no namespace. */
xmlNode *vt_element_child(const xmlNode *element, const char *name);

/** Returns: (transfer none) (nullable): the next sibling element with @element's own name. */
xmlNode *vt_element_next(const xmlNode *element);

/** Returns: (transfer full): the text inside @element, stripped of surrounding white space. */
char *vt_element_text(const xmlNode *element);

/* libxml2 2.12 made the errors that it hands to callbacks const. */
#if LIBXML_VERSION >= 21200
typedef const xmlError *VtXmlError;
#else
typedef xmlError *VtXmlError;
#endif

/** Whether @element has this local name and no namespace. */
bool vt_element_is(const xmlNode *element, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtDocument, vt_document_free)
