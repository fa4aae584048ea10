/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/disk-coverage.h"
#include "report/json.h"

static void
add_bytes(JsonBuilder *builder, const char *member, guint64 bytes)
{
    json_builder_set_member_name(builder, member);
    json_builder_add_int_value(builder, (gint64)bytes);
}

/* What is not known is null, as everywhere. */
static void
add_known(JsonBuilder *builder, const char *member, bool known, guint64 bytes)
{
    json_builder_set_member_name(builder, member);
    if (known)
        json_builder_add_int_value(builder, (gint64)bytes);
    else
        json_builder_add_null_value(builder);
}

static void
add_rule(JsonBuilder *builder, const VtDiskCoverage *disk)
{
    vt_json_begin_object(builder, "cure");
    vt_json_add_string(builder, "rule", VT_COVERAGE_RULE);
    vt_json_add_string(builder, "state", vt_cure_state_to_string(disk->cure));
    vt_json_add_string(builder, "why", disk->cure_why);
    json_builder_end_object(builder);
}

static void
add_backing(JsonBuilder *builder, const VtDiskCoverage *disk)
{
    bool known = disk->backing_images >= 0;

    vt_json_begin_object(builder, "backing");
    add_known(builder, "images", known, (guint64)disk->backing_images);
    add_known(builder, "cache_bytes", known, disk->backing_cache_bytes);
    vt_json_add_string(builder, "uncovered", known ? disk->backing_uncovered : NULL);
    json_builder_end_object(builder);
}

static void
add_disk(JsonBuilder *builder, const VtDiskCoverage *disk)
{
    bool known = !disk->why_unknown;

    json_builder_begin_object(builder);
    vt_json_add_string(builder, "disk", disk->target);
    vt_json_add_string(builder, "image", disk->image);
    vt_json_add_string(builder, "why_unknown", disk->why_unknown);
    add_bytes(builder, "max_size_bytes", disk->max_size_bytes);
    add_bytes(builder, "stored_max_size_bytes", disk->stored_max_size_bytes);
    json_builder_set_member_name(builder, "waits_for_cold_boot");
    json_builder_add_boolean_value(builder, disk->waits);
    add_known(builder, "virtual_size_bytes", known, disk->virtual_size_bytes);
    add_known(builder, "covered_bytes", known, disk->covered_bytes);
    add_known(builder, "l2_table_bytes", known, disk->l2_table_bytes);
    add_known(builder, "cached_l2_bytes", known, disk->cached_l2_bytes);
    add_known(builder, "l2_read_bytes", known, disk->l2_read_bytes);
    add_known(builder, "full_coverage_bytes", known, disk->full_coverage_bytes);
    add_rule(builder, disk);
    add_backing(builder, disk);
    json_builder_end_object(builder);
}

static void
add_use(JsonBuilder *builder, const VtCacheUse *use)
{
    bool known = use->verdict != VT_CACHE_UNKNOWN && use->disks->len > 0;

    vt_json_begin_object(builder, "metadata_cache_use");
    vt_json_add_string(builder, "verdict", vt_cache_verdict_to_string(use->verdict));
    vt_json_add_string(builder, "why_unknown", use->why);
    json_builder_set_member_name(builder, "seconds");
    json_builder_add_double_value(builder, use->seconds);
    vt_json_add_strings(builder, "disks", use->disks);
    add_known(builder, "requests", known, use->requests);
    add_known(builder, "tables_read", known, use->tables);
    add_known(builder, "tables_read_since_start", known, use->tables_of_start);
    add_known(builder, "room_for_tables", known, use->room);
    vt_json_add_strings(builder, "remarks", use->remarks);
    json_builder_end_object(builder);
}

static void
add_null(JsonBuilder *builder, const char *member)
{
    json_builder_set_member_name(builder, member);
    json_builder_add_null_value(builder);
}

void
vt_json_add_disks(JsonBuilder *builder, const VtDiskView *view)
{
    if (!view) {
        add_null(builder, "disks");
    } else {
        vt_json_begin_array(builder, "disks");
        for (guint i = 0; i < view->coverage->len; i++)
            add_disk(builder, view->coverage->pdata[i]);
        json_builder_end_array(builder);
    }
    if (view && view->use)
        add_use(builder, view->use);
    else
        add_null(builder, "metadata_cache_use");
}
