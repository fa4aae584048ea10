/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/i18n.h"
#include "facts/build.h"

#define ORIGIN "domain XML"

/* "fewer", "equal" or "more" than the guest has vCPUs. */
const char *
vt_compare_queues(gint64 queues, gint64 vcpus)
{
    return queues < vcpus ? "fewer" : queues > vcpus ? "more" : "equal";
}

/* libvirt stores every interface with its MAC address; a file made by hand may lack it, and then
 * there is nothing to tell the interface by but its turn. */
static void
set_name(VtFacts *record, const xmlNode *interface, guint turn)
{
    const xmlNode *mac = vt_element_child(interface, "mac");
    g_autofree char *address = mac ? vt_element_attribute(mac, "address") : NULL;
    g_autofree char *place = NULL, *name = NULL;

    if (address && strspn(address, "0123456789abcdefABCDEF:") == strlen(address))
        place = g_strdup_printf("devices/interface[mac/@address='%s']", address);
    else
        name = g_strdup_printf("#%u", turn);
    vt_facts_set_string(record, "nic.target", place ? address : name, ORIGIN);
    vt_facts_set_string(record, "nic.place", place ? place : "devices/interface", ORIGIN);
}

static void
set_queues(VtFacts *record, const xmlNode *driver, gint64 vcpus)
{
    g_autofree char *text = driver ? vt_element_attribute(driver, "queues") : NULL;
    guint64 queues = 1;

    if (text && !g_ascii_string_to_unsigned(text, 10, 1, 65535, &queues, NULL))
        queues = 1;
    vt_facts_set_int(record, "nic.queues", (gint64)queues, ORIGIN);
    vt_facts_set_string(record, "nic.queues_for_vcpus", vt_compare_queues((gint64)queues, vcpus),
                        ORIGIN);
}

static void
add_nic(VtFacts *facts, const xmlNode *interface, guint turn, gint64 vcpus)
{
    VtFacts *record = vt_facts_add_record(facts, "nic", ORIGIN);
    const xmlNode *driver = vt_element_child(interface, "driver");
    const xmlNode *model = vt_element_child(interface, "model");
    g_autofree char *type = vt_element_attribute(interface, "type");
    g_autofree char *model_type = model ? vt_element_attribute(model, "type") : NULL;
    g_autofree char *backend = driver ? vt_element_attribute(driver, "name") : NULL;

    set_name(record, interface, turn);
    set_queues(record, driver, vcpus);
    vt_facts_set_string(record, "nic.type", type ? type : "", ORIGIN);
    vt_facts_set_string(record, "nic.backend", backend ? backend : "", ORIGIN);
    if (model_type)
        vt_facts_set_string(record, "nic.model", model_type, ORIGIN);
    else
        vt_facts_set_unknown(record, "nic.model", _("the domain leaves the model to libvirt"));
}

void
vt_facts_from_nics(VtFacts *facts, const VtDocument *domain)
{
    const xmlNode *devices = vt_element_child(vt_document_root(domain), "devices");
    gint64 vcpus = 1;
    guint turn = 0;

    vt_facts_get_int(facts, "domain.vcpus", &vcpus);
    vt_facts_touch_records(facts, "nic", ORIGIN);
    for (const xmlNode *interface = devices ? vt_element_child(devices, "interface") : NULL;
         interface; interface = vt_element_next(interface))
        add_nic(facts, interface, ++turn, vcpus);
}
