/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A saved measurement: what is taken for one can be saved again, and is the same then. */
#include "fuzz.h"

#include <string.h>

#include "base/error.h"
#include "diagnose/record.h"

static void
check_round_trip(const VtRecord *record, const VtMeasurement *measurement)
{
    g_autoptr(VtMeasurement) same = vt_measurement_new();
    g_autoptr(VtRecord) again = NULL;
    g_autofree char *first = vt_record_write(record, measurement, NULL), *second = NULL;

    MUST(first);
    again = vt_record_read(first, strlen(first), "again.json", same, NULL);
    MUST(again && same->tables->len == measurement->tables->len);
    second = vt_record_write(again, same, NULL);
    MUST(second && strcmp(first, second) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtMeasurement) measurement = vt_measurement_new();
    g_autoptr(VtRecord) record =
        vt_record_read((const char *)data, size, "fuzz.json", measurement, &error);

    if (record) {
        check_round_trip(record, measurement);
        return 0;
    }
    fuzz_check_error(error);
    MUST(error->code == VT_ERROR_INPUT && g_str_has_prefix(error->message, "fuzz.json:"));
    return 0;
}
