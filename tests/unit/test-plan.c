/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#define NEVER "<when><absent place='name'/></when>"
#define SET(place, value) "<set place='" place "' value='" value "'/>"

typedef struct {
    Folder *rules;
    VtFacts *facts;
    VtDocument *document;
    VtRuleDatabase *database;
    VtPlan *plan;
} Stage;

static Stage *
stage_new(const char *domain)
{
    Stage *stage = g_new0(Stage, 1);

    stage->rules = folder_new();
    stage->facts = vt_facts_new(NULL);
    stage->document = parse(domain);
    vt_facts_set_int(stage->facts, "domain.vcpus", 8, "test");
    vt_facts_set_string(stage->facts, "domain.name", "n", "test");
    return stage;
}

static void
stage_free(Stage *stage)
{
    vt_plan_free(stage->plan);
    vt_rule_database_free(stage->database);
    vt_document_free(stage->document);
    vt_facts_free(stage->facts);
    folder_free(stage->rules);
    g_free(stage);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Stage, stage_free)

static const VtPlan *
plan_skipping(Stage *stage, const char *const *skip)
{
    g_autoptr(GError) error = NULL;

    stage->database = load(stage->rules);
    stage->plan = vt_plan_new(stage->document, stage->facts, stage->database, skip, NULL, &error);
    assert_no_error(error);
    return stage->plan;
}

static const VtPlan *
plan(Stage *stage)
{
    return plan_skipping(stage, NULL);
}

#define DOMAIN "<domain><name>n</name><cpu mode='custom'/></domain>"

static void
test_two_rules_that_disagree_are_a_conflict(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(DOMAIN);
    const VtConflict *conflict;

    put_rule(stage->rules, "a/one", GUEST, SET("os/@b", "1") SET("os/@c", "1"));
    put_rule(stage->rules, "a/two", GUEST, SET("os/@b", "2"));
    put_rule(stage->rules, "a/far", GUEST, SET("os/@d", "1"));
    plan(stage);
    assert_int_equal(stage->plan->conflicts->len, 1);
    conflict = stage->plan->conflicts->pdata[0];
    assert_string_equal(conflict->place, "os/@b");
    assert_string_equal(conflict->rules->pdata[0], "a/one");
    assert_string_equal(conflict->values->pdata[1], "2");
    assert_outcome(stage->plan, "a/one", "conflict");
    assert_outcome(stage->plan, "a/two", "conflict");
    assert_null(find_change(stage->plan, "os/@c")); /* all of a rule's changes or none */
    assert_non_null(find_change(stage->plan, "os/@d"));
    assert_int_equal(stage->plan->findings->len, 1);
}

static void
test_a_third_rule_that_agrees_with_one_goes_down_with_it(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(DOMAIN);
    const VtConflict *conflict;

    put_rule(stage->rules, "a/one", GUEST, SET("os/type[@a=\"x\"]/@b", "1"));
    put_rule(stage->rules, "a/two", GUEST, "<set place=\"os/type[@a='x']/@b\" value='2'/>");
    put_rule(stage->rules, "b/one", GUEST, SET("os/type[@a=\"x\"]/@b", "1"));
    plan(stage);
    assert_int_equal(stage->plan->conflicts->len, 1);
    conflict = stage->plan->conflicts->pdata[0];
    assert_int_equal(conflict->rules->len, 3);
    assert_int_equal(stage->plan->changes->len, 0);
}

#define DISK                                                                                       \
    "<domain><devices><disk device='disk'><target dev='vda'/></disk>"                              \
    "<disk device='disk'><target dev='vdb'/></disk></devices><clock/></domain>"

static void
test_one_element_chosen_in_two_ways_is_one_place(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(DISK);

    put_rule(stage->rules, "a/one", GUEST, SET("devices/disk[target/@dev=\"vda\"]/@x", "1"));
    put_rule(stage->rules, "a/two", GUEST, SET("devices/disk[@device=\"disk\"]/@x", "2"));
    put_rule(stage->rules, "b/agrees", GUEST, SET("devices/disk[target/@dev=\"vdb\"]/@y", "1"));
    put_rule(stage->rules, "b/other", GUEST, SET("devices/disk[target/@dev=\"vda\"]/@y", "2"));
    plan(stage);
    assert_int_equal(stage->plan->conflicts->len, 1);
    assert_outcome(stage->plan, "a/one", "conflict");
    assert_outcome(stage->plan, "a/two", "conflict");
    assert_outcome(stage->plan, "b/agrees", "change");
    assert_outcome(stage->plan, "b/other", "change");
}

