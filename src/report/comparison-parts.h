/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "report/diagnosis-parts.h"
#include "report/writing.h"

/* What the texts and pictures of a comparison share and nobody else needs. All texts are printable
 * and translated. */

/* ---- pairs of bars ---- */

typedef struct {
    char *label;
    double before, after; /* exits or nanoseconds, a second or in all; negative = unknown */
    VtTone before_tone, after_tone;
} VtPair;

typedef struct {
    char *title;
    bool is_time; /* or else they are exits */
    bool per_second;
    double greatest;  /* what the longest bar stands for; not 0 */
    GPtrArray *pairs; /* VtPair*, what differs most first; the last may be "12 others" */
} VtPairTable;

/** Returns: (transfer full) (element-type VtPairTable): exits by every kind that can be compared,
 * and the handling time by reason; nobody's sleep is in that. */
GPtrArray *vt_comparison_pairs(const VtComparison *comparison, guint limit);

/* ---- words; each returns (transfer full) ---- */

/** A value of a pair: "25 674", "29.5 %". */
char *vt_pair_figure(const VtPairTable *table, double value);

/** "2.3 x less", "1.5 x more", "gone", "new", "the same" */
char *vt_pair_change(double before, double after);

/** How often, what it took, before and after; sentences. */
char *vt_comparison_summary(const VtComparison *comparison);

/** (nullable): the rules, in one line. */
char *vt_comparison_rules(const GPtrArray *rules);

/* ---- parts of reports ---- */

/** The pairs, what has gone and come, the rules. */
void vt_write_comparison(const VtWriting *writing, const VtDiagnosisView *view);

/** Appends the pairs and what their colours mean, as vt_chart_append_bars() does. */
unsigned vt_chart_append_pairs(GString *out, const GPtrArray *tables, unsigned y);
char *vt_chart_describe_pairs(const GPtrArray *tables);

/** All that is to be said of a cause below its title. */
void vt_write_found(const VtWriting *writing, const VtDiagnosis *diagnosis,
                    const VtDiagnosisView *view, const VtCauseFound *found);
void vt_html_append_found(GString *out, const VtDiagnosis *diagnosis, const VtCauseFound *found);

/** Appends all of a comparison below its title. */
void vt_html_append_comparison(GString *out, const VtComparison *comparison);
