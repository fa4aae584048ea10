/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * vt_find_word:
 * @words: the words of an enumeration, each at its value's index
 * @count: how many they are
 *
 * Returns: the index of @word, -1 where it is none of them
 */
int vt_find_word(const char *const *words, gsize count, const char *word);
