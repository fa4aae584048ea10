/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A domain's history. Its entries stand between lines of "%%", the oldest first; one that begins
 * with
 * '?' was interrupted.
 */
#include "fuzz.h"

#include <glib/gstdio.h>
#include <string.h>

#include "edges/history.h"

#define UUID "7c0ea8a6-1b1d-4b5b-8c44-3c0d5a4c9d01"
#define MAX_ENTRIES 8

#define BEFORE "<domain><name>a</name></domain>\n"
#define AFTER "<domain><name>a</name><cpu/></domain>\n"

static VtHistory *history;
static char *folder;

static void
set_up(void)
{
    g_autofree char *dir = fuzz_scratch_path("state/history");

    history = vt_history_new(dir, "qemu:///system", "fuzz", MAX_ENTRIES);
    folder = g_build_filename(dir, UUID, NULL);
    MUST(g_mkdir_with_parents(folder, 0700) == 0);
}

static void
write_file(const char *path, const char *name, const char *text)
{
    g_autofree char *file = g_build_filename(path, name, NULL);

    fuzz_write(file, text, strlen(text));
}

static void
write_entry(guint number, const char *text)
{
    g_autofree char *name = g_strdup_printf("%u", number);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    bool interrupted = text[0] == '?';

    MUST(g_mkdir(path, 0700) == 0);
    write_file(path, "entry", text + (interrupted ? 1 : 0));
    write_file(path, "before.xml", BEFORE);
    if (!interrupted)
        write_file(path, "after.xml", AFTER);
}

static void
remove_entries(guint count)
{
    for (guint number = 1; number <= count; number++) {
        g_autofree char *name = g_strdup_printf("%u", number);
        g_autofree char *path = g_build_filename(folder, name, NULL);
        fuzz_remove_files(path);
        g_rmdir(path);
    }
}

static void
check_entries(const GPtrArray *entries)
{
    const VtHistoryEntry *last = vt_history_last_in_force(entries);
    guint before = 0;

    MUST(!last || (last->undoes == 0 && last->state != VT_HISTORY_UNDONE));
    for (guint i = 0; i < entries->len; i++) {
        const VtHistoryEntry *entry = entries->pdata[i];

        MUST(entry->number > before && vt_history_find(entries, entry->number) == entry);
        MUST(entry->by && entry->rules && entry->before);
        MUST(entry->state != VT_HISTORY_IN_FORCE || entry->after);
        MUST(vt_history_state_to_string(entry->state));
        before = entry->number;
    }
    /* nothing came after it that could have undone it */
    if (before > 0)
        MUST(((const VtHistoryEntry *)entries->pdata[entries->len - 1])->state !=
             VT_HISTORY_UNDONE);
}

static void
check_history(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) entries = vt_history_list(history, UUID, &error);

    if (!entries) {
        fuzz_check_error(error);
        return;
    }
    check_entries(entries);
    /* an interrupted entry that changed nothing goes, and no other */
    MUST(vt_history_settle(history, UUID, BEFORE, NULL));
    MUST(vt_history_prune(history, UUID, NULL));
    vt_history_is_undone(history, UUID, AFTER);
}

/* A name goes from one definition to the other, whatever they are. */
static void
check_rename(const char *definition, const char *like)
{
    g_autofree char *same = vt_history_rename(definition, definition);
    g_autofree char *renamed = vt_history_rename(definition, like);
    g_autofree char *again = vt_history_rename(renamed, like);

    MUST(strcmp(same, definition) == 0);
    MUST(strcmp(renamed, again) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = fuzz_text(data, size);
    g_auto(GStrv) parts = g_strsplit(text, "%%\n", MAX_ENTRIES);
    guint count = g_strv_length(parts);

    if (!history)
        set_up();
    for (guint i = 0; i < count; i++)
        write_entry(i + 1, parts[i]);
    check_history();
    remove_entries(count);
    if (count > 1)
        check_rename(parts[0], parts[1]);
    return 0;
}
