/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmtune apply --measure: how the guests run before their definitions are changed. */
#include "cmd/apply-measure.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/printable.h"
#include "cmd/diagnose-record.h"
#include "cmd/measure.h"
#include "cmd/wait.h"
#include "edges/exit-stats.h"

/* A guest that is being measured. */
typedef struct {
    const VtVirtDomain *domain;
    VtExitSample *before;
} Guest;

static void
guest_free(gpointer data)
{
    Guest *guest = data;

    vt_exit_sample_free(guest->before);
    g_free(guest);
}

static void
tell_missing(const VtVirtDomain *domain, const GError *why)
{
    vt_talk(_("%s: there is no measurement from before: %s"), vt_virt_domain_name(domain),
            why->message);
}

/* A domain that is left as it is has no before. What is wrong with it, applying will say. */
static bool
will_change(VtSession *session, const VtVirtDomain *domain, bool repin)
{
    g_autofree char *xml = vt_virt_domain_stored_xml(domain, false, NULL);
    g_autoptr(VtJudged) judged =
        xml ? vt_session_judge(session, xml, vt_virt_domain_name(domain), false, NULL) : NULL;

    return repin || (judged && judged->result->plan->changes->len > 0);
}

/* Returns: (transfer full) (nullable): NULL: it is said why */
static VtExitSample *
take_first(const VtVirtDomain *domain)
{
    g_autofree char *quoted = vt_shell_name(vt_virt_domain_name(domain));
    g_autoptr(GError) why = NULL;
    g_autoptr(VtExitSample) sample = vt_exit_sample_take(domain, &why);

    if (sample && !vt_exit_sample_has_counters(sample))
        g_set_error(&why, VT_ERROR, VT_ERROR_REFUSED,
                    _("libvirt tells nothing of how often it leaves for the host; 'vmtune "
                      "diagnose %s' says what that takes"),
                    quoted);
    if (!why)
        return g_steal_pointer(&sample);
    tell_missing(domain, why);
    return NULL;
}

static GPtrArray *
take_samples(VtSession *session, const GPtrArray *domains, bool repin)
{
    GPtrArray *guests = g_ptr_array_new_with_free_func(guest_free);

    for (guint i = 0; i < domains->len; i++) {
        const VtVirtDomain *domain = domains->pdata[i];
        VtExitSample *sample = will_change(session, domain, repin) ? take_first(domain) : NULL;
        Guest *guest;

        if (!sample)
            continue;
        guest = g_new0(Guest, 1);
        guest->domain = domain;
        guest->before = sample;
        g_ptr_array_add(guests, guest);
    }
    return guests;
}

static char *
record(const VtSession *session, const Guest *guest, GError **error)
{
    g_autoptr(VtMeasurement) measurement = vt_measurement_new();
    g_autoptr(VtExitSample) after = vt_exit_sample_take(guest->domain, error);
    g_autofree char *xml = NULL;

    if (!after || !vt_exit_samples_measure(guest->before, after, measurement, error))
        return NULL;
    vt_measurement_settle(measurement);
    xml = vt_virt_domain_current_xml(guest->domain, error);
    return xml ? vt_record_now(measurement, session->virt, xml, vt_virt_domain_name(guest->domain),
                               error)
               : NULL;
}

static bool
wait_for(const GPtrArray *guests, double seconds, GError **error)
{
    const Guest *first = guests->len > 0 ? guests->pdata[0] : NULL;
    g_autofree char *many = g_strdup_printf(_("%u guests are measured"), guests->len);
    const VtWait wait = {.seconds = seconds,
                         .doing = guests->len == 1 ? vt_virt_domain_name(first->domain) : many};

    return !first || vt_wait(&wait, error);
}

GHashTable *
vt_measure_before(VtSession *session, const GPtrArray *domains, const VtOptions *options,
                  GError **error)
{
    g_autoptr(GHashTable) records = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GPtrArray) guests = take_samples(session, domains, options->repin);

    if (!wait_for(guests, vt_measure_seconds(options), error))
        return NULL;
    for (guint i = 0; i < guests->len; i++) {
        const Guest *guest = guests->pdata[i];
        g_autoptr(GError) why = NULL;
        char *text = record(session, guest, &why);

        if (text)
            g_hash_table_insert(records, g_strdup(vt_virt_domain_uuid(guest->domain)), text);
        else
            tell_missing(guest->domain, why);
    }
    return g_steal_pointer(&records);
}
