/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/decide.h"

#include <string.h>

#include "base/i18n.h"
#include "rules/match.h"

void
vt_change_free(VtChange *change)
{
    if (!change)
        return;
    g_free(change->rule);
    vt_place_free(change->place);
    g_free(change->before);
    g_free(change->after);
    g_free(change->reason);
    g_free(change->cost);
    g_free(change);
}

void
vt_finding_free(VtFinding *finding)
{
    if (!finding)
        return;
    g_free(finding->rule);
    g_free(finding->path);
    g_free(finding->message);
    g_free(finding);
}

void
vt_decision_free(VtDecision *decision)
{
    if (!decision)
        return;
    g_free(decision->instance);
    g_free(decision->why);
    g_ptr_array_unref(decision->unknown);
    g_clear_pointer(&decision->changes, g_ptr_array_unref);
    g_clear_pointer(&decision->findings, g_ptr_array_unref);
    g_free(decision);
}

/* A rule's text in the user's language, with the facts filled in. */
static char *
say(const VtFacts *facts, const char *text)
{
    return text ? vt_facts_expand(facts, _(text), true, NULL) : NULL;
}

/* What a rule's sets mean for this domain. */
typedef struct {
    GPtrArray *missing;  /* VtChange*: nothing stands there yet */
    GPtrArray *explicit; /* VtChange*: something else stands there */
    bool unset;          /* what stands there is as good as nothing */
    GPtrArray *unknown;  /* facts that the templates lack */
} Wanted;

static void
wanted_clear(Wanted *wanted)
{
    g_ptr_array_unref(wanted->missing);
    g_ptr_array_unref(wanted->explicit);
    g_ptr_array_unref(wanted->unknown);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wanted, wanted_clear)

static void
add_wanted(GPtrArray *changes, const VtRule *rule, VtPlace *place, const char *before,
           const char *after)
{
    VtChange *change = g_new0(VtChange, 1);

    g_ptr_array_add(changes, change);
    change->rule = g_strdup(rule->id);
    change->place = place;
    change->before = g_strdup(before);
    change->after = g_strdup(after);
    change->scope = rule->scope;
    change->effect = rule->effect;
    change->level = rule->level;
}

/* libvirt's schema has no <clock> without an offset: a rule that brings the element brings the
 * offset that libvirt assumes without one. */
static void
want_demanded(Wanted *wanted, const VtJudge *judge, const VtRule *rule)
{
    bool brings_clock = false;

    if (vt_element_child(vt_document_root(judge->document), "clock"))
        return;
    for (guint i = 0; i < wanted->missing->len; i++) {
        const VtPlace *place = ((const VtChange *)wanted->missing->pdata[i])->place;
        const VtStep *first = place->steps->pdata[0];

        if (strcmp(place->text, "clock/@offset") == 0)
            return;
        brings_clock = brings_clock || strcmp(first->name, "clock") == 0;
    }
    if (brings_clock)
        add_wanted(wanted->missing, rule, vt_place_parse("clock/@offset", NULL), NULL, "utc");
}

static bool
stands_there(const VtPlace *place, const char *before, const char *value)
{
    return g_strcmp0(before, value) == 0 || (before && place->kind == VT_PLACE_ELEMENT);
}

static bool
want(Wanted *wanted, const VtJudge *judge, const VtRule *rule, const VtSet *set,
     const VtFacts *facts, GError **error)
{
    g_autofree char *value = vt_facts_expand(facts, set->value, false, wanted->unknown);
    guint unknown_before = wanted->unknown->len;
    g_autoptr(GError) place_error = NULL;
    g_autoptr(VtPlace) place =
        vt_match_place(set->place, set->parsed, facts, wanted->unknown, &place_error);
    g_autofree char *before = NULL;

    if (wanted->unknown->len > unknown_before)
        return true; /* the place itself is not known */
    if (!place) {
        g_propagate_prefixed_error(error, g_steal_pointer(&place_error), _("rule '%s': "),
                                   rule->id);
        return false;
    }
    before = vt_place_get(place, vt_document_root(judge->document));
    if (!stands_there(place, before, value))
        add_wanted(before && !wanted->unset ? wanted->explicit : wanted->missing, rule,
                   g_steal_pointer(&place), before, value);
    return true;
}