static void
test_rules_that_agree_on_an_element_chosen_in_two_ways_make_one_change(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(DISK);

    put_rule(stage->rules, "a/one", GUEST, SET("devices/disk[target/@dev=\"vda\"]/@x", "1"));
    put_rule(stage->rules, "a/two", GUEST, SET("devices/disk[@device=\"disk\"]/@x", "1"));
    plan(stage);
    assert_int_equal(stage->plan->conflicts->len, 0);
    assert_int_equal(stage->plan->changes->len, 1);
}

static void
test_an_element_that_two_rules_would_make_differently_is_a_conflict(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(DISK);

    put_rule(stage->rules, "a/one", GUEST, SET("clock/timer[@name=\"tsc\"]/@x", "1"));
    put_rule(stage->rules, "a/two", GUEST, SET("clock/timer[@name=\"tsc\"][@y=\"z\"]/@x", "1"));
    put_rule(stage->rules, "a/far", GUEST, SET("clock/timer[@name=\"rtc\"][@y=\"z\"]/@x", "1"));
    plan(stage);
    assert_int_equal(stage->plan->conflicts->len, 1);
    assert_outcome(stage->plan, "a/one", "conflict");
    assert_outcome(stage->plan, "a/two", "conflict");
    assert_outcome(stage->plan, "a/far", "change");
}

static void
test_rules_that_agree_make_one_change(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(DOMAIN);

    put_rule(stage->rules, "a/one", GUEST, SET("os/@b", "1"));
    put_rule(stage->rules, "a/two", GUEST, SET("os/@b", "1"));
    plan(stage);
    assert_int_equal(stage->plan->conflicts->len, 0);
    assert_int_equal(stage->plan->changes->len, 1);
    assert_outcome(stage->plan, "a/one", "change");
    assert_outcome(stage->plan, "a/two", "change");
}

static void
test_a_conflict_takes_those_along_that_need_it(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(DOMAIN);

    put_rule(stage->rules, "a/one", GUEST, SET("os/@b", "1"));
    put_rule(stage->rules, "a/two", GUEST, SET("os/@b", "2"));
    put_rule(stage->rules, "b/needs-one", GUEST, SET("os/@c", "1") "<needs rule='a/one'/>");
    put_rule(stage->rules, "c/needs-it", GUEST, SET("os/@d", "1") "<needs rule='b/needs-one'/>");
    plan(stage);
    assert_outcome(stage->plan, "b/needs-one", "unmet");
    assert_outcome(stage->plan, "c/needs-it", "unmet");
    assert_int_equal(stage->plan->changes->len, 0);
    assert_int_equal(stage->plan->findings->len, 0);
}

static void
test_a_need_is_met_by_what_is_there_or_will_be(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(DOMAIN);

    put_rule(stage->rules, "a/there", GUEST, NEVER SET("cpu/@mode", "custom"));
    put_rule(stage->rules, "a/done", GUEST,
             NEVER "<satisfied><present place='name'/></satisfied>" SET("os/@x", "1"));
    put_rule(stage->rules, "a/changes", GUEST, SET("os/@y", "1") "<needs rule='b/round'/>");
    put_rule(stage->rules, "a/never", GUEST, NEVER SET("os/@z", "1"));
    put_rule(stage->rules, "b/round", GUEST,
             SET("os/@b", "1") "<needs rule='a/there'/><needs rule='a/done'/>"
                               "<needs rule='a/changes'/>");
    put_rule(stage->rules, "b/not", GUEST, SET("os/@c", "1") "<needs rule='a/never'/>");
    plan(stage);
    assert_outcome(stage->plan, "b/round", "change");
    assert_outcome(stage->plan, "a/changes", "change");
    assert_outcome(stage->plan, "b/not", "unmet");
    assert_int_equal(stage->plan->changes->len, 2);
}

