/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/words.h"

#include "base/words.h"

static const char *const level_words[] = {
    [VT_LEVEL_ADVICE] = "advice",
    [VT_LEVEL_RECOMMEND] = "recommend",
    [VT_LEVEL_WARNING] = "warning",
    [VT_LEVEL_ERROR] = "error",
};
static const char *const scope_words[] = {
    [VT_SCOPE_GUEST] = "guest",
    [VT_SCOPE_HOST] = "host",
};
static const char *const effect_words[] = {
    [VT_EFFECT_NOW] = "now",
    [VT_EFFECT_NEXT_BOOT] = "next-boot",
    [VT_EFFECT_BY_HAND] = "by-hand",
};

const char *
vt_level_to_string(VtLevel level)
{
    return level_words[level];
}

const char *
vt_scope_to_string(VtScope scope)
{
    return scope_words[scope];
}

const char *
vt_effect_to_string(VtEffect effect)
{
    return effect_words[effect];
}

bool
vt_level_from_string(const char *word, VtLevel *ret_level)
{
    int found = vt_find_word(level_words, G_N_ELEMENTS(level_words), word);

    if (found >= 0)
        *ret_level = (VtLevel)found;
    return found >= 0;
}

bool
vt_scope_from_string(const char *word, VtScope *ret_scope)
{
    int found = vt_find_word(scope_words, G_N_ELEMENTS(scope_words), word);

    if (found >= 0)
        *ret_scope = (VtScope)found;
    return found >= 0;
}

bool
vt_effect_from_string(const char *word, VtEffect *ret_effect)
{
    int found = vt_find_word(effect_words, G_N_ELEMENTS(effect_words), word);

    if (found >= 0)
        *ret_effect = (VtEffect)found;
    return found >= 0;
}
