/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/wishes.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"

void
vt_wishes_free(VtWishes *wishes)
{
    if (!wishes)
        return;
    g_ptr_array_unref(wishes->skip);
    g_free(wishes->profile);
    g_free(wishes->profile_where);
    g_free(wishes);
}

static bool
is_ours(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && node->ns &&
           strcmp((const char *)node->ns->href, VT_WISHES_NAMESPACE) == 0 &&
           (!name || strcmp((const char *)node->name, name) == 0);
}

static bool
check_attributes(const VtDocument *domain, const xmlNode *element, const char *const *allowed,
                 GError **error)
{
    for (const xmlAttr *a = element->properties; a; a = a->next) {
        g_autofree char *where = NULL, *known = NULL;
        if (g_strv_contains(allowed, (const char *)a->name))
            continue;
        where = vt_document_where(domain, element);
        known = g_strjoinv("', '", (char **)allowed);
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("%s: vmtune's <%s> has no attribute '%s', only '%s'"), where,
                    (const char *)element->name, (const char *)a->name, known);
        return false;
    }
    return true;
}

static bool
read_attributes(VtWishes *wishes, const VtDocument *domain, const xmlNode *element, GError **error)
{
    static const char *const allowed[] = {"policy", "profile", NULL};
    g_autofree char *word = vt_element_attribute(element, "policy");
    g_autofree char *where = NULL;

    if (!check_attributes(domain, element, allowed, error))
        return false;
    wishes->profile = vt_element_attribute(element, "profile");
    if (wishes->profile)
        wishes->profile_where = vt_document_where(domain, element);
    if (!word)
        return true;
    wishes->has_policy = vt_policy_from_string(word, &wishes->policy);
    if (wishes->has_policy)
        return true;
    where = vt_document_where(domain, element);
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                _("%s: policy '%s' is none of off, observe, apply, enforce"), where, word);
    return false;
}

static bool
skip_fault(const VtDocument *domain, const xmlNode *element, GError **error)
{
    g_autofree char *where = vt_document_where(domain, element);

    g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                _("%s: vmtune's wishes hold <skip rule='...'/> and nothing else"), where);
    return false;
}

static bool
holds_text(const xmlNode *element)
{
    for (xmlNode *child = element->children; child; child = child->next) {
        if (xmlNodeIsText(child) && !xmlIsBlankNode(child))
            return true;
    }
    return false;
}

static bool
read_skip(VtWishes *wishes, const VtDocument *domain, const xmlNode *element, GError **error)
{
    static const char *const allowed[] = {"rule", NULL};
    char *glob = vt_element_attribute(element, "rule");

    if (glob && *glob && is_ours(element, "skip") && !holds_text(element) &&
        !xmlFirstElementChild((xmlNode *)element)) {
        g_ptr_array_add(wishes->skip, glob);
        return check_attributes(domain, element, allowed, error);
    }
    g_free(glob);
    return skip_fault(domain, element, error);
}

VtWishes *
vt_wishes_read(const VtDocument *domain, GError **error)
{
    g_autoptr(VtWishes) wishes = g_new0(VtWishes, 1);
    const xmlNode *metadata = vt_element_child(vt_document_root(domain), "metadata");

    wishes->skip = g_ptr_array_new_with_free_func(g_free);
    for (xmlNode *child = metadata ? metadata->children : NULL; child; child = child->next) {
        if (!is_ours(child, "wishes"))
            continue;
        if (!read_attributes(wishes, domain, child, error) ||
            (holds_text(child) && !skip_fault(domain, child, error)))
            return NULL;
        for (xmlNode *wish = xmlFirstElementChild(child); wish;
             wish = xmlNextElementSibling(wish)) {
            if (!read_skip(wishes, domain, wish, error))
                return NULL;
        }
        break; /* libvirt keeps the first element of a namespace only */
    }
    return g_steal_pointer(&wishes);
}
