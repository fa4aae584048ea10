/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core-fixture.h"

#define DOMAIN                                                                                     \
    "<?xml version='1.0'?>\n<!-- a -->\n<domain type='kvm'>\n  <name>n &amp; m</name>\n"           \
    "  <os><type arch=\"x86_64\">hvm</type></os>\n  <devices/>\n</domain>\n<!-- z -->\n"

static void
assert_refused(const char *bytes, gsize length, const char *words)
{
    /* of the very size, so that reading beyond the end is seen by the sanitizer */
    char *exact = g_memdup2(bytes, length);
    g_autoptr(GError) error = NULL;
    g_autoptr(VtDocument) document = vt_document_parse(exact, length, "bad.xml", &error);

    g_free(exact);
    assert_null(document);
    assert_error_says(error, VT_ERROR_INPUT, words);
    assert_true(g_str_has_prefix(error->message, "bad.xml:"));
}

static void
assert_text_refused(const char *text, const char *words)
{
    assert_refused(text, strlen(text), words);
}

static void
test_nothing_and_blanks_are_refused(void **state G_GNUC_UNUSED)
{
    assert_refused("", 0, "bad.xml:1:1: the XML is empty");
    assert_text_refused(" ", "the XML is empty");
    assert_text_refused("\r\n\t ", "the XML is empty");
    assert_text_refused("<!-- only this -->", "not well-formed");
    assert_text_refused("<?xml version='1.0'?>", "not well-formed");
}

static void
test_a_domain_cut_short_anywhere_is_refused(void **state G_GNUC_UNUSED)
{
    const char *end = strstr(DOMAIN, "</domain>");
    gsize whole = end - DOMAIN + strlen("</domain>");

    for (gsize length = 0; length < whole; length++) {
        char *exact = g_memdup2(DOMAIN, length);
        g_autoptr(VtDocument) document = vt_document_parse(exact, length, "cut.xml", NULL);
        g_free(exact);
        assert_null(document);
    }
    g_autoptr(VtDocument) document = vt_document_parse(DOMAIN, whole, "whole.xml", NULL);
    assert_non_null(document);
}

static void
test_too_large_a_text_is_refused_unread(void **state G_GNUC_UNUSED)
{
    gsize length = 17 * 1024 * 1024;
    char *bytes = g_malloc(length);

    memset(bytes, ' ', length);
    memcpy(bytes, "<a>", 3);
    memcpy(bytes + length - 4, "</a>", 4);
    assert_refused(bytes, length, "are too many");
    g_free(bytes);
}

static void
test_nesting_without_end_is_refused(void **state G_GNUC_UNUSED)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (int i = 0; i < 100000; i++)
        g_string_append(text, "<a>");
    assert_refused(text->str, text->len, "not well-formed");
    for (int i = 0; i < 100000; i++)
        g_string_append(text, "</a>");
    assert_refused(text->str, text->len, "not well-formed");
}

static void
test_entities_are_neither_expanded_nor_fetched(void **state G_GNUC_UNUSED)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("vmtune-entity-XXXXXX", &path, NULL);
    g_autofree char *external =
        g_strdup_printf("<!DOCTYPE d [<!ENTITY e SYSTEM 'file://%s'>]><d>&e;</d>", path);
    const char *refused = "a document type declaration (<!DOCTYPE>) is not accepted";

    assert_true(fd >= 0);
    g_close(fd, NULL);
    assert_text_refused(external, refused);
    g_unlink(path);
    assert_text_refused("<!DOCTYPE d [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;'>"
                        "<!ENTITY c '&b;&b;&b;&b;&b;&b;'>]><d>&c;</d>",
                        refused);
    assert_text_refused("<!DOCTYPE d SYSTEM 'http://127.0.0.1:9/d.dtd'><d/>", refused);
    assert_text_refused("<!DOCTYPE d><d/>", refused);
    assert_text_refused("<!DOCTYPE d [<!ENTITY % p SYSTEM 'file:///etc/hostname'> %p;]><d/>",
                        refused);
    assert_text_refused("<d>&undeclared;</d>", "not well-formed");
}

