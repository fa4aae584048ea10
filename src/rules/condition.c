/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/condition.h"

#include <libxml/xpath.h>
#include <string.h>

#include "base/i18n.h"

void
vt_condition_free(VtCondition *condition)
{
    if (!condition)
        return;
    g_clear_pointer(&condition->children, g_ptr_array_unref);
    g_free(condition->name);
    vt_place_free(condition->place);
    vt_place_free(condition->below);
    g_free(condition->operand);
    g_free(condition);
}

VtPlace *
vt_condition_place_below(const char *template)
{
    const char *end = *template == '{' ? strchr(template, '}') : NULL;
    bool is_place = end && g_str_has_prefix(end - strlen(".place"), ".place}/");

    return is_place && !strchr(end, '{') ? vt_place_parse(end + strlen("}/"), NULL) : NULL;
}

static const struct {
    const char *attribute;
    VtCompare compare;
} compare_words[] = {
    {"is", VT_COMPARE_IS},           {"in", VT_COMPARE_IN},
    {"has", VT_COMPARE_HAS},         {"at-least", VT_COMPARE_AT_LEAST},
    {"at-most", VT_COMPARE_AT_MOST},
};

const char *
vt_compare_to_string(VtCompare compare)
{
    return compare_words[compare].attribute; /* they stand in the order of the values */
}

static bool
read_comparison(const VtRuleReader *reader, const xmlNode *element, VtCondition *condition,
                GError **error)
{
    bool numeric;

    for (gsize i = 0; i < G_N_ELEMENTS(compare_words); i++) {
        char *operand = vt_element_attribute(element, compare_words[i].attribute);
        if (!operand)
            continue;
        if (condition->operand) {
            g_free(operand);
            return vt_reader_fault(reader, element, error, _("<%s> takes one comparison, not two"),
                                   (const char *)element->name);
        }
        condition->compare = compare_words[i].compare;
        condition->operand = operand;
    }
    if (!condition->operand)
        return vt_reader_fault(reader, element, error,
                               _("<%s> needs a comparison: is, in, has, at-least or at-most"),
                               (const char *)element->name);
    numeric = condition->compare == VT_COMPARE_AT_LEAST || condition->compare == VT_COMPARE_AT_MOST;
    if (numeric &&
        !g_ascii_string_to_signed(condition->operand, 10, G_MININT64, G_MAXINT64, NULL, NULL))
        return vt_reader_fault(reader, element, error, _("'%s' is not a number"),
                               condition->operand);
    return true;
}

/* The numbers in @words as facts are printed: "01" would never be equal to anything. */
static bool
all_numbers(const char *words)
{
    g_auto(GStrv) parts = g_strsplit(words, " ", -1);

    for (char **part = parts; *part; part++) {
        g_autofree char *printed = NULL;
        gint64 number;

        if (!g_ascii_string_to_signed(*part, 10, G_MININT64, G_MAXINT64, &number, NULL))
            return false;
        printed = g_strdup_printf("%" G_GINT64_FORMAT, number);
        if (strcmp(printed, *part) != 0)
            return false;
    }
    return *parts != NULL;
}

/* A comparison that a fact of this type can never pass is a slip. */
static bool
check_comparison(const VtRuleReader *reader, const xmlNode *element, const VtCondition *condition,
                 GError **error)
{
    VtFactType type = condition->fact->type;
    bool numeric =
        condition->compare == VT_COMPARE_AT_LEAST || condition->compare == VT_COMPARE_AT_MOST;

    if (type == VT_FACT_RECORDS ||
        (type == VT_FACT_SET) != (condition->compare == VT_COMPARE_HAS) ||
        (numeric && type != VT_FACT_INT))
        return vt_reader_fault(reader, element, error,
                               _("fact '%s' is of type %s: it cannot be so compared"),
                               condition->name, vt_fact_type_to_string(type));
    if (type == VT_FACT_BOOL && strcmp(condition->operand, "yes") != 0 &&
        strcmp(condition->operand, "no") != 0)
        return vt_reader_fault(reader, element, error, _("fact '%s' is yes or no, never '%s'"),
                               condition->name, condition->operand);
    if (type == VT_FACT_INT && !all_numbers(condition->operand))
        return vt_reader_fault(reader, element, error, _("fact '%s' is a number, never '%s'"),
                               condition->name, condition->operand);
    return true;
}

static bool
read_fact_condition(const VtRuleReader *reader, const xmlNode *element, VtCondition *condition,
                    GError **error)
{
    if (!vt_reader_check_attributes(
            reader, element, ATTRIBUTES("name", "is", "in", "has", "at-least", "at-most"), error) ||
        !vt_reader_take_attribute(reader, element, "name", &condition->name, error) ||
        !vt_reader_check_fact(reader, element, condition->name, NULL, error))
        return false;
    condition->fact = vt_fact_info(condition->name);
    return read_comparison(reader, element, condition, error) &&
           check_comparison(reader, element, condition, error);
}

static bool
read_place(const VtRuleReader *reader, const xmlNode *element, VtCondition *condition,
           GError **error)
{
    if (!vt_reader_take_attribute(reader, element, "place", &condition->name, error) ||
        !vt_reader_take_place(reader, element, condition->name, NULL, &condition->place, error))
        return false;
    condition->below = vt_condition_place_below(condition->name);
    return true;
}

static bool
read_value_condition(const VtRuleReader *reader, const xmlNode *element, VtCondition *condition,
                     GError **error)
{
    return vt_reader_check_attributes(
               reader, element, ATTRIBUTES("place", "is", "in", "at-least", "at-most"), error) &&
           read_place(reader, element, condition, error) &&
           read_comparison(reader, element, condition, error);
}

