/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "edges/session.h"

/* Exit codes as diff(1) has them. */
enum {
    VT_EXIT_NOTHING = 0, /* nothing to say, or done */
    VT_EXIT_FOUND = 1,   /* differences or findings */
    VT_EXIT_TROUBLE = 2,
};

/**
 * vt_excerpt:
 * @message: of an error, "file:line:column: ..."
 *
 * Returns: (transfer full) (nullable): the line of that file and a caret below the column; NULL if
 * the message names no place, or the file is not at hand
 */
char *vt_excerpt(const char *message);

/** The worse of two exit codes. */
int vt_worst(int one, int other);

/* What all commands understand; each takes the part that means something to it. */
typedef struct {
    char *connect;
    char *host;
    char *format;
    char *output;
    char *save;
    char *domain;
    char *profile;
    char *fail_on;
    char **plan;
    char *svg;
    char *html;
    char *compare;
    double seconds;
    int width;
    gboolean measure;
    gboolean perf;
    gboolean memory_map;
    gboolean blockstats;
    gboolean ascii;
    gboolean all;
    gboolean verbose;
    gboolean force;
    gboolean repin;
    gboolean yes;
    gboolean list;
    gboolean profiles;
    char *verify;
    char *level;
    char *scope;
    char *effect;
    bool json;    /* from format */
    bool sarif;   /* from format */
    bool man;     /* from format */
    bool rewrite; /* set by commands that want the new XML, not only the plan */
    bool brief;   /* set by the overview: troubles count for the exit code, and are not told */
    char **arguments;
} VtOptions;

/* Which options a command takes, besides --help and --verbose. */
typedef enum {
    VT_TAKES_CONNECT = 1 << 0,
    VT_TAKES_HOST = 1 << 1,
    VT_TAKES_FORMAT = 1 << 2,
    VT_TAKES_ALL = 1 << 3,
    VT_TAKES_OUTPUT = 1 << 4,
    VT_TAKES_SAVE = 1 << 5,
    VT_TAKES_DOMAIN = 1 << 6,
    VT_TAKES_FORCE = 1 << 7,
    VT_TAKES_REPIN = 1 << 8,
    VT_TAKES_PROFILE = 1 << 9,
    VT_TAKES_PROFILES = 1 << 10,
    VT_TAKES_RULES = 1 << 11,   /* what the list of rules is narrowed by, and --verify */
    VT_TAKES_FAIL_ON = 1 << 12, /* and --format sarif */
    VT_TAKES_YES = 1 << 13,
    VT_TAKES_LIST = 1 << 14,
    VT_TAKES_PLAN = 1 << 15,    /* --plan, --svg */
    VT_TAKES_DRAWING = 1 << 16, /* --ascii, --width */
    VT_TAKES_MEASURE = 1 << 17, /* how a domain is measured, and what is made of it */
    VT_TAKES_BEFORE = 1 << 18,  /* apply's --measure */
    VT_TAKES_MANUAL = 1 << 19,  /* --format man */
} VtTakes;

typedef struct {
    const char *name;
    const char *arguments; /* for the usage line */
    const char *summary;
    unsigned takes; /* VtTakes */
    int (*run)(const VtOptions *options);
} VtCommandEntry;

int vt_cmd_apply(const VtOptions *options);
int vt_cmd_causes(const VtOptions *options);
int vt_cmd_check(const VtOptions *options);
int vt_cmd_diagnose(const VtOptions *options);
int vt_cmd_diff(const VtOptions *options);
int vt_cmd_explain(const VtOptions *options);
int vt_cmd_facts(const VtOptions *options);
int vt_cmd_history(const VtOptions *options);
int vt_cmd_host(const VtOptions *options);
int vt_cmd_overview(const VtOptions *options);
int vt_cmd_map(const VtOptions *options);
int vt_cmd_rules(const VtOptions *options);
int vt_cmd_status(const VtOptions *options);
int vt_cmd_tune(const VtOptions *options);
int vt_cmd_undo(const VtOptions *options);
int vt_cmd_watch(const VtOptions *options);

/** Prints "vmtune: MESSAGE" on standard error. Returns VT_EXIT_TROUBLE. */
int vt_complain(const GError *error);

/** Prints a line of talk on standard error. */
void vt_talk(const char *format, ...) G_GNUC_PRINTF(1, 2);

/** Writes @text to standard output; VT_EXIT_TROUBLE if that fails (a full disk, a closed pipe). */
int vt_print(const char *text);

/**
 * vt_unified_diff:
 *
 * Returns: (transfer full): what `diff -u` prints, "" where both are the same; NULL with @error
 */
char *vt_unified_diff(const char *old_label, const char *old, const char *new_label,
                      const char *new, GError **error);

/**
 * vt_write_output:
 * @mode: of a file that is new
 *
 * Writes @text to @path. A regular file is replaced in one step: a reader never sees half of it. A
 * link stays one.
 */
bool vt_write_output(const char *path, const char *text, int mode, GError **error);
