/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The formats of rules and of causes: the schema and the loader against everything that is shipped,
 * the example, and every way to be wrong that somebody thought of.
 *
 *     bad-rules/WHY.xml  a rule with one fault; WHY.err holds the loader's exact words
 *     bad-rules/WHY/     a folder of rules with a fault between them
 *     bad-causes/        the same of causes
 *
 * VMTUNE_TEST_REGENERATE=1 writes the .err files anew. In them the folder is left out of paths.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <string.h>

#include "diagnose/cause.h"
#include "listing.h"
#include "rules/database.h"
#include "rules/profile.h"
#include "validate/schema.h"

/* The faults that a schema cannot see: they lie in what the words mean. All others it must
 * refuse.*/
static const char *const semantic_rules[] = {
    "comparison-of-a-boolean-with-true",
    "comparison-of-a-number-with-a-word",
    "comparison-of-a-number-with-words",
    "comparison-of-a-set-as-a-whole",
    "comparison-of-a-string-by-member",
    "comparison-of-a-string-by-size",
    "comparison-of-records",
    "each-not-records",
    "each-unknown",
    "fact-of-a-record-in-a-reason",
    "fact-of-a-record-outside",
    "fact-of-another-record",
    "fact-unknown",
    "id-not-its-path",
    "message-with-an-unknown-fact",
    "place-with-an-unknown-fact",
    "reason-with-an-unknown-fact",
    "set-each-not-records",
    "set-with-an-unknown-fact",
    "subject-host-with-a-domain-fact",
    "subject-host-with-a-place",
    "subject-host-with-a-set",
    "xpath-not-one",
    "xpath-with-a-variable",
    "xpath-with-an-unknown-function",
    "xpath-with-an-unknown-prefix",
    NULL,
};

static const char *const semantic_causes[] = {
    "command-with-an-unknown-fact", "id-not-its-path",        "range-that-ends-before-it-begins",
    "reason-with-an-unknown-fact",  "trouble-without-an-end", NULL,
};

#define NOT_XML "not well-formed XML"

/* One kind of file. */
typedef struct {
    const char *word;            /* "rule": the schema is rule.rng, the example example-rule.xml */
    const char *folder;          /* "rules": below the data; the wrong ones are in bad-rules */
    const char *const *semantic; /* see above */
    bool (*load)(const char *bytes, gsize length, const char *file, const char *id, GError **error);
    bool (*load_folders)(const char *const *folders, GError **error);
    VtSchema *schema;
} Format;

typedef struct {
    const Format *format;
    char *path;
    char *id;
} File;

typedef struct {
    const char *tests; /* folder */
    const char *data;  /* folder */
    GPtrArray *files;  /* File* */
    GPtrArray *names;  /* char* */
    GArray *tests_run; /* struct CMUnitTest */
} Suite;

static void
file_free(gpointer data)
{
    File *file = data;

    g_free(file->path);
    g_free(file->id);
    g_free(file);
}

static VtDocument *
read_document(const File *file, GError **error)
{
    g_autofree char *bytes = NULL;
    g_autofree char *name = g_path_get_basename(file->path);
    gsize length;

    if (!g_file_get_contents(file->path, &bytes, &length, error))
        return NULL;
    return vt_document_parse(bytes, length, name, error);
}

static bool
load_file(const File *file, GError **error)
{
    g_autofree char *bytes = NULL;
    g_autofree char *name = g_path_get_basename(file->path);
    gsize length;

    return g_file_get_contents(file->path, &bytes, &length, error) &&
           file->format->load(bytes, length, name, file->id, error);
}

/* ---- the formats ---- */

static bool
load_rule(const char *bytes, gsize length, const char *file, const char *id, GError **error)
{
    g_autoptr(VtRule) rule = vt_rule_load(bytes, length, file, id, error);

    return rule != NULL;
}

static bool
load_rules(const char *const *folders, GError **error)
{
    g_autoptr(VtRuleDatabase) database = vt_rule_database_load(folders, error);

    return database != NULL;
}

static bool
load_cause(const char *bytes, gsize length, const char *file, const char *id, GError **error)
{
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func((GDestroyNotify)g_error_free);
    g_autoptr(VtCause) cause = vt_cause_load(bytes, length, file, id, faults);

    if (!cause)
        g_propagate_error(error, g_error_copy(faults->pdata[0]));
    return cause != NULL;
}

static bool
load_causes(const char *const *folders, GError **error)
{
    g_autoptr(VtCauseDatabase) database = vt_cause_database_load(folders, error);

    return database != NULL;
}

