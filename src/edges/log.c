/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/log.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/printable.h"

/* ---- where it goes ---- */

bool
vt_log_is_journal(const char *stream, int fd)
{
    g_auto(GStrv) parts = stream ? g_strsplit(stream, ":", 2) : NULL;
    guint64 device, inode;
    struct stat status;

    return parts && parts[0] && parts[1] &&
           g_ascii_string_to_unsigned(parts[0], 10, 0, G_MAXUINT64, &device, NULL) &&
           g_ascii_string_to_unsigned(parts[1], 10, 0, G_MAXUINT64, &inode, NULL) &&
           fstat(fd, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

static const char *
field(const GLogField *fields, gsize count, const char *key)
{
    for (gsize i = 0; i < count; i++) {
        if (strcmp(fields[i].key, key) == 0)
            return fields[i].value;
    }
    return "";
}

static GLogWriterOutput
write_line(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer identifier)
{
    bool journal = vt_log_is_journal(g_getenv("JOURNAL_STREAM"), STDERR_FILENO);
    g_autofree char *message = NULL;

    /* GLib would drop what is below a warning; of ours only the details are not for every day */
    if (level == G_LOG_LEVEL_DEBUG &&
        g_log_writer_default_would_drop(level, field(fields, count, "GLIB_DOMAIN")))
        return G_LOG_WRITER_HANDLED;
    if (journal && g_log_writer_journald(level, fields, count, NULL) == G_LOG_WRITER_HANDLED)
        return G_LOG_WRITER_HANDLED;
    /* one line, whatever a domain is called: a second one could pass for ours */
    message = vt_printable(field(fields, count, "MESSAGE"), false);
    if (journal) /* it reads a level in front of a line */
        fprintf(stderr, "<%s>%s\n", field(fields, count, "PRIORITY"), message);
    else
        fprintf(stderr, "%s: %s\n", (char *)identifier, message);
    return G_LOG_WRITER_HANDLED;
}

void
vt_log_start(const char *identifier)
{
    g_set_prgname(identifier);
    g_log_set_writer_func(write_line, (gpointer)identifier, NULL);
}

/* ---- what is in it ---- */

static void
add(GPtrArray *values, GArray *fields, const char *key, char *value)
{
    const GLogField entry = {.key = key, .value = value, .length = -1};

    g_ptr_array_add(values, value);
    g_array_append_val(fields, entry);
}

char *
vt_log_change(const VtChange *change)
{
    if (!change->before)
        return g_strdup_printf("%s: %s", change->place->text, change->after);
    return g_strdup_printf("%s: %s -> %s", change->place->text, change->before,
                           change->after ? change->after : "");
}

static void
add_plan(GPtrArray *values, GArray *fields, const VtPlan *plan)
{
    const char *previous = NULL;

    for (guint i = 0; i < plan->changes->len; i++) {
        const VtChange *change = plan->changes->pdata[i];
        if (g_strcmp0(previous, change->rule) != 0)
            add(values, fields, "VMTUNE_RULE", g_strdup(change->rule));
        previous = change->rule;
        add(values, fields, "VMTUNE_CHANGE", vt_log_change(change));
    }
}

static const char *
priority(GLogLevelFlags level)
{
    return level == G_LOG_LEVEL_WARNING ? "4" : level == G_LOG_LEVEL_DEBUG ? "7" : "6";
}

void
vt_log(GLogLevelFlags level, const VtLogAbout *about, const char *format, ...)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) fields = g_array_new(FALSE, FALSE, sizeof(GLogField));
    va_list arguments;

    va_start(arguments, format);
    add(values, fields, "MESSAGE", g_strdup_vprintf(format, arguments));
    va_end(arguments);
    add(values, fields, "PRIORITY", g_strdup(priority(level)));
    add(values, fields, "GLIB_DOMAIN", g_strdup(G_LOG_DOMAIN));
    add(values, fields, "SYSLOG_IDENTIFIER", g_strdup(g_get_prgname()));
    if (about && about->event)
        add(values, fields, "MESSAGE_ID", g_strdup(about->event));
    if (about && about->domain)
        add(values, fields, "VMTUNE_DOMAIN", g_strdup(about->domain));
    if (about && about->uuid)
        add(values, fields, "VMTUNE_UUID", g_strdup(about->uuid));
    if (about && about->plan)
        add_plan(values, fields, about->plan);
    g_log_structured_array(level, (const GLogField *)(gpointer)fields->data, fields->len);
}
