/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/virt.h"

#include <errno.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <libxml/uri.h>
#include <signal.h>
#include <string.h>

#include "base/cpuset.h"
#include "base/error.h"
#include "base/i18n.h"
#include "edges/event-loop.h"

struct VtVirt {
    virConnectPtr connection;
    bool local;
    char *address;
    VtVirtListener listener; /* (nullable) */
    gpointer listener_data;
    int lifecycle; /* the number of libvirt's callback, -1 for none */
};

struct VtVirtDomain {
    virDomainPtr domain;
    char *name; /* asking for it would reset libvirt's last error, just when that is to be told */
    char uuid[VIR_UUID_STRING_BUFLEN];
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomain, virDomainFree)

/* The one translator of libvirt's last error. */
static void G_GNUC_PRINTF(2, 3) set_error(GError **error, const char *format, ...)
{
    const virError *last = virGetLastError();
    g_autofree char *what = NULL;
    va_list arguments;

    va_start(arguments, format);
    what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, "%s: %s", what,
                last && last->message ? last->message : _("libvirt does not say why"));
}

/* libvirt prints every error to stderr unless a handler is set; ours travel as GError. */
static void
ignore_error(void *data G_GNUC_UNUSED, virErrorPtr error G_GNUC_UNUSED)
{
}

/* How one gets there - over ssh, with which key - makes no other libvirt of it; its socket does. */
static char *
format_address(const xmlURI *uri, bool local)
{
    const char *transport = strchr(uri->scheme, '+');
    g_autofree char *port = uri->port > 0 ? g_strdup_printf(":%d", uri->port) : g_strdup("");
    const char *socket = uri->query_raw ? strstr(uri->query_raw, "socket=") : NULL;

    return g_strdup_printf("%.*s://%s%s%s%s%.*s",
                           transport ? (int)(transport - uri->scheme) : (int)strlen(uri->scheme),
                           uri->scheme, local ? "" : uri->server, local ? "" : port,
                           uri->path ? uri->path : "", socket ? "?" : "",
                           socket ? (int)strcspn(socket, "&") : 0, socket ? socket : "");
}

static void
read_address(VtVirt *virt)
{
    char *text = virConnectGetURI(virt->connection);
    xmlURI *uri = text ? xmlParseURI(text) : NULL;

    virt->local = uri && (!uri->server || strcmp(uri->server, "localhost") == 0);
    virt->address = uri && uri->scheme ? format_address(uri, virt->local) : g_strdup(text);
    xmlFreeURI(uri);
    free(text);
}

/* What a person can do about a connection that failed; "" where nothing is known. */
static const char *
advice_on_connecting(const virError *last)
{
    int number = last && last->code == VIR_ERR_SYSTEM_ERROR ? last->int1 : 0;

    if (number == ENOENT || number == ECONNREFUSED)
        return _("; is it running? 'systemctl start virtqemud.socket' starts it, 'libvirtd.socket' "
                 "an older one; files need none: 'vmtune check FILE.xml'");
    if (number == EACCES || number == EPERM || (last && last->code == VIR_ERR_AUTH_FAILED) ||
        (last && last->code == VIR_ERR_AUTH_UNAVAILABLE))
        return _("; root may, and members of the group 'libvirt'");
    return "";
}

static void
set_connect_error(GError **error, const char *uri)
{
    const char *advice = advice_on_connecting(virGetLastError());
    g_autoptr(GError) trouble = NULL;

    set_error(&trouble, _("cannot connect to libvirt at '%s'"),
              uri ? uri : _("the default address"));
    g_set_error(error, trouble->domain, trouble->code, "%s%s", trouble->message, advice);
}

VtVirt *
vt_virt_open(const char *uri, bool writable, GError **error)
{
    VtVirt *virt;
    virConnectPtr connection;

    virSetErrorFunc(NULL, ignore_error);
    /* a daemon that dies is an error of the call, which can be told, and no end in mid-change */
    signal(SIGPIPE, SIG_IGN);
    connection = virConnectOpen(uri);
    if (!connection && !writable)
        connection = virConnectOpenReadOnly(uri);
    if (!connection) {
        set_connect_error(error, uri);
        return NULL;
    }
    virt = g_new0(VtVirt, 1);
    virt->connection = connection;
    read_address(virt);
    virt->lifecycle = -1;
    return virt;
}