static Format formats[] = {
    {"rule", "rules", semantic_rules, load_rule, load_rules, NULL},
    {"cause", "causes", semantic_causes, load_cause, load_causes, NULL},
};

/* ---- good ones ---- */

static void
check_good(void **state)
{
    const File *file = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(VtDocument) document = read_document(file, &error);
    g_autofree char *message = NULL;

    if (!document || !load_file(file, &error))
        fail_msg("%s", error->message);
    if (!vt_schema_check(file->format->schema, document, &message))
        fail_msg("%s: %s", file->path, message);
}

/* What comes with vmtune tells more than the format demands: what one pays for it, and of each
 * source the document and the place in it. */
static void
check_sources(const File *file, const GPtrArray *sources)
{
    for (guint i = 0; i < sources->len; i++) {
        const char *source = sources->pdata[i];
        /* a page of the kernel's documentation is about one thing */
        if (!strstr(source, "://") && !strstr(source, ", ") && !strstr(source, ": ") &&
            !g_str_has_prefix(source, "Linux Documentation/"))
            fail_msg("%s: '%s' names a document, but no place in it", file->id, source);
    }
}

static VtRule *
read_rule(const File *file)
{
    g_autofree char *bytes = NULL;
    gsize length;

    assert_true(g_file_get_contents(file->path, &bytes, &length, NULL));
    return vt_rule_load(bytes, length, file->path, file->id, NULL);
}

static void
check_thorough(void **state)
{
    const File *file = *state;
    g_autoptr(VtRule) rule = read_rule(file);

    if (!rule->cost)
        fail_msg("%s has no <cost>", file->id);
    check_sources(file, rule->sources);
}

static void
check_cause_sources(void **state)
{
    const File *file = *state;
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func((GDestroyNotify)g_error_free);
    g_autofree char *bytes = NULL;
    g_autoptr(VtCause) cause = NULL;
    gsize length;

    assert_true(g_file_get_contents(file->path, &bytes, &length, NULL));
    cause = vt_cause_load(bytes, length, file->path, file->id, faults);
    check_sources(file, cause->sources);
}

/* A rule that only watches is as grave as the gravest thing it can find. */
static void
check_level(void **state)
{
    const File *file = *state;
    g_autoptr(VtRule) rule = read_rule(file);
    VtLevel worst = VT_LEVEL_ADVICE;

    for (guint i = 0; i < rule->findings->len; i++)
        worst = MAX(worst, ((const VtRuleFinding *)rule->findings->pdata[i])->level);
    if (rule->sets->len > 0)
        assert_int_equal(rule->level, VT_LEVEL_RECOMMEND);
    else if (rule->level != worst)
        fail_msg("%s is of level %s and finds %s", file->id, vt_level_to_string(rule->level),
                 vt_level_to_string(worst));
}

