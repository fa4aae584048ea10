/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "report/host.h"
#include "tune.h"

/**
 * Findings as SARIF 2.1.0 (OASIS), which code hosts show beside the file. An object begins with
 * vt_sarif_begin(), takes every domain's findings, and ends with vt_sarif_end().
 */
void vt_sarif_begin(JsonBuilder *builder);

/** @source: the file, "-" or "libvirt"; what comes from a file is told at its line and column. */
void vt_sarif_add(JsonBuilder *builder, const char *name, const char *source,
                  const VtDocument *document, const VtPlan *plan);

/** Ends the results with what is wrong with the host and tells of the rules in force. */
void vt_sarif_end(JsonBuilder *builder, const VtHostReport *host, const VtRuleDatabase *database);
