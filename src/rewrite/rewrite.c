/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Theory. The document is parsed a second time into a tree of our own, the plan's changes are made
 * in that tree, and what they touch is marked: an old element that got new children or attributes
 * is *touched*, and so are its ancestors; a new element has no span; what is to go stays in the
 * tree, marked as *removed*. The text is then written out
 * in one walk: an untouched element is copied as the bytes it was, a touched one is copied piece by
 * piece with the new pieces between, a new one is formatted as libvirt would.
 */
#include "rewrite/rewrite.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "rewrite/canonical.h"
#include "rewrite/extent.h"

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
} Rewriter;

/* The key under which an element's new text stands among its edited attributes. */
#define TEXT_KEY ""

static void
rewriter_clear(Rewriter *rewriter)
{
    g_clear_pointer(&rewriter->document, vt_document_free);
    g_clear_pointer(&rewriter->touched, g_hash_table_unref);
    g_clear_pointer(&rewriter->removed, g_hash_table_unref);
    g_clear_pointer(&rewriter->edits, g_hash_table_unref);
    g_free((char *)rewriter->indent_unit);
    if (rewriter->out)
        g_string_free(rewriter->out, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rewriter, rewriter_clear)

/* ---- how the document is laid out ---- */

/* The white space before @element on its own line; NULL if something else stands there. */
static char *
indent_of(const Rewriter *rewriter, const xmlNode *element)
{
    const VtSpan *span = vt_document_span(rewriter->document, element);
    gsize start = span->start;

    while (start > 0 && (rewriter->bytes[start - 1] == ' ' || rewriter->bytes[start - 1] == '\t'))
        start--;
    if (start > 0 && rewriter->bytes[start - 1] != '\n')
        return NULL;
    return g_strndup(rewriter->bytes + start, span->start - start);
}

static void
learn_layout(Rewriter *rewriter)
{
    const xmlNode *root = vt_document_root(rewriter->document);
    xmlNode *first = xmlFirstElementChild((xmlNode *)root);
    g_autofree char *root_indent = indent_of(rewriter, root);
    char *indent = first ? indent_of(rewriter, first) : NULL;
    gsize start, end;

    rewriter->newline = strstr(rewriter->bytes, "\r\n") ? "\r\n" : "\n";
    rewriter->single_line = first && !indent;
    if (indent && root_indent && g_str_has_prefix(indent, root_indent))
        memmove(indent, indent + strlen(root_indent), strlen(indent) - strlen(root_indent) + 1);
    rewriter->indent_unit = indent ? indent : g_strdup("  ");
    rewriter->quote = '\'';
    if (root->properties)
        vt_document_attribute_span(rewriter->document, root, (const char *)root->properties->name,
                                   &start, &end, &rewriter->quote);
}

/* ---- the changes in the tree ---- */

static void
touch(Rewriter *rewriter, xmlNode *element)
{
    for (; element && element->type == XML_ELEMENT_NODE; element = element->parent) {
        if (vt_document_span(rewriter->document, element))
            g_hash_table_add(rewriter->touched, element);
    }
}

static void
note_edit(Rewriter *rewriter, xmlNode *element, const char *key, const char *value)
{
    GHashTable *edits = g_hash_table_lookup(rewriter->edits, element);

    if (!edits) {
        edits = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_hash_table_insert(rewriter->edits, element, edits);
    }
    g_hash_table_replace(edits, g_strdup(key), g_strdup(value));
    touch(rewriter, element);
}

/* A new element for @step below @parent, where libvirt would put it; NULL if a predicate selects by
 * a child, since that can only find what exists. */
static xmlNode *
create_element(Rewriter *rewriter, xmlNode *parent, const VtStep *step)
{
    xmlNode *predecessor = vt_canonical_predecessor(parent, step->name);
    xmlNode *element = xmlNewNode(NULL, (const xmlChar *)step->name);

    for (guint i = 0; i < step->predicates->len; i++) {
        const VtPredicate *predicate = step->predicates->pdata[i];
        if (predicate->child) {
            xmlFreeNode(element);
            return NULL;
        }
        xmlNewProp(element, (const xmlChar *)predicate->attribute,
                   (const xmlChar *)predicate->value);
    }
    if (predecessor)
        xmlAddNextSibling(predecessor, element);
    else if (parent->children)
        xmlAddPrevSibling(parent->children, element);
    else
        xmlAddChild(parent, element);
    touch(rewriter, parent);
    return element;
}

/* Walks as far as the place exists and creates the rest. */
static xmlNode *
ensure_element(Rewriter *rewriter, const VtPlace *place)
{
    xmlNode *element = vt_document_root(rewriter->document);

    for (guint i = 0; i < place->steps->len; i++) {
        const VtStep *step = place->steps->pdata[i];
        xmlNode *child = element->children;

        while (child && !vt_step_matches(step, child))
            child = child->next;
        element = child ? child : create_element(rewriter, element, step);
        if (!element)
            return NULL;
    }
    return element;
}

static bool
make_removal(Rewriter *rewriter, const VtChange *change, GError **error)
{
    const xmlNode *root = vt_document_root(rewriter->document);
    xmlNode *node = vt_place_find_node(change->place, root);

    if (node) {
        g_hash_table_add(rewriter->removed, node);
        touch(rewriter, node->parent);
        return true;
    }
    g_set_error(error, VT_ERROR, VT_ERROR_LAW, _("rule '%s': there is no place '%s' to remove"),
                change->rule, change->place->text);
    return false;
}

static bool
make_change(Rewriter *rewriter, const VtChange *change, GError **error)
{
    const VtPlace *place = change->place;
    xmlNode *element;

    if (!change->after)
        return make_removal(rewriter, change, error);
    element = vt_place_find(place, vt_document_root(rewriter->document));
    if (!element)
        element = ensure_element(rewriter, place);
    if (!element) {
        g_set_error(error, VT_ERROR, VT_ERROR_LAW, _("rule '%s': there is no place '%s' to change"),
                    change->rule, place->text);
        return false;
    }
    if (place->kind == VT_PLACE_ATTRIBUTE) {
        xmlSetProp(element, (const xmlChar *)place->attribute, (const xmlChar *)change->after);
        note_edit(rewriter, element, place->attribute, change->after);
    } else if (place->kind == VT_PLACE_TEXT) {
        if (xmlFirstElementChild(element)) {
            g_set_error(error, VT_ERROR, VT_ERROR_LAW,
                        _("rule '%s': place '%s' holds elements, not text"), change->rule,
                        place->text);
            return false;
        }
        note_edit(rewriter, element, TEXT_KEY, change->after);
    }
    return true;
}

/* ---- writing it out ---- */

static void
append_escaped(GString *out, const char *value)
{
    g_autofree char *escaped = g_markup_escape_text(value, -1);

    g_string_append(out, escaped);
}

static void
append_attribute(Rewriter *rewriter, const char *name, const char *value)
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
append_new_attributes(Rewriter *rewriter, const xmlNode *element)
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
append_line_start(Rewriter *rewriter, const char *indent)
{
    if (!rewriter->single_line)
        g_string_append_printf(rewriter->out, "%s%s", rewriter->newline, indent);
}

static void
append_new_element(Rewriter *rewriter, const xmlNode *element, const char *indent)
{
    GHashTable *edits = g_hash_table_lookup(rewriter->edits, element);
    const char *text = edits ? g_hash_table_lookup(edits, TEXT_KEY) : NULL;
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
child_indent(const Rewriter *rewriter, const xmlNode *parent, const char *parent_indent)
{
    for (xmlNode *child = xmlFirstElementChild((xmlNode *)parent); child;
         child = xmlNextElementSibling(child)) {
        char *indent =
            vt_document_span(rewriter->document, child) ? indent_of(rewriter, child) : NULL;
        if (indent)
            return indent;
    }
    return g_strconcat(parent_indent, rewriter->indent_unit, NULL);
}

/* A comment on the rest of an element's line belongs to that element: returns the offset behind. */
static gsize
skip_trailing_comments(const Rewriter *rewriter, gsize offset)
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
append_bytes(Rewriter *rewriter, gsize start, gsize end)
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
collect_value_edits(const Rewriter *rewriter, const xmlNode *element, GHashTable *edits)
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
append_start_tag(Rewriter *rewriter, const xmlNode *element, const VtSpan *span, bool empty)
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

static void append_element(Rewriter *rewriter, const xmlNode *element, const char *indent);

/* The content of a touched element: old pieces as they were, new elements behind the sibling that
 * they follow. Returns the offset up to which the old content is written. */
static gsize
append_children(Rewriter *rewriter, const xmlNode *element, const VtSpan *span, const char *indent)
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
only_blanks_left(const Rewriter *rewriter, gsize offset, gsize end)
{
    return strspn(rewriter->bytes + offset, " \t") >= end - offset;
}

static bool
ends_with_new_element(const Rewriter *rewriter, const xmlNode *element)
{
    const xmlNode *last = xmlLastElementChild((xmlNode *)element);

    return last && !vt_document_span(rewriter->document, last);
}

static void
append_touched_element(Rewriter *rewriter, const xmlNode *element, const VtSpan *span,
                       const char *indent)
{
    GHashTable *edits = g_hash_table_lookup(rewriter->edits, element);
    const char *text = edits ? g_hash_table_lookup(edits, TEXT_KEY) : NULL;
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
append_element(Rewriter *rewriter, const xmlNode *element, const char *indent)
{
    const VtSpan *span = vt_document_span(rewriter->document, element);
    g_autofree char *own_indent = indent_of(rewriter, element);

    if (g_hash_table_contains(rewriter->touched, element))
        append_touched_element(rewriter, element, span, own_indent ? own_indent : indent);
    else
        append_bytes(rewriter, span->start, span->end);
}

char *
vt_rewrite(const VtDocument *document, const VtPlan *plan, GError **error)
{
    g_auto(Rewriter) rewriter = {0};
    const VtSpan *root_span;
    gsize length;
    const char *bytes = vt_document_bytes(document, &length);

    if (plan->changes->len == 0)
        return g_strndup(bytes, length);
    rewriter.document = vt_document_parse(bytes, length, vt_document_name(document), error);
    if (!rewriter.document)
        return NULL;
    rewriter.bytes = vt_document_bytes(rewriter.document, NULL);
    rewriter.touched = g_hash_table_new(NULL, NULL);
    rewriter.removed = g_hash_table_new(NULL, NULL);
    rewriter.edits = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_hash_table_unref);
    rewriter.out = g_string_sized_new(length + 4096);
    learn_layout(&rewriter);
    for (guint i = 0; i < plan->changes->len; i++) {
        if (!make_change(&rewriter, plan->changes->pdata[i], error))
            return NULL;
    }
    root_span = vt_document_span(rewriter.document, vt_document_root(rewriter.document));
    append_bytes(&rewriter, 0, root_span->start);
    append_element(&rewriter, vt_document_root(rewriter.document), "");
    append_bytes(&rewriter, root_span->end, length);
    return g_string_free(g_steal_pointer(&rewriter.out), FALSE);
}
