/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "facts/build.h"

#define LIBOSINFO_NAMESPACE "http://libosinfo.org/xmlns/libvirt/domain/1.0"
#define ORIGIN "osinfo id"

/*
 * Windows by osinfo id. The database's own version field does not order them (2012 says 6.3, 11
 * says 11.0), so this map does. Source: osinfo-db 20250606, data/os/microsoft.com.
 */
static const struct {
    const char *id;
    int nt_version; /* major * 100 + minor; 0 = not of the NT family */
    const char *edition;
} windows[] = {
    {"http://microsoft.com/win/1.0", 0, "client"},
    {"http://microsoft.com/win/2.0", 0, "client"},
    {"http://microsoft.com/win/2.1", 0, "client"},
    {"http://microsoft.com/win/3.1", 0, "client"},
    {"http://microsoft.com/win/95", 0, "client"},
    {"http://microsoft.com/win/98", 0, "client"},
    {"http://microsoft.com/win/me", 0, "client"},
    {"http://microsoft.com/winnt/3.1", 301, "client"},
    {"http://microsoft.com/winnt/3.5", 305, "client"},
    {"http://microsoft.com/winnt/3.51", 351, "client"},
    {"http://microsoft.com/winnt/4.0", 400, "client"},
    {"http://microsoft.com/win/2k", 500, "client"},
    {"http://microsoft.com/win/xp", 501, "client"},
    {"http://microsoft.com/win/2k3", 502, "server"},
    {"http://microsoft.com/win/2k3r2", 502, "server"},
    {"http://microsoft.com/win/vista", 600, "client"},
    {"http://microsoft.com/win/2k8", 600, "server"},
    {"http://microsoft.com/win/7", 601, "client"},
    {"http://microsoft.com/win/2k8r2", 601, "server"},
    {"http://microsoft.com/win/8", 602, "client"},
    {"http://microsoft.com/win/2k12", 602, "server"},
    {"http://microsoft.com/win/8.1", 603, "client"},
    {"http://microsoft.com/win/2k12r2", 603, "server"},
    {"http://microsoft.com/win/10", 1000, "client"},
    {"http://microsoft.com/win/11", 1000, "client"},
    {"http://microsoft.com/win/2k16", 1000, "server"},
    {"http://microsoft.com/win/2k19", 1000, "server"},
    {"http://microsoft.com/win/2k22", 1000, "server"},
    {"http://microsoft.com/win/2k25", 1000, "server"},
};

static bool
has_namespace(const xmlNode *node, const char *uri)
{
    return node->type == XML_ELEMENT_NODE && node->ns &&
           strcmp((const char *)node->ns->href, uri) == 0;
}

/* By namespace and local name: the prefix is the writer's choice. */
static char *
find_os_id(const VtDocument *domain)
{
    const xmlNode *metadata = vt_element_child(vt_document_root(domain), "metadata");

    for (xmlNode *child = metadata ? metadata->children : NULL; child; child = child->next) {
        if (!has_namespace(child, LIBOSINFO_NAMESPACE) ||
            strcmp((const char *)child->name, "libosinfo") != 0)
            continue;
        for (xmlNode *os = child->children; os; os = os->next) {
            if (has_namespace(os, LIBOSINFO_NAMESPACE) && strcmp((const char *)os->name, "os") == 0)
                return vt_element_attribute(os, "id");
        }
    }
    return NULL;
}

static void
set_windows(VtFacts *facts, const char *id)
{
    for (gsize i = 0; i < G_N_ELEMENTS(windows); i++) {
        if (strcmp(windows[i].id, id) != 0)
            continue;
        vt_facts_set_string(facts, "guest.family", "windows", ORIGIN);
        vt_facts_set_bool(facts, "guest.unknown_windows", false, ORIGIN);
        vt_facts_set_string(facts, "guest.edition", windows[i].edition, ORIGIN);
        vt_facts_set_int(facts, "guest.nt_version", windows[i].nt_version, ORIGIN);
        return;
    }
    if (g_str_has_prefix(id, "http://microsoft.com/win")) {
        vt_facts_set_string(facts, "guest.family", "windows", ORIGIN);
        vt_facts_set_bool(facts, "guest.unknown_windows", true, ORIGIN);
        vt_facts_set_unknown(facts, "guest.nt_version", "a Windows that vmtune does not know yet");
        vt_facts_set_unknown(facts, "guest.edition", "a Windows that vmtune does not know yet");
    } else {
        vt_facts_set_string(facts, "guest.family", "other", ORIGIN);
        vt_facts_set_bool(facts, "guest.unknown_windows", false, ORIGIN);
    }
}

