/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmtune history: what vmtune did to a domain, and can undo. */
#include "edges/history.h"

#include "base/i18n.h"
#include "cmd/cmd.h"
#include "edges/virt.h"
#include "report/json.h"

/* ---- text ---- */

static char *
describe_state(const VtHistoryEntry *entry)
{
    switch (entry->state) {
    case VT_HISTORY_UNDONE:
        return g_strdup(_("undone"));
    case VT_HISTORY_INTERRUPTED:
        return g_strdup(_("interrupted"));
    case VT_HISTORY_IN_FORCE:
        break;
    }
    return g_strdup(_("in force"));
}

static char *
describe_what(const VtHistoryEntry *entry)
{
    g_autofree char *rules = g_strjoinv(", ", entry->rules);

    if (entry->undoes)
        return g_strdup_printf(_("back to before %u"), entry->undoes);
    return entry->measured ? g_strdup_printf(_("%s (measured before)"), rules)
                           : g_steal_pointer(&rules);
}

static int
print_text(const VtVirtDomain *domain, const GPtrArray *entries)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const char *name = vt_virt_domain_name(domain);

    if (entries->len == 0) {
        vt_talk(_("%s: vmtune has changed nothing here"), name);
        return VT_EXIT_NOTHING;
    }
    g_string_append_printf(text, "%s\n", name);
    for (guint i = 0; i < entries->len; i++) {
        const VtHistoryEntry *entry = entries->pdata[i];
        g_autoptr(GDateTime) when = g_date_time_new_from_unix_local(entry->when_s);
        g_autofree char *date = when ? g_date_time_format(when, "%Y-%m-%d %H:%M:%S") : NULL;
        g_autofree char *state = describe_state(entry), *what = describe_what(entry);

        g_string_append_printf(text, "%4u  %s  %s  %s: %s\n", entry->number, date ? date : "?",
                               entry->by, state, what);
    }
    return vt_print(text->str);
}

/* ---- JSON ---- */

static void
add_entry(JsonBuilder *builder, const VtHistoryEntry *entry)
{
    g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(entry->when_s);
    g_autofree char *date = when ? g_date_time_format_iso8601(when) : g_strdup("");

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "number");
    json_builder_add_int_value(builder, entry->number);
    vt_json_add_string(builder, "when", date);
    vt_json_add_string(builder, "by", entry->by);
    vt_json_add_string(builder, "state", vt_history_state_to_string(entry->state));
    vt_json_begin_array(builder, "rules");
    for (char **rule = entry->rules; *rule; rule++)
        json_builder_add_string_value(builder, *rule);
    json_builder_end_array(builder);
    json_builder_set_member_name(builder, "undoes");
    if (entry->undoes)
        json_builder_add_int_value(builder, entry->undoes);
    else
        json_builder_add_null_value(builder);
    json_builder_set_member_name(builder, "measured");
    json_builder_add_boolean_value(builder, entry->measured);
    json_builder_end_object(builder);
}

static void
add_domain(JsonBuilder *builder, const VtVirtDomain *domain, const GPtrArray *entries)
{
    json_builder_begin_object(builder);
    vt_json_add_string(builder, "name", vt_virt_domain_name(domain));
    vt_json_add_string(builder, "uuid", vt_virt_domain_uuid(domain));
    vt_json_begin_array(builder, "entries");
    for (guint i = 0; i < entries->len; i++)
        add_entry(builder, entries->pdata[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

/* ---- the command ---- */

/* @builder: (nullable): NULL = text */
static int
tell_one(VtVirt *virt, const VtHistory *history, const char *name, JsonBuilder *builder)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtVirtDomain) domain = vt_virt_lookup(virt, name, &error);
    g_autoptr(GPtrArray) entries =
        domain ? vt_history_list(history, vt_virt_domain_uuid(domain), &error) : NULL;

    if (!entries)
        return vt_complain(error);
    if (!builder)
        return print_text(domain, entries);
    add_domain(builder, domain, entries);
    return VT_EXIT_NOTHING;
}

static int
tell_all(VtVirt *virt, const VtHistory *history, char **names, JsonBuilder *builder)
{
    int worst = VT_EXIT_NOTHING;

    for (char **name = names; *name; name++)
        worst = vt_worst(worst, tell_one(virt, history, *name, builder));
    return worst;
}

int
vt_cmd_history(const VtOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtVirt) virt = NULL;
    g_autoptr(VtHistory) history = NULL;
    g_autoptr(JsonBuilder) builder = options->json ? json_builder_new() : NULL;
    g_autofree char *text = NULL;
    int status;

    if (!options->arguments) {
        vt_talk(_("vmtune: name the domains whose history is to be listed"));
        return VT_EXIT_TROUBLE;
    }
    virt = vt_virt_open(options->connect, false, &error);
    if (!virt)
        return vt_complain(error);
    history = vt_history_new(NULL, vt_virt_address(virt), NULL, 1); /* writes nothing */
    if (!builder)
        return tell_all(virt, history, options->arguments, NULL);
    json_builder_begin_object(builder);
    vt_json_begin_array(builder, "domains");
    status = tell_all(virt, history, options->arguments, builder);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    text = vt_json_text(builder);
    return vt_worst(status, vt_print(text));
}
