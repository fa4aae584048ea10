/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Theory. The trees are walked in step. Whatever stands in the old tree must stand in the new one,
 * in the same order and with the same content, except at a place that the plan names; whatever is
 * new must lie on the way to such a place. What the plan removes is marked in the old tree and
 * passed over. White space may differ only between elements that came, changed or went. A place is
 * looked up by its steps in the trees, not by what the rewrite did, so that a slip there cannot
 * hide itself here.
 */
#include "validate/laws.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"

typedef struct {
    const VtPlan *plan;
    GHashTable *planned; /* xmlNode* of the new tree -> GPtrArray of VtChange* that end there */
    GHashTable *on_way;  /* xmlNode* of the new tree that lie on the way to one */
    GHashTable *removed; /* xmlNode* and xmlAttr* of the old tree that the plan removes */
    char *fault;         /* the first difference that nobody planned */
} Walk;

static char *
path_of(const xmlNode *element)
{
    g_autofree char *parent = NULL;

    if (!element->parent || element->parent->type != XML_ELEMENT_NODE)
        return g_strdup((const char *)element->name);
    parent = path_of(element->parent);
    return g_strconcat(parent, "/", (const char *)element->name, NULL);
}

static bool
fail(Walk *walk, const xmlNode *element, const char *what)
{
    g_autofree char *path = path_of(element);

    if (!walk->fault)
        walk->fault = g_strdup_printf("%s: %s", path, what);
    return false;
}

/* Finds what is to go in the old tree, and that it has gone from the new one. */
static bool
mark_removal(Walk *walk, const VtChange *change, const VtDocument *before, const VtDocument *after,
             GError **error)
{
    xmlNode *node = vt_place_find_node(change->place, vt_document_root(before));

    if (node && !vt_place_find_node(change->place, vt_document_root(after)))
        return g_hash_table_add(walk->removed, node);
    g_set_error(error, VT_ERROR, VT_ERROR_LAW, _("rule '%s': '%s' was not removed"), change->rule,
                change->place->text);
    return false;
}

/* Finds every change in the new tree and marks its element and the way there. */
static bool
mark_changes(Walk *walk, const VtDocument *before, const VtDocument *after, GError **error)
{
    const xmlNode *root = vt_document_root(after);

    for (guint i = 0; i < walk->plan->changes->len; i++) {
        VtChange *change = walk->plan->changes->pdata[i];
        xmlNode *element = vt_place_find(change->place, root);
        g_autofree char *value = vt_place_get(change->place, root);
        GPtrArray *changes;

        if (!change->after) {
            if (!mark_removal(walk, change, before, after, error))
                return false;
            continue;
        }
        if (!value ||
            (change->place->kind != VT_PLACE_ELEMENT && strcmp(value, change->after) != 0)) {
            g_set_error(error, VT_ERROR, VT_ERROR_LAW,
                        _("rule '%s': '%s' did not come to hold '%s'"), change->rule,
                        change->place->text, change->after);
            return false;
        }
        changes = g_hash_table_lookup(walk->planned, element);
        if (!changes) {
            changes = g_ptr_array_new();
            g_hash_table_insert(walk->planned, element, changes);
        }
        g_ptr_array_add(changes, change);
        for (; element && element->type == XML_ELEMENT_NODE; element = element->parent)
            g_hash_table_add(walk->on_way, element);
    }
    return true;
}

static bool
attribute_is_planned(const Walk *walk, const xmlNode *element, const char *name)
{
    const GPtrArray *changes = g_hash_table_lookup(walk->planned, element);

    for (guint i = 0; changes && i < changes->len; i++) {
        const VtPlace *place = ((const VtChange *)changes->pdata[i])->place;
        if (place->kind == VT_PLACE_ATTRIBUTE && strcmp(place->attribute, name) == 0)
            return true;
    }
    return false;
}

