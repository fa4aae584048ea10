/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/diagnose-show.h"

#include <string.h>

#include "base/printable.h"
#include "report/diagnosis-json.h"
#include "report/json.h"

/* The command that sets what is missing, unless nobody knows where the domain is. */
static char *
apply_command(const VtSubject *subject, const VtRecord *record)
{
    g_autofree char *name = subject && !record ? vt_shell_name(subject->name) : NULL;

    if (!name)
        return NULL;
    return g_strdup_printf(subject->domain ? "vmtune apply %s" : "vmtune tune %s", name);
}

/* Into the file that an option names, or to standard output. */
static int
write_document(const char *path, const char *text, int mode)
{
    g_autoptr(GError) error = NULL;

    if (strcmp(path, "-") == 0)
        return vt_print(text);
    return vt_write_output(path, text, mode, &error) ? VT_EXIT_NOTHING : vt_complain(error);
}

static int
write_drawings(const VtOptions *options, const VtDiagnosis *diagnosis, const VtDiagnosisView *view)
{
    g_autofree char *svg = options->svg ? vt_diagnosis_to_svg(diagnosis, view) : NULL;
    g_autofree char *html = options->html ? vt_diagnosis_to_html(diagnosis, view) : NULL;
    int status = svg ? write_document(options->svg, svg, 0666) : VT_EXIT_NOTHING;

    return html ? vt_worst(status, write_document(options->html, html, 0666)) : status;
}

/* A domain's XML is in it, which libvirt does not show to everybody either. */
static int
save(const VtPresent *present)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text =
        present->options->save ? vt_record_present(present, &error) : g_strdup("");

    if (!text)
        return vt_complain(error);
    return *text ? write_document(present->options->save, text, 0600) : VT_EXIT_NOTHING;
}

static bool
is_stdout(const char *path)
{
    return g_strcmp0(path, "-") == 0;
}

static bool
have_trouble(const VtDiskView *disks)
{
    return disks && disks->use && vt_cache_use_is_trouble(disks->use);
}

static int
show(const VtPresent *present, const VtDiagnosisView *view, const VtTextStyle *style)
{
    const VtOptions *options = present->options;
    const VtDiagnosis *diagnosis = present->diagnosis;
    bool trouble = vt_diagnosis_has_trouble(diagnosis) || have_trouble(view->disks);
    bool drawn = is_stdout(options->svg) || is_stdout(options->html) || is_stdout(options->save);
    g_autofree char *text = options->json ? vt_diagnosis_to_json(diagnosis, view)
                                          : vt_diagnosis_to_text(diagnosis, view, style);
    int status = vt_worst(trouble ? VT_EXIT_FOUND : VT_EXIT_NOTHING,
                          write_drawings(options, diagnosis, view));

    return drawn ? status : vt_worst(status, vt_print(text));
}

/* Beside an earlier diagnosis, if there is one. */
static int
compare_and_show(const VtPresent *present, VtBeside *beside, VtDiagnosisView *view,
                 const VtTextStyle *style)
{
    g_autofree char *difference = NULL;
    g_autoptr(GError) error = NULL;

    if (beside && !vt_beside_compare(beside, present, &error))
        return vt_complain(error);
    if (beside && view->verbose) {
        difference = vt_beside_difference(beside, present, &error);
        if (!difference)
            return vt_complain(error);
    }
    view->comparison = beside ? beside->comparison : NULL;
    view->difference = difference;
    return show(present, view, style);
}

int
vt_show_diagnosis(const VtPresent *present, VtBeside *beside, const VtDiskView *disks,
                  const VtTextStyle *style)
{
    g_autoptr(VtBeside) found = beside ? NULL : vt_beside_find(present);
    g_autofree char *apply = apply_command(present->subject, present->record);
    VtDiagnosisView view = {.domain = present->subject ? present->subject->name : NULL,
                            .apply = apply,
                            .verbose = present->options->verbose,
                            .disks = disks};
    int status = compare_and_show(present, beside ? beside : found, &view, style);

    return vt_worst(status, save(present));
}

int
vt_show_disks(const VtSubject *subject, const VtDiskView *disks, const VtOptions *options,
              const VtTextStyle *style)
{
    g_autofree char *apply = apply_command(subject, NULL);
    g_autoptr(JsonBuilder) builder = json_builder_new();
    int status = have_trouble(disks) ? VT_EXIT_FOUND : VT_EXIT_NOTHING;
    g_autofree char *text = NULL;

    if (!options->json) {
        text = vt_report_disks(disks, apply, style);
        return vt_worst(status, vt_print(text));
    }
    json_builder_begin_object(builder);
    vt_json_add_string(builder, "domain", subject->name);
    vt_json_add_disks(builder, disks);
    json_builder_end_object(builder);
    text = vt_json_text(builder);
    return vt_worst(status, vt_print(text));
}
