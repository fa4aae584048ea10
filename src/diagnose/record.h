/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/measurement.h"

/**
 * VtRecord: what is saved with a measurement to hold a later one against it: when and of which
 * domain it was, and that domain's XML as it ran. Pure; the only text of both is JSON, described in
 * vmtune(1).
 */
typedef struct {
    char *vmtune;   /* the version that saved it */
    gint64 when_s;  /* since the epoch */
    char *name;     /* (nullable): these three of the domain; NULL: none was given */
    char *uuid;     /* (nullable) */
    char *xml;      /* (nullable): as the guest ran, without secrets */
    char *libvirt;  /* (nullable): these three are versions, "9.0.0"; NULL = unknown */
    char *emulator; /* (nullable) */
    char *kernel;   /* (nullable): as uname(1) has it */
} VtRecord;

/* What is written; whatever is newer is refused, since it may mean something else. */
#define VT_RECORD_FORMAT 1

/* More than any record needs; what is longer is not looked at. */
#define VT_RECORD_MAX_BYTES (64 * 1024 * 1024)

VtRecord *vt_record_new(void);         /* empty, of this version of vmtune */
void vt_record_free(VtRecord *record); /* accepts NULL */

/**
 * vt_record_set_domain:
 * @xml: of a domain; its name and UUID are taken from it, and what is secret in it left out
 * @name: what messages call it
 * @error: VT_ERROR_INPUT if it is no XML
 */
bool vt_record_set_domain(VtRecord *record, const char *xml, const char *name, GError **error);

/**
 * vt_record_write:
 * @error: VT_ERROR_INPUT if a count is beyond what JSON's readers hold, 2^63 - 1
 *
 * Returns: (transfer full): both as JSON, the same bytes for the same
 */
char *vt_record_write(const VtRecord *record, const VtMeasurement *measurement, GError **error);

/**
 * vt_record_read:
 * @file: what messages call it
 * @measurement: gets what was measured; an empty one
 * @error: VT_ERROR_INPUT: at "file:line:column" for what is no JSON; else at "file" with the place
 *   in the record, "tables[0].entries[3].count". Unknown members are faults, as are entries that
 *   are there twice: a record that was tampered with is none.
 *
 * Returns: (transfer full): the record, or NULL
 */
VtRecord *vt_record_read(const char *bytes, gsize length, const char *file,
                         VtMeasurement *measurement, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtRecord, vt_record_free)
