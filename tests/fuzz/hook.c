/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hook as libvirt calls it. The first line is OPERATION POLICY NAME, where the policy is that
 * of vmtune.conf ("broken" for a file that cannot be read, anything else for none); the rest is
 * standard input.
 */
#include "fuzz.h"

#include <glib/gstdio.h>
#include <libxml/parser.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../hooks/ops.h"
#include "../unit/fake-sysfs.h"
#include "edges/config.h"
#include "edges/ledger.h"
#include "edges/spool.h"
#include "facts/wishes.h"

/* A guest that runs already, on CPU 1. */
#define NEIGHBOUR "7c0ea8a6-1b1d-4b5b-8c44-3c0d5a4c9dff"

/* Nobody's password, wherever it stands in a domain. */
#define SECRET "hunter2"

static const char *const policies[] = {"none", "off", "observe", "apply", "enforce", "broken"};

static char *run_dir, *host_root, *ledger_dir, *requests_dir;
static char *conf_dirs[G_N_ELEMENTS(policies)];
static int xml_fd;

/* ---- the hook's world ---- */

static void
make_conf(gsize i)
{
    g_autofree char *name = g_strconcat("conf-", policies[i], NULL);
    g_autofree char *text = g_strdup_printf("[policy]\ndefault = %s\n", policies[i]);
    g_autofree char *path = NULL;

    conf_dirs[i] = fuzz_scratch_path(name);
    path = g_build_filename(conf_dirs[i], "vmtune.conf", NULL);
    MUST(g_mkdir(conf_dirs[i], 0700) == 0);
    if (i > 0)
        fuzz_write(path, text, strlen(text));
}

static void
set_up(void)
{
    const FakeHost small = {.nodes = 1, .domains = 1, .cores = 4, .threads = 1};
    FakeRoot *host = fake_host(&small);

    run_dir = fuzz_scratch_path("run");
    ledger_dir = g_build_filename(run_dir, "ledger", NULL);
    requests_dir = g_build_filename(run_dir, "requests", NULL);
    host_root = fuzz_scratch_path("host");
    MUST(g_rename(host->path, host_root) == 0);
    g_free(host->path);
    g_free(host);
    for (gsize i = 0; i < G_N_ELEMENTS(policies); i++)
        make_conf(i);
    xml_fd = memfd_create("xml", MFD_CLOEXEC);
    MUST(xml_fd >= 0);
    g_setenv("VMTUNE_DATADIR", VT_SOURCE_ROOT "/data", TRUE);
    g_setenv("VMTUNE_RUNDIR", run_dir, TRUE);
}

/* As it is before every call: one neighbour, no requests. */
static void
tidy_up(void)
{
    g_autoptr(VtLedger) ledger = vt_ledger_open(run_dir, run_dir, NULL);
    g_autoptr(VtPins) pins = vt_pins_new(1);

    MUST(ledger != NULL);
    fuzz_remove_files(ledger_dir);
    fuzz_remove_files(requests_dir);
    vt_pins_set(pins, 0, vt_cpuset_parse("1", NULL));
    MUST(vt_ledger_record(ledger, NEIGHBOUR, "neighbour", pins, NULL));
}

static const char *
conf_dir(const char *policy)
{
    for (gsize i = 1; i < G_N_ELEMENTS(policies); i++) {
        if (g_strcmp0(policy, policies[i]) == 0)
            return conf_dirs[i];
    }
    return conf_dirs[0];
}

static int
call_hook(VtHookCall *call, VtHookOperation run, const void *xml, gsize length)
{
    MUST(ftruncate(xml_fd, 0) == 0);
    MUST(pwrite(xml_fd, xml, length, 0) == (ssize_t)length && lseek(xml_fd, 0, SEEK_SET) == 0);
    return run(call);
}

/* ---- what the hook may do ---- */

/* Only under policy enforce, and where the hook could read both domain and configuration. */
static bool
may_refuse(const VtHookCall *call, const VtDocument *domain)
{
    g_autofree char *conf = vt_hook_conf_path(call, "vmtune.conf");
    g_autoptr(VtConfig) config = vt_config_load(conf, NULL);
    g_autoptr(VtWishes) wishes = domain ? vt_wishes_read(domain, NULL) : NULL;

    return config && wishes &&
           (wishes->has_policy ? wishes->policy : config->policy) == VT_POLICY_ENFORCE;
}

static bool
is_pin(const xmlNode *node)
{
    static const char *const names[] = {"vcpupin", "emulatorpin", "iothreadpin", "numatune", NULL};

    return node->type == XML_ELEMENT_NODE && g_strv_contains(names, (const char *)node->name);
}

static void
remove_node(xmlNode *node)
{
    xmlUnlinkNode(node);
    xmlFreeNode(node);
}

static void
remove_white_space(xmlNode *text)
{
    g_auto(GStrv) words = g_strsplit_set((const char *)text->content, " \t\r\n", -1);
    g_autofree char *rest = g_strjoinv("", words);
    xmlChar *escaped = xmlEncodeSpecialChars(NULL, (const xmlChar *)rest);

    xmlNodeSetContent(text, escaped);
    xmlFree(escaped);
    if (!*rest)
        remove_node(text);
}

