/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose/diagnosis.h"

#include <string.h>

#include "base/i18n.h"
#include "diagnose/cures.h"
#include "diagnose/diagnosis-parts.h"
#include "diagnose/suspects.h"

/* Below this share of exits and of time nothing is worth a word... */
#define SMALL_SHARE 0.02
/* many small things together are, from here on... */
#define LUMP_SHARE 0.1
/* ...nor is what happens so seldom and takes no more than this of one CPU. */
#define SELDOM_PER_SECOND 100.0
#define SELDOM_TIME_SHARE 0.001

#define MMIO_PAGE_BITS 12

typedef struct {
    const VtDiagnoseInput *input;
    VtDiagnosis *diagnosis;
    const VtExitSplit *split;
    GHashTable *found;   /* const VtCause* -> VtCauseFound* */
    GHashTable *unknown; /* key of what is unknown -> GPtrArray of Unexplained* */
    GPtrArray *keys;     /* char*, of @unknown, in order of appearance */
} Diagnosing;

/* Exits of which no cause speaks. */
typedef struct {
    const VtExits *exits;
    const char *region;
} Unexplained;

static void
evidence_free(gpointer data)
{
    VtEvidence *evidence = data;

    g_free(evidence->region);
    g_free(evidence);
}

static VtCauseFound *
found_new(const VtCause *cause)
{
    VtCauseFound *found = g_new0(VtCauseFound, 1);

    found->cause = cause;
    found->sure = true;
    found->evidence = g_ptr_array_new_with_free_func(evidence_free);
    found->others = g_ptr_array_new();
    found->cures = g_ptr_array_new_with_free_func((GDestroyNotify)vt_cure_free);
    found->commands = g_ptr_array_new_with_free_func((GDestroyNotify)vt_command_free);
    return found;
}

static void
found_free(gpointer data)
{
    VtCauseFound *found = data;

    g_ptr_array_unref(found->evidence);
    g_ptr_array_unref(found->others);
    g_free(found->summary);
    g_free(found->device);
    g_free(found->reason);
    g_free(found->note);
    g_ptr_array_unref(found->cures);
    g_ptr_array_unref(found->commands);
    g_free(found);
}

void
vt_diagnosis_free(VtDiagnosis *diagnosis)
{
    if (!diagnosis)
        return;
    g_ptr_array_unref(diagnosis->causes);
    g_ptr_array_unref(diagnosis->remarks);
    g_free(diagnosis);
}

bool
vt_diagnosis_has_trouble(const VtDiagnosis *diagnosis)
{
    for (guint i = 0; i < diagnosis->causes->len; i++) {
        const VtCauseFound *found = diagnosis->causes->pdata[i];

        if (found->cause && found->cause->verdict == VT_VERDICT_TROUBLE && !found->small)
            return true;
    }
    return false;
}

/* ---- gathering ---- */

static gint64
add_time(gint64 one, gint64 other)
{
    if (one == VT_TIME_UNKNOWN || other == VT_TIME_UNKNOWN)
        return VT_TIME_UNKNOWN;
    return one > G_MAXINT64 - other ? G_MAXINT64 : one + other;
}

static void
add_evidence(VtCauseFound *found, const VtExits *exits, const char *region)
{
    VtEvidence *evidence = g_new0(VtEvidence, 1);

    evidence->entry = exits->entry;
    evidence->kind = exits->kind;
    evidence->count = exits->count;
    evidence->time_ns = exits->time_ns;
    evidence->region = g_strdup(region);
    g_ptr_array_add(found->evidence, evidence);
    found->count += exits->count;
    found->time_ns = add_time(found->time_ns, exits->time_ns);
}

static const char *
region_of(const VtDiagnoseInput *input, const VtExits *exits)
{
    bool has_one = exits->kind == VT_EXITS_BY_PORT || exits->kind == VT_EXITS_BY_MMIO;

    return has_one && input->regions
               ? input->regions(exits->kind, exits->entry->address, input->regions_data)
               : NULL;
}

