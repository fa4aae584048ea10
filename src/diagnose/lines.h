/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "diagnose/measurement.h"

/**
 * VtLines: the lines of a text that another program printed, one after the other, and messages that
 * name the place in it. For readers of such texts; pure.
 *
 * A line is seen without its end (LF or CRLF), the blanks before that, and what steers a terminal:
 * a text that was copied from one, or recorded by script(1), reads like one written to a file.
 */
typedef struct {
    const char *origin; /* of the text, for messages */
    const char *text;   /* the line, until the next is asked for */
    guint64 number;     /* of the line, the first is 1 */
    bool cut;           /* the text ends before the line does */

    /* private */
    const char *next, *end;
    GString *buffer;
} VtLines;

/** @origin, @bytes: must outlive the lines; a byte order mark is passed over. Never NULL. */
VtLines *vt_lines_new(const char *bytes, gsize length, const char *origin);
void vt_lines_free(VtLines *lines); /* accepts NULL */

/** Returns: false at the end of the text. */
bool vt_lines_next(VtLines *lines);

/** Returns: (transfer none): the first of @text that is not a blank. */
const char *vt_lines_skip_blanks(const char *text);

/**
 * vt_lines_fail:
 * @at: in the current line, what the message is about
 * @format: a sentence, translated, without the place
 *
 * Sets VT_ERROR_INPUT, "origin:line:column: sentence".
 *
 * Returns: false
 */
bool vt_lines_fail(const VtLines *lines, const char *at, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/**
 * vt_lines_check_whole:
 * @error: VT_ERROR_INPUT if the text ends within the current line
 *
 * For lines that do not show by themselves that their last number is whole.
 */
bool vt_lines_check_whole(const VtLines *lines, GError **error);

/**
 * vt_lines_count:
 * @from: in the current line; @length: how long the number is
 *
 * A whole number in digits. Anything else is an error that says what to do: numbers as a locale
 * writes them are not guessed at, since 1.234 may be two different numbers.
 */
bool vt_lines_count(const VtLines *lines, const char *from, gsize length, guint64 *ret_count,
                    GError **error);

/**
 * vt_lines_fixed:
 * @digits: how many digits of the fraction count, 0 to 9; the others must be digits all the same
 *
 * A number that may have a fraction, as vt_lines_count(); "4.39" with two digits is 439.
 */
bool vt_lines_fixed(const VtLines *lines, const char *from, gsize length, unsigned digits,
                    guint64 *ret_number, GError **error);

/**
 * vt_lines_add_table:
 * @measurement: gets a table that the current line is the first to tell of
 * @error: VT_ERROR_INPUT if it has one of @kind: the same exits would count twice
 *
 * Returns: (transfer none): the table
 */
VtExitTable *vt_lines_add_table(const VtLines *lines, VtMeasurement *measurement, VtExitKind kind,
                                GError **error);

/** Adds the current line to what is lost; of very many, no more than the first. */
void vt_lines_lose(const VtLines *lines, VtMeasurement *measurement);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtLines, vt_lines_free)
