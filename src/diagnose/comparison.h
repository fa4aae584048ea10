/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/diagnosis.h"

/**
 * VtComparison: two diagnoses of one guest side by side. Pure.
 *
 * Rates are per second where both sides know how long they measured; else counts, and a remark.
 */
typedef struct {
    VtExitKind kind;
    char *label;           /* vt_exit_count_label() */
    guint64 before, after; /* counts */
    gint64 before_ns, after_ns;
} VtComparisonRow;

typedef struct {
    const VtDiagnosis *before, *after;
    bool per_second;      /* both windows are known */
    GPtrArray *rows;      /* VtComparisonRow*, the greatest difference first, by kind */
    GPtrArray *gone;      /* const VtCauseFound*, of @before: causes that are no longer there */
    GPtrArray *come;      /* const VtCauseFound*, of @after: causes that were not there */
    GPtrArray *now_holds; /* char*: ids of rules that the domain keeps now and did not before */
    GPtrArray *remarks;   /* char*: what stands in the way of comparing, translated sentences */
} VtComparison;