static void
test_other_encodings_are_refused(void **state G_GNUC_UNUSED)
{
    assert_refused("<d>\0</d>", 8, "bad.xml:1:4: a NUL byte");
    assert_refused("<d/>\0", 5, "bad.xml:1:5: a NUL byte");
    assert_refused("\0<d/>", 5, "bad.xml:1:1: a NUL byte");
    assert_refused(" \0", 2, "a NUL byte");
    assert_refused("\xff\xfe<\0d\0/\0>\0", 10, "not UTF-8");
    assert_refused("<\0d\0/\0>\0", 8, "a NUL byte");
    assert_text_refused("<d>\n  \xe4</d>", "bad.xml:2:3: not UTF-8");
    assert_text_refused("<?xml version='1.0' encoding='ISO-8859-1'?><d/>",
                        "encoding 'ISO-8859-1' is not accepted");
    assert_text_refused("<?xml version='1.0' encoding='UTF-16'?><d/>", "bad.xml:1:");
    assert_text_refused("<d>\xed\xa0\x80</d>", "not UTF-8"); /* half a surrogate pair */
    assert_text_refused("<d>\xc0\xbc</d>", "not UTF-8");     /* an overlong '<' */
}

static void
test_what_is_not_well_formed_is_refused(void **state G_GNUC_UNUSED)
{
    static const char *const texts[] = {
        "<a/><b/>",           "<a></b>",
        "<a b='1' b='2'/>",   "<a b=1/>",
        "<a b='<'/>",         "<a>&#0;</a>",
        "<a>&#xFFFE;</a>",    "<a>]]></a>",
        "<a><!-- -- --></a>", "text",
        "<a/>text",           "<a",
        "<a b='1'c='2'/>",    "<1a/>",
        "<a><![CDATA[ </a>",  "<a>&lt</a>",
        "<a:b:c/>",           "<a x:b='1' y:b='2' xmlns:x='u' xmlns:y='u'/>",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(VtDocument) document =
            vt_document_parse(texts[i], strlen(texts[i]), "bad.xml", NULL);
        if (document && i < G_N_ELEMENTS(texts) - 2) /* libxml2 forgives faults of namespaces */
            fail_msg("accepted: %s", texts[i]);
    }
    assert_text_refused("<a>", "Premature end of data"); /* the parser's own words */
}

static const VtSpan *
span_of(const VtDocument *document, const char *name)
{
    return vt_document_span(document, vt_element_child(vt_document_root(document), name));
}

static void
assert_span(const VtDocument *document, const char *name, const char *text)
{
    const VtSpan *span = span_of(document, name);
    g_autofree char *found =
        g_strndup(vt_document_bytes(document, NULL) + span->start, span->end - span->start);

    assert_string_equal(found, text);
}

static void
test_spans_see_through_what_looks_like_tags(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtDocument) document =
        parse("<?pi <a> '\"?><!-- <d> ' --><d x='-->' y=\"'/>\" z='>'><!-- <a/> </d> -->"
              "<![CDATA[<b></d>\"]]><?p </d> ' ?><a q=\"a > b\"/><b\n r = '\"'\n\t><c/>></b >"
              "<c>&lt;d&gt;<![CDATA[]]]]>&#62;</c></d><!-- </d> -->");

    assert_span(document, "a", "<a q=\"a > b\"/>");
    assert_span(document, "b", "<b\n r = '\"'\n\t><c/>></b >");
    assert_span(document, "c", "<c>&lt;d&gt;<![CDATA[]]]]>&#62;</c>");
}

static void
test_a_byte_order_mark_is_kept_outside_the_root(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtDocument) document = parse("\xef\xbb\xbf<d><a/></d>");

    assert_int_equal(vt_document_span(document, vt_document_root(document))->start, 3);
    assert_span(document, "a", "<a/>");
}

