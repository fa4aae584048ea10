/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose/cause.h"

#include <string.h>

#include "base/i18n.h"
#include "base/words.h"
#include "rules/reader.h"

static const char *const verdict_words[] = {
    [VT_VERDICT_TROUBLE] = "trouble",
    [VT_VERDICT_NORMAL] = "normal",
    [VT_VERDICT_SLEEP] = "sleep",
};

const char *
vt_verdict_to_string(VtVerdict verdict)
{
    return verdict_words[verdict];
}

static void
sign_free(gpointer data)
{
    VtSign *sign = data;

    g_free(sign->name);
    g_free(sign->region);
    vt_condition_free(sign->when);
    g_free(sign);
}

static void
cure_free(gpointer data)
{
    VtCauseCure *cure = data;

    g_free(cure->rule);
    vt_condition_free(cure->when);
    g_free(cure);
}

static void
remedy_free(gpointer data)
{
    VtRemedy *remedy = data;

    g_free(remedy->command);
    g_free(remedy->effect);
    vt_condition_free(remedy->when);
    g_free(remedy);
}

static VtCause *
cause_new(const char *file)
{
    VtCause *cause = g_new0(VtCause, 1);

    cause->file = g_strdup(file);
    cause->matters_from = VT_MATTERS_UNSAID;
    cause->sources = g_ptr_array_new_with_free_func(g_free);
    cause->signs = g_ptr_array_new_with_free_func(sign_free);
    cause->cures = g_ptr_array_new_with_free_func(cure_free);
    cause->remedies = g_ptr_array_new_with_free_func(remedy_free);
    return cause;
}

void
vt_cause_free(VtCause *cause)
{
    if (!cause)
        return;
    g_free(cause->id);
    g_free(cause->file);
    g_free(cause->summary);
    g_free(cause->device);
    g_free(cause->reason);
    g_ptr_array_unref(cause->sources);
    g_ptr_array_unref(cause->signs);
    vt_condition_free(cause->when);
    g_ptr_array_unref(cause->cures);
    g_ptr_array_unref(cause->remedies);
    g_free(cause);
}

/* ---- texts ---- */

/* A text for lists and headings: no facts in it. */
static bool
read_plain(const VtRuleReader *reader, char **ret_text, const xmlNode *element, GError **error)
{
    if (!vt_reader_check_attributes(reader, element, NO_ATTRIBUTES, error) ||
        !vt_reader_take_text(reader, element, ret_text, error))
        return false;
    return !strpbrk(*ret_text, "{}") ||
           vt_reader_fault(reader, element, error, _("<%s> is for lists, there are no facts in it"),
                           (const char *)element->name);
}

static bool
read_template(const VtRuleReader *reader, char **ret_text, const xmlNode *element, GError **error)
{
    return vt_reader_check_attributes(reader, element, NO_ATTRIBUTES, error) &&
           vt_reader_take_text(reader, element, ret_text, error) &&
           vt_reader_check_template(reader, element, *ret_text, NULL, error);
}

static bool
read_summary(const VtRuleReader *reader, VtCause *cause, const xmlNode *element, GError **error)
{
    return read_plain(reader, &cause->summary, element, error);
}

static bool
read_device(const VtRuleReader *reader, VtCause *cause, const xmlNode *element, GError **error)
{
    return read_plain(reader, &cause->device, element, error);
}

static bool
read_reason(const VtRuleReader *reader, VtCause *cause, const xmlNode *element, GError **error)
{
    return read_template(reader, &cause->reason, element, error);
}

static bool
read_source(const VtRuleReader *reader, VtCause *cause, const xmlNode *element, GError **error)
{
    return vt_reader_add_text(reader, element, cause->sources, error);
}

/* Causes are read without the rules, so there is nobody to borrow conditions from. */
static bool
borrows(const VtCondition *condition)
{
    bool found = condition->kind == VT_CONDITION_SAME_AS;

    for (guint i = 0; !found && condition->children && i < condition->children->len; i++)
        found = borrows(condition->children->pdata[i]);
    return found;
}

static bool
take_condition(const VtRuleReader *reader, const xmlNode *element, VtCondition **ret_when,
               GError **error)
{
    return vt_condition_read(reader, element, ret_when, error) &&
           (!borrows(*ret_when) ||
            vt_reader_fault(reader, element, error, _("<same-as> is for rules alone")));
}

