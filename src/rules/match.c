/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/match.h"

#include <libxml/xpath.h>
#include <string.h>

#include "base/i18n.h"

typedef struct {
    const VtDocument *document;
    const VtFacts *facts;
    const VtRuleDatabase *database;
    GPtrArray *unknown;
    const VtCondition *culprit; /* the last one that said no */
} Matcher;

static VtTruth match(Matcher *matcher, const VtCondition *condition);

static VtTruth
answer(Matcher *matcher, const VtCondition *condition, bool holds)
{
    if (!holds)
        matcher->culprit = condition;
    return holds ? VT_YES : VT_NO;
}

static bool
in_words(const char *words, const char *value)
{
    gsize length = strlen(value);

    for (const char *word = words; *word; word += strspn(word, " ")) {
        gsize word_length = strcspn(word, " ");
        if (word_length == length && memcmp(word, value, length) == 0)
            return true;
        word += word_length;
    }
    return false;
}

static bool
compare_number(VtCompare compare, gint64 number, const char *operand)
{
    gint64 limit = g_ascii_strtoll(operand, NULL, 10);

    return compare == VT_COMPARE_AT_LEAST ? number >= limit : number <= limit;
}

static bool
compare_text(VtCompare compare, const char *text, const char *operand)
{
    gint64 number;

    switch (compare) {
    case VT_COMPARE_IS:
        return strcmp(text, operand) == 0;
    case VT_COMPARE_IN:
        return in_words(operand, text);
    case VT_COMPARE_HAS:
        return false;
    case VT_COMPARE_AT_LEAST:
    case VT_COMPARE_AT_MOST:
        return g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, &number, NULL) &&
               compare_number(compare, number, operand);
    }
    return false;
}

static bool
compare_fact(const VtFact *fact, const VtCondition *condition)
{
    char number[32];

    if (condition->compare == VT_COMPARE_HAS)
        return g_ptr_array_find_with_equal_func(fact->strings, condition->operand, g_str_equal,
                                                NULL);
    if (condition->compare == VT_COMPARE_AT_LEAST || condition->compare == VT_COMPARE_AT_MOST)
        return compare_number(condition->compare, fact->number, condition->operand);
    if (fact->info->type == VT_FACT_STRING)
        return compare_text(condition->compare, fact->string, condition->operand);
    if (fact->info->type == VT_FACT_BOOL)
        return compare_text(condition->compare, fact->number ? "yes" : "no", condition->operand);
    g_snprintf(number, sizeof(number), "%" G_GINT64_FORMAT, fact->number);
    return compare_text(condition->compare, number, condition->operand);
}

static VtTruth
match_fact(Matcher *matcher, const VtCondition *condition)
{
    const VtFact *fact = vt_facts_find(matcher->facts, condition->fact);

    if (!fact || !fact->known) {
        g_ptr_array_add(matcher->unknown, g_strdup(condition->name));
        return VT_UNKNOWN;
    }
    return answer(matcher, condition, compare_fact(fact, condition));
}

VtPlace *
vt_match_place(const char *template, const VtPlace *parsed, const VtFacts *facts,
               GPtrArray *unknown, GError **error)
{
    g_autofree char *text = parsed ? NULL : vt_facts_expand(facts, template, false, unknown);

    return parsed ? vt_place_ref(parsed) : vt_place_parse(text, error);
}

/* What stands at the place that @condition names; NULL for nothing. */
static char *
value_at(const Matcher *matcher, const VtCondition *condition, GPtrArray *unknown)
{
    const xmlNode *record = condition->below ? vt_facts_element(matcher->facts) : NULL;
    g_autoptr(VtPlace) place = NULL;

    if (record)
        return vt_place_get(condition->below, record);
    place = vt_match_place(condition->name, condition->place, matcher->facts, unknown, NULL);
    return place ? vt_place_get(place, vt_document_root(matcher->document)) : NULL;
}

/* Looks at a place: value, present and absent. */
static VtTruth
match_place(Matcher *matcher, const VtCondition *condition)
{
    guint unknown_before = matcher->unknown->len;
    g_autofree char *value = value_at(matcher, condition, matcher->unknown);
    bool holds;

    if (matcher->unknown->len > unknown_before)
        return VT_UNKNOWN;
    if (condition->kind == VT_CONDITION_PRESENT)
        holds = value != NULL;
    else if (condition->kind == VT_CONDITION_ABSENT)
        holds = value == NULL;
    else
        holds = value && compare_text(condition->compare, value, condition->operand);
    return answer(matcher, condition, holds);
}

static void
ignore_xpath_error(void *data G_GNUC_UNUSED, VtXmlError error G_GNUC_UNUSED)
{
}

