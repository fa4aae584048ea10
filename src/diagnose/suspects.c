/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose/suspects.h"

#include <string.h>

#include "diagnose/cures.h"

/* How far a sign can be trusted; the first goes before the others. */
typedef enum {
    TRUST_ASKED,   /* it asks for something, and that is so */
    TRUST_OPEN,    /* what it asks for nobody knows, or it is not sure of itself */
    TRUST_UNASKED, /* it asks for nothing */
} Trust;

typedef struct {
    const VtCause *cause;
    const VtSign *sign;
    Trust trust;
    bool sure;
} Suspect;

struct VtSuspects {
    GArray *suspects; /* Suspect, by cause's id */
};

static void
add_suspect(VtSuspects *suspects, const VtCause *cause, const VtSign *sign,
            const VtDiagnoseInput *input)
{
    VtTruth truth = vt_cause_condition_holds(sign->when, input);
    bool asks = cause->when || sign->when;
    Trust trust = truth == VT_UNKNOWN || (!asks && !sign->sure) ? TRUST_OPEN
                  : asks                                        ? TRUST_ASKED
                                                                : TRUST_UNASKED;
    const Suspect suspect = {cause, sign, trust, sign->sure && truth == VT_YES};

    if (truth != VT_NO)
        g_array_append_val(suspects->suspects, suspect);
}

VtSuspects *
vt_suspects_new(const VtDiagnoseInput *input)
{
    VtSuspects *suspects = g_new0(VtSuspects, 1);

    suspects->suspects = g_array_new(FALSE, FALSE, sizeof(Suspect));
    for (guint i = 0; i < input->causes->causes->len; i++) {
        const VtCause *cause = input->causes->causes->pdata[i];

        if (vt_cause_condition_holds(cause->when, input) != VT_YES)
            continue;
        for (guint s = 0; s < cause->signs->len; s++)
            add_suspect(suspects, cause, cause->signs->pdata[s], input);
    }
    return suspects;
}

void
vt_suspects_free(VtSuspects *suspects)
{
    if (!suspects)
        return;
    g_array_unref(suspects->suspects);
    g_free(suspects);
}

static bool
names_address(const VtSign *sign, const VtExitCount *entry)
{
    return entry->address >= sign->first && entry->address <= sign->last &&
           (entry->address - sign->first) % sign->step == 0 &&
           (sign->access == VT_ACCESS_NONE || entry->access == VT_ACCESS_NONE ||
            sign->access == entry->access);
}

static bool
fits(const Suspect *suspect, const VtExits *exits, const char *region)
{
    const VtSign *sign = suspect->sign;

    if (sign->region)
        return region && g_pattern_match_simple(sign->region, region);
    if (sign->kind != exits->kind)
        return false;
    if (!sign->name)
        return names_address(sign, exits->entry);
    return g_strcmp0(sign->name, exits->entry->name) == 0 &&
           (exits->told_finer ? sign->sure : !sign->rest);
}

/* How many addresses a sign names: a reason, and a place by its name, is one. */
static guint64
width_of(const VtSign *sign)
{
    return sign->name || sign->region ? 0 : (sign->last - sign->first) / sign->step;
}

static bool
goes_before(const Suspect *one, const Suspect *other)
{
    if (width_of(one->sign) != width_of(other->sign))
        return width_of(one->sign) < width_of(other->sign);
    if (one->trust != other->trust)
        return one->trust < other->trust;
    return one->cause->verdict < other->cause->verdict;
}

const VtCause *
vt_suspects_find(const VtSuspects *suspects, const VtExits *exits, const char *region,
                 GPtrArray *others, bool *ret_sure)
{
    const Suspect *best = NULL;

    for (guint i = 0; i < suspects->suspects->len; i++) {
        const Suspect *suspect = &g_array_index(suspects->suspects, Suspect, i);

        if (fits(suspect, exits, region) && (!best || goes_before(suspect, best)))
            best = suspect;
    }
    *ret_sure = best && best->sure;
    for (guint i = 0; best && !best->sure && i < suspects->suspects->len; i++) {
        const Suspect *suspect = &g_array_index(suspects->suspects, Suspect, i);

        if (suspect->cause != best->cause && fits(suspect, exits, region) &&
            !g_ptr_array_find(others, suspect->cause, NULL))
            g_ptr_array_add(others, (gpointer)suspect->cause);
    }
    return best ? best->cause : NULL;
}
