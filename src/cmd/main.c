/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/printable.h"
#include "cmd/cmd.h"

#define TAKES_DOMAINS (VT_TAKES_CONNECT | VT_TAKES_HOST | VT_TAKES_ALL)

static const VtCommandEntry commands[] = {
    {"overview", "", N_("show on one screen how the guests are (also without a command)"),
     VT_TAKES_CONNECT, vt_cmd_overview},
    {"diff", N_("DOMAIN|FILE|-..."), N_("show what would change and why, changing nothing"),
     TAKES_DOMAINS | VT_TAKES_PROFILE | VT_TAKES_FORMAT, vt_cmd_diff},
    {"check", N_("DOMAIN|FILE|-..."), N_("report what is wrong or could be better"),
     TAKES_DOMAINS | VT_TAKES_PROFILE | VT_TAKES_FORMAT | VT_TAKES_FAIL_ON, vt_cmd_check},
    {"tune", N_("DOMAIN|FILE|-"), N_("print the tuned XML of one domain"),
     VT_TAKES_CONNECT | VT_TAKES_HOST | VT_TAKES_PROFILE | VT_TAKES_OUTPUT, vt_cmd_tune},
    {"apply", N_("DOMAIN..."), N_("rewrite the stored XML of domains"),
     VT_TAKES_CONNECT | VT_TAKES_ALL | VT_TAKES_PROFILE | VT_TAKES_REPIN | VT_TAKES_YES |
         VT_TAKES_BEFORE,
     vt_cmd_apply},
    {"undo", N_("DOMAIN [N]"), N_("go back to before the last apply, or entry N of the history"),
     VT_TAKES_CONNECT | VT_TAKES_FORCE, vt_cmd_undo},
    {"history", N_("DOMAIN..."), N_("list what vmtune did to domains"),
     VT_TAKES_CONNECT | VT_TAKES_FORMAT, vt_cmd_history},
    {"watch", "", N_("tune domains when they are defined or changed, until told to end"),
     VT_TAKES_CONNECT, vt_cmd_watch},
    {"status", N_("[DOMAIN...]"), N_("tell which changes run and what the others wait for"),
     VT_TAKES_CONNECT | VT_TAKES_ALL | VT_TAKES_FORMAT, vt_cmd_status},
    {"diagnose", N_("[DOMAIN|FILE|-]..."),
     N_("tell why a running guest leaves for the host so often, and what ends it"),
     VT_TAKES_CONNECT | VT_TAKES_HOST | VT_TAKES_PROFILE | VT_TAKES_FORMAT | VT_TAKES_DRAWING |
         VT_TAKES_MEASURE,
     vt_cmd_diagnose},
    {"explain", N_("RULE|CAUSE"), N_("tell all about a rule, and how it decides for a domain"),
     VT_TAKES_CONNECT | VT_TAKES_HOST | VT_TAKES_PROFILE | VT_TAKES_DOMAIN | VT_TAKES_FORMAT,
     vt_cmd_explain},
    {"rules", N_("[GLOB...]"), N_("list the rules in force, or verify rules of your own"),
     VT_TAKES_FORMAT | VT_TAKES_MANUAL | VT_TAKES_PROFILES | VT_TAKES_RULES, vt_cmd_rules},
    {"causes", N_("[GLOB...]"), N_("list the causes of exits that diagnose knows"),
     VT_TAKES_FORMAT | VT_TAKES_MANUAL, vt_cmd_causes},
    {"facts", N_("DOMAIN|FILE|-..."), N_("show what is known of a domain and where from"),
     TAKES_DOMAINS | VT_TAKES_PROFILE | VT_TAKES_FORMAT | VT_TAKES_LIST, vt_cmd_facts},
    {"host", "", N_("show this host's topology, or capture the host"),
     VT_TAKES_CONNECT | VT_TAKES_HOST | VT_TAKES_SAVE, vt_cmd_host},
    {"map", "", N_("draw the host and which guest sits where"),
     VT_TAKES_CONNECT | VT_TAKES_HOST | VT_TAKES_PLAN | VT_TAKES_DRAWING, vt_cmd_map},
};

int
vt_worst(int one, int other)
{
    return MAX(one, other);
}