static bool
read_place_condition(const VtRuleReader *reader, const xmlNode *element, VtCondition *condition,
                     GError **error)
{
    return vt_reader_check_attributes(reader, element, ATTRIBUTES("place"), error) &&
           read_place(reader, element, condition, error);
}

static void
ignore_xpath_error(void *data G_GNUC_UNUSED, VtXmlError error G_GNUC_UNUSED)
{
}

static void G_GNUC_PRINTF(2, 3)
    ignore_generic_error(void *data G_GNUC_UNUSED, const char *format G_GNUC_UNUSED, ...)
{
}

/* Whether it can be evaluated: functions, prefixes and variables are only looked up then. */
static bool
try_xpath(xmlXPathCompExpr *compiled)
{
    xmlDoc *sample = xmlNewDoc((const xmlChar *)"1.0");
    xmlNode *root = xmlNewNode(NULL, (const xmlChar *)"domain");
    xmlXPathContext *context = xmlXPathNewContext(sample);
    xmlXPathObject *result;

    xmlDocSetRootElement(sample, root);
    context->node = root;
    context->error = ignore_xpath_error;
    xmlSetGenericErrorFunc(NULL, ignore_generic_error); /* what is not there goes to that one */
    result = xmlXPathCompiledEval(compiled, context);
    xmlSetGenericErrorFunc(NULL, NULL);
    xmlXPathFreeObject(result);
    xmlXPathFreeContext(context);
    xmlFreeDoc(sample);
    return result != NULL;
}

static bool
read_xpath_condition(const VtRuleReader *reader, const xmlNode *element, VtCondition *condition,
                     GError **error)
{
    xmlXPathContext *context;
    xmlXPathCompExpr *compiled;
    bool works;

    if (!vt_reader_check_attributes(reader, element, ATTRIBUTES("test"), error) ||
        !vt_reader_take_attribute(reader, element, "test", &condition->name, error))
        return false;
    context = xmlXPathNewContext(NULL);
    context->error = ignore_xpath_error;
    compiled = xmlXPathCtxtCompile(context, (const xmlChar *)condition->name);
    xmlXPathFreeContext(context);
    if (!compiled)
        return vt_reader_fault(reader, element, error, _("'%s' is not an XPath 1.0 expression"),
                               condition->name);
    works = try_xpath(compiled);
    xmlXPathFreeCompExpr(compiled);
    return works ||
           vt_reader_fault(reader, element, error,
                           _("'%s' names a function, prefix or variable that is not there"),
                           condition->name);
}

static bool
read_same_as_condition(const VtRuleReader *reader, const xmlNode *element, VtCondition *condition,
                       GError **error)
{
    return vt_reader_check_attributes(reader, element, ATTRIBUTES("rule"), error) &&
           vt_reader_take_attribute(reader, element, "rule", &condition->name, error);
}

static bool read_group(const VtRuleReader *reader, const xmlNode *element, VtCondition *condition,
                       GError **error);

typedef bool (*ConditionReader)(const VtRuleReader *reader, const xmlNode *element,
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

const char *
vt_condition_kind_to_string(VtConditionKind kind)
{
    return condition_words[kind].name; /* they stand in the order of the values */
}

static VtCondition *
read_condition(const VtRuleReader *reader, const xmlNode *element, GError **error)
{
    g_autofree char *name = NULL;
    VtCondition *condition;

    for (gsize i = 0; i < G_N_ELEMENTS(condition_words); i++) {
        if (!vt_element_is(element, condition_words[i].name))
            continue;
        condition = g_new0(VtCondition, 1);
        condition->kind = condition_words[i].kind;
        if (condition_words[i].read(reader, element, condition, error) &&
            (condition->children || vt_reader_check_empty(reader, element, error)))
            return condition;
        vt_condition_free(condition);
        return NULL;
    }
    name = vt_reader_element_name(element);
    vt_reader_fault(reader, element, error, _("<%s> is not a condition"), name);
    return NULL;
}

static bool
read_group(const VtRuleReader *reader, const xmlNode *element, VtCondition *condition,
           GError **error)
{
    if (!vt_reader_check_attributes(reader, element, NO_ATTRIBUTES, error) ||
        !vt_reader_check_no_text(reader, element, error))
        return false;
    condition->children = g_ptr_array_new_with_free_func((GDestroyNotify)vt_condition_free);
    for (xmlNode *child = xmlFirstElementChild((xmlNode *)element); child;
         child = xmlNextElementSibling(child)) {
        VtCondition *inner = read_condition(reader, child, error);
        if (!inner)
            return false;
        g_ptr_array_add(condition->children, inner);
    }
    if (condition->children->len == 0)
        return vt_reader_fault(reader, element, error, _("<%s> is empty"),
                               (const char *)element->name);
    return true;
}

/* <when> and <satisfied>: all of what they hold. */
bool
vt_condition_read(const VtRuleReader *reader, const xmlNode *element, VtCondition **ret_condition,
                  GError **error)
{
    VtCondition *condition;

    if (*ret_condition)
        return vt_reader_fault(reader, element, error, _("a second <%s>"),
                               (const char *)element->name);
    condition = g_new0(VtCondition, 1);
    condition->kind = VT_CONDITION_ALL;
    if (!read_group(reader, element, condition, error)) {
        vt_condition_free(condition);
        return false;
    }
    *ret_condition = condition;
    return true;
}
