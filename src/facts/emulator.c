/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/i18n.h"
#include "facts/build.h"

/* <enum name='features'><value>relaxed</value>... */
static void
add_enum(VtFacts *facts, const xmlNode *hyperv, const char *origin)
{
    for (xmlNode *list = vt_element_child(hyperv, "enum"); list; list = vt_element_next(list)) {
        g_autofree char *name = vt_element_attribute(list, "name");
        if (g_strcmp0(name, "features") != 0)
            continue;
        vt_facts_touch_set(facts, "domcaps.hyperv", origin);
        for (xmlNode *value = vt_element_child(list, "value"); value;
             value = vt_element_next(value)) {
            g_autofree char *feature = vt_element_text(value);
            vt_facts_add_to_set(facts, "domcaps.hyperv", feature, origin);
        }
    }
}

/* <defaults><stimer_direct>on</stimer_direct>... */
static void
set_default(VtFacts *facts, const char *name, const xmlNode *defaults, const char *element,
            const char *origin)
{
    const xmlNode *child = vt_element_child(defaults, element);
    g_autofree char *word = child ? vt_element_text(child) : NULL;

    if (word)
        vt_facts_set_bool(facts, name, strcmp(word, "on") == 0, origin);
    else
        vt_facts_set_unknown(facts, name,
                             _("the domain capabilities do not tell (libvirt before 11.9)"));
}

void
vt_facts_from_domain_capabilities(VtFacts *facts, const VtDocument *domain_capabilities,
                                  const char *origin)
{
    const xmlNode *root = vt_document_root(domain_capabilities);
    const xmlNode *hyperv = vt_element_child(vt_element_child(root, "features"), "hyperv");
    const xmlNode *defaults = vt_element_child(hyperv, "defaults");
    g_autofree char *supported = hyperv ? vt_element_attribute(hyperv, "supported") : NULL;

    if (g_strcmp0(supported, "no") == 0)
        vt_facts_touch_set(facts, "domcaps.hyperv", origin);
    else if (hyperv)
        add_enum(facts, hyperv, origin);
    vt_facts_set_unknown(facts, "domcaps.hyperv",
                         _("the domain capabilities list no enlightenments (they need Linux 5.11 "
                           "and libvirt 8.0)"));
    set_default(facts, "domcaps.stimer_direct", defaults, "stimer_direct", origin);
    set_default(facts, "domcaps.tlbflush_direct", defaults, "tlbflush_direct", origin);
    set_default(facts, "domcaps.tlbflush_extended", defaults, "tlbflush_extended", origin);
}