int
vt_complain(const GError *error)
{
    g_autofree char *excerpt = vt_excerpt(error->message);

    vt_talk("vmtune: %s", error->message);
    if (excerpt)
        vt_talk("%s", excerpt);
    return VT_EXIT_TROUBLE;
}

void
vt_talk(const char *format, ...)
{
    g_autofree char *text = NULL, *safe = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    safe = vt_printable(text, true);
    fprintf(stderr, "%s\n", safe);
}

int
vt_print(const char *text)
{
    if (fputs(text, stdout) >= 0 && fflush(stdout) == 0)
        return VT_EXIT_NOTHING;
    vt_talk(_("vmtune: cannot write: %s"), g_strerror(errno));
    return VT_EXIT_TROUBLE;
}

static void
usage(FILE *out)
{
    fprintf(out, "%s\n\n", _("Usage: vmtune COMMAND [OPTION...] [ARGUMENT...]"));
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
        fprintf(out, "  %-9s %s\n", commands[i].name, _(commands[i].summary));
    fprintf(out, "\n%s\n",
            _("'vmtune COMMAND --help' lists a command's options; vmtune(1) says more.\n"
              "Domains are named as virsh names them, files by a path with '/' or '.xml'."));
}

typedef struct {
    unsigned takes; /* 0 = every command */
    GOptionEntry entry;
} Option;

static void
add_taken(GOptionContext *context, unsigned takes, const Option *all, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        const GOptionEntry entries[] = {all[i].entry, {0}};
        if (all[i].takes == 0 || (takes & all[i].takes))
            g_option_context_add_main_entries(context, entries, VT_GETTEXT_PACKAGE);
    }
}

/* The options of what draws, and of map. */
static void
add_drawing_options(GOptionContext *context, VtOptions *options, unsigned takes)
{
    const Option all[] = {
        {VT_TAKES_PLAN,
         {"plan", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->plan,
          N_("show where this domain or file would go; may be repeated"), N_("DOMAIN")}},
        {VT_TAKES_PLAN,
         {"svg", 0, 0, G_OPTION_ARG_FILENAME, &options->svg,
          N_("draw into this file, '-' for standard output, instead of the terminal"), N_("FILE")}},
        {VT_TAKES_DRAWING,
         {"ascii", 0, 0, G_OPTION_ARG_NONE, &options->ascii, N_("draw with ASCII characters only"),
          NULL}},
        {VT_TAKES_DRAWING,
         {"width", 0, 0, G_OPTION_ARG_INT, &options->width,
          N_("draw for so many columns instead of the terminal's"), N_("N")}},
    };

    add_taken(context, takes, all, G_N_ELEMENTS(all));
}

/* The options of diagnose, and those of apply that go with it. */
static void
add_measure_options(GOptionContext *context, VtOptions *options, unsigned takes)
{
    const Option all[] = {
        {VT_TAKES_BEFORE,
         {"measure", 0, 0, G_OPTION_ARG_NONE, &options->measure,
          N_("first measure how running guests run; diagnose compares after their cold boot"),
          NULL}},
        {VT_TAKES_BEFORE,
         {"seconds", 0, 0, G_OPTION_ARG_DOUBLE, &options->seconds,
          N_("with --measure: how long, 10 unless told"), N_("N")}},
        {VT_TAKES_MEASURE,
         {"save", 0, 0, G_OPTION_ARG_FILENAME, &options->save,
          N_("save the measurement and the domain in this file, for --compare"), N_("FILE")}},
        {VT_TAKES_MEASURE,
         {"compare", 0, 0, G_OPTION_ARG_FILENAME, &options->compare,
          N_("hold the diagnosis against the measurement saved in this file"), N_("FILE")}},
        {VT_TAKES_MEASURE,
         {"seconds", 0, 0, G_OPTION_ARG_DOUBLE, &options->seconds,
          N_("how long to measure, 10 unless told; with files: how long was measured"), N_("N")}},
        {VT_TAKES_MEASURE,
         {"perf", 0, 0, G_OPTION_ARG_NONE, &options->perf,
          N_("measure with perf, which tells more, instead of libvirt's counters"), NULL}},
        {VT_TAKES_MEASURE,
         {"memory-map", 0, 0, G_OPTION_ARG_NONE, &options->memory_map,
          N_("ask QEMU what is at addresses that are not known; taints the domain"), NULL}},
        {VT_TAKES_MEASURE,
         {"blockstats", 0, 0, G_OPTION_ARG_NONE, &options->blockstats,
          N_("find out whether the guest outgrows the metadata caches of its disks"), NULL}},
        {VT_TAKES_MEASURE,
         {"svg", 0, 0, G_OPTION_ARG_FILENAME, &options->svg,
          N_("also draw the exits into this file; '-' prints the drawing alone"), N_("FILE")}},
        {VT_TAKES_MEASURE,
         {"html", 0, 0, G_OPTION_ARG_FILENAME, &options->html,
          N_("also write a report with drawings into this file; '-' prints it alone"), N_("FILE")}},
    };

    add_taken(context, takes, all, G_N_ELEMENTS(all));
}