static void
on_close(virConnectPtr connection G_GNUC_UNUSED, int reason G_GNUC_UNUSED, void *data)
{
    const VtVirt *virt = data;

    virt->listener(VT_VIRT_CLOSED, NULL, NULL, virt->listener_data);
}

void
vt_virt_free(VtVirt *virt)
{
    if (!virt)
        return;
    if (virt->lifecycle >= 0)
        virConnectDomainEventDeregisterAny(virt->connection, virt->lifecycle);
    if (virt->listener)
        virConnectUnregisterCloseCallback(virt->connection, on_close);
    virConnectClose(virt->connection);
    g_free(virt->address);
    g_free(virt);
}

bool
vt_virt_is_alive(const VtVirt *virt)
{
    return virConnectIsAlive(virt->connection) == 1;
}

bool
vt_virt_is_local(const VtVirt *virt)
{
    return virt->local;
}

const char *
vt_virt_address(const VtVirt *virt)
{
    return virt->address ? virt->address : "";
}

guint64
vt_virt_libvirt_version(const VtVirt *virt)
{
    unsigned long version = 0;

    return virConnectGetLibVersion(virt->connection, &version) == 0 ? version : 0;
}

guint64
vt_virt_emulator_version(const VtVirt *virt)
{
    unsigned long version = 0;

    return virConnectGetVersion(virt->connection, &version) == 0 ? version : 0;
}

static VtVirtDomain *
wrap_domain(virDomainPtr domain)
{
    VtVirtDomain *wrapped = g_new0(VtVirtDomain, 1);

    wrapped->domain = domain;
    wrapped->name = g_strdup(virDomainGetName(domain));
    virDomainGetUUIDString(domain, wrapped->uuid);
    return wrapped;
}

static gint
compare_domains(gconstpointer a, gconstpointer b)
{
    return strcmp(vt_virt_domain_name(*(VtVirtDomain *const *)a),
                  vt_virt_domain_name(*(VtVirtDomain *const *)b));
}

GPtrArray *
vt_virt_list(VtVirt *virt, GError **error)
{
    virDomainPtr *domains = NULL;
    int count = virConnectListAllDomains(virt->connection, &domains, 0);
    GPtrArray *list;

    if (count < 0) {
        set_error(error, _("cannot list the domains"));
        return NULL;
    }
    list = g_ptr_array_new_with_free_func((GDestroyNotify)vt_virt_domain_free);
    for (int i = 0; i < count; i++)
        g_ptr_array_add(list, wrap_domain(domains[i]));
    free(domains);
    g_ptr_array_sort(list, compare_domains);
    return list;
}

VtVirtDomain *
vt_virt_lookup(VtVirt *virt, const char *name, GError **error)
{
    virDomainPtr domain = NULL;
    guint64 id;

    /* the order of virsh: id, UUID, name */
    if (g_ascii_string_to_unsigned(name, 10, 0, G_MAXINT32, &id, NULL))
        domain = virDomainLookupByID(virt->connection, (int)id);
    if (!domain && strlen(name) == VIR_UUID_STRING_BUFLEN - 1)
        domain = virDomainLookupByUUIDString(virt->connection, name);
    if (!domain)
        domain = virDomainLookupByName(virt->connection, name);
    if (!domain) {
        if (virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
            g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM,
                        _("no domain '%s'; 'virsh list --all' lists those there are"), name);
        else
            set_error(error, _("no domain '%s'"), name);
        return NULL;
    }
    return wrap_domain(domain);
}

bool
vt_virt_is_gone(VtVirt *virt, const char *uuid)
{
    g_autoptr(virDomain) domain = virDomainLookupByUUIDString(virt->connection, uuid);

    return !domain && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN;
}

void
vt_virt_domain_free(VtVirtDomain *domain)
{
    if (!domain)
        return;
    virDomainFree(domain->domain);
    g_free(domain->name);
    g_free(domain);
}

const char *
vt_virt_domain_name(const VtVirtDomain *domain)
{
    return domain->name;
}

const char *
vt_virt_domain_uuid(const VtVirtDomain *domain)
{
    return domain->uuid;
}

bool
vt_virt_domain_is_active(const VtVirtDomain *domain)
{
    return virDomainIsActive(domain->domain) == 1;
}

