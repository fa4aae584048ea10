/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rewrite/extent.h"

#include <string.h>

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool
is_space(char c)
{
    return is_blank(c) || c == '\n' || c == '\r';
}

VtSpan
vt_extent_of_element(const VtDocument *document, const xmlNode *element)
{
    const char *bytes = vt_document_bytes(document, NULL);
    VtSpan extent = *vt_document_span(document, element);
    gsize start = extent.start, end = extent.end;

    while (start > 0 && is_blank(bytes[start - 1]))
        start--;
    while (is_blank(bytes[end]))
        end++;
    if (start == 0 || bytes[start - 1] != '\n' || (bytes[end] != '\n' && bytes[end] != '\r'))
        return extent;
    start--;
    if (start > 0 && bytes[start - 1] == '\r')
        start--;
    extent.start = start;
    extent.end = end;
    return extent;
}

bool
vt_extent_of_attribute(const VtDocument *document, const xmlNode *element, const char *name,
                       gsize *ret_start, gsize *ret_end)
{
    const char *bytes = vt_document_bytes(document, NULL);
    gsize start, end;
    char quote;

    if (!vt_document_attribute_span(document, element, name, &start, &end, &quote))
        return false;
    start--; /* the quote */
    while (is_space(bytes[start - 1]) || bytes[start - 1] == '=')
        start--;
    start -= strlen(name);
    while (is_space(bytes[start - 1]))
        start--;
    *ret_start = start;
    *ret_end = end + 1;
    return true;
}
