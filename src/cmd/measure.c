/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Measuring the exits of a running domain. */
#include "cmd/measure.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/printable.h"
#include "base/version.h"
#include "cmd/wait.h"
#include "edges/exit-stats.h"

#define DEFAULT_SECONDS 10

bool
vt_measure_check_seconds(const VtOptions *options, GError **error)
{
    if (options->seconds >= 0 && options->seconds <= G_MAXINT16)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("--seconds takes a number of seconds, up to %d"),
                G_MAXINT16);
    return false;
}

double
vt_measure_seconds(const VtOptions *options)
{
    return options->seconds > 0 ? options->seconds : DEFAULT_SECONDS;
}

/* The command line of a guest that libvirt started has its name with each comma twice. */
static char *
quote_pattern(const char *name)
{
    g_auto(GStrv) parts = g_strsplit(name, ",", -1);
    g_autofree char *doubled = g_strjoinv(",,", parts);
    g_autofree char *escaped = g_regex_escape_string(doubled, -1);
    g_autofree char *pattern = g_strdup_printf("guest=%s,", escaped);

    return g_shell_quote(pattern);
}

void
vt_measure_advise_perf(const VtSubject *subject, const VtOptions *options, GError **error)
{
    double seconds = vt_measure_seconds(options);
    g_autofree char *pattern = quote_pattern(subject->name);
    g_autofree char *name = vt_shell_name(subject->name);
    g_autofree char *commands =
        g_strdup_printf("  perf kvm stat record -p \"$(pgrep -of %s)\" sleep %g\n"
                        "  for e in vmexit ioport mmio; do LC_ALL=C perf kvm stat report "
                        "--event=$e; done >exits.txt 2>&1\n"
                        "  vmtune diagnose --seconds %g %s ./exits.txt",
                        pattern, seconds, seconds, name);
    char *message;

    if (!error || !*error)
        return;
    message = g_strdup_printf(_("%s\nBy hand, as root on the host of '%s':\n%s"), (*error)->message,
                              subject->name, commands);
    g_free((*error)->message);
    (*error)->message = message;
}

/* The guest that runs may be of another type than the one that will be started next. */
static bool
check_type(const VtSubject *subject, GError **error)
{
    const char *type = vt_facts_get_string(subject->result->facts, "domain.type");

    if (g_strcmp0(type, "qemu") != 0)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_REFUSED,
                _("domain '%s' is of type 'qemu', which is emulation without KVM: it never leaves "
                  "for the host, and there is nothing to measure"),
                subject->name);
    return false;
}

static void
refuse_without_counters(const VtSubject *subject, const VtOptions *options, GError **error)
{
    g_autofree char *libvirt = vt_version_to_string(vt_virt_libvirt_version(subject->virt));
    g_autofree char *emulator = vt_version_to_string(vt_virt_emulator_version(subject->virt));

    g_set_error(error, VT_ERROR, VT_ERROR_REFUSED,
                _("libvirt does not tell how often domain '%s' leaves for the host: that takes KVM "
                  "of Linux 5.14, QEMU 7.1 and libvirt 8.9 or later; here are QEMU %s and libvirt "
                  "%s"),
                subject->name, emulator, libvirt);
    vt_measure_advise_perf(subject, options, error);
}

static bool
measure_by_statistics(const VtSubject *subject, const VtOptions *options,
                      VtMeasurement *measurement, GError **error)
{
    const VtWait wait = {.seconds = vt_measure_seconds(options), .doing = subject->name};
    g_autoptr(VtExitSample) before = vt_exit_sample_take(subject->domain, error);
    g_autoptr(VtExitSample) after = NULL;

    if (!before)
        return false;
    if (!vt_exit_sample_has_counters(before)) {
        refuse_without_counters(subject, options, error);
        return false;
    }
    if (!vt_wait(&wait, error))
        return false;
    after = vt_exit_sample_take(subject->domain, error);
    return after && vt_exit_samples_measure(before, after, measurement, error);
}

bool
vt_measure(const VtSubject *subject, const VtOptions *options, VtMeasurement *measurement,
           GError **error)
{
    if (!subject->domain) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("%s: a file does not run: name the running domain to measure it, or give "
                      "what 'perf kvm stat report' printed besides"),
                    subject->name);
        return false;
    }
    if (!check_type(subject, error))
        return false;
    return options->perf ? vt_measure_by_perf(subject, options, measurement, error)
                         : measure_by_statistics(subject, options, measurement, error);
}