static void
test_what_an_unmet_rule_lacks_is_told(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(DOMAIN);
    const VtNotConsidered *entry;

    put_rule(stage->rules, "a/dark", GUEST,
             "<when><fact name='host.apicv' is='yes'/></when>" SET("os/@a", "1"));
    put_rule(stage->rules, "b/on-it", GUEST, SET("os/@b", "1") "<needs rule='a/dark'/>");
    plan(stage);
    assert_int_equal(stage->plan->not_considered->len, 2);
    entry = stage->plan->not_considered->pdata[1];
    assert_string_equal(entry->rule, "b/on-it");
    assert_int_equal(entry->unknown->len, 1);
    assert_string_equal(entry->unknown->pdata[0], "host.apicv");
}

static void
test_changes_wait_for_those_they_need(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(DOMAIN);

    put_rule(stage->rules, "a/threads", GUEST, SET("cpu/topology/@threads", "2"));
    put_rule(stage->rules, "b/pin", HOST, SET("vcpu/@cpuset", "0") "<needs rule='a/threads'/>");
    put_rule(stage->rules, "c/more", HOST, SET("iothreads/text()", "1") "<needs rule='b/pin'/>");
    put_rule(stage->rules, "d/alone", HOST, SET("title/text()", "t"));
    plan(stage);
    assert_int_equal(find_change(stage->plan, "vcpu/@cpuset")->effect, VT_EFFECT_NEXT_BOOT);
    assert_int_equal(find_change(stage->plan, "iothreads/text()")->effect, VT_EFFECT_NEXT_BOOT);
    assert_int_equal(find_change(stage->plan, "title/text()")->effect, VT_EFFECT_NOW);
}

static void
test_changes_do_not_wait_for_what_is_there(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(DOMAIN);

    put_rule(stage->rules, "a/mode", GUEST, SET("cpu/@mode", "custom"));
    put_rule(stage->rules, "b/pin", HOST, SET("vcpu/@cpuset", "0") "<needs rule='a/mode'/>");
    plan(stage);
    assert_int_equal(find_change(stage->plan, "vcpu/@cpuset")->effect, VT_EFFECT_NOW);
}

static void
test_what_the_administrator_set_is_kept_and_told(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(DOMAIN);
    const VtFinding *finding;

    put_rule(stage->rules, "a/reports", GUEST, SET("cpu/@mode", "maximum") SET("os/@b", "1"));
    put_rule(stage->rules, "a/respects", GUEST " explicit='respect'", SET("cpu/@mode", "maximum"));
    plan(stage);
    assert_outcome(stage->plan, "a/reports", "kept");
    assert_outcome(stage->plan, "a/respects", "kept");
    assert_int_equal(stage->plan->changes->len, 0);
    assert_int_equal(stage->plan->findings->len, 1);
    finding = stage->plan->findings->pdata[0];
    assert_int_equal(finding->level, VT_LEVEL_ADVICE);
    assert_string_equal(finding->path, "cpu/@mode");
    assert_false(finding->automatic);
}

static void
test_masked_and_skipped_rules_change_nothing(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(DOMAIN);
    g_autoptr(Folder) own = folder_new();
    const char *const folders[] = {stage->rules->path, own->path, NULL};
    const char *const skip[] = {"b/*", NULL};

    put_rule(stage->rules, "a/masked", GUEST, SET("os/@a", "1"));
    put_rule(stage->rules, "a/on-masked", GUEST, SET("os/@b", "1") "<needs rule='a/masked'/>");
    put_rule(stage->rules, "b/skipped", GUEST, SET("os/@c", "1"));
    put_rule(stage->rules, "c/on-skipped", GUEST, SET("os/@d", "1") "<needs rule='b/skipped'/>");
    put_rule(stage->rules, "c/free", GUEST, SET("os/@e", "1"));
    put_file(own, "a/masked.xml", "");
    stage->database = vt_rule_database_load(folders, NULL);
    stage->plan = vt_plan_new(stage->document, stage->facts, stage->database, skip, NULL, NULL);
    assert_outcome(stage->plan, "a/masked", "skipped");
    assert_outcome(stage->plan, "a/on-masked", "unmet");
    assert_outcome(stage->plan, "b/skipped", "skipped");
    assert_outcome(stage->plan, "c/on-skipped", "unmet");
    assert_int_equal(stage->plan->changes->len, 1);
    assert_non_null(find_change(stage->plan, "os/@e"));
}

