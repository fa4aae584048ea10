/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xml/document.h"

#include <libxml/parser.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"

struct VtDocument {
    char *bytes;
    gsize length;
    char *name;
    xmlDoc *tree;
    GArray *spans; /* (nullable): VtSpan; an element's _private holds its index + 1 */
    bool followed; /* @spans are complete */
};

/* What the parser's callbacks leave for vt_document_parse(). */
typedef struct {
    bool has_dtd;
    char *message; /* of the first error: later ones only follow from it */
    int line, column;
} ParseState;

static void
note_first_error(void *user_data, VtXmlError xml_error)
{
    xmlParserCtxt *context = user_data;
    ParseState *state = context->_private;

    if (state->message || xml_error->level < XML_ERR_ERROR)
        return;
    state->message = g_strchomp(g_strdup(xml_error->message ? xml_error->message : "?"));
    state->line = xml_error->line;
    state->column = xml_error->int2;
}

/* Runs at "<!DOCTYPE", before anything in it is read: no entity is ever declared. */
static void
refuse_dtd(void *user_data, const xmlChar *name G_GNUC_UNUSED,
           const xmlChar *external_id G_GNUC_UNUSED, const xmlChar *system_id G_GNUC_UNUSED)
{
    xmlParserCtxt *context = user_data;
    ParseState *state = context->_private;

    state->has_dtd = true;
    state->line = context->input ? context->input->line : 1;
    state->column = context->input ? context->input->col : 1;
    xmlStopParser(context);
}

static void
locate(const char *bytes, gsize offset, guint *ret_line, guint *ret_column)
{
    const char *line_start = bytes;
    guint line = 1;

    for (const char *p = bytes; p < bytes + offset; p++) {
        if (*p == '\n') {
            line++;
            line_start = p + 1;
        }
    }
    *ret_line = line;
    *ret_column = g_utf8_strlen(line_start, bytes + offset - line_start) + 1;
}

static bool
check_bytes(const char *bytes, gsize length, const char *name, GError **error)
{
    const char *end = NULL;
    guint line, column;
    gsize blanks = 0;

    if (length > VT_DOCUMENT_MAX_BYTES) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("%s: %zu bytes are too many for a domain's XML, at most %d are read"), name,
                    length, VT_DOCUMENT_MAX_BYTES);
        return false;
    }
    while (blanks < length && strchr(" \t\r\n", bytes[blanks]) && bytes[blanks])
        blanks++;
    if (blanks == length) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("%s:1:1: the XML is empty"), name);
        return false;
    }
    if (!g_utf8_validate(bytes, length, &end)) {
        locate(bytes, end - bytes, &line, &column);
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    *end == '\0' ? _("%s:%u:%u: a NUL byte, XML text has none")
                                 : _("%s:%u:%u: not UTF-8; convert the file first"),
                    name, line, column);
        return false;
    }
    return true;
}

static xmlDoc *
parse_tree(const char *bytes, gsize length, const char *name, GError **error)
{
    ParseState state = {0};
    xmlParserCtxt *context = xmlNewParserCtxt();
    xmlDoc *tree;

    context->_private = &state;
    context->sax->serror = note_first_error;
    context->sax->internalSubset = refuse_dtd;
    /* serror takes every message; XML_PARSE_NOERROR would keep them from it in libxml2 2.15 */
    tree = xmlCtxtReadMemory(context, bytes, (int)length, NULL, NULL,
                             XML_PARSE_NONET | XML_PARSE_COMPACT);
    if (state.has_dtd)
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("%s:%d:%d: a document type declaration (<!DOCTYPE>) is not accepted"), name,
                    state.line, state.column);
    else if (!tree)
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("%s:%d:%d: not well-formed XML: %s"), name,
                    MAX(state.line, 1), MAX(state.column, 1), state.message ? state.message : "?");
    else if (tree->encoding && g_ascii_strcasecmp((const char *)tree->encoding, "UTF-8") != 0 &&
             g_ascii_strcasecmp((const char *)tree->encoding, "US-ASCII") != 0)
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("%s:1:1: encoding '%s' is not accepted, only UTF-8 is"), name,
                    (const char *)tree->encoding);
    else {
        g_free(state.message);
        xmlFreeParserCtxt(context);
        return tree;
    }
    g_free(state.message);
    if (tree)
        xmlFreeDoc(tree);
    else if (context->myDoc)
        xmlFreeDoc(context->myDoc);
    xmlFreeParserCtxt(context);
    return NULL;
}

