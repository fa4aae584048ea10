/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/profiles.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "edges/safe-file.h"

#define SUFFIX ".xml"
#define PROFILES_DEPTH 1 /* DIR/NAME.xml */

struct VtProfiles {
    char **directories;
    char **guarded;
    GHashTable *loaded; /* name -> VtProfile* */
};

VtProfiles *
vt_profiles_new(const char *const *directories, const char *const *guarded)
{
    VtProfiles *profiles = g_new0(VtProfiles, 1);

    profiles->directories = g_strdupv((char **)directories);
    profiles->guarded = g_strdupv((char **)guarded);
    profiles->loaded =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)vt_profile_free);
    return profiles;
}

void
vt_profiles_free(VtProfiles *profiles)
{
    if (!profiles)
        return;
    g_strfreev(profiles->directories);
    g_strfreev(profiles->guarded);
    g_hash_table_unref(profiles->loaded);
    g_free(profiles);
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
vt_profiles_names(const VtProfiles *profiles)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (char **directory = profiles->directories; *directory; directory++) {
        g_autoptr(GDir) dir = g_dir_open(*directory, 0, NULL);

        for (const char *file; dir && (file = g_dir_read_name(dir));) {
            g_autofree char *name = g_strdup(file);

            if (!g_str_has_suffix(name, SUFFIX))
                continue;
            name[strlen(name) - strlen(SUFFIX)] = '\0';
            if (vt_profile_is_name(name) &&
                !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
                g_ptr_array_add(names, g_steal_pointer(&name));
        }
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

static void
set_no_such_profile(const VtProfiles *profiles, const char *name, GError **error)
{
    g_autoptr(GPtrArray) names = vt_profiles_names(profiles);
    g_autofree char *list = NULL;

    g_ptr_array_add(names, NULL);
    list = g_strjoinv(", ", (char **)names->pdata);
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("there is no profile '%s'; there are %s"), name,
                *list ? list : _("none"));
}

/* The text of the file that counts, and its path; NULL without @error if there is none. */
static char *
read_file(const VtProfiles *profiles, const char *name, char **ret_path, gsize *ret_length,
          GError **error)
{
    g_autofree char *file = g_strconcat(name, SUFFIX, NULL);

    for (guint i = g_strv_length(profiles->directories); i > 0; i--) {
        g_autofree char *path = g_build_filename(profiles->directories[i - 1], file, NULL);
        g_autoptr(GError) cause = NULL;
        char *text = NULL;

        if (g_file_get_contents(path, &text, ret_length, &cause)) {
            *ret_path = g_steal_pointer(&path);
            return text;
        }
        if (!g_error_matches(cause, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
            g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot read the profile: %s"),
                        cause->message);
            return NULL;
        }
    }
    return NULL;
}

/* A profile can switch off the rules for which a start is refused. */
static bool
may_be_obeyed(const VtProfiles *profiles, GError **error)
{
    for (char **guarded = profiles->guarded; *guarded; guarded++) {
        if (!vt_safe_check_tree(*guarded, PROFILES_DEPTH, error))
            return false;
    }
    return true;
}

const VtProfile *
vt_profiles_find(const char *name, gpointer data, GError **error)
{
    VtProfiles *profiles = data;
    VtProfile *profile = g_hash_table_lookup(profiles->loaded, name);
    g_autofree char *text = NULL, *path = NULL;
    g_autoptr(GError) trouble = NULL;
    gsize length = 0;

    if (profile)
        return profile;
    if (!may_be_obeyed(profiles, error))
        return NULL;
    if (vt_profile_is_name(name))
        text = read_file(profiles, name, &path, &length, &trouble);
    if (text)
        profile = vt_profile_load(text, length, path, name, error);
    else if (trouble)
        g_propagate_error(error, g_steal_pointer(&trouble));
    else
        set_no_such_profile(profiles, name, error);
    if (profile)
        g_hash_table_insert(profiles->loaded, g_strdup(name), profile);
    return profile;
}
