/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/comparison.h"
#include "report/disk-coverage.h"
#include "report/style.h"

/**
 * A diagnosis for people: where the exits come from as bars, the things that matter with what to do
 * about them, and what the data do not tell.
 *
 * Laws: time asleep is never shown as time that exits cost; nothing that a guest or a file is
 * called steers the terminal or breaks the document; no line of text is wider than asked for, and
 * in ASCII no byte is above 127.
 */
typedef struct {
    const char *domain; /* (nullable): the guest's name; NULL = nobody said whose exits these are */
    const char *apply;  /* (nullable): the command that sets what is missing in this domain */
    bool verbose;       /* text: every entry and cause, with sources */
    /* (nullable): with an earlier diagnosis of the guest, this one being the later; then every kind
     * of report tells first what has changed */
    const VtComparison *comparison;
    const char *difference;  /* (nullable): of the domain's XML, as diff -u has it */
    const VtDiskView *disks; /* (nullable): what is known of the guest's disks */
} VtDiagnosisView;

/** Returns: (transfer full): lines no wider than @style->width, or VT_TEXT_MIN_WIDTH. */
char *vt_diagnosis_to_text(const VtDiagnosis *diagnosis, const VtDiagnosisView *view,
                           const VtTextStyle *style);

/** Returns: (transfer full): a whole SVG document, readable on light and dark alike. */
char *vt_diagnosis_to_svg(const VtDiagnosis *diagnosis, const VtDiagnosisView *view);

/** Returns: (transfer full): a whole HTML document, to be passed on: self-contained, without
 * scripts, well-formed XML as well. */
char *vt_diagnosis_to_html(const VtDiagnosis *diagnosis, const VtDiagnosisView *view);
