/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading records, which anybody may have written. */
#include <inttypes.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/printable.h"
#include "base/words.h"
#include "diagnose/record-parts.h"

/* ---- faults ---- */

static bool fault(const char *file, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

static bool
fault(const char *file, GError **error, const char *format, ...)
{
    g_autofree char *what = NULL;
    va_list arguments;

    va_start(arguments, format);
    what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT, "%s: %s", file, what);
    return false;
}

static const char *
no_record(void)
{
    return _("this is not the JSON of a measurement that 'vmtune diagnose --save' has saved");
}

static bool
fault_at(const char *file, const char *bytes, gsize offset, const char *what, GError **error)
{
    guint line = 1, column = 1;

    for (gsize i = 0; i < offset; i++) {
        column = bytes[i] == '\n' ? 1 : column + 1;
        line += bytes[i] == '\n';
    }
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT, "%s:%u:%u: %s", file, line, column, what);
    return false;
}

/* ---- the JSON itself ---- */

/* A record nests four deep; json-glib follows every depth by calling itself. */
#define MAX_DEPTH 8

/* What there may be outside of strings. json-glib takes more, such as comments, and leaks what
 * stands before the object. */
static bool
is_json(char byte, int depth)
{
    if (depth == 0)
        return byte == '{' || g_ascii_isspace(byte);
    return g_ascii_isalnum(byte) || (byte && strchr(" \t\r\n{}[]:,+-.\"", byte));
}

/* "\ud800": halves of characters, which json-glib does not write, and leaks. */
static bool
is_half(const char *escape, gsize length)
{
    return length > 3 && escape[0] == '\\' && escape[1] == 'u' &&
           g_ascii_tolower(escape[2]) == 'd' && g_ascii_xdigit_value(escape[3]) >= 8;
}

/* Returns: behind the string that begins at @start, or where it is not one that is ever written */
static gsize
skip_string(const char *bytes, gsize start, gsize length)
{
    gsize at = start + 1;

    while (at < length && bytes[at] != '"' && !is_half(bytes + at, length - at))
        at += bytes[at] == '\\' ? 2 : 1;
    return at < length && bytes[at] == '"' ? at + 1 : MIN(at, length);
}

/* Returns: behind the number that begins at @start */
static gsize
skip_number(const char *bytes, gsize start, gsize length)
{
    gsize at = start;

    while (at < length &&
           (g_ascii_isdigit(bytes[at]) || strchr(".eE+-", bytes[at] ? bytes[at] : ' ')))
        at++;
    return at;
}

/* Of a whole number that is too large json-glib makes another one, not always less than 0. */
static bool
is_kept(const char *number, gsize length)
{
    g_autofree char *text = g_strndup(number, length);

    return strpbrk(text, ".eE") || g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64, NULL, NULL);
}

/* One object, of no more depth than a record has, and nothing but JSON: what json-glib gets. */
static bool
check_outline(const char *bytes, gsize length, const char *file, GError **error)
{
    const char *end;
    int depth = 0, objects = 0;
    gsize at = 0;

    if (!g_utf8_validate(bytes, (gssize)length, &end))
        return fault_at(file, bytes, (gsize)(end - bytes), no_record(), error);
    while (at < length) {
        char byte = bytes[at];
        bool opens = byte == '{' || byte == '[', closes = byte == '}' || byte == ']';

        objects += opens && depth == 0;
        if (!is_json(byte, depth) || objects > 1)
            return fault_at(file, bytes, at, no_record(), error);
        depth += opens - closes;
        if (depth > MAX_DEPTH)
            return fault_at(file, bytes, at, no_record(), error);
        if (g_ascii_isdigit(byte) && !is_kept(bytes + at, skip_number(bytes, at, length) - at))
            return fault_at(file, bytes, at, _("this number is more than a record can hold"),
                            error);
        at = byte == '"'             ? skip_string(bytes, at, length)
             : g_ascii_isdigit(byte) ? skip_number(bytes, at, length)
                                     : at + 1;
    }
    return (depth == 0 && objects == 1) || fault_at(file, bytes, length, no_record(), error);
}

typedef struct {
    guint line, column;
} Place;

