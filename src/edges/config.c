/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/config.h"

#include "base/error.h"
#include "base/i18n.h"
#include "rules/profile.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define MIB (G_GUINT64_CONSTANT(1) << 20)
#define DEFAULT_BUDGET_MIB 512
/* 1 TiB: beyond it is a unit mistaken, not a budget */
#define MAX_BUDGET_MIB (G_GUINT64_CONSTANT(1) << 20)
#define DEFAULT_HISTORY_KEEP 20
#define MAX_HISTORY_KEEP 1000
#define RULE_GLOB_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789-_./*?"

/* Returns: (transfer full): "one of 'off', 'auto'" */
static char *
expect_one_of(const char *const *words, gsize count)
{
    g_autoptr(GString) list = g_string_new(NULL);
    for (gsize i = 0; i < count; i++)
        g_string_append_printf(list, "%s'%s'", i > 0 ? ", " : "", words[i]);
    return g_strdup_printf(_("one of %s"), list->str);
}

/* Returns: (transfer full): the text without the white space around it; NULL when it is no text */
static char *
read_text(GKeyFile *file, const char *group, const char *key)
{
    char *text = g_key_file_get_string(file, group, key, NULL);
    return text != NULL ? g_strstrip(text) : NULL;
}

static bool
set_policy(VtConfig *config, GKeyFile *file, const char *group, const char *key,
           char **ret_expected)
{
    g_autofree char *word = read_text(file, group, key);
    if (word != NULL && vt_policy_from_string(word, &config->policy))
        return true;
    const char *words[VT_POLICY_ENFORCE + 1];
    for (VtPolicy policy = VT_POLICY_OFF; policy <= VT_POLICY_ENFORCE; policy++)
        words[policy] = vt_policy_to_string(policy);
    *ret_expected = expect_one_of(words, G_N_ELEMENTS(words));
    return false;
}

static bool
set_pin_policy(VtConfig *config, GKeyFile *file, const char *group, const char *key,
               char **ret_expected)
{
    g_autofree char *word = read_text(file, group, key);
    if (word != NULL && vt_pin_placement_from_string(word, &config->pin_policy))
        return true;
    const char *words[VT_PIN_PLACEMENT_AUTO + 1];
    for (VtPinPlacement i = VT_PIN_PLACEMENT_OFF; i <= VT_PIN_PLACEMENT_AUTO; i++)
        words[i] = vt_pin_placement_to_string(i);
    *ret_expected = expect_one_of(words, G_N_ELEMENTS(words));
    return false;
}

static bool
set_bool(GKeyFile *file, const char *group, const char *key, bool *ret_value, char **ret_expected)
{
    static const char *const words[] = {"no", "yes"};
    g_autofree char *word = read_text(file, group, key);
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_strcmp0(word, words[i]) == 0) {
            *ret_value = i == 1;
            return true;
        }
    }
    *ret_expected = expect_one_of(words, G_N_ELEMENTS(words));
    return false;
}

static bool
set_restart(VtConfig *config, GKeyFile *file, const char *group, const char *key,
            char **ret_expected)
{
    return set_bool(file, group, key, &config->restart, ret_expected);
}

static bool
set_use_isolated(VtConfig *config, GKeyFile *file, const char *group, const char *key,
                 char **ret_expected)
{
    return set_bool(file, group, key, &config->use_isolated, ret_expected);
}

static bool
set_strict_memory(VtConfig *config, GKeyFile *file, const char *group, const char *key,
                  char **ret_expected)
{
    return set_bool(file, group, key, &config->strict_memory, ret_expected);
}

/* Whether there is such a profile is found when a domain is judged by it. */
static bool
set_profile(VtConfig *config, GKeyFile *file, const char *group, const char *key,
            char **ret_expected)
{
    g_autofree char *name = read_text(file, group, key);
    if (name == NULL || !vt_profile_is_name(name)) {
        *ret_expected = g_strdup(_("the name of a profile, such as 'nested'"));
        return false;
    }
    g_free(config->profile);
    config->profile = g_steal_pointer(&name);
    return true;
}

static bool
set_skip(VtConfig *config, GKeyFile *file, const char *group, const char *key, char **ret_expected)
{
    gsize count = 0;
    g_auto(GStrv) globs = g_key_file_get_string_list(file, group, key, &count, NULL);
    bool good = globs != NULL;
    for (gsize i = 0; good && i < count; i++) {
        g_strstrip(globs[i]);
        good = globs[i][0] != '\0' && strspn(globs[i], RULE_GLOB_CHARACTERS) == strlen(globs[i]);
    }
    if (!good) {
        *ret_expected = g_strdup(_("rule ids such as 'cputune/*', separated by ';'"));
        return false;
    }
    g_strfreev(config->skip_rules);
    config->skip_rules = g_steal_pointer(&globs);
    return true;
}

