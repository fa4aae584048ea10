/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/context.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "edges/image-file.h"
#include "edges/rule-cache.h"
#include "edges/safe-file.h"

#define DOMAIN_SCHEMA "/usr/share/libvirt/schemas/domain.rng"

/* the folder, those of the subjects, and the causes in them */
enum { CAUSES_DEPTH = 2 };

#define BASELINE_QEMU_VERSION 7002000
#define BASELINE_LIBVIRT_VERSION 9000000

/* The folder that the environment names, for the tests above all; else the installed one. */
static const char *
named_folder(const char *variable, const char *installed)
{
    const char *named = g_getenv(variable);

    return named && *named ? named : installed;
}

const char *
vt_context_datadir(void)
{
    return named_folder("VMTUNE_DATADIR", VT_DATADIR);
}

const char *
vt_context_confdir(void)
{
    return named_folder("VMTUNE_CONFDIR", VT_CONFDIR);
}

/* Those of the two folders that only root may write, since it obeys them. One that root's own
 * environment names is root's choice. */
static void
list_guarded(const char *shipped, const char *own, const char **ret_guarded)
{
    if (geteuid() == 0 && strcmp(vt_context_datadir(), VT_DATADIR) == 0)
        *ret_guarded++ = shipped;
    if (geteuid() == 0 && strcmp(vt_context_confdir(), VT_CONFDIR) == 0)
        *ret_guarded++ = own;
    *ret_guarded = NULL;
}

VtRuleDatabase *
vt_context_load_database(VtRuleChoice choice, GError **error)
{
    g_autofree char *shipped = g_build_filename(vt_context_datadir(), "rules", NULL);
    g_autofree char *own = g_build_filename(vt_context_confdir(), "rules", NULL);
    const char *const directories[] = {shipped, own, NULL};
    const char *guarded[3];

    list_guarded(shipped, own, guarded);
    if (!g_file_test(shipped, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM,
                    _("no rules in '%s'; VMTUNE_DATADIR names another folder"), shipped);
        return NULL;
    }
    return vt_rule_cache_load(directories, guarded, named_folder("VMTUNE_RUNDIR", VT_RUNDIR),
                              choice, error);
}

VtCauseDatabase *
vt_context_load_causes(GError **error)
{
    g_autofree char *shipped = g_build_filename(vt_context_datadir(), "causes", NULL);
    g_autofree char *own = g_build_filename(vt_context_confdir(), "causes", NULL);
    const char *const directories[] = {shipped, own, NULL};
    const char *guarded[3];

    if (!g_file_test(shipped, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM,
                    _("no causes in '%s'; VMTUNE_DATADIR names another folder"), shipped);
        return NULL;
    }
    list_guarded(shipped, own, guarded);
    for (const char **folder = guarded; *folder; folder++) {
        if (!vt_safe_check_tree(*folder, CAUSES_DEPTH, error))
            return NULL;
    }
    return vt_cause_database_load(directories, error);
}

VtProfiles *
vt_context_open_profiles(void)
{
    g_autofree char *shipped = g_build_filename(vt_context_datadir(), "profiles", NULL);
    g_autofree char *own = g_build_filename(vt_context_confdir(), "profiles", NULL);
    const char *const directories[] = {shipped, own, NULL};
    const char *guarded[3];

    list_guarded(shipped, own, guarded);
    return vt_profiles_new(directories, guarded);
}

void
vt_context_read_topology(VtContext *context)
{
    g_autoptr(GError) error = NULL;

    context->topology = vt_topology_read(context->host_root, &error);
    if (context->topology)
        vt_facts_from_topology(context->host_facts, context->topology);
    else
        g_debug("host topology: %s", error->message);
}

static void
read_host(VtContext *context, VtPurpose purpose)
{
    vt_facts_from_host(context->host_facts, context->host_root);
    /* What libvirt refuses for the kernel's sake it refuses itself: the hook need not read that. */
    if (purpose == VT_PURPOSE_REFUSE)
        return;
    vt_facts_from_host_kernel(context->host_facts, context->host_root);
    vt_context_read_topology(context);
}

