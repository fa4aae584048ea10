/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A domain on its whole way: facts, plan, rewrite, laws. The first line names a folder of
 * tests/hosts, or "none" for no host; the rest is the domain. What vmtune promises of every domain
 * is checked by the golden tests' own means: among other things that tuning twice changes nothing,
 * and that an empty plan gives the same bytes.
 */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include "../golden.h"
#include "base/error.h"

static const char *const names[] = {"none",        "no-stimer",      "tcg",         "storage",
                                    "hybrid-4p4e", "two-nodes-busy", "amd-epyc-ccx"};

static const GoldenHost *
get_host(const char *name)
{
    static GoldenHost *hosts[G_N_ELEMENTS(names)];
    gsize i = 0;

    while (i + 1 < G_N_ELEMENTS(names) && strcmp(names[i], name) != 0)
        i++;
    if (!hosts[i]) {
        hosts[i] = golden_host_new(VT_SOURCE_ROOT "/tests", i > 0 ? names[i] : NULL, NULL);
        MUST(hosts[i] != NULL);
        /* libvirt's schema is not ours to test, and takes longer than all the rest */
        g_clear_pointer(&hosts[i]->context->schema, vt_schema_free);
    }
    return hosts[i];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *name = fuzz_take_line(&data, &size);
    g_autoptr(GError) error = NULL;
    g_autoptr(GoldenJudged) judged = NULL;
    g_autofree char *broken = NULL;

    g_setenv("VMTUNE_DATADIR", VT_SOURCE_ROOT "/data", TRUE);
    g_setenv("VMTUNE_CONFDIR", fuzz_scratch(), TRUE);
    g_setenv("VMTUNE_RUNDIR", fuzz_scratch(), TRUE);
    judged = golden_judge(get_host(name), (const char *)data, size, "fuzz.xml", &error);
    if (!judged) {
        fuzz_check_error(error);
        MUST(error->code != VT_ERROR_LAW);
        return 0;
    }
    broken = golden_find_broken_law(get_host(name), judged);
    if (broken)
        fprintf(stderr, "%s\n", broken);
    MUST(!broken);
    return 0;
}
