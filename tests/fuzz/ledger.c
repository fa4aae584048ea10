/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A ledger that holds one file twice, as a running guest's pins and as another's promise. @UUID@
 * and
 * @BOOT@ stand for what only the machine knows.
 */
#include "fuzz.h"

#include <string.h>

#include "edges/ledger.h"
#include "edges/process.h"

#define RUNNING "7c0ea8a6-1b1d-4b5b-8c44-3c0d5a4c9d01"
#define PROMISED "7c0ea8a6-1b1d-4b5b-8c44-3c0d5a4c9d02"

static VtLedger *ledger;
static VtTopology *host;
static char *folder, *running, *promised, *boot;

static void
set_up(void)
{
    g_autofree char *dir = fuzz_scratch_path("run");

    ledger = vt_ledger_open(dir, dir, NULL);
    host = vt_topology_read(VT_SOURCE_ROOT "/tests/hosts/two-nodes", NULL);
    MUST(ledger && host && vt_ledger_lock(ledger, 0, NULL));
    folder = g_build_filename(dir, "ledger", NULL);
    running = g_build_filename(folder, RUNNING ".pins", NULL);
    promised = g_build_filename(folder, PROMISED ".promise", NULL);
    boot = vt_process_boot_id();
}

static void
write_entry(const char *path, const char *uuid, const uint8_t *data, size_t size)
{
    g_autoptr(GString) text = g_string_new_len((const char *)data, (gssize)size);

    g_string_replace(text, "@UUID@", uuid, 1);
    g_string_replace(text, "@BOOT@", boot, 1);
    fuzz_write(path, text->str, text->len);
}

/* Returns: (transfer full): what is in force */
static GPtrArray *
read_entries(void)
{
    g_autoptr(GPtrArray) warnings = NULL;
    GPtrArray *entries = vt_ledger_read(ledger, &warnings, NULL);

    MUST(entries && warnings && warnings->len <= 2);
    for (guint i = 0; i < warnings->len; i++)
        fuzz_check_error(warnings->pdata[i]);
    for (guint i = 0; i < entries->len; i++) {
        const VtLedgerEntry *entry = entries->pdata[i];
        MUST(strcmp(entry->uuid, entry->running ? RUNNING : PROMISED) == 0);
        MUST(entry->name && entry->pins && entry->pins->vcpus->len <= VT_CPUSET_MAX);
    }
    return entries;
}

static void
check_held(const GPtrArray *entries)
{
    g_autoptr(VtHeld) held = vt_ledger_held(entries, host, PROMISED);

    MUST(vt_cpuset_is_subset(held->taken, host->online));
}

static bool
same_mask(const VtCpuSet *a, const VtCpuSet *b)
{
    return a && b ? vt_cpuset_equal(a, b) : a == b;
}

/* What was read can be written, and is read the same; only more bytes than a file may have stop it.
 */
static void
check_round_trip(const VtLedgerEntry *entry)
{
    g_autoptr(GPtrArray) again = NULL;
    const VtLedgerEntry *other;

    if (!vt_ledger_record(ledger, RUNNING, entry->name, entry->pins, NULL) ||
        vt_pins_is_empty(entry->pins))
        return;
    again = read_entries();
    MUST(again->len > 0);
    other = again->pdata[0];
    MUST(other->running && strcmp(other->name, entry->name) == 0);
    MUST(other->pins->vcpus->len == entry->pins->vcpus->len);
    for (guint i = 0; i < entry->pins->vcpus->len; i++)
        MUST(same_mask(other->pins->vcpus->pdata[i], entry->pins->vcpus->pdata[i]));
    MUST(same_mask(other->pins->emulator, entry->pins->emulator));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GPtrArray) entries = NULL;

    if (!ledger)
        set_up();
    write_entry(running, RUNNING, data, size);
    write_entry(promised, PROMISED, data, size);
    entries = read_entries();
    check_held(entries);
    if (entries->len > 0)
        check_round_trip(entries->pdata[0]);
    vt_ledger_prune(ledger);
    MUST(vt_ledger_drop(ledger, RUNNING, NULL) && vt_ledger_drop(ledger, PROMISED, NULL));
    MUST(fuzz_count_files(folder) == 1); /* the lock */
    return 0;
}
