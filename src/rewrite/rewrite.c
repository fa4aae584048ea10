/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Theory. The document is parsed a second time into a tree of our own, the plan's changes are made
 * in that tree, and what they touch is marked: an old element that got new children or attributes
 * is *touched*, and so are its ancestors; a new element has no span; what is to go stays in the
 * tree, marked as *removed*. The text is then written out in one walk (rewrite-write.c): an
 * untouched element is copied as the bytes it was, a touched one is copied piece by piece with the
 * new pieces between, a new one is formatted as libvirt would.
 */
#include "rewrite/rewrite.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "rewrite/canonical.h"
#include "rewrite/rewrite-parts.h"

static void
rewriter_clear(VtRewriter *rewriter)
{
    g_clear_pointer(&rewriter->document, vt_document_free);
    g_clear_pointer(&rewriter->touched, g_hash_table_unref);
    g_clear_pointer(&rewriter->removed, g_hash_table_unref);
    g_clear_pointer(&rewriter->edits, g_hash_table_unref);
    g_free((char *)rewriter->indent_unit);
    if (rewriter->out)
        g_string_free(rewriter->out, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VtRewriter, rewriter_clear)

/* ---- how the document is laid out ---- */

char *
vt_rewrite_indent(const VtRewriter *rewriter, const xmlNode *element)
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
learn_layout(VtRewriter *rewriter)
{
    const xmlNode *root = vt_document_root(rewriter->document);
    xmlNode *first = xmlFirstElementChild((xmlNode *)root);
    g_autofree char *root_indent = vt_rewrite_indent(rewriter, root);
    char *indent = first ? vt_rewrite_indent(rewriter, first) : NULL;
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
touch(VtRewriter *rewriter, xmlNode *element)
{
    for (; element && element->type == XML_ELEMENT_NODE; element = element->parent) {
        if (vt_document_span(rewriter->document, element))
            g_hash_table_add(rewriter->touched, element);
    }
}

static void
note_edit(VtRewriter *rewriter, xmlNode *element, const char *key, const char *value)
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
create_element(VtRewriter *rewriter, xmlNode *parent, const VtStep *step)
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
ensure_element(VtRewriter *rewriter, const VtPlace *place)
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
make_removal(VtRewriter *rewriter, const VtChange *change, GError **error)
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
make_change(VtRewriter *rewriter, const VtChange *change, GError **error)
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
        note_edit(rewriter, element, VT_REWRITE_TEXT_KEY, change->after);
    }
    return true;
}

/* ---- putting it together ---- */

char *
vt_rewrite(const VtDocument *document, const VtPlan *plan, GError **error)
{
    g_auto(VtRewriter) rewriter = {0};
    gsize length;
    const char *bytes = vt_document_bytes(document, &length);

    if (plan->changes->len == 0)
        return g_strndup(bytes, length);
    rewriter.document = vt_document_parse(bytes, length, vt_document_name(document), error);
    if (!rewriter.document || !vt_document_follow(rewriter.document, error))
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
    vt_rewrite_write(&rewriter);
    return g_string_free(g_steal_pointer(&rewriter.out), FALSE);
}
