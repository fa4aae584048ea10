/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/cause.h"

/** The causes of exits for people who look them up. Each returns (transfer full) text that ends in
 * a newline, or "". */

/** One line a cause: id, verdict, summary. */
char *vt_report_causes(const GPtrArray *causes);

/** One cause in full: what shows it, what the guest is doing, what ends it, sources. */
char *vt_report_cause(const VtCause *cause);

/** The causes as a manual page in mdoc(7), by topic, in English. */
char *vt_report_causes_manual(const GPtrArray *causes);

/** What a sign shows, in the words of the format: "port 0x608-0x60b", "exit HLT". Without the
 * newline. */
char *vt_report_sign(const VtSign *sign);
