/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/**
 * Facts: typed values with a unit and an origin.
 *
 * The registry says which facts exist, of which type, and what they mean; a rule that names any
 * other is refused when it is loaded. A store holds the values of one subject and looks into its
 * parent for the rest: one disk's record -> the domain -> the host. A fact that could not be had is
 * *unknown*, which is neither yes nor no, and the store remembers why.
 */

typedef enum {
    VT_FACT_BOOL,
    VT_FACT_INT,
    VT_FACT_STRING,
    VT_FACT_SET,     /* of strings */
    VT_FACT_RECORDS, /* a list of stores, each a child of the one that holds it */
} VtFactType;

typedef struct {
    const char *name; /* "guest.family" */
    VtFactType type;
    const char *unit; /* "bytes", "KiB"; "" for none */
    const char *doc;  /* one sentence */
} VtFactInfo;

typedef struct {
    const VtFactInfo *info;
    bool known;
    gint64 number;      /* VT_FACT_BOOL (0, 1) and VT_FACT_INT */
    char *string;       /* VT_FACT_STRING */
    GPtrArray *strings; /* VT_FACT_SET: char*, sorted */
    GPtrArray *records; /* VT_FACT_RECORDS: VtFacts* */
    char *origin;       /* where it came from, or why it is unknown */
} VtFact;

typedef struct VtFacts VtFacts;

/** Returns: (transfer none) (nullable): what is registered under @name. */
const VtFactInfo *vt_fact_info(const char *name);

/** Returns: (transfer none): all registered facts in order of name. */
const VtFactInfo *vt_fact_infos(gsize *ret_count);

const char *vt_fact_type_to_string(VtFactType type);

/** @parent: (nullable): asked for what is not here; must outlive the store. */
VtFacts *vt_facts_new(const VtFacts *parent);
void vt_facts_free(VtFacts *facts); /* accepts NULL */

/** Returns: (transfer none) (nullable): the store that this one looks into for the rest. */
const VtFacts *vt_facts_parent(const VtFacts *facts);

/**
 * The xmlNode that a record is about, which its fact "place" names: what stands below it need not
 * be searched for. @element: must outlive the store; NULL as long as none was told.
 */
void vt_facts_set_element(VtFacts *record, const void *element);
const void *vt_facts_element(const VtFacts *facts);

/* Setters. @name must be registered with that type (a programmer's error otherwise); @origin says
 * where the value came from, for a person: "domain XML", "sys/module/kvm_intel/parameters/nested".
 * Setting twice replaces. */
void vt_facts_set_bool(VtFacts *facts, const char *name, bool value, const char *origin);
void vt_facts_set_int(VtFacts *facts, const char *name, gint64 value, const char *origin);
void vt_facts_set_string(VtFacts *facts, const char *name, const char *value, const char *origin);
void vt_facts_add_to_set(VtFacts *facts, const char *name, const char *member, const char *origin);
/* Makes the set known, empty if nothing was added. */
void vt_facts_touch_set(VtFacts *facts, const char *name, const char *origin);
/* Makes the records known; returns (transfer none) a new record. */
VtFacts *vt_facts_add_record(VtFacts *facts, const char *name, const char *origin);
void vt_facts_touch_records(VtFacts *facts, const char *name, const char *origin);
/* Notes why a fact could not be had; does not replace a known value. */
void vt_facts_set_unknown(VtFacts *facts, const char *name, const char *why);

/**
 * Returns: (transfer none) (nullable): the fact here or in a parent; NULL if nothing was ever said
 * of it, which means unknown as well.
 */
const VtFact *vt_facts_get(const VtFacts *facts, const char *name);

/** As vt_facts_get(), for whoever has looked the name up once. */
const VtFact *vt_facts_find(const VtFacts *facts, const VtFactInfo *info);

/** Shorthands for C code: false if unknown, or the out-parameter untouched. */
bool vt_facts_get_int(const VtFacts *facts, const char *name, gint64 *ret_value);
bool vt_facts_is_true(const VtFacts *facts, const char *name);
const char *vt_facts_get_string(const VtFacts *facts, const char *name); /* NULL if unknown */

/** Calls @function for every fact in this store (not its parents), in order of name. */
void vt_facts_foreach(const VtFacts *facts, void (*function)(const VtFact *fact, gpointer data),
                      gpointer data);

/**
 * vt_fact_format:
 * @for_people: sizes as "500 GiB" instead of plain numbers
 *
 * Returns: (transfer full): the value as text; "unknown" if it is
 */
char *vt_fact_format(const VtFact *fact, bool for_people);

/**
 * vt_facts_expand:
 * @template: text with {fact.name} in it
 * @ret_unknown: (nullable) (element-type utf8): names of unknown facts are added here
 *
 * Returns: (transfer full): the text with the values in; unknown ones as "unknown"
 */
char *vt_facts_expand(const VtFacts *facts, const char *template, bool for_people,
                      GPtrArray *ret_unknown);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtFacts, vt_facts_free)
