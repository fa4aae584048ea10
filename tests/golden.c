/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Golden cases: every folder cases/TOPIC/RULE/WHAT-IT-SHOWS is a test of its own.
 *
 *     domain.xml  the domain
 *     host        the name of a folder in hosts/; without it there is no host, as for a bare file
 *     plan.txt    what vmtune decides, the folder's own rule first; or "error: ..."
 *     out.xml     what it makes of the domain; there if and only if it changes something
 *
 * VMTUNE_TEST_REGENERATE=1 writes the last two anew. A case without them fails otherwise.
 * VMTUNE_CORPUS names a folder of domains that the laws are held against as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "listing.h"
#include "golden.h"

typedef struct {
    const char *tests; /* folder */
    char *rule;        /* "hyperv/stimer" */
    char *folder;      /* (nullable): of a case */
    char *domain;      /* path */
    char *host;        /* (nullable) */
} Subject;

typedef struct {
    GPtrArray *subjects; /* Subject*; owned here, used by the tests */
    GPtrArray *names;    /* char* */
    GArray *tests;       /* struct CMUnitTest */
} Suite;

/* Hosts are read once and serve many domains. */
static GHashTable *hosts;

static void
free_subject(gpointer data)
{
    Subject *subject = data;

    g_free(subject->rule);
    g_free(subject->folder);
    g_free(subject->domain);
    g_free(subject->host);
    g_free(subject);
}

static const GoldenHost *
get_host(const Subject *subject)
{
    const char *key = subject->host ? subject->host : "";
    GoldenHost *host = g_hash_table_lookup(hosts, key);
    g_autoptr(GError) error = NULL;

    if (host)
        return host;
    host = golden_host_new(subject->tests, subject->host, &error);
    if (!host)
        fail_msg("%s", error->message);
    g_hash_table_insert(hosts, g_strdup(key), host);
    return host;
}

static GoldenJudged *
judge(const Subject *subject, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize length;

    if (!g_file_get_contents(subject->domain, &bytes, &length, error))
        return NULL;
    return golden_judge(get_host(subject), bytes, length, "domain.xml", error);
}

/* ---- one case ---- */

static bool
regenerates(void)
{
    return g_strcmp0(g_getenv("VMTUNE_TEST_REGENERATE"), "1") == 0;
}

/* @text NULL: the file must not be there. */
static void
check_golden(const Subject *subject, const char *file, const char *text)
{
    g_autofree char *path = g_build_filename(subject->folder, file, NULL);
    g_autofree char *golden = NULL;
    gsize length = 0;

    if (regenerates()) {
        if (!text)
            g_unlink(path);
        else if (!g_file_set_contents(path, text, -1, NULL))
            fail_msg("cannot write %s", path);
        return;
    }
    if (!g_file_get_contents(path, &golden, &length, NULL)) {
        if (text)
            fail_msg("%s is missing; VMTUNE_TEST_REGENERATE=1 writes it, for you to read", path);
        return;
    }
    if (!text)
        fail_msg("%s is there, but nothing changes", path);
    if (strlen(text) != length || memcmp(text, golden, length) != 0) {
        g_printerr("---- %s should be:\n%s---- but is:\n%s", path, golden, text);
        fail_msg("%s differs", path);
    }
}

/* A file that nothing reads would look like one that is checked. */
static void
check_files(const char *folder)
{
    static const char *const known[] = {"domain.xml", "host", "out.xml", "plan.txt", NULL};
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);

    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        if (!g_strv_contains(known, name))
            fail_msg("%s/%s belongs to no case", folder, name);
    }
}

static void
check_case(void **state)
{
    const Subject *subject = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GoldenJudged) judged = judge(subject, &error);
    g_autofree char *plan = judged ? golden_dump(judged->result, subject->rule)
                                   : g_strdup_printf("error: %s\n", error->message);

    if (!vt_rule_database_find(get_host(subject)->context->database, subject->rule))
        fail_msg("there is no rule '%s'", subject->rule);
    check_files(subject->folder);
    check_golden(subject, "plan.txt", plan);
    check_golden(subject, "out.xml",
                 judged && judged->result->plan->changes->len > 0 ? judged->result->xml : NULL);
}

