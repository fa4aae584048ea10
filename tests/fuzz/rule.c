/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A rule file, as an administrator's fuzz/rule.xml beside two others that it can refer to. One that
 * loads is tried on a domain, as it is and out of the cache.
 */
#include "fuzz.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "rules/cache.h"
#include "tune.h"

/* What a rule can refer to. */
static const char plain[] =
    "<rule id='base/plain' level='recommend' scope='guest' effect='next-boot'>"
    "<summary>s</summary><reason>r</reason><source>s</source>"
    "<when><fact name='domain.type' is='kvm'/></when>"
    "<set place='cpu/@check' value='partial'/></rule>";
static const char disk[] =
    "<rule id='base/disk' level='advice' scope='host' effect='now' each='disk'>"
    "<summary>s</summary><reason>r</reason><source>s</source>"
    "<when><present place='devices/disk'/></when>"
    "<finding level='advice'><when><present place='name'/></when><message>m</message></finding>"
    "</rule>";

static char *folder, *file;
static VtDocument *domain;
static VtFacts *facts;

static VtDocument *
read_document(const char *path)
{
    g_autofree char *bytes = NULL;
    VtDocument *document;
    gsize length;

    MUST(g_file_get_contents(path, &bytes, &length, NULL));
    document = vt_document_parse(bytes, length, path, NULL);
    MUST(document != NULL);
    return document;
}

static void
set_up(void)
{
    g_autofree char *base = fuzz_scratch_path("rules/base");
    g_autofree char *own = fuzz_scratch_path("rules/fuzz");
    g_autofree char *plain_path = g_build_filename(base, "plain.xml", NULL);
    g_autofree char *disk_path = g_build_filename(base, "disk.xml", NULL);
    g_autoptr(VtDocument) capabilities =
        read_document(VT_SOURCE_ROOT "/data/baseline/domcapabilities.xml");

    folder = fuzz_scratch_path("rules");
    file = g_build_filename(own, "rule.xml", NULL);
    MUST(g_mkdir_with_parents(base, 0700) == 0 && g_mkdir_with_parents(own, 0700) == 0);
    fuzz_write(plain_path, plain, strlen(plain));
    fuzz_write(disk_path, disk, strlen(disk));
    domain = read_document(VT_SOURCE_ROOT "/tests/e2e/win10.xml");
    facts = vt_facts_new(NULL);
    vt_facts_from_domain_capabilities(facts, capabilities, "baseline");
    vt_facts_set_int(facts, "qemu.version", 7002000, "baseline");
}

/* Returns: (transfer full) (nullable): NULL where a template of the rule's makes nothing sound, or
 * its change broke a law: that is the rule's fault, and caught */
static VtTuneResult *
tune(const VtRuleDatabase *database)
{
    const VtTuneInput input = {.database = database, .facts = facts};
    g_autoptr(GError) error = NULL;
    VtTuneResult *result = vt_tune(domain, &input, &error);

    if (!result) {
        fuzz_check_error(error);
        MUST(error->code == VT_ERROR_INPUT || error->code == VT_ERROR_LAW);
    }
    return result;
}

/* The law of the cache: out of it the rules decide the same. */
static void
check_cache(const VtRuleDatabase *database)
{
    g_autoptr(GBytes) packed = vt_rule_cache_pack(database, "stamp", VT_RULES_ALL);
    g_autoptr(VtRuleDatabase) cached = vt_rule_cache_unpack(packed, "stamp", VT_RULES_ALL);
    g_autoptr(VtTuneResult) fresh = tune(database);
    g_autoptr(VtTuneResult) other = NULL;

    MUST(cached != NULL && cached->rules->len == database->rules->len);
    other = tune(cached);
    MUST(!fresh == !other);
    if (!fresh)
        return;
    MUST(strcmp(fresh->xml, other->xml) == 0);
    MUST(fresh->plan->findings->len == other->plan->findings->len);
    MUST(fresh->plan->not_considered->len == other->plan->not_considered->len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *directories[] = {NULL, NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(VtRuleDatabase) database = NULL;

    if (!folder)
        set_up();
    directories[0] = folder;
    fuzz_write(file, data, size);
    database = vt_rule_database_load(directories, &error);
    if (database) {
        check_cache(database);
        return 0;
    }
    fuzz_check_error(error);
    MUST(error->code == VT_ERROR_INPUT);
    MUST(g_str_has_prefix(error->message, file) && error->message[strlen(file)] == ':');
    return 0;
}
