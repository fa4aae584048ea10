/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/rule.h"

#include <libxml/xpath.h>
#include <stdarg.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "facts/fact.h"

static void
condition_free(VtCondition *condition)
{
    if (!condition)
        return;
    g_clear_pointer(&condition->children, g_ptr_array_unref);
    g_free(condition->name);
    g_free(condition->operand);
    g_free(condition);
}

static void
set_free(gpointer data)
{
    VtSet *set = data;

    g_free(set->each);
    g_free(set->place);
    g_free(set->value);
    g_free(set);
}

static void
finding_free(gpointer data)
{
    VtRuleFinding *finding = data;

    condition_free(finding->when);
    g_free(finding->place);
    g_free(finding->message);
    g_free(finding);
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
    condition_free(rule->when);
    condition_free(rule->satisfied);
    g_ptr_array_unref(rule->sets);
    g_ptr_array_unref(rule->needs);
    g_ptr_array_unref(rule->findings);
    g_free(rule);
}

/* What the readers below share: the file being read and the rule being filled. */
typedef struct {
    const VtDocument *document;
    VtRule *rule;
} Reader;

static bool G_GNUC_PRINTF(4, 5)
fault(const Reader *reader, const xmlNode *element, GError **error, const char *format, ...)
{
    g_autofree char *where = vt_document_where(reader->document, element);
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT, "%s: %s", where, message);
    return false;
}

static bool
check_attributes(const Reader *reader, const xmlNode *element, const char *const *allowed,
                 GError **error)
{
    for (const xmlAttr *a = element->properties; a; a = a->next) {
        if (a->ns || !g_strv_contains(allowed, (const char *)a->name)) {
            g_autofree char *words = g_strjoinv(", ", (char **)allowed);
            return fault(reader, element, error,
                         _("<%s> has no attribute '%s'; it takes: %s"),
                         (const char *)element->name, (const char *)a->name,
                         *words ? words : _("none"));
        }
    }
    return true;
}

#define ATTRIBUTES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_ATTRIBUTES ((const char *const[]){NULL})

static bool
take_attribute(const Reader *reader, const xmlNode *element, const char *name, char **ret_value,
               GError **error)
{
    char *value = vt_element_attribute(element, name);

    if (!value || !*value) {
        g_free(value);
        return fault(reader, element, error, _("<%s> needs the attribute '%s'"),
                     (const char *)element->name, name);
    }
    *ret_value = value;
    return true;
}

/* Text as a paragraph: line breaks of the file are white space, as gettext extracts it. */
static bool
take_text(const Reader *reader, const xmlNode *element, char **ret_text, GError **error)
{
    g_autofree char *raw = vt_element_text(element);
    g_autoptr(GString) text = g_string_new(NULL);

    if (*ret_text)
        return fault(reader, element, error, _("a second <%s>"), (const char *)element->name);
    if (xmlFirstElementChild((xmlNode *)element))
        return fault(reader, element, error, _("<%s> holds text only"),
                     (const char *)element->name);
    for (const char *p = raw; *p; p++) {
        bool space = g_ascii_isspace(*p);
        if (!space)
            g_string_append_c(text, *p);
        else if (text->len > 0 && text->str[text->len - 1] != ' ')
            g_string_append_c(text, ' ');
    }
    if (text->len == 0)
        return fault(reader, element, error, _("<%s> is empty"), (const char *)element->name);
    *ret_text = g_strdup(text->str);
    return true;
}

/* A fact of one record, "disk.target", can only be named where records of "disk" are visited. */
static bool
check_fact_name(const Reader *reader, const xmlNode *element, const char *name, const char *each,
                GError **error)
{
    gsize count;
    const VtFactInfo *infos = vt_fact_infos(&count);

    if (!vt_fact_info(name))
        return fault(reader, element, error,
                     _("there is no fact '%s'; 'vmtune facts --list' names all"), name);
    for (gsize i = 0; i < count; i++) {
        gsize length = strlen(infos[i].name);
        if (infos[i].type != VT_FACT_RECORDS || !g_str_has_prefix(name, infos[i].name) ||
            name[length] != '.')
            continue;
        if (g_strcmp0(each, infos[i].name) != 0 &&
            g_strcmp0(reader->rule->each, infos[i].name) != 0)
            return fault(reader, element, error,
                         _("fact '%s' is only known inside each='%s'"), name, infos[i].name);
    }
    return true;
}

