/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "facts/topology.h"
#include "tune.h"

/** Results as text for people. Each returns (transfer full) text that ends in a newline, or "". */

/** The changes of a plan, each with rule, place, reason, cost and when it takes effect, as lines
 * that start with '#', so that a patch made of them still applies; then conflicts. */
char *vt_report_changes(const char *name, const VtPlan *plan);

/** Findings, the worst first. @verbose: also what was not considered and why. */
char *vt_report_findings(const char *name, const VtTuneResult *result, bool verbose);

/** Every fact of the store and its parents: name, value, unit, origin. */
char *vt_report_facts(const VtFacts *facts);

/** One rule in full: summary, reason, what it changes, needs, cost, sources, how to say no. */
char *vt_report_rule(const VtRule *rule);

/** How @result decided about a rule: every condition with its answer and what it saw, and what the
 * rule changes; "" if there is none of that id. */
char *vt_report_decision(const VtTuneResult *result, const char *rule);

/** One line a rule. */
char *vt_report_rules(const GPtrArray *rules);

/** The rules as a manual page in mdoc(7), by topic, in English. */
char *vt_report_rules_manual(const GPtrArray *rules);

/** The host: how it is built, what of it guests may use, and what was odd in it. */
char *vt_report_topology(const VtTopology *topology);

/** Adds one line to @out: one whatever the names and values in it hold, see vt_printable(). The
 * format may end with the newline. */
void vt_report_append_line(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);

/** Adds @text, made printable, to @out in lines of at most @width columns, each behind @prefix. */
void vt_report_append_wrapped(GString *out, const char *prefix, const char *text, int width);

/** "error", "warning" and so on, translated. */
const char *vt_report_level(VtLevel level);