static bool
is_unset(const VtJudge *judge, const VtRule *rule, const VtFacts *facts)
{
    g_autoptr(GPtrArray) ignored = g_ptr_array_new_with_free_func(g_free);

    return rule->unset &&
           vt_match(rule->unset, judge->document, facts, judge->database, ignored, NULL) == VT_YES;
}

static bool
want_all(Wanted *wanted, const VtJudge *judge, const VtRule *rule, const VtFacts *facts,
         GError **error)
{
    wanted->missing = g_ptr_array_new_with_free_func((GDestroyNotify)vt_change_free);
    wanted->explicit = g_ptr_array_new_with_free_func((GDestroyNotify)vt_change_free);
    wanted->unknown = g_ptr_array_new_with_free_func(g_free);
    wanted->unset = is_unset(judge, rule, facts);
    for (guint i = 0; i < rule->sets->len; i++) {
        const VtSet *set = rule->sets->pdata[i];
        const VtFact *records = set->each ? vt_facts_get(facts, set->each) : NULL;

        if (!set->each) {
            if (!want(wanted, judge, rule, set, facts, error))
                return false;
        } else if (!records || !records->known) {
            g_ptr_array_add(wanted->unknown, g_strdup(set->each));
        } else {
            for (guint r = 0; r < records->records->len; r++) {
                if (!want(wanted, judge, rule, set, records->records->pdata[r], error))
                    return false;
            }
        }
    }
    want_demanded(wanted, judge, rule);
    return true;
}

bool
vt_rule_is_skipped(const char *const *skip, const char *id)
{
    for (; skip && *skip; skip++) {
        if (g_pattern_match_simple(*skip, id))
            return true;
    }
    return false;
}

/* A version of libvirt or QEMU that the rule asks for. */
static VtTruth
match_since(const VtFacts *facts, const char *fact, gint64 since, GPtrArray *unknown, char **why)
{
    gint64 version;

    if (since == 0)
        return VT_YES;
    if (!vt_facts_get_int(facts, fact, &version)) {
        g_ptr_array_add(unknown, g_strdup(fact));
        return VT_UNKNOWN;
    }
    if (version >= since)
        return VT_YES;
    if (!*why)
        *why =
            g_strdup_printf(_("%s is %d.%d.%d, older than needed"), fact, (int)(version / 1000000),
                            (int)(version / 1000 % 1000), (int)(version % 1000));
    return VT_NO;
}

static VtTruth
match_when(const VtJudge *judge, VtDecision *decision)
{
    const VtRule *rule = decision->rule;
    const VtFacts *facts = decision->facts;
    VtTruth truth = vt_match(rule->when, judge->document, facts, judge->database, decision->unknown,
                             &decision->culprit);

    if (truth != VT_NO) {
        VtTruth since = match_since(facts, "libvirt.version", rule->since_libvirt,
                                    decision->unknown, &decision->why);
        truth = MIN(truth, since);
    }
    if (truth != VT_NO) {
        VtTruth since =
            match_since(facts, "qemu.version", rule->since_qemu, decision->unknown, &decision->why);
        truth = MIN(truth, since);
    }
    return truth;
}

static void
add_finding(GPtrArray **findings, const VtRule *rule, VtLevel level, const char *path,
            char *message)
{
    VtFinding *finding = g_new0(VtFinding, 1);

    finding->rule = g_strdup(rule->id);
    finding->level = level;
    finding->scope = rule->scope;
    finding->path = g_strdup(path);
    finding->message = message;
    if (!*findings)
        *findings = g_ptr_array_new_with_free_func((GDestroyNotify)vt_finding_free);
    g_ptr_array_add(*findings, finding);
}

