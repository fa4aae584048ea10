/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "diagnosed.h"

#include <libxml/parser.h>
#include <string.h>

#include "diagnose/text.h"
#include "listing.h"

static VtCauseDatabase *causes;
static GHashTable *hosts; /* name -> GoldenHost*: opening one takes its time */

char *
diagnosed_read(const char *folder, const char *name, gsize *ret_length)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    char *text = NULL;

    return g_file_get_contents(path, &text, ret_length, NULL) ? text : NULL;
}

static void
must(bool succeeded, const GError *error)
{
    if (!succeeded)
        fail_msg("%s", error ? error->message : "failed without a word");
}

/* ---- from folder to diagnosis ---- */

static VtMeasurement *
read_measurement(const char *folder)
{
    g_autoptr(GPtrArray) names = list_folder(folder);
    g_autofree char *seconds = diagnosed_read(folder, "seconds", NULL);
    VtMeasurement *measurement = vt_measurement_new();

    for (guint i = 0; i < names->len; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        gsize length;

        if (!g_str_has_suffix(names->pdata[i], ".txt"))
            continue;
        text = diagnosed_read(folder, names->pdata[i], &length);
        must(vt_measurement_read_text(measurement, text, length, names->pdata[i], &error), error);
    }
    vt_measurement_settle(measurement);
    if (seconds)
        measurement->seconds = g_ascii_strtod(seconds, NULL);
    return measurement;
}

static const GoldenHost *
open_host(const char *tests, const char *folder)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = diagnosed_read(folder, "host", NULL);
    const char *name = text ? g_strstrip(text) : NULL;
    GoldenHost *host = g_hash_table_lookup(hosts, name ? name : "none");

    if (!host) {
        host = golden_host_new(tests, name, &error);
        must(host != NULL, error);
        g_hash_table_insert(hosts, g_strdup(host->name), host);
    }
    return host;
}

static GoldenJudged *
judge(const GoldenHost *host, const char *folder, const char *name)
{
    g_autoptr(GError) error = NULL;
    gsize length;
    g_autofree char *bytes = diagnosed_read(folder, name, &length);
    GoldenJudged *judged;

    if (!bytes)
        return NULL;
    judged = golden_judge(host, bytes, length, name, &error);
    must(judged != NULL, error);
    return judged;
}

static VtMemoryMap *
read_map(const char *folder)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = diagnosed_read(folder, "memory-map", NULL);
    VtMemoryMap *map = text ? vt_memory_map_parse(text, &error) : NULL;

    must(map || !text, error);
    return map;
}

static const char *
region_at(VtExitKind kind, guint64 address, gpointer data)
{
    const VtRegion *region = vt_memory_map_find(data, kind, address);

    return region ? region->name : NULL;
}

Diagnosed *
diagnosed_new(const char *tests, const char *name)
{
    Diagnosed *diagnosed = g_new0(Diagnosed, 1);
    g_autofree char *folder = g_build_filename(tests, "diagnoses", name, NULL);
    const GoldenHost *host = open_host(tests, folder);
    VtDiagnoseInput input = {.causes = causes, .rules = host->context->database};

    diagnosed->judged = judge(host, folder, "domain.xml");
    diagnosed->stored = judge(host, folder, "stored.xml");
    diagnosed->measurement = read_measurement(folder);
    diagnosed->map = read_map(folder);
    input.facts = diagnosed->judged ? diagnosed->judged->result->facts : NULL;
    input.plan = diagnosed->judged ? diagnosed->judged->result->plan : NULL;
    input.stored = diagnosed->stored ? diagnosed->stored->result->plan : NULL;
    input.regions = diagnosed->map ? region_at : NULL;
    input.regions_data = diagnosed->map;
    diagnosed->diagnosis = vt_diagnose(diagnosed->measurement, &input);
    return diagnosed;
}

void
diagnosed_free(Diagnosed *diagnosed)
{
    if (!diagnosed)
        return;
    vt_diagnosis_free(diagnosed->diagnosis);
    vt_memory_map_free(diagnosed->map);
    vt_measurement_free(diagnosed->measurement);
    golden_judged_free(diagnosed->judged);
    golden_judged_free(diagnosed->stored);
    g_free(diagnosed);
}

const VtCauseDatabase *
diagnosed_begin(void)
{
    const char *data = g_getenv("VMTUNE_DATADIR");
    g_autofree char *folder = data ? g_build_filename(data, "causes", NULL) : NULL;
    const char *const folders[] = {folder, NULL};
    g_autoptr(GError) error = NULL;

    causes = vt_cause_database_load(folders, &error);
    if (!causes)
        g_error("%s", error->message);
    hosts =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)golden_host_free);
    return causes;
}

void
diagnosed_end(void)
{
    vt_cause_database_free(causes);
    g_hash_table_unref(hosts);
    xmlCleanupParser();
}

void
diagnosed_check(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *golden = NULL;

    if (g_strcmp0(g_getenv("VMTUNE_TEST_REGENERATE"), "1") == 0)
        g_file_set_contents(path, text, -1, NULL);
    golden = diagnosed_read(folder, name, NULL);
    if (!golden)
        fail_msg("%s is missing; VMTUNE_TEST_REGENERATE=1 writes it, for you to read", path);
    if (strcmp(golden, text) != 0) {
        g_printerr("---- %s should be:\n%s---- but is:\n%s", path, golden, text);
        fail_msg("%s differs", path);
    }
}