/* A profile that comes with vmtune fits its schema and the loader. */
static void
check_profile(void **state)
{
    const File *file = *state;
    g_autofree char *rng = g_build_filename(g_getenv("VMTUNE_DATADIR"), "profile.rng", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(VtSchema) profiles = vt_schema_load(rng, &error);
    g_autoptr(VtDocument) document = read_document(file, &error);
    g_autofree char *message = NULL;
    g_autoptr(VtProfile) profile = NULL;
    const char *bytes;
    gsize length;

    assert_non_null(profiles);
    assert_non_null(document);
    bytes = vt_document_bytes(document, &length);
    profile = vt_profile_load(bytes, length, file->path, file->id, &error);
    if (!profile)
        fail_msg("%s", error->message);
    if (!vt_schema_check(profiles, document, &message))
        fail_msg("%s: %s", file->path, message);
}

/* Names of all elements or attributes of the schema must occur in the example. */
static void
check_example_shows(const File *example, const char *kind, const char *axis)
{
    g_autofree char *data = g_path_get_dirname(example->path);
    g_autofree char *name = g_strconcat(example->format->word, ".rng", NULL);
    const File rng = {example->format, g_build_filename(data, name, NULL), NULL};
    g_autoptr(VtDocument) format = read_document(&rng, NULL);
    g_autoptr(VtDocument) shown = read_document(example, NULL);
    xmlXPathContext *names = xmlXPathNewContext(vt_document_root(format)->doc);
    xmlXPathContext *places = xmlXPathNewContext(vt_document_root(shown)->doc);
    g_autofree char *all = g_strdup_printf("//*[local-name()='%s']/@name", kind);
    xmlXPathObject *found = xmlXPathEvalExpression((const xmlChar *)all, names);
    bool complete = found->nodesetval->nodeNr > 0;

    for (int i = 0; i < found->nodesetval->nodeNr; i++) {
        xmlChar *word = xmlNodeGetContent(found->nodesetval->nodeTab[i]);
        g_autofree char *place = g_strdup_printf("boolean(%s%s)", axis, (const char *)word);
        xmlXPathObject *there = xmlXPathEvalExpression((const xmlChar *)place, places);
        if (!there->boolval)
            g_printerr("the example lacks the %s '%s'\n", kind, (const char *)word);
        complete = complete && there->boolval;
        xmlXPathFreeObject(there);
        xmlFree(word);
    }
    xmlXPathFreeObject(found);
    xmlXPathFreeContext(names);
    xmlXPathFreeContext(places);
    g_free(rng.path);
    assert_true(complete);
}

static void
check_example_is_complete(void **state)
{
    check_example_shows(*state, "element", "//");
    check_example_shows(*state, "attribute", "//@");
}

/* ---- bad ones ---- */

static void
check_message(const char *path, const char *prefix, const GError *error)
{
    g_autofree char *golden_path = g_strdup_printf("%s.err", path);
    g_autofree char *golden = NULL;
    g_autofree char *message = NULL;
    g_autoptr(GString) words = g_string_new(error ? error->message : "");

    if (!error)
        fail_msg("%s is accepted", path);
    g_string_replace(words, prefix, "", 0);
    if (strstr(words->str, NOT_XML)) /* where and why is libxml2's to word, release by release */
        g_string_assign(words, NOT_XML);
    message = g_strdup_printf("%s\n", words->str);
    if (g_strcmp0(g_getenv("VMTUNE_TEST_REGENERATE"), "1") == 0)
        g_file_set_contents(golden_path, message, -1, NULL);
    if (!g_file_get_contents(golden_path, &golden, NULL, NULL))
        fail_msg("%s is missing; VMTUNE_TEST_REGENERATE=1 writes it, for you to read", golden_path);
    assert_string_equal(message, golden);
}

static char *
without_suffix(const char *path)
{
    return g_strndup(path, strlen(path) - strlen(".xml"));
}

static void
check_bad(void **state)
{
    const File *file = *state;
    g_autofree char *base = without_suffix(file->path);
    g_autoptr(GError) error = NULL;

    assert_false(load_file(file, &error));
    check_message(base, "/nothing to leave out/", error);
}

static void
check_bad_folder(void **state)
{
    const File *file = *state;
    const char *const directories[] = {file->path, NULL};
    g_autofree char *prefix = g_strconcat(file->path, "/", NULL);
    g_autoptr(GError) error = NULL;

    assert_false(file->format->load_folders(directories, &error));
    check_message(file->path, prefix, error);
}

/* What the schema accepts although the loader does not must be on the list, and nothing else. */
static void
check_bad_by_schema(void **state)
{
    const File *file = *state;
    g_autofree char *name = g_path_get_basename(file->path);
    g_autofree char *why = without_suffix(name);
    g_autoptr(VtDocument) document = read_document(file, NULL);

    if (g_strv_contains(file->format->semantic, why))
        assert_true(document && vt_schema_check(file->format->schema, document, NULL));
    else
        assert_true(!document || !vt_schema_check(file->format->schema, document, NULL));
}

/* ---- finding them ---- */

static void
add_test(Suite *suite, char *name, CMUnitTestFunction function, File *file)
{
    const struct CMUnitTest test = {.name = name, .test_func = function, .initial_state = file};

    g_ptr_array_add(suite->names, name);
    g_array_append_val(suite->tests_run, test);
}

static File *
add_file(Suite *suite, const Format *format, char *path, char *id)
{
    File *file = g_new0(File, 1);

    file->format = format;
    file->path = path;
    file->id = id;
    g_ptr_array_add(suite->files, file);
    return file;
}

/* What is asked of a shipped file beyond its format. */
static void
add_demands(Suite *suite, File *file)
{
    if (strcmp(file->format->word, "cause") == 0) {
        add_test(suite, g_strdup_printf("cause %s tells its sources", file->id),
                 check_cause_sources, file);
        return;
    }
    add_test(suite, g_strdup_printf("%s tells cost and sources", file->id), check_thorough, file);
    add_test(suite, g_strdup_printf("%s has the level of what it finds", file->id), check_level,
             file);
}

static void
add_shipped(Suite *suite, const Format *format)
{
    g_autofree char *all = g_build_filename(suite->data, format->folder, NULL);
    g_autoptr(GPtrArray) topics = list_folder(all);

    for (guint t = 0; t < topics->len; t++) {
        g_autofree char *folder = g_build_filename(all, topics->pdata[t], NULL);
        g_autoptr(GPtrArray) names = list_folder(folder);

        for (guint n = 0; n < names->len; n++) {
            g_autofree char *base = without_suffix(names->pdata[n]);
            char *id = g_strdup_printf("%s/%s", (char *)topics->pdata[t], base);
            File *file =
                add_file(suite, format, g_build_filename(folder, names->pdata[n], NULL), id);
            add_test(suite, g_strdup_printf("%s %s fits schema and loader", format->word, id),
                     check_good, file);
            add_demands(suite, file);
        }
    }
}

static void
add_profiles(Suite *suite)
{
    g_autofree char *folder = g_build_filename(suite->data, "profiles", NULL);
    g_autoptr(GPtrArray) names = list_folder(folder);

    for (guint n = 0; n < names->len; n++) {
        char *id = without_suffix(names->pdata[n]);
        File *file = add_file(suite, NULL, g_build_filename(folder, names->pdata[n], NULL), id);
        add_test(suite, g_strdup_printf("profile %s fits schema and loader", id), check_profile,
                 file);
    }
}

static void
add_bad(Suite *suite, const Format *format)
{
    g_autofree char *bad = g_strconcat("bad-", format->folder, NULL);
    g_autofree char *folder = g_build_filename(suite->tests, bad, NULL);
    g_autoptr(GPtrArray) names = list_folder(folder);

    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];
        char *path = g_build_filename(folder, name, NULL);
        File *file = add_file(suite, format, path, g_strdup_printf("bad-%s", format->word));

        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            add_test(suite, g_strdup_printf("%s: %s is refused", format->word, name),
                     check_bad_folder, file);
        } else if (g_str_has_suffix(name, ".xml")) {
            g_autofree char *why = without_suffix(name);
            add_test(suite, g_strdup_printf("%s: %s is refused", format->word, why), check_bad,
                     file);
            add_test(suite,
                     g_strdup_printf(g_strv_contains(format->semantic, why)
                                         ? "%s: %s is beyond the schema"
                                         : "%s: %s is refused by the schema",
                                     format->word, why),
                     check_bad_by_schema, file);
        }
    }
}

