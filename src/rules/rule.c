/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/rule.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "facts/fact.h"

static void
set_free(gpointer data)
{
    VtSet *set = data;

    g_free(set->each);
    g_free(set->place);
    vt_place_free(set->parsed);
    g_free(set->value);
    g_free(set);
}

static void
finding_free(gpointer data)
{
    VtRuleFinding *finding = data;

    vt_condition_free(finding->when);
    g_free(finding->place);
    g_free(finding->message);
    g_free(finding);
}

VtRule *
vt_rule_new(void)
{
    VtRule *rule = g_new0(VtRule, 1);

    rule->sources = g_ptr_array_new_with_free_func(g_free);
    rule->sets = g_ptr_array_new_with_free_func(set_free);
    rule->needs = g_ptr_array_new_with_free_func(g_free);
    rule->findings = g_ptr_array_new_with_free_func(finding_free);
    return rule;
}

void
vt_rule_free(VtRule *rule)
{
    if (!rule)
        return;
    g_free(rule->id);
    g_free(rule->file);
    g_free(rule->each);
    g_free(rule->summary);
    g_free(rule->reason);
    g_free(rule->cost);
    g_ptr_array_unref(rule->sources);
    vt_condition_free(rule->when);
    vt_condition_free(rule->unset);
    vt_condition_free(rule->satisfied);
    g_ptr_array_unref(rule->sets);
    g_ptr_array_unref(rule->needs);
    g_ptr_array_unref(rule->findings);
    g_free(rule);
}

/* ---- the children of <rule> ---- */

static bool
read_summary(const VtRuleReader *reader, VtRule *rule, const xmlNode *element, GError **error)
{
    if (!vt_reader_check_attributes(reader, element, NO_ATTRIBUTES, error) ||
        !vt_reader_take_text(reader, element, &rule->summary, error))
        return false;
    return !strpbrk(rule->summary, "{}") ||
           vt_reader_fault(reader, element, error,
                           _("<summary> is for lists, there are no facts in it"));
}

static bool
read_reason(const VtRuleReader *reader, VtRule *rule, const xmlNode *element, GError **error)
{
    return vt_reader_check_attributes(reader, element, NO_ATTRIBUTES, error) &&
           vt_reader_take_text(reader, element, &rule->reason, error) &&
           vt_reader_check_template(reader, element, rule->reason, NULL, error);
}

static bool
read_cost(const VtRuleReader *reader, VtRule *rule, const xmlNode *element, GError **error)
{
    return vt_reader_check_attributes(reader, element, NO_ATTRIBUTES, error) &&
           vt_reader_take_text(reader, element, &rule->cost, error) &&
           vt_reader_check_template(reader, element, rule->cost, NULL, error);
}

static bool
read_source(const VtRuleReader *reader, VtRule *rule, const xmlNode *element, GError **error)
{
    return vt_reader_add_text(reader, element, rule->sources, error);
}

/* "5.7.0" as 5007000, the way libvirt's API counts versions. */
static bool
take_version(const VtRuleReader *reader, const xmlNode *element, const char *attribute,
             gint64 *ret_version, GError **error)
{
    g_autofree char *text = vt_element_attribute(element, attribute);
    g_auto(GStrv) parts = NULL;
    gint64 numbers[3] = {0};

    if (!text)
        return true;
    parts = g_strsplit(text, ".", -1);
    for (guint i = 0; i == 0 || i < g_strv_length(parts); i++) {
        if (i > 2 || !parts[i] ||
            !g_ascii_string_to_signed(parts[i], 10, 0, 999, &numbers[i], NULL))
            return vt_reader_fault(reader, element, error, _("'%s' is not a version such as 5.7.0"),
                                   text);
    }
    *ret_version = numbers[0] * 1000000 + numbers[1] * 1000 + numbers[2];
    return true;
}

static bool
read_since(const VtRuleReader *reader, VtRule *rule, const xmlNode *element, GError **error)
{
    const xmlNode *second = vt_element_next(element);

    if (second)
        return vt_reader_fault(reader, second, error, _("a second <since>"));
    if (!element->properties)
        return vt_reader_fault(reader, element, error,
                               _("<since> needs the attribute 'libvirt' or 'qemu'"));
    return vt_reader_check_attributes(reader, element, ATTRIBUTES("libvirt", "qemu"), error) &&
           vt_reader_check_empty(reader, element, error) &&
           take_version(reader, element, "libvirt", &rule->since_libvirt, error) &&
           take_version(reader, element, "qemu", &rule->since_qemu, error);
}

static bool
read_when(const VtRuleReader *reader, VtRule *rule, const xmlNode *element, GError **error)
{
    return vt_condition_read(reader, element, &rule->when, error);
}

static bool
read_satisfied(const VtRuleReader *reader, VtRule *rule, const xmlNode *element, GError **error)
{
    return vt_condition_read(reader, element, &rule->satisfied, error);
}

