/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the ledger: what is in force, what is stale, what is no entry at all. */
#include "edges/ledger-parts.h"

#include "base/error.h"
#include "base/i18n.h"
#include "edges/process.h"
#include "edges/safe-file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file as it was read: an entry, and what tells whether it is in force. */
typedef struct {
    VtLedgerEntry *entry;
    VtProcess process;
    gint64 expires; /* uptime in seconds, for a promise */
    char *boot_id;
} Record;

static void
record_clear(Record *record)
{
    vt_ledger_entry_free(record->entry);
    g_free(record->boot_id);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Record, record_clear)

void
vt_ledger_entry_free(VtLedgerEntry *entry)
{
    if (!entry)
        return;
    g_free(entry->uuid);
    g_free(entry->name);
    vt_pins_free(entry->pins);
    g_free(entry);
}

/*** reading ***/

static VtCpuSet *
parse_mask(const char *text, GError **error)
{
    g_autoptr(VtCpuSet) mask = vt_cpuset_parse(text, error);

    if (mask && vt_cpuset_next(mask, 0) < 0) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("a set of CPUs is empty"));
        return NULL;
    }
    return g_steal_pointer(&mask);
}

/* Masks between spaces; @ret_masks gets NULL for VT_LEDGER_ANYWHERE. */
static bool
parse_masks(const char *text, GPtrArray *ret_masks, GError **error)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    if (g_strv_length(words) == 0 || g_strv_length(words) > VT_CPUSET_MAX) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("it has no pins, or too many"));
        return false;
    }
    for (char **word = words; *word; word++) {
        VtCpuSet *mask = NULL;

        if (strcmp(*word, VT_LEDGER_ANYWHERE) != 0) {
            mask = parse_mask(*word, error);
            if (!mask)
                return false;
        }
        g_ptr_array_add(ret_masks, mask);
    }
    return true;
}

static VtPins *
parse_pins(GKeyFile *file, GError **error)
{
    g_autofree char *vcpus = g_key_file_get_string(file, VT_LEDGER_GROUP, "vcpus", NULL);
    g_autofree char *emulator = g_key_file_get_string(file, VT_LEDGER_GROUP, "emulator", NULL);
    g_autofree char *iothreads = g_key_file_get_string(file, VT_LEDGER_GROUP, "iothreads", NULL);
    g_autoptr(VtPins) pins = vt_pins_new(0);

    if (!parse_masks(vcpus ? vcpus : "", pins->vcpus, error))
        return NULL;
    if (iothreads && !parse_masks(iothreads, pins->iothreads, error))
        return NULL;
    if (emulator) {
        pins->emulator = parse_mask(emulator, error);
        if (!pins->emulator)
            return NULL;
    }
    return g_steal_pointer(&pins);
}

static bool
parse_record(const char *content, gsize length, Record *record, GError **error)
{
    g_autoptr(GKeyFile) file = vt_safe_parse(content, length, error);
    VtLedgerEntry *entry = record->entry;

    if (!file)
        return false;
    if (g_key_file_get_integer(file, VT_LEDGER_GROUP, "format", NULL) != VT_LEDGER_FORMAT) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("its format is not '%d'"), VT_LEDGER_FORMAT);
        return false;
    }
    entry->uuid = g_key_file_get_string(file, VT_LEDGER_GROUP, "uuid", NULL);
    entry->name = g_key_file_get_string(file, VT_LEDGER_GROUP, "name", NULL);
    record->boot_id = g_key_file_get_string(file, VT_LEDGER_GROUP, "boot", NULL);
    if (!entry->uuid || !entry->name || !record->boot_id) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("one of 'uuid', 'name' and 'boot' is missing or not UTF-8"));
        return false;
    }
    record->process.pid = (pid_t)g_key_file_get_int64(file, VT_LEDGER_GROUP, "process", NULL);
    record->process.start = g_key_file_get_uint64(file, VT_LEDGER_GROUP, "process-start", NULL);
    record->expires = g_key_file_get_int64(file, VT_LEDGER_GROUP, "expires", NULL);
    entry->knows_process = record->process.pid > 0;
    entry->pins = parse_pins(file, error);
    return entry->pins != NULL;
}

/* @name is the name of a file of ours. No entry in @record if it has gone. */
static bool
read_record(const VtLedger *ledger, const char *name, Record *record, GError **error)
{
    bool running = g_str_has_suffix(name, VT_LEDGER_PINS_SUFFIX);
    g_autofree char *shown = g_strdup_printf("%s/%s", ledger->dir, name);
    bool missing = false;
    gsize length;
    g_autofree char *content =
        vt_safe_read(ledger->fd, name, shown, VT_LEDGER_MAX_BYTES, &length, &missing, error);

    if (!content)
        return missing;
    record->entry = g_new0(VtLedgerEntry, 1);
    record->entry->running = running;
    if (parse_record(content, length, record, error))
        return true;
    g_clear_pointer(&record->entry, vt_ledger_entry_free);
    return false;
}

static bool
is_in_force(const VtLedger *ledger, const Record *record)
{
    if (strcmp(record->boot_id, ledger->boot_id) != 0)
        return false;
    if (!record->entry->running)
        return record->expires > vt_process_uptime();
    return !record->entry->knows_process || vt_process_is_alive(&record->process);
}

