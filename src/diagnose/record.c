/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making and writing records. Reading is in record-read.c. */
#include "diagnose/record.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "diagnose/record-parts.h"
#include "report/json.h"
#include "xml/secrets.h"

VtRecord *
vt_record_new(void)
{
    VtRecord *record = g_new0(VtRecord, 1);

    record->vmtune = g_strdup(VT_VERSION);
    return record;
}

void
vt_record_free(VtRecord *record)
{
    if (!record)
        return;
    g_free(record->vmtune);
    g_free(record->name);
    g_free(record->uuid);
    g_free(record->xml);
    g_free(record->libvirt);
    g_free(record->emulator);
    g_free(record->kernel);
    g_free(record);
}

static char *
text_of(const xmlNode *root, const char *name)
{
    const xmlNode *element = vt_element_child(root, name);

    return element ? vt_element_text(element) : NULL;
}

bool
vt_record_set_domain(VtRecord *record, const char *xml, const char *name, GError **error)
{
    g_autoptr(VtDocument) document = vt_document_parse(xml, strlen(xml), name, error);
    char *open = document ? vt_document_without_secrets(document, error) : NULL;

    if (!open)
        return false;
    g_free(record->name);
    g_free(record->uuid);
    g_free(record->xml);
    record->name = text_of(vt_document_root(document), "name");
    record->uuid = text_of(vt_document_root(document), "uuid");
    record->xml = open;
    return true;
}

/* ---- writing ---- */

const char *const vt_record_accesses[VT_ACCESSES] = {
    [VT_ACCESS_NONE] = "any", [VT_ACCESS_READ] = "read", [VT_ACCESS_WRITE] = "write"};

static void
add_entry(JsonBuilder *builder, const VtExitCount *count)
{
    g_autofree char *address =
        g_strdup_printf("0x%" G_GINT64_MODIFIER "x", count->name ? 0 : count->address);

    json_builder_begin_object(builder);
    if (count->name) {
        vt_json_add_string(builder, "name", count->name);
    } else {
        vt_json_add_string(builder, "address", address);
        vt_json_add_string(builder, "access", vt_record_accesses[count->access]);
    }
    vt_json_add_int(builder, "count", (gint64)count->count);
    vt_json_add_time(builder, "time_ns", count->time_ns);
    vt_json_add_time(builder, "max_ns", count->max_ns);
    json_builder_end_object(builder);
}

static void
add_table(JsonBuilder *builder, const VtExitTable *table)
{
    json_builder_begin_object(builder);
    vt_json_add_string(builder, "kind", vt_exit_kind_to_string(table->kind));
    vt_json_add_string(builder, "origin", table->origin);
    vt_json_begin_array(builder, "entries");
    for (guint i = 0; i < table->counts->len; i++)
        add_entry(builder, table->counts->pdata[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

static void
add_measurement(JsonBuilder *builder, const VtMeasurement *measurement)
{
    json_builder_set_member_name(builder, "seconds");
    json_builder_add_double_value(builder, measurement->seconds);
    vt_json_begin_array(builder, "tables");
    for (guint i = 0; i < measurement->tables->len; i++)
        add_table(builder, measurement->tables->pdata[i]);
    json_builder_end_array(builder);
    vt_json_add_strings(builder, "lost", measurement->lost);
}

/* What a reader of JSON may take for another number is better not written. */
static bool
check_counts(const VtMeasurement *measurement, GError **error)
{
    for (guint i = 0; i < measurement->tables->len; i++) {
        const VtExitTable *table = measurement->tables->pdata[i];
        if (table->count <= G_MAXINT64)
            continue;
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("%s: the counts are too large to be saved: no guest leaves that often"),
                    table->origin);
        return false;
    }
    return true;
}

char *
vt_record_write(const VtRecord *record, const VtMeasurement *measurement, GError **error)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(record->when_s);
    g_autofree char *when = time ? g_date_time_format_iso8601(time) : g_strdup("");

    if (!check_counts(measurement, error))
        return NULL;
    json_builder_begin_object(builder);
    vt_json_add_int(builder, "format", VT_RECORD_FORMAT);
    vt_json_add_string(builder, "vmtune", record->vmtune);
    vt_json_add_string(builder, "when", when);
    vt_json_add_string(builder, "libvirt", record->libvirt);
    vt_json_add_string(builder, "emulator", record->emulator);
    vt_json_add_string(builder, "kernel", record->kernel);
    vt_json_begin_object(builder, "domain");
    vt_json_add_string(builder, "name", record->name);
    vt_json_add_string(builder, "uuid", record->uuid);
    vt_json_add_string(builder, "xml", record->xml);
    json_builder_end_object(builder);
    add_measurement(builder, measurement);
    json_builder_end_object(builder);
    return vt_json_text(builder);
}
