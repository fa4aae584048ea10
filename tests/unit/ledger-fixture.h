/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A directory with a ledger for each test; the folder around it stands for libvirt's pid files. */

#include "spool-fixture.h"

#include "edges/ledger.h"
#include "edges/process.h"
#include "fake-topology.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

static inline VtLedger *
open_ledger(const char *dir)
{
    g_autofree char *parent = g_path_get_dirname(dir);
    g_autoptr(GError) error = NULL;
    VtLedger *ledger = vt_ledger_open(dir, parent, &error);
    if (error != NULL)
        g_printerr("%s\n", error->message);
    assert_non_null(ledger);
    return ledger;
}

/* @vcpus: masks between spaces, "-" for none */
static inline VtPins *
make_pins(const char *vcpus, const char *emulator)
{
    g_auto(GStrv) masks = g_strsplit(vcpus, " ", -1);
    VtPins *pins = vt_pins_new(g_strv_length(masks));
    for (unsigned i = 0; masks[i] != NULL; i++) {
        if (strcmp(masks[i], "-") != 0)
            vt_pins_set(pins, i, vt_cpuset_parse(masks[i], NULL));
    }
    pins->emulator = emulator != NULL ? vt_cpuset_parse(emulator, NULL) : NULL;
    return pins;
}

static inline void
record(VtLedger *ledger, const char *uuid, const char *name, const char *vcpus,
       const char *emulator)
{
    g_autoptr(VtPins) pins = make_pins(vcpus, emulator);
    g_autoptr(GError) error = NULL;
    bool good = vt_ledger_record(ledger, uuid, name, pins, &error);
    if (error != NULL)
        g_printerr("%s\n", error->message);
    assert_true(good);
}

static inline char *
pins_text(const VtPins *pins)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < pins->vcpus->len; i++) {
        const VtCpuSet *mask = pins->vcpus->pdata[i];
        g_autofree char *cpus = mask != NULL ? vt_cpuset_format(mask) : g_strdup("-");
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", cpus);
    }
    return g_string_free(text, FALSE);
}

static inline void
expect_pins(const VtPins *pins, const char *vcpus, const char *emulator)
{
    g_autofree char *text = pins_text(pins);
    assert_string_equal(text, vcpus);
    assert_int_equal(pins->emulator != NULL, emulator != NULL);
    if (emulator != NULL) {
        g_autofree char *cpus = vt_cpuset_format(pins->emulator);
        assert_string_equal(cpus, emulator);
    }
}

static inline GPtrArray *
read_ledger(VtLedger *ledger, unsigned expected_warnings)
{
    g_autoptr(GPtrArray) warnings = NULL;
    GPtrArray *entries = vt_ledger_read(ledger, &warnings, NULL);
    assert_non_null(entries);
    assert_int_equal(warnings->len, expected_warnings);
    return entries;
}

static inline unsigned
read_ledger_count(VtLedger *ledger, unsigned expected_warnings)
{
    g_autoptr(GPtrArray) entries = read_ledger(ledger, expected_warnings);
    return entries->len;
}

static inline void
expect_entries(VtLedger *ledger, unsigned count)
{
    assert_int_equal(read_ledger_count(ledger, 0), count);
}

static inline void
expect_held(const GPtrArray *entries, const VtTopology *host, const char *except,
            const char *expected)
{
    g_autoptr(VtHeld) held = vt_ledger_held(entries, host, except);
    g_autofree char *cpus = vt_cpuset_format(held->taken);
    assert_string_equal(cpus, expected);
}

/* All but the lock. */
static inline unsigned
count_files(const char *dir)
{
    g_autofree char *lock = below(dir, "ledger/lock");
    return count_entries(dir, "ledger") - (g_file_test(lock, G_FILE_TEST_EXISTS) ? 1 : 0);
}

/* A file as a hook would have written it, of a guest on CPU 7, with more lines behind. */
static inline char *G_GNUC_PRINTF(2, 3) entry_text(const char *uuid, const char *format, ...)
{
    g_autofree char *boot = vt_process_boot_id();
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *more = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return g_strdup_printf("[pins]\nformat=1\nuuid=%s\nname=x\nboot=%s\nvcpus=7\n%s", uuid, boot,
                           more);
}

static inline pid_t
start_sleeper(void)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        for (;;)
            pause();
    }
    return child;
}
