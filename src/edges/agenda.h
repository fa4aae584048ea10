/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>

/**
 * VtAgenda: which domains the watch is to look at, and when.
 *
 * In: what happened to which domain, and the time, microseconds of a clock that never goes back.
 * Out: the domain whose turn it is. Laws: a domain is looked at when its definition has settled,
 * once for each definition; and where something else undoes what was tuned, again and again, it is
 * given up after VT_AGENDA_ROUNDS rounds. Knows no libvirt and reads no clock.
 */
typedef struct VtAgenda VtAgenda;

/* A definition has settled when it was left alone for so long. Short: the first start of a new
 * domain is to find it tuned. */
#define VT_AGENDA_SETTLE_US (G_USEC_PER_SEC / 2)
/* Something that never leaves it alone delays the look by no more than this. */
#define VT_AGENDA_SETTLE_MAX_US (10 * G_USEC_PER_SEC)
/* So often is the same rule applied again after it was undone. */
#define VT_AGENDA_ROUNDS 3
/* Longer apart, two rounds are not the same quarrel. */
#define VT_AGENDA_QUARREL_US (24 * 60 * 60 * (gint64)G_USEC_PER_SEC)

VtAgenda *vt_agenda_new(void);
void vt_agenda_free(VtAgenda *agenda); /* accepts NULL */

/** Something happened to the domain: it is due when it has settled. */
void vt_agenda_touch(VtAgenda *agenda, const char *uuid, gint64 now_us);

/** The domain is to be looked at now. */
void vt_agenda_add(VtAgenda *agenda, const char *uuid, gint64 now_us);

/** The domain is no more: nothing of it is kept. */
void vt_agenda_forget(VtAgenda *agenda, const char *uuid);

/** Returns: when the next domain is due, -1 if none waits. */
gint64 vt_agenda_next_us(const VtAgenda *agenda);

/** Returns: (transfer full) (nullable): the domain that has been due for longest; waits no more. */
char *vt_agenda_take(VtAgenda *agenda, gint64 now_us);

/** Whether @definition is another than the one that vt_agenda_saw() was last told of. */
bool vt_agenda_is_news(const VtAgenda *agenda, const char *uuid, const char *definition);
void vt_agenda_saw(VtAgenda *agenda, const char *uuid, const char *definition);

/** @rules, NULL-terminated, have just changed the domain. */
void vt_agenda_tuned(VtAgenda *agenda, const char *uuid, const char *const *rules, gint64 now_us);

/** Whether the domain was tuned so often that it matters which rules would change it now. */
bool vt_agenda_suspects(const VtAgenda *agenda, const char *uuid, gint64 now_us);

/**
 * vt_agenda_give_up:
 * @rules: what would change a domain that is suspected
 * @ret_first: out: whether this is when it was given up, which is worth a warning
 *
 * Returns: whether it is to be left alone: one of @rules was there in every round. If none was, the
 * quarrel is over and all is forgiven.
 */
bool vt_agenda_give_up(VtAgenda *agenda, const char *uuid, const char *const *rules,
                       bool *ret_first);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VtAgenda, vt_agenda_free)
