/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/session.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "pin/repin.h"

/* Not ours to read for everybody, and a plan without it is still one. */
static VtLedger *
open_ledger(void)
{
    g_autoptr(GError) error = NULL;
    VtLedger *ledger = vt_ledger_open(VT_RUNDIR, VT_LEDGER_PID_DIR, &error);

    if (!ledger)
        g_debug("%s", error->message);
    return ledger;
}

VtSession *
vt_session_open(const char *uri, const char *writer, GError **error)
{
    g_autoptr(VtSession) session = g_new0(VtSession, 1);
    bool local;

    session->emulators =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)vt_facts_free);
    session->virt = vt_virt_open(uri, writer != NULL, error);
    if (!session->virt)
        return NULL;
    local = vt_virt_is_local(session->virt);
    session->context =
        vt_context_new(local ? "/" : NULL, local ? VT_PURPOSE_REWRITE : VT_PURPOSE_JUDGE, error);
    if (!session->context)
        return NULL;
    if (local)
        session->ledger = open_ledger();
    session->history = vt_history_new(NULL, vt_virt_address(session->virt), writer,
                                      session->context->config->history_keep);
    return g_steal_pointer(&session);
}

void
vt_session_free(VtSession *session)
{
    if (!session)
        return;
    g_hash_table_unref(session->emulators);
    vt_neighbours_free(session->neighbours);
    vt_ledger_free(session->ledger);
    vt_history_free(session->history);
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
    g_free(judged->repinned);
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
    facts = vt_context_emulator_facts(session->context, xml, vt_virt_libvirt_version(session->virt),
                                      vt_virt_emulator_version(session->virt), error);
    if (facts)
        g_hash_table_insert(session->emulators, g_steal_pointer(&key), facts);
    return facts;
}

/* ---- what other domains hold ---- */

/* A promise bridges the time until libvirt tells others of what was chosen. */
#define LOCK_WAIT_MS 5000
#define PROMISE_SECONDS 60

static bool
read_neighbours(VtSession *session, GError **error)
{
    if (!session->neighbours)
        session->neighbours =
            vt_neighbours_read(session->virt, session->context->topology, session->ledger, error);
    return session->neighbours != NULL;
}

void
vt_session_forget_pins(VtSession *session)
{
    g_clear_pointer(&session->neighbours, vt_neighbours_free);
}

void
vt_session_renew_pins(VtSession *session, const VtVirtDomain *domain)
{
    if (session->neighbours)
        vt_neighbours_ask(session->neighbours, domain);
}

static bool
lock_ledger(VtSession *session)
{
    g_autoptr(GError) error = NULL;

    if (!session->ledger)
        return false;
    if (!vt_ledger_lock(session->ledger, LOCK_WAIT_MS, &error)) {
        g_debug("%s", error->message);
        return false;
    }
    vt_neighbours_refresh(session->neighbours);
    return true;
}

static void
promise(const VtSession *session, const char *uuid, const char *name, const VtJudged *judged)
{
    const VtTuneResult *result = judged->result;
    g_autoptr(VtDocument) after = vt_document_parse(result->xml, strlen(result->xml), name, NULL);
    g_autoptr(VtPins) pins = after ? vt_pins_from_domain(after) : NULL;
    g_autoptr(GError) error = NULL;

    if (pins && (result->plan->changes->len > 0 || judged->repinned) &&
        !vt_ledger_promise(session->ledger, uuid, name, pins, PROMISE_SECONDS, &error))
        g_debug("%s", error->message);
}

void
vt_session_record_pins(VtSession *session, const VtVirtDomain *domain)
{
    g_autofree char *xml = session->ledger ? vt_virt_domain_current_xml(domain, NULL) : NULL;
    g_autoptr(VtDocument) document =
        xml ? vt_document_parse(xml, strlen(xml), vt_virt_domain_name(domain), NULL) : NULL;
    g_autoptr(VtPins) pins = document ? vt_pins_from_domain(document) : NULL;
    g_autoptr(GError) error = NULL;
    const char *uuid = vt_virt_domain_uuid(domain);

    if (!pins)
        return;
    if (!vt_ledger_record(session->ledger, uuid, vt_virt_domain_name(domain), pins, &error))
        g_debug("%s", error->message);
    /* its release may have come first */
    if (!vt_virt_domain_is_active(domain))
        vt_ledger_drop(session->ledger, uuid, NULL);
}

