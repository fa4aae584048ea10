/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rules/database.h"

/**
 * A loaded database as one block of bytes, and back: parsing three dozen XML files costs more than
 * everything else that the hook does at a start.
 *
 * Law: unpack(pack(database)) decides as @database does. Bytes of another version of vmtune, or cut
 * short, are refused, never guessed at. What is unpacked was checked when it was packed: only
 * whoever may write rules may be trusted with the bytes.
 */

/* Which rules are wanted. Refusing a start takes the few that find errors, and what they borrow
 * from others: reading all of them would cost more than all else that the hook does. */
typedef enum {
    VT_RULES_ALL,
    VT_RULES_OF_ERRORS,
} VtRuleChoice;

/** @stamp: kept beside the rules; see vt_folder_stamp(). */
GBytes *vt_rule_cache_pack(const VtRuleDatabase *database, const char *stamp, VtRuleChoice choice);

/**
 * vt_rule_cache_unpack:
 *
 * Returns: (transfer full) (nullable): the database, or NULL if @bytes are none of ours or carry
 * another stamp
 */
VtRuleDatabase *vt_rule_cache_unpack(GBytes *bytes, const char *stamp, VtRuleChoice choice);
