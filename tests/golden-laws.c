/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Theory. vmtune checks its own laws before it gives a result; here they are checked again without
 * its code. What the plan names is taken out of both texts with libxml2's XPath (a place is one),
 * then elements that only the new text has, if nothing is left in them, then white space between
 * elements; what remains must be the same when libxml2 writes it.
 */
#include "golden.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <string.h>

#include "validate/laws.h"

static xmlXPathObject *
find_nodes(xmlDoc *tree, const char *path)
{
    xmlXPathContext *context = xmlXPathNewContext(tree);
    xmlXPathObject *found;

    context->node = xmlDocGetRootElement(tree);
    found = xmlXPathEvalExpression((const xmlChar *)path, context);
    xmlXPathFreeContext(context);
    return found;
}

static int
count_nodes(xmlDoc *tree, const char *path)
{
    xmlXPathObject *found = find_nodes(tree, path);
    int count = found && found->nodesetval ? found->nodesetval->nodeNr : 0;

    xmlXPathFreeObject(found);
    return count;
}

/* The first node only: that is what a place means. */
static void
remove_node(xmlDoc *tree, const char *path)
{
    xmlXPathObject *found = find_nodes(tree, path);
    xmlNode *node = found && found->nodesetval && found->nodesetval->nodeNr > 0
                        ? found->nodesetval->nodeTab[0]
                        : NULL;

    xmlXPathFreeObject(found); /* looks at its nodes once more */
    if (node && node->type == XML_ATTRIBUTE_NODE) {
        xmlRemoveProp((xmlAttr *)node);
    } else if (node) {
        xmlUnlinkNode(node);
        xmlFreeNode(node);
    }
}

/* The path of the element that @place's first @count steps lead to. */
static char *
step_path(const VtPlace *place, guint count)
{
    GString *path = g_string_new(NULL);

    for (guint i = 0; i < count; i++) {
        const VtStep *step = place->steps->pdata[i];
        g_string_append_printf(path, "%s%s", i ? "/" : "", step->name);
        for (guint p = 0; p < step->predicates->len; p++) {
            const VtPredicate *predicate = step->predicates->pdata[p];
            g_string_append_printf(path, "[%s%s@%s='%s']", predicate->child ? predicate->child : "",
                                   predicate->child ? "/" : "", predicate->attribute,
                                   predicate->value);
        }
    }
    return g_string_free(path, FALSE);
}

static bool
nothing_left(const xmlNode *element, const VtStep *step)
{
    for (const xmlAttr *a = element->properties; a; a = a->next) {
        bool selects = false;
        for (guint p = 0; p < step->predicates->len; p++) {
            const VtPredicate *predicate = step->predicates->pdata[p];
            selects = selects || (!predicate->child &&
                                  strcmp(predicate->attribute, (const char *)a->name) == 0);
        }
        if (!selects)
            return false;
    }
    for (const xmlNode *child = element->children; child; child = child->next) {
        if (!xmlIsBlankNode(child))
            return false;
    }
    return true;
}

/* Elements that came with the plan, innermost first, unless something that it did not name is in
 * them. */
static void
remove_emptied(xmlDoc *before, xmlDoc *after, const VtPlace *place)
{
    for (guint depth = place->steps->len; depth > 0; depth--) {
        g_autofree char *path = step_path(place, depth);
        xmlXPathObject *found;
        xmlNode *element = NULL;

        if (count_nodes(after, path) <= count_nodes(before, path))
            return;
        found = find_nodes(after, path);
        if (found && found->nodesetval && found->nodesetval->nodeNr > 0)
            element = found->nodesetval->nodeTab[0];
        xmlXPathFreeObject(found);
        if (element && nothing_left(element, place->steps->pdata[depth - 1])) {
            xmlUnlinkNode(element);
            xmlFreeNode(element);
        }
    }
}

static void
remove_planned(xmlDoc *before, xmlDoc *after, const VtPlan *plan)
{
    for (guint i = 0; i < plan->changes->len; i++) {
        const VtChange *change = plan->changes->pdata[i];
        if (change->place->kind == VT_PLACE_ELEMENT && count_nodes(before, change->place->text))
            continue;
        remove_node(before, change->place->text);
        remove_node(after, change->place->text);
    }
    for (guint i = 0; i < plan->changes->len; i++)
        remove_emptied(before, after, ((const VtChange *)plan->changes->pdata[i])->place);
}

static void
remove_blanks(xmlNode *node)
{
    for (xmlNode *child = node->children, *next; child; child = next) {
        next = child->next;
        if (xmlIsBlankNode(child)) {
            xmlUnlinkNode(child);
            xmlFreeNode(child);
        } else if (child->type == XML_ELEMENT_NODE) {
            remove_blanks(child);
        }
    }
}

static char *
serialise(xmlDoc *tree)
{
    xmlChar *bytes = NULL;
    char *text;
    int length;

    remove_blanks((xmlNode *)tree);
    xmlDocDumpMemory(tree, &bytes, &length);
    text = g_strdup(bytes ? (const char *)bytes : "");
    xmlFree(bytes);
    return text;
}

