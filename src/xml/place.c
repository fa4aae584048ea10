/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xml/place.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "xml/document.h"

static void
predicate_free(gpointer data)
{
    VtPredicate *predicate = data;

    g_free(predicate->child);
    g_free(predicate->attribute);
    g_free(predicate->value);
    g_free(predicate);
}

static void
step_free(gpointer data)
{
    VtStep *step = data;

    g_free(step->name);
    g_ptr_array_unref(step->predicates);
    g_free(step);
}

static void
place_clear(gpointer data)
{
    VtPlace *place = data;

    g_free(place->text);
    g_ptr_array_unref(place->steps);
    g_free(place->attribute);
}

VtPlace *
vt_place_ref(const VtPlace *place)
{
    return g_rc_box_acquire((gpointer)place);
}

void
vt_place_free(VtPlace *place)
{
    if (place)
        g_rc_box_release_full(place, place_clear);
}

static bool
syntax_error(const char *text, const char *at, const char *what, GError **error)
{
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                _("place '%s' is not understood at column %d: %s expected"), text,
                (int)(at - text) + 1, what);
    return false;
}

/* A name of libvirt's: no colon, since a place never leaves the domain's own vocabulary. */
static char *
take_name(const char **p)
{
    const char *start = *p;

    if (!g_ascii_isalpha(*start) && *start != '_')
        return NULL;
    while (g_ascii_isalnum(**p) || **p == '_' || **p == '-' || **p == '.')
        (*p)++;
    return g_strndup(start, *p - start);
}

/* Parses "[@a='v']" or "[child/@a='v']" at *p. */
static bool
take_predicate(const char *text, const char **p, VtStep *step, GError **error)
{
    VtPredicate *predicate = g_new0(VtPredicate, 1);
    const char *close;

    g_ptr_array_add(step->predicates, predicate);
    (*p)++;
    if (**p != '@') {
        predicate->child = take_name(p);
        if (!predicate->child || **p != '/')
            return syntax_error(text, *p, "'@attribute' or 'child/@attribute'", error);
        (*p)++;
    }
    if (**p != '@')
        return syntax_error(text, *p, "'@'", error);
    (*p)++;
    predicate->attribute = take_name(p);
    if (!predicate->attribute || **p != '=')
        return syntax_error(text, *p, "an attribute's name and '='", error);
    (*p)++;
    close = **p == '\'' || **p == '"' ? strchr(*p + 1, **p) : NULL;
    if (!close)
        return syntax_error(text, *p, "a value in quotes", error);
    predicate->value = g_strndup(*p + 1, close - *p - 1);
    *p = close + 1;
    if (**p != ']')
        return syntax_error(text, *p, "']'", error);
    (*p)++;
    return true;
}

static bool
take_step(const char *text, const char **p, VtPlace *place, GError **error)
{
    VtStep *step = g_new0(VtStep, 1);

    step->predicates = g_ptr_array_new_with_free_func(predicate_free);
    g_ptr_array_add(place->steps, step);
    step->name = take_name(p);
    if (!step->name)
        return syntax_error(text, *p, "an element's name", error);
    while (**p == '[') {
        if (!take_predicate(text, p, step, error))
            return false;
    }
    return true;
}

static gint
compare_predicates(gconstpointer a, gconstpointer b)
{
    const VtPredicate *left = *(VtPredicate *const *)a, *right = *(VtPredicate *const *)b;
    int by_child = g_strcmp0(left->child, right->child);
    int by_attribute = strcmp(left->attribute, right->attribute);

    return by_child ? by_child : by_attribute ? by_attribute : strcmp(left->value, right->value);
}

static void
append_predicate(GString *text, const VtPredicate *predicate)
{
    char quote = strchr(predicate->value, '\'') ? '"' : '\'';

    g_string_append_c(text, '[');
    if (predicate->child) {
        g_string_append(text, predicate->child);
        g_string_append_c(text, '/');
    }
    g_string_append_c(text, '@');
    g_string_append(text, predicate->attribute);
    g_string_append_c(text, '=');
    g_string_append_c(text, quote);
    g_string_append(text, predicate->value);
    g_string_append_c(text, quote);
    g_string_append_c(text, ']');
}

