/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/session.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"

VtSession *
vt_session_open(const char *uri, bool writable, GError **error)
{
    g_autoptr(VtSession) session = g_new0(VtSession, 1);

    session->emulators =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)vt_facts_free);
    session->virt = vt_virt_open(uri, writable, error);
    if (!session->virt)
        return NULL;
    session->context = vt_context_new(vt_virt_is_local(session->virt) ? "/" : NULL, true, error);
    return session->context ? g_steal_pointer(&session) : NULL;
}

void
vt_session_free(VtSession *session)
{
    if (!session)
        return;
    g_hash_table_unref(session->emulators);
    g_clear_pointer(&session->held, g_hash_table_unref);
    vt_context_free(session->context);
    vt_virt_free(session->virt);
    g_free(session);
}

void
vt_judged_free(VtJudged *judged)
{
    if (!judged)
        return;
    vt_tune_result_free(judged->result);
    vt_document_free(judged->document);
    g_free(judged);
}

/* ---- what this domain's emulator offers ---- */

static char *
emulator_path(const xmlNode *root)
{
    const xmlNode *emulator = vt_element_child(vt_element_child(root, "devices"), "emulator");

    return emulator ? vt_element_text(emulator) : NULL;
}

/* The facts of one emulator, asked for once. A domain whose emulator cannot be asked is still
 * worth judging: what is missing is unknown. */
static const VtFacts *
emulator_facts(VtSession *session, const VtDocument *document, GError **error)
{
    const xmlNode *root = vt_document_root(document);
    const xmlNode *type = vt_element_child(vt_element_child(root, "os"), "type");
    g_autofree char *emulator = emulator_path(root);
    g_autofree char *arch = type ? vt_element_attribute(type, "arch") : NULL;
    g_autofree char *machine = type ? vt_element_attribute(type, "machine") : NULL;
    g_autofree char *virt_type = vt_element_attribute(root, "type");
    g_autofree char *key = g_strdup_printf("%s %s %s %s", emulator, arch, machine, virt_type);
    g_autofree char *xml = NULL;
    g_autoptr(GError) refused = NULL;
    VtFacts *facts = g_hash_table_lookup(session->emulators, key);

    if (facts)
        return facts;
    xml = vt_virt_domain_capabilities(session->virt, emulator, arch, machine, virt_type, &refused);
    if (!xml)
        g_debug("%s", refused->message);
    facts = vt_context_emulator_facts(session->context, xml,
                                      vt_virt_libvirt_version(session->virt),
                                      vt_virt_emulator_version(session->virt), error);
    if (facts)
        g_hash_table_insert(session->emulators, g_steal_pointer(&key), facts);
    return facts;
}

/* ---- what other domains hold ---- */

static VtCpuSet *
dedicated_cpus(const char *xml, const VtTopology *topology)
{
    VtCpuSet *cpus = vt_cpuset_new();
    g_autoptr(VtDocument) document = vt_document_parse(xml, strlen(xml), "domain", NULL);
    const xmlNode *cputune =
        document ? vt_element_child(vt_document_root(document), "cputune") : NULL;

    for (const xmlNode *pin = vt_element_child(cputune, "vcpupin"); pin;
         pin = vt_element_next(pin)) {
        g_autofree char *text = vt_element_attribute(pin, "cpuset");
        g_autoptr(VtCpuSet) set = text ? vt_cpuset_parse(text, NULL) : NULL;
        if (set && topology && vt_topology_is_dedicated(topology, set))
            vt_cpuset_union(cpus, set);
    }
    return cpus;
}

/* Pins of running domains as they are, of the others as they are configured. */
static bool
read_held(VtSession *session, GError **error)
{
    g_autoptr(GPtrArray) domains = NULL;

    if (session->held)
        return true;
    domains = vt_virt_list(session->virt, error);
    if (!domains)
        return false;
    session->held =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)vt_cpuset_free);
    for (guint i = 0; i < domains->len; i++) {
        const VtVirtDomain *domain = domains->pdata[i];
        g_autofree char *xml = vt_virt_domain_current_xml(domain, NULL);
        if (xml) /* it may be gone by now */
            g_hash_table_insert(session->held, g_strdup(vt_virt_domain_uuid(domain)),
                                dedicated_cpus(xml, session->context->topology));
    }
    return true;
}

static VtCpuSet *
taken_by_others(VtSession *session, const VtDocument *document)
{
    const xmlNode *element = vt_element_child(vt_document_root(document), "uuid");
    g_autofree char *uuid = element ? vt_element_text(element) : NULL;
    VtCpuSet *taken = vt_cpuset_new();
    GHashTableIter iter;
    gpointer key, cpus;

    g_hash_table_iter_init(&iter, session->held);
    while (g_hash_table_iter_next(&iter, &key, &cpus)) {
        if (g_strcmp0(key, uuid) != 0)
            vt_cpuset_union(taken, cpus);
    }
    return taken;
}

void
vt_session_forget_pins(VtSession *session)
{
    g_clear_pointer(&session->held, g_hash_table_unref);
}

VtJudged *
vt_session_judge(VtSession *session, const char *xml, const char *name, bool rewrite,
                 GError **error)
{
    g_autoptr(VtJudged) judged = g_new0(VtJudged, 1);
    g_autoptr(VtCpuSet) taken = NULL;
    const VtFacts *facts;
    VtTuneInput input;

    judged->document = vt_document_parse(xml, strlen(xml), name, error);
    if (!judged->document)
        return NULL;
    facts = emulator_facts(session, judged->document, error);
    if (!facts || !read_held(session, error))
        return NULL;
    taken = taken_by_others(session, judged->document);
    input = vt_context_input(session->context, facts, taken,
                             session->context->host_root != NULL);
    judged->result = rewrite ? vt_tune(judged->document, &input, error)
                             : vt_judge(judged->document, &input, error);
    return judged->result ? g_steal_pointer(&judged) : NULL;
}
