/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What <qemu:commandline> does by hand that libvirt has an element for. QEMU takes the last -cpu it
 * is given, so one here replaces the whole -cpu that libvirt makes of <cpu>, <features> and the
 * kvmclock, tsc and hypervclock timers (QEMU system/vl.c, QEMU_OPTION_cpu).
 */
#include <string.h>

#include "facts/build.h"

#define ORIGIN "<qemu:commandline>"
#define QEMU_NAMESPACE "http://libvirt.org/schemas/domain/qemu/1.0"

typedef struct {
    bool cpu;
    bool hides_kvm;
    bool hides_hypervisor;
    GString *hyperv;   /* enlightenments that are switched on, as libvirt names them */
    GString *l2_cache; /* arguments of -set that size a qcow2 cache */
    char *pit_policy;
} Raw;

static void
raw_clear(Raw *raw)
{
    g_string_free(raw->hyperv, TRUE);
    g_string_free(raw->l2_cache, TRUE);
    g_free(raw->pit_policy);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Raw, raw_clear)

static void
add_word(GString *words, const char *word)
{
    g_string_append_printf(words, "%s%s", words->len > 0 ? " " : "", word);
}

static void
replace(char **text, const char *with)
{
    g_free(*text);
    *text = g_strdup(with);
}

static bool
is_off(const char *value)
{
    return strcmp(value, "off") == 0 || strcmp(value, "no") == 0 || strcmp(value, "false") == 0;
}

/* One property of a CPU: "hv_relaxed", "hv-spinlocks=0x1fff", "kvm=off", "-hypervisor". */
static void
note_property(Raw *raw, const char *text)
{
    bool negated = *text == '-';
    g_autofree char *name = g_strdup(text + (negated || *text == '+'));
    char *equals = strchr(name, '=');
    const char *value = equals ? equals + 1 : "on";
    bool off;

    if (equals)
        *equals = '\0';
    off = negated || is_off(value);
    g_strdelimit(name, "_", '-');
    if (strcmp(name, "kvm") == 0)
        raw->hides_kvm = off;
    else if (strcmp(name, "hypervisor") == 0)
        raw->hides_hypervisor = off;
    else if (g_str_has_prefix(name, "hv-") && !off)
        add_word(raw->hyperv, g_strdelimit(name + strlen("hv-"), "-", '_'));
}

static void
note_cpu(Raw *raw, const char *argument)
{
    g_auto(GStrv) parts = g_strsplit(argument, ",", -1);

    raw->cpu = true;
    /* it is the last -cpu that counts */
    raw->hides_kvm = raw->hides_hypervisor = false;
    g_string_truncate(raw->hyperv, 0);
    for (gsize i = 1; *parts && parts[i]; i++)
        note_property(raw, parts[i]);
}

/* "driver.property=value"; -global has a long form as well, "driver=D,property=P,value=V". */
static void
note_global(Raw *raw, const char *argument)
{
    g_auto(GStrv) parts = g_strsplit(argument, ",", -1);
    g_autofree char *driver = NULL, *name = NULL, *property = NULL;
    const char *value = "";

    for (char **part = parts; g_str_has_prefix(argument, "driver=") && *part; part++) {
        if (g_str_has_prefix(*part, "driver="))
            replace(&driver, *part + strlen("driver="));
        else if (g_str_has_prefix(*part, "property="))
            replace(&name, *part + strlen("property="));
        else if (g_str_has_prefix(*part, "value="))
            value = *part + strlen("value=");
    }
    if (driver && name) {
        property = g_strdup_printf("%s=%s", name, value);
    } else if (!driver && strchr(argument, '.')) {
        driver = g_strndup(argument, strcspn(argument, "."));
        property = g_strdup(strchr(argument, '.') + 1);
    }
    if (!driver || !property)
        return;
    if (strcmp(driver, "kvm-pit") == 0 && g_str_has_prefix(property, "lost_tick_policy=")) {
        replace(&raw->pit_policy, strchr(property, '=') + 1);
    } else if (g_str_has_suffix(driver, "x86_64-cpu")) {
        note_property(raw, property);
    }
}

/* "drive.ID.l2-cache-size=N", "device.ID.cache-size=N" */
static void
note_set(Raw *raw, const char *argument)
{
    g_autofree char *key = g_strndup(argument, strcspn(argument, "="));

    if ((g_str_has_prefix(key, "drive.") || g_str_has_prefix(key, "device.")) &&
        (g_str_has_suffix(key, ".cache-size") || g_str_has_suffix(key, ".l2-cache-size") ||
         g_str_has_suffix(key, ".refcount-cache-size")))
        add_word(raw->l2_cache, argument);
}

static void
note_option(Raw *raw, const char *option, const char *argument)
{
    if (strcmp(option, "no-kvm-pit-reinjection") == 0)
        replace(&raw->pit_policy, "discard");
    if (!argument)
        return;
    if (strcmp(option, "cpu") == 0)
        note_cpu(raw, argument);
    else if (strcmp(option, "global") == 0)
        note_global(raw, argument);
    else if (strcmp(option, "set") == 0)
        note_set(raw, argument);
}

static void
read_arguments(Raw *raw, const xmlNode *commandline)
{
    g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);

    for (xmlNode *arg = xmlFirstElementChild((xmlNode *)commandline); arg;
         arg = xmlNextElementSibling(arg)) {
        char *value =
            strcmp((const char *)arg->name, "arg") == 0 ? vt_element_attribute(arg, "value") : NULL;
        if (value)
            g_ptr_array_add(arguments, value);
    }
    for (guint i = 0; i < arguments->len; i++) {
        const char *option = arguments->pdata[i];
        const char *next = i + 1 < arguments->len ? arguments->pdata[i + 1] : NULL;

        if (*option == '-') /* QEMU takes one dash or two */
            note_option(raw, option + 1 + (option[1] == '-'), next);
    }
}

void
vt_facts_from_raw_arguments(VtFacts *facts, const VtDocument *domain)
{
    g_auto(Raw) raw = {.hyperv = g_string_new(NULL), .l2_cache = g_string_new(NULL)};
    const xmlNode *root = vt_document_root(domain);

    for (xmlNode *child = xmlFirstElementChild((xmlNode *)root); child;
         child = xmlNextElementSibling(child)) {
        if (child->ns && strcmp((const char *)child->ns->href, QEMU_NAMESPACE) == 0 &&
            strcmp((const char *)child->name, "commandline") == 0)
            read_arguments(&raw, child);
    }
    vt_facts_set_bool(facts, "raw.cpu", raw.cpu, ORIGIN);
    vt_facts_set_bool(facts, "raw.hides_hypervisor", raw.hides_hypervisor, ORIGIN);
    vt_facts_set_bool(facts, "raw.hides_kvm", raw.hides_kvm, ORIGIN);
    vt_facts_set_string(facts, "raw.hyperv", raw.hyperv->str, ORIGIN);
    vt_facts_set_string(facts, "raw.l2_cache", raw.l2_cache->str, ORIGIN);
    vt_facts_set_string(facts, "raw.pit_policy", raw.pit_policy ? raw.pit_policy : "", ORIGIN);
}
