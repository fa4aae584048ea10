/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The form: numbers of eight bytes as the machine has them, strings with their length in front,
 * lists with their number of members; the writers below and the readers beside them say the order.
 * GVariant would say it shorter, but unpacking it costs as much as parsing the XML did (measured:
 * 9.9 million instructions for 36 rules, against 0.4 million this way).
 */
#include "rules/cache.h"

#include <string.h>

#define MAGIC "vmtune rules " VT_VERSION

/* A length that no string has: NULL. */
#define NO_STRING G_MAXUINT64

/* libxml2 reads nothing that is nested deeper; a guard against bytes that are not ours. */
#define MAX_DEPTH 256

/* ---- packing ---- */

static void
pack_number(GByteArray *out, guint64 number)
{
    g_byte_array_append(out, (const guint8 *)&number, sizeof(number));
}

static void
pack_string(GByteArray *out, const char *string)
{
    pack_number(out, string ? strlen(string) : NO_STRING);
    if (string)
        g_byte_array_append(out, (const guint8 *)string, (guint)strlen(string));
}

static void
pack_strings(GByteArray *out, const GPtrArray *strings)
{
    pack_number(out, strings->len);
    for (guint i = 0; i < strings->len; i++)
        pack_string(out, strings->pdata[i]);
}

/* A condition that is not there has no kind. */
static void
pack_condition(GByteArray *out, const VtCondition *condition)
{
    pack_number(out, condition ? condition->kind : NO_STRING);
    if (!condition)
        return;
    pack_number(out, condition->compare);
    pack_string(out, condition->name);
    pack_string(out, condition->operand);
    pack_number(out, condition->children ? condition->children->len : 0);
    for (guint i = 0; condition->children && i < condition->children->len; i++)
        pack_condition(out, condition->children->pdata[i]);
}

static void
pack_rule(GByteArray *out, const VtRule *rule)
{
    pack_string(out, rule->id);
    pack_string(out, rule->file);
    pack_number(out, rule->level);
    pack_number(out, rule->scope);
    pack_number(out, rule->effect);
    pack_number(out, rule->about_host);
    pack_number(out, rule->respect_explicit);
    pack_string(out, rule->each);
    pack_string(out, rule->summary);
    pack_string(out, rule->reason);
    pack_string(out, rule->cost);
    pack_strings(out, rule->sources);
    pack_number(out, (guint64)rule->since_libvirt);
    pack_number(out, (guint64)rule->since_qemu);
    pack_condition(out, rule->when);
    pack_condition(out, rule->unset);
    pack_condition(out, rule->satisfied);
    pack_number(out, rule->sets->len);
    for (guint i = 0; i < rule->sets->len; i++) {
        const VtSet *set = rule->sets->pdata[i];
        pack_string(out, set->each);
        pack_string(out, set->place);
        pack_string(out, set->value);
    }
    pack_strings(out, rule->needs);
    pack_number(out, rule->findings->len);
    for (guint i = 0; i < rule->findings->len; i++) {
        const VtRuleFinding *finding = rule->findings->pdata[i];
        pack_number(out, finding->level);
        pack_condition(out, finding->when);
        pack_string(out, finding->place);
        pack_string(out, finding->message);
    }
}

/* Adds the rules whose conditions @condition borrows. */
static void
choose_borrowed(GHashTable *chosen, const VtRuleDatabase *database, const VtCondition *condition)
{
    for (guint i = 0; condition && condition->children && i < condition->children->len; i++)
        choose_borrowed(chosen, database, condition->children->pdata[i]);
    if (condition && condition->kind == VT_CONDITION_SAME_AS) {
        const VtRule *other = vt_rule_database_find(database, condition->name);
        g_hash_table_add(chosen, (gpointer)other);
        choose_borrowed(chosen, database, other->when);
    }
}

static void
choose_of_errors(GHashTable *chosen, const VtRuleDatabase *database, VtRule *rule)
{
    for (guint i = 0; i < rule->findings->len; i++) {
        const VtRuleFinding *finding = rule->findings->pdata[i];
        if (finding->level < VT_LEVEL_ERROR)
            continue;
        g_hash_table_add(chosen, rule);
        choose_borrowed(chosen, database, finding->when);
    }
}

