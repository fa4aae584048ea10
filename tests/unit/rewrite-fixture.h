/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Rewriting by plans that are given as places and values. */

#include "core-fixture.h"

#include "plan/decide.h"
#include "rewrite/rewrite.h"
#include "validate/laws.h"

/* Places and values by turns; "-" for what is to go; NULL at the end. */
static inline VtPlan *
plan_of(const char *const *changes)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)vt_change_free);

    for (; *changes; changes += 2) {
        VtChange *change = g_new0(VtChange, 1);
        change->rule = g_strdup("a/test");
        change->place = vt_place_parse(changes[0], NULL);
        change->after = strcmp(changes[1], "-") == 0 ? NULL : g_strdup(changes[1]);
        change->scope = VT_SCOPE_GUEST;
        g_ptr_array_add(list, change);
        assert_non_null(change->place);
    }
    return vt_plan_of_changes(list);
}

#define CHANGES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The law is asked as well, so that every layout here is one it passes. */
static inline void
assert_rewritten(const char *before_text, const char *const *changes, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtDocument) before = parse(before_text);
    g_autoptr(VtDocument) after = NULL;
    g_autoptr(VtPlan) plan = plan_of(changes);
    g_autofree char *text = vt_rewrite(before, plan, &error);

    assert_no_error(error);
    assert_string_equal(text, expected);
    after = parse(text);
    vt_laws_check(before, after, plan, &error);
    assert_no_error(error);
}