void
vt_decide_findings(const VtJudge *judge, const VtRule *rule, const VtFacts *facts, VtLevel level,
                   GPtrArray **findings, GPtrArray *unknown)
{
    for (guint i = 0; i < rule->findings->len; i++) {
        const VtRuleFinding *written = rule->findings->pdata[i];
        g_autofree char *path = NULL;

        if (written->level < level || vt_match(written->when, judge->document, facts,
                                               judge->database, unknown, NULL) != VT_YES)
            continue;
        if (written->place)
            path = vt_facts_expand(facts, written->place, false, NULL);
        add_finding(findings, rule, written->level, path, say(facts, written->message));
    }
}

static void
add_explicit_findings(VtDecision *decision, const Wanted *wanted)
{
    for (guint i = 0; i < wanted->explicit->len; i++) {
        const VtChange *change = wanted->explicit->pdata[i];
        g_autofree char *summary = say(decision->facts, decision->rule->summary);

        add_finding(&decision->findings, decision->rule, VT_LEVEL_ADVICE, change->place->text,
                    g_strdup_printf(_("%s; it is set to '%s' here and left so, '%s' would do it"),
                                    summary, change->before, change->after));
    }
}

static void
take_changes(VtDecision *decision, Wanted *wanted)
{
    const VtChange *first = wanted->missing->pdata[0];
    g_autofree char *reason = say(decision->facts, decision->rule->reason);
    g_autofree char *cost = say(decision->facts, decision->rule->cost);
    VtFinding *announced;

    for (guint i = 0; i < wanted->missing->len; i++) {
        VtChange *change = wanted->missing->pdata[i];
        change->reason = g_strdup(reason);
        change->cost = g_strdup(cost);
    }
    decision->outcome = VT_OUTCOME_CHANGE;
    decision->changes = g_steal_pointer(&wanted->missing);
    wanted->missing = g_ptr_array_new();
    add_finding(&decision->findings, decision->rule, decision->rule->level, first->place->text,
                g_strdup(first->reason));
    announced = decision->findings->pdata[decision->findings->len - 1];
    announced->summary = decision->rule->summary;
}

/* Nothing to set: the rule only watches. */
static void
decide_watch(VtDecision *decision)
{
    if (vt_count(decision->findings) > 0)
        decision->outcome = VT_OUTCOME_KEPT;
    else if (decision->unknown->len > 0)
        decision->outcome = VT_OUTCOME_UNKNOWN;
    else
        decision->outcome = VT_OUTCOME_SATISFIED;
}

/* Its conditions hold: what it sets is there otherwise, missing, or cannot be said. */
static bool
decide_sets(const VtJudge *judge, VtDecision *decision, GError **error)
{
    g_auto(Wanted) wanted = {0};

    if (!want_all(&wanted, judge, decision->rule, decision->facts, error))
        return false;
    if (wanted.unknown->len > 0) {
        decision->outcome = VT_OUTCOME_UNKNOWN;
        g_ptr_array_extend_and_steal(decision->unknown, g_steal_pointer(&wanted.unknown));
        wanted.unknown = g_ptr_array_new();
    } else if (wanted.explicit->len > 0) {
        decision->outcome = VT_OUTCOME_KEPT;
        if (!decision->rule->respect_explicit)
            add_explicit_findings(decision, &wanted);
    } else if (vt_rule_is_skipped(judge->check_only, decision->rule->id)) {
        decision->outcome = VT_OUTCOME_SKIPPED;
        decision->why = g_strdup(_("the profile changes nothing here"));
    } else if (wanted.missing->len > 0) {
        take_changes(decision, &wanted);
    } else {
        decision->outcome = VT_OUTCOME_SATISFIED; /* it sets something for each of no records */
    }
    return true;
}