GBytes *
vt_rule_cache_pack(const VtRuleDatabase *database, const char *stamp, VtRuleChoice choice)
{
    GByteArray *out = g_byte_array_new();
    g_autoptr(GHashTable) chosen = g_hash_table_new(NULL, NULL);
    GHashTableIter iter;
    gpointer rule;

    g_hash_table_iter_init(&iter, database->by_id);
    while (g_hash_table_iter_next(&iter, NULL, &rule)) {
        if (choice == VT_RULES_ALL)
            g_hash_table_add(chosen, rule);
        else
            choose_of_errors(chosen, database, rule);
    }
    pack_string(out, MAGIC);
    pack_string(out, stamp);
    pack_number(out, g_hash_table_size(chosen));
    g_hash_table_iter_init(&iter, chosen);
    while (g_hash_table_iter_next(&iter, &rule, NULL)) {
        pack_number(out, vt_rule_database_is_masked(database, rule));
        pack_rule(out, rule);
    }
    return g_byte_array_free_to_bytes(out);
}

/* ---- unpacking ---- */

/* Where reading stands. After the first thing that does not fit, all numbers are 0 and all strings
 * NULL, and the whole is refused in the end. */
typedef struct {
    const char *p, *end;
    bool broken;
    bool once; /* judged once: places are parsed where a condition is reached, and few are */
} Packed;

static guint64
unpack_number(Packed *packed)
{
    guint64 number;

    if (packed->broken || (gsize)(packed->end - packed->p) < sizeof(number)) {
        packed->broken = true;
        return 0;
    }
    memcpy(&number, packed->p, sizeof(number));
    packed->p += sizeof(number);
    return number;
}

static char *
unpack_string(Packed *packed)
{
    guint64 length = unpack_number(packed);
    char *string;

    if (length == NO_STRING || packed->broken)
        return NULL;
    if (length > (guint64)(packed->end - packed->p)) {
        packed->broken = true;
        return NULL;
    }
    string = g_strndup(packed->p, length);
    packed->p += length;
    return string;
}

/* A string that must be there. */
static char *
unpack_text(Packed *packed)
{
    char *string = unpack_string(packed);

    packed->broken = packed->broken || !string;
    return string;
}

/* How many members follow: every one takes at least a number's room. */
static guint64
unpack_count(Packed *packed)
{
    guint64 count = unpack_number(packed);

    if (count > (guint64)(packed->end - packed->p) / sizeof(guint64))
        packed->broken = true;
    return packed->broken ? 0 : count;
}

static unsigned
unpack_choice(Packed *packed, unsigned last)
{
    guint64 choice = unpack_number(packed);

    if (choice > last)
        packed->broken = true;
    return packed->broken ? 0 : (unsigned)choice;
}

static void
unpack_texts(Packed *packed, GPtrArray *strings)
{
    for (guint64 count = unpack_count(packed); count > 0 && !packed->broken; count--) {
        char *text = unpack_text(packed);
        if (text)
            g_ptr_array_add(strings, text);
    }
}

/* Places without facts in them are parsed once, as the reader of rules does. */
static VtPlace *
fixed_place(const Packed *packed, const char *template)
{
    return !packed->once && template && !strchr(template, '{') ? vt_place_parse(template, NULL)
                                                               : NULL;
}

static bool
names_a_place(VtConditionKind kind)
{
    return kind == VT_CONDITION_VALUE || kind == VT_CONDITION_PRESENT ||
           kind == VT_CONDITION_ABSENT;
}

