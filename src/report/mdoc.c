/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/mdoc.h"

#include <string.h>

#include "report/text.h"

#define WIDTH 78

/* Each sentence begins a line, as mdoc(7) wants it; what roff would take for a request or an escape
 * is made text. */
void
vt_mdoc_append_prose(GString *out, const char *text)
{
    g_autoptr(GString) wrapped = g_string_new(NULL);
    g_auto(GStrv) sentences = g_regex_split_simple("(?<=[.!?:]) +(?=\\S)", text, 0, 0);
    g_auto(GStrv) lines = NULL;

    for (char **sentence = sentences; *sentence; sentence++)
        vt_report_append_wrapped(wrapped, "", *sentence, WIDTH);
    g_string_replace(wrapped, "\\", "\\e", 0);
    lines = g_strsplit(g_strchomp(wrapped->str), "\n", -1);
    for (char **line = lines; *line; line++)
        g_string_append_printf(out, "%s%s\n", **line == '.' || **line == '\'' ? "\\&" : "", *line);
}

void
vt_mdoc_append_literal(GString *out, const char *text)
{
    g_autoptr(GString) line = g_string_new(text);

    g_string_replace(line, "\\", "\\e", 0);
    g_string_append_printf(out, "%s%s\n", *text == '.' || *text == '\'' ? "\\&" : "", line->str);
}

void
vt_mdoc_append_list(GString *out, const char *title, const GPtrArray *items)
{
    if (items->len == 0)
        return;
    g_string_append_printf(out, ".Pp\n%s\n.Bl -dash -compact\n", title);
    for (guint i = 0; i < items->len; i++) {
        g_string_append(out, ".It\n");
        vt_mdoc_append_prose(out, items->pdata[i]);
    }
    g_string_append(out, ".El\n");
}

void
vt_mdoc_append_topic(GString *out, const char *id, char **topic)
{
    g_autofree char *own = g_strndup(id, strcspn(id, "/"));
    g_autofree char *title = g_ascii_strup(own, -1);

    if (strcmp(*topic, own) == 0)
        return;
    g_string_append_printf(out, ".Sh %s\n", title);
    g_free(*topic);
    *topic = g_steal_pointer(&own);
}
