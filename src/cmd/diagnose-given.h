/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/measurement.h"
#include "diagnose/record.h"

/** What is named on the command line of `vmtune diagnose`: a domain, and what was measured of it.
 */
typedef struct {
    const char *domain; /* (nullable): what it is called; an argument, or from @record */
    char *xml;          /* (nullable): of @domain; NULL: libvirt has it */
    gsize xml_length;
    VtMeasurement *measurement;
    bool measured;    /* @measurement was given; or else it is empty, to be filled */
    VtRecord *record; /* (nullable): @measurement is a saved one */
} VtGiven;

/**
 * vt_given_read:
 * @given: all zero
 * @arguments: (nullable): names of domains and files, in any order; each file says itself what it
 * is
 * @error: VT_ERROR_INPUT for two domains, for nothing at all, and at "file:line:column" for a file
 *
 * Reads all files; libvirt is not asked.
 */
bool vt_given_read(VtGiven *given, char **arguments, GError **error);
void vt_given_clear(VtGiven *given);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VtGiven, vt_given_clear)