/* Plans compare places by their text, so quotes and the order of predicates may not differ. */
static char *
place_text(const VtPlace *place)
{
    GString *text = g_string_sized_new(96);

    for (guint i = 0; i < place->steps->len; i++) {
        const VtStep *step = place->steps->pdata[i];
        if (i > 0)
            g_string_append_c(text, '/');
        g_string_append(text, step->name);
        g_ptr_array_sort(step->predicates, compare_predicates);
        for (guint p = 0; p < step->predicates->len; p++)
            append_predicate(text, step->predicates->pdata[p]);
    }
    if (place->kind == VT_PLACE_ATTRIBUTE) {
        g_string_append(text, "/@");
        g_string_append(text, place->attribute);
    } else if (place->kind == VT_PLACE_TEXT) {
        g_string_append(text, "/text()");
    }
    return g_string_free(text, FALSE);
}

VtPlace *
vt_place_parse(const char *text, GError **error)
{
    g_autoptr(VtPlace) place = g_rc_box_new0(VtPlace);
    const char *p = text;

    place->steps = g_ptr_array_new_with_free_func(step_free);
    do {
        if (place->steps->len > 0)
            p++; /* the slash */
        if (place->steps->len > 0 && *p == '@') {
            p++;
            place->kind = VT_PLACE_ATTRIBUTE;
            place->attribute = take_name(&p);
            if (!place->attribute)
                syntax_error(text, p, "an attribute's name", error);
            break;
        }
        if (place->steps->len > 0 && g_str_has_prefix(p, "text()")) {
            p += strlen("text()");
            place->kind = VT_PLACE_TEXT;
            break;
        }
        if (!take_step(text, &p, place, error))
            return NULL;
    } while (*p == '/');
    if (place->kind == VT_PLACE_ATTRIBUTE && !place->attribute)
        return NULL;
    if (*p != '\0') {
        syntax_error(text, p, "'/' or the end", error);
        return NULL;
    }
    place->text = place_text(place);
    return g_steal_pointer(&place);
}

bool
vt_step_matches(const VtStep *step, const xmlNode *element)
{
    if (!vt_element_is(element, step->name))
        return false;
    for (guint i = 0; i < step->predicates->len; i++) {
        const VtPredicate *predicate = step->predicates->pdata[i];
        const xmlNode *holder =
            predicate->child ? vt_element_child(element, predicate->child) : element;

        if (!holder || !vt_element_attribute_is(holder, predicate->attribute, predicate->value))
            return false;
    }
    return true;
}

/* Depth first: "devices/disk/driver" finds the first disk that has a driver. */
static xmlNode *
find_from(const VtPlace *place, guint depth, const xmlNode *parent)
{
    const VtStep *step = place->steps->pdata[depth];

    for (xmlNode *child = parent->children; child; child = child->next) {
        xmlNode *found;

        if (child->type != XML_ELEMENT_NODE || !vt_step_matches(step, child))
            continue;
        if (depth + 1 == place->steps->len)
            return child;
        found = find_from(place, depth + 1, child);
        if (found)
            return found;
    }
    return NULL;
}

xmlNode *
vt_place_find(const VtPlace *place, const xmlNode *root)
{
    return find_from(place, 0, root);
}

xmlNode *
vt_place_find_node(const VtPlace *place, const xmlNode *root)
{
    xmlNode *element = place->kind == VT_PLACE_TEXT ? NULL : vt_place_find(place, root);

    if (!element || place->kind == VT_PLACE_ELEMENT)
        return element;
    return (xmlNode *)xmlHasNsProp(element, (const xmlChar *)place->attribute, NULL);
}

char *
vt_place_get(const VtPlace *place, const xmlNode *root)
{
    const xmlNode *element = vt_place_find(place, root);

    if (!element)
        return NULL;
    switch (place->kind) {
    case VT_PLACE_ATTRIBUTE:
        return vt_element_attribute(element, place->attribute);
    case VT_PLACE_TEXT:
        return vt_element_text(element);
    case VT_PLACE_ELEMENT:
        return g_strdup("");
    }
    return NULL;
}