static bool
check_template(const Reader *reader, const xmlNode *element, const char *template,
               const char *each, GError **error)
{
    const char *p = template, *open, *close;

    while ((open = strchr(p, '{'))) {
        g_autofree char *name = NULL;
        close = strchr(open, '}');
        if (!close)
            return fault(reader, element, error, _("'{' without '}' in '%s'"), template);
        name = g_strndup(open + 1, close - open - 1);
        if (!check_fact_name(reader, element, name, each, error))
            return false;
        p = close + 1;
    }
    return true;
}

/* Parses the place with its facts replaced by a word, to see a slip before a domain does. */
static bool
check_place(const Reader *reader, const xmlNode *element, const char *template, const char *each,
            GError **error)
{
    g_autoptr(VtPlace) place = NULL;
    g_autoptr(GError) place_error = NULL;
    g_autoptr(GString) sample = g_string_new(NULL);

    if (!check_template(reader, element, template, each, error))
        return false;
    for (const char *p = template; *p; p++) {
        if (*p == '{') {
            g_string_append_c(sample, 'x');
            p = strchr(p, '}');
        } else {
            g_string_append_c(sample, *p);
        }
    }
    place = vt_place_parse(sample->str, &place_error);
    return place || fault(reader, element, error, "%s", place_error->message);
}

/* ---- conditions ---- */

static const struct {
    const char *attribute;
    VtCompare compare;
} compare_words[] = {
    {"is", VT_COMPARE_IS},
    {"in", VT_COMPARE_IN},
    {"has", VT_COMPARE_HAS},
    {"at-least", VT_COMPARE_AT_LEAST},
    {"at-most", VT_COMPARE_AT_MOST},
};

static bool
read_comparison(const Reader *reader, const xmlNode *element, VtCondition *condition,
                GError **error)
{
    bool numeric;

    for (gsize i = 0; i < G_N_ELEMENTS(compare_words); i++) {
        char *operand = vt_element_attribute(element, compare_words[i].attribute);
        if (!operand)
            continue;
        if (condition->operand) {
            g_free(operand);
            return fault(reader, element, error, _("<%s> takes one comparison, not two"),
                         (const char *)element->name);
        }
        condition->compare = compare_words[i].compare;
        condition->operand = operand;
    }
    if (!condition->operand)
        return fault(reader, element, error,
                     _("<%s> needs a comparison: is, in, has, at-least or at-most"),
                     (const char *)element->name);
    numeric =
        condition->compare == VT_COMPARE_AT_LEAST || condition->compare == VT_COMPARE_AT_MOST;
    if (numeric && !g_ascii_string_to_signed(condition->operand, 10, G_MININT64, G_MAXINT64, NULL,
                                             NULL))
        return fault(reader, element, error, _("'%s' is not a number"), condition->operand);
    return true;
}

/* A comparison that a fact of this type can never pass is a slip. */
static bool
check_comparison(const Reader *reader, const xmlNode *element, const VtCondition *condition,
                 GError **error)
{
    VtFactType type = vt_fact_info(condition->name)->type;
    bool numeric =
        condition->compare == VT_COMPARE_AT_LEAST || condition->compare == VT_COMPARE_AT_MOST;

    if (type == VT_FACT_RECORDS || (type == VT_FACT_SET) != (condition->compare == VT_COMPARE_HAS) ||
        (numeric && type != VT_FACT_INT))
        return fault(reader, element, error, _("fact '%s' is of type %s: it cannot be so compared"),
                     condition->name, vt_fact_type_to_string(type));
    if (type == VT_FACT_BOOL && strcmp(condition->operand, "yes") != 0 &&
        strcmp(condition->operand, "no") != 0)
        return fault(reader, element, error, _("fact '%s' is yes or no, never '%s'"),
                     condition->name, condition->operand);
    return true;
}