/* What is told of together: a page of MMIO is one device's, and so is what the map calls alike. */
static char *
key_of(const VtExits *exits, const char *region)
{
    guint64 address = exits->entry->address;

    if (region)
        return g_strdup(region);
    if (exits->kind == VT_EXITS_BY_REASON || exits->kind == VT_EXITS_COUNTER)
        return g_strdup_printf("%d %s", exits->kind, exits->entry->name);
    return g_strdup_printf("%d %" G_GINT64_MODIFIER "x", exits->kind,
                           exits->kind == VT_EXITS_BY_MMIO ? address >> MMIO_PAGE_BITS : address);
}

static void
note_unexplained(Diagnosing *diagnosing, const VtExits *exits, const char *region)
{
    g_autofree char *key = key_of(exits, region);
    GPtrArray *group = g_hash_table_lookup(diagnosing->unknown, key);
    Unexplained *unexplained = g_new(Unexplained, 1);

    if (!group) {
        group = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(diagnosing->keys, key);
        g_hash_table_insert(diagnosing->unknown, g_steal_pointer(&key), group);
    }
    *unexplained = (Unexplained){exits, region};
    g_ptr_array_add(group, unexplained);
}

static void
explain(Diagnosing *diagnosing, const VtSuspects *suspects, const VtExits *exits)
{
    g_autoptr(GPtrArray) others = g_ptr_array_new();
    const char *region = region_of(diagnosing->input, exits);
    bool sure;
    const VtCause *cause = vt_suspects_find(suspects, exits, region, others, &sure);
    VtCauseFound *found = cause ? g_hash_table_lookup(diagnosing->found, cause) : NULL;

    if (!cause) {
        note_unexplained(diagnosing, exits, region);
        return;
    }
    if (!found) {
        found = found_new(cause);
        g_hash_table_insert(diagnosing->found, (gpointer)cause, found);
        g_ptr_array_add(diagnosing->diagnosis->causes, found);
    }
    found->sure = found->sure && sure;
    for (guint i = 0; i < others->len; i++) {
        if (!g_ptr_array_find(found->others, others->pdata[i], NULL))
            g_ptr_array_add(found->others, others->pdata[i]);
    }
    add_evidence(found, exits, region);
}

static void
gather(Diagnosing *diagnosing)
{
    g_autoptr(VtSuspects) suspects = vt_suspects_new(diagnosing->input);
    const GArray *exits = diagnosing->split->exits;

    for (guint i = 0; i < exits->len; i++)
        explain(diagnosing, suspects, &g_array_index(exits, VtExits, i));
}

/* ---- what nobody knows ---- */

static VtCauseFound *
add_unknown(Diagnosing *diagnosing, const GPtrArray *group, VtCauseFound *into)
{
    VtCauseFound *found = into ? into : found_new(NULL);

    for (guint i = 0; i < group->len; i++) {
        const Unexplained *unexplained = group->pdata[i];
        add_evidence(found, unexplained->exits, unexplained->region);
    }
    if (!into)
        g_ptr_array_add(diagnosing->diagnosis->causes, found);
    return found;
}

static bool
is_worth_a_word(const Diagnosing *diagnosing, const GPtrArray *group)
{
    double count = 0;

    for (guint i = 0; i < group->len; i++)
        count += (double)((const Unexplained *)group->pdata[i])->exits->count;
    return count >= SMALL_SHARE * (double)diagnosing->split->count;
}

