/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The closed vocabularies of a rule file, each with its one table of words. */

typedef enum {
    VT_LEVEL_ADVICE,    /* cannot or must not be applied by vmtune */
    VT_LEVEL_RECOMMEND, /* better; applied by default */
    VT_LEVEL_WARNING,   /* costs performance for sure in this configuration */
    VT_LEVEL_ERROR,     /* will not start, or harms for sure */
} VtLevel;

typedef enum {
    VT_SCOPE_GUEST, /* the guest can see it: only a cold boot may change it */
    VT_SCOPE_HOST,  /* the guest cannot see it */
} VtScope;

typedef enum {
    VT_EFFECT_NOW,
    VT_EFFECT_NEXT_BOOT,
    VT_EFFECT_BY_HAND,
} VtEffect;

const char *vt_level_to_string(VtLevel level);
const char *vt_scope_to_string(VtScope scope);
const char *vt_effect_to_string(VtEffect effect);

/** Each returns false, and leaves the out-parameter untouched, for a word that is not one. */
bool vt_level_from_string(const char *word, VtLevel *ret_level);
bool vt_scope_from_string(const char *word, VtScope *ret_scope);
bool vt_effect_from_string(const char *word, VtEffect *ret_effect);
