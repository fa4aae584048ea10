/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/html.h"

#include "base/i18n.h"
#include "report/diagnosis-parts.h"
#include "report/svg.h"

static const char style[] =
    ":root { color-scheme: light dark; --bg: #ffffff; --ink: #1b1f24; --muted: #59636e;\n"
    "  --line: #d8dee4; --soft: #f5f7f9; --trouble: #c05000; --good: #007a57; --on: #ffffff; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  :root { --bg: #15191e; --ink: #e6e9ec; --muted: #9da7b1; --line: #343b43;\n"
    "    --soft: #1d2228; --trouble: #f28c38; --good: #3fc79a; --on: #15191e; } }\n"
    "* { box-sizing: border-box; }\n"
    "body { margin: 0; background: var(--bg); color: var(--ink);\n"
    "  font: 15px/1.5 " VT_SVG_FONTS "; overflow-wrap: anywhere; }\n"
    "main { max-width: 848px; margin: 0 auto; padding: 32px 24px; }\n"
    "h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; }\n"
    "h2 { font-size: 19px; margin: 36px 0 12px; }\n"
    "h3 { font-size: 16px; margin: 0; }\n"
    "p { margin: 8px 0; }\n"
    ".muted { color: var(--muted); }\n"
    ".figures { display: flex; flex-wrap: wrap; gap: 12px; margin: 20px 0; padding: 0;\n"
    "  list-style: none; }\n"
    ".figures li { flex: 1 1 180px; padding: 12px 16px; background: var(--soft);\n"
    "  border-radius: 8px; color: var(--muted); }\n"
    ".figures strong { display: block; font-size: 24px; color: var(--ink); }\n"
    ".verdict { padding: 14px 16px; border-left: 4px solid var(--good);\n"
    "  background: var(--soft); border-radius: 4px; }\n"
    ".matters { margin: 0; padding: 0; list-style: none; counter-reset: matter; }\n"
    ".matters > li { counter-increment: matter; position: relative; margin: 0 0 16px;\n"
    "  padding: 16px 18px 12px 54px; border: 1px solid var(--line); border-radius: 8px;\n"
    "  break-inside: avoid; }\n"
    ".matters > li::before { content: counter(matter); position: absolute; left: 16px;\n"
    "  top: 15px; width: 26px; height: 26px; border-radius: 50%; text-align: center;\n"
    "  line-height: 26px; font-weight: bold; background: var(--trouble); color: var(--on); }\n"
    ".cures { margin: 8px 0; padding: 0; list-style: none; }\n"
    ".cures li { margin: 6px 0; }\n"
    ".chip { display: inline-block; padding: 0 9px; border-radius: 10px; font-size: 13px;\n"
    "  border: 1px solid var(--line); color: var(--muted); }\n"
    ".chip.missing { background: var(--trouble); border-color: var(--trouble);\n"
    "  color: var(--on); }\n"
    ".chip.in-place { background: var(--good); border-color: var(--good); color: var(--on); }\n"
    "code, pre { font-family: 'DejaVu Sans Mono', Consolas, Menlo, monospace; font-size: 13px; }\n"
    "pre { margin: 6px 0; padding: 10px 14px; background: var(--soft); border-radius: 6px;\n"
    "  white-space: pre-wrap; }\n"
    "table { width: 100%; border-collapse: collapse; }\n"
    "th, td { padding: 7px 8px; text-align: left; vertical-align: top;\n"
    "  border-bottom: 1px solid var(--line); }\n"
    "th { color: var(--muted); font-weight: normal; font-size: 13px; }\n"
    ".number { text-align: right; white-space: nowrap; }\n"
    "code { margin-right: 8px; }\n"
    "figure { margin: 0 -24px; overflow-x: auto; }\n"
    "figure svg { display: block; width: 100%; min-width: 640px; height: auto; }\n"
    "footer { margin-top: 40px; padding-top: 12px; border-top: 1px solid var(--line);\n"
    "  font-size: 13px; color: var(--muted); }\n"
    "@media print { main { padding: 0; max-width: none; } h2 { break-after: avoid; }\n"
    "  figure { margin: 0; break-inside: avoid; }\n"
    "  figure svg { min-width: 0; } }\n";

void
vt_html_append(GString *out, const char *tag, const char *css_class, const char *text)
{
    if (css_class)
        g_string_append_printf(out, "<%s class=\"%s\">", tag, css_class);
    else
        g_string_append_printf(out, "<%s>", tag);
    vt_markup_append(out, text);
    g_string_append_printf(out, "</%s>\n", tag);
}

void
vt_html_begin(GString *out, const char *title)
{
    g_autofree char *language = vt_i18n_language();

    g_string_append_printf(
        out,
        "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"%s\">\n<head>\n"
        "<meta charset=\"utf-8\"/>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
        "<meta name=\"generator\" content=\"vmtune " VT_VERSION "\"/>\n",
        language);
    vt_html_append(out, "title", NULL, title);
    g_string_append_printf(out, "<style>\n%s", style);
    vt_chart_append_style(out);
    g_string_append(out, "</style>\n</head>\n<body>\n<main>\n");
}

void
vt_html_end(GString *out)
{
    g_string_append(out, "<footer>\n");
    vt_html_append(out, "p", NULL,
                   _("An exit is when a guest's CPU stops running the guest, because the host has "
                     "something to do for it first. The fewer there are and the shorter they take, "
                     "the more a guest gets done."));
    vt_html_append(out, "p", NULL, "vmtune " VT_VERSION);
    g_string_append(out, "</footer>\n</main>\n</body>\n</html>\n");
}
