/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/fact.h"

#include <string.h>

#include "base/i18n.h"

struct VtFacts {
    const VtFacts *parent;
    VtFact **facts;      /* as in the registry; NULL where nothing was said */
    const void *element; /* (nullable) */
};

static void
fact_clear(VtFact *fact)
{
    g_clear_pointer(&fact->string, g_free);
    g_clear_pointer(&fact->strings, g_ptr_array_unref);
    g_clear_pointer(&fact->records, g_ptr_array_unref);
    g_clear_pointer(&fact->origin, g_free);
}

static gsize
count_infos(void)
{
    gsize count;

    vt_fact_infos(&count);
    return count;
}

static VtFact **
slot_of(const VtFacts *facts, const VtFactInfo *info)
{
    gsize count;

    return &facts->facts[info - vt_fact_infos(&count)];
}

VtFacts *
vt_facts_new(const VtFacts *parent)
{
    VtFacts *facts = g_new0(VtFacts, 1);

    facts->parent = parent;
    facts->facts = g_new0(VtFact *, count_infos());
    return facts;
}

void
vt_facts_free(VtFacts *facts)
{
    if (!facts)
        return;
    for (gsize i = 0; i < count_infos(); i++) {
        if (facts->facts[i])
            fact_clear(facts->facts[i]);
        g_free(facts->facts[i]);
    }
    g_free(facts->facts);
    g_free(facts);
}

const VtFacts *
vt_facts_parent(const VtFacts *facts)
{
    return facts->parent;
}

void
vt_facts_set_element(VtFacts *record, const void *element)
{
    record->element = element;
}

const void *
vt_facts_element(const VtFacts *facts)
{
    return facts->element;
}

/* The fact in this very store, made if it is not there. */
static VtFact *
own_fact(VtFacts *facts, const VtFactInfo *info)
{
    VtFact **slot = slot_of(facts, info);

    if (!*slot) {
        *slot = g_new0(VtFact, 1);
        (*slot)->info = info;
    }
    return *slot;
}

static VtFact *
make_known(VtFacts *facts, const char *name, VtFactType type, const char *origin)
{
    const VtFactInfo *info = vt_fact_info(name);
    VtFact *fact;

    if (!info || info->type != type)
        g_error("fact '%s' is not registered with type %s", name, vt_fact_type_to_string(type));
    fact = own_fact(facts, info);
    if (type != VT_FACT_SET && type != VT_FACT_RECORDS)
        fact_clear(fact);
    g_free(fact->origin);
    fact->origin = g_strdup(origin);
    fact->known = true;
    return fact;
}

void
vt_facts_set_bool(VtFacts *facts, const char *name, bool value, const char *origin)
{
    make_known(facts, name, VT_FACT_BOOL, origin)->number = value;
}

void
vt_facts_set_int(VtFacts *facts, const char *name, gint64 value, const char *origin)
{
    make_known(facts, name, VT_FACT_INT, origin)->number = value;
}

void
vt_facts_set_string(VtFacts *facts, const char *name, const char *value, const char *origin)
{
    make_known(facts, name, VT_FACT_STRING, origin)->string = g_strdup(value);
}

static GPtrArray *
known_set(VtFacts *facts, const char *name, const char *origin)
{
    VtFact *fact = make_known(facts, name, VT_FACT_SET, origin);

    if (!fact->strings)
        fact->strings = g_ptr_array_new_with_free_func(g_free);
    return fact->strings;
}

void
vt_facts_touch_set(VtFacts *facts, const char *name, const char *origin)
{
    known_set(facts, name, origin);
}