static VtDocument *
load_document(const char *path, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize length;

    if (!g_file_get_contents(path, &bytes, &length, error))
        return NULL;
    return vt_document_parse(bytes, length, path, error);
}

/* capabilities.xml of a captured host: what sysfs did not tell. */
static bool
read_captured_capabilities(VtContext *context, GError **error)
{
    g_autofree char *path = g_build_filename(context->host_root, "capabilities.xml", NULL);
    g_autoptr(VtDocument) document = NULL;

    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return true;
    document = load_document(path, error);
    if (!document)
        return false;
    vt_facts_from_capabilities(context->host_facts, document);
    return true;
}

/* The schema installed here is that of the libvirt here; a captured host has another. */
static bool
has_libvirt_of_its_own(const char *host_root)
{
    g_autofree char *path =
        host_root ? g_build_filename(host_root, VT_CAPTURED_VERSIONS, NULL) : NULL;

    return path && g_strcmp0(host_root, "/") != 0 && g_file_test(path, G_FILE_TEST_EXISTS);
}

VtContext *
vt_context_new(const char *host_root, VtPurpose purpose, GError **error)
{
    g_autoptr(VtContext) context = g_new0(VtContext, 1);
    g_autofree char *config_path = g_build_filename(vt_context_confdir(), "vmtune.conf", NULL);

    context->host_facts = vt_facts_new(NULL);
    context->config = vt_config_load(config_path, error);
    if (!context->config)
        return NULL;
    context->database = vt_context_load_database(
        purpose == VT_PURPOSE_REFUSE ? VT_RULES_OF_ERRORS : VT_RULES_ALL, error);
    if (!context->database)
        return NULL;
    if (purpose == VT_PURPOSE_REWRITE && !has_libvirt_of_its_own(host_root) &&
        g_file_test(DOMAIN_SCHEMA, G_FILE_TEST_EXISTS)) {
        context->schema = vt_schema_load(DOMAIN_SCHEMA, error);
        if (!context->schema)
            return NULL;
    }
    context->profiles = vt_context_open_profiles();
    context->host_root = g_strdup(host_root);
    if (host_root) {
        read_host(context, purpose);
        if (!read_captured_capabilities(context, error))
            return NULL;
    }
    return g_steal_pointer(&context);
}

void
vt_context_free(VtContext *context)
{
    if (!context)
        return;
    vt_config_free(context->config);
    vt_rule_database_free(context->database);
    vt_profiles_free(context->profiles);
    g_free(context->profile);
    vt_schema_free(context->schema);
    vt_facts_free(context->host_facts);
    vt_topology_free(context->topology);
    g_free(context->host_root);
    g_free(context->hung_mount);
    g_free(context);
}

/* ---- images ---- */

/* On the live host a missing image is trouble: the guest could not start. For a file or a captured
 * host it is what one expects. */
static gssize
read_image(const char *path, guint8 *buffer, gsize size, char **ret_why, gpointer data,
           GError **error)
{
    VtContext *context = data;
    const VtImageReader reader = {.root = context->host_root};
    g_autofree char *folder = g_path_get_dirname(path);
    g_autoptr(GError) trouble_error = NULL;
    VtImageTrouble trouble = VT_IMAGE_TROUBLE_NONE;
    gsize length = 0;

    if (g_strcmp0(folder, context->hung_mount) == 0) {
        *ret_why = g_strdup_printf(_("'%s' does not answer"), folder);
        return 0;
    }
    if (vt_image_read_header(&reader, path, buffer, size, &length, &trouble, &trouble_error))
        return length > 0 ? (gssize)length
                          : (g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("it is empty")), -1);
    if (trouble == VT_IMAGE_TROUBLE_TIMED_OUT) {
        g_free(context->hung_mount);
        context->hung_mount = g_steal_pointer(&folder);
    }
    if (trouble == VT_IMAGE_TROUBLE_MISSING && g_strcmp0(context->host_root, "/") != 0) {
        *ret_why = g_strdup_printf(_("'%s' is not there"), path);
        return 0;
    }
    g_propagate_error(error, g_steal_pointer(&trouble_error));
    return -1;
}

