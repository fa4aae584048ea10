/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cmd/cmd.h"

/** What explain says where its argument is no rule: of the cause of that id, if there is one. */
int vt_explain_cause(const VtOptions *options);