static bool
set_budget(VtConfig *config, GKeyFile *file, const char *group, const char *key,
           char **ret_expected)
{
    g_autofree char *text = read_text(file, group, key);
    guint64 mib;
    if (text == NULL || !g_ascii_string_to_unsigned(text, 10, 0, MAX_BUDGET_MIB, &mib, NULL)) {
        *ret_expected = g_strdup_printf(_("a whole number of MiB, 0 to %" PRIu64), MAX_BUDGET_MIB);
        return false;
    }
    config->metadata_cache_budget_bytes = mib * MIB;
    return true;
}

static bool
set_history_keep(VtConfig *config, GKeyFile *file, const char *group, const char *key,
                 char **ret_expected)
{
    g_autofree char *text = read_text(file, group, key);
    guint64 keep;
    if (text == NULL || !g_ascii_string_to_unsigned(text, 10, 1, MAX_HISTORY_KEEP, &keep, NULL)) {
        *ret_expected = g_strdup_printf(_("a whole number, 1 to %d"), MAX_HISTORY_KEEP);
        return false;
    }
    config->history_keep = (guint)keep;
    return true;
}

static bool
set_reserved(VtConfig *config, GKeyFile *file, const char *group, const char *key,
             char **ret_expected)
{
    g_autofree char *text = read_text(file, group, key);
    g_autoptr(GError) cause = NULL;
    VtCpuSet *set = text != NULL ? vt_cpuset_parse(text, &cause) : NULL;
    if (set == NULL) {
        *ret_expected = cause != NULL ? g_strdup_printf(_("a list of CPUs such as '0-1,8' (%s)"),
                                                        cause->message)
                                      : g_strdup(_("a list of CPUs such as '0-1,8'"));
        return false;
    }
    vt_cpuset_free(config->reserved_cpus);
    config->reserved_cpus = set;
    return true;
}

/* A setter says on failure only what is allowed; where it stands is added by its caller. */
typedef bool (*Setter)(VtConfig *config, GKeyFile *file, const char *group, const char *key,
                       char **ret_expected);

/* Every key that exists, groups together. */
static const struct {
    const char *group;
    const char *key;
    Setter set;
} keys[] = {
    {"policy", "default", set_policy},         {"policy", "profile", set_profile},
    {"policy", "restart", set_restart},        {"rules", "skip", set_skip},
    {"history", "keep", set_history_keep},     {"disk", "metadata_cache_budget_mib", set_budget},
    {"pin", "policy", set_pin_policy},         {"pin", "reserved_cpus", set_reserved},
    {"pin", "use_isolated", set_use_isolated}, {"pin", "strict_memory", set_strict_memory},
};

VtConfig *
vt_config_new(void)
{
    VtConfig *config = g_new0(VtConfig, 1);
    config->policy = VT_POLICY_APPLY;
    config->history_keep = DEFAULT_HISTORY_KEEP;
    config->profile = g_strdup(VT_PROFILE_DEFAULT);
    config->skip_rules = g_new0(char *, 1);
    config->metadata_cache_budget_bytes = DEFAULT_BUDGET_MIB * MIB;
    config->pin_policy = VT_PIN_PLACEMENT_AUTO;
    config->reserved_cpus = vt_cpuset_new();
    return config;
}

void
vt_config_free(VtConfig *config)
{
    if (config == NULL)
        return;
    g_free(config->profile);
    g_strfreev(config->skip_rules);
    vt_cpuset_free(config->reserved_cpus);
    g_free(config);
}

bool
vt_config_skips_rule(const VtConfig *config, const char *rule_id)
{
    for (char **glob = config->skip_rules; *glob != NULL; glob++) {
        if (g_pattern_match_simple(*glob, rule_id))
            return true;
    }
    return false;
}

/* Where the scan is. GKeyFile reports no lines and merges what is given twice, so this precedes. */
typedef struct {
    const char *path;
    unsigned line;
    char *group;       /* the group that the line stands in, or NULL */
    GHashTable *lines; /* "group" and "group/key" -> the line that has it */
} Scan;

static void
scan_clear(Scan *scan)
{
    g_free(scan->group);
    g_hash_table_unref(scan->lines);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scan, scan_clear)

/* Returns: (transfer full): the known groups, or the known keys of @group, each in quotes */
static char *
list_known(const char *group)
{
    g_autoptr(GString) list = g_string_new(NULL);
    const char *last = "";
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (group != NULL ? strcmp(group, keys[i].group) != 0 : strcmp(last, keys[i].group) == 0)
            continue;
        last = keys[i].group;
        g_string_append_printf(list, group != NULL ? "%s'%s'" : "%s'[%s]'",
                               list->len > 0 ? ", " : "", group != NULL ? keys[i].key : last);
    }
    return g_string_free(g_steal_pointer(&list), FALSE);
}

