/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/words.h"

#include <string.h>

int
vt_find_word(const char *const *words, gsize count, const char *word)
{
    for (gsize i = 0; i < count; i++) {
        if (strcmp(words[i], word) == 0)
            return (int)i;
    }
    return -1;
}
