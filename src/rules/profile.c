/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/profile.h"

#include <string.h>

#include "base/i18n.h"
#include "rules/reader.h"

#define WISH_PREFIX "wish."

void
vt_profile_free(VtProfile *profile)
{
    if (!profile)
        return;
    g_free(profile->name);
    g_free(profile->summary);
    g_ptr_array_unref(profile->wishes);
    g_ptr_array_unref(profile->skip);
    g_ptr_array_unref(profile->check_only);
    g_free(profile);
}

bool
vt_profile_is_name(const char *name)
{
    return g_ascii_islower(*name) &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name);
}

/* An element that is one attribute. */
static bool
take_only_attribute(const VtRuleReader *reader, const xmlNode *element, const char *name,
                    char **ret_value, GError **error)
{
    return vt_reader_check_attributes(reader, element, ATTRIBUTES(name), error) &&
           vt_reader_check_empty(reader, element, error) &&
           vt_reader_take_attribute(reader, element, name, ret_value, error);
}

static bool
read_summary(const VtRuleReader *reader, VtProfile *profile, const xmlNode *element, GError **error)
{
    return vt_reader_check_attributes(reader, element, NO_ATTRIBUTES, error) &&
           vt_reader_take_text(reader, element, &profile->summary, error);
}

static char *
list_wishes(void)
{
    gsize count;
    const VtFactInfo *infos = vt_fact_infos(&count);
    GString *list = g_string_new(NULL);

    for (gsize i = 0; i < count; i++) {
        if (g_str_has_prefix(infos[i].name, WISH_PREFIX))
            g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "",
                                   infos[i].name + strlen(WISH_PREFIX));
    }
    return g_string_free(list, FALSE);
}

static bool
read_wish(const VtRuleReader *reader, VtProfile *profile, const xmlNode *element, GError **error)
{
    g_autofree char *name = NULL, *fact = NULL, *known = NULL;

    if (!take_only_attribute(reader, element, "name", &name, error))
        return false;
    fact = g_strconcat(WISH_PREFIX, name, NULL);
    if (vt_fact_info(fact)) {
        g_ptr_array_add(profile->wishes, g_steal_pointer(&fact));
        return true;
    }
    known = list_wishes();
    return vt_reader_fault(reader, element, error, _("there is no wish '%s', only %s"), name,
                           known);
}

static bool
read_glob(const VtRuleReader *reader, GPtrArray *globs, const xmlNode *element, GError **error)
{
    char *glob = NULL;

    if (!take_only_attribute(reader, element, "rule", &glob, error)) {
        g_free(glob);
        return false;
    }
    g_ptr_array_add(globs, glob);
    return true;
}

static bool
read_skip(const VtRuleReader *reader, VtProfile *profile, const xmlNode *element, GError **error)
{
    return read_glob(reader, profile->skip, element, error);
}

static bool
read_check_only(const VtRuleReader *reader, VtProfile *profile, const xmlNode *element,
                GError **error)
{
    return read_glob(reader, profile->check_only, element, error);
}

static bool
read_pin(const VtRuleReader *reader, VtProfile *profile, const xmlNode *element, GError **error)
{
    g_autofree char *word = NULL;

    if (profile->has_placement)
        return vt_reader_fault(reader, element, error, _("a second <%s>"), "pin");
    if (!take_only_attribute(reader, element, "policy", &word, error))
        return false;
    profile->has_placement = vt_pin_placement_from_string(word, &profile->placement);
    return profile->has_placement ||
           vt_reader_fault(reader, element, error,
                           _("pin policy '%s' is none of off, node, dedicated, auto"), word);
}

static const struct {
    const char *name;
    bool (*read)(const VtRuleReader *reader, VtProfile *profile, const xmlNode *element,
                 GError **error);
} words[] = {
    {"summary", read_summary},       {"wish", read_wish}, {"skip", read_skip},
    {"check-only", read_check_only}, {"pin", read_pin},
};

static bool
read_child(const VtRuleReader *reader, VtProfile *profile, const xmlNode *element, GError **error)
{
    g_autofree char *name = vt_reader_element_name(element);

    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (vt_element_is(element, words[i].name))
            return words[i].read(reader, profile, element, error);
    }
    return vt_reader_fault(reader, element, error, _("<profile> has no element <%s>"), name);
}

static bool
read_root(const VtRuleReader *reader, VtProfile *profile, const xmlNode *root, const char *name,
          GError **error)
{
    g_autofree char *element = vt_reader_element_name(root);

    if (!vt_element_is(root, "profile"))
        return vt_reader_fault(reader, root, error, _("<%s> instead of <profile>"), element);
    if (!vt_reader_check_attributes(reader, root, ATTRIBUTES("name"), error) ||
        !vt_reader_check_no_text(reader, root, error) ||
        !vt_reader_take_attribute(reader, root, "name", &profile->name, error))
        return false;
    return strcmp(profile->name, name) == 0 ||
           vt_reader_fault(reader, root, error,
                           _("name '%s' is not what the file's path says: '%s'"), profile->name,
                           name);
}

VtProfile *
vt_profile_load(const char *bytes, gsize length, const char *file, const char *name, GError **error)
{
    g_autoptr(VtDocument) document = vt_document_parse(bytes, length, file, error);
    g_autoptr(VtProfile) profile = NULL;
    const VtRuleReader reader = {document, NULL};
    xmlNode *root;

    if (!document)
        return NULL;
    profile = g_new0(VtProfile, 1);
    profile->wishes = g_ptr_array_new_with_free_func(g_free);
    profile->skip = g_ptr_array_new_with_free_func(g_free);
    profile->check_only = g_ptr_array_new_with_free_func(g_free);
    root = vt_document_root(document);
    if (!read_root(&reader, profile, root, name, error))
        return NULL;
    for (xmlNode *child = xmlFirstElementChild(root); child; child = xmlNextElementSibling(child)) {
        if (!read_child(&reader, profile, child, error))
            return NULL;
    }
    if (!profile->summary) {
        vt_reader_fault(&reader, root, error, _("a profile needs a <summary>"));
        return NULL;
    }
    return g_steal_pointer(&profile);
}

void
vt_facts_from_profile(VtFacts *facts, const VtProfile *profile)
{
    g_autofree char *origin = g_strdup_printf("profile %s", profile->name);
    gsize count;
    const VtFactInfo *infos = vt_fact_infos(&count);

    vt_facts_set_string(facts, "profile.name", profile->name, origin);
    for (gsize i = 0; i < count; i++) {
        if (g_str_has_prefix(infos[i].name, WISH_PREFIX))
            vt_facts_set_bool(
                facts, infos[i].name,
                g_ptr_array_find_with_equal_func(profile->wishes, infos[i].name, g_str_equal, NULL),
                origin);
    }
}
