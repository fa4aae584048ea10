/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/record.h"

/* What record.c shares with record-read.c, and nobody else. */

/* The word for each VtExitAccess. */
extern const char *const vt_record_accesses[VT_ACCESSES];
