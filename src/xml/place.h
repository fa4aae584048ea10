/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libxml/tree.h>
#include <stdbool.h>

/**
 * VtPlace: one place in a domain's XML, written as a small part of XPath relative to the root
 * element, small enough that it can be created where it does not exist:
 *
 *     features/hyperv/stimer/@state
 *     cpu/feature[@name='x2apic']/@policy
 *     devices/disk[target/@dev='vda']/driver/metadata_cache/max_size/text()
 *
 * Steps are child elements without namespace. A predicate [@a='v'] is created with the element; one
 * of the form [child/@a='v'] only selects. The end is an attribute, the text, or the element.
 */
typedef enum {
    VT_PLACE_ELEMENT,
    VT_PLACE_ATTRIBUTE,
    VT_PLACE_TEXT,
} VtPlaceKind;

typedef struct {
    char *child; /* (nullable): the child element that holds the attribute */
    char *attribute;
    char *value;
} VtPredicate;

typedef struct {
    char *name;
    GPtrArray *predicates; /* VtPredicate* */
} VtStep;

typedef struct {
    char *text;       /* one for all ways of writing the same steps */
    GPtrArray *steps; /* VtStep* */
    VtPlaceKind kind;
    char *attribute; /* for VT_PLACE_ATTRIBUTE */
} VtPlace;

/**
 * vt_place_parse:
 * @error: VT_ERROR_INPUT: what is wrong in @text, and at which column of it
 *
 * Returns: (transfer full): the place, or NULL
 */
VtPlace *vt_place_parse(const char *text, GError **error);
/** A place is never changed, so whoever keeps one shares it: a reference, given back by free. */
VtPlace *vt_place_ref(const VtPlace *place);
void vt_place_free(VtPlace *place); /* accepts NULL */

/** Whether @element fits @step: name and all predicates. */
bool vt_step_matches(const VtStep *step, const xmlNode *element);

/** Returns: (transfer none) (nullable): the first element below @root that the steps lead to. */
xmlNode *vt_place_find(const VtPlace *place, const xmlNode *root);

/**
 * Returns: (transfer none) (nullable): the element or attribute itself that stands at @place, an
 * attribute as libxml2 passes it off for a node; NULL for a place that ends in a text
 */
xmlNode *vt_place_find_node(const VtPlace *place, const xmlNode *root);

/**
 * vt_place_get:
 *
 * Returns: (transfer full) (nullable): the value at @place: the attribute's, the text's (stripped),
 * or "" for an element that exists; NULL if there is nothing
 */
char *vt_place_get(const VtPlace *place, const xmlNode *root);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtPlace, vt_place_free)