static bool
read_when(const VtRuleReader *reader, VtCause *cause, const xmlNode *element, GError **error)
{
    return take_condition(reader, element, &cause->when, error);
}

/* The element may hold a <when>, and nothing else. */
static bool
read_only_when(const VtRuleReader *reader, const xmlNode *element, VtCondition **ret_when,
               GError **error)
{
    if (!vt_reader_check_no_text(reader, element, error))
        return false;
    for (xmlNode *child = xmlFirstElementChild((xmlNode *)element); child;
         child = xmlNextElementSibling(child)) {
        g_autofree char *name = vt_reader_element_name(child);

        if (!vt_element_is(child, "when"))
            return vt_reader_fault(reader, child, error, _("<%s> holds <when>, not <%s>"),
                                   (const char *)element->name, name);
        if (!take_condition(reader, child, ret_when, error))
            return false;
    }
    return true;
}

/* ---- signs ---- */

/* "0x608", as the tables have addresses. */
static bool
parse_address(const char *text, guint64 *ret_address)
{
    return g_str_has_prefix(text, "0x") &&
           g_ascii_string_to_unsigned(text + 2, 16, 0, G_MAXUINT64, ret_address, NULL);
}

static bool
parse_range(const char *text, VtSign *sign)
{
    g_auto(GStrv) ends = g_strsplit(text, "-", 2);

    return parse_address(ends[0], &sign->first) &&
           parse_address(ends[1] ? ends[1] : ends[0], &sign->last) && sign->first <= sign->last;
}

static const struct {
    const char *attribute;
    VtExitKind kind;
    bool has_addresses;
} sign_words[] = {
    {"exit", VT_EXITS_BY_REASON, false},  {"port", VT_EXITS_BY_PORT, true},
    {"mmio", VT_EXITS_BY_MMIO, true},     {"msr", VT_EXITS_BY_MSR, true},
    {"counter", VT_EXITS_COUNTER, false},
};

/* Where the sign is, in the one attribute that says so. */
static bool
take_where(const VtRuleReader *reader, const xmlNode *element, VtSign *sign, bool *ret_addresses,
           GError **error)
{
    guint given = 0;

    sign->region = vt_element_attribute(element, "region");
    given += sign->region && *sign->region;
    for (gsize i = 0; i < G_N_ELEMENTS(sign_words); i++) {
        g_autofree char *value = vt_element_attribute(element, sign_words[i].attribute);

        if (!value || !*value)
            continue;
        given++;
        sign->kind = sign_words[i].kind;
        *ret_addresses = sign_words[i].has_addresses;
        if (*ret_addresses && !parse_range(value, sign))
            return vt_reader_fault(reader, element, error,
                                   _("'%s' is not an address such as 0x608, nor a range such as "
                                     "0x608-0x60b"),
                                   value);
        if (!*ret_addresses) {
            g_free(sign->name);
            sign->name = g_steal_pointer(&value);
        }
    }
    return given == 1 ||
           vt_reader_fault(reader, element, error,
                           _("<sign> needs one of exit, port, mmio, msr, counter, region"));
}

static bool
take_step(const VtRuleReader *reader, const xmlNode *element, VtSign *sign, GError **error)
{
    g_autofree char *step = vt_element_attribute(element, "step");

    sign->step = 1;
    return !step || (parse_address(step, &sign->step) && sign->step > 0) ||
           vt_reader_fault(reader, element, error, _("step '%s' is not a number such as 0x20"),
                           step);
}

static bool
take_access(const VtRuleReader *reader, const xmlNode *element, VtSign *sign, GError **error)
{
    g_autofree char *access = vt_element_attribute(element, "access");

    if (g_strcmp0(access, "read") == 0)
        sign->access = VT_ACCESS_READ;
    else if (g_strcmp0(access, "write") == 0)
        sign->access = VT_ACCESS_WRITE;
    else if (access)
        return vt_reader_fault(reader, element, error, _("access '%s' is neither read nor write"),
                               access);
    return true;
}