static bool
is_known(const char *group, const char *key)
{
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (strcmp(group, keys[i].group) == 0 && (key == NULL || strcmp(key, keys[i].key) == 0))
            return true;
    }
    return false;
}

/* @id is "group" or "group/key"; @shown is how the administrator wrote it. */
static bool
note_line(Scan *scan, const char *id, const char *shown, GError **error)
{
    gpointer before = g_hash_table_lookup(scan->lines, id);
    if (before == NULL) {
        g_hash_table_insert(scan->lines, g_strdup(id), GUINT_TO_POINTER(scan->line));
        return true;
    }
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                _("%s:%u: '%s' is given twice, first in line %u; keep one"), scan->path, scan->line,
                shown, GPOINTER_TO_UINT(before));
    return false;
}

static bool
scan_group(Scan *scan, const char *text, GError **error)
{
    gsize length = strlen(text);
    g_autofree char *group = g_strndup(text + 1, length - 1);
    if (text[length - 1] == ']')
        group[length - 2] = '\0';
    if (text[length - 1] != ']' || !is_known(group, NULL)) {
        g_autofree char *known = list_known(NULL);
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("%s:%u: there is no group '%s'; the groups are %s"), scan->path, scan->line,
                    text, known);
        return false;
    }
    g_free(scan->group);
    scan->group = g_strdup(group);
    return note_line(scan, group, text, error);
}

static bool
scan_key(Scan *scan, const char *text, GError **error)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("%s:%u: '%s' is neither '[group]' nor 'key = value' nor a comment with '#'"),
                    scan->path, scan->line, text);
        return false;
    }
    g_autofree char *key = g_strchomp(g_strndup(text, (gsize)(equals - text)));
    if (scan->group == NULL) {
        g_autofree char *known = list_known(NULL);
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("%s:%u: the key '%s' stands before any group; the groups are %s"), scan->path,
                    scan->line, key, known);
        return false;
    }
    if (!is_known(scan->group, key)) {
        g_autofree char *known = list_known(scan->group);
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("%s:%u: there is no key '%s' in the group '[%s]'; its keys are %s"),
                    scan->path, scan->line, key, scan->group, known);
        return false;
    }
    g_autofree char *id = g_strconcat(scan->group, "/", key, NULL);
    return note_line(scan, id, key, error);
}

static bool
scan_text(Scan *scan, const char *content, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        scan->line++;
        const char *text = g_strstrip(*line);
        if (!g_utf8_validate(text, -1, NULL)) {
            g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("%s:%u: the line is not UTF-8"),
                        scan->path, scan->line);
            return false;
        }
        if (text[0] == '\0' || text[0] == '#')
            continue;
        if (text[0] == '[' ? !scan_group(scan, text, error) : !scan_key(scan, text, error))
            return false;
    }
    return true;
}

static bool
set_all(VtConfig *config, const Scan *scan, GKeyFile *file, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autofree char *id = g_strconcat(keys[i].group, "/", keys[i].key, NULL);
        gpointer line = g_hash_table_lookup(scan->lines, id);
        g_autofree char *expected = NULL;
        if (line == NULL || keys[i].set(config, file, keys[i].group, keys[i].key, &expected))
            continue;
        g_autofree char *value = g_key_file_get_value(file, keys[i].group, keys[i].key, NULL);
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("%s:%u: the key '%s' is '%s', but must be %s"), scan->path,
                    GPOINTER_TO_UINT(line), keys[i].key, value != NULL ? value : "", expected);
        return false;
    }
    return true;
}

/* Whoever else can write it decides what root does. */
static bool
check_closed(const char *path, GError **error)
{
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode) || (status.st_mode & S_IWOTH) == 0)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM,
                _("the configuration '%s' can be written by anybody; 'chmod o-w' mends it"), path);
    return false;
}

VtConfig *
vt_config_load(const char *path, GError **error)
{
    g_autoptr(VtConfig) config = vt_config_new();
    g_autofree char *content = NULL;
    gsize length;
    g_autoptr(GError) cause = NULL;
    if (!g_file_get_contents(path, &content, &length, &cause)) {
        if (g_error_matches(cause, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return g_steal_pointer(&config);
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot read the configuration: %s"),
                    cause->message);
        return NULL;
    }
    if (!check_closed(path, error))
        return NULL;

    g_auto(Scan) scan = {
        .path = path,
        .lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };
    if (!scan_text(&scan, content, error))
        return NULL;
    g_autoptr(GKeyFile) file = g_key_file_new();
    if (strlen(content) != length ||
        !g_key_file_load_from_data(file, content, length, G_KEY_FILE_NONE, &cause)) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("%s:%u: the file is not readable text: %s"),
                    path, scan.line, cause != NULL ? cause->message : _("it has a NUL byte"));
        return NULL;
    }
    if (!set_all(config, &scan, file, error))
        return NULL;
    return g_steal_pointer(&config);
}
