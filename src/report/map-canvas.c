/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In: lines and words at places. Out: text. */
#include "report/map-canvas.h"

#include "base/columns.h"

enum {
    SIDE_UP = 1 << 0,
    SIDE_DOWN = 1 << 1,
    SIDE_LEFT = 1 << 2,
    SIDE_RIGHT = 1 << 3,
};

/* In a cell that the wide character to its left covers: no character is beyond 0x10ffff. */
#define COVERED G_MAXUINT32

typedef struct {
    gunichar character; /* 0 = none; it hides lines */
    guint8 sides;
    guint8 look;
    guint8 colour;
} Cell;

struct VtCanvas {
    unsigned width, height;
    Cell *cells;
};

VtCanvas *
vt_canvas_new(unsigned width, unsigned height)
{
    VtCanvas *canvas = g_new0(VtCanvas, 1);

    canvas->width = width;
    canvas->height = height;
    canvas->cells = g_new0(Cell, (gsize)width * height);
    return canvas;
}

void
vt_canvas_free(VtCanvas *canvas)
{
    if (!canvas)
        return;
    g_free(canvas->cells);
    g_free(canvas);
}

static Cell *
cell_at(const VtCanvas *canvas, unsigned x, unsigned y)
{
    return x < canvas->width && y < canvas->height ? &canvas->cells[(gsize)y * canvas->width + x]
                                                   : NULL;
}

static void
add_sides(VtCanvas *canvas, unsigned x, unsigned y, unsigned sides)
{
    Cell *cell = cell_at(canvas, x, y);

    if (cell)
        cell->sides |= (guint8)sides;
}

static void
draw_horizontal(VtCanvas *canvas, unsigned x, unsigned y, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        add_sides(canvas, x + i, y, (i > 0 ? SIDE_LEFT : 0u) | (i + 1 < width ? SIDE_RIGHT : 0u));
}

void
vt_canvas_vertical(VtCanvas *canvas, unsigned x, unsigned y, unsigned height)
{
    for (unsigned i = 0; i < height; i++)
        add_sides(canvas, x, y + i, (i > 0 ? SIDE_UP : 0u) | (i + 1 < height ? SIDE_DOWN : 0u));
}

void
vt_canvas_rectangle(VtCanvas *canvas, unsigned x, unsigned y, unsigned width, unsigned height)
{
    draw_horizontal(canvas, x, y, width);
    draw_horizontal(canvas, x, y + height - 1, width);
    vt_canvas_vertical(canvas, x, y, height);
    vt_canvas_vertical(canvas, x + width - 1, y, height);
}

void
vt_canvas_text(VtCanvas *canvas, unsigned x, unsigned y, const char *text, unsigned room,
               VtCanvasLook look, unsigned colour)
{
    const char *end = text + vt_columns_fit(text, room);

    for (; text < end; text = g_utf8_next_char(text)) {
        gunichar character = g_utf8_get_char(text);
        unsigned columns = vt_columns_of(character);
        if (!cell_at(canvas, x + MAX(columns, 1) - 1, y))
            return;
        for (unsigned i = 0; i < columns; i++, x++) {
            Cell *cell = cell_at(canvas, x, y);
            cell->character = i == 0 ? character : COVERED;
            cell->look = (guint8)look;
            cell->colour = (guint8)(colour % VT_CANVAS_COLOURS);
        }
    }
}

/* ---- output ---- */

static gunichar
line_character(unsigned sides, bool ascii)
{
    static const gunichar characters[16] = {
        ' ',    0x2502, 0x2502, 0x2502, 0x2500, 0x2518, 0x2510, 0x2524,
        0x2500, 0x2514, 0x250c, 0x251c, 0x2500, 0x2534, 0x252c, 0x253c,
    };

    if (!ascii || sides == 0)
        return characters[sides];
    if (!(sides & (SIDE_LEFT | SIDE_RIGHT)))
        return '|';
    return sides & (SIDE_UP | SIDE_DOWN) ? '+' : '-';
}

/* Select Graphic Rendition of ECMA-48; the twelve colours are the six of it, then bright ones. */
static void
append_look(GString *out, VtCanvasLook look, unsigned colour)
{
    static const guint8 codes[VT_CANVAS_COLOURS] = {36, 33, 35, 32, 34, 31, 96, 93, 95, 92, 94, 91};

    switch (look) {
    case VT_CANVAS_PLAIN:
        break;
    case VT_CANVAS_DIM:
        g_string_append(out, "\033[2m");
        break;
    case VT_CANVAS_BOLD:
        g_string_append(out, "\033[1m");
        break;
    case VT_CANVAS_FILLED:
        g_string_append_printf(out, "\033[7;%um", codes[colour % VT_CANVAS_COLOURS]);
        break;
    case VT_CANVAS_LIGHT:
        g_string_append_printf(out, "\033[%um", codes[colour % VT_CANVAS_COLOURS]);
        break;
    case VT_CANVAS_UNDERLINED:
        g_string_append_printf(out, "\033[1;4;%um", codes[colour % VT_CANVAS_COLOURS]);
        break;
    }
}

void
vt_canvas_append_styled(GString *out, const char *text, VtCanvasLook look, unsigned colour)
{
    append_look(out, look, colour);
    g_string_append(out, text);
    if (look != VT_CANVAS_PLAIN)
        g_string_append(out, "\033[0m");
}

static unsigned
used_width(const VtCanvas *canvas, unsigned y)
{
    unsigned width = canvas->width;

    while (width > 0) {
        const Cell *cell = cell_at(canvas, width - 1, y);
        if (cell->sides != 0 || (cell->character != 0 && cell->character != ' '))
            break;
        width--;
    }
    return width;
}

static VtCanvasLook
cell_look(const Cell *cell)
{
    if (cell->character != 0)
        return (VtCanvasLook)cell->look;
    return cell->sides != 0 ? VT_CANVAS_DIM : VT_CANVAS_PLAIN;
}

static void
append_line(const VtCanvas *canvas, GString *out, unsigned y, bool ascii, bool colour)
{
    unsigned width = used_width(canvas, y);
    VtCanvasLook look = VT_CANVAS_PLAIN;
    unsigned guest = 0;

    for (unsigned x = 0; x < width; x++) {
        const Cell *cell = cell_at(canvas, x, y);

        if (colour && (cell_look(cell) != look || cell->colour != guest)) {
            if (look != VT_CANVAS_PLAIN)
                g_string_append(out, "\033[0m");
            look = cell_look(cell);
            guest = cell->colour;
            append_look(out, look, guest);
        }
        if (cell->character != COVERED)
            g_string_append_unichar(out, cell->character ? cell->character
                                                         : line_character(cell->sides, ascii));
    }
    if (look != VT_CANVAS_PLAIN)
        g_string_append(out, "\033[0m");
    g_string_append_c(out, '\n');
}

void
vt_canvas_append_to(const VtCanvas *canvas, GString *out, bool ascii, bool colour)
{
    for (unsigned y = 0; y < canvas->height; y++)
        append_line(canvas, out, y, ascii, colour);
}
