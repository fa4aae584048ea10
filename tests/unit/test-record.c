/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#include "diagnose/record.h"

#define DOMAIN                                                                                     \
    "<domain type='kvm'>\n  <name>win10</name>\n"                                                  \
    "  <uuid>7c0ea8a6-1b1d-4b5b-8c44-3c0d5a4c9d01</uuid>\n</domain>\n"

/* What is said of a saved measurement; the tests put one thing in the place of another. */
#define RECORD                                                                                     \
    "{\n"                                                                                          \
    "  \"format\": 1, \"vmtune\": \"0.1.0\", \"when\": \"2026-11-21T16:30:00Z\",\n"                \
    "  \"libvirt\": \"9.0.0\", \"emulator\": null, \"kernel\": \"6.1.0\",\n"                       \
    "  \"domain\": {\"name\": \"win10\", \"uuid\": null, \"xml\": null},\n"                        \
    "  \"seconds\": 2.5,\n"                                                                        \
    "  \"tables\": [\n"                                                                            \
    "    {\"kind\": \"vmexit\", \"origin\": \"perf\", \"entries\": [\n"                            \
    "      {\"name\": \"HLT\", \"count\": 1105, \"time_ns\": 37669000, \"max_ns\": null}]},\n"     \
    "    {\"kind\": \"ioport\", \"origin\": \"perf\", \"entries\": [\n"                            \
    "      {\"address\": \"0x608\", \"access\": \"read\", \"count\": 9007199254740993,\n"          \
    "       \"time_ns\": null, \"max_ns\": null}]}],\n"                                            \
    "  \"lost\": [\"3 events\"]\n"                                                                 \
    "}\n"

/* A record and its measurement. */
typedef struct {
    VtRecord *record;
    VtMeasurement *measurement;
} Saved;

static Saved *
saved_new(void)
{
    Saved *saved = g_new0(Saved, 1);

    saved->record = vt_record_new();
    saved->measurement = vt_measurement_new();
    return saved;
}

static void
saved_free(Saved *saved)
{
    vt_record_free(saved->record);
    vt_measurement_free(saved->measurement);
    g_free(saved);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Saved, saved_free)

static Saved *
read_saved(const char *text)
{
    g_autoptr(GError) error = NULL;
    Saved *saved = saved_new();

    vt_record_free(saved->record);
    saved->record = vt_record_read(text, strlen(text), "r.json", saved->measurement, &error);
    assert_no_error(error);
    return saved;
}

static char *
write_saved(const Saved *saved)
{
    g_autoptr(GError) error = NULL;
    char *text = vt_record_write(saved->record, saved->measurement, &error);

    assert_no_error(error);
    return text;
}

static char *
with(const char *old, const char *new)
{
    g_autoptr(GString) text = g_string_new(RECORD);

    assert_int_equal(g_string_replace(text, old, new, 1), 1);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
assert_refused(const char *text, const char *words)
{
    g_autoptr(VtMeasurement) measurement = vt_measurement_new();
    g_autoptr(GError) error = NULL;

    assert_null(vt_record_read(text, strlen(text), "r.json", measurement, &error));
    assert_error_says(error, VT_ERROR_INPUT, words);
    assert_true(g_str_has_prefix(error->message, "r.json:"));
}

static void
assert_refused_with(const char *old, const char *new, const char *words)
{
    g_autofree char *text = with(old, new);

    assert_refused(text, words);
}

/* ---- what is kept ---- */

static void
all_of_a_measurement_is_kept(void **state G_GNUC_UNUSED)
{
    g_autoptr(Saved) saved = read_saved(RECORD);
    const VtMeasurement *measurement = saved->measurement;
    const VtExitTable *ports = vt_measurement_find(measurement, VT_EXITS_BY_PORT);
    const VtExitTable *reasons = vt_measurement_find(measurement, VT_EXITS_BY_REASON);
    const VtRecord *record = saved->record;
    const VtExitCount *port, *halt;

    assert_string_equal(record->vmtune, "0.1.0");
    assert_int_equal(record->when_s, 1795278600);
    assert_string_equal(record->libvirt, "9.0.0");
    assert_null(record->emulator);
    assert_string_equal(record->kernel, "6.1.0");
    assert_string_equal(record->name, "win10");
    assert_true(measurement->seconds > 2.49 && measurement->seconds < 2.51);
    assert_string_equal(measurement->lost->pdata[0], "3 events");
    halt = vt_exit_table_find(reasons, "HLT");
    assert_int_equal(halt->time_ns, 37669000);
    assert_int_equal(halt->max_ns, VT_TIME_UNKNOWN);
    port = ports->counts->pdata[0];
    assert_int_equal(port->address, 0x608);
    assert_int_equal(port->access, VT_ACCESS_READ);
    assert_true(port->count == G_GUINT64_CONSTANT(9007199254740993)); /* no double has that */
}

static void
what_is_written_is_read_as_it_was(void **state G_GNUC_UNUSED)
{
    g_autoptr(Saved) first = read_saved(RECORD), second = NULL;
    g_autofree char *one = write_saved(first), *other = NULL;

    second = read_saved(one);
    other = write_saved(second);
    assert_string_equal(one, other);
}

static void
a_record_of_nothing_is_one(void **state G_GNUC_UNUSED)
{
    g_autoptr(Saved) empty = saved_new(), again = NULL;
    g_autofree char *text = write_saved(empty);

    again = read_saved(text);
    assert_string_equal(again->record->vmtune, VT_VERSION);
    assert_int_equal(again->measurement->tables->len, 0);
    assert_null(again->record->xml);
}

static void
the_domain_names_itself(void **state G_GNUC_UNUSED)
{
    g_autoptr(Saved) saved = saved_new(), again = NULL;
    g_autofree char *text = NULL;

    assert_true(vt_record_set_domain(saved->record, DOMAIN, "win10", NULL));
    text = write_saved(saved);
    again = read_saved(text);
    assert_string_equal(again->record->name, "win10");
    assert_string_equal(again->record->uuid, "7c0ea8a6-1b1d-4b5b-8c44-3c0d5a4c9d01");
    assert_string_equal(again->record->xml, DOMAIN);
}

static void
no_secret_is_kept(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtRecord) record = vt_record_new();

    assert_true(vt_record_set_domain(
        record,
        "<domain><name>n</name><devices><graphics type='vnc' passwd=\"hunter2\" port='-1'/>"
        "<disk><source protocol='https'><cookies><cookie name='a'>s3cret</cookie>"
        "<cookie name='b'/></cookies></source></disk>"
        "<graphics type='spice' passwd='' keymap='de'/></devices></domain>",
        "n", NULL));
    assert_string_equal(
        record->xml,
        "<domain><name>n</name><devices><graphics type='vnc' passwd=\"***\" port='-1'/>"
        "<disk><source protocol='https'><cookies><cookie name='a'>***</cookie>"
        "<cookie name='b'/></cookies></source></disk>"
        "<graphics type='spice' passwd='***' keymap='de'/></devices></domain>");
}

