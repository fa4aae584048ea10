/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/subject.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/read.h"
#include "cmd/progress.h"

/* What is opened when the first domain needs it. */
typedef struct VtSources {
    const VtOptions *options;
    VtSession *session;
    VtContext *context;      /* for files, and for libvirt's domains on another host */
    VtFacts *emulator_facts; /* with @context */
    VtProgress progress;
} Sources;

static void
sources_clear(Sources *sources)
{
    vt_facts_free(sources->emulator_facts);
    vt_context_free(sources->context);
    vt_session_free(sources->session);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sources, sources_clear)

bool
vt_is_file_argument(const char *argument)
{
    return strcmp(argument, "-") == 0 || strchr(argument, '/') ||
           g_str_has_suffix(argument, ".xml");
}

char *
vt_read_argument(const char *path, gsize limit_bytes, gsize *ret_length, GError **error)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    char *bytes;

    if (fd < 0) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("cannot open '%s': %s"), path,
                    g_strerror(errno));
        return NULL;
    }
    bytes = vt_read_all(fd, path, limit_bytes, ret_length, error);
    if (!is_stdin)
        close(fd);
    return bytes;
}

bool
vt_check_host(const char *host, GError **error)
{
    g_autofree char *cpu = NULL;

    if (!host)
        return true;
    cpu = g_build_filename(host, "sys/devices/system/cpu", NULL);
    if (g_file_test(cpu, G_FILE_TEST_IS_DIR))
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                _("'%s' holds no host: no sys/devices/system/cpu in it; 'vmtune host --save DIR' "
                  "captures one"),
                host);
    return false;
}

static bool
open_context(Sources *sources, GError **error)
{
    const char *host = sources->options->host;
    g_autoptr(GError) trouble = NULL;

    if (sources->context)
        return true;
    if (!vt_check_host(host, error))
        return false;
    sources->context = vt_context_new(
        host, sources->options->rewrite ? VT_PURPOSE_REWRITE : VT_PURPOSE_JUDGE, error);
    if (!sources->context)
        return false;
    sources->context->profile = g_strdup(sources->options->profile);
    if (host)
        sources->emulator_facts = vt_context_captured_facts(sources->context, &trouble);
    if (!sources->emulator_facts && !trouble) {
        sources->emulator_facts = vt_context_baseline_facts(sources->context, &trouble);
        if (sources->emulator_facts && sources->options->verbose)
            vt_talk(_("no domain capabilities given: assuming %s"), VT_BASELINE_NAME);
    }
    if (trouble)
        g_propagate_error(error, g_steal_pointer(&trouble));
    return sources->emulator_facts != NULL;
}

static VtJudged *
judge_bytes(Sources *sources, const char *bytes, gsize length, const char *name, GError **error)
{
    g_autoptr(VtJudged) judged = g_new0(VtJudged, 1);
    VtTuneInput input;

    if (!open_context(sources, error))
        return NULL;
    judged->document = vt_document_parse(bytes, length, name, error);
    if (!judged->document)
        return NULL;
    input = vt_context_input(sources->context, sources->emulator_facts, NULL, true);
    judged->result = sources->options->rewrite ? vt_tune(judged->document, &input, error)
                                               : vt_judge(judged->document, &input, error);
    return judged->result ? g_steal_pointer(&judged) : NULL;
}

static VtJudged *
judge_file(Sources *sources, const char *path, GError **error)
{
    gsize length;
    g_autofree char *bytes = vt_read_argument(path, VT_DOCUMENT_MAX_BYTES, &length, error);

    return bytes ? judge_bytes(sources, bytes, length, path, error) : NULL;
}

static bool
open_session(Sources *sources, GError **error)
{
    if (sources->session)
        return true;
    sources->session = vt_session_open(sources->options->connect, NULL, error);
    if (sources->session)
        sources->session->context->profile = g_strdup(sources->options->profile);
    return sources->session != NULL;
}

static VtJudged *
judge_xml(Sources *sources, const char *xml, const char *name, GError **error)
{
    return !sources->session || sources->options->host
               ? judge_bytes(sources, xml, strlen(xml), name, error)
               : vt_session_judge(sources->session, xml, name, sources->options->rewrite, error);
}

static VtJudged *
judge_domain(Sources *sources, const VtVirtDomain *domain, GError **error)
{
    g_autofree char *xml = vt_virt_domain_stored_xml(domain, false, error);

    return xml ? judge_xml(sources, xml, vt_virt_domain_name(domain), error) : NULL;
}

