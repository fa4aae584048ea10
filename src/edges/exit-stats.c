/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/exit-stats.h"

#include "base/error.h"
#include "base/i18n.h"
#include "diagnose/counters.h"

/* "state.state" is a virDomainState. */
enum { STATE_RUNNING = 1, STATE_PAUSED = 3 };

static guint64
lookup(GHashTable *statistics, const char *name)
{
    const guint64 *value = g_hash_table_lookup(statistics, name);

    return value ? *value : 0;
}

static bool
check(const VtVirtDomain *domain, GHashTable *statistics, GError **error)
{
    const char *name = vt_virt_domain_name(domain);
    guint64 state = lookup(statistics, "state.state");

    if (state == STATE_PAUSED)
        g_set_error(error, VT_ERROR, VT_ERROR_REFUSED,
                    _("domain '%s' is paused: a guest that stands still cannot be measured; 'virsh "
                      "resume' lets it go on"),
                    name);
    else if (vt_virt_domain_run(domain) == 0)
        g_set_error(error, VT_ERROR, VT_ERROR_REFUSED,
                    _("domain '%s' does not run, and only a running guest can be measured"), name);
    else
        return true;
    return false;
}

VtExitSample *
vt_exit_sample_take(const VtVirtDomain *domain, GError **error)
{
    g_autoptr(VtExitSample) sample = g_new0(VtExitSample, 1);

    sample->statistics = vt_virt_domain_statistics(domain, VT_VIRT_VCPU_STATISTICS, error);
    sample->taken_us = g_get_monotonic_time();
    if (!sample->statistics || !check(domain, sample->statistics, error))
        return NULL;
    sample->run = vt_virt_domain_run(domain);
    return g_steal_pointer(&sample);
}

bool
vt_exit_sample_has_counters(const VtExitSample *sample)
{
    return vt_counters_are_told(sample->statistics);
}

void
vt_exit_sample_free(VtExitSample *sample)
{
    if (!sample)
        return;
    g_clear_pointer(&sample->statistics, g_hash_table_unref);
    g_free(sample);
}

bool
vt_exit_samples_measure(const VtExitSample *before, const VtExitSample *after,
                        VtMeasurement *measurement, GError **error)
{
    if (before->run != after->run) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("the guest was started anew while it was measured; measure again"));
        return false;
    }
    if (!vt_measurement_read_counters(measurement, before->statistics, after->statistics, "libvirt",
                                      error))
        return false;
    measurement->seconds = (double)(after->taken_us - before->taken_us) / G_USEC_PER_SEC;
    return true;
}
