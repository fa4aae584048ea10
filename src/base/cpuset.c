/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In: text or numbers. Out: sets and their shortest text.
 * Law: two sets with the same members are equal and print the same, however they came about.
 */
#include "base/cpuset.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"

#define WORD_BITS 64u

/* Enough of a wrong element to recognise it; the text may come from anywhere and be huge. */
#define QUOTE_BYTES 40u

struct VtCpuSet {
    guint64 *words;
    gsize n_words; /* words that were never needed do not exist; they read as empty */
};

VtCpuSet *
vt_cpuset_new(void)
{
    return g_new0(VtCpuSet, 1);
}

VtCpuSet *
vt_cpuset_copy(const VtCpuSet *set)
{
    VtCpuSet *copy = vt_cpuset_new();

    vt_cpuset_union(copy, set);
    return copy;
}

void
vt_cpuset_free(VtCpuSet *set)
{
    if (!set)
        return;
    g_free(set->words);
    g_free(set);
}

static guint64
word_at(const VtCpuSet *set, gsize index)
{
    return index < set->n_words ? set->words[index] : 0;
}

static void
grow_to(VtCpuSet *set, gsize n_words)
{
    if (n_words <= set->n_words)
        return;
    set->words = g_renew(guint64, set->words, n_words);
    memset(set->words + set->n_words, 0, (n_words - set->n_words) * sizeof(guint64));
    set->n_words = n_words;
}

void
vt_cpuset_add(VtCpuSet *set, unsigned cpu)
{
    g_return_if_fail(cpu < VT_CPUSET_MAX);

    grow_to(set, cpu / WORD_BITS + 1);
    set->words[cpu / WORD_BITS] |= G_GUINT64_CONSTANT(1) << (cpu % WORD_BITS);
}

/* By words: a hostile text of many wide ranges must not cost a step per number. */
static void
add_range(VtCpuSet *set, unsigned first, unsigned last)
{
    gsize from = first / WORD_BITS;
    gsize to = last / WORD_BITS;
    guint64 low = G_MAXUINT64 << (first % WORD_BITS);
    guint64 high = G_MAXUINT64 >> (WORD_BITS - 1 - last % WORD_BITS);

    grow_to(set, to + 1);
    if (from == to) {
        set->words[from] |= low & high;
        return;
    }
    set->words[from] |= low;
    for (gsize i = from + 1; i < to; i++)
        set->words[i] = G_MAXUINT64;
    set->words[to] |= high;
}

void
vt_cpuset_remove(VtCpuSet *set, unsigned cpu)
{
    if (cpu / WORD_BITS < set->n_words)
        set->words[cpu / WORD_BITS] &= ~(G_GUINT64_CONSTANT(1) << (cpu % WORD_BITS));
}

bool
vt_cpuset_has(const VtCpuSet *set, unsigned cpu)
{
    return word_at(set, cpu / WORD_BITS) >> (cpu % WORD_BITS) & 1;
}

unsigned
vt_cpuset_count(const VtCpuSet *set)
{
    unsigned count = 0;

    for (gsize i = 0; i < set->n_words; i++)
        count += (unsigned)__builtin_popcountll(set->words[i]);
    return count;
}

int
vt_cpuset_next(const VtCpuSet *set, unsigned from)
{
    guint64 mask = G_MAXUINT64 << (from % WORD_BITS);

    for (gsize i = from / WORD_BITS; i < set->n_words; i++) {
        guint64 word = set->words[i] & mask;

        if (word)
            return (int)(i * WORD_BITS) + __builtin_ctzll(word);
        mask = G_MAXUINT64;
    }
    return -1;
}

void
vt_cpuset_union(VtCpuSet *set, const VtCpuSet *other)
{
    grow_to(set, other->n_words);
    for (gsize i = 0; i < other->n_words; i++)
        set->words[i] |= other->words[i];
}

void
vt_cpuset_intersect(VtCpuSet *set, const VtCpuSet *other)
{
    for (gsize i = 0; i < set->n_words; i++)
        set->words[i] &= word_at(other, i);
}

void
vt_cpuset_subtract(VtCpuSet *set, const VtCpuSet *other)
{
    for (gsize i = 0; i < set->n_words; i++)
        set->words[i] &= ~word_at(other, i);
}

bool
vt_cpuset_equal(const VtCpuSet *a, const VtCpuSet *b)
{
    gsize n_words = MAX(a->n_words, b->n_words);

    for (gsize i = 0; i < n_words; i++) {
        if (word_at(a, i) != word_at(b, i))
            return false;
    }
    return true;
}

bool
vt_cpuset_overlaps(const VtCpuSet *a, const VtCpuSet *b)
{
    gsize n_words = MIN(a->n_words, b->n_words);

    for (gsize i = 0; i < n_words; i++) {
        if (a->words[i] & b->words[i])
            return true;
    }
    return false;
}

