/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A diagnosis, and a comparison, as JSON. */
#include "diagnosis-fixture.h"

#include <json-glib/json-glib.h>

#include "report/diagnosis-json.h"

static const VtDiagnosisView view = {.domain = "win10", .apply = "vmtune apply win10"};

/* Returns: (transfer full): the document's object. */
static JsonObject *
read_json(const Scene *scene, const VtDiagnosisView *how)
{
    g_autofree char *text = vt_diagnosis_to_json(&scene->diagnosis, how);
    g_autoptr(JsonNode) node = json_from_string(text, NULL);

    assert_true(g_utf8_validate(text, -1, NULL));
    if (!node)
        fail_msg("no JSON: %s", text);
    return json_object_ref(json_node_get_object(node));
}

static JsonObject *
element(JsonObject *object, const char *array, guint index)
{
    return json_array_get_object_element(json_object_get_array_member(object, array), index);
}

static void
assert_json_null(JsonObject *object, const char *member)
{
    assert_true(json_object_has_member(object, member));
    assert_true(json_object_get_null_member(object, member));
}

static void
totals_have_their_units_in_their_names(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = windows_scene();
    g_autoptr(JsonObject) json = read_json(scene, &view);

    assert_string_equal(json_object_get_string_member(json, "domain"), "win10");
    assert_int_equal(json_object_get_int_member(json, "count"), 348766);
    assert_int_equal(json_object_get_int_member(json, "time_ns"), scene->diagnosis.time_ns);
    assert_int_equal(json_object_get_int_member(json, "sleep_ns"), 37669450);
    assert_true(json_object_get_double_member(json, "seconds") == 10);
    assert_int_equal((int)json_object_get_double_member(json, "count_per_second"), 34876);
}

static void
a_cause_has_all_that_the_text_has(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = windows_scene();
    g_autoptr(JsonObject) json = read_json(scene, &view);
    JsonObject *cause = element(json, "causes", 1);
    JsonObject *evidence = element(cause, "evidence", 0), *cure = element(cause, "cures", 0);

    assert_true(json_object_get_boolean_member(cause, "matters"));
    assert_string_equal(json_object_get_string_member(cause, "verdict"), "trouble");
    assert_int_equal(json_object_get_int_member(cause, "count"), 97950);
    assert_string_equal(json_object_get_string_member(evidence, "kind"), "ioport");
    assert_string_equal(json_object_get_string_member(evidence, "address"), "0x70");
    assert_string_equal(json_object_get_string_member(evidence, "access"), "write");
    assert_json_null(evidence, "name");
    assert_string_equal(json_object_get_string_member(cure, "rule"), "hyperv/stimer");
    assert_string_equal(json_object_get_string_member(cure, "state"), "withheld");
    assert_string_equal(json_object_get_string_member(cure, "why"),
                        "hyperv/synic is switched off in the domain's metadata");
}

static void
sleep_has_no_share_of_the_time(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) scene = windows_scene();
    g_autoptr(JsonObject) json = read_json(scene, &view);
    JsonObject *sleep = element(json, "causes", 5);

    assert_string_equal(json_object_get_string_member(sleep, "verdict"), "sleep");
    assert_int_equal(json_object_get_int_member(sleep, "time_ns"), 37669450);
    assert_json_null(sleep, "time_share");
}

static void
what_is_unknown_is_null(void **state G_GNUC_UNUSED)
{
    static const VtDiagnosisView nobody = {.domain = NULL};
    g_autoptr(Scene) scene = scene_new(0);
    g_autoptr(JsonObject) json = NULL;
    VtCauseFound *found;

    measure_reason(scene, "SOMETHING_NEW", 5, VT_TIME_UNKNOWN);
    found = find_cause(scene, VT_VERDICT_NORMAL, "Nobody knows");
    add_evidence(scene, found, VT_EXITS_BY_REASON, "SOMETHING_NEW", VT_TIME_UNKNOWN);
    found->cause = NULL;
    settle(scene);
    json = read_json(scene, &nobody);
    assert_json_null(json, "domain");
    assert_json_null(json, "apply");
    assert_json_null(json, "seconds");
    assert_json_null(json, "count_per_second");
    assert_json_null(json, "time_ns");
    assert_json_null(json, "comparison");
    assert_json_null(element(json, "causes", 0), "cause");
    assert_json_null(element(json, "causes", 0), "verdict");
    assert_json_null(element(json, "causes", 0), "time_ns");
    assert_json_null(element(element(json, "tables", 0), "entries", 0), "max_ns");
}

static void
is_json_whatever_things_are_called(void **state G_GNUC_UNUSED)
{
    static const VtDiagnosisView odd = {.domain = "\"\\\xff\033\n", .apply = "\x01"};
    g_autoptr(Scene) windows = windows_scene(), hostile = hostile_scene();
    g_autoptr(VtComparison) comparison = compare_scenes(hostile, windows);
    const VtDiagnosisView both = {.comparison = comparison, .difference = "\xff\n"};
    g_autoptr(JsonObject) json = read_json(hostile, &odd);
    g_autoptr(JsonObject) compared = read_json(windows, &both);

    assert_int_equal(json_array_get_length(json_object_get_array_member(json, "causes")), 6);
    assert_true(json_object_has_member(compared, "comparison"));
}

static void
a_comparison_has_both_sides(void **state G_GNUC_UNUSED)
{
    g_autoptr(Scene) windows = windows_scene(), cured = cured_scene();
    g_autoptr(VtComparison) comparison = compare_scenes(windows, cured);
    const VtDiagnosisView both = {.domain = "win10", .comparison = comparison};
    g_autoptr(JsonObject) json = NULL;
    JsonObject *beside, *row;

    g_ptr_array_add(comparison->now_holds, g_strdup("hyperv/stimer"));
    json = read_json(cured, &both);
    beside = json_object_get_object_member(json, "comparison");
    row = element(beside, "rows", 0);
    assert_int_equal(json_object_get_int_member(json, "count"), 150683);
    assert_int_equal(
        json_object_get_int_member(json_object_get_object_member(beside, "before"), "count"),
        348766);
    assert_true(json_object_get_boolean_member(beside, "per_second"));
    assert_string_equal(json_object_get_string_member(row, "label"), "IO_INSTRUCTION");
    assert_int_equal(json_object_get_int_member(row, "before_count"), 256738);
    assert_int_equal(json_object_get_int_member(row, "after_count"), 0);
    assert_int_equal(json_object_get_int_member(row, "before_time_ns"), 2947012920);
    assert_string_equal(json_object_get_string_member(element(beside, "gone", 0), "cause"),
                        "The guest reads the time from the ACPI PM timer");
    assert_string_equal(json_object_get_string_member(element(beside, "come", 0), "cause"),
                        "AutoEOI has switched APICv off");
    assert_string_equal(
        json_array_get_string_element(json_object_get_array_member(beside, "now_holds"), 0),
        "hyperv/stimer");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totals_have_their_units_in_their_names),
        cmocka_unit_test(a_cause_has_all_that_the_text_has),
        cmocka_unit_test(sleep_has_no_share_of_the_time),
        cmocka_unit_test(what_is_unknown_is_null),
        cmocka_unit_test(is_json_whatever_things_are_called),
        cmocka_unit_test(a_comparison_has_both_sides),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
