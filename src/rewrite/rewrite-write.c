/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing the changed tree out, with every byte that was not touched as it was. */
#include "rewrite/rewrite-parts.h"

#include <string.h>

#include "rewrite/canonical.h"
#include "rewrite/extent.h"

static void
append_escaped(GString *out, const char *value)
{
    g_autofree char *escaped = g_markup_escape_text(value, -1);

    g_string_append(out, escaped);
}

static void
append_attribute(VtRewriter *rewriter, const char *name, const char *value)
{
    g_string_append_printf(rewriter->out, " %s=%c", name, rewriter->quote);
    append_escaped(rewriter->out, value);
    g_string_append_c(rewriter->out, rewriter->quote);
}

static gint
compare_attributes(gconstpointer a, gconstpointer b)
{
    const xmlAttr *left = *(xmlAttr *const *)a, *right = *(xmlAttr *const *)b;
    const char *element = (const char *)left->parent->name;
    int left_rank = vt_canonical_attribute_rank(element, (const char *)left->name);
    int right_rank = vt_canonical_attribute_rank(element, (const char *)right->name);

    return (left_rank > right_rank) - (left_rank < right_rank);
}

static void
append_new_attributes(VtRewriter *rewriter, const xmlNode *element)
{
    g_autoptr(GPtrArray) attributes = g_ptr_array_new();

    for (xmlAttr *attribute = element->properties; attribute; attribute = attribute->next)
        g_ptr_array_add(attributes, attribute);
    g_ptr_array_sort(attributes, compare_attributes); /* a stable sort */
    for (guint i = 0; i < attributes->len; i++) {
        xmlAttr *attribute = attributes->pdata[i];
        g_autofree char *value = vt_element_attribute(element, (const char *)attribute->name);
        append_attribute(rewriter, (const char *)attribute->name, value);
    }
}

static void
append_line_start(VtRewriter *rewriter, const char *indent)
{
    if (!rewriter->single_line)
        g_string_append_printf(rewriter->out, "%s%s", rewriter->newline, indent);
}

static void
append_new_element(VtRewriter *rewriter, const xmlNode *element, const char *indent)
{
    GHashTable *edits = g_hash_table_lookup(rewriter->edits, element);
    const char *text = edits ? g_hash_table_lookup(edits, VT_REWRITE_TEXT_KEY) : NULL;
    g_autofree char *inner = g_strconcat(indent, rewriter->indent_unit, NULL);
    const xmlNode *child = xmlFirstElementChild((xmlNode *)element);

    append_line_start(rewriter, indent);
    g_string_append_printf(rewriter->out, "<%s", (const char *)element->name);
    append_new_attributes(rewriter, element);
    if (!child && !text) {
        g_string_append(rewriter->out, "/>");
        return;
    }
    g_string_append_c(rewriter->out, '>');
    if (text)
        append_escaped(rewriter->out, text);
    for (; child; child = xmlNextElementSibling((xmlNode *)child))
        append_new_element(rewriter, child, inner);
    if (!text)
        append_line_start(rewriter, indent);
    g_string_append_printf(rewriter->out, "</%s>", (const char *)element->name);
}

/* What new children of an old element are indented by: as its old children are, else one deeper. */
static char *
child_indent(const VtRewriter *rewriter, const xmlNode *parent, const char *parent_indent)
{
    for (xmlNode *child = xmlFirstElementChild((xmlNode *)parent); child;
         child = xmlNextElementSibling(child)) {
        char *indent =
            vt_document_span(rewriter->document, child) ? vt_rewrite_indent(rewriter, child) : NULL;
        if (indent)
            return indent;
    }
    return g_strconcat(parent_indent, rewriter->indent_unit, NULL);
}

/* A comment on the rest of an element's line belongs to that element: returns the offset behind. */
static gsize
skip_trailing_comments(const VtRewriter *rewriter, gsize offset)
{
    for (;;) {
        const char *p = rewriter->bytes + offset;
        const char *close;

        p += strspn(p, " \t");
        if (!g_str_has_prefix(p, "<!--"))
            return offset;
        close = strstr(p, "-->");
        if (!close)
            return offset;
        offset = close + strlen("-->") - rewriter->bytes;
    }
}

static void
append_bytes(VtRewriter *rewriter, gsize start, gsize end)
{
    g_string_append_len(rewriter->out, rewriter->bytes + start, end - start);
}

typedef struct {
    gsize start, end;  /* of the value, or of all of an attribute that goes */
    const char *value; /* (nullable): NULL = it goes */
} ValueEdit;

static gint
compare_value_edits(gconstpointer a, gconstpointer b)
{
    const ValueEdit *left = a, *right = b;

    return (left->start > right->start) - (left->start < right->start);
}

/* Returns: (element-type ValueEdit): what differs in the start tag, in the order of the text */
static GArray *
collect_value_edits(const VtRewriter *rewriter, const xmlNode *element, GHashTable *edits)
{
    GArray *changed = g_array_new(FALSE, FALSE, sizeof(ValueEdit));
    char quote;

    for (xmlAttr *a = element->properties; a; a = a->next) {
        const char *name = (const char *)a->name;
        ValueEdit edit = {.value = edits && !a->ns ? g_hash_table_lookup(edits, name) : NULL};

        if (g_hash_table_contains(rewriter->removed, a)
                ? vt_extent_of_attribute(rewriter->document, element, name, &edit.start, &edit.end)
                : edit.value && vt_document_attribute_span(rewriter->document, element, name,
                                                           &edit.start, &edit.end, &quote))
            g_array_append_val(changed, edit);
    }
    g_array_sort(changed, compare_value_edits);
    return changed;
}