static bool
differs_only_where_planned(const char *before_text, const char *after_text, const VtPlan *plan)
{
    xmlDoc *before = xmlReadMemory(before_text, (int)strlen(before_text), NULL, NULL, 0);
    xmlDoc *after = xmlReadMemory(after_text, (int)strlen(after_text), NULL, NULL, 0);
    g_autofree char *left = NULL, *right = NULL;

    if (before && after) {
        remove_planned(before, after, plan);
        left = serialise(before);
        right = serialise(after);
        if (strcmp(left, right) != 0)
            g_printerr("before, without the plan:\n%s\nafter, without it:\n%s\n", left, right);
    }
    xmlFreeDoc(before);
    xmlFreeDoc(after);
    return left && *left && strcmp(left, right) == 0;
}

/* The one thing that stands there and means nothing: libvirt leaves a cache of size 0 out. */
static bool
meant_nothing(const VtDocument *document, const VtChange *change)
{
    const char *end = strstr(change->place->text, "/metadata_cache/max_size/");
    g_autofree char *disk = end ? g_strndup(change->place->text, end - change->place->text) : NULL;
    g_autofree char *size = g_strconcat(disk ? disk : "", "/metadata_cache/max_size/text()", NULL);
    g_autoptr(VtPlace) place = disk ? vt_place_parse(size, NULL) : NULL;
    g_autofree char *value = place ? vt_place_get(place, vt_document_root(document)) : NULL;

    return g_strcmp0(value, "0") == 0;
}

/* What no rule may do, whatever its conditions say. */
static char *
find_forbidden_change(const GoldenJudged *judged)
{
    const VtTuneResult *result = judged->result;
    const char *family = vt_facts_get_string(result->facts, "guest.family");
    const char *type = vt_facts_get_string(result->facts, "domain.type");

    for (guint i = 0; i < result->plan->changes->len; i++) {
        const VtChange *change = result->plan->changes->pdata[i];
        const char *place = change->place->text;
        bool hyperv = g_str_has_prefix(place, "features/hyperv") || strstr(place, "hypervclock");

        if (change->before && !meant_nothing(judged->document, change))
            return g_strdup_printf("'%s' was '%s' by the administrator's will", place,
                                   change->before);
        if (hyperv && g_strcmp0(type, "kvm") != 0)
            return g_strdup_printf("'%s' in a domain of type %s", place, type);
        if ((hyperv || g_str_has_prefix(place, "clock/")) && g_strcmp0(family, "windows") != 0)
            return g_strdup_printf("'%s' for a guest not known to be Windows", place);
    }
    return NULL;
}

static char *
find_second_change(const GoldenHost *host, const GoldenJudged *judged)
{
    const char *xml = judged->result->xml;
    g_autoptr(GError) error = NULL;
    g_autoptr(GoldenJudged) again =
        golden_judge(host, xml, strlen(xml), "the tuned domain", &error);

    if (!again)
        return g_strdup_printf("tuning a second time fails: %s", error->message);
    if (again->result->plan->changes->len > 0) {
        const VtChange *change = again->result->plan->changes->pdata[0];
        return g_strdup_printf("tuning a second time changes '%s'", change->place->text);
    }
    return strcmp(again->result->xml, xml) == 0 ? NULL
                                                : g_strdup("a second tuning has other bytes");
}

static char *
find_schema_fault(const GoldenHost *host, const GoldenJudged *judged)
{
    VtSchema *schema = host->context->schema;
    g_autoptr(VtDocument) after =
        vt_document_parse(judged->result->xml, strlen(judged->result->xml), "out.xml", NULL);
    g_autofree char *message = NULL;

    if (!after)
        return g_strdup("the result is not well-formed");
    if (!schema || !vt_schema_check(schema, judged->document, NULL) ||
        vt_schema_check(schema, after, &message))
        return NULL;
    return g_strdup_printf("the result does not fit libvirt's schema: %s", message);
}

char *
golden_find_broken_law(const GoldenHost *host, const GoldenJudged *judged)
{
    const VtTuneResult *result = judged->result;
    g_autoptr(VtDocument) after = NULL;
    g_autoptr(GError) error = NULL;
    const char *before;
    gsize length;
    char *broken;

    if (result->plan->conflicts->len > 0) {
        const VtConflict *conflict = result->plan->conflicts->pdata[0];
        return g_strdup_printf("two of vmtune's own rules want different values at '%s'",
                               conflict->place);
    }
    before = vt_document_bytes(judged->document, &length);
    if (result->plan->changes->len == 0)
        return strlen(result->xml) == length && memcmp(result->xml, before, length) == 0
                   ? NULL
                   : g_strdup("the plan is empty, but the bytes are not the same");
    broken = find_forbidden_change(judged);
    if (!broken)
        broken = find_schema_fault(host, judged);
    if (!broken && !differs_only_where_planned(before, result->xml, result->plan))
        broken = g_strdup("something changed that the plan does not name");
    if (broken)
        return broken;
    after = vt_document_parse(result->xml, strlen(result->xml), "out.xml", &error);
    if (!vt_laws_check(judged->document, after, result->plan, &error))
        return g_strdup(error->message);
    return find_second_change(host, judged);
}