/* An attribute that is yes or no, and @otherwise where it is not there. */
static bool
take_yes(const VtRuleReader *reader, const xmlNode *element, const char *name, bool otherwise,
         bool *ret_yes, GError **error)
{
    g_autofree char *word = vt_element_attribute(element, name);

    *ret_yes = word ? strcmp(word, "yes") == 0 : otherwise;
    return !word || *ret_yes || strcmp(word, "no") == 0 ||
           vt_reader_fault(reader, element, error, _("%s '%s' is neither yes nor no"), name, word);
}

static bool
read_sign(const VtRuleReader *reader, VtCause *cause, const xmlNode *element, GError **error)
{
    VtSign *sign = g_new0(VtSign, 1);
    bool addresses = false;

    g_ptr_array_add(cause->signs, sign);
    if (!vt_reader_check_attributes(reader, element,
                                    ATTRIBUTES("exit", "port", "mmio", "msr", "counter", "region",
                                               "step", "access", "sure", "rest"),
                                    error) ||
        !take_where(reader, element, sign, &addresses, error) ||
        !take_step(reader, element, sign, error) || !take_access(reader, element, sign, error) ||
        !take_yes(reader, element, "sure", true, &sign->sure, error) ||
        !take_yes(reader, element, "rest", false, &sign->rest, error) ||
        !read_only_when(reader, element, &sign->when, error))
        return false;
    if (!addresses && (sign->step != 1 || sign->access != VT_ACCESS_NONE))
        return vt_reader_fault(reader, element, error,
                               _("step and access go with addresses: port, mmio and msr"));
    return !sign->rest || (sign->name && sign->kind == VT_EXITS_BY_REASON) ||
           vt_reader_fault(reader, element, error, _("rest goes with a reason: exit"));
}

/* ---- what ends it ---- */

static bool
read_cure(const VtRuleReader *reader, VtCause *cause, const xmlNode *element, GError **error)
{
    VtCauseCure *cure = g_new0(VtCauseCure, 1);

    g_ptr_array_add(cause->cures, cure);
    return vt_reader_check_attributes(reader, element, ATTRIBUTES("rule"), error) &&
           vt_reader_take_attribute(reader, element, "rule", &cure->rule, error) &&
           read_only_when(reader, element, &cure->when, error);
}

static bool
take_where_to_type(const VtRuleReader *reader, const xmlNode *element, VtRemedy *remedy,
                   GError **error)
{
    g_autofree char *where = NULL;

    if (!vt_reader_take_attribute(reader, element, "where", &where, error))
        return false;
    remedy->in_guest = strcmp(where, "guest") == 0;
    return remedy->in_guest || strcmp(where, "host") == 0 ||
           vt_reader_fault(reader, element, error, _("where '%s' is neither guest nor host"),
                           where);
}

static bool
read_remedy_child(const VtRuleReader *reader, VtRemedy *remedy, const xmlNode *child,
                  GError **error)
{
    g_autofree char *name = vt_reader_element_name(child);

    if (vt_element_is(child, "command"))
        return read_template(reader, &remedy->command, child, error);
    if (vt_element_is(child, "effect"))
        return read_template(reader, &remedy->effect, child, error);
    if (vt_element_is(child, "when"))
        return take_condition(reader, child, &remedy->when, error);
    return vt_reader_fault(reader, child, error,
                           _("<remedy> holds <command>, <effect> and <when>, not <%s>"), name);
}

static bool
read_remedy(const VtRuleReader *reader, VtCause *cause, const xmlNode *element, GError **error)
{
    VtRemedy *remedy = g_new0(VtRemedy, 1);

    g_ptr_array_add(cause->remedies, remedy);
    if (!vt_reader_check_attributes(reader, element, ATTRIBUTES("where"), error) ||
        !vt_reader_check_no_text(reader, element, error) ||
        !take_where_to_type(reader, element, remedy, error))
        return false;
    for (xmlNode *child = xmlFirstElementChild((xmlNode *)element); child;
         child = xmlNextElementSibling(child)) {
        if (!read_remedy_child(reader, remedy, child, error))
            return false;
    }
    return (remedy->command && remedy->effect) ||
           vt_reader_fault(reader, element, error, _("<remedy> needs <command> and <effect>"));
}

/* ---- <cause> itself ---- */