static bool
read_fact_condition(const Reader *reader, const xmlNode *element, VtCondition *condition,
                    GError **error)
{
    return check_attributes(reader, element,
                            ATTRIBUTES("name", "is", "in", "has", "at-least", "at-most"), error) &&
           take_attribute(reader, element, "name", &condition->name, error) &&
           check_fact_name(reader, element, condition->name, NULL, error) &&
           read_comparison(reader, element, condition, error) &&
           check_comparison(reader, element, condition, error);
}

static bool
read_value_condition(const Reader *reader, const xmlNode *element, VtCondition *condition,
                     GError **error)
{
    return check_attributes(reader, element,
                            ATTRIBUTES("place", "is", "in", "at-least", "at-most"), error) &&
           take_attribute(reader, element, "place", &condition->name, error) &&
           check_place(reader, element, condition->name, NULL, error) &&
           read_comparison(reader, element, condition, error);
}

static bool
read_place_condition(const Reader *reader, const xmlNode *element, VtCondition *condition,
                     GError **error)
{
    return check_attributes(reader, element, ATTRIBUTES("place"), error) &&
           take_attribute(reader, element, "place", &condition->name, error) &&
           check_place(reader, element, condition->name, NULL, error);
}

static void
ignore_xpath_error(void *data G_GNUC_UNUSED, VtXmlError error G_GNUC_UNUSED)
{
}

static bool
read_xpath_condition(const Reader *reader, const xmlNode *element, VtCondition *condition,
                     GError **error)
{
    xmlXPathContext *context;
    xmlXPathCompExpr *compiled;

    if (!check_attributes(reader, element, ATTRIBUTES("test"), error) ||
        !take_attribute(reader, element, "test", &condition->name, error))
        return false;
    context = xmlXPathNewContext(NULL);
    context->error = ignore_xpath_error;
    compiled = xmlXPathCtxtCompile(context, (const xmlChar *)condition->name);
    xmlXPathFreeContext(context);
    if (!compiled)
        return fault(reader, element, error, _("'%s' is not an XPath 1.0 expression"),
                     condition->name);
    xmlXPathFreeCompExpr(compiled);
    return true;
}

static bool
read_same_as_condition(const Reader *reader, const xmlNode *element, VtCondition *condition,
                       GError **error)
{
    return check_attributes(reader, element, ATTRIBUTES("rule"), error) &&
           take_attribute(reader, element, "rule", &condition->name, error);
}

static bool read_group(const Reader *reader, const xmlNode *element, VtCondition *condition,
                       GError **error);

typedef bool (*ConditionReader)(const Reader *reader, const xmlNode *element,
                                VtCondition *condition, GError **error);

static const struct {
    const char *name;
    VtConditionKind kind;
    ConditionReader read;
} condition_words[] = {
    {"all", VT_CONDITION_ALL, read_group},
    {"any", VT_CONDITION_ANY, read_group},
    {"not", VT_CONDITION_NOT, read_group},
    {"fact", VT_CONDITION_FACT, read_fact_condition},
    {"value", VT_CONDITION_VALUE, read_value_condition},
    {"present", VT_CONDITION_PRESENT, read_place_condition},
    {"absent", VT_CONDITION_ABSENT, read_place_condition},
    {"xpath", VT_CONDITION_XPATH, read_xpath_condition},
    {"same-as", VT_CONDITION_SAME_AS, read_same_as_condition},
};

