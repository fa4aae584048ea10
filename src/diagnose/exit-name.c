/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose/exit-name.h"

#include <string.h>

/* AMD's names for what the kernel calls otherwise, in lower case. */
static const struct {
    const char *amd, *kernel;
} renamed[] = {
    {"ioio", "io"},
    {"intr", "interrupt"},
    {"vmmcall", "hypercall"},
    {"idtr_read", "read_idtr"},
    {"gdtr_read", "read_gdtr"},
    {"ldtr_read", "read_ldtr"},
    {"tr_read", "read_rt"},
    {"idtr_write", "write_idtr"},
    {"gdtr_write", "write_gdtr"},
    {"ldtr_write", "write_ldtr"},
    {"tr_write", "write_rt"},
};

/* The names of kvm_stat that are AMD's and not Intel's as well, as HLT is. */
static const char *const only_amd[] = {
    "INIT", "INTR", "IOIO",  "IRET",     "MONITOR", "MSR",   "MWAIT",
    "NMI",  "NPF",  "PAUSE", "SHUTDOWN", "SMI",     "VINTR", "VMMCALL",
};

static bool
is_only_amd(const char *name)
{
    if (g_str_has_prefix(name, "READ_") || g_str_has_prefix(name, "WRITE_") ||
        g_str_has_suffix(name, "TR_READ") || g_str_has_suffix(name, "TR_WRITE") ||
        g_str_has_prefix(name, "AVIC_"))
        return true;
    for (gsize i = 0; i < G_N_ELEMENTS(only_amd); i++) {
        if (g_str_equal(name, only_amd[i]))
            return true;
    }
    return false;
}

/* From the manual's name to the kernel's. */
static void
rename_amd(char name[VT_EXIT_NAME_BYTES])
{
    if (g_str_has_prefix(name, "EXCP_") && strlen(name) == strlen("EXCP_PF")) {
        const char vector[] = {name[5], name[6], '\0'};
        g_snprintf(name, VT_EXIT_NAME_BYTES, "%s excp", vector);
        return;
    }
    for (char *at = name; *at; at++)
        *at = g_ascii_tolower(*at);
    for (gsize i = 0; i < G_N_ELEMENTS(renamed); i++) {
        if (g_str_equal(name, renamed[i].amd))
            g_strlcpy(name, renamed[i].kernel, VT_EXIT_NAME_BYTES);
    }
}

bool
vt_exit_name(const char *word, gsize length, char ret_name[VT_EXIT_NAME_BYTES])
{
    if (length == 0 || length >= VT_EXIT_NAME_BYTES)
        return false;
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isalnum(word[i]) && !strchr("_-() ", word[i]))
            return false;
    }
    g_strlcpy(ret_name, word, length + 1);
    if (g_str_equal(ret_name, "PENDING_INTERRUPT")) /* until Linux 5.6 */
        g_strlcpy(ret_name, "INTERRUPT_WINDOW", VT_EXIT_NAME_BYTES);
    else if (g_str_has_prefix(ret_name, "EXIT_")) {
        memmove(ret_name, ret_name + strlen("EXIT_"), length + 1 - strlen("EXIT_"));
        rename_amd(ret_name);
    } else if (is_only_amd(ret_name))
        rename_amd(ret_name);
    return g_ascii_isalnum(*ret_name);
}
