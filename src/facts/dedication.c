/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a guest has its host CPUs to itself. One CPU for each vCPU is where it begins, but vmtune
 * pins guests so wherever there is room; that nobody else runs there somebody must have said or
 * arranged: by the profile, by the hint to the guest, or by isolating the CPUs.
 */
#include "base/i18n.h"
#include "facts/build.h"
#include "pin/pins.h"
#include "xml/place.h"

#define ORIGIN "domain XML"

static bool
has_hint(const VtDocument *domain)
{
    g_autoptr(VtPlace) place = vt_place_parse("features/kvm/hint-dedicated/@state", NULL);
    g_autofree char *state = vt_place_get(place, vt_document_root(domain));

    return g_strcmp0(state, "on") == 0;
}

/* "vCPUs on isolated CPUs 2-3 and on ordinary ones 5" */
static char *
describe_mixture(const VtCpuSet *cpus, const VtTopology *topology)
{
    g_autoptr(VtCpuSet) isolated = vt_cpuset_copy(cpus);
    g_autoptr(VtCpuSet) ordinary = vt_cpuset_copy(cpus);
    g_autofree char *isolated_text = NULL, *ordinary_text = NULL;

    vt_cpuset_intersect(isolated, topology->isolated);
    vt_cpuset_subtract(ordinary, topology->isolated);
    isolated_text = vt_cpuset_format(isolated);
    ordinary_text = vt_cpuset_format(ordinary);
    if (!*isolated_text || !*ordinary_text)
        return g_strdup("");
    return g_strdup_printf(_("CPUs %s are isolated, CPUs %s are not"), isolated_text,
                           ordinary_text);
}

static void
set_isolation(VtFacts *facts, const VtCpuSet *cpus, bool one_to_one, const VtTopology *topology)
{
    const char *why = _("the host's topology is not known");
    g_autofree char *mixture = NULL;

    if (!topology) {
        vt_facts_set_unknown(facts, "domain.isolated", why);
        vt_facts_set_unknown(facts, "lint.mixed_isolation", why);
        return;
    }
    mixture = one_to_one ? describe_mixture(cpus, topology) : g_strdup("");
    vt_facts_set_bool(facts, "domain.isolated",
                      one_to_one && vt_cpuset_is_subset(cpus, topology->isolated), ORIGIN);
    vt_facts_set_string(facts, "lint.mixed_isolation", mixture, ORIGIN);
}

void
vt_facts_from_dedication(VtFacts *facts, const VtDocument *domain, const VtTopology *topology)
{
    g_autoptr(VtCpuSet) cpus = vt_pins_vcpu_cpus(domain);
    bool one_to_one = vt_facts_is_true(facts, "domain.pinned_one_to_one");
    bool told = has_hint(domain) || vt_facts_is_true(facts, "wish.dedicated");

    set_isolation(facts, cpus, one_to_one, topology);
    if (one_to_one && !told && !topology)
        vt_facts_set_unknown(facts, "domain.dedicated",
                             _("whether the vCPUs' host CPUs are isolated is not known"));
    else
        vt_facts_set_bool(facts, "domain.dedicated",
                          one_to_one && (told || vt_facts_is_true(facts, "domain.isolated")),
                          ORIGIN);
}