bool
vt_virt_domain_is_persistent(const VtVirtDomain *domain)
{
    return virDomainIsPersistent(domain->domain) == 1;
}

static char *
domain_xml(const VtVirtDomain *domain, unsigned flags, GError **error)
{
    char *xml = virDomainGetXMLDesc(domain->domain, flags);
    char *copy = g_strdup(xml);

    if (!xml)
        set_error(error, _("cannot read the definition of domain '%s'"),
                  vt_virt_domain_name(domain));
    free(xml);
    return copy;
}

char *
vt_virt_domain_stored_xml(const VtVirtDomain *domain, bool secure, GError **error)
{
    return domain_xml(domain, VIR_DOMAIN_XML_INACTIVE | (secure ? VIR_DOMAIN_XML_SECURE : 0),
                      error);
}

char *
vt_virt_domain_current_xml(const VtVirtDomain *domain, GError **error)
{
    return domain_xml(domain, 0, error);
}

bool
vt_virt_domain_is_saved(const VtVirtDomain *domain)
{
    return virDomainHasManagedSaveImage(domain->domain, 0) == 1;
}

char *
vt_virt_domain_saved_xml(const VtVirtDomain *domain, GError **error)
{
    char *xml = virDomainManagedSaveGetXMLDesc(domain->domain, 0);
    char *copy = g_strdup(xml);

    if (!xml)
        set_error(error, _("cannot read the definition in the managed save of domain '%s'"),
                  vt_virt_domain_name(domain));
    free(xml);
    return copy;
}

char **
vt_virt_domain_memory_snapshots(const VtVirtDomain *domain, GError **error)
{
    virDomainSnapshotPtr *snapshots = NULL;
    /* active: taken of a running guest, and not of its disks alone */
    int count =
        virDomainListAllSnapshots(domain->domain, &snapshots, VIR_DOMAIN_SNAPSHOT_LIST_ACTIVE);
    char **names;

    if (count < 0 && virGetLastErrorCode() == VIR_ERR_NO_SUPPORT)
        count = 0; /* a driver that knows none */
    if (count < 0) {
        set_error(error, _("cannot list the snapshots of domain '%s'"),
                  vt_virt_domain_name(domain));
        return NULL;
    }
    names = g_new0(char *, (gsize)count + 1);
    for (int i = 0; i < count; i++) {
        names[i] = g_strdup(virDomainSnapshotGetName(snapshots[i]));
        virDomainSnapshotFree(snapshots[i]);
    }
    free(snapshots);
    return names;
}

bool
vt_virt_define(VtVirt *virt, const char *xml, GError **error)
{
    g_autoptr(virDomain) domain =
        virDomainDefineXMLFlags(virt->connection, xml, VIR_DOMAIN_DEFINE_VALIDATE);

    if (!domain)
        set_error(error, _("libvirt does not accept the definition"));
    return domain != NULL;
}

bool
vt_virt_start(const VtVirtDomain *domain, GError **error)
{
    if (virDomainCreate(domain->domain) == 0)
        return true;
    set_error(error, _("cannot start domain '%s'"), vt_virt_domain_name(domain));
    return false;
}

char *
vt_virt_capabilities(VtVirt *virt, GError **error)
{
    char *xml = virConnectGetCapabilities(virt->connection);
    char *copy = g_strdup(xml);

    if (!xml)
        set_error(error, _("cannot read the host's capabilities"));
    free(xml);
    return copy;
}

char *
vt_virt_domain_capabilities(VtVirt *virt, const char *emulator, const char *arch,
                            const char *machine, const char *type, GError **error)
{
    char *xml = virConnectGetDomainCapabilities(virt->connection, emulator, arch, machine, type, 0);
    char *copy = g_strdup(xml);

    if (!xml)
        set_error(error, _("cannot read the domain capabilities of '%s'"),
                  emulator ? emulator : _("the default emulator"));
    free(xml);
    return copy;
}