static VtCondition *
read_condition(const Reader *reader, const xmlNode *element, GError **error)
{
    VtCondition *condition;

    for (gsize i = 0; i < G_N_ELEMENTS(condition_words); i++) {
        if (!vt_element_is(element, condition_words[i].name))
            continue;
        condition = g_new0(VtCondition, 1);
        condition->kind = condition_words[i].kind;
        if (condition_words[i].read(reader, element, condition, error))
            return condition;
        condition_free(condition);
        return NULL;
    }
    fault(reader, element, error, _("<%s> is not a condition"), (const char *)element->name);
    return NULL;
}

static bool
read_group(const Reader *reader, const xmlNode *element, VtCondition *condition, GError **error)
{
    if (!check_attributes(reader, element, NO_ATTRIBUTES, error))
        return false;
    condition->children = g_ptr_array_new_with_free_func((GDestroyNotify)condition_free);
    for (xmlNode *child = xmlFirstElementChild((xmlNode *)element); child;
         child = xmlNextElementSibling(child)) {
        VtCondition *inner = read_condition(reader, child, error);
        if (!inner)
            return false;
        g_ptr_array_add(condition->children, inner);
    }
    if (condition->children->len == 0)
        return fault(reader, element, error, _("<%s> is empty"), (const char *)element->name);
    return true;
}

/* <when> and <satisfied>: all of what they hold. */
static bool
read_conditions(const Reader *reader, const xmlNode *element, VtCondition **ret_condition,
                GError **error)
{
    VtCondition *condition;

    if (*ret_condition)
        return fault(reader, element, error, _("a second <%s>"), (const char *)element->name);
    condition = g_new0(VtCondition, 1);
    condition->kind = VT_CONDITION_ALL;
    if (!read_group(reader, element, condition, error)) {
        condition_free(condition);
        return false;
    }
    *ret_condition = condition;
    return true;
}

/* ---- the children of <rule> ---- */

static bool
read_summary(const Reader *reader, const xmlNode *element, GError **error)
{
    return check_attributes(reader, element, NO_ATTRIBUTES, error) &&
           take_text(reader, element, &reader->rule->summary, error);
}

static bool
read_reason(const Reader *reader, const xmlNode *element, GError **error)
{
    return check_attributes(reader, element, NO_ATTRIBUTES, error) &&
           take_text(reader, element, &reader->rule->reason, error) &&
           check_template(reader, element, reader->rule->reason, NULL, error);
}

static bool
read_cost(const Reader *reader, const xmlNode *element, GError **error)
{
    return check_attributes(reader, element, NO_ATTRIBUTES, error) &&
           take_text(reader, element, &reader->rule->cost, error) &&
           check_template(reader, element, reader->rule->cost, NULL, error);
}

static bool
read_source(const Reader *reader, const xmlNode *element, GError **error)
{
    char *source = NULL;

    if (!check_attributes(reader, element, NO_ATTRIBUTES, error) ||
        !take_text(reader, element, &source, error))
        return false;
    g_ptr_array_add(reader->rule->sources, source);
    return true;
}

/* "5.7.0" as 5007000, the way libvirt's API counts versions. */
static bool
take_version(const Reader *reader, const xmlNode *element, const char *attribute,
             gint64 *ret_version, GError **error)
{
    g_autofree char *text = vt_element_attribute(element, attribute);
    g_auto(GStrv) parts = NULL;
    gint64 numbers[3] = {0};

    if (!text)
        return true;
    parts = g_strsplit(text, ".", -1);
    for (guint i = 0; i < g_strv_length(parts); i++) {
        if (i > 2 || !g_ascii_string_to_signed(parts[i], 10, 0, 999, &numbers[i], NULL))
            return fault(reader, element, error, _("'%s' is not a version such as 5.7.0"), text);
    }
    *ret_version = numbers[0] * 1000000 + numbers[1] * 1000 + numbers[2];
    return true;
}

static bool
read_since(const Reader *reader, const xmlNode *element, GError **error)
{
    return check_attributes(reader, element, ATTRIBUTES("libvirt", "qemu"), error) &&
           take_version(reader, element, "libvirt", &reader->rule->since_libvirt, error) &&
           take_version(reader, element, "qemu", &reader->rule->since_qemu, error);
}

