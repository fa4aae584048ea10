/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Room for the longest name of an exit, and its zero. */
#define VT_EXIT_NAME_BYTES 64

/**
 * vt_exit_name:
 * @word: the name of an exit, as any program writes it; @length: of it
 * @ret_name: (out): as the kernel's tracepoint kvm_exit writes it
 *
 * The kernel and perf call exits of Intel in upper case (arch/x86/include/uapi/asm/vmx.h) and of
 * AMD in lower case (svm.h). kvm_stat and libtraceevent, thus trace-cmd, know AMD's by the manual's
 * names, IOIO and NPF, which libtraceevent writes EXIT_IOIO and EXIT_NPF. Names that have changed
 * in the kernel are the new ones.
 *
 * Returns: false if this cannot be a name
 */
bool vt_exit_name(const char *word, gsize length, char ret_name[VT_EXIT_NAME_BYTES]);