/* The start tag up to, but without, its '>' or '/>'. */
static void
append_start_tag(VtRewriter *rewriter, const xmlNode *element, const VtSpan *span, bool empty)
{
    GHashTable *edits = g_hash_table_lookup(rewriter->edits, element);
    g_autoptr(GArray) changed = collect_value_edits(rewriter, element, edits);
    gsize cursor = span->start, tag_end = span->start_end - (empty ? 2 : 1);
    gsize names_end = tag_end;
    char quote;

    while (strchr(" \t\r\n", rewriter->bytes[names_end - 1]))
        names_end--;
    for (guint i = 0; i < changed->len; i++) {
        const ValueEdit *edit = &g_array_index(changed, ValueEdit, i);
        append_bytes(rewriter, cursor, edit->start);
        if (edit->value)
            append_escaped(rewriter->out, edit->value);
        cursor = edit->end;
    }
    append_bytes(rewriter, cursor, names_end);
    for (xmlAttr *a = element->properties; edits && a; a = a->next) {
        gsize start, end;
        const char *value = a->ns ? NULL : g_hash_table_lookup(edits, a->name);
        if (value && !vt_document_attribute_span(rewriter->document, element, (const char *)a->name,
                                                 &start, &end, &quote))
            append_attribute(rewriter, (const char *)a->name, value);
    }
    append_bytes(rewriter, names_end, tag_end);
}

static void append_element(VtRewriter *rewriter, const xmlNode *element, const char *indent);

/* The content of a touched element: old pieces as they were, new elements behind the sibling that
 * they follow. Returns the offset up to which the old content is written. */
static gsize
append_children(VtRewriter *rewriter, const xmlNode *element, const VtSpan *span,
                const char *indent)
{
    g_autofree char *inner = child_indent(rewriter, element, indent);
    gsize cursor = span->start_end;

    for (xmlNode *child = xmlFirstElementChild((xmlNode *)element); child;
         child = xmlNextElementSibling(child)) {
        const VtSpan *child_span = vt_document_span(rewriter->document, child);

        if (g_hash_table_contains(rewriter->removed, child)) {
            VtSpan extent = vt_extent_of_element(rewriter->document, child);
            append_bytes(rewriter, cursor, MAX(cursor, extent.start));
            cursor = extent.end;
        } else if (child_span) {
            append_bytes(rewriter, cursor, child_span->start);
            append_element(rewriter, child, inner);
            cursor = child_span->end;
        } else {
            gsize behind =
                cursor < span->end_start ? skip_trailing_comments(rewriter, cursor) : cursor;
            append_bytes(rewriter, cursor, behind);
            cursor = behind;
            append_new_element(rewriter, child, inner);
        }
    }
    return cursor;
}

/* Whether only white space, without a line break, is left of the old content behind @offset. */
static bool
only_blanks_left(const VtRewriter *rewriter, gsize offset, gsize end)
{
    return strspn(rewriter->bytes + offset, " \t") >= end - offset;
}

static bool
ends_with_new_element(const VtRewriter *rewriter, const xmlNode *element)
{
    const xmlNode *last = xmlLastElementChild((xmlNode *)element);

    return last && !vt_document_span(rewriter->document, last);
}

static void
append_touched_element(VtRewriter *rewriter, const xmlNode *element, const VtSpan *span,
                       const char *indent)
{
    GHashTable *edits = g_hash_table_lookup(rewriter->edits, element);
    const char *text = edits ? g_hash_table_lookup(edits, VT_REWRITE_TEXT_KEY) : NULL;
    bool empty = rewriter->bytes[span->start_end - 2] == '/' && span->start_end == span->end;
    bool has_content = text || xmlFirstElementChild((xmlNode *)element);
    gsize cursor = span->start_end;

    append_start_tag(rewriter, element, span, empty);
    if (empty && !has_content) {
        g_string_append(rewriter->out, "/>");
        return;
    }
    g_string_append_c(rewriter->out, '>');
    if (text) {
        append_escaped(rewriter->out, text);
        cursor = span->end_start;
    } else {
        cursor = append_children(rewriter, element, span, indent);
        append_bytes(rewriter, cursor, span->end_start);
        if (ends_with_new_element(rewriter, element) &&
            only_blanks_left(rewriter, cursor, span->end_start))
            append_line_start(rewriter, indent);
    }
    if (empty)
        g_string_append_printf(rewriter->out, "</%s>", (const char *)element->name);
    else
        append_bytes(rewriter, span->end_start, span->end);
}

static void
append_element(VtRewriter *rewriter, const xmlNode *element, const char *indent)
{
    const VtSpan *span = vt_document_span(rewriter->document, element);
    g_autofree char *own_indent = vt_rewrite_indent(rewriter, element);

    if (g_hash_table_contains(rewriter->touched, element))
        append_touched_element(rewriter, element, span, own_indent ? own_indent : indent);
    else
        append_bytes(rewriter, span->start, span->end);
}

void
vt_rewrite_write(VtRewriter *rewriter)
{
    const xmlNode *root = vt_document_root(rewriter->document);
    const VtSpan *span = vt_document_span(rewriter->document, root);
    gsize length;

    vt_document_bytes(rewriter->document, &length);
    append_bytes(rewriter, 0, span->start);
    append_element(rewriter, root, "");
    append_bytes(rewriter, span->end, length);
}