static bool
read_when(const Reader *reader, const xmlNode *element, GError **error)
{
    return read_conditions(reader, element, &reader->rule->when, error);
}

static bool
read_satisfied(const Reader *reader, const xmlNode *element, GError **error)
{
    return read_conditions(reader, element, &reader->rule->satisfied, error);
}

static bool
check_records(const Reader *reader, const xmlNode *element, const char *each, GError **error)
{
    const VtFactInfo *info = vt_fact_info(each);

    if (!info || info->type != VT_FACT_RECORDS)
        return fault(reader, element, error, _("each='%s': there are no such records"), each);
    return true;
}

static bool
read_set(const Reader *reader, const xmlNode *element, GError **error)
{
    VtSet *set = g_new0(VtSet, 1);

    g_ptr_array_add(reader->rule->sets, set);
    set->each = vt_element_attribute(element, "each");
    return check_attributes(reader, element, ATTRIBUTES("place", "value", "each"), error) &&
           (!set->each || check_records(reader, element, set->each, error)) &&
           take_attribute(reader, element, "place", &set->place, error) &&
           check_place(reader, element, set->place, set->each, error) &&
           take_attribute(reader, element, "value", &set->value, error) &&
           check_template(reader, element, set->value, set->each, error);
}

static bool
read_needs(const Reader *reader, const xmlNode *element, GError **error)
{
    char *id = NULL;

    if (!check_attributes(reader, element, ATTRIBUTES("rule"), error) ||
        !take_attribute(reader, element, "rule", &id, error))
        return false;
    g_ptr_array_add(reader->rule->needs, id);
    return true;
}

static bool
take_level(const Reader *reader, const xmlNode *element, VtLevel *ret_level, GError **error)
{
    g_autofree char *word = NULL;

    if (!take_attribute(reader, element, "level", &word, error))
        return false;
    return vt_level_from_string(word, ret_level) ||
           fault(reader, element, error,
                 _("level '%s' is none of error, warning, recommend, advice"), word);
}

static bool
read_finding(const Reader *reader, const xmlNode *element, GError **error)
{
    VtRuleFinding *finding = g_new0(VtRuleFinding, 1);

    g_ptr_array_add(reader->rule->findings, finding);
    finding->place = vt_element_attribute(element, "place");
    if (!check_attributes(reader, element, ATTRIBUTES("level", "place"), error) ||
        !take_level(reader, element, &finding->level, error) ||
        (finding->place && !check_place(reader, element, finding->place, NULL, error)))
        return false;
    for (xmlNode *child = xmlFirstElementChild((xmlNode *)element); child;
         child = xmlNextElementSibling(child)) {
        if (vt_element_is(child, "when")) {
            if (!read_conditions(reader, child, &finding->when, error))
                return false;
        } else if (vt_element_is(child, "message")) {
            if (!check_attributes(reader, child, NO_ATTRIBUTES, error) ||
                !take_text(reader, child, &finding->message, error) ||
                !check_template(reader, child, finding->message, NULL, error))
                return false;
        } else {
            return fault(reader, child, error, _("<finding> holds <when> and <message>, not <%s>"),
                         (const char *)child->name);
        }
    }
    return (finding->when && finding->message) ||
           fault(reader, element, error, _("<finding> needs <when> and <message>"));
}

static const struct {
    const char *name;
    bool (*read)(const Reader *reader, const xmlNode *element, GError **error);
} rule_words[] = {
    {"summary", read_summary}, {"reason", read_reason}, {"cost", read_cost},
    {"source", read_source},   {"since", read_since},   {"when", read_when},
    {"satisfied", read_satisfied}, {"set", read_set},   {"needs", read_needs},
    {"finding", read_finding},
};

