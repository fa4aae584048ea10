/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/policy.h"
#include "xml/document.h"

/**
 * What the domain's owner wishes, from the domain's own metadata:
 *
 *     <metadata>
 *       <vmtune:wishes xmlns:vmtune="urn:vmtune:domain:1.0" policy="observe" profile="nested">
 *         <vmtune:skip rule="cpu/x2apic"/>
 *       </vmtune:wishes>
 *     </metadata>
 *
 * Policy "off" leaves the domain alone altogether.
 */
#define VT_WISHES_NAMESPACE "urn:vmtune:domain:1.0"

typedef struct {
    bool has_policy;
    VtPolicy policy;
    char *profile;       /* (nullable): the profile's name */
    char *profile_where; /* (nullable): file:line:column of it */
    GPtrArray *skip;     /* char*: globs of rule ids, no NULL at the end */
} VtWishes;

/**
 * vt_wishes_read:
 * @error: VT_ERROR_INPUT at file:line:column: a wish that is misspelt would be a wish ignored
 *
 * Returns: (transfer full): the wishes, empty if the domain has none
 */
VtWishes *vt_wishes_read(const VtDocument *domain, GError **error);
void vt_wishes_free(VtWishes *wishes); /* accepts NULL */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtWishes, vt_wishes_free)