/* Behind the '>' that ends the tag at @p; quotes may hold a '>'. */
static const char *
tag_end(const char *p, const char *end)
{
    char quote = 0;

    for (; p < end; p++) {
        if (quote)
            quote = *p == quote ? 0 : quote;
        else if (*p == '"' || *p == '\'')
            quote = *p;
        else if (*p == '>')
            return p + 1;
    }
    return NULL;
}

/* Behind a comment, CDATA section or processing instruction at @p; NULL if there is none. */
static const char *
skip_non_element(const char *p, const char *end)
{
    static const struct {
        const char *open, *close;
    } kinds[] = {{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}};

    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (g_str_has_prefix(p, kinds[i].open)) {
            const char *close = g_strstr_len(p + strlen(kinds[i].open), end - p, kinds[i].close);
            return close ? close + strlen(kinds[i].close) : NULL;
        }
    }
    return NULL;
}

static bool
tag_names(const char *p, const xmlNode *element)
{
    const char *prefix = element->ns ? (const char *)element->ns->prefix : NULL;

    if (prefix) {
        if (!g_str_has_prefix(p, prefix) || p[strlen(prefix)] != ':')
            return false;
        p += strlen(prefix) + 1;
    }
    return g_str_has_prefix(p, (const char *)element->name) &&
           strchr(" \t\r\n/>", p[strlen((const char *)element->name)]);
}

/* Walks text and tree in step. The text is known to be well-formed, so the scan can be short. */
static bool
index_spans(VtDocument *document)
{
    const char *base = document->bytes, *end = base + document->length, *p = base;
    xmlNode *parent = NULL, *previous = NULL;

    while ((p = memchr(p, '<', end - p))) {
        const char *next = skip_non_element(p, end);
        if (next) {
            p = next;
            continue;
        }
        next = tag_end(p, end);
        if (!next)
            return false;
        if (p[1] == '/') {
            VtSpan *span;
            if (!parent || !tag_names(p + 2, parent))
                return false;
            span = &g_array_index(document->spans, VtSpan, GPOINTER_TO_UINT(parent->_private) - 1);
            span->end_start = p - base;
            span->end = next - base;
            previous = parent;
            parent = parent->parent->type == XML_ELEMENT_NODE ? parent->parent : NULL;
        } else {
            VtSpan span = {p - base, next - base, next - base, next - base};
            xmlNode *element = !parent    ? xmlDocGetRootElement(document->tree)
                               : previous ? xmlNextElementSibling(previous)
                                          : xmlFirstElementChild(parent);
            if (!element || !tag_names(p + 1, element))
                return false;
            g_array_append_val(document->spans, span);
            element->_private = GUINT_TO_POINTER(document->spans->len);
            if (next[-2] == '/') {
                previous = element;
            } else {
                parent = element;
                previous = NULL;
            }
        }
        p = next;
    }
    return parent == NULL;
}

VtDocument *
vt_document_parse(const char *bytes, gsize length, const char *name, GError **error)
{
    g_autoptr(VtDocument) document = NULL;
    xmlDoc *tree;

    if (length == 0)
        bytes = "";
    if (!check_bytes(bytes, length, name, error))
        return NULL;
    tree = parse_tree(bytes, length, name, error);
    if (!tree)
        return NULL;

    document = g_new0(VtDocument, 1);
    document->bytes = g_strndup(bytes, length);
    document->length = length;
    document->name = g_strdup(name);
    document->tree = tree;
    return g_steal_pointer(&document);
}

void
vt_document_free(VtDocument *document)
{
    if (!document)
        return;
    xmlFreeDoc(document->tree);
    g_clear_pointer(&document->spans, g_array_unref);
    g_free(document->bytes);
    g_free(document->name);
    g_free(document);
}

xmlNode *
vt_document_root(const VtDocument *document)
{
    return xmlDocGetRootElement(document->tree);
}

const char *
vt_document_bytes(const VtDocument *document, gsize *ret_length)
{
    if (ret_length)
        *ret_length = document->length;
    return document->bytes;
}

const char *
vt_document_name(const VtDocument *document)
{
    return document->name;
}

bool
vt_document_follow(const VtDocument *document, GError **error)
{
    VtDocument *self = (VtDocument *)document;

    if (!document->spans) {
        self->spans = g_array_new(FALSE, FALSE, sizeof(VtSpan));
        self->followed = index_spans(self);
    }
    if (!document->followed)
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("%s:1:1: the XML is written in a way that vmtune cannot follow"),
                    document->name);
    return document->followed;
}