/* libvirt wants a bitmap of bytes, CPU 0 in the lowest bit of the first. */
static GByteArray *
cpu_map(const char *cpuset, GError **error)
{
    g_autoptr(VtCpuSet) set = vt_cpuset_parse(cpuset, error);
    GByteArray *map;

    if (!set)
        return NULL;
    map = g_byte_array_new();
    for (int cpu = vt_cpuset_next(set, 0); cpu >= 0; cpu = vt_cpuset_next(set, (unsigned)cpu + 1)) {
        guint byte = (guint)VIR_CPU_MAPLEN(cpu + 1) - 1;
        while (map->len <= byte)
            g_byte_array_append(map, (const guint8 *)"", 1);
        VIR_USE_CPU(map->data, cpu);
    }
    return map;
}

bool
vt_virt_pin_vcpu(const VtVirtDomain *domain, unsigned vcpu, const char *cpuset, GError **error)
{
    g_autoptr(GByteArray) map = cpu_map(cpuset, error);

    if (!map)
        return false;
    if (virDomainPinVcpuFlags(domain->domain, vcpu, map->data, (int)map->len,
                              VIR_DOMAIN_AFFECT_LIVE) == 0)
        return true;
    set_error(error, _("cannot pin vCPU %u of the running domain '%s' to %s"), vcpu,
              vt_virt_domain_name(domain), cpuset);
    return false;
}

bool
vt_virt_pin_iothread(const VtVirtDomain *domain, unsigned iothread, const char *cpuset,
                     GError **error)
{
    g_autoptr(GByteArray) map = cpu_map(cpuset, error);

    if (!map)
        return false;
    if (virDomainPinIOThread(domain->domain, iothread, map->data, (int)map->len,
                             VIR_DOMAIN_AFFECT_LIVE) == 0)
        return true;
    set_error(error, _("cannot pin iothread %u of the running domain '%s' to %s"), iothread,
              vt_virt_domain_name(domain), cpuset);
    return false;
}

bool
vt_virt_pin_emulator(const VtVirtDomain *domain, const char *cpuset, GError **error)
{
    g_autoptr(GByteArray) map = cpu_map(cpuset, error);

    if (!map)
        return false;
    if (virDomainPinEmulator(domain->domain, map->data, (int)map->len, VIR_DOMAIN_AFFECT_LIVE) == 0)
        return true;
    set_error(error, _("cannot pin the emulator of the running domain '%s' to %s"),
              vt_virt_domain_name(domain), cpuset);
    return false;
}

/* ---- what a running domain tells ---- */

/* Flags, times of day and texts are no numbers to add up. */
static bool
read_number(const virTypedParameter *parameter, guint64 *ret_number)
{
    switch (parameter->type) {
    case VIR_TYPED_PARAM_INT:
        *ret_number = (guint64)MAX(parameter->value.i, 0);
        return true;
    case VIR_TYPED_PARAM_UINT:
        *ret_number = parameter->value.ui;
        return true;
    case VIR_TYPED_PARAM_LLONG:
        *ret_number = (guint64)MAX(parameter->value.l, 0);
        return true;
    case VIR_TYPED_PARAM_ULLONG:
        *ret_number = parameter->value.ul;
        return true;
    default:
        return false;
    }
}

/* libvirt numbers the disks and tells the name of each before its figures: "block.0.name". The
 * number means nothing to others, the name does: "block.vda.rd.reqs". */
static char *
name_field(const virTypedParameter *parameter, const char **disk)
{
    const char *field = parameter->field;
    const char *rest =
        g_str_has_prefix(field, "block.") ? strchr(field + strlen("block."), '.') : NULL;

    if (rest && parameter->type == VIR_TYPED_PARAM_STRING && strcmp(rest, ".name") == 0)
        *disk = parameter->value.s;
    return rest && *disk ? g_strdup_printf("block.%s%s", *disk, rest) : g_strdup(field);
}

static GHashTable *
read_record(const virDomainStatsRecord *record)
{
    GHashTable *numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    const char *disk = NULL;

    for (int i = 0; i < record->nparams; i++) {
        g_autofree char *field = name_field(&record->params[i], &disk);
        guint64 number;
        if (read_number(&record->params[i], &number))
            g_hash_table_insert(numbers, g_steal_pointer(&field),
                                g_memdup2(&number, sizeof(number)));
    }
    return numbers;
}

