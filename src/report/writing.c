/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Law: as VtTextStyle says: no line is wider, in ASCII no byte is above 127. */
#include "report/writing.h"

#include "base/columns.h"
#include "base/printable.h"
#include "report/map-canvas.h"

VtWriting
vt_writing_begin(const VtTextStyle *style)
{
    return (VtWriting){
        .style = style,
        .width = MAX(style->width, VT_TEXT_MIN_WIDTH),
        .out = g_string_new(NULL),
    };
}

/* ---- paragraphs ---- */

#define NO_BREAK_SPACE "\xc2\xa0"
/* What is printable has none; it stands for a no-break space while lines are broken in ASCII. */
#define HELD "\x1f"

static char *
words_to_wrap(const VtTextStyle *style, const char *text)
{
    g_auto(GStrv) pieces = g_strsplit(text, NO_BREAK_SPACE, -1);

    if (!style->ascii)
        return g_strdup(text);
    for (char **piece = pieces; *piece; piece++) {
        char *words = vt_style_words(style, *piece);
        g_free(*piece);
        *piece = words;
    }
    return g_strjoinv(HELD, pieces);
}

void
vt_write(const VtWriting *writing, unsigned indent, const char *mark, const char *text)
{
    g_autofree char *safe = vt_printable(text, false);
    g_autofree char *words = words_to_wrap(writing->style, safe);
    unsigned column = indent + vt_columns_count(mark);
    gsize start = writing->out->len;

    g_string_append_printf(writing->out, "%*s%s", (int)indent, "", mark);
    vt_style_append_wrapped(writing->out, words, column, column, writing->width);
    g_strdelimit(writing->out->str + start, HELD, ' ');
}

void
vt_write_formatted(const VtWriting *writing, unsigned indent, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    vt_write(writing, indent, "", text);
}

static void
append_styled(const VtWriting *writing, const char *text, VtCanvasLook look, unsigned colour)
{
    if (writing->style->colour)
        vt_canvas_append_styled(writing->out, text, look, colour);
    else
        g_string_append(writing->out, text);
}

void
vt_write_heading(const VtWriting *writing, const char *text)
{
    g_autofree char *words = vt_style_words(writing->style, text);

    g_string_append_c(writing->out, '\n');
    append_styled(writing, words, VT_CANVAS_BOLD, 0);
    g_string_append_c(writing->out, '\n');
}

/* ---- columns ---- */

void
vt_write_cell(const VtWriting *writing, const char *text, unsigned width, bool to_the_right)
{
    g_autofree char *words = vt_style_words(writing->style, text);
    unsigned columns = vt_columns_count(words);
    g_autofree char *cut = NULL;
    int space;

    if (columns > width) {
        g_autofree char *head = g_strndup(words, vt_columns_fit(words, width - 3));
        cut = g_strconcat(head, "...", NULL);
        columns = vt_columns_count(cut);
    }
    space = (int)(width - columns);
    g_string_append_printf(writing->out, "%*s%s%*s", to_the_right ? space : 0, "",
                           cut ? cut : words, to_the_right ? 0 : space, "");
}

/* Blocks of an eighth each; whatever is not nothing is seen. */
static char *
draw_bar(const VtWriting *writing, double share, unsigned width)
{
    static const char *const parts[] = {"",
                                        "\xe2\x96\x8f",
                                        "\xe2\x96\x8e",
                                        "\xe2\x96\x8d",
                                        "\xe2\x96\x8c",
                                        "\xe2\x96\x8b",
                                        "\xe2\x96\x8a",
                                        "\xe2\x96\x89"};
    unsigned eighths = (unsigned)(share * width * 8 + 0.5);
    unsigned hashes = (unsigned)(share * width + 0.5);
    GString *bar = g_string_new(NULL);

    if (writing->style->ascii) {
        for (unsigned i = 0; i < MIN(hashes, width); i++)
            g_string_append_c(bar, '#');
        if (share > 0 && hashes == 0)
            g_string_append_c(bar, '.');
        return g_string_free(bar, FALSE);
    }
    eighths = CLAMP(eighths, share > 0 ? 1 : 0, width * 8);
    for (unsigned i = 0; i < eighths / 8; i++)
        g_string_append(bar, "\xe2\x96\x88");
    g_string_append(bar, parts[eighths % 8]);
    return g_string_free(bar, FALSE);
}

void
vt_write_bar(const VtWriting *writing, double share, unsigned width, VtInk ink)
{
    /* of VtCanvas's colours */
    static const unsigned colours[] = {
        [VT_INK_CYAN] = 0,
        [VT_INK_YELLOW] = 1,
        [VT_INK_GREEN] = 3,
        [VT_INK_RED] = 5,
    };
    g_autofree char *bar = draw_bar(writing, share, width);
    VtCanvasLook look = ink == VT_INK_PLAIN ? VT_CANVAS_PLAIN
                        : ink == VT_INK_DIM ? VT_CANVAS_DIM
                                            : VT_CANVAS_LIGHT;

    if (*bar)
        append_styled(writing, bar, look, colours[ink]);
    g_string_append_printf(writing->out, "%*s", (int)(width - vt_columns_count(bar)), "");
}

void
vt_write_end_line(const VtWriting *writing)
{
    while (writing->out->len > 0 && writing->out->str[writing->out->len - 1] == ' ')
        g_string_truncate(writing->out, writing->out->len - 1);
    g_string_append_c(writing->out, '\n');
}
