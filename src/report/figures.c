/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/figures.h"

#include <string.h>

#define NO_BREAK "\xc2\xa0"

char *
vt_figure_count(guint64 count)
{
    g_autofree char *digits = g_strdup_printf("%" G_GUINT64_FORMAT, count);
    gsize length = strlen(digits);
    GString *out = g_string_new(NULL);

    for (gsize i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            g_string_append(out, NO_BREAK);
        g_string_append_c(out, digits[i]);
    }
    return g_string_free(out, FALSE);
}

char *
vt_figure_share(double share)
{
    if (share < 0)
        return g_strdup("?");
    if (share > 0 && share < 0.0005)
        return g_strdup("<0.1" NO_BREAK "%");
    return g_strdup_printf("%.1f" NO_BREAK "%%", share * 100);
}

/* Three digits at least. */
static char *
format_scaled(double value, const char *unit)
{
    return g_strdup_printf("%.*f" NO_BREAK "%s",
                           value < 10     ? 2
                           : value < 1000 ? 1
                                          : 0,
                           value, unit);
}

char *
vt_figure_time(gint64 time_ns)
{
    if (time_ns < 0)
        return g_strdup("?");
    if (time_ns == 0)
        return g_strdup("0" NO_BREAK "s");
    if (time_ns < 1000)
        return g_strdup_printf("%d" NO_BREAK "ns", (int)time_ns);
    if (time_ns < G_GINT64_CONSTANT(1000000))
        return format_scaled((double)time_ns / 1e3, "us");
    if (time_ns < G_GINT64_CONSTANT(1000000000))
        return format_scaled((double)time_ns / 1e6, "ms");
    return format_scaled((double)time_ns / 1e9, "s");
}

char *
vt_figure_number(double number)
{
    if (number >= 100 && number < 1e18)
        return vt_figure_count((guint64)(number + 0.5));
    if (number < 100 && number == (double)(int)number)
        return g_strdup_printf("%.0f", number);
    return g_strdup_printf(number < 1 ? "%.2g" : "%.1f", number);
}