static bool
read_child(const Reader *reader, const xmlNode *element, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rule_words); i++) {
        if (vt_element_is(element, rule_words[i].name))
            return rule_words[i].read(reader, element, error);
    }
    return fault(reader, element, error, _("<rule> has no element <%s>"),
                 (const char *)element->name);
}

/* ---- <rule> itself ---- */

static bool
read_rule_attributes(const Reader *reader, const xmlNode *root, const char *id, GError **error)
{
    VtRule *rule = reader->rule;
    g_autofree char *scope = NULL, *effect = NULL;
    g_autofree char *explicit_word = vt_element_attribute(root, "explicit");

    if (!check_attributes(reader, root,
                          ATTRIBUTES("id", "level", "scope", "effect", "each", "explicit"),
                          error) ||
        !take_attribute(reader, root, "id", &rule->id, error) ||
        !take_level(reader, root, &rule->level, error) ||
        !take_attribute(reader, root, "scope", &scope, error) ||
        !take_attribute(reader, root, "effect", &effect, error))
        return false;
    if (strcmp(rule->id, id) != 0)
        return fault(reader, root, error, _("id '%s' is not what the file's path says: '%s'"),
                     rule->id, id);
    if (!vt_scope_from_string(scope, &rule->scope))
        return fault(reader, root, error, _("scope '%s' is neither guest nor host"), scope);
    if (!vt_effect_from_string(effect, &rule->effect))
        return fault(reader, root, error, _("effect '%s' is none of now, next-boot, by-hand"),
                     effect);
    if (explicit_word && strcmp(explicit_word, "respect") != 0 &&
        strcmp(explicit_word, "report") != 0)
        return fault(reader, root, error, _("explicit '%s' is neither report nor respect"),
                     explicit_word);
    rule->respect_explicit = g_strcmp0(explicit_word, "respect") == 0;
    rule->each = vt_element_attribute(root, "each");
    return !rule->each || check_records(reader, root, rule->each, error);
}

static bool
check_whole(const Reader *reader, const xmlNode *root, GError **error)
{
    const VtRule *rule = reader->rule;

    if (!rule->summary || !rule->reason || rule->sources->len == 0)
        return fault(reader, root, error, _("a rule needs <summary>, <reason> and a <source>"));
    if (rule->level == VT_LEVEL_ADVICE && rule->sets->len > 0)
        return fault(reader, root, error,
                     _("a rule of level advice changes nothing: no <set>, or another level"));
    if (rule->sets->len == 0 && rule->findings->len == 0)
        return fault(reader, root, error, _("a rule needs a <set> or a <finding>"));
    return true;
}

VtRule *
vt_rule_load(const char *bytes, gsize length, const char *file, const char *id, GError **error)
{
    g_autoptr(VtDocument) document = vt_document_parse(bytes, length, file, error);
    g_autoptr(VtRule) rule = NULL;
    Reader reader;
    xmlNode *root;

    if (!document)
        return NULL;
    rule = g_new0(VtRule, 1);
    rule->file = g_strdup(file);
    rule->sources = g_ptr_array_new_with_free_func(g_free);
    rule->sets = g_ptr_array_new_with_free_func(set_free);
    rule->needs = g_ptr_array_new_with_free_func(g_free);
    rule->findings = g_ptr_array_new_with_free_func(finding_free);
    reader = (Reader){document, rule};
    root = vt_document_root(document);
    if (!vt_element_is(root, "rule")) {
        fault(&reader, root, error, _("<%s> instead of <rule>"), (const char *)root->name);
        return NULL;
    }
    if (!read_rule_attributes(&reader, root, id, error))
        return NULL;
    for (xmlNode *child = root->children; child; child = child->next) {
        if (child->type == XML_TEXT_NODE && !xmlIsBlankNode(child)) {
            fault(&reader, root, error, _("<rule> holds elements, not text"));
            return NULL;
        }
        if (child->type == XML_ELEMENT_NODE && !read_child(&reader, child, error))
            return NULL;
    }
    return check_whole(&reader, root, error) ? g_steal_pointer(&rule) : NULL;
}