static bool
text_is_planned(const Walk *walk, const xmlNode *element)
{
    const GPtrArray *changes = g_hash_table_lookup(walk->planned, element);

    for (guint i = 0; changes && i < changes->len; i++) {
        if (((const VtChange *)changes->pdata[i])->place->kind == VT_PLACE_TEXT)
            return true;
    }
    return false;
}

static bool
same_name(const xmlNode *a, const xmlNode *b)
{
    return strcmp((const char *)a->name, (const char *)b->name) == 0 &&
           g_strcmp0(a->ns ? (const char *)a->ns->href : NULL,
                     b->ns ? (const char *)b->ns->href : NULL) == 0;
}

/* Declarations count even where no name uses them. */
static bool
same_namespaces(const xmlNode *old, const xmlNode *new)
{
    const xmlNs *left = old ? old->nsDef : NULL, *right = new->nsDef;

    for (; left && right; left = left->next, right = right->next) {
        if (!xmlStrEqual(left->prefix, right->prefix) || !xmlStrEqual(left->href, right->href))
            return false;
    }
    return !left && !right;
}

static const xmlAttr *
skip_removed(const Walk *walk, const xmlAttr *attribute)
{
    while (attribute && g_hash_table_contains(walk->removed, attribute))
        attribute = attribute->next;
    return attribute;
}

static bool
same_attributes(Walk *walk, const xmlNode *old, const xmlNode *new)
{
    const xmlAttr *left = old->properties, *right = new->properties;

    /* old ones in order; new ones that the plan set may stand behind */
    for (; right; right = right->next) {
        xmlChar *left_value, *right_value;
        bool equal;

        left = skip_removed(walk, left);
        if (!left || !same_name((const xmlNode *)left, (const xmlNode *)right)) {
            if (left || !attribute_is_planned(walk, new, (const char *)right->name))
                return fail(walk, new, _("an attribute changed that was not to"));
            continue;
        }
        left_value = xmlNodeGetContent((const xmlNode *)left);
        right_value = xmlNodeGetContent((const xmlNode *)right);
        equal = xmlStrEqual(left_value, right_value);
        xmlFree(left_value);
        xmlFree(right_value);
        if (!equal && !attribute_is_planned(walk, new, (const char *)right->name))
            return fail(walk, new, _("an attribute changed that was not to"));
        left = left->next;
    }
    return !skip_removed(walk, left) || fail(walk, new, _("an attribute is gone"));
}

/* White space between elements moves when one is put in; all other nodes must be the same. */
static const xmlNode *
skip_blank(const xmlNode *node)
{
    while (node && node->type == XML_TEXT_NODE && xmlIsBlankNode(node))
        node = node->next;
    return node;
}

/* A planned text takes the place of a text, never of elements or comments. */
static bool
holds_text_only(const xmlNode *element, bool or_cdata)
{
    for (const xmlNode *child = element->children; child; child = child->next) {
        if (child->type != XML_TEXT_NODE && !(or_cdata && child->type == XML_CDATA_SECTION_NODE))
            return false;
    }
    return true;
}

/* An attribute that came with a new element because a step of the plan selects by it. */
static bool
attribute_is_selector(const Walk *walk, const xmlNode *element, const xmlAttr *attribute)
{
    g_autofree char *value = vt_element_attribute(element, (const char *)attribute->name);

    for (guint i = 0; i < walk->plan->changes->len; i++) {
        const VtPlace *place = ((const VtChange *)walk->plan->changes->pdata[i])->place;
        for (guint s = 0; s < place->steps->len; s++) {
            const VtStep *step = place->steps->pdata[s];
            for (guint p = 0; p < step->predicates->len; p++) {
                const VtPredicate *predicate = step->predicates->pdata[p];
                if (!predicate->child && vt_element_is(element, step->name) &&
                    strcmp(predicate->attribute, (const char *)attribute->name) == 0 &&
                    g_strcmp0(predicate->value, value) == 0)
                    return true;
            }
        }
    }
    return false;
}