static int
hand_over(Sources *sources, VtJudged *judged, VtSubject *subject, VtSubjectFunction function,
          gpointer data, const GError *error)
{
    int status;

    vt_progress_clear(&sources->progress);
    if (!judged)
        return vt_complain(error);
    subject->sources = sources;
    subject->document = judged->document;
    subject->result = judged->result;
    if (judged->result->left_off)
        vt_talk(_("%s: left alone, its own metadata says so"), subject->name);
    status = function(subject, sources->options, data);
    for (guint i = 0; i < judged->result->troubles->len; i++) {
        if (!sources->options->brief)
            vt_talk("vmtune: %s", (char *)judged->result->troubles->pdata[i]);
        status = VT_EXIT_TROUBLE;
    }
    vt_judged_free(judged);
    return status;
}

static int
hand_over_domain(Sources *sources, const VtVirtDomain *domain, VtSubjectFunction function,
                 gpointer data)
{
    g_autoptr(GError) error = NULL;
    VtJudged *judged = judge_domain(sources, domain, &error);
    VtSubject subject = {.name = vt_virt_domain_name(domain),
                         .source = "libvirt",
                         .domain = domain,
                         .virt = sources->session->virt,
                         .session = sources->session};

    return hand_over(sources, judged, &subject, function, data, error);
}

static int
hand_over_file(Sources *sources, const char *name, VtJudged *judged, VtSubjectFunction function,
               gpointer data, const GError *error)
{
    VtSubject subject = {.name = name, .source = name};

    return hand_over(sources, judged, &subject, function, data, error);
}

static int
each_argument(Sources *sources, const char *argument, VtSubjectFunction function, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtVirtDomain) domain = NULL;

    if (vt_is_file_argument(argument)) {
        VtJudged *judged = judge_file(sources, argument, &error);
        return hand_over_file(sources, argument, judged, function, data, error);
    }
    if (open_session(sources, &error))
        domain = vt_virt_lookup(sources->session->virt, argument, &error);
    if (!domain) {
        vt_progress_clear(&sources->progress);
        if (g_file_test(argument, G_FILE_TEST_EXISTS))
            g_prefix_error(&error, _("(a file of that name is './%s') "), argument);
        return vt_complain(error);
    }
    return hand_over_domain(sources, domain, function, data);
}

VtJudged *
vt_subject_judge(const VtSubject *subject, const char *xml, const char *name, GError **error)
{
    return judge_xml(subject->sources, xml, name, error);
}

int
vt_given_subject(const VtOptions *options, const char *name, const char *bytes, gsize length,
                 VtSubjectFunction function, gpointer data)
{
    g_auto(Sources) sources = {.options = options};
    g_autoptr(GError) error = NULL;
    VtJudged *judged = judge_bytes(&sources, bytes, length, name, &error);

    return hand_over_file(&sources, name, judged, function, data, error);
}

static int
each_of_all(Sources *sources, VtSubjectFunction function, gpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) domains = NULL;
    int worst = VT_EXIT_NOTHING;

    if (open_session(sources, &error))
        domains = vt_virt_list(sources->session->virt, &error);
    if (!domains)
        return vt_complain(error);
    sources->progress.count = domains->len;
    for (guint i = 0; i < domains->len; i++) {
        vt_progress_show(&sources->progress, i + 1, vt_virt_domain_name(domains->pdata[i]));
        worst = vt_worst(worst, hand_over_domain(sources, domains->pdata[i], function, data));
    }
    vt_progress_clear(&sources->progress);
    return worst;
}

int
vt_each_subject(const VtOptions *options, VtSubjectFunction function, gpointer data)
{
    g_auto(Sources) sources = {.options = options};
    int worst = VT_EXIT_NOTHING;

    if (options->all && options->arguments) {
        vt_talk(_("vmtune: --all takes no names of domains besides"));
        return VT_EXIT_TROUBLE;
    }
    if (options->all)
        return each_of_all(&sources, function, data);
    if (!options->arguments) {
        vt_talk(_("vmtune: name a domain, a file, '-' for standard input, or --all"));
        return VT_EXIT_TROUBLE;
    }
    sources.progress.count = g_strv_length(options->arguments);
    for (guint i = 0; options->arguments[i]; i++) {
        vt_progress_show(&sources.progress, i + 1, options->arguments[i]);
        worst = vt_worst(worst, each_argument(&sources, options->arguments[i], function, data));
    }
    vt_progress_clear(&sources.progress);
    return worst;
}
