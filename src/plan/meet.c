/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/meet.h"

#include <string.h>

static const VtStep *
step_at(const VtPlace *place, guint i)
{
    return place->steps->pdata[i];
}

static bool
have_same_names(const VtPlace *one, const VtPlace *other)
{
    if (one->steps->len != other->steps->len || one->kind != other->kind ||
        g_strcmp0(one->attribute, other->attribute) != 0)
        return false;
    for (guint i = 0; i < one->steps->len; i++) {
        if (strcmp(step_at(one, i)->name, step_at(other, i)->name) != 0)
            return false;
    }
    return true;
}

static bool
ask_the_same(const VtPredicate *one, const VtPredicate *other)
{
    return g_strcmp0(one->child, other->child) == 0 &&
           strcmp(one->attribute, other->attribute) == 0;
}

/* Whether an element could fit both: nothing that one asks for is asked otherwise by the other. */
static bool
agree(const VtStep *one, const VtStep *other)
{
    for (guint i = 0; i < one->predicates->len; i++) {
        const VtPredicate *predicate = one->predicates->pdata[i];
        for (guint k = 0; k < other->predicates->len; k++) {
            const VtPredicate *against = other->predicates->pdata[k];
            if (ask_the_same(predicate, against) && strcmp(predicate->value, against->value) != 0)
                return false;
        }
    }
    return true;
}

static const xmlNode *
child_for(const VtStep *step, const xmlNode *parent)
{
    const xmlNode *child = parent->children;

    while (child && !vt_step_matches(step, child))
        child = child->next;
    return child;
}

VtMeet
vt_places_meet(const VtPlace *one, const VtPlace *other, const xmlNode *root)
{
    const xmlNode *at = root;
    guint i = 0;

    if (strcmp(one->text, other->text) == 0)
        return VT_MEET_SAME;
    if (!have_same_names(one, other))
        return VT_MEET_NOT;
    for (; i < one->steps->len && at; i++) {
        const xmlNode *next = child_for(step_at(one, i), at);
        if (next != child_for(step_at(other, i), at))
            return VT_MEET_NOT;
        at = next;
        if (!next)
            break;
    }
    for (guint k = i; k < one->steps->len; k++) {
        if (!agree(step_at(one, k), step_at(other, k)))
            return VT_MEET_NOT;
    }
    return at ? VT_MEET_SAME : VT_MEET_UNCLEAR;
}

static bool
clash(const VtChange *one, const VtChange *other, const xmlNode *root)
{
    VtMeet meet = vt_places_meet(one->place, other->place, root);

    return meet == VT_MEET_UNCLEAR ||
           (meet == VT_MEET_SAME && g_strcmp0(one->after, other->after) != 0);
}

/* What is asked about each element on the way, without the answers: "cputune/vcpupin[@vcpu]". Two
 * places of one shape meet only if they are written the same. @asks: false leaves the questions
 * out. */
static char *
shape(const VtPlace *place, bool asks)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < place->steps->len; i++) {
        const VtStep *step = step_at(place, i);
        g_string_append_printf(text, "/%s", step->name);
        for (guint p = 0; asks && p < step->predicates->len; p++) {
            const VtPredicate *predicate = step->predicates->pdata[p];
            g_string_append_printf(text, "[%s@%s]", predicate->child ? predicate->child : "",
                                   predicate->attribute);
        }
    }
    g_string_append_printf(text, " %d %s", place->kind, place->attribute ? place->attribute : "");
    return g_string_free(text, FALSE);
}

static bool
clashes_with_any(const GPtrArray *changes, const VtChange *change, const xmlNode *root)
{
    for (guint i = 0; i < changes->len; i++) {
        if (clash(changes->pdata[i], change, root))
            return true;
    }
    return false;
}

#define MIXED ""

/* Every change is asked about those before it. One way of choosing an element is the rule: only
 * where there are several are changes held against each other one by one. */
typedef struct {
    const xmlNode *root;
    GPtrArray *before;   /* VtChange* */
    GHashTable *by_text; /* place -> VtChange* */
    GHashTable *shapes;  /* names -> the one shape that they come in, or MIXED */
} Search;

static void
search_clear(Search *search)
{
    g_ptr_array_unref(search->before);
    g_hash_table_unref(search->by_text);
    g_hash_table_unref(search->shapes);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Search, search_clear)

static bool
is_contested(Search *search, VtChange *change)
{
    const VtChange *same = g_hash_table_lookup(search->by_text, change->place->text);
    g_autofree char *names = shape(change->place, false);
    g_autofree char *asked = shape(change->place, true);
    const char *known = g_hash_table_lookup(search->shapes, names);
    bool mixed = known && strcmp(known, asked) != 0;
    bool contested = (same && g_strcmp0(same->after, change->after) != 0) ||
                     (mixed && clashes_with_any(search->before, change, search->root));

    g_ptr_array_add(search->before, change);
    g_hash_table_insert(search->by_text, change->place->text, change);
    g_hash_table_insert(search->shapes, g_steal_pointer(&names),
                        mixed ? g_strdup(MIXED) : g_steal_pointer(&asked));
    return contested;
}

const VtPlace *
vt_find_contested(const GPtrArray *decisions, const xmlNode *root)
{
    g_auto(Search) search = {
        .root = root,
        .before = g_ptr_array_new(),
        .by_text = g_hash_table_new(g_str_hash, g_str_equal),
        .shapes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
    };

    for (guint i = 0; i < decisions->len; i++) {
        const VtDecision *decision = decisions->pdata[i];
        for (guint c = 0; c < vt_count(decision->changes); c++) {
            VtChange *change = decision->changes->pdata[c];
            if (is_contested(&search, change))
                return change->place;
        }
    }
    return NULL;
}
