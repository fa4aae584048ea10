/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/rule-cache.h"

#include <fcntl.h>

#include "edges/safe-file.h"
#include "rules/folder.h"

static const char *const cache_files[] = {
    [VT_RULES_ALL] = "rules.cache",
    [VT_RULES_OF_ERRORS] = "errors.cache",
};

#define RULES_DEPTH 2 /* DIR/TOPIC/NAME.xml */
#define CACHE_MAX_BYTES (4 * 1024 * 1024)

static VtRuleDatabase *
read_cache(int directory, VtRuleChoice choice, const char *stamp)
{
    gsize length;
    const char *file = cache_files[choice];
    char *content = vt_safe_read(directory, file, file, CACHE_MAX_BYTES, &length, NULL, NULL);
    g_autoptr(GBytes) bytes = content ? g_bytes_new_take(content, length) : NULL;

    return bytes ? vt_rule_cache_unpack(bytes, stamp, choice) : NULL;
}

static void
write_cache(int directory, VtRuleChoice choice, const VtRuleDatabase *database, const char *stamp)
{
    g_autoptr(GBytes) bytes = vt_rule_cache_pack(database, stamp, choice);
    gsize length;
    const char *content = g_bytes_get_data(bytes, &length);

    vt_safe_replace(directory, directory, cache_files[choice], content, length);
}

/* Owners and modes count among what a cache is stale by: looking once for each cache is enough. */
static VtRuleDatabase *
load(const char *const *directories, const char *const *guarded, GError **error)
{
    for (; *guarded; guarded++) {
        if (!vt_safe_check_tree(*guarded, RULES_DEPTH, error))
            return NULL;
    }
    return vt_rule_database_load(directories, error);
}

VtRuleDatabase *
vt_rule_cache_load(const char *const *directories, const char *const *guarded, const char *run_dir,
                   VtRuleChoice choice, GError **error)
{
    /* taken before the files are read: a change in between makes the cache stale, not wrong */
    g_autofree char *stamp = vt_folder_stamp(directories);
    int directory = vt_safe_find_directory(AT_FDCWD, run_dir, run_dir, NULL);
    VtRuleDatabase *database = directory >= 0 ? read_cache(directory, choice, stamp) : NULL;

    if (!database) {
        database = load(directories, guarded, error);
        if (database && directory >= 0)
            write_cache(directory, choice, database, stamp);
    }
    vt_safe_close(directory);
    return database;
}
