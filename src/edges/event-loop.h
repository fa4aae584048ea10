/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What libvirt wants of an event loop, on GLib's default main context: file descriptors and timers
 * with numbers for names. virt.c hands these functions to libvirt, whose manual says what they
 * mean, under virEventRegisterImpl(); a bit of @events is one of VT_EVENT_*.
 *
 * Law: as libvirt demands, @release is called later, from the main loop and never from within the
 * call that removes. For the thread of the main loop alone.
 */
enum {
    VT_EVENT_READABLE = 1 << 0,
    VT_EVENT_WRITABLE = 1 << 1,
    VT_EVENT_ERROR = 1 << 2,
    VT_EVENT_HANGUP = 1 << 3,
};

typedef void (*VtEventOnHandle)(int id, int fd, int events, void *opaque);
typedef void (*VtEventOnTimer)(int id, void *opaque);
typedef void (*VtEventRelease)(void *opaque);

int vt_event_add_handle(int fd, int events, VtEventOnHandle call, void *opaque,
                        VtEventRelease release);
void vt_event_update_handle(int id, int events); /* no events: it rests */
int vt_event_remove_handle(int id);              /* 0, or -1 for an unknown one */

/* @interval_ms: 0 = as soon as nothing else is to be done, -1 = it rests. */
int vt_event_add_timer(int interval_ms, VtEventOnTimer call, void *opaque, VtEventRelease release);
void vt_event_update_timer(int id, int interval_ms);
int vt_event_remove_timer(int id);
