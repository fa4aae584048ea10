/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "xml/document.h"
#include "xml/place.h"

/**
 * What reading any part of a rule file takes: strictness, and faults told at file:line:column.
 * Every function returns false and sets VT_ERROR_INPUT where the file is at fault.
 */
typedef struct {
    const VtDocument *document;
    const char *each; /* (nullable): the records that the whole rule is judged for */
} VtRuleReader;

/** The closed list of attributes that an element takes. */
#define ATTRIBUTES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_ATTRIBUTES ((const char *const[]){NULL})

/** Sets @error to "file:line:column of @element: ...". Returns: false, always. */
bool vt_reader_fault(const VtRuleReader *reader, const xmlNode *element, GError **error,
                     const char *format, ...) G_GNUC_PRINTF(4, 5);

/**
 * Returns: (transfer full): how the file writes @element: with its prefix, or with the namespace
 * that no element of a rule has.
 */
char *vt_reader_element_name(const xmlNode *element);

bool vt_reader_check_attributes(const VtRuleReader *reader, const xmlNode *element,
                                const char *const *allowed, GError **error);

/** Whether there is nothing between the tags but white space and comments. */
bool vt_reader_check_empty(const VtRuleReader *reader, const xmlNode *element, GError **error);

/** Whether there are only elements, white space and comments. */
bool vt_reader_check_no_text(const VtRuleReader *reader, const xmlNode *element, GError **error);

/** @ret_value: (out) (transfer full): the attribute, which must be there and not empty. */
bool vt_reader_take_attribute(const VtRuleReader *reader, const xmlNode *element, const char *name,
                              char **ret_value, GError **error);

/**
 * @ret_text: (inout) (transfer full): the text as a paragraph: line breaks of the file are white
 *   space, as gettext extracts it. Must be NULL before: the element may stand once.
 */
bool vt_reader_take_text(const VtRuleReader *reader, const xmlNode *element, char **ret_text,
                         GError **error);

/** A text that may stand more than once: added to @texts (element-type utf8). */
bool vt_reader_add_text(const VtRuleReader *reader, const xmlNode *element, GPtrArray *texts,
                        GError **error);

/** @ret_id: (out) (transfer full): the attribute "id" of @root, which must be @id: what the file's
 * path says */
bool vt_reader_take_id(const VtRuleReader *reader, const xmlNode *root, const char *id,
                       char **ret_id, GError **error);

/** Takes @error, if it is set, among @faults (element-type GError). Returns: whether it was not. */
bool vt_reader_note(GPtrArray *faults, GError **error);

/**
 * Whether there is such a fact. One of a record, "disk.target", can only be named where records of
 * "disk" are visited: by the rule's each= or by @each (nullable).
 */
bool vt_reader_check_fact(const VtRuleReader *reader, const xmlNode *element, const char *name,
                          const char *each, GError **error);

/** Whether every {fact} in @template can be named there. */
bool vt_reader_check_template(const VtRuleReader *reader, const xmlNode *element,
                              const char *template, const char *each, GError **error);

/**
 * As vt_reader_check_template(), and whether the result would be a place.
 *
 * @ret_place: (nullable) (out) (transfer full): the place, where the template is one as it stands
 */
bool vt_reader_take_place(const VtRuleReader *reader, const xmlNode *element, const char *template,
                          const char *each, VtPlace **ret_place, GError **error);