/* Skipping is about changing: what stands in the domain may be built upon. */
static void
test_a_skipped_rule_whose_wish_is_there_meets_needs(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(DOMAIN);
    const char *const skip[] = {"a/mode", NULL};

    put_rule(stage->rules, "a/mode", GUEST, SET("cpu/@mode", "custom"));
    put_rule(stage->rules, "b/on-it", GUEST, SET("os/@b", "1") "<needs rule='a/mode'/>");
    plan_skipping(stage, skip);
    assert_outcome(stage->plan, "a/mode", "skipped");
    assert_outcome(stage->plan, "b/on-it", "change");
}

static void
test_skipped_rules_find_nothing(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(DOMAIN);
    const char *const skip[] = {"*", NULL};

    put_rule(stage->rules, "a/watch", "level='error' scope='guest' effect='by-hand'",
             "<finding level='error'><when><present place='cpu'/></when><message>m</message>"
             "</finding>");
    plan_skipping(stage, skip);
    assert_int_equal(stage->plan->findings->len, 0);
}

static void
test_findings_fill_in_facts_and_know_what_is_mended(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(DOMAIN);
    const VtFinding *finding;

    put_rule(stage->rules, "a/finds", "level='error' scope='guest' effect='by-hand'",
             "<finding level='error' place='os/@b'><when><absent place='os/@b'/></when>"
             "<message>{domain.name} with {domain.vcpus}\n  and {host.cpus}</message></finding>");
    put_rule(stage->rules, "b/mends", GUEST, SET("os/@b", "1"));
    plan(stage);
    finding = stage->plan->findings->pdata[0];
    assert_string_equal(finding->message, "n with 8 and unknown");
    assert_true(finding->automatic);
}

static void
test_a_rule_is_judged_for_each_record(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new("<domain><devices><disk><target dev='a'/></disk>"
                                       "<disk><target dev='b'/></disk></devices></domain>");

    for (const char *name = "ba"; *name; name++) {
        VtFacts *disk = vt_facts_add_record(stage->facts, "disk", "test");
        g_autofree char *target = g_strndup(name, 1);
        g_autofree char *place = g_strdup_printf("devices/disk[target/@dev='%s']", target);
        vt_facts_set_string(disk, "disk.target", target, "test");
        vt_facts_set_string(disk, "disk.place", place, "test");
        vt_facts_set_bool(disk, "disk.covered", *name == 'a', "test");
    }
    put_rule(stage->rules, "a/disk", GUEST " each='disk'",
             "<when><fact name='disk.covered' is='no'/></when>" SET("{disk.place}/@x", "1"));
    plan(stage);
    assert_int_equal(stage->plan->decisions->len, 2);
    assert_string_equal(((VtDecision *)stage->plan->decisions->pdata[0])->instance, "a");
    assert_outcome(stage->plan, "a/disk", "declined");
    assert_int_equal(stage->plan->changes->len, 1);
    assert_non_null(find_change(stage->plan, "devices/disk[target/@dev='b']/@x"));
}

static void
test_a_set_is_made_for_each_record(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) known = stage_new(DOMAIN);
    g_autoptr(Stage) unknown = stage_new(DOMAIN);
    static const char *const body =
        "<set each='pin.vcpu' place=\"cputune/vcpupin[@vcpu='{pin.vcpu.id}']/@cpuset\" "
        "value='{pin.vcpu.cpuset}'/>";

    for (int i = 0; i < 3; i++) {
        VtFacts *pin = vt_facts_add_record(known->facts, "pin.vcpu", "test");
        vt_facts_set_int(pin, "pin.vcpu.id", i, "test");
        vt_facts_set_string(pin, "pin.vcpu.cpuset", "7", "test");
    }
    put_rule(known->rules, "a/pins", HOST, body);
    put_rule(unknown->rules, "a/pins", HOST, body);
    plan(known);
    plan(unknown);
    assert_int_equal(known->plan->changes->len, 3);
    assert_string_equal(find_change(known->plan, "cputune/vcpupin[@vcpu='2']/@cpuset")->after, "7");
    assert_outcome(unknown->plan, "a/pins", "unknown");
}

