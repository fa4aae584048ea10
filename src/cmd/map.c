/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmtune map: the host drawn, with the guests where they are and where they would go. */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "cmd/subject.h"
#include "cmd/terminal.h"
#include "report/map.h"

#define PIN_RULE "cputune/pin"

typedef struct {
    const VtOptions *options;
    VtTextStyle style;
    VtSession *session;     /* (nullable) */
    VtContext *own_context; /* (nullable): where the host is not the session's */
    VtContext *context;     /* the one of the two that is drawn */
    VtFacts *emulator_facts;
    VtNeighbours *neighbours; /* (nullable): NULL = none, or nobody plans */
    GPtrArray *guests;        /* VtMapGuest* */
    GPtrArray *remarks;       /* char* */
} Work;

static void
work_clear(Work *work)
{
    vt_facts_free(work->emulator_facts);
    vt_neighbours_free(work->neighbours);
    vt_context_free(work->own_context);
    vt_session_free(work->session);
    g_clear_pointer(&work->guests, g_ptr_array_unref);
    g_clear_pointer(&work->remarks, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

/* ---- the host and its guests ---- */

static bool
open_host(Work *work, const char *root, GError **error)
{
    if (!vt_check_host(root, error))
        return false;
    work->own_context = vt_context_new(root, VT_PURPOSE_JUDGE, error);
    work->context = work->own_context;
    return work->context != NULL;
}

/* Without libvirt there is still the host to draw. */
static bool
open_live(Work *work, GError **error)
{
    g_autoptr(GError) unreachable = NULL;

    work->session = vt_session_open(work->options->connect, NULL, &unreachable);
    if (!work->session) {
        vt_talk(_("no guests are shown: %s"), unreachable->message);
        return open_host(work, "/", error);
    }
    work->context = work->session->context;
    if (work->context->host_root)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                _("the CPUs of another machine cannot be seen from here; capture it there with "
                  "'vmtune host --save DIR' and draw it with --host DIR"));
    return false;
}

/* A domain may be gone by the time it is asked. */
static bool
read_guests(Work *work, GError **error)
{
    g_autoptr(GPtrArray) domains = NULL;

    if (!work->session)
        return true;
    domains = vt_virt_list(work->session->virt, error);
    for (guint i = 0; domains && i < domains->len; i++) {
        const VtVirtDomain *domain = domains->pdata[i];
        VtMapState state = vt_virt_domain_is_active(domain) ? VT_MAP_RUNNING : VT_MAP_CONFIGURED;
        g_autofree char *xml = vt_virt_domain_current_xml(domain, NULL);
        g_autoptr(VtDocument) document =
            xml ? vt_document_parse(xml, strlen(xml), vt_virt_domain_name(domain), NULL) : NULL;

        if (document)
            g_ptr_array_add(work->guests, vt_map_guest_from_domain(document, state));
    }
    return domains != NULL;
}

/* ---- where a domain would go ---- */

static bool
open_session(Work *work, GError **error)
{
    if (!work->session)
        work->session = vt_session_open(work->options->connect, NULL, error);
    return work->session != NULL;
}

static VtDocument *
read_domain(Work *work, const char *argument, GError **error)
{
    g_autoptr(VtVirtDomain) domain = NULL;
    g_autofree char *bytes = NULL;
    gsize length;

    if (vt_is_file_argument(argument)) {
        bytes = vt_read_argument(argument, VT_DOCUMENT_MAX_BYTES, &length, error);
        return bytes ? vt_document_parse(bytes, length, argument, error) : NULL;
    }
    if (open_session(work, error))
        domain = vt_virt_lookup(work->session->virt, argument, error);
    if (domain)
        bytes = vt_virt_domain_stored_xml(domain, false, error);
    return bytes ? vt_document_parse(bytes, strlen(bytes), argument, error) : NULL;
}

static const VtFacts *
emulator_facts(Work *work, GError **error)
{
    g_autoptr(GError) trouble = NULL;

    if (work->emulator_facts)
        return work->emulator_facts;
    if (work->options->host)
        work->emulator_facts = vt_context_captured_facts(work->context, &trouble);
    if (!work->emulator_facts && !trouble)
        work->emulator_facts = vt_context_baseline_facts(work->context, &trouble);
    if (trouble)
        g_propagate_error(error, g_steal_pointer(&trouble));
    return work->emulator_facts;
}

/* The guest of the same UUID, or of the same name where the domain has none. */
static const VtMapGuest *
find_guest(const Work *work, const VtMapGuest *domain)
{
    for (guint i = 0; i < work->guests->len; i++) {
        const VtMapGuest *guest = work->guests->pdata[i];
        if (guest->state != VT_MAP_PLANNED &&
            (domain->uuid ? g_strcmp0(guest->uuid, domain->uuid) == 0
                          : strcmp(guest->name, domain->name) == 0))
            return guest;
    }
    return NULL;
}

/* What the others hold, those planned before this one included. On a captured host there are no
 * others. */
static VtHeld *
held_by_others(const Work *work, const VtMapGuest *self)
{
    VtHeld *held =
        work->neighbours ? vt_neighbours_held(work->neighbours, self->uuid) : vt_held_new();

    for (guint i = 0; i < work->guests->len; i++) {
        const VtMapGuest *guest = work->guests->pdata[i];
        g_autoptr(VtPins) pins = vt_map_guest_pins(guest);

        if (guest->state == VT_MAP_PLANNED)
            vt_held_add(held, pins, work->context->topology, true);
    }
    return held;
}

static void G_GNUC_PRINTF(2, 3) remark(Work *work, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_ptr_array_add(work->remarks, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

/* It has pins already: those are where it goes, planned or not. */
static int
show_own_pins(Work *work, VtMapGuest *domain, const VtMapGuest *drawn)
{
    g_autoptr(VtMapGuest) guest = domain;

    if (drawn) {
        remark(work, _("%s has pins of its own and goes where they say."), guest->name);
        return VT_EXIT_NOTHING;
    }
    remark(work, _("%s has pins of its own and would go where they say."), guest->name);
    g_ptr_array_add(work->guests, g_steal_pointer(&guest));
    return VT_EXIT_NOTHING;
}

static const VtDecision *
find_decision(const VtTuneResult *result, const char *rule)
{
    for (guint i = 0; i < result->plan->decisions->len; i++) {
        const VtDecision *decision = result->plan->decisions->pdata[i];
        if (strcmp(decision->rule->id, rule) == 0)
            return decision;
    }
    return NULL;
}

/* The place is there; whether vmtune would use it is for the rules to say. */
static void
show_plan(Work *work, const VtMapGuest *domain, const VtTuneResult *result)
{
    const VtDecision *decision = find_decision(result, PIN_RULE);
    const char *why = vt_facts_get_string(result->facts, "pin.why");

    g_ptr_array_add(work->guests, vt_map_guest_from_plan(domain->name, result->facts));
    remark(work, _("%s would go here: %s."), domain->name, why ? why : "");
    if (!decision || decision->outcome == VT_OUTCOME_SKIPPED)
        remark(work, _("%s would not be pinned all the same: rule %s is switched off."),
               domain->name, PIN_RULE);
    else if (decision->outcome != VT_OUTCOME_CHANGE)
        remark(work, _("%s would not be pinned all the same: rule %s says '%s'%s%s."), domain->name,
               PIN_RULE, _(vt_outcome_to_string(decision->outcome)), decision->why ? ": " : "",
               decision->why ? decision->why : "");
}

static int
show_judged(Work *work, VtMapGuest *domain, const VtMapGuest *drawn, const VtTuneResult *result)
{
    g_autoptr(VtMapGuest) guest = domain;
    const VtFact *fits = vt_facts_get(result->facts, "pin.fits");
    const char *why = vt_facts_get_string(result->facts, "pin.why");

    if (result->left_off) {
        remark(work, _("%s is left alone, its own metadata says so."), guest->name);
        return VT_EXIT_NOTHING;
    }
    if (vt_facts_is_true(result->facts, "domain.pinned"))
        return show_own_pins(work, g_steal_pointer(&guest), drawn);
    if (vt_facts_is_true(result->facts, "pin.fits")) {
        show_plan(work, guest, result);
        if (drawn && drawn->state == VT_MAP_CONFIGURED) /* it has no pins to show */
            g_ptr_array_remove(work->guests, (gpointer)drawn);
        return VT_EXIT_NOTHING;
    }
    if (!why && fits && fits->origin)
        why = fits->origin;
    remark(work, _("%s is not placed: %s."), guest->name, why ? why : _("nothing was planned"));
    return VT_EXIT_FOUND;
}

static int
plan_domain(Work *work, const char *argument)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtDocument) document = read_domain(work, argument, &error);
    const VtFacts *facts = document ? emulator_facts(work, &error) : NULL;
    g_autoptr(VtMapGuest) domain = NULL;
    g_autoptr(VtHeld) held = NULL;
    g_autoptr(VtTuneResult) result = NULL;
    const VtMapGuest *drawn;
    VtTuneInput input;

    if (!facts)
        return vt_complain(error);
    domain = vt_map_guest_from_domain(document, VT_MAP_PLANNED);
    drawn = find_guest(work, domain);
    held = held_by_others(work, domain);
    input = vt_context_input(work->context, facts, held->taken, false);
    input.claimed = held->claimed;
    input.emulators = held->emulators;
    result = vt_judge(document, &input, &error);
    if (!result)
        return vt_complain(error);
    return show_judged(work, g_steal_pointer(&domain), drawn, result);
}

static int
plan_domains(Work *work)
{
    g_autoptr(GError) error = NULL;
    int status = VT_EXIT_NOTHING;

    if (!work->options->plan)
        return status;
    if (work->session && !work->options->host) {
        work->neighbours = vt_neighbours_read(work->session->virt, work->context->topology,
                                              work->session->ledger, &error);
        if (!work->neighbours)
            return vt_complain(error);
    }
    for (char **argument = work->options->plan; *argument; argument++)
        status = vt_worst(status, plan_domain(work, *argument));
    return status;
}

/* ---- output ---- */

static int
write_svg(const VtMap *map, const char *path)
{
    g_autofree char *svg = vt_map_to_svg(map);
    g_autoptr(GError) error = NULL;

    if (strcmp(path, "-") == 0)
        return vt_print(svg);
    return vt_write_output(path, svg, 0666, &error) ? VT_EXIT_NOTHING : vt_complain(error);
}

static char *
host_name(const VtOptions *options)
{
    g_autofree char *path = options->host ? g_canonicalize_filename(options->host, NULL) : NULL;

    return path && strcmp(path, "/") != 0 ? g_path_get_basename(path) : g_strdup(g_get_host_name());
}

static int
draw(Work *work)
{
    g_autofree char *name = host_name(work->options);
    g_autoptr(VtMap) map = vt_map_new(name, work->context->topology, g_steal_pointer(&work->guests),
                                      work->context->config->reserved_cpus);
    g_autofree char *text = NULL;

    for (guint i = 0; i < work->remarks->len; i++)
        vt_map_add_remark(map, work->remarks->pdata[i]);
    if (work->options->svg)
        return write_svg(map, work->options->svg);
    text = vt_map_to_text(map, &work->style);
    return vt_print(text);
}

/* Where the host cannot be read, reading it once more says why. */
static int
complain_of_host(const VtContext *context)
{
    g_autoptr(GError) error = NULL;

    vt_topology_free(vt_topology_read(context->host_root, &error));
    return error ? vt_complain(error) : VT_EXIT_TROUBLE;
}

int
vt_cmd_map(const VtOptions *options)
{
    g_auto(Work) work = {.options = options};
    g_autoptr(GError) error = NULL;
    int status;

    if (options->arguments || options->width < 0) {
        vt_talk(options->arguments ? _("vmtune: map takes no arguments; --plan DOMAIN shows where "
                                       "a domain would go")
                                   : _("vmtune: --width takes a number of columns"));
        return VT_EXIT_TROUBLE;
    }
    work.style = vt_terminal_style(options);
    work.guests = g_ptr_array_new_with_free_func((GDestroyNotify)vt_map_guest_free);
    work.remarks = g_ptr_array_new_with_free_func(g_free);
    if (options->host ? !open_host(&work, options->host, &error) : !open_live(&work, &error))
        return vt_complain(error);
    if (!work.context->topology)
        return complain_of_host(work.context);
    if (!options->host && !read_guests(&work, &error))
        return vt_complain(error);
    status = plan_domains(&work);
    return vt_worst(status, draw(&work));
}