static void
counts_that_json_does_not_hold_are_not_written(void **state G_GNUC_UNUSED)
{
    g_autoptr(Saved) saved = saved_new();
    g_autoptr(GError) error = NULL;
    VtExitTable *table = vt_measurement_add(saved->measurement, VT_EXITS_BY_REASON, "t.txt", NULL);

    vt_exit_table_count(table, "HLT", 0, VT_ACCESS_NONE, G_MAXUINT64, 0, 0);
    assert_null(vt_record_write(saved->record, saved->measurement, &error));
    assert_error_says(error, VT_ERROR_INPUT, "t.txt: the counts are too large to be saved");
}

static void
nothing_that_steers_a_terminal_is_taken_over(void **state G_GNUC_UNUSED)
{
    g_autofree char *text = with("\"HLT\"", "\"\\u001b[2J\"");
    g_autoptr(Saved) saved = read_saved(text);
    const VtExitTable *reasons = vt_measurement_find(saved->measurement, VT_EXITS_BY_REASON);

    assert_non_null(vt_exit_table_find(reasons, "\\x1b[2J"));
}

/* ---- what is refused ---- */

static void
what_is_cut_off_is_refused_at_any_byte(void **state G_GNUC_UNUSED)
{
    for (gsize length = 0; length < strlen(RECORD) - 2; length++) {
        g_autofree char *text = g_strndup(RECORD, length);
        assert_refused(text, "r.json:");
    }
}

static void
what_is_no_json_is_refused_at_its_place(void **state G_GNUC_UNUSED)
{
    assert_refused("", "r.json:1:1: this is not the JSON of a measurement");
    assert_refused("{\n  \"format\": 1,\n  /* */", "r.json:3:3: ");
    assert_refused("{\"format\": 1}\n{\"format\": 1}", "r.json:2:1: ");
    assert_refused("{\"a\": \"\xff\"}", "r.json:1:8: ");
    assert_refused("{\"format\":\n 1 1}", "r.json:2:");
    assert_refused("]", "r.json:1:1: ");
    assert_refused("[]", "r.json:1:1: ");
    assert_refused("1 {}", "r.json:1:1: ");
    assert_refused_with("win10", "\\ud800", "r.json:4:"); /* half of a character */
}

static void
what_nests_without_end_is_refused(void **state G_GNUC_UNUSED)
{
    g_autofree char *array = g_strnfill(10000000, '[');
    g_autofree char *deep = g_strconcat("{\"a\":", array, NULL);

    assert_refused(deep, "r.json:1:13: ");
}

static void
another_json_is_refused(void **state G_GNUC_UNUSED)
{
    assert_refused("{}", "it has no 'format'");
    assert_refused("{\"format\": \"1\"}", "it has no 'format'");
    assert_refused("{\"format\": 0}", "it has no 'format'");
    assert_refused("{\"format\": 1}", "'vmtune' is no string");
}