static void
note_place(JsonParser *parser, gpointer error G_GNUC_UNUSED, gpointer data)
{
    Place *place = data;

    place->line = json_parser_get_current_line(parser);
    place->column = json_parser_get_current_pos(parser);
}

/* Returns: (transfer full): what stands for the record */
static JsonNode *
parse(const char *bytes, gsize length, const char *file, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    Place place = {1, 1};

    if (!check_outline(bytes, length, file, error))
        return NULL;
    g_signal_connect(parser, "error", G_CALLBACK(note_place), &place);
    if (json_parser_load_from_data(parser, bytes, (gssize)length, NULL) &&
        json_parser_get_root(parser))
        return json_parser_steal_root(parser);
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT, "%s:%u:%u: %s", file, place.line, place.column,
                no_record());
    return NULL;
}

/* ---- members ---- */

/* An object in the record, and where: "", "tables[0]" */
typedef struct {
    const char *file;
    char *path;
    JsonObject *object;
} Part;

/* What a member's name stands behind in messages. */
#define IN(part) (part)->path, *(part)->path ? "." : ""

static void
part_clear(Part *part)
{
    g_free(part->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Part, part_clear)

/* @members: those that there may be; all others are faults */
static bool
open_part(Part *part, JsonNode *node, const char *const *members, GError **error)
{
    g_autoptr(GList) names = NULL;

    if (!node || !JSON_NODE_HOLDS_OBJECT(node))
        return fault(part->file, error, _("'%s' is no object"), part->path);
    part->object = json_node_get_object(node);
    names = json_object_get_members(part->object);
    for (const GList *name = names; name; name = name->next) {
        if (!g_strv_contains(members, name->data)) {
            g_autofree char *shown = vt_printable(name->data, false);
            return fault(part->file, error, _("a record has no '%s%s%s'"), IN(part), shown);
        }
    }
    return true;
}

static JsonNode *
member(const Part *part, const char *name)
{
    return json_object_get_member(part->object, name);
}

/* Returns: whether it is a string; @ret_text is NULL for null. */
static bool
take_raw(const Part *part, const char *name, bool nullable, char **ret_text, GError **error)
{
    JsonNode *node = member(part, name);

    if (node && nullable && JSON_NODE_HOLDS_NULL(node))
        return true;
    if (!node || json_node_get_value_type(node) != G_TYPE_STRING)
        return fault(part->file, error, _("'%s%s%s' is no string"), IN(part), name);
    *ret_text = json_node_dup_string(node);
    return true;
}

/* Of what is shown without a second thought: nothing in it steers a terminal. */
static bool
take_string(const Part *part, const char *name, bool nullable, char **ret_text, GError **error)
{
    g_autofree char *raw = NULL;

    if (!take_raw(part, name, nullable, &raw, error))
        return false;
    *ret_text = raw ? vt_printable(raw, false) : NULL;
    return true;
}

static bool
take_int(const Part *part, const char *name, gint64 *ret_value, GError **error)
{
    JsonNode *node = member(part, name);

    if (!node || json_node_get_value_type(node) != G_TYPE_INT64)
        return fault(part->file, error, _("'%s%s%s' is no whole number"), IN(part), name);
    *ret_value = json_node_get_int(node);
    return *ret_value >= 0 ||
           fault(part->file, error, _("'%s%s%s' is less than 0"), IN(part), name);
}

static bool
take_time(const Part *part, const char *name, gint64 *ret_ns, GError **error)
{
    JsonNode *node = member(part, name);

    if (!node || !JSON_NODE_HOLDS_NULL(node))
        return take_int(part, name, ret_ns, error);
    *ret_ns = VT_TIME_UNKNOWN;
    return true;
}

static bool
take_seconds(const Part *part, double *ret_seconds, GError **error)
{
    const double most = 1e9; /* 30 years */
    JsonNode *node = member(part, "seconds");
    GType type = node ? json_node_get_value_type(node) : G_TYPE_INVALID;

    if (type == G_TYPE_INT64 || type == G_TYPE_DOUBLE)
        *ret_seconds = json_node_get_double(node);
    else
        *ret_seconds = -1;
    return (*ret_seconds >= 0 && *ret_seconds <= most) ||
           fault(part->file, error, _("'seconds' is no number of seconds"));
}

static bool
take_when(const Part *part, gint64 *ret_s, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GDateTime) time = NULL;

    if (!take_string(part, "when", false, &text, error))
        return false;
    time = g_date_time_new_from_iso8601(text, NULL);
    if (!time)
        return fault(part->file, error, _("'when' is no time: '%s'"), text);
    *ret_s = g_date_time_to_unix(time);
    return true;
}