static bool
settle(const VtJudge *judge, VtDecision *decision, GError **error)
{
    const VtRule *rule = decision->rule;
    VtTruth truth = match_when(judge, decision);
    bool watches = truth == VT_YES && rule->sets->len == 0 && !decision->holds;
    guint unknown_before = decision->unknown->len;

    vt_decide_findings(judge, rule, decision->facts, VT_LEVEL_ADVICE, &decision->findings,
                       decision->unknown);
    if (!watches || vt_count(decision->findings) > 0) /* it is told by something else already */
        g_ptr_array_set_size(decision->unknown, (gint)unknown_before);
    if (decision->holds)
        decision->outcome = VT_OUTCOME_SATISFIED;
    else if (truth == VT_NO)
        decision->outcome = VT_OUTCOME_DECLINED;
    else if (truth == VT_UNKNOWN)
        decision->outcome = VT_OUTCOME_UNKNOWN;
    else if (rule->sets->len == 0)
        decide_watch(decision);
    else
        return decide_sets(judge, decision, error);
    return true;
}

static bool
set_holds(const VtJudge *judge, const VtSet *set, const VtFacts *facts)
{
    const xmlNode *root = vt_document_root(judge->document);
    g_autoptr(GPtrArray) unknown = NULL;
    g_autoptr(VtPlace) place = NULL;
    g_autofree char *before = NULL, *value = NULL;

    if (set->parsed && !vt_place_find(set->parsed, root))
        return false;
    unknown = g_ptr_array_new_with_free_func(g_free);
    place = vt_match_place(set->place, set->parsed, facts, unknown, NULL);
    before = place ? vt_place_get(place, root) : NULL;
    value = before ? vt_facts_expand(facts, set->value, false, unknown) : NULL;
    return before && unknown->len == 0 && stands_there(place, before, value);
}

/* Whether every value that the rule would set is there already. Asked of every rule for every
 * domain, so it ends at the first that is not. */
static bool
sets_hold(const VtJudge *judge, const VtRule *rule, const VtFacts *facts)
{
    bool any = false;

    for (guint i = 0; i < rule->sets->len; i++) {
        const VtSet *set = rule->sets->pdata[i];
        const VtFact *records = set->each ? vt_facts_get(facts, set->each) : NULL;

        if (set->each && (!records || !records->known))
            return false;
        for (guint r = 0; r < (set->each ? records->records->len : 1); r++) {
            const VtFacts *seen = set->each ? records->records->pdata[r] : facts;
            if (!set_holds(judge, set, seen))
                return false;
            any = true;
        }
    }
    return any;
}

static bool
is_satisfied(const VtJudge *judge, const VtRule *rule, const VtFacts *facts)
{
    g_autoptr(GPtrArray) ignored = NULL;

    if (!rule->satisfied)
        return false;
    ignored = g_ptr_array_new_with_free_func(g_free);
    return vt_match(rule->satisfied, judge->document, facts, judge->database, ignored, NULL) ==
           VT_YES;
}

VtDecision *
vt_decide(const VtJudge *judge, const VtRule *rule, const VtFacts *facts, const char *instance,
          GError **error)
{
    g_autoptr(VtDecision) decision = g_new0(VtDecision, 1);

    decision->rule = rule;
    decision->facts = facts;
    decision->instance = g_strdup(instance);
    decision->unknown = g_ptr_array_new_with_free_func(g_free);
    decision->holds = sets_hold(judge, rule, facts) || is_satisfied(judge, rule, facts);
    if (vt_rule_database_is_masked(judge->database, rule)) {
        decision->outcome = VT_OUTCOME_SKIPPED;
        decision->why = g_strdup(_("masked by the administrator"));
    } else if (vt_rule_is_skipped(judge->skip, rule->id)) {
        decision->outcome = VT_OUTCOME_SKIPPED;
        decision->why =
            g_strdup(_("not wanted: skipped by configuration or the domain's metadata"));
    } else if (!settle(judge, decision, error)) {
        return NULL;
    }
    return g_steal_pointer(&decision);
}
