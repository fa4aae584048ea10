/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* XML: where libxml2's tree and the scan of the bytes must agree on every element and attribute. */
#include "fuzz.h"

#include <string.h>

#include "xml/document.h"

static void
check_attribute(const VtDocument *document, const xmlNode *element, const xmlAttr *attribute)
{
    const char *bytes = vt_document_bytes(document, &(gsize){0});
    bool prefixed = attribute->ns && attribute->ns->prefix;
    g_autofree char *name =
        g_strdup_printf("%s%s%s", prefixed ? (const char *)attribute->ns->prefix : "",
                        prefixed ? ":" : "", (const char *)attribute->name);
    xmlChar *value = xmlNodeGetContent((const xmlNode *)attribute);
    gsize start, end;
    char quote;

    MUST(vt_document_attribute_span(document, element, name, &start, &end, &quote));
    MUST((quote == '"' || quote == '\'') && bytes[start - 1] == quote && bytes[end] == quote);
    /* without references and line breaks the value is what is written */
    if (!memchr(bytes + start, '&', end - start) && strcspn(bytes + start, "\t\n\r") >= end - start)
        MUST(strlen((const char *)value) == end - start &&
             memcmp(value, bytes + start, end - start) == 0);
    xmlFree(value);
}

static void
check_element(const VtDocument *document, const xmlNode *element, gsize from, gsize to)
{
    const VtSpan *span = vt_document_span(document, element);
    const char *bytes = vt_document_bytes(document, &(gsize){0});
    gsize behind;

    MUST(span && from <= span->start && span->end <= to);
    MUST(span->start < span->start_end && span->start_end <= span->end_start &&
         span->end_start <= span->end);
    MUST(bytes[span->start] == '<' && bytes[span->end - 1] == '>');
    for (const xmlAttr *attribute = element->properties; attribute; attribute = attribute->next)
        check_attribute(document, element, attribute);
    behind = span->start_end;
    for (const xmlNode *child = element->children; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE)
            continue;
        check_element(document, child, behind, span->end_start);
        behind = vt_document_span(document, child)->end;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtDocument) document =
        vt_document_parse((const char *)data, size, "fuzz.xml", &error);
    const char *bytes;
    gsize length;

    if (!document) {
        fuzz_check_error(error);
        return 0;
    }
    bytes = vt_document_bytes(document, &length);
    MUST(length == size && memcmp(bytes, data, size) == 0);
    check_element(document, vt_document_root(document), 0, length);
    return 0;
}