static void
hold_laws(const Subject *subject, const char *profile)
{
    VtContext *context = get_host(subject)->context;
    g_autoptr(GError) error = NULL;
    g_autoptr(GoldenJudged) judged = NULL;
    g_autofree char *broken = NULL;

    g_free(context->profile);
    context->profile = g_strdup(profile);
    judged = judge(subject, &error);
    if (judged)
        broken = golden_find_broken_law(get_host(subject), judged);
    g_clear_pointer(&context->profile, g_free);
    if (!judged && subject->folder) /* the golden plan says that this is an error */
        return;
    if (!judged || broken)
        fail_msg("profile %s: %s", profile ? profile : "of its own",
                 judged ? broken : error->message);
}

static void
check_laws(void **state)
{
    static guint turn;
    const Subject *subject = *state;
    g_autoptr(GPtrArray) profiles = vt_profiles_names(get_host(subject)->context->profiles);

    hold_laws(subject, NULL); /* as the domain has it */
    /* and under one of the profiles: there are enough cases for each to have its turn */
    hold_laws(subject, profiles->pdata[turn++ % profiles->len]);
}

/* ---- what the cases as a whole must show ---- */

/* These hang on nothing that a domain or host could leave open: without a host there is nothing to
 * reshape, and the others look at the domain's own XML alone. */
static const char *const never_unknown[] = {
    "cpu/threads",
    "disk/absent-iothread",
    "disk/block-cache",
    "disk/detect-zeroes",
    "disk/idle-iothreads",
    "disk/io-threads",
    "disk/iothread-bus",
    "disk/native-io",
    "memory/locked",
    "usb/tablet",
    NULL,
};

/* Outcomes stand at the beginning of a plan.txt, one line for each time the rule was judged. */
static void
note_outcomes(const char *folder, const char *rule, GHashTable *outcomes)
{
    g_autofree char *path = g_build_filename(folder, "plan.txt", NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return;
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line && g_str_has_prefix(*line, rule); line++) {
        g_auto(GStrv) parts = g_strsplit(*line, ": ", 3);
        if (parts[1])
            g_hash_table_add(outcomes, g_strdup(parts[1]));
    }
}

static void
check_coverage(void **state)
{
    const Subject *subject = *state;
    g_autofree char *folder = g_build_filename(subject->tests, "cases", subject->rule, NULL);
    g_autoptr(GHashTable) outcomes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const Subject bare = {.tests = subject->tests};
    const VtRule *rule = vt_rule_database_find(get_host(&bare)->context->database, subject->rule);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);

    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        note_outcomes(path, subject->rule, outcomes);
    }
    if (!g_hash_table_contains(outcomes, rule->sets->len > 0 ? "change" : "kept"))
        fail_msg("no case shows that it fires");
    if (!g_hash_table_contains(outcomes, "declined") &&
        !g_hash_table_contains(outcomes, "satisfied"))
        fail_msg("no case shows that it declines");
    if (!g_strv_contains(never_unknown, subject->rule) &&
        !g_hash_table_contains(outcomes, "unknown") && !g_hash_table_contains(outcomes, "unmet"))
        fail_msg("no case shows that it meets an unknown fact");
}

/* ---- finding them ---- */

static void
add_test(Suite *suite, char *name, CMUnitTestFunction function, Subject *subject)
{
    const struct CMUnitTest test = {.name = name, .test_func = function, .initial_state = subject};

    g_ptr_array_add(suite->names, name);
    g_array_append_val(suite->tests, test);
}

static Subject *
add_subject(Suite *suite, const char *tests, char *rule, char *domain, char *host)
{
    Subject *subject = g_new0(Subject, 1);

    subject->tests = tests;
    subject->rule = rule;
    subject->domain = domain;
    subject->host = host;
    g_ptr_array_add(suite->subjects, subject);
    return subject;
}

