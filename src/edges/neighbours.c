/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/neighbours.h"

#include <string.h>

/* A worker is in no hurry, but must not hang for good. */
#define TIDY_WAIT_MS 2000

/* A domain as libvirt told of it. */
typedef struct {
    bool running;
    VtPins *pins;
} Told;

struct VtNeighbours {
    const VtTopology *host; /* (nullable) */
    VtLedger *ledger;       /* (nullable) */
    GHashTable *told;       /* UUID -> Told* */
    GPtrArray *entries;     /* (nullable): of the ledger */
};

static void
told_free(gpointer data)
{
    Told *told = data;

    vt_pins_free(told->pins);
    g_free(told);
}

void
vt_neighbours_ask(VtNeighbours *neighbours, const VtVirtDomain *domain)
{
    /* read before the XML: a guest that stops meanwhile leaves pins that are merely claimed */
    bool running = vt_virt_domain_is_active(domain);
    g_autofree char *xml = vt_virt_domain_current_xml(domain, NULL);
    g_autoptr(VtDocument) document =
        xml ? vt_document_parse(xml, strlen(xml), vt_virt_domain_name(domain), NULL) : NULL;
    Told *told;

    if (!document) { /* it may be gone by now */
        g_hash_table_remove(neighbours->told, vt_virt_domain_uuid(domain));
        return;
    }
    told = g_new0(Told, 1);
    told->running = running;
    told->pins = vt_pins_from_domain(document);
    g_hash_table_replace(neighbours->told, g_strdup(vt_virt_domain_uuid(domain)), told);
}

VtNeighbours *
vt_neighbours_read(VtVirt *virt, const VtTopology *host, VtLedger *ledger, GError **error)
{
    g_autoptr(GPtrArray) domains = vt_virt_list(virt, error);
    VtNeighbours *neighbours;

    if (!domains)
        return NULL;
    neighbours = g_new0(VtNeighbours, 1);
    neighbours->host = host;
    neighbours->ledger = ledger;
    neighbours->told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, told_free);
    for (guint i = 0; i < domains->len; i++)
        vt_neighbours_ask(neighbours, domains->pdata[i]);
    vt_neighbours_refresh(neighbours);
    return neighbours;
}

void
vt_neighbours_free(VtNeighbours *neighbours)
{
    if (!neighbours)
        return;
    g_hash_table_unref(neighbours->told);
    g_clear_pointer(&neighbours->entries, g_ptr_array_unref);
    g_free(neighbours);
}

void
vt_neighbours_refresh(VtNeighbours *neighbours)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *entries =
        neighbours->ledger ? vt_ledger_read(neighbours->ledger, NULL, &error) : NULL;

    if (error)
        g_debug("%s", error->message);
    g_clear_pointer(&neighbours->entries, g_ptr_array_unref);
    neighbours->entries = entries;
}

/* libvirt knows its running domains better, and that a domain does not run better than an entry
 * that cannot tell. What the ledger knows for certain was written since libvirt was asked. */
static bool
counts(const VtNeighbours *neighbours, const VtLedgerEntry *entry)
{
    const Told *told = g_hash_table_lookup(neighbours->told, entry->uuid);

    return !told || !entry->running || (!told->running && entry->knows_process);
}

VtHeld *
vt_neighbours_held(const VtNeighbours *neighbours, const char *uuid)
{
    VtHeld *held = vt_held_new();
    GHashTableIter iter;
    gpointer key, value;

    g_hash_table_iter_init(&iter, neighbours->told);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const Told *told = value;
        if (g_strcmp0(key, uuid) != 0)
            vt_held_add(held, told->pins, neighbours->host, told->running);
    }
    for (guint i = 0; neighbours->entries && i < neighbours->entries->len; i++) {
        const VtLedgerEntry *entry = neighbours->entries->pdata[i];
        if (g_strcmp0(entry->uuid, uuid) != 0 && counts(neighbours, entry))
            vt_held_add(held, entry->pins, neighbours->host, true);
    }
    return held;
}

void
vt_neighbours_tidy_ledger(VtVirt *virt, VtLedger *ledger)
{
    g_autoptr(GPtrArray) entries = vt_ledger_read(ledger, NULL, NULL);

    for (guint i = 0; entries && i < entries->len; i++) {
        const VtLedgerEntry *entry = entries->pdata[i];
        g_autoptr(VtVirtDomain) domain = NULL;

        if (!entry->running || entry->knows_process)
            continue;
        domain = vt_virt_lookup(virt, entry->uuid, NULL);
        if (!domain || !vt_virt_domain_is_active(domain))
            vt_ledger_drop(ledger, entry->uuid, NULL);
    }
    if (vt_ledger_lock(ledger, TIDY_WAIT_MS, NULL)) {
        vt_ledger_prune(ledger);
        vt_ledger_unlock(ledger);
    }
}
