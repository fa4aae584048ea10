/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "diagnose/cause.h"
#include "rules/folder.h"

void
vt_cause_database_free(VtCauseDatabase *database)
{
    if (!database)
        return;
    g_ptr_array_unref(database->causes);
    g_free(database);
}

static const VtCause *
find(const GPtrArray *causes, const char *id, guint *ret_index)
{
    for (guint i = 0; i < causes->len; i++) {
        const VtCause *cause = causes->pdata[i];

        if (strcmp(cause->id, id) == 0) {
            *ret_index = i;
            return cause;
        }
    }
    return NULL;
}

const VtCause *
vt_cause_database_find(const VtCauseDatabase *database, const char *id)
{
    guint index;

    return find(database->causes, id, &index);
}

static void
add_file(const char *bytes, gsize length, const char *path, const char *id, gpointer data,
         GPtrArray *faults)
{
    VtCauseDatabase *database = data;
    VtCause *cause = length > 0 ? vt_cause_load(bytes, length, path, id, faults) : NULL;
    guint index;

    if (find(database->causes, id, &index) && (cause || length == 0))
        g_ptr_array_remove_index(database->causes, index);
    if (cause)
        g_ptr_array_add(database->causes, cause);
}

static gint
compare_ids(gconstpointer a, gconstpointer b)
{
    return strcmp((*(VtCause *const *)a)->id, (*(VtCause *const *)b)->id);
}

VtCauseDatabase *
vt_cause_database_load(const char *const *directories, GError **error)
{
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func((GDestroyNotify)g_error_free);
    g_autoptr(VtCauseDatabase) database = g_new0(VtCauseDatabase, 1);

    database->causes = g_ptr_array_new_with_free_func((GDestroyNotify)vt_cause_free);
    for (; *directories; directories++)
        vt_folder_read(*directories, add_file, database, faults);
    g_ptr_array_sort(database->causes, compare_ids);
    if (faults->len == 0)
        return g_steal_pointer(&database);
    g_propagate_error(error, g_error_copy(faults->pdata[0]));
    return NULL;
}