static void
add_case(Suite *suite, const char *tests, const char *rule, const char *what)
{
    g_autofree char *folder = g_build_filename(tests, "cases", rule, what, NULL);
    g_autofree char *host_file = g_build_filename(folder, "host", NULL);
    char *host = NULL;
    Subject *subject;

    if (g_file_get_contents(host_file, &host, NULL, NULL))
        g_strstrip(host);
    subject = add_subject(suite, tests, g_strdup(rule),
                          g_build_filename(folder, "domain.xml", NULL), host);
    subject->folder = g_steal_pointer(&folder);
    add_test(suite, g_strdup_printf("%s/%s", rule, what), check_case, subject);
    add_test(suite, g_strdup_printf("laws hold for %s/%s", rule, what), check_laws, subject);
}

static void
add_cases(Suite *suite, const char *tests)
{
    g_autofree char *cases = g_build_filename(tests, "cases", NULL);
    g_autoptr(GPtrArray) topics = list_folder(cases);

    for (guint t = 0; t < topics->len; t++) {
        g_autofree char *topic = g_build_filename(cases, topics->pdata[t], NULL);
        g_autoptr(GPtrArray) rules = list_folder(topic);

        for (guint r = 0; r < rules->len; r++) {
            g_autofree char *rule =
                g_strdup_printf("%s/%s", (char *)topics->pdata[t], (char *)rules->pdata[r]);
            g_autofree char *folder = g_build_filename(cases, rule, NULL);
            g_autoptr(GPtrArray) whats = list_folder(folder);

            for (guint w = 0; w < whats->len; w++)
                add_case(suite, tests, rule, whats->pdata[w]);
        }
    }
}

/* A test for each rule in force, so that one without cases fails by its name. */
static void
add_coverage(Suite *suite, const char *tests)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtRuleDatabase) database = vt_context_load_database(VT_RULES_ALL, &error);

    if (!database)
        g_error("%s", error->message);
    for (guint i = 0; i < database->rules->len; i++) {
        const VtRule *rule = database->rules->pdata[i];
        add_test(suite, g_strdup_printf("cases of %s show all that it does", rule->id),
                 check_coverage, add_subject(suite, tests, g_strdup(rule->id), NULL, NULL));
    }
}

static void
pass(void **state G_GNUC_UNUSED)
{
}

static void
add_corpus(Suite *suite, const char *tests)
{
    const char *named = g_getenv("VMTUNE_CORPUS");
    g_autofree char *beside = g_build_filename(tests, "../../shared/corpus/domains", NULL);
    const char *corpus = named && *named ? named : beside;
    g_autofree char *host_folder = g_build_filename(tests, "hosts", NULL);
    g_autoptr(GPtrArray) host_names = list_folder(host_folder);
    g_autoptr(GPtrArray) files = list_folder(corpus);

    if (files->len == 0)
        add_test(suite, g_strdup("corpus absent: VMTUNE_CORPUS names no domains, own cases only"),
                 pass, NULL);
    for (guint f = 0; f < files->len; f++) {
        const char *file = files->pdata[f];
        if (!g_str_has_suffix(file, ".xml"))
            continue;
        for (guint h = 0; h <= host_names->len; h++) {
            const char *host = h < host_names->len ? host_names->pdata[h] : NULL;
            Subject *subject = add_subject(suite, tests, NULL, g_build_filename(corpus, file, NULL),
                                           g_strdup(host));
            add_test(
                suite,
                g_strdup_printf("laws hold for corpus/%s on %s", file, host ? host : "no host"),
                check_laws, subject);
        }
    }
}

int
main(void)
{
    const char *tests = g_getenv("VT_TEST_DATA");
    Suite suite = {g_ptr_array_new_with_free_func(free_subject),
                   g_ptr_array_new_with_free_func(g_free),
                   g_array_new(FALSE, FALSE, sizeof(struct CMUnitTest))};
    int failed;

    if (!tests)
        g_error("VT_TEST_DATA does not name the folder of the tests; 'meson test golden' sets it");
    hosts =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)golden_host_free);
    add_cases(&suite, tests);
    add_coverage(&suite, tests);
    add_corpus(&suite, tests);
    failed = _cmocka_run_group_tests("golden", (const struct CMUnitTest *)suite.tests->data,
                                     suite.tests->len, NULL, NULL);
    g_hash_table_unref(hosts);
    g_array_unref(suite.tests);
    g_ptr_array_unref(suite.names);
    g_ptr_array_unref(suite.subjects);
    xmlCleanupParser();
    return failed;
}
