/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/sarif.h"

#include <string.h>

#include "base/i18n.h"
#include "report/json.h"

#define SCHEMA "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"

static void
add_text(JsonBuilder *builder, const char *member, const char *text)
{
    vt_json_begin_object(builder, member);
    vt_json_add_string(builder, "text", text);
    json_builder_end_object(builder);
}

/* SARIF knows error, warning and note (3.27.10). */
static const char *
level_of(VtLevel level)
{
    return level == VT_LEVEL_ERROR ? "error" : level == VT_LEVEL_WARNING ? "warning" : "note";
}

/* The element at @path, or the nearest one around it that is there already. */
static const xmlNode *
nearest(const VtDocument *document, const char *path)
{
    const xmlNode *found = vt_document_root(document);
    g_autoptr(VtPlace) place = path ? vt_place_parse(path, NULL) : NULL;

    for (guint i = 0; place && i < place->steps->len; i++) {
        const xmlNode *child = found->children;
        while (child && !vt_step_matches(place->steps->pdata[i], child))
            child = child->next;
        if (!child)
            break;
        found = child;
    }
    return found;
}

static void
add_physical(JsonBuilder *builder, const char *source, const VtDocument *document, const char *path)
{
    g_autofree char *uri = g_uri_escape_string(source, G_URI_RESERVED_CHARS_ALLOWED_IN_PATH, FALSE);
    guint line, column;

    vt_document_locate(document, nearest(document, path), &line, &column);
    vt_json_begin_object(builder, "physicalLocation");
    vt_json_begin_object(builder, "artifactLocation");
    vt_json_add_string(builder, "uri", uri);
    json_builder_end_object(builder);
    vt_json_begin_object(builder, "region");
    json_builder_set_member_name(builder, "startLine");
    json_builder_add_int_value(builder, line);
    json_builder_set_member_name(builder, "startColumn");
    json_builder_add_int_value(builder, column);
    json_builder_end_object(builder);
    json_builder_end_object(builder);
}

static void
begin_result(JsonBuilder *builder, const char *rule, VtLevel level, const char *message)
{
    json_builder_begin_object(builder);
    vt_json_add_string(builder, "ruleId", rule);
    vt_json_add_string(builder, "level", level_of(level));
    add_text(builder, "message", message);
}

void
vt_sarif_begin(JsonBuilder *builder)
{
    json_builder_begin_object(builder);
    vt_json_add_string(builder, "$schema", SCHEMA);
    vt_json_add_string(builder, "version", "2.1.0");
    vt_json_begin_array(builder, "runs");
    json_builder_begin_object(builder);
    vt_json_add_string(builder, "columnKind", "unicodeCodePoints");
    vt_json_begin_array(builder, "results");
}

void
vt_sarif_add(JsonBuilder *builder, const char *name, const char *source, const VtDocument *document,
             const VtPlan *plan)
{
    bool is_file = strcmp(source, "-") != 0 && strcmp(source, "libvirt") != 0;

    for (guint i = 0; i < plan->findings->len; i++) {
        const VtFinding *finding = plan->findings->pdata[i];

        begin_result(builder, finding->rule, finding->level, finding->message);
        vt_json_begin_array(builder, "locations");
        json_builder_begin_object(builder);
        if (is_file)
            add_physical(builder, source, document, finding->path);
        vt_json_begin_array(builder, "logicalLocations");
        json_builder_begin_object(builder);
        vt_json_add_string(builder, "name", name);
        vt_json_add_string(builder, "fullyQualifiedName", finding->path ? finding->path : name);
        json_builder_end_object(builder);
        json_builder_end_array(builder);
        json_builder_end_object(builder);
        json_builder_end_array(builder);
        json_builder_end_object(builder);
    }
}

static void
add_rule(JsonBuilder *builder, const VtRule *rule)
{
    json_builder_begin_object(builder);
    vt_json_add_string(builder, "id", rule->id);
    add_text(builder, "shortDescription", _(rule->summary));
    add_text(builder, "fullDescription", _(rule->reason));
    vt_json_begin_object(builder, "defaultConfiguration");
    vt_json_add_string(builder, "level", level_of(rule->level));
    json_builder_end_object(builder);
    json_builder_end_object(builder);
}

void
vt_sarif_end(JsonBuilder *builder, const VtHostReport *host, const VtRuleDatabase *database)
{
    for (guint i = 0; i < host->findings->len; i++) {
        const VtHostFinding *finding = host->findings->pdata[i];
        begin_result(builder, finding->rule, finding->level, finding->message);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    vt_json_begin_object(builder, "tool");
    vt_json_begin_object(builder, "driver");
    vt_json_add_string(builder, "name", "vmtune");
    vt_json_add_string(builder, "version", VT_VERSION);
    vt_json_begin_array(builder, "rules");
    for (guint i = 0; i < database->rules->len; i++)
        add_rule(builder, database->rules->pdata[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    json_builder_end_object(builder);
    json_builder_end_object(builder);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}
