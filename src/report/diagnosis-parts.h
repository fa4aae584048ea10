/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "report/diagnosis.h"
#include "report/writing.h"

/* What the texts and pictures of a diagnosis share and nobody else needs. All texts are printable,
 * see vt_printable(), and translated. */

/* ---- bars ---- */

/* What to think of the exits of a bar; its colour. */
typedef enum {
    VT_TONE_PLAIN,   /* a finer table tells */
    VT_TONE_UNKNOWN, /* nothing is known of them */
    VT_TONE_NORMAL,
    VT_TONE_TROUBLE,
    VT_TONE_SLEEP,
    VT_TONES,
} VtTone;

/* An entry of a table. */
typedef struct {
    char *label;
    VtTone tone;
    unsigned number; /* of the thing that matters which it is evidence of, from 1; 0 = none */
    guint64 count;
    double count_share; /* of all exits */
    gint64 time_ns;     /* VT_TIME_UNKNOWN */
    double time_share;  /* of the handling time; -1 = unknown, or asleep */
} VtBar;

typedef struct {
    VtExitKind kind;
    const char *title; /* "By reason" */
    bool timed;        /* the share of time of one of them at least is known */
    GPtrArray *bars;   /* VtBar*, most first; what is beyond the limit is the last: "12 others" */
} VtBarTable;

/**
 * vt_diagnosis_bars:
 * @limit: of bars in a table
 *
 * Returns: (transfer full) (element-type VtBarTable): the tables of the measurement that hold
 * something, the coarsest first
 */
GPtrArray *vt_diagnosis_bars(const VtDiagnosis *diagnosis, guint limit);

/** "By reason", translated. */
const char *vt_exit_kind_title(VtExitKind kind);

/** Adds a sentence, behind a blank where there is one before it. */
void vt_append_sentence(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* ---- things that matter ---- */

/** How many there are: the first @VT_DIAGNOSIS_SHOWN of diagnosis->causes at most. */
guint vt_diagnosis_matters(const VtDiagnosis *diagnosis);

VtTone vt_found_tone(const VtCauseFound *found);

/** The colour of a tone on a terminal. */
VtInk vt_tone_ink(VtTone tone);

/* ---- words; each returns (transfer full) unless it says otherwise ---- */

/** Whose exits these are. */
char *vt_diagnosis_title(const VtDiagnosisView *view);

/** How many, how long, what they took; sentences. */
char *vt_diagnosis_summary(const VtDiagnosis *diagnosis);

/** (nullable): what to say where nothing matters. */
char *vt_diagnosis_verdict(const VtDiagnosis *diagnosis, const VtDiagnosisView *view);

/** "The guest reads ...", or that it may be so. */
char *vt_found_title(const VtCauseFound *found);

/** "45.1 % of all exits (158 788), 77.2 % of the handling time (2.53 s)" */
char *vt_found_shares(const VtCauseFound *found);

/** (nullable): "0x608 read 158 788 (acpi-tmr), 0x70 write 48 975 and 2 others" */
char *vt_found_evidence(const VtCauseFound *found);

/** (nullable): what else these exits may be. */
char *vt_found_others(const VtCauseFound *found);

/** (nullable): the command that would tell whether it is so. */
char *vt_found_test(const VtDiagnosis *diagnosis, const VtCauseFound *found);

/** Returns: (transfer none) (nullable): "in place", "missing", ...; NULL without a domain */
const char *vt_cure_words(const VtCure *cure);
/** "hyperv/stimer (withheld: why): what it does" */
char *vt_cure_text(const VtCure *cure);

/**
 * vt_diagnosis_action:
 * @ret_command: what to type
 *
 * Returns: (transfer none) (nullable): what that is for; NULL if there is nothing of the kind
 */
const char *vt_diagnosis_action(const VtDiagnosis *diagnosis, const VtDiagnosisView *view,
                                const char **ret_command);

/* ---- pictures ---- */

#define VT_CHART_WIDTH 800
#define VT_CHART_MARGIN 24
/* Of a table; more would be a picture that nobody looks at. */
#define VT_CHART_ROWS 12

/** Appends the CSS that pictures of the class "vt" need, for light and dark surroundings. */
void vt_chart_append_style(GString *out);

/** Appends @text, wrapped, in letters of @size and that class, from @y on. Returns: the y below. */
unsigned vt_chart_append_lines(GString *out, unsigned x, unsigned y, unsigned size,
                               const char *css_class, const char *text);

/** Appends a line of letters of @size. */
void vt_chart_append_text(GString *out, unsigned x, unsigned y, unsigned size,
                          const char *css_class, const char *text);
void vt_chart_append_rectangle(GString *out, unsigned x, unsigned y, double width, unsigned height,
                               const char *css_class);
/** A bar before what it would be at most. */
void vt_chart_append_bar(GString *out, unsigned x, unsigned y, unsigned width, double share,
                         const char *css_class);

/** Appends what the colours mean that are used, by VtTone. Returns: the y below. */
unsigned vt_chart_append_legend(GString *out, const bool *tones, unsigned y);

/** The class that gives a bar its colour. */
const char *vt_tone_class(VtTone tone);

/** A number in a circle, as bars and what they are evidence of have it; @x, @y: its centre. */
void vt_chart_append_badge(GString *out, unsigned x, unsigned y, unsigned number);

/**
 * vt_chart_append_bars:
 * @tables: of vt_diagnosis_bars()
 *
 * Appends the bars and what their colours mean, as SVG without its root, from @y on. Returns: the y
 * below.
 */
unsigned vt_chart_append_bars(GString *out, const GPtrArray *tables, unsigned y);

/** What the bars show, in words, for those who do not see them. */
char *vt_chart_describe(const GPtrArray *tables);

/** Appends an SVG element's start tag with its name and description, for a picture of @height. */
void vt_chart_append_root(GString *out, unsigned height, const char *title,
                          const char *description);
/** Appends the bars as a whole SVG element, for a document that has the style. */
void vt_chart_append_figure(GString *out, const GPtrArray *tables);
