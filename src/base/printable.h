/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/**
 * vt_printable:
 * @text: what somebody else may have written, a domain's name or a value out of its XML; need not
 *   be UTF-8
 * @keep_lines: whether ends of lines and tabs stay as they are
 *
 * Names and values are shown to an administrator. None of them may steer the terminal, turn the
 * direction of the text, or begin a line of its own that passes for vmtune's.
 *
 * Returns: (transfer full): the text with every control and formatting character, and every byte
 * that is not UTF-8, written as an escape: "\n", "\t", "\x1b", "\u202e". All else is untouched.
 */
char *vt_printable(const char *text, bool keep_lines);

/**
 * vt_shell_name:
 * @name: of a domain
 *
 * Returns: (transfer full): @name as a command in a message has it, for a person to copy: in quotes
 * where the shell needs them, behind "--" where it begins like an option
 */
char *vt_shell_name(const char *name);
