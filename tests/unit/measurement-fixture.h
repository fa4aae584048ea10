/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/error.h"
#include "diagnose/text.h"

#include <string.h>

/* Texts in tests/measurements, read whole or with something wrong. */

static inline char *
sample_text(const char *name)
{
    g_autofree char *path = g_build_filename(g_getenv("VT_TEST_DATA"), "measurements", name, NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, &error))
        fail_msg("%s", error->message);
    return g_strdup(text); /* or else gcc -O3 takes it for what it points to */
}

static inline VtMeasurement *
read_text(const char *text)
{
    g_autoptr(VtMeasurement) measurement = vt_measurement_new();
    g_autoptr(GError) error = NULL;

    if (!vt_measurement_read_text(measurement, text, strlen(text), "exits.txt", &error))
        fail_msg("refused: %s", error->message);
    vt_measurement_settle(measurement);
    return g_steal_pointer(&measurement);
}

static inline VtMeasurement *
read_sample(const char *name)
{
    g_autofree char *text = sample_text(name);

    return read_text(text);
}

/* @place: "LINE:COLUMN" */
static inline void
expect_refusal_of_bytes(const char *bytes, gsize length, const char *place, const char *reason)
{
    g_autoptr(VtMeasurement) measurement = vt_measurement_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *prefix = g_strdup_printf("exits.txt:%s: ", place);

    if (vt_measurement_read_text(measurement, bytes, length, "exits.txt", &error))
        fail_msg("read:\n%s", bytes);
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
    if (!g_str_has_prefix(error->message, prefix) || !strstr(error->message, reason))
        fail_msg("'%s' at %s expected, but: %s", reason, place, error->message);
}

static inline void
expect_refusal(const char *text, const char *place, const char *reason)
{
    expect_refusal_of_bytes(text, strlen(text), place, reason);
}

/* Returns: (transfer full): @text, with @to where @from is first. */
static inline char *
replace_in(const char *text, const char *from, const char *to)
{
    g_auto(GStrv) parts = g_strsplit(text, from, 2);

    if (g_strv_length(parts) != 2)
        fail_msg("there is no '%s' in:\n%s", from, text);
    return g_strconcat(parts[0], to, parts[1], NULL);
}

static inline void
expect_refusal_with(const char *sample, const char *from, const char *to, const char *place,
                    const char *reason)
{
    g_autofree char *text = sample_text(sample);
    g_autofree char *other = replace_in(text, from, to);

    expect_refusal(other, place, reason);
}

/* The table of @kind as text, a line each: "NAME COUNT TIME MAX", in nanoseconds. */
static inline void
expect_table(const VtMeasurement *measurement, VtExitKind kind, const char *expected)
{
    const VtExitTable *table = vt_measurement_find(measurement, kind);
    g_autoptr(GString) text = g_string_new(NULL);

    assert_non_null(table);
    for (guint i = 0; i < table->counts->len; i++) {
        const VtExitCount *count = table->counts->pdata[i];
        g_autofree char *label = vt_exit_count_label(count);
        g_string_append_printf(
            text, "%s %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", label,
            count->count, count->time_ns, count->max_ns);
    }
    assert_string_equal(text->str, expected);
}