static void
test_since_is_yes_no_or_unknown(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(DOMAIN);

    vt_facts_set_int(stage->facts, "libvirt.version", 8009999, "test");
    put_rule(stage->rules, "a/old", GUEST, "<since libvirt='8.9.999'/>" SET("os/@a", "1"));
    put_rule(stage->rules, "a/new", GUEST, "<since libvirt='8.10'/>" SET("os/@b", "1"));
    put_rule(stage->rules, "a/dark", GUEST, "<since qemu='2'/>" SET("os/@c", "1"));
    put_rule(stage->rules, "a/both", GUEST, "<since libvirt='9' qemu='2'/>" SET("os/@d", "1"));
    plan(stage);
    assert_outcome(stage->plan, "a/old", "change");
    assert_outcome(stage->plan, "a/new", "declined");
    assert_outcome(stage->plan, "a/dark", "unknown");
    assert_outcome(stage->plan, "a/both", "declined");
}

static void
test_a_fact_that_makes_no_place_is_an_error(void **state G_GNUC_UNUSED)
{
    g_autoptr(Stage) stage = stage_new(DOMAIN);
    g_autoptr(GError) error = NULL;

    vt_facts_set_string(stage->facts, "domain.machine", "it's", "test");
    put_rule(stage->rules, "a/odd", GUEST,
             "<set place=\"os/type[@machine='{domain.machine}']/@x\" value='1'/>");
    stage->database = load(stage->rules);
    stage->plan = vt_plan_new(stage->document, stage->facts, stage->database, NULL, NULL, &error);
    assert_null(stage->plan);
    assert_error_says(error, VT_ERROR_INPUT, "rule 'a/odd'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("two rules that disagree are a conflict", test_two_rules_that_disagree_are_a_conflict),
        TEST("a third rule that agrees with one goes down with it",
             test_a_third_rule_that_agrees_with_one_goes_down_with_it),
        TEST("one element chosen in two ways is one place",
             test_one_element_chosen_in_two_ways_is_one_place),
        TEST("rules that agree on an element chosen in two ways make one change",
             test_rules_that_agree_on_an_element_chosen_in_two_ways_make_one_change),
        TEST("an element that two rules would make differently is a conflict",
             test_an_element_that_two_rules_would_make_differently_is_a_conflict),
        TEST("rules that agree make one change", test_rules_that_agree_make_one_change),
        TEST("a conflict takes those along that need it",
             test_a_conflict_takes_those_along_that_need_it),
        TEST("a need is met by what is there or will be",
             test_a_need_is_met_by_what_is_there_or_will_be),
        TEST("what an unmet rule lacks is told", test_what_an_unmet_rule_lacks_is_told),
        TEST("changes wait for those they need", test_changes_wait_for_those_they_need),
        TEST("changes do not wait for what is there", test_changes_do_not_wait_for_what_is_there),
        TEST("what the administrator set is kept and told",
             test_what_the_administrator_set_is_kept_and_told),
        TEST("masked and skipped rules change nothing",
             test_masked_and_skipped_rules_change_nothing),
        TEST("a skipped rule whose wish is there meets needs",
             test_a_skipped_rule_whose_wish_is_there_meets_needs),
        TEST("skipped rules find nothing", test_skipped_rules_find_nothing),
        TEST("findings fill in facts and know what is mended",
             test_findings_fill_in_facts_and_know_what_is_mended),
        TEST("a rule is judged for each record", test_a_rule_is_judged_for_each_record),
        TEST("a set is made for each record", test_a_set_is_made_for_each_record),
        TEST("since is yes, no or unknown", test_since_is_yes_no_or_unknown),
        TEST("a fact that makes no place is an error", test_a_fact_that_makes_no_place_is_an_error),
    };

    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
