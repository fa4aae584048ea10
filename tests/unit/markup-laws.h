/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What every picture and document must keep to; cmocka.h comes before. */

#include <glib.h>
#include <libxml/parser.h>
#include <string.h>

static inline xmlDoc *
parse_markup(const char *text)
{
    xmlDoc *document = xmlReadMemory(text, (int)strlen(text), "markup", NULL,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);

    if (!document)
        fail_msg("not well-formed: %s", text);
    return document;
}

static inline void
assert_inert_attributes(const xmlNode *node)
{
    for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
        const char *name = (const char *)attribute->name;

        if (g_str_has_prefix(name, "on") || strcmp(name, "href") == 0 || strcmp(name, "src") == 0)
            fail_msg("<%s %s>", node->name, name);
    }
}

/* Nothing that runs, nothing that is fetched. */
static inline void
assert_inert(const xmlNode *node)
{
    static const char *const forbidden[] = {"script", "image",  "img",    "link",
                                            "use",    "iframe", "object", NULL};

    for (; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        if (g_strv_contains(forbidden, (const char *)node->name))
            fail_msg("<%s>", node->name);
        if (strcmp((const char *)node->name, "style") == 0) {
            assert_null(strstr((const char *)node->children->content, "url("));
            assert_null(strstr((const char *)node->children->content, "@import"));
        }
        assert_inert_attributes(node);
        assert_inert(node->children);
    }
}

static inline void
assert_sound_markup(const char *text, const char *root)
{
    xmlDoc *document = parse_markup(text);

    assert_string_equal((const char *)xmlDocGetRootElement(document)->name, root);
    assert_inert(xmlDocGetRootElement(document));
    xmlFreeDoc(document);
}
