/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/reader.h"

#include <stdarg.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "facts/fact.h"

bool
vt_reader_fault(const VtRuleReader *reader, const xmlNode *element, GError **error,
                const char *format, ...)
{
    g_autofree char *where = vt_document_where(reader->document, element);
    g_autofree char *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, VT_ERROR, VT_ERROR_INPUT, "%s: %s", where, message);
    return false;
}

char *
vt_reader_element_name(const xmlNode *element)
{
    const char *name = (const char *)element->name;

    if (!element->ns)
        return g_strdup(name);
    if (element->ns->prefix)
        return g_strdup_printf("%s:%s", (const char *)element->ns->prefix, name);
    return g_strdup_printf("%s xmlns='%s'", name, (const char *)element->ns->href);
}

bool
vt_reader_check_attributes(const VtRuleReader *reader, const xmlNode *element,
                           const char *const *allowed, GError **error)
{
    for (const xmlAttr *a = element->properties; a; a = a->next) {
        if (a->ns || !g_strv_contains(allowed, (const char *)a->name)) {
            g_autofree char *words = g_strjoinv(", ", (char **)allowed);
            const char *prefix = a->ns ? (const char *)a->ns->prefix : NULL;
            return vt_reader_fault(
                reader, element, error, _("<%s> has no attribute '%s%s%s'; it takes: %s"),
                (const char *)element->name, prefix ? prefix : "", prefix ? ":" : "",
                (const char *)a->name, *words ? words : _("none"));
        }
    }
    return true;
}

/* Text is what is neither an element nor a comment: CDATA and references as well. */
static bool
has_text(const xmlNode *element)
{
    for (const xmlNode *child = element->children; child; child = child->next) {
        if (child->type != XML_ELEMENT_NODE && child->type != XML_COMMENT_NODE &&
            child->type != XML_PI_NODE && !xmlIsBlankNode(child))
            return true;
    }
    return false;
}

bool
vt_reader_check_empty(const VtRuleReader *reader, const xmlNode *element, GError **error)
{
    if (!has_text(element) && !xmlFirstElementChild((xmlNode *)element))
        return true;
    return vt_reader_fault(reader, element, error, _("<%s> holds nothing, it is all attributes"),
                           (const char *)element->name);
}

bool
vt_reader_check_no_text(const VtRuleReader *reader, const xmlNode *element, GError **error)
{
    return !has_text(element) ||
           vt_reader_fault(reader, element, error, _("<%s> holds elements, not text"),
                           (const char *)element->name);
}

bool
vt_reader_take_attribute(const VtRuleReader *reader, const xmlNode *element, const char *name,
                         char **ret_value, GError **error)
{
    char *value = vt_element_attribute(element, name);

    if (!value || !*value) {
        g_free(value);
        return vt_reader_fault(reader, element, error, _("<%s> needs the attribute '%s'"),
                               (const char *)element->name, name);
    }
    *ret_value = value;
    return true;
}

bool
vt_reader_take_text(const VtRuleReader *reader, const xmlNode *element, char **ret_text,
                    GError **error)
{
    g_autofree char *raw = vt_element_text(element);
    g_autoptr(GString) text = g_string_new(NULL);

    if (*ret_text)
        return vt_reader_fault(reader, element, error, _("a second <%s>"),
                               (const char *)element->name);
    if (xmlFirstElementChild((xmlNode *)element))
        return vt_reader_fault(reader, element, error, _("<%s> holds text only"),
                               (const char *)element->name);
    for (const char *p = raw; *p; p++) {
        bool space = g_ascii_isspace(*p);
        if (!space)
            g_string_append_c(text, *p);
        else if (text->len > 0 && text->str[text->len - 1] != ' ')
            g_string_append_c(text, ' ');
    }
    if (text->len == 0)
        return vt_reader_fault(reader, element, error, _("<%s> is empty"),
                               (const char *)element->name);
    *ret_text = g_strdup(text->str);
    return true;
}

bool
vt_reader_add_text(const VtRuleReader *reader, const xmlNode *element, GPtrArray *texts,
                   GError **error)
{
    char *text = NULL;

    if (!vt_reader_check_attributes(reader, element, NO_ATTRIBUTES, error) ||
        !vt_reader_take_text(reader, element, &text, error))
        return false;
    g_ptr_array_add(texts, text);
    return true;
}

bool
vt_reader_take_id(const VtRuleReader *reader, const xmlNode *root, const char *id, char **ret_id,
                  GError **error)
{
    if (!vt_reader_take_attribute(reader, root, "id", ret_id, error))
        return false;
    return strcmp(*ret_id, id) == 0 ||
           vt_reader_fault(reader, root, error, _("id '%s' is not what the file's path says: '%s'"),
                           *ret_id, id);
}

bool
vt_reader_note(GPtrArray *faults, GError **error)
{
    if (!*error)
        return true;
    g_ptr_array_add(faults, g_steal_pointer(error));
    return false;
}

bool
vt_reader_check_fact(const VtRuleReader *reader, const xmlNode *element, const char *name,
                     const char *each, GError **error)
{
    gsize count;
    const VtFactInfo *infos = vt_fact_infos(&count);

    if (!vt_fact_info(name))
        return vt_reader_fault(reader, element, error,
                               _("there is no fact '%s'; 'vmtune facts --list' names all"), name);
    for (gsize i = 0; i < count; i++) {
        gsize length = strlen(infos[i].name);
        if (infos[i].type != VT_FACT_RECORDS || !g_str_has_prefix(name, infos[i].name) ||
            name[length] != '.')
            continue;
        if (g_strcmp0(each, infos[i].name) != 0 && g_strcmp0(reader->each, infos[i].name) != 0)
            return vt_reader_fault(reader, element, error,
                                   _("fact '%s' is only known inside each='%s'"), name,
                                   infos[i].name);
    }
    return true;
}

bool
vt_reader_check_template(const VtRuleReader *reader, const xmlNode *element, const char *template,
                         const char *each, GError **error)
{
    const char *p = template, *open, *close;

    while ((open = strchr(p, '{'))) {
        g_autofree char *name = NULL;
        close = strchr(open, '}');
        if (!close)
            return vt_reader_fault(reader, element, error, _("'{' without '}' in '%s'"), template);
        name = g_strndup(open + 1, close - open - 1);
        if (!vt_reader_check_fact(reader, element, name, each, error))
            return false;
        p = close + 1;
    }
    return true;
}

/* A template with facts in it is parsed with a word for each, to see a slip before a domain does.
 */
bool
vt_reader_take_place(const VtRuleReader *reader, const xmlNode *element, const char *template,
                     const char *each, VtPlace **ret_place, GError **error)
{
    g_autoptr(VtPlace) place = NULL;
    g_autoptr(GError) place_error = NULL;
    g_autoptr(GString) sample = g_string_new(NULL);

    if (!vt_reader_check_template(reader, element, template, each, error))
        return false;
    for (const char *p = template; *p; p++) {
        if (*p == '{') {
            g_string_append_c(sample, 'x');
            p = strchr(p, '}');
        } else {
            g_string_append_c(sample, *p);
        }
    }
    place = vt_place_parse(sample->str, &place_error);
    if (!place)
        return vt_reader_fault(reader, element, error, "%s", place_error->message);
    if (ret_place && !strchr(template, '{'))
        *ret_place = g_steal_pointer(&place);
    return true;
}