static JsonArray *
take_array(const Part *part, const char *name, GError **error)
{
    JsonNode *node = member(part, name);

    if (node && JSON_NODE_HOLDS_ARRAY(node))
        return json_node_get_array(node);
    fault(part->file, error, _("'%s%s%s' is no list"), IN(part), name);
    return NULL;
}

/* ---- tables ---- */

static bool
take_address(const Part *part, VtExitCount *entry, GError **error)
{
    g_autofree char *address = NULL, *access = NULL;
    int found;

    if (!take_string(part, "address", false, &address, error) ||
        !take_string(part, "access", false, &access, error))
        return false;
    if (!g_str_has_prefix(address, "0x") ||
        !g_ascii_string_to_unsigned(address + 2, 16, 0, G_MAXUINT64, &entry->address, NULL))
        return fault(part->file, error, _("'%s.address' is none: '%s'"), part->path, address);
    found = vt_find_word(vt_record_accesses, VT_ACCESSES, access);
    if (found < 0)
        return fault(part->file, error, _("'%s.access' is none of any, read, write: '%s'"),
                     part->path, access);
    entry->access = (VtExitAccess)found;
    return true;
}

static bool
has_names(VtExitKind kind)
{
    return kind == VT_EXITS_BY_REASON || kind == VT_EXITS_COUNTER;
}

static bool
read_entry(const Part *part, VtExitTable *table, GError **error)
{
    VtExitCount entry = {0};
    g_autofree char *name = NULL;
    guint before = table->counts->len;
    gint64 count = 0;

    if (!(has_names(table->kind) ? take_string(part, "name", false, &name, error)
                                 : take_address(part, &entry, error)) ||
        !take_int(part, "count", &count, error) ||
        !take_time(part, "time_ns", &entry.time_ns, error) ||
        !take_time(part, "max_ns", &entry.max_ns, error))
        return false;
    if (!vt_exit_table_count(table, name, entry.address, entry.access, (guint64)count,
                             entry.time_ns, entry.max_ns) ||
        table->count > G_MAXINT64)
        return fault(part->file, error, _("'%s.count' or its time is more than can be added up"),
                     part->path);
    return table->counts->len > before ||
           fault(part->file, error, _("'%s' is an entry that the table has already"), part->path);
}

static bool
read_entries(const Part *part, VtExitTable *table, GError **error)
{
    static const char *const named[] = {"name", "count", "time_ns", "max_ns", NULL};
    static const char *const placed[] = {"address", "access", "count", "time_ns", "max_ns", NULL};
    JsonArray *entries = take_array(part, "entries", error);

    if (!entries)
        return false;
    for (guint i = 0; i < json_array_get_length(entries); i++) {
        g_auto(Part)
            entry = {.file = part->file, .path = g_strdup_printf("%s.entries[%u]", part->path, i)};
        if (!open_part(&entry, json_array_get_element(entries, i),
                       has_names(table->kind) ? named : placed, error) ||
            !read_entry(&entry, table, error))
            return false;
    }
    return true;
}

static bool
read_table(const Part *part, VtMeasurement *measurement, GError **error)
{
    g_autofree char *kind = NULL, *origin = NULL;
    VtExitTable *table;
    VtExitKind found;

    if (!take_string(part, "kind", false, &kind, error) ||
        !take_string(part, "origin", false, &origin, error))
        return false;
    if (!vt_exit_kind_from_string(kind, &found))
        return fault(part->file, error, _("'%s.kind' is no kind of table: '%s'"), part->path, kind);
    if (vt_measurement_find(measurement, found))
        return fault(part->file, error, _("'%s.kind': there is a table of '%s' already"),
                     part->path, kind);
    table = vt_measurement_add(measurement, found, origin, error);
    return table && read_entries(part, table, error);
}

