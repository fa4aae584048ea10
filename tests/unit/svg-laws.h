/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What every picture of exits must keep to; cmocka.h comes before. */

#include "markup-laws.h"
#include "report/diagnosis-parts.h"
#include "report/svg.h"

static inline unsigned
number_of(const xmlNode *node, const char *attribute)
{
    xmlChar *value = xmlGetProp(node, (const xmlChar *)attribute);
    unsigned number = value ? (unsigned)g_ascii_strtoull((const char *)value, NULL, 10) : 0;

    xmlFree(value);
    return number;
}

static inline bool
has_class(const xmlNode *node, const char *css_class)
{
    xmlChar *value = xmlGetProp(node, (const xmlChar *)"class");
    g_auto(GStrv) classes = g_strsplit(value ? (const char *)value : "", " ", -1);

    xmlFree(value);
    return g_strv_contains((const char *const *)classes, css_class);
}

/* From where to where a text reaches. */
static inline void
extent_of(const xmlNode *text, unsigned *ret_left, unsigned *ret_right)
{
    xmlChar *content = xmlNodeGetContent(text);
    unsigned width = vt_svg_text_width((const char *)content, number_of(text, "font-size"));
    unsigned x = number_of(text, "x");

    xmlFree(content);
    *ret_left = has_class(text, "r") ? x - width : has_class(text, "m") ? x - width / 2 : x;
    *ret_right = *ret_left + width;
}

/* Within the picture, and no text of a line over another. */
static inline void
assert_room_for_texts(const xmlNode *node, GPtrArray *seen)
{
    for (; node; node = node->next) {
        unsigned left, right;

        if (node->type != XML_ELEMENT_NODE)
            continue;
        assert_room_for_texts(node->children, seen);
        if (strcmp((const char *)node->name, "text") != 0)
            continue;
        extent_of(node, &left, &right);
        assert_true(right <= VT_CHART_WIDTH);
        for (guint i = 0; i < seen->len; i++) {
            const xmlNode *other = seen->pdata[i];
            unsigned other_left, other_right;

            extent_of(other, &other_left, &other_right);
            if (number_of(other, "y") == number_of(node, "y") && left < other_right &&
                other_left < right)
                fail_msg("'%s' over '%s'", node->children->content, other->children->content);
        }
        g_ptr_array_add(seen, (gpointer)node);
    }
}

static inline void
assert_sound_picture(const char *svg)
{
    g_autoptr(GPtrArray) seen = g_ptr_array_new();
    xmlDoc *document;

    assert_sound_markup(svg, "svg");
    document = parse_markup(svg);
    assert_room_for_texts(xmlDocGetRootElement(document), seen);
    assert_true(seen->len > 0);
    xmlFreeDoc(document);
}

/* How many elements of that class there are. */
static inline unsigned
count_class(const xmlNode *node, const char *name, const char *css_class)
{
    unsigned count = 0;

    for (; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        count += strcmp((const char *)node->name, name) == 0 && has_class(node, css_class);
        count += count_class(node->children, name, css_class);
    }
    return count;
}
