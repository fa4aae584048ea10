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
    char *why; /* the last condition that said no */
} Matcher;

static VtTruth match(Matcher *matcher, const VtCondition *condition);

static void
say_why(Matcher *matcher, char *why)
{
    g_free(matcher->why);
    matcher->why = why;
}

static bool
in_words(const char *words, const char *value)
{
    g_auto(GStrv) parts = g_strsplit(words, " ", -1);

    return g_strv_contains((const char *const *)parts, value);
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

static VtTruth
match_fact(Matcher *matcher, const VtCondition *condition)
{
    const VtFact *fact = vt_facts_get(matcher->facts, condition->name);
    g_autofree char *text = NULL;
    bool holds;

    if (!fact || !fact->known) {
        g_ptr_array_add(matcher->unknown, g_strdup(condition->name));
        return VT_UNKNOWN;
    }
    text = vt_fact_format(fact, false);
    if (condition->compare == VT_COMPARE_HAS)
        holds =
            g_ptr_array_find_with_equal_func(fact->strings, condition->operand, g_str_equal, NULL);
    else
        holds = compare_text(condition->compare, text, condition->operand);
    if (!holds)
        say_why(matcher,
                g_strdup_printf(_("%s is '%s' (%s)"), condition->name, text, fact->origin));
    return holds ? VT_YES : VT_NO;
}

VtPlace *
vt_match_place(const char *template, const VtFacts *facts, GPtrArray *unknown, GError **error)
{
    g_autofree char *text = vt_facts_expand(facts, template, false, unknown);

    return vt_place_parse(text, error);
}

/* Looks at a place: value, present and absent. */
static VtTruth
match_place(Matcher *matcher, const VtCondition *condition)
{
    guint unknown_before = matcher->unknown->len;
    g_autoptr(VtPlace) place =
        vt_match_place(condition->name, matcher->facts, matcher->unknown, NULL);
    g_autofree char *value = NULL;
    bool holds;

    if (matcher->unknown->len > unknown_before)
        return VT_UNKNOWN;
    value = place ? vt_place_get(place, vt_document_root(matcher->document)) : NULL;
    if (condition->kind == VT_CONDITION_PRESENT)
        holds = value != NULL;
    else if (condition->kind == VT_CONDITION_ABSENT)
        holds = value == NULL;
    else
        holds = value && compare_text(condition->compare, value, condition->operand);
    if (!holds)
        say_why(matcher, value ? g_strdup_printf(_("%s is '%s'"), condition->name, value)
                               : g_strdup_printf(_("%s is not there"), condition->name));
    return holds ? VT_YES : VT_NO;
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
    if (!holds)
        say_why(matcher, g_strdup_printf(_("'%s' does not hold"), condition->name));
    return holds ? VT_YES : VT_NO;
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

    for (guint i = 0; i < condition->children->len && truth != VT_NO; i++)
        truth = MIN(truth, match(matcher, condition->children->pdata[i]));
    if (truth == VT_YES)
        say_why(matcher, g_strdup(_("what <not> excludes is so")));
    return truth == VT_UNKNOWN ? VT_UNKNOWN : truth == VT_YES ? VT_NO : VT_YES;
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
        return match_place(matcher, condition);
    case VT_CONDITION_XPATH:
        return match_xpath(matcher, condition);
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

VtTruth
vt_match(const VtCondition *condition, const VtDocument *document, const VtFacts *facts,
         const VtRuleDatabase *database, GPtrArray *unknown, char **ret_why)
{
    g_autoptr(GPtrArray) missing = g_ptr_array_new_with_free_func(g_free);
    Matcher matcher = {document, facts, database, missing, NULL};
    VtTruth truth = condition ? match(&matcher, condition) : VT_YES;

    if (truth == VT_UNKNOWN) {
        for (guint i = 0; i < missing->len; i++) {
            if (!g_ptr_array_find_with_equal_func(unknown, missing->pdata[i], g_str_equal, NULL))
                g_ptr_array_add(unknown, g_strdup(missing->pdata[i]));
        }
    }
    if (ret_why && truth == VT_NO)
        *ret_why = g_steal_pointer(&matcher.why);
    g_free(matcher.why);
    return truth;
}
