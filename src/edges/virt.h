/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/**
 * libvirt, as little of it as vmtune needs. virt.c is the only file that includes libvirt's
 * headers. Every error is VT_ERROR_SYSTEM with libvirt's own message behind what was tried.
 */
typedef struct VtVirt VtVirt;
typedef struct VtVirtDomain VtVirtDomain;

/**
 * vt_virt_open:
 * @uri: (nullable): NULL = LIBVIRT_DEFAULT_URI or libvirt's own choice
 * @writable: false is content with a read-only connection where no other is to be had; libvirt
 *   tells no domain capabilities there
 */
VtVirt *vt_virt_open(const char *uri, bool writable, GError **error);
void vt_virt_free(VtVirt *virt); /* accepts NULL */

/** Whether libvirt still answers on this connection, as far as is known without asking. */
bool vt_virt_is_alive(const VtVirt *virt);

/** Whether the hypervisor is on this machine, so that its /sys is ours. */
bool vt_virt_is_local(const VtVirt *virt);

/** What tells this libvirt from every other: its URI without the way there. */
const char *vt_virt_address(const VtVirt *virt);

guint64 vt_virt_libvirt_version(const VtVirt *virt);  /* 0 = unknown */
guint64 vt_virt_emulator_version(const VtVirt *virt); /* 0 = unknown */

/** Returns: (transfer full) (element-type VtVirtDomain): all domains, by name. */
GPtrArray *vt_virt_list(VtVirt *virt, GError **error);

/** @name: as virsh has it: a name, a UUID or the id of a running domain. */
VtVirtDomain *vt_virt_lookup(VtVirt *virt, const char *name, GError **error);
/** Whether libvirt says for certain that it knows no such domain; trouble is no such word. */
bool vt_virt_is_gone(VtVirt *virt, const char *uuid);
void vt_virt_domain_free(VtVirtDomain *domain); /* accepts NULL */

const char *vt_virt_domain_name(const VtVirtDomain *domain);
const char *vt_virt_domain_uuid(const VtVirtDomain *domain);
bool vt_virt_domain_is_active(const VtVirtDomain *domain);
bool vt_virt_domain_is_persistent(const VtVirtDomain *domain);

/** The XML that the next start uses. @secure: with passwords; needs a writable connection. */
char *vt_virt_domain_stored_xml(const VtVirtDomain *domain, bool secure, GError **error);
/** The XML of the running guest, or the stored one if it does not run. */
char *vt_virt_domain_current_xml(const VtVirtDomain *domain, GError **error);

/** Whether the next start wakes it from a managed save instead of booting it. */
bool vt_virt_domain_is_saved(const VtVirtDomain *domain);
/** The XML that it wakes up with. */
char *vt_virt_domain_saved_xml(const VtVirtDomain *domain, GError **error);
/** Returns: (transfer full): the names of snapshots that hold the guest's memory, and so the XML
 * that it had, NULL-terminated. */
char **vt_virt_domain_memory_snapshots(const VtVirtDomain *domain, GError **error);

/** Defines a domain from @xml, validated against libvirt's schema. */
bool vt_virt_define(VtVirt *virt, const char *xml, GError **error);

/** Starts a domain as virsh does without options. */
bool vt_virt_start(const VtVirtDomain *domain, GError **error);

/** Host and domain capabilities as XML. All arguments (nullable): libvirt's default. */
char *vt_virt_capabilities(VtVirt *virt, GError **error);
char *vt_virt_domain_capabilities(VtVirt *virt, const char *emulator, const char *arch,
                                  const char *machine, const char *type, GError **error);

/** Live pins of a running domain; @cpuset as libvirt has it, "1" or "0-3,8". */
bool vt_virt_pin_vcpu(const VtVirtDomain *domain, unsigned vcpu, const char *cpuset,
                      GError **error);
bool vt_virt_pin_iothread(const VtVirtDomain *domain, unsigned iothread, const char *cpuset,
                          GError **error);
bool vt_virt_pin_emulator(const VtVirtDomain *domain, const char *cpuset, GError **error);

/* Besides the domain's state. */
typedef enum {
    VT_VIRT_VCPU_STATISTICS = 1 << 0,
    VT_VIRT_BLOCK_STATISTICS = 1 << 1,
} VtVirtStatistics;

/**
 * vt_virt_domain_statistics:
 *
 * What virDomainListGetStats() tells of a domain's state, vCPUs and disks, numbers alone, as
 * libvirt names them: "state.state", "vcpu.0.time" and, from QEMU's query-stats,
 * "vcpu.0.exits.sum"; a disk goes by its name and not by its number: "block.vda.rd.reqs".
 *
 * Returns: (transfer full) (element-type utf8 guint64): name -> where its value lies
 */
GHashTable *vt_virt_domain_statistics(const VtVirtDomain *domain, VtVirtStatistics groups,
                                      GError **error);

/** The number of this run of a domain, another one after each start; 0 = it does not run. */
unsigned vt_virt_domain_run(const VtVirtDomain *domain);

/**
 * vt_virt_domain_monitor:
 * @command: for QEMU's own monitor, as a person types it: "info mtree -f"
 *
 * Asks behind libvirt's back: it marks the domain as tainted until it is shut off, which is for the
 * caller to announce. Needs a writable connection.
 *
 * Returns: (transfer full): what QEMU says
 */
char *vt_virt_domain_monitor(const VtVirtDomain *domain, const char *command, GError **error);

/* ---- events ---- */

typedef enum {
    VT_VIRT_DEFINED,   /* a new domain, or its definition was changed */
    VT_VIRT_UNDEFINED, /* its definition was removed; renaming does not count */
    VT_VIRT_STARTED,
    VT_VIRT_CLOSED, /* the connection is gone, and with it all events: uuid and name are NULL */
} VtVirtEvent;

/** Called from the main loop; may not free the VtVirt. */
typedef void (*VtVirtListener)(VtVirtEvent event, const char *uuid, const char *name,
                               gpointer data);

/** libvirt's events come through GLib's main loop. Once, before the first vt_virt_open(). */
void vt_virt_use_main_loop(void);

/** Tells @listener of every domain until vt_virt_free(). */
bool vt_virt_listen(VtVirt *virt, VtVirtListener listener, gpointer data, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtVirt, vt_virt_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtVirtDomain, vt_virt_domain_free)