bool
vt_cpuset_is_subset(const VtCpuSet *set, const VtCpuSet *of)
{
    for (gsize i = 0; i < set->n_words; i++) {
        if (set->words[i] & ~word_at(of, i))
            return false;
    }
    return true;
}

char *
vt_cpuset_format(const VtCpuSet *set)
{
    GString *text = g_string_new(NULL);

    for (int first = vt_cpuset_next(set, 0); first >= 0;) {
        int last = first;

        while (vt_cpuset_has(set, (unsigned)last + 1))
            last++;
        if (text->len > 0)
            g_string_append_c(text, ',');
        g_string_append_printf(text, "%d", first);
        if (last > first)
            g_string_append_printf(text, "-%d", last);
        first = vt_cpuset_next(set, (unsigned)last + 1);
    }
    return g_string_free(text, FALSE);
}

/* @reason says what is wrong with the element of the text that begins at @element. */
static bool
refuse(const char *element, const char *reason, GError **error)
{
    gsize length = strcspn(element, ",");
    g_autofree char *cut = g_strndup(element, MIN(length, QUOTE_BYTES));
    g_autofree char *quoted = g_utf8_make_valid(cut, -1);

    g_set_error(error, VT_ERROR, VT_ERROR_INPUT, "'%s': %s", g_strchomp(quoted), reason);
    return false;
}

static const char *
skip_spaces(const char *at)
{
    while (g_ascii_isspace(*at))
        at++;
    return at;
}

/* One decimal number with the spaces behind it. Leaves @at behind what it read. */
static bool
parse_number(const char *element, const char **at, unsigned *ret_number, GError **error)
{
    unsigned number = 0;

    if (!g_ascii_isdigit(**at))
        return refuse(element, _("neither a CPU number N, nor a range N-M, nor an exclusion ^N"),
                      error);
    for (; g_ascii_isdigit(**at); (*at)++) {
        number = number * 10 + (unsigned)g_ascii_digit_value(**at);
        if (number >= VT_CPUSET_MAX)
            return refuse(element, _("16383 is the largest CPU number possible"), error);
    }
    *at = skip_spaces(*at);
    *ret_number = number;
    return true;
}

/* One element up to its comma or the end of the text; @at is left on that. */
static bool
parse_element(VtCpuSet *set, const char **at, GError **error)
{
    const char *element = *at;
    bool exclude = *element == '^';
    unsigned first;
    unsigned last;

    if (exclude)
        (*at)++;
    if (!parse_number(element, at, &first, error))
        return false;
    last = first;
    if (**at == '-') {
        if (exclude)
            return refuse(element, _("a range cannot be excluded; exclude its numbers one by one"),
                          error);
        *at = skip_spaces(*at + 1);
        if (!parse_number(element, at, &last, error))
            return false;
        if (last < first)
            return refuse(element, _("the range ends before it begins"), error);
    }
    if (**at != ',' && **at != '\0')
        return refuse(element, _("neither a CPU number N, nor a range N-M, nor an exclusion ^N"),
                      error);
    if (exclude)
        vt_cpuset_remove(set, first);
    else
        add_range(set, first, last);
    return true;
}

VtCpuSet *
vt_cpuset_parse(const char *text, GError **error)
{
    g_autoptr(VtCpuSet) set = vt_cpuset_new();
    const char *at = skip_spaces(text);

    while (*at != '\0') {
        if (!parse_element(set, &at, error))
            return NULL;
        if (*at == ',')
            at = skip_spaces(at + 1);
    }
    return g_steal_pointer(&set);
}

static bool
add_hex_digit(VtCpuSet *set, char digit, unsigned bit)
{
    unsigned value = (unsigned)g_ascii_xdigit_value(digit);

    if (value > 0 && bit + 3 >= VT_CPUSET_MAX)
        return false;
    for (unsigned i = 0; i < 4; i++) {
        if (value >> i & 1)
            vt_cpuset_add(set, bit + i);
    }
    return true;
}

VtCpuSet *
vt_cpuset_parse_mask(const char *text, GError **error)
{
    g_autoptr(VtCpuSet) set = vt_cpuset_new();
    g_autofree char *mask = g_strstrip(g_strdup(text));
    unsigned group = 0; /* counted from the right, 32 CPUs each */
    unsigned digits = 0;

    for (gsize left = strlen(mask); left > 0; left--) {
        char c = mask[left - 1];

        /* Only a mask without any comma may be longer than a group. */
        if (c == ',' && digits > 0 && digits <= 8) {
            group++;
            digits = 0;
            continue;
        }
        if (!g_ascii_isxdigit(c) || !add_hex_digit(set, c, group * 32 + digits * 4)) {
            refuse(mask, _("not a CPU mask: hexadecimal words of 32 bits with commas between"),
                   error);
            return NULL;
        }
        digits++;
    }
    return g_steal_pointer(&set);
}