const VtSpan *
vt_document_span(const VtDocument *document, const xmlNode *element)
{
    guint index = vt_document_follow(document, NULL) ? GPOINTER_TO_UINT(element->_private) : 0;

    return index ? &g_array_index(document->spans, VtSpan, index - 1) : NULL;
}

bool
vt_document_attribute_span(const VtDocument *document, const xmlNode *element, const char *name,
                           gsize *ret_start, gsize *ret_end, char *ret_quote)
{
    const VtSpan *span = vt_document_span(document, element);
    const char *p = document->bytes + span->start + 1;
    const char *end = document->bytes + span->start_end;

    p += strcspn(p, " \t\r\n/>"); /* behind the element's name */
    while (p < end) {
        const char *name_start, *value_end;
        gsize name_length;

        p += strspn(p, " \t\r\n");
        name_start = p;
        name_length = strcspn(p, " \t\r\n=/>");
        p += name_length;
        p += strspn(p, " \t\r\n");
        if (*p != '=')
            return false;
        p += 1 + strspn(p + 1, " \t\r\n");
        value_end = strchr(p + 1, *p);
        if (strlen(name) == name_length && strncmp(name_start, name, name_length) == 0) {
            *ret_start = p + 1 - document->bytes;
            *ret_end = value_end - document->bytes;
            *ret_quote = *p;
            return true;
        }
        p = value_end + 1;
    }
    return false;
}

void
vt_document_locate(const VtDocument *document, const xmlNode *element, guint *ret_line,
                   guint *ret_column)
{
    const VtSpan *span = vt_document_span(document, element);

    locate(document->bytes, span ? span->start : 0, ret_line, ret_column);
}

char *
vt_document_where(const VtDocument *document, const xmlNode *element)
{
    guint line, column;

    vt_document_locate(document, element, &line, &column);
    return g_strdup_printf("%s:%u:%u", document->name, line, column);
}

bool
vt_element_is(const xmlNode *element, const char *name)
{
    const char *own = (const char *)element->name;

    /* most names differ in the first letter already */
    return element->type == XML_ELEMENT_NODE && !element->ns && *own == *name &&
           strcmp(own, name) == 0;
}

static const xmlAttr *
find_attribute(const xmlNode *element, const char *name)
{
    for (const xmlAttr *attribute = element->properties; attribute; attribute = attribute->next) {
        if (!attribute->ns && strcmp((const char *)attribute->name, name) == 0)
            return attribute;
    }
    return NULL;
}

/* The value where the tree holds it in one piece, which is everywhere but around references. */
static const char *
plain_value(const xmlAttr *attribute)
{
    const xmlNode *text = attribute->children;

    if (!text)
        return "";
    return text->type == XML_TEXT_NODE && !text->next ? (const char *)text->content : NULL;
}

char *
vt_element_attribute(const xmlNode *element, const char *name)
{
    const xmlAttr *attribute = find_attribute(element, name);
    const char *plain = attribute ? plain_value(attribute) : NULL;
    xmlChar *value;
    char *copy;

    if (!attribute || plain)
        return g_strdup(plain);
    value = xmlNodeGetContent((const xmlNode *)attribute);
    copy = g_strdup(value ? (const char *)value : "");
    xmlFree(value);
    return copy;
}

bool
vt_element_attribute_is(const xmlNode *element, const char *name, const char *value)
{
    const xmlAttr *attribute = find_attribute(element, name);
    const char *plain = attribute ? plain_value(attribute) : NULL;
    g_autofree char *pieces = attribute && !plain ? vt_element_attribute(element, name) : NULL;

    return g_strcmp0(plain ? plain : pieces, value) == 0;
}

xmlNode *
vt_element_child(const xmlNode *element, const char *name)
{
    for (xmlNode *child = element ? element->children : NULL; child; child = child->next) {
        if (vt_element_is(child, name))
            return child;
    }
    return NULL;
}

xmlNode *
vt_element_next(const xmlNode *element)
{
    for (xmlNode *next = element->next; next; next = next->next) {
        if (vt_element_is(next, (const char *)element->name))
            return next;
    }
    return NULL;
}

char *
vt_element_text(const xmlNode *element)
{
    xmlChar *content = xmlNodeGetContent(element);
    char *text = g_strstrip(g_strdup(content ? (const char *)content : ""));

    xmlFree(content);
    return text;
}
