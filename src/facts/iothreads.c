/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/i18n.h"
#include "facts/build.h"
#include "facts/guest-needs.h"

#define ORIGIN "domain XML"

typedef struct {
    const VtCpuSet *defined;
    GString *absent; /* what names an iothread that is not defined */
    gint64 users;    /* how many devices name an iothread */
} Iothreads;

static void
note_use(Iothreads *iothreads, const xmlNode *element, const char *attribute, const char *who)
{
    g_autofree char *text = vt_element_attribute(element, attribute);
    guint64 id;

    if (!text)
        return;
    iothreads->users++;
    if (g_ascii_string_to_unsigned(text, 10, 0, VT_CPUSET_MAX - 1, &id, NULL) &&
        vt_cpuset_has(iothreads->defined, (unsigned)id))
        return;
    g_string_append_printf(iothreads->absent, "%s%s: %s", iothreads->absent->len > 0 ? _("; ") : "",
                           who, text);
}

/* <driver iothread='1'/> or <driver><iothreads><iothread id='1'/>... */
static void
note_device(Iothreads *iothreads, const xmlNode *device, const char *who)
{
    const xmlNode *driver = vt_element_child(device, "driver");
    const xmlNode *mapping = vt_element_child(driver, "iothreads");

    if (driver)
        note_use(iothreads, driver, "iothread", who);
    for (const xmlNode *each = vt_element_child(mapping, "iothread"); each;
         each = vt_element_next(each))
        note_use(iothreads, each, "id", who);
}

void
vt_facts_from_iothreads(VtFacts *facts, const VtDocument *domain)
{
    const xmlNode *root = vt_document_root(domain);
    const xmlNode *devices = vt_element_child(root, "devices");
    g_autoptr(VtCpuSet) defined = vt_iothread_ids(root);
    g_autoptr(GString) absent = g_string_new(NULL);
    Iothreads iothreads = {.defined = defined, .absent = absent};

    for (const xmlNode *disk = vt_element_child(devices, "disk"); disk;
         disk = vt_element_next(disk)) {
        const xmlNode *target = vt_element_child(disk, "target");
        g_autofree char *name = target ? vt_element_attribute(target, "dev") : NULL;

        note_device(&iothreads, disk, name ? name : "");
    }
    for (const xmlNode *controller = vt_element_child(devices, "controller"); controller;
         controller = vt_element_next(controller))
        note_device(&iothreads, controller, _("a controller"));
    vt_facts_set_string(facts, "lint.absent_iothreads", absent->str, ORIGIN);
    vt_facts_set_int(facts, "domain.iothreads", vt_cpuset_count(defined), ORIGIN);
    vt_facts_set_int(facts, "domain.iothread_users", iothreads.users, ORIGIN);
}
