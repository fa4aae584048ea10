/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "report/disk-coverage.h"
#include "report/host.h"
#include "report/status.h"
#include "tune.h"

/**
 * Results as JSON; the forms are documented in vmtune(1) and only ever grow.
 *
 *     check: {"domains":[{"name","source","findings":[...],"not_considered":[...]}]}, and
 *            "conflicts" where there are any, since they make the command exit 1;
 *            "host":{"findings":[{"rule","level","message","domains":[...]}]} beside "domains"
 *     diff:  {"domains":[{"name","source","changes":[...],"conflicts":[...],
 *                         "not_considered":[...]}]}
 *     status: {"domains":[{"name","active","persistent","managed_save","managed_by",
 *                          "memory_snapshots":[...],"changes":[...]}]}
 */

/** Adds one domain's object to @builder, which stands inside the array "domains". */
void vt_json_add_check(JsonBuilder *builder, const char *name, const char *source,
                       const VtTuneResult *result);
void vt_json_add_diff(JsonBuilder *builder, const char *name, const char *source,
                      const VtTuneResult *result);
void vt_json_add_facts(JsonBuilder *builder, const char *name, const char *source,
                       const VtFacts *facts);
void vt_json_add_rule(JsonBuilder *builder, const VtRule *rule);
/** The members alone, for an object that has others besides. */
void vt_json_add_rule_members(JsonBuilder *builder, const VtRule *rule);
void vt_json_add_change(JsonBuilder *builder, const VtChange *change);
void vt_json_add_fact(JsonBuilder *builder, const VtFact *fact);

/** How @result decided about a rule: an object for each record that it was judged for, added to
 * @builder, which stands inside an array. */
void vt_json_add_decisions(JsonBuilder *builder, const VtTuneResult *result, const char *rule);

/** Adds the member "host" to @builder, which stands behind the array "domains". */
void vt_json_add_host(JsonBuilder *builder, const VtHostReport *report);

/** Adds the members "disks" and "metadata_cache_use", null for what nobody asked for. @view:
 * (nullable) */
void vt_json_add_disks(JsonBuilder *builder, const VtDiskView *view);

void vt_json_add_status(JsonBuilder *builder, const VtStatus *status);

/** Members; a string is null where @value is NULL. */
void vt_json_add_bool(JsonBuilder *builder, const char *member, bool value);
void vt_json_add_int(JsonBuilder *builder, const char *member, gint64 value);
void vt_json_add_double(JsonBuilder *builder, const char *member, double value);
void vt_json_add_null(JsonBuilder *builder, const char *member);
/** Null where it is negative, which stands for unknown. */
void vt_json_add_time(JsonBuilder *builder, const char *member, gint64 time_ns);
void vt_json_add_string(JsonBuilder *builder, const char *member, const char *value);
void vt_json_add_strings(JsonBuilder *builder, const char *member, const GPtrArray *values);
/** Members that are to be filled. */
void vt_json_begin_object(JsonBuilder *builder, const char *member);
void vt_json_begin_array(JsonBuilder *builder, const char *member);

/** Returns: (transfer full): the finished document, indented, with a newline. */
char *vt_json_text(JsonBuilder *builder);
