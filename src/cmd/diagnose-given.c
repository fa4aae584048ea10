/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/diagnose-given.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "cmd/diagnose-record.h"
#include "cmd/subject.h"
#include "diagnose/text.h"

/* A trace of a busy guest is long. */
#define TEXT_MAX_BYTES (G_GUINT64_CONSTANT(1) << 30)

void
vt_given_clear(VtGiven *given)
{
    g_free(given->xml);
    vt_record_free(given->record);
    vt_measurement_free(given->measurement);
}

static bool
take_domain(VtGiven *given, const char *argument, GError **error)
{
    if (given->domain) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("'%s' and '%s' are two domains; a diagnosis is of one"), given->domain,
                    argument);
        return false;
    }
    given->domain = argument;
    return true;
}

static bool
is_xml(const char *bytes, gsize length)
{
    while (length > 0 && g_ascii_isspace(*bytes)) {
        bytes++;
        length--;
    }
    return length > 0 && *bytes == '<';
}

/* A saved measurement has the domain in it. */
static bool
take_record(VtGiven *given, const char *bytes, gsize length, const char *path, GError **error)
{
    if (given->measured) {
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                    _("%s: a saved measurement stands alone; --compare holds it against another"),
                    path);
        return false;
    }
    given->measured = true;
    given->record = vt_record_read(bytes, length, path, given->measurement, error);
    if (!given->record || !given->record->xml)
        return given->record != NULL;
    if (!take_domain(given, given->record->name ? given->record->name : path, error))
        return false;
    given->xml = g_strdup(given->record->xml);
    given->xml_length = strlen(given->xml);
    return true;
}

/* A file says itself whether it is a domain or a measurement. */
static bool
take_file(VtGiven *given, const char *path, GError **error)
{
    gsize length;
    g_autofree char *bytes = vt_read_argument(path, TEXT_MAX_BYTES, &length, error);

    if (!bytes)
        return false;
    if (is_xml(bytes, length)) {
        if (!take_domain(given, path, error))
            return false;
        given->xml = g_steal_pointer(&bytes);
        given->xml_length = length;
        return true;
    }
    if (vt_is_record(bytes, length) || given->record)
        return take_record(given, bytes, length, path, error);
    given->measured = true;
    return vt_measurement_read_text(given->measurement, bytes, length, path, error);
}

bool
vt_given_read(VtGiven *given, char **arguments, GError **error)
{
    given->measurement = vt_measurement_new();
    for (; arguments && *arguments; arguments++) {
        if (vt_is_file_argument(*arguments) ? !take_file(given, *arguments, error)
                                            : !take_domain(given, *arguments, error))
            return false;
    }
    if (given->domain || given->measured)
        return true;
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT,
                _("name a running domain to measure, or files with what 'perf kvm stat report' "
                  "printed"));
    return false;
}