static void
test_names_that_begin_alike_are_told_apart(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtDocument) document = parse("<d xmlns:x='u'><x:a/><ab/><a-b/><a.b/><a/><x:ab/></d>");

    assert_span(document, "a", "<a/>");
    assert_span(document, "ab", "<ab/>");
    assert_span(document, "a-b", "<a-b/>");
}

static void
assert_attribute(const VtDocument *document, const char *name, const char *value, char quote)
{
    gsize start, end;
    char found_quote;
    g_autofree char *found = NULL;

    assert_true(vt_document_attribute_span(document, vt_document_root(document), name, &start, &end,
                                           &found_quote));
    found = g_strndup(vt_document_bytes(document, NULL) + start, end - start);
    assert_string_equal(found, value);
    assert_int_equal(found_quote, quote);
}

static void
test_values_are_found_as_they_are_written(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtDocument) document = parse("<d\n\tab = 'x' x:a='no' a=\"&quot;&#39; '=b'\" "
                                           "xmlns:x='u' b='' c='/>'/>");
    gsize start, end;
    char quote;

    assert_attribute(document, "a", "&quot;&#39; '=b'", '"');
    assert_attribute(document, "ab", "x", '\'');
    assert_attribute(document, "x:a", "no", '\'');
    assert_attribute(document, "b", "", '\'');
    assert_attribute(document, "c", "/>", '\'');
    assert_false(vt_document_attribute_span(document, vt_document_root(document), "x", &start, &end,
                                            &quote));
}

static void
test_where_counts_characters_not_bytes(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtDocument) document = parse("<d>\n<!-- äöü --><a/>\r\n  <b/></d>");
    g_autofree char *a =
        vt_document_where(document, vt_element_child(vt_document_root(document), "a"));
    g_autofree char *b =
        vt_document_where(document, vt_element_child(vt_document_root(document), "b"));

    assert_string_equal(a, "test.xml:2:13");
    assert_string_equal(b, "test.xml:3:3");
}

static void
test_the_bytes_are_the_bytes(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtDocument) document = parse(DOMAIN);
    gsize length;

    assert_string_equal(vt_document_bytes(document, &length), DOMAIN);
    assert_int_equal(length, strlen(DOMAIN));
}

static void
test_texts_and_attributes_are_decoded(void **state G_GNUC_UNUSED)
{
    g_autoptr(VtDocument) document =
        parse("<d a='&lt;&#x41;&amp;' xmlns:x='u' x:b='no'> x<![CDATA[ <y> ]]>&amp; </d>");
    const xmlNode *root = vt_document_root(document);
    g_autofree char *a = vt_element_attribute(root, "a");
    g_autofree char *b = vt_element_attribute(root, "b");
    g_autofree char *text = vt_element_text(root);

    assert_string_equal(a, "<A&");
    assert_null(b);
    assert_string_equal(text, "x <y> &");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("nothing and blanks are refused", test_nothing_and_blanks_are_refused),
        TEST("a domain cut short anywhere is refused", test_a_domain_cut_short_anywhere_is_refused),
        TEST("too large a text is refused unread", test_too_large_a_text_is_refused_unread),
        TEST("nesting without end is refused", test_nesting_without_end_is_refused),
        TEST("entities are neither expanded nor fetched",
             test_entities_are_neither_expanded_nor_fetched),
        TEST("other encodings are refused", test_other_encodings_are_refused),
        TEST("what is not well-formed is refused", test_what_is_not_well_formed_is_refused),
        TEST("spans see through what looks like tags", test_spans_see_through_what_looks_like_tags),
        TEST("a byte order mark is kept outside the root",
             test_a_byte_order_mark_is_kept_outside_the_root),
        TEST("names that begin alike are told apart", test_names_that_begin_alike_are_told_apart),
        TEST("values are found as they are written", test_values_are_found_as_they_are_written),
        TEST("where counts characters, not bytes", test_where_counts_characters_not_bytes),
        TEST("the bytes are the bytes", test_the_bytes_are_the_bytes),
        TEST("texts and attributes are decoded", test_texts_and_attributes_are_decoded),
    };

    return cmocka_run_group_tests_name("document", tests, NULL, NULL);
}