static gint
compare_strings(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
vt_facts_add_to_set(VtFacts *facts, const char *name, const char *member, const char *origin)
{
    GPtrArray *strings = known_set(facts, name, origin);

    if (g_ptr_array_find_with_equal_func(strings, member, g_str_equal, NULL))
        return;
    g_ptr_array_add(strings, g_strdup(member));
    g_ptr_array_sort(strings, compare_strings);
}

static GPtrArray *
known_records(VtFacts *facts, const char *name, const char *origin)
{
    VtFact *fact = make_known(facts, name, VT_FACT_RECORDS, origin);

    if (!fact->records)
        fact->records = g_ptr_array_new_with_free_func((GDestroyNotify)vt_facts_free);
    return fact->records;
}

void
vt_facts_touch_records(VtFacts *facts, const char *name, const char *origin)
{
    known_records(facts, name, origin);
}

VtFacts *
vt_facts_add_record(VtFacts *facts, const char *name, const char *origin)
{
    VtFacts *record = vt_facts_new(facts);

    g_ptr_array_add(known_records(facts, name, origin), record);
    return record;
}

void
vt_facts_set_unknown(VtFacts *facts, const char *name, const char *why)
{
    const VtFactInfo *info = vt_fact_info(name);
    VtFact *fact;

    if (!info)
        g_error("fact '%s' is not registered", name);
    fact = own_fact(facts, info);
    if (fact->known)
        return;
    g_free(fact->origin);
    fact->origin = g_strdup(why);
}

const VtFact *
vt_facts_find(const VtFacts *facts, const VtFactInfo *info)
{
    for (; facts; facts = facts->parent) {
        const VtFact *fact = *slot_of(facts, info);
        if (fact)
            return fact;
    }
    return NULL;
}

const VtFact *
vt_facts_get(const VtFacts *facts, const char *name)
{
    const VtFactInfo *info = vt_fact_info(name);

    return info ? vt_facts_find(facts, info) : NULL;
}

bool
vt_facts_get_int(const VtFacts *facts, const char *name, gint64 *ret_value)
{
    const VtFact *fact = vt_facts_get(facts, name);

    if (!fact || !fact->known || fact->info->type != VT_FACT_INT)
        return false;
    *ret_value = fact->number;
    return true;
}

bool
vt_facts_is_true(const VtFacts *facts, const char *name)
{
    const VtFact *fact = vt_facts_get(facts, name);

    return fact && fact->known && fact->info->type == VT_FACT_BOOL && fact->number;
}

const char *
vt_facts_get_string(const VtFacts *facts, const char *name)
{
    const VtFact *fact = vt_facts_get(facts, name);

    return fact && fact->known ? fact->string : NULL;
}

void
vt_facts_foreach(const VtFacts *facts, void (*function)(const VtFact *fact, gpointer data),
                 gpointer data)
{
    for (gsize i = 0; i < count_infos(); i++) {
        if (facts->facts[i])
            function(facts->facts[i], data);
    }
}

static char *
format_number(const VtFact *fact, bool for_people)
{
    if (fact->info->type == VT_FACT_BOOL)
        return g_strdup(fact->number ? "yes" : "no");
    if (for_people && strcmp(fact->info->unit, "bytes") == 0)
        return g_format_size_full((guint64)fact->number, G_FORMAT_SIZE_IEC_UNITS);
    if (for_people && strcmp(fact->info->unit, "KiB") == 0)
        return g_format_size_full((guint64)fact->number * 1024, G_FORMAT_SIZE_IEC_UNITS);
    return g_strdup_printf("%" G_GINT64_FORMAT, fact->number);
}

char *
vt_fact_format(const VtFact *fact, bool for_people)
{
    if (!fact || !fact->known)
        return g_strdup("unknown");
    switch (fact->info->type) {
    case VT_FACT_BOOL:
    case VT_FACT_INT:
        return format_number(fact, for_people);
    case VT_FACT_STRING:
        return g_strdup(fact->string);
    case VT_FACT_SET: {
        GString *text = g_string_new(NULL);
        for (guint i = 0; i < fact->strings->len; i++)
            g_string_append_printf(text, "%s%s", i ? " " : "", (char *)fact->strings->pdata[i]);
        return g_string_free(text, FALSE);
    }
    case VT_FACT_RECORDS:
        return g_strdup_printf("%u", fact->records->len);
    }
    return NULL;
}

char *
vt_facts_expand(const VtFacts *facts, const char *template, bool for_people, GPtrArray *ret_unknown)
{
    GString *text = g_string_new(NULL);
    const char *p = template, *open, *close;

    while ((open = strchr(p, '{')) && (close = strchr(open, '}'))) {
        g_autofree char *name = g_strndup(open + 1, close - open - 1);
        const VtFact *fact = vt_facts_get(facts, name);
        g_autofree char *value = vt_fact_format(fact, for_people);

        g_string_append_len(text, p, open - p);
        g_string_append(text, value);
        if (ret_unknown && (!fact || !fact->known))
            g_ptr_array_add(ret_unknown, g_strdup(name));
        p = close + 1;
    }
    g_string_append(text, p);
    return g_string_free(text, FALSE);
}
