/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts that tell of a guest's exits, of every program that vmtune reads. */
#include "fuzz.h"

#include <math.h>
#include <string.h>

#include "diagnose/text.h"

/* No two entries are the same, and together they are what the table says. */
static void
check_table(const VtExitTable *table)
{
    g_autoptr(GHashTable) labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    guint64 count = 0;
    gint64 time_ns = 0;

    for (guint i = 0; i < table->counts->len; i++) {
        const VtExitCount *entry = table->counts->pdata[i];
        char *label = vt_exit_count_label(entry);
        MUST(*label != '\0' && g_str_is_ascii(label));
        MUST(g_hash_table_add(labels, label));
        MUST(g_uint64_checked_add(&count, count, entry->count));
        MUST(entry->time_ns >= VT_TIME_UNKNOWN && entry->max_ns >= VT_TIME_UNKNOWN);
        MUST(i == 0 || entry->count <= ((VtExitCount *)table->counts->pdata[i - 1])->count);
        time_ns = entry->time_ns < 0 || time_ns < 0 ? VT_TIME_UNKNOWN : time_ns + entry->time_ns;
    }
    MUST(count == table->count);
    MUST(time_ns == table->time_ns);
    MUST(g_str_equal(table->origin, "exits"));
}

static void
check_measurement(VtMeasurement *measurement)
{
    vt_measurement_settle(measurement);
    MUST(isfinite(measurement->seconds) && measurement->seconds >= 0);
    for (guint i = 0; i < measurement->tables->len; i++)
        check_table(measurement->tables->pdata[i]);
    for (guint i = 0; i < measurement->lost->len; i++)
        MUST(g_utf8_validate(measurement->lost->pdata[i], -1, NULL));
}

/* An error names a line and a column: "exits:LINE:COLUMN: ". */
static void
check_error(const GError *error)
{
    const char *place = error->message + strlen("exits");

    fuzz_check_error(error);
    MUST(g_str_has_prefix(error->message, "exits:"));
    for (int i = 0; i < 2; i++) {
        gsize digits = strspn(place + 1, "0123456789");
        MUST(*place == ':' && digits > 0 && place[1] != '0');
        place += 1 + digits;
    }
    MUST(g_str_has_prefix(place, ": "));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(VtMeasurement) measurement = vt_measurement_new();
    g_autoptr(GError) error = NULL;

    if (!vt_measurement_read_text(measurement, (const char *)data, size, "exits", &error)) {
        check_error(error);
        return 0;
    }
    check_measurement(measurement);
    /* the same once more would count twice */
    MUST(measurement->tables->len > 0);
    MUST(!vt_measurement_read_text(measurement, (const char *)data, size, "exits", &error));
    return 0;
}