static VtCondition *
unpack_condition(Packed *packed, int depth)
{
    guint64 kind = unpack_number(packed);
    VtCondition *condition;
    guint64 count;

    if (kind == NO_STRING || packed->broken)
        return NULL;
    condition = g_new0(VtCondition, 1);
    condition->kind = (VtConditionKind)kind;
    condition->compare = (VtCompare)unpack_choice(packed, VT_COMPARE_AT_MOST);
    condition->name = unpack_string(packed);
    condition->operand = unpack_string(packed);
    if (names_a_place(condition->kind) && condition->name) {
        condition->place = fixed_place(packed, condition->name);
        condition->below = vt_condition_place_below(condition->name);
    }
    if (condition->kind == VT_CONDITION_FACT && condition->name)
        condition->fact = vt_fact_info(condition->name);
    count = unpack_count(packed);
    if (kind <= VT_CONDITION_NOT)
        condition->children = g_ptr_array_new_with_free_func((GDestroyNotify)vt_condition_free);
    /* groups have members, all others a name */
    if (kind > VT_CONDITION_SAME_AS || depth > MAX_DEPTH || (count > 0 && !condition->children) ||
        (!condition->children && !condition->name) ||
        (kind == VT_CONDITION_FACT && !condition->fact))
        packed->broken = true;
    for (; count > 0 && !packed->broken; count--) {
        VtCondition *child = unpack_condition(packed, depth + 1);
        if (child)
            g_ptr_array_add(condition->children, child);
        packed->broken = packed->broken || !child;
    }
    return condition;
}

static void
unpack_sets(Packed *packed, VtRule *rule)
{
    for (guint64 count = unpack_count(packed); count > 0 && !packed->broken; count--) {
        VtSet *set = g_new0(VtSet, 1);
        g_ptr_array_add(rule->sets, set);
        set->each = unpack_string(packed);
        set->place = unpack_text(packed);
        set->parsed = fixed_place(packed, set->place);
        set->value = unpack_text(packed);
    }
}

static void
unpack_findings(Packed *packed, VtRule *rule)
{
    for (guint64 count = unpack_count(packed); count > 0 && !packed->broken; count--) {
        VtRuleFinding *finding = g_new0(VtRuleFinding, 1);
        g_ptr_array_add(rule->findings, finding);
        finding->level = (VtLevel)unpack_choice(packed, VT_LEVEL_ERROR);
        finding->when = unpack_condition(packed, 0);
        finding->place = unpack_string(packed);
        finding->message = unpack_text(packed);
    }
}

static VtRule *
unpack_rule(Packed *packed)
{
    VtRule *rule = vt_rule_new();

    rule->id = unpack_text(packed);
    rule->file = unpack_text(packed);
    rule->level = (VtLevel)unpack_choice(packed, VT_LEVEL_ERROR);
    rule->scope = (VtScope)unpack_choice(packed, VT_SCOPE_HOST);
    rule->effect = (VtEffect)unpack_choice(packed, VT_EFFECT_BY_HAND);
    rule->about_host = unpack_choice(packed, 1);
    rule->respect_explicit = unpack_choice(packed, 1);
    rule->each = unpack_string(packed);
    rule->summary = unpack_text(packed);
    rule->reason = unpack_text(packed);
    rule->cost = unpack_string(packed);
    unpack_texts(packed, rule->sources);
    rule->since_libvirt = (gint64)unpack_number(packed);
    rule->since_qemu = (gint64)unpack_number(packed);
    rule->when = unpack_condition(packed, 0);
    rule->unset = unpack_condition(packed, 0);
    rule->satisfied = unpack_condition(packed, 0);
    unpack_sets(packed, rule);
    unpack_texts(packed, rule->needs);
    unpack_findings(packed, rule);
    return rule;
}

VtRuleDatabase *
vt_rule_cache_unpack(GBytes *bytes, const char *stamp, VtRuleChoice choice)
{
    gsize length;
    const char *start = g_bytes_get_data(bytes, &length);
    Packed packed = {start, start + length, .once = choice == VT_RULES_OF_ERRORS};
    g_autofree char *magic = unpack_string(&packed);
    g_autofree char *packed_stamp = unpack_string(&packed);
    g_autoptr(VtRuleDatabase) database = NULL;

    if (g_strcmp0(magic, MAGIC) != 0 || g_strcmp0(packed_stamp, stamp) != 0)
        return NULL;
    database = vt_rule_database_new();
    for (guint64 count = unpack_count(&packed); count > 0 && !packed.broken; count--) {
        bool masked = unpack_choice(&packed, 1);
        VtRule *rule = unpack_rule(&packed);

        if (packed.broken)
            vt_rule_free(rule);
        else
            vt_rule_database_add(database, rule, masked);
    }
    if (packed.broken || packed.p != packed.end)
        return NULL;
    vt_rule_database_settle(database);
    return g_steal_pointer(&database);
}