/* The second part of an id, behind the vendor, as osinfo-db 20250606 has them. The vendor does not
 * tell: oracle.com holds Solaris too, guix.gnu.org the Hurd. The version may be "unknown":
 * http://fedoraproject.org/fedora/unknown is a Linux. An id that is not here is of no known family.
 */
/* clang-format off */
static const char *const linux_names[] = {
    "almalinux", "almalinux-kitten", "alpinelinux", "alt", "altlinux", "android-x86", "anolis",
    "archlinux", "asianux", "caasp", "centos", "centos-stream", "circle", "cirros", "clearlinux",
    "coreos", "debian", "elementary", "eos", "eurolinux", "fedora", "freenix", "gentoo", "gnome",
    "gnome-continuous", "guix", "guix-system", "hyperbola", "linux", "mageia", "mandrake",
    "mandriva", "manjaro", "mbs", "mes", "miraclelinux", "nixos", "oel", "ol", "opensuse",
    "popos", "pureos", "rhel", "rhel-atomic", "rhl", "rocky", "scientificlinux", "silverblue",
    "slackware", "slackwarearm", "sle", "sled", "slem", "sles", "trisquel", "ubuntu", "ucs",
    "voidlinux", NULL,
};
/* clang-format on */

/* (nullable): NULL for an id that nobody knows */
static const char *
other_family(const char *id)
{
    static const struct {
        const char *part, *family;
    } families[] = {
        {"/freebsd/", "bsd"},      {"/openbsd/", "bsd"},     {"/netbsd/", "bsd"},
        {"/dragonflybsd/", "bsd"}, {"/solaris/", "solaris"}, {"/opensolaris/", "solaris"},
        {"/macosx/", "darwin"},    {"/haiku/", "other"},     {"/netware/", "other"},
        {"/hurd", "other"},        {"/freedos/", "other"},   {"/openindiana/", "solaris"},
        {"/omnios/", "solaris"},   {"/smartos/", "solaris"}, {"/hipster", "solaris"},
        {"/bloody", "solaris"},
    };
    g_auto(GStrv) parts = g_strsplit(id, "/", 5); /* "http:", "", vendor, name, version */

    for (gsize i = 0; i < G_N_ELEMENTS(families); i++) {
        if (strstr(id, families[i].part))
            return families[i].family;
    }
    return g_strv_length(parts) > 3 && g_strv_contains(linux_names, parts[3]) ? "linux" : NULL;
}

static void
set_guest(VtFacts *facts, const VtDocument *domain)
{
    g_autofree char *id = find_os_id(domain);
    const char *family;

    if (!id || !*id) {
        const char *why = "the domain's metadata names no OS; virt-xml --edit --metadata "
                          "os_full_id=... does";
        vt_facts_set_unknown(facts, "guest.os_id", why);
        vt_facts_set_unknown(facts, "guest.family", why);
        vt_facts_set_unknown(facts, "guest.nt_version", why);
        vt_facts_set_unknown(facts, "guest.edition", why);
        return;
    }
    vt_facts_set_string(facts, "guest.os_id", id, "domain metadata (libosinfo)");
    if (g_str_has_prefix(id, "http://microsoft.com/")) {
        set_windows(facts, id);
        return;
    }
    family = other_family(id);
    if (family) {
        vt_facts_set_string(facts, "guest.family", family, ORIGIN);
        vt_facts_set_bool(facts, "guest.unknown_windows", false, ORIGIN);
    } else {
        vt_facts_set_unknown(facts, "guest.family",
                             "vmtune does not know the OS of this osinfo id");
    }
}

void
vt_facts_from_guest(VtFacts *facts, const VtDocument *domain)
{
    set_guest(facts, domain);
    vt_facts_set_bool(facts, "guest.identified", vt_facts_get_string(facts, "guest.family") != NULL,
                      ORIGIN);
}