static const struct {
    const char *name;
    bool (*read)(const VtRuleReader *reader, VtCause *cause, const xmlNode *element,
                 GError **error);
} cause_words[] = {
    {"summary", read_summary}, {"device", read_device}, {"reason", read_reason},
    {"source", read_source},   {"sign", read_sign},     {"when", read_when},
    {"cure", read_cure},       {"remedy", read_remedy},
};

static bool
read_child(const VtRuleReader *reader, VtCause *cause, const xmlNode *element, GError **error)
{
    g_autofree char *name = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(cause_words); i++) {
        if (vt_element_is(element, cause_words[i].name))
            return cause_words[i].read(reader, cause, element, error);
    }
    name = vt_reader_element_name(element);
    return vt_reader_fault(reader, element, error, _("<cause> has no element <%s>"), name);
}

/* "0.5": percent. */
static bool
take_matters_from(const VtRuleReader *reader, const xmlNode *root, VtCause *cause, GError **error)
{
    g_autofree char *text = vt_element_attribute(root, "matters-from");
    char *end = NULL;
    double percent;

    if (!text)
        return true;
    percent = g_ascii_strtod(text, &end);
    if (strspn(text, "0123456789.") != strlen(text) || *text == '\0' || *end || percent > 100)
        return vt_reader_fault(reader, root, error,
                               _("matters-from '%s' is no percentage such as 0.5"), text);
    cause->matters_from = percent / 100;
    return true;
}

static bool
read_attributes(const VtRuleReader *reader, VtCause *cause, const xmlNode *root, const char *id,
                GError **error)
{
    g_autofree char *verdict = NULL;
    g_autofree char *name = vt_reader_element_name(root);
    int found;

    if (!vt_element_is(root, "cause"))
        return vt_reader_fault(reader, root, error, _("<%s> instead of <cause>"), name);
    if (!vt_reader_check_attributes(reader, root, ATTRIBUTES("id", "verdict", "matters-from"),
                                    error) ||
        !vt_reader_check_no_text(reader, root, error) ||
        !vt_reader_take_id(reader, root, id, &cause->id, error) ||
        !vt_reader_take_attribute(reader, root, "verdict", &verdict, error))
        return false;
    found = vt_find_word(verdict_words, G_N_ELEMENTS(verdict_words), verdict);
    if (found < 0)
        return vt_reader_fault(reader, root, error,
                               _("verdict '%s' is none of trouble, normal, sleep"), verdict);
    cause->verdict = (VtVerdict)found;
    return take_matters_from(reader, root, cause, error);
}

static bool
check_whole(const VtRuleReader *reader, const VtCause *cause, const xmlNode *root, GError **error)
{
    if (!cause->summary || !cause->reason || cause->sources->len == 0 || cause->signs->len == 0)
        return vt_reader_fault(
            reader, root, error,
            _("a cause needs <summary>, <reason>, at least one <source> and one <sign>"));
    return cause->verdict != VT_VERDICT_TROUBLE || cause->cures->len + cause->remedies->len > 0 ||
           vt_reader_fault(reader, root, error,
                           _("a trouble is what can be mended: it needs a <cure> or a <remedy>"));
}

VtCause *
vt_cause_load(const char *bytes, gsize length, const char *file, const char *id, GPtrArray *faults)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtDocument) document = vt_document_parse(bytes, length, file, &error);
    g_autoptr(VtCause) cause = NULL;
    const VtRuleReader reader = {document, NULL};
    bool sound = vt_reader_note(faults, &error);
    xmlNode *root;

    if (!document)
        return NULL;
    cause = cause_new(file);
    root = vt_document_root(document);
    if (!read_attributes(&reader, cause, root, id, &error))
        sound = vt_reader_note(faults, &error);
    for (xmlNode *child = vt_element_is(root, "cause") ? xmlFirstElementChild(root) : NULL; child;
         child = xmlNextElementSibling(child)) {
        if (!read_child(&reader, cause, child, &error))
            sound = vt_reader_note(faults, &error);
    }
    /* what is missing may only be what was at fault */
    if (sound && !check_whole(&reader, cause, root, &error))
        sound = vt_reader_note(faults, &error);
    return sound ? g_steal_pointer(&cause) : NULL;
}
