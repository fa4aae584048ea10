/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A host whose sysfs says other things than it should. Each line is PATH TEXT, a file below
 * sys/devices/system of a made-up host with two nodes and eight CPUs; "cpu/online" alone is an
 * empty file. The host is whole again afterwards.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/fake-sysfs.h"
#include "facts/build.h"

#define MAX_LINES 32

/* More CPUs only take longer: the time is linear in them, and cpuset.c tries large numbers. */
#define MAX_ONLINE 512
#define PATH_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_-/"

static FakeRoot root;

static void
set_up(void)
{
    const FakeHost small = {.nodes = 2, .domains = 1, .cores = 2, .threads = 2};
    FakeRoot *made = fake_host(&small);

    /* where it is removed with the rest */
    root.path = fuzz_scratch_path("host");
    MUST(g_rename(made->path, root.path) == 0);
    g_free(made->path);
    g_free(made);
}

/* ---- spoiling the host, and mending it ---- */

typedef struct {
    char *path;
    char *text; /* (nullable): what was there; NULL = nothing */
    gsize length;
} Undo;

static void
undo_free(gpointer data)
{
    Undo *undo = data;

    if (undo->text)
        fuzz_write(undo->path, undo->text, undo->length);
    else
        remove(undo->path); /* a file, or a folder that is empty by now */
    g_free(undo->text);
    g_free(undo->path);
    g_free(undo);
}

static void
note(GPtrArray *undos, const char *path)
{
    Undo *undo = g_new0(Undo, 1);

    g_ptr_array_add(undos, undo);
    undo->path = g_strdup(path);
    g_file_get_contents(path, &undo->text, &undo->length, NULL);
}

/* false where a file is in the way */
static bool
make_folder(GPtrArray *undos, const char *path)
{
    g_autofree char *parent = NULL;

    if (g_file_test(path, G_FILE_TEST_EXISTS))
        return g_file_test(path, G_FILE_TEST_IS_DIR);
    parent = g_path_get_dirname(path);
    if (!make_folder(undos, parent))
        return false;
    note(undos, path);
    return g_mkdir(path, 0700) == 0;
}

static void
spoil(GPtrArray *undos, const char *line)
{
    gsize length = strcspn(line, " ");
    g_autofree char *file = g_strndup(line, length);
    g_autofree char *path = g_build_filename(root.path, "sys/devices/system", file, NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    const char *text = line + length + (line[length] ? 1 : 0);

    if (length == 0 || length > 100 || strspn(file, PATH_CHARACTERS) < length ||
        !make_folder(undos, folder) || g_file_test(path, G_FILE_TEST_IS_DIR))
        return;
    note(undos, path);
    fuzz_write(path, text, strlen(text));
}

/* Returns: (transfer full): what mends the host when it is freed, last things first */
static GPtrArray *
spoil_all(const char *text)
{
    GPtrArray *undos = g_ptr_array_new();
    g_auto(GStrv) lines = g_strsplit(text, "\n", MAX_LINES);

    for (char **line = lines; *line; line++)
        spoil(undos, *line);
    return undos;
}

static void
mend(GPtrArray *undos)
{
    for (guint i = undos->len; i > 0; i--)
        undo_free(undos->pdata[i - 1]);
    g_ptr_array_unref(undos);
}

static bool
is_small(void)
{
    g_autofree char *path = g_build_filename(root.path, "sys/devices/system/cpu/online", NULL);
    g_autofree char *text = NULL;
    g_autoptr(VtCpuSet) online = NULL;

    if (g_file_get_contents(path, &text, NULL, NULL))
        online = vt_cpuset_parse(text, NULL);
    return !online || vt_cpuset_count(online) <= MAX_ONLINE;
}

/* ---- laws ---- */

static void
check_topology(const VtTopology *host)
{
    g_autoptr(VtCpuSet) seen = vt_cpuset_new();

    MUST(vt_cpuset_is_subset(host->allowed, host->online));
    for (guint i = 0; i < host->cores->len; i++) {
        const VtHostCore *core = host->cores->pdata[i];

        MUST(vt_cpuset_count(core->cpus) > 0);
        MUST(vt_cpuset_is_subset(core->cpus, core->online));
        MUST(vt_cpuset_is_subset(core->cpus, host->allowed));
        MUST(!vt_cpuset_overlaps(core->cpus, seen));
        MUST(core->l3 < (int)host->l3_domains->len);
        MUST(core->node < 0 || vt_topology_find_node(host, core->node));
        vt_cpuset_union(seen, core->cpus);
    }
}

static void
check_plan(const VtTopology *host, unsigned vcpus, VtPinPlacement placement)
{
    const VtGuestShape shape = {.vcpus = vcpus, .memory_kib = 1048576, .threads_allowed = true};
    const VtPinRequest request = {.host = host, .shape = &shape, .placement = placement};
    g_autoptr(VtPinPlan) plan = vt_pin_plan(&request);
    g_autoptr(VtCpuSet) used = vt_cpuset_new();

    MUST(plan->why && *plan->why);
    if (!plan->fits)
        return;
    for (guint i = 0; i < plan->vcpu_cpus->len; i++) {
        unsigned cpu = g_array_index(plan->vcpu_cpus, unsigned, i);
        MUST(vt_cpuset_has(host->allowed, cpu) && !vt_cpuset_has(used, cpu));
        vt_cpuset_add(used, cpu);
    }
    MUST(vt_cpuset_is_subset(plan->float_cpus, host->allowed));
    MUST(vt_cpuset_is_subset(plan->emulator_cpus, host->allowed));
    MUST(vt_cpuset_count(plan->emulator_cpus) > 0);
    MUST(!vt_cpuset_overlaps(plan->emulator_cpus, used));
}

static void
check_host(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtTopology) host = vt_topology_read(root.path, &error);
    g_autoptr(VtFacts) facts = vt_facts_new(NULL);

    vt_facts_from_host(facts, root.path);
    if (!host) {
        fuzz_check_error(error);
        return;
    }
    vt_facts_from_topology(facts, host);
    check_topology(host);
    check_plan(host, 1, VT_PIN_PLACEMENT_DEDICATED);
    check_plan(host, 4, VT_PIN_PLACEMENT_AUTO);
    check_plan(host, 6, VT_PIN_PLACEMENT_NODE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = fuzz_text(data, size);
    GPtrArray *undos;

    if (!root.path)
        set_up();
    undos = spoil_all(text);
    if (is_small())
        check_host();
    mend(undos);
    return 0;
}
