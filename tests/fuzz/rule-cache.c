/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules' cache behind its heading, which is put in front here: it has the version in it. */
#include "fuzz.h"

#include "rules/cache.h"

/* Returns: (transfer full): the bytes in front of the number of rules */
static GByteArray *
make_heading(void)
{
    g_autoptr(VtRuleDatabase) empty = vt_rule_database_new();
    g_autoptr(GBytes) packed = vt_rule_cache_pack(empty, "stamp", VT_RULES_ALL);
    GByteArray *heading = g_byte_array_new();
    gsize length;
    const guint8 *bytes = g_bytes_get_data(packed, &length);

    return g_byte_array_append(heading, bytes, (guint)(length - sizeof(guint64)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GByteArray *whole = g_byte_array_append(make_heading(), data, (guint)size);
    g_autoptr(GBytes) bytes = g_byte_array_free_to_bytes(whole);
    g_autoptr(VtRuleDatabase) database = vt_rule_cache_unpack(bytes, "stamp", VT_RULES_ALL);
    g_autoptr(VtRuleDatabase) other = vt_rule_cache_unpack(bytes, "another stamp", VT_RULES_ALL);
    g_autoptr(VtRuleDatabase) again = NULL;
    g_autoptr(GBytes) packed = NULL;

    MUST(!other);
    if (!database)
        return 0;
    packed = vt_rule_cache_pack(database, "stamp", VT_RULES_ALL);
    again = vt_rule_cache_unpack(packed, "stamp", VT_RULES_ALL);
    MUST(again && again->rules->len == database->rules->len);
    return 0;
}