/* An element that was not there before holds what the plan says and nothing else. */
static bool
new_element_is_planned(Walk *walk, const xmlNode *new)
{
    for (const xmlAttr *a = new->properties; a; a = a->next) {
        if (!attribute_is_planned(walk, new, (const char *)a->name) &&
            !attribute_is_selector(walk, new, a))
            return fail(walk, new, _("it is new and has an attribute that was not planned"));
    }
    if (!same_namespaces(NULL, new))
        return fail(walk, new, _("it is new and declares a namespace"));
    if (text_is_planned(walk, new))
        return holds_text_only(new, false) ||
               fail(walk, new, _("it is new and holds more than its text"));
    for (const xmlNode *child = skip_blank(new->children); child; child = skip_blank(child->next)) {
        if (child->type != XML_ELEMENT_NODE || !g_hash_table_contains(walk->on_way, child) ||
            !new_element_is_planned(walk, child))
            return fail(walk, new, _("it is new and holds something that was not planned"));
    }
    return true;
}

static bool same_element(Walk *walk, const xmlNode *old, const xmlNode *new);

/* Whether @right came with the plan and stands before @left, rather than being it. */
static bool
is_new(Walk *walk, const xmlNode *left, const xmlNode *right)
{
    if (right->type != XML_ELEMENT_NODE || !g_hash_table_contains(walk->on_way, right))
        return false;
    if (left && left->type == XML_ELEMENT_NODE && same_name(left, right) &&
        same_element(walk, left, right))
        return false;
    g_clear_pointer(&walk->fault, g_free);
    return true;
}

static bool
loses_child(const Walk *walk, const xmlNode *old)
{
    for (const xmlNode *child = old->children; child; child = child->next) {
        if (g_hash_table_contains(walk->removed, child))
            return true;
    }
    return false;
}

/* @node itself or the next one that must still be there. */
static const xmlNode *
remaining(const Walk *walk, const xmlNode *node, bool changes)
{
    while (changes && node &&
           (skip_blank(node) != node || g_hash_table_contains(walk->removed, node)))
        node = node->next;
    return node;
}

static bool
same_content(Walk *walk, const xmlNode *old, const xmlNode *new)
{
    bool changes = g_hash_table_contains(walk->on_way, new) || loses_child(walk, old);
    const xmlNode *left = remaining(walk, old->children, changes);
    const xmlNode *right = changes ? skip_blank(new->children) : new->children;

    for (; right; right = changes ? skip_blank(right->next) : right->next) {
        if (is_new(walk, left, right)) {
            if (!new_element_is_planned(walk, right))
                return false;
            continue;
        }
        if (!left || left->type != right->type)
            return fail(walk, new, _("something is there that was not planned"));
        if (left->type == XML_ELEMENT_NODE) {
            if (!g_hash_table_contains(walk->on_way, right) &&
                (!same_name(left, right) || !same_element(walk, left, right)))
                return fail(walk, right, _("an element changed that was not to"));
        } else if (!xmlStrEqual(left->name, right->name) || /* of processing instructions */
                   !xmlStrEqual(left->content, right->content)) {
            return fail(walk, new, _("a text or comment changed that was not to"));
        }
        left = remaining(walk, left->next, changes);
    }
    return !left || fail(walk, new, _("something is gone"));
}

static bool
same_element(Walk *walk, const xmlNode *old, const xmlNode *new)
{
    if (!same_namespaces(old, new))
        return fail(walk, new, _("a namespace is declared otherwise"));
    if (!same_attributes(walk, old, new))
        return false;
    if (!text_is_planned(walk, new))
        return same_content(walk, old, new);
    return (holds_text_only(old, true) && holds_text_only(new, false)) ||
           fail(walk, new, _("more than its text was replaced"));
}

