/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measuring the exits of a running domain with perf, which tells ports and times, too. */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "cmd/measure.h"
#include "cmd/wait.h"
#include "diagnose/text.h"
#include "edges/perf.h"
#include "edges/process.h"

/* Beyond the time of the record itself, and for a report: what perf recorded can be large. */
enum { PERF_SECONDS = 120 };

/* What a person names as the origin of the tables. */
#define ORIGIN "perf"

/* A stale file may name a process that has nothing to do with the domain. */
static bool
is_process_of(const VtProcess *process, const VtVirtDomain *domain)
{
    g_autofree char *path = g_strdup_printf("/proc/%ld/cmdline", (long)process->pid);
    const char *uuid = vt_virt_domain_uuid(domain);
    g_autofree char *line = NULL;
    gsize length;

    return g_file_get_contents(path, &line, &length, NULL) &&
           memmem(line, length, uuid, strlen(uuid));
}

static bool
find_process(const VtSubject *subject, VtProcess *ret_process, GError **error)
{
    bool of_session = g_str_has_suffix(vt_virt_address(subject->virt), "/session");
    g_autofree char *session =
        g_build_filename(g_get_user_runtime_dir(), "libvirt", "qemu", "run", NULL);
    const char *dir = of_session ? session : VT_LEDGER_PID_DIR;

    if (vt_process_from_pid_file(dir, subject->name, ret_process) &&
        is_process_of(ret_process, subject->domain))
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_REFUSED,
                _("the process of domain '%s' cannot be found: '%s/%s.pid' does not name it"),
                subject->name, dir, subject->name);
    return false;
}

static bool
perf_is_over(gpointer perf)
{
    return vt_perf_is_over(perf);
}

/* What perf printed, once it is through. */
static char *
run_perf(VtPerf *perf, const char *const *arguments, const char *doing, double seconds,
         gsize *ret_length, GError **error)
{
    const VtWait wait = {.seconds = seconds,
                         .doing = doing,
                         .is_over = perf_is_over,
                         .data = perf,
                         .at_most_seconds = seconds + PERF_SECONDS};

    if (!vt_perf_start(perf, arguments, error) || !vt_wait(&wait, error))
        return NULL;
    return vt_perf_finish(perf, ret_length, error);
}

static bool
record(VtPerf *perf, const char *doing, pid_t pid, double seconds, GError **error)
{
    g_autofree char *process = g_strdup_printf("%ld", (long)pid);
    g_autofree char *time = g_strdup_printf("%g", seconds);
    const char *const arguments[] = {"kvm", "stat", "record", "-p", process, "sleep", time, NULL};
    gsize length;
    g_autofree char *output = run_perf(perf, arguments, doing, seconds, &length, error);

    return output != NULL;
}

static char *
report(VtPerf *perf, const char *doing, const char *event, gsize *ret_length, GError **error)
{
    g_autofree char *option = g_strdup_printf("--event=%s", event);
    const char *const arguments[] = {"kvm", "stat", "report", option, NULL};

    return run_perf(perf, arguments, doing, 0, ret_length, error);
}

static bool
read_report(VtPerf *perf, const char *doing, const char *event, VtMeasurement *measurement,
            GError **error)
{
    gsize length;
    g_autofree char *output = report(perf, doing, event, &length, error);

    return output && vt_measurement_read_text(measurement, output, length, ORIGIN, error);
}

/* What is behind the exits. Only newer perfs know of MSRs. */
static bool
report_accesses(VtPerf *perf, const char *doing, VtMeasurement *measurement, GError **error)
{
    g_autoptr(GError) unknown = NULL;

    if (!read_report(perf, doing, "ioport", measurement, error) ||
        !read_report(perf, doing, "mmio", measurement, error))
        return false;
    if (!read_report(perf, doing, "msr", measurement, &unknown))
        g_debug("%s", unknown->message);
    return true;
}

static bool
has_exits(const char *text, gsize length, bool *ret_any, GError **error)
{
    g_autoptr(VtMeasurement) measurement = vt_measurement_new();
    const VtExitTable *table;

    if (!vt_measurement_read_text(measurement, text, length, ORIGIN, error))
        return false;
    table = vt_measurement_find(measurement, VT_EXITS_BY_REASON);
    *ret_any = table && table->count > 0;
    return true;
}

/* There are KVMs, in clouds above all, that announce accesses but not the exits around them,
 * without which perf's tables stay empty. */
static bool
read_accesses(VtPerf *perf, const char *doing, VtMeasurement *measurement, GError **error)
{
    const char *const arguments[] = {"script", "-i", "perf.data.guest", NULL};
    gsize length;
    g_autofree char *output = run_perf(perf, arguments, doing, 0, &length, error);

    if (!output)
        return false;
    if (!strstr(output, "kvm:kvm_")) /* a guest that slept */
        return true;
    if (!vt_measurement_read_text(measurement, output, length, ORIGIN, error))
        return false;
    g_ptr_array_add(measurement->lost,
                    g_strdup(_("the KVM of this host announces no exits (kvm_exit), so that only "
                               "accesses to ports, pages and MSRs were counted")));
    return true;
}

static bool
read_record(VtPerf *perf, const char *doing, VtMeasurement *measurement, GError **error)
{
    gsize length;
    g_autofree char *exits = report(perf, doing, "vmexit", &length, error);
    bool any;

    if (!exits || !has_exits(exits, length, &any, error))
        return false;
    if (!any)
        return read_accesses(perf, doing, measurement, error);
    return vt_measurement_read_text(measurement, exits, length, ORIGIN, error) &&
           report_accesses(perf, doing, measurement, error);
}

static bool
check(const VtSubject *subject, GError **error)
{
    if (!vt_virt_is_local(subject->virt))
        g_set_error(error, VT_ERROR, VT_ERROR_REFUSED,
                    _("domain '%s' runs on another machine, and perf must run there"),
                    subject->name);
    else if (!vt_virt_domain_is_active(subject->domain))
        g_set_error(error, VT_ERROR, VT_ERROR_REFUSED,
                    _("domain '%s' does not run, and only a running guest can be measured"),
                    subject->name);
    else
        return true;
    return false;
}

static bool
measure(const VtSubject *subject, double seconds, VtMeasurement *measurement, GError **error)
{
    g_autoptr(VtPerf) perf = NULL;
    VtProcess process;

    if (!check(subject, error) || !find_process(subject, &process, error))
        return false;
    perf = vt_perf_new(error);
    return perf && record(perf, subject->name, process.pid, seconds, error) &&
           read_record(perf, subject->name, measurement, error);
}

bool
vt_measure_by_perf(const VtSubject *subject, const VtOptions *options, VtMeasurement *measurement,
                   GError **error)
{
    double seconds = vt_measure_seconds(options);
    g_autoptr(GError) trouble = NULL;

    if (measure(subject, seconds, measurement, &trouble)) {
        measurement->seconds = seconds;
        return true;
    }
    if (g_error_matches(trouble, VT_ERROR, VT_ERROR_REFUSED) &&
        vt_virt_domain_is_active(subject->domain))
        vt_measure_advise_perf(subject, options, &trouble);
    g_propagate_error(error, g_steal_pointer(&trouble));
    return false;
}