/* The lock, and what is being written just now or was never finished. */
static bool
is_furniture(const char *name)
{
    return name[0] == '.' || strcmp(name, VT_LEDGER_LOCK_NAME) == 0 ||
           g_str_has_prefix(name, VT_SAFE_TEMPORARY_PREFIX);
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Returns: (transfer full) (element-type utf8): the names in the directory, sorted; or NULL */
static GPtrArray *
list_files(const VtLedger *ledger, GError **error)
{
    /* A description of its own: a duplicate would share its position with the last listing. */
    int fd = openat(ledger->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    const struct dirent *file;

    if (!stream) {
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot list '%s': %s"), ledger->dir,
                    g_strerror(errno));
        vt_safe_close(fd);
        g_ptr_array_unref(names);
        return NULL;
    }
    while ((file = readdir(stream)) && names->len < 2 * VT_LEDGER_MAX_ENTRIES)
        g_ptr_array_add(names, g_strdup(file->d_name));
    closedir(stream);
    g_ptr_array_sort(names, compare_names);
    return names;
}

static void
warn(const VtLedger *ledger, GPtrArray *warnings, const char *name, const GError *fault)
{
    g_autofree char *shown = g_utf8_make_valid(name, -1);

    if (warnings)
        g_ptr_array_add(warnings, g_error_new(VT_ERROR, VT_ERROR_INPUT,
                                              _("'%s/%s' is no entry of the ledger: %s"),
                                              ledger->dir, shown, fault->message));
}

/*
 * Reads the file @name. Out: a record without an entry where there is nothing to say: furniture, or
 * gone since the listing.
 */
static bool
examine(const VtLedger *ledger, const char *name, Record *record, GError **error)
{
    g_autofree char *of_pins = vt_safe_uuid_of_file(name, VT_LEDGER_PINS_SUFFIX);
    g_autofree char *of_promise = vt_safe_uuid_of_file(name, VT_LEDGER_PROMISE_SUFFIX);

    if (is_furniture(name))
        return true;
    if (!of_pins && !of_promise) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("its name is not a UUID and '%s' or '%s'"),
                    VT_LEDGER_PINS_SUFFIX, VT_LEDGER_PROMISE_SUFFIX);
        return false;
    }
    if (!read_record(ledger, name, record, error))
        return false;
    if (!record->entry || strcmp(record->entry->uuid, of_pins ? of_pins : of_promise) == 0)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("it is about the domain '%s'"),
                record->entry->uuid);
    g_clear_pointer(&record->entry, vt_ledger_entry_free);
    return false;
}

GPtrArray *
vt_ledger_read(VtLedger *ledger, GPtrArray **ret_warnings, GError **error)
{
    g_autoptr(GPtrArray) names = list_files(ledger, error);
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func((GDestroyNotify)g_error_free);
    GPtrArray *entries;

    if (!names)
        return NULL;
    entries = g_ptr_array_new_with_free_func((GDestroyNotify)vt_ledger_entry_free);
    for (guint i = 0; i < names->len; i++) {
        g_auto(Record) record = {0};
        g_autoptr(GError) fault = NULL;

        if (!examine(ledger, names->pdata[i], &record, &fault))
            warn(ledger, warnings, names->pdata[i], fault);
        else if (record.entry && is_in_force(ledger, &record))
            g_ptr_array_add(entries, g_steal_pointer(&record.entry));
    }
    if (ret_warnings)
        *ret_warnings = g_steal_pointer(&warnings);
    return entries;
}

VtHeld *
vt_ledger_held(const GPtrArray *entries, const VtTopology *host, const char *except)
{
    VtHeld *held = vt_held_new();

    for (guint i = 0; i < entries->len; i++) {
        const VtLedgerEntry *entry = entries->pdata[i];

        if (!except || g_ascii_strcasecmp(entry->uuid, except) != 0)
            vt_held_add(held, entry->pins, host, true);
    }
    return held;
}

/*** tidying up ***/

/* Takes the file aside first: a guest that starts just now may have put a new one in its place. */
static void
remove_stale(const VtLedger *ledger, const char *name)
{
    g_autofree char *aside = g_strconcat(VT_SAFE_TEMPORARY_PREFIX, name, NULL);
    g_auto(Record) record = {0};

    if (renameat(ledger->fd, name, ledger->fd, aside) != 0)
        return;
    if (read_record(ledger, aside, &record, NULL) && record.entry && is_in_force(ledger, &record))
        renameat2(ledger->fd, aside, ledger->fd, name, RENAME_NOREPLACE);
    unlinkat(ledger->fd, aside, 0);
}

void
vt_ledger_prune(VtLedger *ledger)
{
    g_autoptr(GPtrArray) names = list_files(ledger, NULL);

    vt_safe_remove_left_behind(ledger->fd);
    for (guint i = 0; names && i < names->len; i++) {
        const char *name = names->pdata[i];
        g_auto(Record) record = {0};

        if (examine(ledger, name, &record, NULL) && record.entry && !is_in_force(ledger, &record))
            remove_stale(ledger, name);
    }
}