/* What stands before and behind the root element is nobody's to change. */
static bool
same_surroundings(const VtDocument *before, const VtDocument *after)
{
    const VtSpan *left = vt_document_span(before, vt_document_root(before));
    const VtSpan *right = vt_document_span(after, vt_document_root(after));
    gsize left_length, right_length;
    const char *left_bytes = vt_document_bytes(before, &left_length);
    const char *right_bytes = vt_document_bytes(after, &right_length);

    return left->start == right->start && memcmp(left_bytes, right_bytes, left->start) == 0 &&
           left_length - left->end == right_length - right->end &&
           memcmp(left_bytes + left->end, right_bytes + right->end, left_length - left->end) == 0;
}

/* ---- the guest's ABI ---- */

/* "a/b" covers itself and what is inside, not "a/bc". */
static bool
covers(const char *outer, const char *path)
{
    gsize length = strlen(outer);

    return g_str_has_prefix(path, outer) && (path[length] == '\0' || path[length] == '/');
}

static char *
names_of(const VtPlace *place)
{
    GString *names = g_string_new(NULL);

    for (guint i = 0; i < place->steps->len; i++)
        g_string_append_printf(names, "%s%s", i ? "/" : "",
                               ((const VtStep *)place->steps->pdata[i])->name);
    if (place->kind == VT_PLACE_ATTRIBUTE)
        g_string_append_printf(names, "/@%s", place->attribute);
    return g_string_free(names, FALSE);
}

/* How a timer behaves; that it is there at all is guest ABI. */
static bool
is_timer_policy(const char *names)
{
    return covers("clock/timer/@tickpolicy", names) || covers("clock/timer/@track", names);
}

bool
vt_place_is_host_side(const VtPlace *place)
{
    /* libvirt 11.3 domain_conf.c, virDomainDefCheckABIStabilityFlags() and what is known of QEMU:
     * not in libvirt's check *and* not seen by the guest */
    static const char *const host_side[] = {
        "vcpu/@cpuset",
        "vcpu/@placement",
        "cputune",
        "numatune",
        "iothreads",
        "iothreadids",
        "memtune",
        "blkiotune",
        "memoryBacking/locked",
        "memoryBacking/nosharepages",
        "metadata",
        "title",
        "description",
        "devices/disk/driver/metadata_cache",
    };
    g_autofree char *names = names_of(place);

    for (gsize i = 0; i < G_N_ELEMENTS(host_side); i++) {
        if (covers(host_side[i], names))
            return true;
    }
    return is_timer_policy(names);
}

static bool
check_scopes(const VtDocument *before, const VtPlan *plan, GError **error)
{
    for (guint i = 0; i < plan->changes->len; i++) {
        const VtChange *change = plan->changes->pdata[i];
        g_autofree char *names = names_of(change->place);
        bool brings_timer =
            is_timer_policy(names) && !vt_place_find(change->place, vt_document_root(before));

        if (change->scope == VT_SCOPE_HOST &&
            (brings_timer || !vt_place_is_host_side(change->place))) {
            g_set_error(error, VT_ERROR, VT_ERROR_LAW,
                        _("rule '%s' says scope host, but the guest can see '%s'"), change->rule,
                        change->place->text);
            return false;
        }
    }
    return true;
}

bool
vt_laws_check(const VtDocument *before, const VtDocument *after, const VtPlan *plan, GError **error)
{
    g_autoptr(GHashTable) planned =
        g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
    g_autoptr(GHashTable) on_way = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) removed = g_hash_table_new(NULL, NULL);
    Walk walk = {plan, planned, on_way, removed, NULL};
    g_autofree char *fault = NULL;

    if (!check_scopes(before, plan, error) || !mark_changes(&walk, before, after, error))
        return false;
    if (!same_surroundings(before, after))
        fail(&walk, vt_document_root(after), _("something outside the element changed"));
    else if (same_name(vt_document_root(before), vt_document_root(after)) &&
             same_element(&walk, vt_document_root(before), vt_document_root(after)))
        return true;
    fault = walk.fault;
    g_set_error(error, VT_ERROR, VT_ERROR_LAW,
                _("the rewrite would change more than was planned: %s"), fault ? fault : "?");
    return false;
}