static bool
read_unset(const VtRuleReader *reader, VtRule *rule, const xmlNode *element, GError **error)
{
    return vt_condition_read(reader, element, &rule->unset, error);
}

static bool
check_records(const VtRuleReader *reader, const xmlNode *element, const char *each, GError **error)
{
    const VtFactInfo *info = vt_fact_info(each);

    if (!info || info->type != VT_FACT_RECORDS)
        return vt_reader_fault(reader, element, error, _("each='%s': there are no such records"),
                               each);
    return true;
}

static bool
read_set(const VtRuleReader *reader, VtRule *rule, const xmlNode *element, GError **error)
{
    VtSet *set = g_new0(VtSet, 1);

    g_ptr_array_add(rule->sets, set);
    set->each = vt_element_attribute(element, "each");
    return vt_reader_check_attributes(reader, element, ATTRIBUTES("place", "value", "each"),
                                      error) &&
           vt_reader_check_empty(reader, element, error) &&
           (!set->each || check_records(reader, element, set->each, error)) &&
           vt_reader_take_attribute(reader, element, "place", &set->place, error) &&
           vt_reader_take_place(reader, element, set->place, set->each, &set->parsed, error) &&
           vt_reader_take_attribute(reader, element, "value", &set->value, error) &&
           vt_reader_check_template(reader, element, set->value, set->each, error);
}

static bool
read_needs(const VtRuleReader *reader, VtRule *rule, const xmlNode *element, GError **error)
{
    char *id = NULL;

    if (!vt_reader_check_attributes(reader, element, ATTRIBUTES("rule"), error) ||
        !vt_reader_check_empty(reader, element, error) ||
        !vt_reader_take_attribute(reader, element, "rule", &id, error))
        return false;
    g_ptr_array_add(rule->needs, id);
    return true;
}

static bool
take_level(const VtRuleReader *reader, const xmlNode *element, VtLevel *ret_level, GError **error)
{
    g_autofree char *word = NULL;

    if (!vt_reader_take_attribute(reader, element, "level", &word, error))
        return false;
    return vt_level_from_string(word, ret_level) ||
           vt_reader_fault(reader, element, error,
                           _("level '%s' is none of error, warning, recommend, advice"), word);
}

static bool
read_finding(const VtRuleReader *reader, VtRule *rule, const xmlNode *element, GError **error)
{
    VtRuleFinding *finding = g_new0(VtRuleFinding, 1);

    g_ptr_array_add(rule->findings, finding);
    finding->place = vt_element_attribute(element, "place");
    if (!vt_reader_check_attributes(reader, element, ATTRIBUTES("level", "place"), error) ||
        !vt_reader_check_no_text(reader, element, error) ||
        !take_level(reader, element, &finding->level, error) ||
        (finding->place &&
         !vt_reader_take_place(reader, element, finding->place, NULL, NULL, error)))
        return false;
    for (xmlNode *child = xmlFirstElementChild((xmlNode *)element); child;
         child = xmlNextElementSibling(child)) {
        if (vt_element_is(child, "when")) {
            if (!vt_condition_read(reader, child, &finding->when, error))
                return false;
        } else if (vt_element_is(child, "message")) {
            if (!vt_reader_check_attributes(reader, child, NO_ATTRIBUTES, error) ||
                !vt_reader_take_text(reader, child, &finding->message, error) ||
                !vt_reader_check_template(reader, child, finding->message, NULL, error))
                return false;
        } else {
            g_autofree char *name = vt_reader_element_name(child);
            return vt_reader_fault(reader, child, error,
                                   _("<finding> holds <when> and <message>, not <%s>"), name);
        }
    }
    return (finding->when && finding->message) ||
           vt_reader_fault(reader, element, error, _("<finding> needs <when> and <message>"));
}

static const struct {
    const char *name;
    bool (*read)(const VtRuleReader *reader, VtRule *rule, const xmlNode *element, GError **error);
} rule_words[] = {
    {"summary", read_summary},     {"reason", read_reason},   {"cost", read_cost},
    {"source", read_source},       {"since", read_since},     {"when", read_when},
    {"satisfied", read_satisfied}, {"unset", read_unset},     {"set", read_set},
    {"needs", read_needs},         {"finding", read_finding},
};

static bool
read_child(const VtRuleReader *reader, VtRule *rule, const xmlNode *element, GError **error)
{
    g_autofree char *name = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(rule_words); i++) {
        if (vt_element_is(element, rule_words[i].name))
            return rule_words[i].read(reader, rule, element, error);
    }
    name = vt_reader_element_name(element);
    return vt_reader_fault(reader, element, error, _("<rule> has no element <%s>"), name);
}

/* ---- <rule> itself ---- */

