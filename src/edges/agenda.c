/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/agenda.h"

#include <string.h>

#define NEVER G_MAXINT64

typedef struct {
    gint64 due_us;    /* NEVER if it does not wait */
    gint64 first_us;  /* since when it has been waiting */
    char *seen;       /* (nullable): its definition when it was last looked at */
    char **contested; /* (nullable): rules that were applied in every round */
    unsigned rounds;
    gint64 last_round_us;
    bool given_up;
} Entry;

struct VtAgenda {
    GHashTable *entries; /* UUID -> Entry* */
};

static void
entry_free(gpointer data)
{
    Entry *entry = data;

    g_free(entry->seen);
    g_strfreev(entry->contested);
    g_free(entry);
}

VtAgenda *
vt_agenda_new(void)
{
    VtAgenda *agenda = g_new0(VtAgenda, 1);

    agenda->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    return agenda;
}

void
vt_agenda_free(VtAgenda *agenda)
{
    if (!agenda)
        return;
    g_hash_table_unref(agenda->entries);
    g_free(agenda);
}

static Entry *
find_or_add(VtAgenda *agenda, const char *uuid)
{
    Entry *entry = g_hash_table_lookup(agenda->entries, uuid);

    if (entry)
        return entry;
    entry = g_new0(Entry, 1);
    entry->due_us = NEVER;
    g_hash_table_insert(agenda->entries, g_strdup(uuid), entry);
    return entry;
}

/* ---- when ---- */

void
vt_agenda_touch(VtAgenda *agenda, const char *uuid, gint64 now_us)
{
    Entry *entry = find_or_add(agenda, uuid);

    if (entry->due_us == NEVER)
        entry->first_us = now_us;
    entry->due_us = MIN(now_us + VT_AGENDA_SETTLE_US, entry->first_us + VT_AGENDA_SETTLE_MAX_US);
}

void
vt_agenda_add(VtAgenda *agenda, const char *uuid, gint64 now_us)
{
    Entry *entry = find_or_add(agenda, uuid);

    if (entry->due_us == NEVER)
        entry->first_us = now_us;
    entry->due_us = MIN(entry->due_us, now_us);
}

void
vt_agenda_forget(VtAgenda *agenda, const char *uuid)
{
    g_hash_table_remove(agenda->entries, uuid);
}

static Entry *
find_next(const VtAgenda *agenda, const char **ret_uuid)
{
    Entry *next = NULL;
    GHashTableIter iter;
    gpointer key, value;

    g_hash_table_iter_init(&iter, agenda->entries);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        Entry *entry = value;
        if (entry->due_us == NEVER || (next && entry->due_us >= next->due_us))
            continue;
        next = entry;
        *ret_uuid = key;
    }
    return next;
}

gint64
vt_agenda_next_us(const VtAgenda *agenda)
{
    const char *uuid;
    const Entry *next = find_next(agenda, &uuid);

    return next ? next->due_us : -1;
}

char *
vt_agenda_take(VtAgenda *agenda, gint64 now_us)
{
    const char *uuid = NULL;
    Entry *next = find_next(agenda, &uuid);

    if (!next || next->due_us > now_us)
        return NULL;
    next->due_us = NEVER;
    return g_strdup(uuid);
}

/* ---- once ---- */

bool
vt_agenda_is_news(const VtAgenda *agenda, const char *uuid, const char *definition)
{
    const Entry *entry = g_hash_table_lookup(agenda->entries, uuid);

    return !entry || g_strcmp0(entry->seen, definition) != 0;
}

void
vt_agenda_saw(VtAgenda *agenda, const char *uuid, const char *definition)
{
    Entry *entry = find_or_add(agenda, uuid);

    g_free(entry->seen);
    entry->seen = g_strdup(definition);
}

/* ---- not for ever ---- */

static char **
common_rules(const char *const *some, const char *const *others)
{
    GPtrArray *common = g_ptr_array_new();

    for (; some && *some; some++) {
        if (others && g_strv_contains(others, *some))
            g_ptr_array_add(common, g_strdup(*some));
    }
    g_ptr_array_add(common, NULL);
    return (char **)g_ptr_array_free(common, FALSE);
}

static void
start_over(Entry *entry, const char *const *rules)
{
    g_strfreev(entry->contested);
    entry->contested = g_strdupv((char **)rules);
    entry->rounds = rules ? 1 : 0;
    entry->given_up = false;
}

void
vt_agenda_tuned(VtAgenda *agenda, const char *uuid, const char *const *rules, gint64 now_us)
{
    Entry *entry = find_or_add(agenda, uuid);
    g_auto(GStrv) common = common_rules((const char *const *)entry->contested, rules);

    if (*common && now_us - entry->last_round_us <= VT_AGENDA_QUARREL_US) {
        g_strfreev(entry->contested);
        entry->contested = g_steal_pointer(&common);
        entry->rounds++;
    } else {
        start_over(entry, rules);
    }
    entry->last_round_us = now_us;
}

bool
vt_agenda_suspects(const VtAgenda *agenda, const char *uuid, gint64 now_us)
{
    const Entry *entry = g_hash_table_lookup(agenda->entries, uuid);

    return entry && entry->rounds >= VT_AGENDA_ROUNDS &&
           now_us - entry->last_round_us <= VT_AGENDA_QUARREL_US;
}

bool
vt_agenda_give_up(VtAgenda *agenda, const char *uuid, const char *const *rules, bool *ret_first)
{
    Entry *entry = find_or_add(agenda, uuid);
    g_auto(GStrv) common = common_rules((const char *const *)entry->contested, rules);

    *ret_first = *common && !entry->given_up;
    if (*common)
        entry->given_up = true;
    else
        start_over(entry, NULL);
    return entry->given_up;
}
