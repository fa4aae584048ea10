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

void
vt_facts_from_domain_capabilities(VtFacts *facts, const VtDocument *domain_capabilities,
                                  const char *origin)
{
    const xmlNode *root = vt_document_root(domain_capabilities);
    const xmlNode *hyperv = vt_element_child(vt_element_child(root, "features"), "hyperv");
    const xmlNode *direct = vt_element_child(vt_element_child(hyperv, "defaults"),
                                             "stimer_direct");
    g_autofree char *supported = hyperv ? vt_element_attribute(hyperv, "supported") : NULL;
    g_autofree char *direct_word = direct ? vt_element_text(direct) : NULL;

    if (g_strcmp0(supported, "no") == 0)
        vt_facts_touch_set(facts, "domcaps.hyperv", origin);
    else if (hyperv)
        add_enum(facts, hyperv, origin);
    vt_facts_set_unknown(facts, "domcaps.hyperv",
                         _("the domain capabilities list no enlightenments (they need Linux 5.11 "
                           "and libvirt 8.0)"));
    if (direct_word)
        vt_facts_set_bool(facts, "domcaps.stimer_direct", strcmp(direct_word, "on") == 0, origin);
    else
        vt_facts_set_unknown(facts, "domcaps.stimer_direct",
                             _("the domain capabilities do not tell (libvirt before 11.9)"));
}