static bool
read_rule_attributes(const VtRuleReader *reader, VtRule *rule, const xmlNode *root, const char *id,
                     GError **error)
{
    g_autofree char *scope = NULL, *effect = NULL;
    g_autofree char *explicit_word = vt_element_attribute(root, "explicit");
    g_autofree char *subject = vt_element_attribute(root, "subject");
    g_autofree char *name = vt_reader_element_name(root);

    if (!vt_element_is(root, "rule"))
        return vt_reader_fault(reader, root, error, _("<%s> instead of <rule>"), name);
    if (!vt_reader_check_attributes(
            reader, root,
            ATTRIBUTES("id", "level", "scope", "effect", "subject", "each", "explicit"), error) ||
        !vt_reader_check_no_text(reader, root, error) ||
        !vt_reader_take_id(reader, root, id, &rule->id, error) ||
        !take_level(reader, root, &rule->level, error) ||
        !vt_reader_take_attribute(reader, root, "scope", &scope, error) ||
        !vt_reader_take_attribute(reader, root, "effect", &effect, error))
        return false;
    if (!vt_scope_from_string(scope, &rule->scope))
        return vt_reader_fault(reader, root, error, _("scope '%s' is neither guest nor host"),
                               scope);
    if (!vt_effect_from_string(effect, &rule->effect))
        return vt_reader_fault(reader, root, error,
                               _("effect '%s' is none of now, next-boot, by-hand"), effect);
    if (subject && strcmp(subject, "domain") != 0 && strcmp(subject, "host") != 0)
        return vt_reader_fault(reader, root, error, _("subject '%s' is neither domain nor host"),
                               subject);
    if (explicit_word && strcmp(explicit_word, "respect") != 0 &&
        strcmp(explicit_word, "report") != 0)
        return vt_reader_fault(reader, root, error,
                               _("explicit '%s' is neither report nor respect"), explicit_word);
    rule->about_host = g_strcmp0(subject, "host") == 0;
    rule->respect_explicit = g_strcmp0(explicit_word, "respect") == 0;
    rule->each = vt_element_attribute(root, "each");
    return !rule->each || check_records(reader, root, rule->each, error);
}

/* What is said of the host is said once, not once for every domain: it may name no other facts. */
static bool
is_about_host_only(const char *template)
{
    for (const char *brace = strchr(template, '{'); brace; brace = strchr(brace + 1, '{')) {
        if (!g_str_has_prefix(brace, "{host."))
            return false;
    }
    return true;
}

static bool
check_host_rule(const VtRuleReader *reader, const VtRule *rule, const xmlNode *root, GError **error)
{
    if (rule->sets->len > 0)
        return vt_reader_fault(reader, root, error,
                               _("a rule about the host changes no domain: no <set>"));
    for (guint i = 0; i < rule->findings->len; i++) {
        const VtRuleFinding *finding = rule->findings->pdata[i];
        if (!is_about_host_only(finding->message) || finding->place)
            return vt_reader_fault(reader, root, error,
                                   _("a finding about the host has no place, and its message names "
                                     "no facts but {host. ...}"));
    }
    return true;
}

static bool
check_whole(const VtRuleReader *reader, const VtRule *rule, const xmlNode *root, GError **error)
{
    if (!rule->summary || !rule->reason || rule->sources->len == 0)
        return vt_reader_fault(reader, root, error,
                               _("a rule needs <summary>, <reason> and a <source>"));
    if (rule->level == VT_LEVEL_ADVICE && rule->sets->len > 0)
        return vt_reader_fault(
            reader, root, error,
            _("a rule of level advice changes nothing: no <set>, or another level"));
    if (rule->sets->len == 0 && rule->findings->len == 0)
        return vt_reader_fault(reader, root, error, _("a rule needs a <set> or a <finding>"));
    return !rule->about_host || check_host_rule(reader, rule, root, error);
}

VtRule *
vt_rule_load_all(const char *bytes, gsize length, const char *file, const char *id,
                 GPtrArray *faults)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtDocument) document = vt_document_parse(bytes, length, file, &error);
    g_autoptr(VtRule) rule = NULL;
    VtRuleReader reader = {document, NULL};
    bool sound = vt_reader_note(faults, &error);
    xmlNode *root;

    if (!document)
        return NULL;
    rule = vt_rule_new();
    rule->file = g_strdup(file);
    root = vt_document_root(document);
    if (!read_rule_attributes(&reader, rule, root, id, &error))
        sound = vt_reader_note(faults, &error);
    reader.each = rule->each;
    for (xmlNode *child = vt_element_is(root, "rule") ? xmlFirstElementChild(root) : NULL; child;
         child = xmlNextElementSibling(child)) {
        if (!read_child(&reader, rule, child, &error))
            sound = vt_reader_note(faults, &error);
    }
    /* what is missing may only be what was at fault */
    if (sound && !check_whole(&reader, rule, root, &error))
        sound = vt_reader_note(faults, &error);
    return sound ? g_steal_pointer(&rule) : NULL;
}

VtRule *
vt_rule_load(const char *bytes, gsize length, const char *file, const char *id, GError **error)
{
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func((GDestroyNotify)g_error_free);
    VtRule *rule = vt_rule_load_all(bytes, length, file, id, faults);

    if (!rule)
        g_propagate_error(error, g_error_copy(faults->pdata[0]));
    return rule;
}