static VtTruth
match_xpath(Matcher *matcher, const VtCondition *condition)
{
    xmlNode *root = vt_document_root(matcher->document);
    xmlXPathContext *context = xmlXPathNewContext(root->doc);
    xmlXPathObject *result;
    bool holds;

    context->node = root;
    context->error = ignore_xpath_error;
    result = xmlXPathEvalExpression((const xmlChar *)condition->name, context);
    holds = result && xmlXPathCastToBoolean(result);
    xmlXPathFreeObject(result);
    xmlXPathFreeContext(context);
    return answer(matcher, condition, holds);
}

static VtTruth
match_group(Matcher *matcher, const VtCondition *condition)
{
    bool all = condition->kind == VT_CONDITION_ALL;
    VtTruth truth = all ? VT_YES : VT_NO;

    for (guint i = 0; i < condition->children->len; i++) {
        VtTruth inner = match(matcher, condition->children->pdata[i]);
        truth = all ? MIN(truth, inner) : MAX(truth, inner);
        if (truth == (all ? VT_NO : VT_YES))
            break; /* decided, whatever the rest may say */
    }
    return truth;
}

/* "not" holds if what it contains, taken all together, does not. */
static VtTruth
match_not(Matcher *matcher, const VtCondition *condition)
{
    VtTruth truth = VT_YES;

    for (guint i = 0; i < condition->children->len && truth != VT_NO; i++) {
        VtTruth inner = match(matcher, condition->children->pdata[i]);
        truth = MIN(truth, inner); /* which names its arguments twice */
    }
    return truth == VT_UNKNOWN ? VT_UNKNOWN : answer(matcher, condition, truth == VT_NO);
}

/* What stands in a domain that nobody gave. */
static VtTruth
no_document(Matcher *matcher)
{
    g_ptr_array_add(matcher->unknown, g_strdup(_("the domain's XML")));
    return VT_UNKNOWN;
}

static VtTruth
match_kind(Matcher *matcher, const VtCondition *condition)
{
    switch (condition->kind) {
    case VT_CONDITION_ALL:
    case VT_CONDITION_ANY:
        return match_group(matcher, condition);
    case VT_CONDITION_NOT:
        return match_not(matcher, condition);
    case VT_CONDITION_FACT:
        return match_fact(matcher, condition);
    case VT_CONDITION_VALUE:
    case VT_CONDITION_PRESENT:
    case VT_CONDITION_ABSENT:
        return matcher->document ? match_place(matcher, condition) : no_document(matcher);
    case VT_CONDITION_XPATH:
        return matcher->document ? match_xpath(matcher, condition) : no_document(matcher);
    case VT_CONDITION_SAME_AS: {
        const VtRule *other = vt_rule_database_find(matcher->database, condition->name);
        return other->when ? match(matcher, other->when) : VT_YES;
    }
    }
    return VT_UNKNOWN;
}

/* What was missing in a part that is decided without it is no reason for anything. */
static VtTruth
match(Matcher *matcher, const VtCondition *condition)
{
    guint unknown_before = matcher->unknown->len;
    VtTruth truth = match_kind(matcher, condition);

    if (truth != VT_UNKNOWN)
        g_ptr_array_set_size(matcher->unknown, (gint)unknown_before);
    return truth;
}

char *
vt_match_why(const VtCondition *condition, const VtDocument *document, const VtFacts *facts)
{
    const Matcher matcher = {.document = document, .facts = facts};
    g_autofree char *value = NULL;

    if (condition->kind == VT_CONDITION_FACT) {
        const VtFact *fact = vt_facts_find(facts, condition->fact);
        value = vt_fact_format(fact, false);
        return g_strdup_printf(_("%s is '%s' (%s)"), condition->name, value, fact->origin);
    }
    if (condition->kind == VT_CONDITION_NOT)
        return g_strdup(_("what <not> excludes is so"));
    if (condition->kind == VT_CONDITION_XPATH)
        return g_strdup_printf(_("'%s' does not hold"), condition->name);
    value = value_at(&matcher, condition, NULL);
    return value ? g_strdup_printf(_("%s is '%s'"), condition->name, value)
                 : g_strdup_printf(_("%s is not there"), condition->name);
}

VtTruth
vt_match(const VtCondition *condition, const VtDocument *document, const VtFacts *facts,
         const VtRuleDatabase *database, GPtrArray *unknown, const VtCondition **ret_culprit)
{
    guint before = unknown->len;
    Matcher matcher = {document, facts, database, unknown, NULL};
    VtTruth truth = condition ? match(&matcher, condition) : VT_YES;

    for (guint i = unknown->len; i > before; i--) {
        guint first;
        g_ptr_array_find_with_equal_func(unknown, unknown->pdata[i - 1], g_str_equal, &first);
        if (first < i - 1) /* once is enough */
            g_ptr_array_remove_index(unknown, i - 1);
    }
    if (ret_culprit && truth == VT_NO)
        *ret_culprit = matcher.culprit;
    return truth;
}