static void
add_options(GOptionContext *context, VtOptions *options, unsigned takes)
{
    const Option all[] = {
        {VT_TAKES_CONNECT,
         {"connect", 'c', 0, G_OPTION_ARG_STRING, &options->connect,
          N_("libvirt to connect to, as for virsh"), N_("URI")}},
        {VT_TAKES_HOST,
         {"host", 0, 0, G_OPTION_ARG_FILENAME, &options->host,
          N_("the host the domain is for: '/' or a captured one"), N_("DIR")}},
        {VT_TAKES_PROFILE,
         {"profile", 0, 0, G_OPTION_ARG_STRING, &options->profile,
          N_("tune for this instead of what domain and configuration say"), N_("NAME")}},
        {VT_TAKES_FORMAT,
         {"format", 0, 0, G_OPTION_ARG_STRING, &options->format, N_("text (default) or json"),
          N_("FORMAT")}},
        {VT_TAKES_FAIL_ON,
         {"fail-on", 0, 0, G_OPTION_ARG_STRING, &options->fail_on,
          N_("exit with 1 for findings of this level or a worse one; never for none"),
          N_("LEVEL")}},
        {VT_TAKES_ALL,
         {"all", 0, 0, G_OPTION_ARG_NONE, &options->all, N_("every domain of this libvirt"), NULL}},
        {VT_TAKES_OUTPUT,
         {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output,
          N_("write to this file instead of standard output"), N_("FILE")}},
        {VT_TAKES_SAVE,
         {"save", 0, 0, G_OPTION_ARG_FILENAME, &options->save,
          N_("capture this host into a folder, for --host"), N_("DIR")}},
        {VT_TAKES_DOMAIN,
         {"domain", 0, 0, G_OPTION_ARG_STRING, &options->domain,
          N_("say how the rule decides for this domain or file"), N_("DOMAIN")}},
        {VT_TAKES_REPIN,
         {"repin", 0, 0, G_OPTION_ARG_NONE, &options->repin,
          N_("also replace pins that this host cannot honour"), NULL}},
        {VT_TAKES_YES,
         {"yes", 'y', 0, G_OPTION_ARG_NONE, &options->yes,
          N_("with --all: store without asking first"), NULL}},
        {VT_TAKES_FORCE,
         {"force", 0, 0, G_OPTION_ARG_NONE, &options->force,
          N_("even if the domain was changed since"), NULL}},
        {VT_TAKES_PROFILES,
         {"profiles", 0, 0, G_OPTION_ARG_NONE, &options->profiles,
          N_("list the profiles that there are instead"), NULL}},
        {VT_TAKES_RULES,
         {"level", 0, 0, G_OPTION_ARG_STRING, &options->level, N_("rules of this level alone"),
          N_("LEVEL")}},
        {VT_TAKES_RULES,
         {"scope", 0, 0, G_OPTION_ARG_STRING, &options->scope, N_("rules of this scope alone"),
          N_("SCOPE")}},
        {VT_TAKES_RULES,
         {"effect", 0, 0, G_OPTION_ARG_STRING, &options->effect,
          N_("rules that take effect then alone"), N_("EFFECT")}},
        {VT_TAKES_RULES,
         {"verify", 0, 0, G_OPTION_ARG_FILENAME, &options->verify,
          N_("name every fault of the rules in this folder instead"), N_("DIR")}},
        {VT_TAKES_LIST,
         {"list", 0, 0, G_OPTION_ARG_NONE, &options->list, N_("list all facts there are"), NULL}},
        {0,
         {"verbose", 'v', 0, G_OPTION_ARG_NONE, &options->verbose,
          N_("say more: what was not considered and why"), NULL}},
        {0,
         {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->arguments, NULL, NULL}},
    };

    add_taken(context, takes, all, G_N_ELEMENTS(all));
    add_drawing_options(context, options, takes);
    add_measure_options(context, options, takes);
}