static void
remove_pins(xmlNode *element)
{
    for (xmlNode *child = element->children, *next; child; child = next) {
        next = child->next;
        if (is_pin(child))
            remove_node(child);
        else if (child->type == XML_TEXT_NODE)
            remove_white_space(child);
        else if (child->type == XML_ELEMENT_NODE)
            remove_pins(child);
    }
}

/* The domain without pins, nodesets, and a <cputune> that has nothing else: what a filter leaves
 * alone. */
static char *
without_pins(const char *text, gsize length)
{
    xmlDoc *tree = xmlReadMemory(text, (int)length, NULL, NULL, XML_PARSE_NONET);
    xmlNode *root = tree ? xmlDocGetRootElement(tree) : NULL;
    xmlNode *cputune;
    xmlChar *bytes = NULL;
    char *rest;
    int size;

    MUST(root != NULL);
    remove_pins(root);
    if (vt_element_child(root, "vcpu"))
        xmlUnsetProp(vt_element_child(root, "vcpu"), (const xmlChar *)"cpuset");
    cputune = vt_element_child(root, "cputune");
    if (cputune && !cputune->children && !cputune->properties)
        remove_node(cputune);
    xmlDocDumpMemory(tree, &bytes, &size);
    rest = g_strdup((const char *)bytes);
    xmlFree(bytes);
    xmlFreeDoc(tree);
    MUST(rest != NULL);
    return rest;
}

/* What a filter answers is the same guest, and good enough not to be filtered again. */
static void
check_answer(VtHookCall *call, VtHookOperation run, const void *xml, gsize length)
{
    g_autofree char *answer = g_steal_pointer(&call->answer);
    g_autofree char *before = NULL, *after = NULL;

    if (!answer)
        return;
    before = without_pins(xml, length);
    after = without_pins(answer, strlen(answer));
    MUST(strcmp(before, after) == 0);
    MUST(call_hook(call, run, answer, strlen(answer)) == VT_HOOK_ALLOW);
    MUST(!call->answer);
}

/* ---- what the hook leaves behind ---- */

static void
check_ledger(void)
{
    g_autoptr(VtLedger) ledger = vt_ledger_open(run_dir, run_dir, NULL);
    g_autoptr(GPtrArray) warnings = NULL;
    g_autoptr(GPtrArray) entries = vt_ledger_read(ledger, &warnings, NULL);

    MUST(entries && warnings->len == 0);
}

static void
check_requests(void)
{
    g_autoptr(VtSpool) spool = vt_spool_open(run_dir, NULL);
    g_autoptr(GPtrArray) uuids = NULL, warnings = NULL;
    bool taken;

    MUST(spool && vt_spool_lock(spool, false, &taken, NULL) && taken);
    uuids = vt_spool_list(spool, &warnings, NULL);
    MUST(uuids && uuids->len <= 1 && warnings->len == 0);
    for (guint i = 0; i < uuids->len; i++) {
        g_autoptr(VtSpoolRequest) request = vt_spool_claim(spool, uuids->pdata[i], NULL);
        MUST(request && vt_spool_finish(spool, request, NULL));
    }
}

static void
check_secrets(const char *folder)
{
    g_autoptr(GDir) directory = g_dir_open(folder, 0, NULL);
    const char *name;

    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *text = NULL;
        MUST(!g_file_get_contents(path, &text, NULL, NULL) || !strstr(text, SECRET));
    }
}

/* ---- the target ---- */

static void
check_call(VtHookCall *call, const char *operation, const void *xml, gsize length)
{
    VtHookOperation run = vt_hook_find(operation);
    bool filters = strcmp(operation, "migrate") == 0 || strcmp(operation, "restore") == 0;
    g_autoptr(VtDocument) domain = NULL;
    int status;

    if (!run)
        return;
    status = call_hook(call, run, xml, length);
    MUST(status == VT_HOOK_ALLOW || status == VT_HOOK_REFUSE);
    MUST(status == VT_HOOK_ALLOW || strcmp(operation, "prepare") == 0);
    MUST(!call->answer || filters);
    if (status == VT_HOOK_REFUSE) {
        domain = vt_document_parse(xml, length, "fuzz.xml", NULL);
        MUST(may_refuse(call, domain));
    }
    check_answer(call, run, xml, length);
    if (!strstr(call->name, SECRET)) {
        check_secrets(ledger_dir);
        check_secrets(requests_dir);
    }
    check_ledger();
    check_requests();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *line = fuzz_take_line(&data, &size);
    g_auto(GStrv) words = g_strsplit(line, " ", 3);
    guint count = g_strv_length(words);
    VtHookCall call = {.name = count > 2 ? words[2] : "fuzz"};

    if (!run_dir)
        set_up();
    tidy_up();
    call.xml_fd = xml_fd;
    call.host_root = host_root;
    call.conf_dir = conf_dir(count > 1 ? words[1] : NULL);
    call.run_dir = run_dir;
    call.pid_dir = run_dir;
    g_setenv("VMTUNE_CONFDIR", call.conf_dir, TRUE);
    check_call(&call, count > 0 ? words[0] : "", data, size);
    return 0;
}