static bool
read_tables(const Part *part, VtMeasurement *measurement, GError **error)
{
    static const char *const members[] = {"kind", "origin", "entries", NULL};
    JsonArray *tables = take_array(part, "tables", error);

    if (!tables)
        return false;
    for (guint i = 0; i < json_array_get_length(tables); i++) {
        g_auto(Part) table = {.file = part->file, .path = g_strdup_printf("tables[%u]", i)};
        if (!open_part(&table, json_array_get_element(tables, i), members, error) ||
            !read_table(&table, measurement, error))
            return false;
    }
    vt_measurement_settle(measurement);
    return true;
}

static bool
read_lost(const Part *part, VtMeasurement *measurement, GError **error)
{
    JsonArray *lost = take_array(part, "lost", error);

    for (guint i = 0; lost && i < json_array_get_length(lost); i++) {
        JsonNode *node = json_array_get_element(lost, i);
        if (json_node_get_value_type(node) != G_TYPE_STRING)
            return fault(part->file, error, _("'lost[%u]' is no string"), i);
        g_ptr_array_add(measurement->lost, vt_printable(json_node_get_string(node), false));
    }
    return lost != NULL;
}

/* ---- the record ---- */

static bool
read_domain(const Part *part, VtRecord *record, GError **error)
{
    static const char *const members[] = {"name", "uuid", "xml", NULL};
    g_auto(Part) domain = {.file = part->file, .path = g_strdup("domain")};

    return open_part(&domain, member(part, "domain"), members, error) &&
           take_raw(&domain, "name", true, &record->name, error) &&
           take_string(&domain, "uuid", true, &record->uuid, error) &&
           take_raw(&domain, "xml", true, &record->xml, error);
}

static bool
read_members(const Part *part, VtRecord *record, VtMeasurement *measurement, GError **error)
{
    g_clear_pointer(&record->vmtune, g_free);
    return take_string(part, "vmtune", false, &record->vmtune, error) &&
           take_when(part, &record->when_s, error) &&
           take_string(part, "libvirt", true, &record->libvirt, error) &&
           take_string(part, "emulator", true, &record->emulator, error) &&
           take_string(part, "kernel", true, &record->kernel, error) &&
           read_domain(part, record, error) && take_seconds(part, &measurement->seconds, error) &&
           read_tables(part, measurement, error) && read_lost(part, measurement, error);
}

/* First, since nothing is known of what a newer one means. */
static bool
check_format(JsonNode *root, const char *file, GError **error)
{
    JsonObject *object = JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
    JsonNode *format = object ? json_object_get_member(object, "format") : NULL;

    if (!format || json_node_get_value_type(format) != G_TYPE_INT64 ||
        json_node_get_int(format) < 1)
        return fault(file, error,
                     _("this is no measurement that 'vmtune diagnose --save' has saved: it has no "
                       "'format'"));
    if (json_node_get_int(format) > VT_RECORD_FORMAT)
        return fault(
            file, error,
            _("a newer vmtune has saved this, in format %" PRId64 "; this one knows format %d"),
            json_node_get_int(format), VT_RECORD_FORMAT);
    return true;
}

VtRecord *
vt_record_read(const char *bytes, gsize length, const char *file, VtMeasurement *measurement,
               GError **error)
{
    static const char *const members[] = {"format",   "vmtune", "when",   "libvirt",
                                          "emulator", "kernel", "domain", "seconds",
                                          "tables",   "lost",   NULL};
    g_autoptr(VtRecord) record = vt_record_new();
    g_auto(Part) part = {.file = file, .path = g_strdup("")};
    g_autoptr(JsonNode) root = NULL;

    if (length > VT_RECORD_MAX_BYTES) {
        fault(file, error, _("%zu bytes are more than a record has"), length);
        return NULL;
    }
    root = parse(bytes, length, file, error);
    if (!root || !check_format(root, file, error) || !open_part(&part, root, members, error) ||
        !read_members(&part, record, measurement, error))
        return NULL;
    return g_steal_pointer(&record);
}