GHashTable *
vt_virt_domain_statistics(const VtVirtDomain *domain, VtVirtStatistics groups, GError **error)
{
    virDomainPtr domains[] = {domain->domain, NULL};
    virDomainStatsRecordPtr *records = NULL;
    GHashTable *numbers = NULL;
    unsigned flags = VIR_DOMAIN_STATS_STATE |
                     (groups & VT_VIRT_VCPU_STATISTICS ? VIR_DOMAIN_STATS_VCPU : 0) |
                     (groups & VT_VIRT_BLOCK_STATISTICS ? VIR_DOMAIN_STATS_BLOCK : 0);
    int count = virDomainListGetStats(domains, flags, &records, 0);

    if (count > 0)
        numbers = read_record(records[0]);
    else if (count == 0) /* no error of libvirt's: a domain that went away has no record */
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("domain '%s' is gone"),
                    vt_virt_domain_name(domain));
    else
        set_error(error, _("cannot read the statistics of domain '%s'"),
                  vt_virt_domain_name(domain));
    virDomainStatsRecordListFree(records);
    return numbers;
}

unsigned
vt_virt_domain_run(const VtVirtDomain *domain)
{
    /* what libvirt told when the domain was looked up would be told for ever */
    g_autoptr(virDomain) now =
        virDomainLookupByUUIDString(virDomainGetConnect(domain->domain), domain->uuid);
    unsigned id = now ? virDomainGetID(now) : (unsigned)-1;

    return id == (unsigned)-1 ? 0 : id;
}

char *
vt_virt_domain_monitor(const VtVirtDomain *domain, const char *command, GError **error)
{
    char *said = NULL, *copy;

    if (virDomainQemuMonitorCommand(domain->domain, command, &said,
                                    VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP) < 0) {
        set_error(error, _("cannot ask the emulator of domain '%s' for '%s'"),
                  vt_virt_domain_name(domain), command);
        return NULL;
    }
    copy = g_strdup(said);
    free(said);
    return copy;
}

/* ---- events ---- */

G_STATIC_ASSERT((int)VIR_EVENT_HANDLE_READABLE == VT_EVENT_READABLE);
G_STATIC_ASSERT((int)VIR_EVENT_HANDLE_WRITABLE == VT_EVENT_WRITABLE);
G_STATIC_ASSERT((int)VIR_EVENT_HANDLE_ERROR == VT_EVENT_ERROR);
G_STATIC_ASSERT((int)VIR_EVENT_HANDLE_HANGUP == VT_EVENT_HANGUP);

/* Not virEventRegisterDefaultImpl(): that one happens to run GLib's default main context, which is
 * ours, from a loop of its own, and nowhere is it promised to go on doing so. */
void
vt_virt_use_main_loop(void)
{
    virEventRegisterImpl(vt_event_add_handle, vt_event_update_handle, vt_event_remove_handle,
                         vt_event_add_timer, vt_event_update_timer, vt_event_remove_timer);
}

static int
on_lifecycle(virConnectPtr connection G_GNUC_UNUSED, virDomainPtr domain, int event, int detail,
             void *data)
{
    const VtVirt *virt = data;
    char uuid[VIR_UUID_STRING_BUFLEN];
    VtVirtEvent told;

    if (event == VIR_DOMAIN_EVENT_DEFINED)
        told = VT_VIRT_DEFINED;
    else if (event == VIR_DOMAIN_EVENT_UNDEFINED && detail == VIR_DOMAIN_EVENT_UNDEFINED_REMOVED)
        told = VT_VIRT_UNDEFINED;
    else if (event == VIR_DOMAIN_EVENT_STARTED)
        told = VT_VIRT_STARTED;
    else
        return 0;
    if (virDomainGetUUIDString(domain, uuid) == 0)
        virt->listener(told, uuid, virDomainGetName(domain), virt->listener_data);
    return 0;
}

bool
vt_virt_listen(VtVirt *virt, VtVirtListener listener, gpointer data, GError **error)
{
    virt->listener_data = data;
    if (virConnectRegisterCloseCallback(virt->connection, on_close, virt, NULL) == 0)
        virt->listener = listener;
    if (virt->listener)
        virt->lifecycle =
            virConnectDomainEventRegisterAny(virt->connection, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                             VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), virt, NULL);
    if (virt->lifecycle < 0) {
        set_error(error, _("libvirt tells of no changes"));
        return false;
    }
    /* or else a host that fell off the network is never missed */
    virConnectSetKeepAlive(virt->connection, 20, 5);
    return true;
}
