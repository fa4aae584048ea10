/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cmd/cmd.h"

/**
 * The domains that a command line names, whatever they are - files, standard input, or libvirt's -
 * judged one after the other.
 */
typedef struct {
    const char *name;           /* the domain's name, or the file */
    const char *source;         /* the file, "-" or "libvirt" */
    const VtVirtDomain *domain; /* (nullable): NULL = a file */
    const VtVirt *virt;         /* of @domain */
    VtSession *session;         /* likewise; NULL for a file */
    const VtDocument *document;
    const VtTuneResult *result;
    struct VtSources *sources; /* private: for vt_subject_judge() */
} VtSubject;

/** Handles one; returns an exit code. */
typedef int (*VtSubjectFunction)(const VtSubject *subject, const VtOptions *options, gpointer data);

/**
 * vt_each_subject:
 *
 * Calls @function for every domain named in @options. A domain that cannot be judged is complained
 * of and the next one is taken.
 *
 * Returns: the worst exit code
 */
int vt_each_subject(const VtOptions *options, VtSubjectFunction function, gpointer data);

/** As vt_each_subject() for one file that is read already, @name being what it was named as. */
int vt_given_subject(const VtOptions *options, const char *name, const char *bytes, gsize length,
                     VtSubjectFunction function, gpointer data);

/**
 * vt_subject_judge:
 * @xml: another definition of the same guest
 * @name: what messages call it
 *
 * Returns: (transfer full): @xml, judged with all that @subject was judged with; must not outlive
 * it
 */
VtJudged *vt_subject_judge(const VtSubject *subject, const char *xml, const char *name,
                           GError **error);

/** Whether @argument means a file: "-", or something with '/' or ending in ".xml". */
bool vt_is_file_argument(const char *argument);

/**
 * vt_read_argument:
 * @limit_bytes: a longer one is refused
 *
 * Returns: (transfer full): the bytes of a file, or of standard input for "-"
 */
char *vt_read_argument(const char *path, gsize limit_bytes, gsize *ret_length, GError **error);

/** Whether @host, where it is not NULL, looks like a host; else says how one is captured. */
bool vt_check_host(const char *host, GError **error);
