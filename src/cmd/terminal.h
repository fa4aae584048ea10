/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cmd/cmd.h"
#include "report/style.h"

/**
 * vt_terminal_style:
 * @options: --width and --ascii go before what the terminal says of itself
 *
 * To be asked before anything is translated: in ASCII the words of other languages would be
 * question marks, so that messages are English from then on.
 *
 * Returns: how to write for standard output
 */
VtTextStyle vt_terminal_style(const VtOptions *options);