static void
a_newer_format_is_refused_whatever_else_is_in_it(void **state G_GNUC_UNUSED)
{
    assert_refused("{\"format\": 2, \"new\": []}",
                   "a newer vmtune has saved this, in format 2; this one knows format 1");
}

static void
members_of_another_type_are_refused(void **state G_GNUC_UNUSED)
{
    assert_refused_with("\"0.1.0\"", "1", "'vmtune' is no string");
    assert_refused_with("\"0.1.0\"", "null", "'vmtune' is no string");
    assert_refused_with("\"2026-11-21T16:30:00Z\"", "\"yesterday\"", "'when' is no time");
    assert_refused_with("\"9.0.0\"", "9", "'libvirt' is no string");
    assert_refused_with("2.5", "\"2.5\"", "'seconds' is no number");
    assert_refused_with("[\"3 events\"]", "{}", "'lost' is no list");
    assert_refused_with("\"3 events\"", "3", "'lost[0]' is no string");
    assert_refused_with("1105", "11.5", "'tables[0].entries[0].count' is no whole number");
    assert_refused_with("37669000", "\"4\"", "'tables[0].entries[0].time_ns' is no whole number");
    assert_refused_with("\"HLT\"", "null", "'tables[0].entries[0].name' is no string");
    assert_refused_with("\"0x608\"", "1544", "'tables[1].entries[0].address' is no string");
    assert_refused_with("{\"name\": \"win10\", \"uuid\": null, \"xml\": null}", "\"win10\"",
                        "'domain' is no object");
}

static void
numbers_beyond_reason_are_refused(void **state G_GNUC_UNUSED)
{
    assert_refused_with("2.5", "-1", "'seconds' is no number");
    assert_refused_with("2.5", "1e999", "'seconds' is no number");
    assert_refused_with("1105", "-1", "'tables[0].entries[0].count' is less than 0");
    assert_refused_with("1105", "9223372036854775808", "more than a record can hold");
    assert_refused_with("1105", "18446744073709551615", "more than a record can hold");
    assert_refused_with("1105", "99999999999999999999999", "more than a record can hold");
    assert_refused_with("\"0x608\"", "\"0x10000000000000000\"", "address' is none");
    assert_refused_with("null, \"max_ns\": null}]}],",
                        "1, \"max_ns\": 1}, {\"address\": \"0x1\", \"access\": \"any\", "
                        "\"count\": 9223372036854775807, \"time_ns\": 1, \"max_ns\": 1}]}],",
                        "more than can be added up");
}

static void
unknown_words_and_members_are_refused(void **state G_GNUC_UNUSED)
{
    assert_refused_with("\"seconds\"", "\"minutes\"", "a record has no 'minutes'");
    assert_refused_with("\"uuid\"", "\"id\"", "a record has no 'domain.id'");
    assert_refused_with("\"vmexit\"", "\"exits\"", "'tables[0].kind' is no kind of table: 'exits'");
    assert_refused_with("\"read\"", "\"execute\"", "'tables[1].entries[0].access' is none of");
    assert_refused_with("\"0x608\"", "\"608\"", "'tables[1].entries[0].address' is none: '608'");
    assert_refused_with("\"name\": \"HLT\"", "\"address\": \"0x1\", \"access\": \"any\"",
                        "a record has no 'tables[0].entries[0].a");
}

static void
what_is_there_twice_is_refused(void **state G_GNUC_UNUSED)
{
    assert_refused_with("\"ioport\"", "\"vmexit\"", "there is a table of 'vmexit' already");
    assert_refused_with("37669000, \"max_ns\": null}",
                        "1, \"max_ns\": 1}, {\"name\": \"HLT\", \"count\": 1, \"time_ns\": 1, "
                        "\"max_ns\": 1}",
                        "'tables[0].entries[1]' is an entry that the table has already");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("all of a measurement is kept", all_of_a_measurement_is_kept),
        TEST("what is written is read as it was", what_is_written_is_read_as_it_was),
        TEST("a record of nothing is one", a_record_of_nothing_is_one),
        TEST("the domain names itself", the_domain_names_itself),
        TEST("no secret is kept", no_secret_is_kept),
        TEST("counts that JSON does not hold are not written",
             counts_that_json_does_not_hold_are_not_written),
        TEST("nothing that steers a terminal is taken over",
             nothing_that_steers_a_terminal_is_taken_over),
        TEST("what is cut off is refused at any byte", what_is_cut_off_is_refused_at_any_byte),
        TEST("what is no JSON is refused at its place", what_is_no_json_is_refused_at_its_place),
        TEST("what nests without end is refused", what_nests_without_end_is_refused),
        TEST("another JSON is refused", another_json_is_refused),
        TEST("a newer format is refused whatever else is in it",
             a_newer_format_is_refused_whatever_else_is_in_it),
        TEST("members of another type are refused", members_of_another_type_are_refused),
        TEST("numbers beyond reason are refused", numbers_beyond_reason_are_refused),
        TEST("unknown words and members are refused", unknown_words_and_members_are_refused),
        TEST("what is there twice is refused", what_is_there_twice_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