/* ---- judging ---- */

typedef enum {
    JUDGE_PLAN,    /* the plan is enough */
    JUDGE_REWRITE, /* the new text too */
    JUDGE_CHOOSE,  /* and what it chooses is promised */
    JUDGE_REPIN,   /* and pins that are not sound are replaced */
} JudgeDepth;

/* Puts the domain with new pins in the place of the one that was asked about. */
static bool
repin(const VtSession *session, VtJudged *judged, const VtHeld *held, GError **error)
{
    const VtConfig *config = session->context->config;
    const VtRepinInput input = {
        .host = session->context->topology,
        .placement = config->pin_policy,
        .use_isolated = config->use_isolated,
        .held = held,
        .reserved = config->reserved_cpus,
        .arrives = true,
    };
    g_autoptr(GError) trouble = NULL;
    g_autofree char *xml = NULL;
    VtDocument *document;

    if (!input.host || !vt_repin_has_pins(judged->document))
        return true;
    xml = vt_repin(judged->document, &input, &judged->repinned, &trouble);
    if (!xml && !trouble)
        return true;
    document =
        xml ? vt_document_parse(xml, strlen(xml), vt_document_name(judged->document), &trouble)
            : NULL;
    if (!document) {
        g_propagate_error(error, g_steal_pointer(&trouble));
        return false;
    }
    vt_document_free(judged->document);
    judged->document = document;
    return true;
}

static VtTuneResult *
tune(const VtSession *session, const VtDocument *document, const VtFacts *facts, const VtHeld *held,
     JudgeDepth depth, GError **error)
{
    VtTuneInput input =
        vt_context_input(session->context, facts, held->taken, session->context->host_root != NULL);

    input.claimed = held->claimed;
    input.emulators = held->emulators;
    return depth == JUDGE_PLAN ? vt_judge(document, &input, error)
                               : vt_tune(document, &input, error);
}

/* All that libvirt is to be asked comes before the lock. */
static VtJudged *
judge(VtSession *session, const char *xml, const char *name, JudgeDepth depth, GError **error)
{
    g_autoptr(VtJudged) judged = g_new0(VtJudged, 1);
    g_autoptr(VtHeld) held = NULL;
    g_autofree char *uuid = NULL;
    const xmlNode *element;
    const VtFacts *facts;
    bool locked;

    judged->document = vt_document_parse(xml, strlen(xml), name, error);
    if (!judged->document)
        return NULL;
    facts = emulator_facts(session, judged->document, error);
    if (!facts || !read_neighbours(session, error))
        return NULL;
    element = vt_element_child(vt_document_root(judged->document), "uuid");
    uuid = element ? vt_element_text(element) : NULL;
    locked = depth >= JUDGE_CHOOSE && uuid && lock_ledger(session);
    held = vt_neighbours_held(session->neighbours, uuid);
    if (depth != JUDGE_REPIN || repin(session, judged, held, error))
        judged->result = tune(session, judged->document, facts, held, depth, error);
    if (locked) {
        if (judged->result)
            promise(session, uuid, name, judged);
        vt_ledger_unlock(session->ledger);
    }
    return judged->result ? g_steal_pointer(&judged) : NULL;
}

VtJudged *
vt_session_judge(VtSession *session, const char *xml, const char *name, bool rewrite,
                 GError **error)
{
    return judge(session, xml, name, rewrite ? JUDGE_REWRITE : JUDGE_PLAN, error);
}

VtJudged *
vt_session_choose(VtSession *session, const char *xml, const char *name, bool repin, GError **error)
{
    return judge(session, xml, name, repin ? JUDGE_REPIN : JUDGE_CHOOSE, error);
}