VtTuneInput
vt_context_input(VtContext *context, const VtFacts *facts, const VtCpuSet *taken, bool read_images)
{
    return (VtTuneInput){
        .database = context->database,
        .facts = facts,
        .topology = context->topology,
        .placement = context->config->pin_policy,
        .use_isolated = context->config->use_isolated,
        .strict_memory = context->config->strict_memory,
        .taken = taken,
        .reserved = context->config->reserved_cpus,
        .images = read_images ? read_image : NULL,
        .images_data = context,
        .metadata_cache_budget_bytes = context->config->metadata_cache_budget_bytes,
        .profile = context->profile,
        .default_profile = context->config->profile,
        .profiles = vt_profiles_find,
        .profiles_data = context->profiles,
        .skip = (const char *const *)context->config->skip_rules,
        .schema = context->schema,
    };
}

/* ---- the emulator ---- */

static VtFacts *
emulator_facts(const VtContext *context, const VtDocument *domain_capabilities, const char *origin,
               guint64 libvirt_version, guint64 qemu_version)
{
    VtFacts *facts = vt_facts_new(context->host_facts);

    if (domain_capabilities)
        vt_facts_from_domain_capabilities(facts, domain_capabilities, origin);
    if (libvirt_version)
        vt_facts_set_int(facts, "libvirt.version", (gint64)libvirt_version, origin);
    if (qemu_version)
        vt_facts_set_int(facts, "qemu.version", (gint64)qemu_version, origin);
    return facts;
}

VtFacts *
vt_context_baseline_facts(const VtContext *context, GError **error)
{
    g_autofree char *path =
        g_build_filename(vt_context_datadir(), "baseline", "domcapabilities.xml", NULL);
    g_autoptr(VtDocument) document = load_document(path, error);

    return document ? emulator_facts(context, document, "baseline: " VT_BASELINE_NAME,
                                     BASELINE_LIBVIRT_VERSION, BASELINE_QEMU_VERSION)
                    : NULL;
}

/* A capture without the file is one made by hand: the baseline's versions. */
static guint64
captured_version(const VtContext *context, const char *key, guint64 otherwise)
{
    g_autofree char *path = g_build_filename(context->host_root, VT_CAPTURED_VERSIONS, NULL);
    g_autoptr(GKeyFile) file = g_key_file_new();
    guint64 version = 0;

    if (g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL))
        version = g_key_file_get_uint64(file, "versions", key, NULL);
    return version ? version : otherwise;
}

VtFacts *
vt_context_captured_facts(VtContext *context, GError **error)
{
    g_autofree char *path = g_build_filename(context->host_root, "domcapabilities.xml", NULL);
    g_autoptr(VtDocument) document = NULL;

    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return NULL;
    document = load_document(path, error);
    return document ? emulator_facts(context, document, "domcapabilities.xml of the captured host",
                                     captured_version(context, "libvirt", BASELINE_LIBVIRT_VERSION),
                                     captured_version(context, "qemu", BASELINE_QEMU_VERSION))
                    : NULL;
}

VtFacts *
vt_context_emulator_facts(const VtContext *context, const char *domain_capabilities,
                          guint64 libvirt_version, guint64 qemu_version, GError **error)
{
    g_autoptr(VtDocument) document = NULL;

    if (domain_capabilities) {
        document = vt_document_parse(domain_capabilities, strlen(domain_capabilities),
                                     "domain capabilities", error);
        if (!document)
            return NULL;
    }
    return emulator_facts(context, document, "libvirt", libvirt_version, qemu_version);
}
