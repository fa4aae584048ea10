/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In: a domain's XML, or the facts of its pin plan. Out: VtMapGuest. */
#include "report/map.h"

#include <string.h>

#include "base/i18n.h"

static void
vcpu_free(gpointer data)
{
    VtMapVcpu *vcpu = data;

    vt_cpuset_free(vcpu->mask);
    g_free(vcpu);
}

char *
vt_map_clean(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *out = g_string_new(NULL);

    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);

        if (g_unichar_isspace(c))
            g_string_append_c(out, ' ');
        else if (g_unichar_isdefined(c) && !g_unichar_iscntrl(c) &&
                 g_unichar_type(c) != G_UNICODE_FORMAT)
            g_string_append_unichar(out, c);
    }
    return g_strstrip(g_string_free(out, FALSE));
}

VtMapGuest *
vt_map_guest_new(const char *name, VtMapState state)
{
    VtMapGuest *guest = g_new0(VtMapGuest, 1);

    guest->name = vt_map_clean(name);
    if (!*guest->name) {
        g_free(guest->name);
        guest->name = g_strdup(_("(no name)"));
    }
    guest->state = state;
    guest->vcpus = g_ptr_array_new_with_free_func(vcpu_free);
    return guest;
}

void
vt_map_guest_free(VtMapGuest *guest)
{
    if (!guest)
        return;
    g_free(guest->name);
    g_free(guest->uuid);
    g_ptr_array_unref(guest->vcpus);
    vt_cpuset_free(guest->emulator);
    vt_cpuset_free(guest->iothreads);
    g_free(guest);
}

void
vt_map_guest_add_vcpu(VtMapGuest *guest, unsigned number, VtCpuSet *mask)
{
    VtMapVcpu *vcpu = g_new0(VtMapVcpu, 1);

    vcpu->number = number;
    vcpu->mask = mask;
    g_ptr_array_add(guest->vcpus, vcpu);
}

VtPins *
vt_map_guest_pins(const VtMapGuest *guest)
{
    VtPins *pins;
    unsigned count = 0;

    for (guint i = 0; i < guest->vcpus->len; i++)
        count = MAX(count, ((VtMapVcpu *)guest->vcpus->pdata[i])->number + 1);
    pins = vt_pins_new(count);
    for (guint i = 0; i < guest->vcpus->len; i++) {
        const VtMapVcpu *vcpu = guest->vcpus->pdata[i];
        if (vcpu->mask && vcpu->number < pins->vcpus->len)
            vt_pins_set(pins, vcpu->number, vt_cpuset_copy(vcpu->mask));
    }
    pins->emulator = guest->emulator ? vt_cpuset_copy(guest->emulator) : NULL;
    if (guest->iothreads)
        g_ptr_array_add(pins->iothreads, vt_cpuset_copy(guest->iothreads));
    return pins;
}

/* ---- from XML ---- */

static unsigned
parse_number(const char *text, unsigned otherwise)
{
    guint64 number;

    return text && g_ascii_string_to_unsigned(text, 10, 0, VT_CPUSET_MAX, &number, NULL)
               ? (unsigned)number
               : otherwise;
}

static unsigned
attribute_number(const xmlNode *element, const char *name, unsigned otherwise)
{
    g_autofree char *text = vt_element_attribute(element, name);

    return parse_number(text, otherwise);
}

/* The vCPUs that the guest has now: all, the first `current`, or those that <vcpus> enables. */
static VtCpuSet *
enabled_vcpus(const xmlNode *root)
{
    const xmlNode *vcpu = vt_element_child(root, "vcpu");
    g_autofree char *text = vcpu ? vt_element_text(vcpu) : NULL;
    unsigned count = parse_number(text, 1);
    VtCpuSet *enabled = vt_cpuset_new();

    if (vcpu)
        count = MIN(count, attribute_number(vcpu, "current", count));
    for (unsigned i = 0; i < MIN(count, VT_CPUSET_MAX - 1); i++)
        vt_cpuset_add(enabled, i);
    for (const xmlNode *one = vt_element_child(vt_element_child(root, "vcpus"), "vcpu"); one;
         one = vt_element_next(one)) {
        unsigned id = attribute_number(one, "id", VT_CPUSET_MAX);
        g_autofree char *yes = vt_element_attribute(one, "enabled");

        if (id >= VT_CPUSET_MAX || !yes)
            continue;
        if (strcmp(yes, "yes") == 0)
            vt_cpuset_add(enabled, id);
        else
            vt_cpuset_remove(enabled, id);
    }
    return enabled;
}

VtMapGuest *
vt_map_guest_from_domain(const VtDocument *domain, VtMapState state)
{
    const xmlNode *root = vt_document_root(domain);
    const xmlNode *name = vt_element_child(root, "name");
    const xmlNode *uuid = vt_element_child(root, "uuid");
    g_autofree char *text = name ? vt_element_text(name) : g_strdup("");
    g_autoptr(VtPins) pins = vt_pins_from_domain(domain);
    g_autoptr(VtCpuSet) enabled = enabled_vcpus(root);
    VtMapGuest *guest = vt_map_guest_new(text, state);

    guest->uuid = uuid ? vt_element_text(uuid) : NULL;
    for (unsigned i = 0; i < pins->vcpus->len; i++) {
        const VtCpuSet *mask = pins->vcpus->pdata[i];
        if (vt_cpuset_has(enabled, i))
            vt_map_guest_add_vcpu(guest, i, mask ? vt_cpuset_copy(mask) : NULL);
    }
    guest->emulator = g_steal_pointer(&pins->emulator);
    for (guint i = 0; i < pins->iothreads->len; i++) {
        if (!guest->iothreads)
            guest->iothreads = vt_cpuset_new();
        vt_cpuset_union(guest->iothreads, pins->iothreads->pdata[i]);
    }
    return guest;
}

/* ---- from a plan ---- */

static VtCpuSet *
fact_mask(const VtFacts *facts, const char *name)
{
    const char *text = vt_facts_get_string(facts, name);
    VtCpuSet *mask = text ? vt_cpuset_parse(text, NULL) : NULL;

    if (mask && vt_cpuset_count(mask) == 0)
        g_clear_pointer(&mask, vt_cpuset_free);
    return mask;
}

VtMapGuest *
vt_map_guest_from_plan(const char *name, const VtFacts *facts)
{
    VtMapGuest *guest = vt_map_guest_new(name, VT_MAP_PLANNED);
    const VtFact *vcpus = vt_facts_get(facts, "pin.vcpu");
    const VtFact *iothreads = vt_facts_get(facts, "pin.iothread");

    for (guint i = 0; vcpus && vcpus->records && i < vcpus->records->len; i++) {
        const VtFacts *record = vcpus->records->pdata[i];
        gint64 number = i;

        vt_facts_get_int(record, "pin.vcpu.id", &number);
        vt_map_guest_add_vcpu(guest, (unsigned)number, fact_mask(record, "pin.vcpu.cpuset"));
    }
    guest->emulator = fact_mask(facts, "pin.emulator_cpuset");
    if (iothreads && iothreads->records && iothreads->records->len > 0)
        guest->iothreads = fact_mask(iothreads->records->pdata[0], "pin.iothread.cpuset");
    return guest;
}