static bool
check_format(VtOptions *options, unsigned takes)
{
    options->man = (takes & VT_TAKES_MANUAL) && g_strcmp0(options->format, "man") == 0;
    options->sarif = (takes & VT_TAKES_FAIL_ON) && g_strcmp0(options->format, "sarif") == 0;
    options->json = g_strcmp0(options->format, "json") == 0;
    if (!options->format || options->json || options->sarif || options->man ||
        strcmp(options->format, "text") == 0)
        return true;
    vt_talk(_("vmtune: this command has no format '%s'; --help names those it has"),
            options->format);
    return false;
}

static int
run_command(const VtCommandEntry *command, int argc, char **argv)
{
    VtOptions options = {0};
    g_autoptr(GOptionContext) context =
        g_option_context_new(*command->arguments ? _(command->arguments) : NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *usage_name = g_strconcat("vmtune ", command->name, NULL);
    int status = VT_EXIT_TROUBLE;
    bool parsed;

    g_option_context_set_summary(context, _(command->summary));
    add_options(context, &options, command->takes);
    /* what --help calls it */
    g_set_prgname(usage_name);
    parsed = g_option_context_parse(context, &argc, &argv, &error);
    g_set_prgname("vmtune");
    if (!parsed)
        vt_talk(_("vmtune: %s; 'vmtune %s --help' lists the options"), error->message,
                command->name);
    else if (check_format(&options, command->takes))
        status = command->run(&options);
    g_free(options.connect);
    g_free(options.host);
    g_free(options.format);
    g_free(options.output);
    g_free(options.save);
    g_free(options.domain);
    g_free(options.profile);
    g_free(options.fail_on);
    g_free(options.verify);
    g_free(options.level);
    g_free(options.scope);
    g_free(options.effect);
    g_free(options.svg);
    g_free(options.html);
    g_free(options.compare);
    g_strfreev(options.plan);
    g_strfreev(options.arguments);
    return status;
}

/* VMTUNE_LOCALEDIR shows a translation before it is installed. */
static const char *
localedir(void)
{
    const char *named = g_getenv("VMTUNE_LOCALEDIR");

    return named && *named ? named : VT_LOCALEDIR;
}

/* A closed standard stream stays unusable. Otherwise the next file or connection that is opened
 * would get its number, and be written to. */
static void
occupy_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0)
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

/* virsh takes options before the command too: brings the command to the front. */
static void
put_command_first(int argc, char **argv)
{
    int command = 1;

    while (command < argc && argv[command][0] == '-' && argv[command][1])
        command +=
            strcmp(argv[command], "-c") == 0 || strcmp(argv[command], "--connect") == 0 ? 2 : 1;
    if (command < argc) {
        char *name = argv[command];
        memmove(argv + 2, argv + 1, sizeof(*argv) * (size_t)(command - 1));
        argv[1] = name;
    }
}

int
main(int argc, char **argv)
{
    occupy_standard_streams();
    g_log_writer_default_set_use_stderr(TRUE); /* standard output is the result, and only that */
    vt_i18n_start(localedir());
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        usage(stdout);
        return VT_EXIT_NOTHING;
    }
    if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
        printf("vmtune %s\n", VT_VERSION);
        return VT_EXIT_NOTHING;
    }
    put_command_first(argc, argv);
    if (argc < 2 || argv[1][0] == '-')
        return run_command(&commands[0], argc, argv);
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(commands[i].name, argv[1]) == 0)
            return run_command(&commands[i], argc - 1, argv + 1);
    }
    vt_talk(_("vmtune: there is no command '%s'"), argv[1]);
    usage(stderr);
    return VT_EXIT_TROUBLE;
}
