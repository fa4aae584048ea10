/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core-fixture.h"

#include "diagnose/comparison.h"

/* One measured guest: what is counted of it, and which causes were found in that. */
typedef struct {
    VtMeasurement *measurement;
    VtDiagnosis diagnosis;
    VtFacts *facts;
} Guest;

static inline void
found_free(gpointer data)
{
    VtCauseFound *found = data;

    g_free((gpointer)found->cause);
    g_ptr_array_unref(found->evidence);
    g_free(found);
}

static inline Guest *
guest_new(double seconds)
{
    Guest *guest = g_new0(Guest, 1);

    guest->measurement = vt_measurement_new();
    guest->measurement->seconds = seconds;
    guest->diagnosis.measurement = guest->measurement;
    guest->diagnosis.causes = g_ptr_array_new_with_free_func(found_free);
    guest->diagnosis.sleep_ns = VT_TIME_UNKNOWN;
    guest->facts = vt_facts_new(NULL);
    return guest;
}

static inline void
guest_free(Guest *guest)
{
    g_ptr_array_unref(guest->diagnosis.causes);
    vt_measurement_free(guest->measurement);
    vt_facts_free(guest->facts);
    g_free(guest);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Guest, guest_free)