/* Each of its own, but what is small in one lump: there may be any number of them. */
static void
gather_unknown(Diagnosing *diagnosing)
{
    VtCauseFound *lump = NULL;

    for (guint i = 0; i < diagnosing->keys->len; i++) {
        const GPtrArray *group =
            g_hash_table_lookup(diagnosing->unknown, diagnosing->keys->pdata[i]);
        const Unexplained *first = group->pdata[0];

        if (is_worth_a_word(diagnosing, group))
            vt_diagnosis_describe_unknown(add_unknown(diagnosing, group, NULL), false,
                                          first->exits->told_finer, diagnosing->input->facts);
        else
            lump = add_unknown(diagnosing, group, lump);
    }
    if (!lump)
        return;
    lump->small = true; /* each of them; see is_small() */
    vt_diagnosis_describe_unknown(lump, true, false, diagnosing->input->facts);
}

/* ---- weighing ---- */

static bool
is_asleep(const VtCauseFound *found)
{
    return found->cause && found->cause->verdict == VT_VERDICT_SLEEP;
}

static bool
is_trouble(const VtCauseFound *found)
{
    return found->cause && found->cause->verdict == VT_VERDICT_TROUBLE;
}

static void
sum_up(VtDiagnosis *diagnosis)
{
    bool asleep = false;
    gint64 sleep_ns = 0;

    for (guint i = 0; i < diagnosis->causes->len; i++) {
        const VtCauseFound *found = diagnosis->causes->pdata[i];

        diagnosis->count += found->count;
        asleep = asleep || is_asleep(found);
        if (is_asleep(found))
            sleep_ns = add_time(sleep_ns, found->time_ns);
        else
            diagnosis->time_ns = add_time(diagnosis->time_ns, found->time_ns);
    }
    diagnosis->sleep_ns = asleep ? sleep_ns : VT_TIME_UNKNOWN;
}

/* What happens seldom and takes nothing is small whatever its share: an idle guest leaves for
 * little else. */
static bool
is_seldom(const VtCauseFound *found, double seconds)
{
    return seconds > 0 && (double)found->count < SELDOM_PER_SECOND * seconds &&
           (found->time_ns == VT_TIME_UNKNOWN ||
            (double)found->time_ns < SELDOM_TIME_SHARE * seconds * 1e9);
}

static bool
is_small(const VtCauseFound *found, double seconds)
{
    double share = MAX(found->count_share, found->time_share);

    if (is_asleep(found))
        return false;
    if (found->small) /* a lump */
        return share < LUMP_SHARE;
    if (found->cause && found->sure && found->cause->matters_from != VT_MATTERS_UNSAID)
        return share < found->cause->matters_from;
    return share < SMALL_SHARE || is_seldom(found, seconds);
}

static gint
compare_evidence(gconstpointer a, gconstpointer b)
{
    const VtEvidence *one = *(const VtEvidence *const *)a;
    const VtEvidence *other = *(const VtEvidence *const *)b;

    if (one->count != other->count)
        return one->count < other->count ? 1 : -1;
    if (one->kind != other->kind)
        return (int)one->kind - (int)other->kind;
    if (one->entry->address != other->entry->address)
        return one->entry->address < other->entry->address ? -1 : 1;
    if (one->entry->access != other->entry->access)
        return (int)one->entry->access - (int)other->entry->access;
    return g_strcmp0(one->entry->name, other->entry->name);
}

static void
weigh(VtCauseFound *found, const VtDiagnosis *diagnosis)
{
    bool timed = !is_asleep(found) && found->time_ns != VT_TIME_UNKNOWN && diagnosis->time_ns > 0;

    found->count_share = diagnosis->count > 0 ? (double)found->count / (double)diagnosis->count : 0;
    found->time_share = timed ? (double)found->time_ns / (double)diagnosis->time_ns : -1;
    found->small = is_small(found, diagnosis->measurement->seconds);
    g_ptr_array_sort(found->evidence, compare_evidence);
}

/* What can be mended first, then what somebody should find out about. */
static int
rank_of(const VtCauseFound *found)
{
    if (is_asleep(found))
        return 3;
    if (found->small)
        return 2;
    return is_trouble(found) ? 0 : !found->cause ? 1 : 2;
}