static void
add_format(Suite *suite, Format *format)
{
    g_autofree char *rng = g_strconcat(format->word, ".rng", NULL);
    g_autofree char *rng_path = g_build_filename(suite->data, rng, NULL);
    g_autofree char *id = g_strdup_printf("example-%s", format->word);
    g_autofree char *example_name = g_strconcat(id, ".xml", NULL);
    g_autoptr(GError) error = NULL;
    File *example = add_file(suite, format, g_build_filename(suite->data, example_name, NULL),
                             g_steal_pointer(&id));

    format->schema = vt_schema_load(rng_path, &error);
    if (!format->schema)
        g_error("%s", error->message);
    add_test(suite, g_strdup_printf("the example of a %s fits schema and loader", format->word),
             check_good, example);
    add_test(suite,
             g_strdup_printf("the example of a %s shows every element and attribute of the schema",
                             format->word),
             check_example_is_complete, example);
    add_shipped(suite, format);
    add_bad(suite, format);
}

int
main(void)
{
    Suite suite = {g_getenv("VT_TEST_DATA"), g_getenv("VMTUNE_DATADIR"),
                   g_ptr_array_new_with_free_func(file_free),
                   g_ptr_array_new_with_free_func(g_free),
                   g_array_new(FALSE, FALSE, sizeof(struct CMUnitTest))};
    int failed;

    if (!suite.tests || !suite.data)
        g_error("VT_TEST_DATA and VMTUNE_DATADIR are not set; 'meson test rules' sets them");
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++)
        add_format(&suite, &formats[i]);
    add_profiles(&suite);
    failed = _cmocka_run_group_tests("rules", (const struct CMUnitTest *)suite.tests_run->data,
                                     suite.tests_run->len, NULL, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++)
        vt_schema_free(formats[i].schema);
    g_array_unref(suite.tests_run);
    g_ptr_array_unref(suite.names);
    g_ptr_array_unref(suite.files);
    xmlCleanupParser();
    return failed;
}