static double
weight_of(const VtCauseFound *found)
{
    return found->time_share >= 0 ? found->time_share : found->count_share;
}

static gint
compare_found(gconstpointer a, gconstpointer b)
{
    const VtCauseFound *one = *(const VtCauseFound *const *)a;
    const VtCauseFound *other = *(const VtCauseFound *const *)b;

    if (rank_of(one) != rank_of(other))
        return rank_of(one) - rank_of(other);
    if (weight_of(one) != weight_of(other))
        return weight_of(one) < weight_of(other) ? 1 : -1;
    if (one->count != other->count)
        return one->count < other->count ? 1 : -1;
    return g_strcmp0(one->summary, other->summary);
}

/* ---- words ---- */

/* The rules that would end it are kept already: what was measured is from before, or the guest
 * makes no use of them. @both: what runs and what is stored are told apart. */
static char *
note_on_cures(const VtCauseFound *found, bool both)
{
    bool waits = false;

    for (guint i = 0; i < found->cures->len; i++) {
        VtCureState state = ((const VtCure *)found->cures->pdata[i])->state;
        if (state != VT_CURE_IN_PLACE && state != VT_CURE_WAITS)
            return NULL;
        waits = waits || state == VT_CURE_WAITS;
    }
    if (found->cures->len == 0 || !is_trouble(found) || found->small)
        return NULL;
    if (waits)
        return g_strdup(_("What ends this is stored, and the guest runs since before: shut it down "
                          "and start it again. A restart from inside is not enough."));
    return g_strdup(both ? _("The guest runs with what ends this, and makes no use of it.")
                         : _("The domain has what ends this. Either the guest runs since before "
                             "that was set, and a cold boot is due, or it makes no use of it."));
}

static void
describe(VtCauseFound *found, const VtDiagnoseInput *input)
{
    const VtCause *cause = found->cause;

    found->summary = g_strdup(_(cause->summary));
    found->device = cause->device ? g_strdup(_(cause->device)) : NULL;
    found->reason = vt_facts_expand(input->facts, _(cause->reason), true, NULL);
    vt_cures_find(found, input);
}

static void
describe_all(VtDiagnosis *diagnosis, const VtDiagnoseInput *input)
{
    for (guint i = 0; i < diagnosis->causes->len; i++) {
        VtCauseFound *found = diagnosis->causes->pdata[i];

        if (found->cause)
            describe(found, input);
        weigh(found, diagnosis);
        found->note = note_on_cures(found, input->stored != NULL);
    }
    g_ptr_array_sort(diagnosis->causes, compare_found);
}

/* Commands name the domain; where there is none, they are for the reader to fill in. */
static VtFacts *
know_nothing(void)
{
    VtFacts *facts = vt_facts_new(NULL);

    vt_facts_set_string(facts, "domain.name", "DOMAIN", "placeholder");
    return facts;
}

VtDiagnosis *
vt_diagnose(const VtMeasurement *measurement, const VtDiagnoseInput *input)
{
    g_autoptr(VtFacts) nothing_known = know_nothing();
    g_autoptr(VtExitSplit) split = vt_exit_split_new(measurement, input->causes);
    g_autoptr(GHashTable) found = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) unknown =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    VtDiagnoseInput known = *input;
    VtDiagnosis *diagnosis = g_new0(VtDiagnosis, 1);
    Diagnosing diagnosing = {&known, diagnosis, split, found, unknown, keys};

    known.facts = input->facts ? input->facts : nothing_known;
    diagnosis->measurement = measurement;
    diagnosis->causes = g_ptr_array_new_with_free_func(found_free);
    diagnosis->remarks = g_ptr_array_new_with_free_func(g_free);
    gather(&diagnosing);
    gather_unknown(&diagnosing);
    sum_up(diagnosis);
    describe_all(diagnosis, &known);
    vt_diagnosis_remark(diagnosis, split, known.facts);
    return diagnosis;
}
