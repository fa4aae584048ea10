/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmtune apply: tunes stored domains. */
#include "edges/apply.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/printable.h"
#include "cmd/apply-measure.h"
#include "cmd/measure.h"
#include "cmd/progress.h"
#include "report/text.h"

/* What there is to do for --all, found out before anything is stored. */
typedef struct {
    GPtrArray *domains; /* VtVirtDomain*, borrowed: those with anything to do */
    guint at_once, next_boot, by_hand;
    VtProgress progress;
} Sum;

static void
sum_clear(Sum *sum)
{
    g_ptr_array_unref(sum->domains);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sum, sum_clear)

static void
tell_measured(const char *name, const VtOptions *options)
{
    g_autofree char *quoted = vt_shell_name(name);

    vt_talk(_("%s: %g seconds of how it ran before are kept with that; once it runs with the "
              "changes, 'vmtune diagnose %s' compares"),
            name, vt_measure_seconds(options), quoted);
}

static int
tell_applied(const VtApplied *applied, const char *name)
{
    const VtPlan *plan = applied->judged->result->plan;
    g_autofree char *quoted = vt_shell_name(name), *text = NULL;
    int status;

    if (applied->judged->result->left_off)
        vt_talk(_("%s: left alone, its own metadata says so"), name);
    if (!applied->changed)
        return VT_EXIT_NOTHING;
    text = vt_report_changes(name, plan);
    status = vt_print(text);
    if (applied->judged->repinned)
        vt_talk(_("%s: new pins stored: %s; 'vmtune undo %s' takes them back"), name,
                applied->judged->repinned, quoted);
    if (plan->changes->len > 0)
        vt_talk(_("%s: %u changes stored, %u of them in effect already; 'vmtune undo %s' takes "
                  "them back"),
                name, plan->changes->len, applied->pinned_live, quoted);
    for (guint i = 0; i < applied->notices->len; i++)
        vt_talk("%s: %s", name, (char *)applied->notices->pdata[i]);
    return status;
}

/* @measured: (nullable): how guests run, by UUID */
static int
apply_one(VtSession *session, const VtVirtDomain *domain, GHashTable *measured,
          const VtOptions *options, VtProgress *progress)
{
    const char *name = vt_virt_domain_name(domain);
    const char *before =
        measured ? g_hash_table_lookup(measured, vt_virt_domain_uuid(domain)) : NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(VtApplied) applied = vt_apply(session, domain, options->repin, before, &error);
    int status;

    vt_progress_clear(progress);
    if (!applied)
        return vt_complain(error);
    status = tell_applied(applied, name);
    if (applied->changed && before)
        tell_measured(name, options);
    return status;
}

/* ---- signals ---- */

/* What ends a program waits until the domain at hand is done. */
static void
hold_signals(sigset_t *held, sigset_t *before)
{
    sigemptyset(held);
    sigaddset(held, SIGINT);
    sigaddset(held, SIGTERM);
    sigaddset(held, SIGHUP);
    sigprocmask(SIG_BLOCK, held, before);
}

static bool
is_told_to_end(const sigset_t *held)
{
    sigset_t pending;

    sigpending(&pending);
    for (int number = 1; number < NSIG; number++) {
        if (sigismember(held, number) == 1 && sigismember(&pending, number) == 1)
            return true;
    }
    return false;
}

/* Returns: the exit code; a signal that came meanwhile ends the program in here. */
static int
apply_each(VtSession *session, const GPtrArray *domains, const VtOptions *options)
{
    VtProgress progress = {.count = domains->len};
    g_autoptr(GHashTable) measured = NULL;
    g_autoptr(GError) error = NULL;
    int worst = VT_EXIT_NOTHING;
    sigset_t held, before;
    guint done = 0;

    if (options->measure) {
        measured = vt_measure_before(session, domains, options, &error);
        if (!measured)
            return vt_complain(error);
    }

    hold_signals(&held, &before);
    for (; done < domains->len && !is_told_to_end(&held); done++) {
        vt_progress_show(&progress, done + 1, vt_virt_domain_name(domains->pdata[done]));
        worst =
            vt_worst(worst, apply_one(session, domains->pdata[done], measured, options, &progress));
    }
    if (done < domains->len)
        vt_talk(_("vmtune: told to end: %u of %u domains are done, the others are as they were"),
                done, domains->len);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return worst;
}

/* ---- all domains ---- */

static void
count_changes(Sum *sum, const VtPlan *plan, bool active)
{
    for (guint i = 0; i < plan->changes->len; i++) {
        const VtChange *change = plan->changes->pdata[i];
        if (change->effect == VT_EFFECT_BY_HAND)
            sum->by_hand++;
        else if (change->effect == VT_EFFECT_NOW && active)
            sum->at_once++;
        else
            sum->next_boot++;
    }
}

/* What belongs to another layer is told of, and no trouble where nobody named it. */
static int
look_at(Sum *sum, VtSession *session, VtVirtDomain *domain, bool repin)
{
    const char *name = vt_virt_domain_name(domain), *layer;
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = vt_virt_domain_stored_xml(domain, false, &error);
    g_autoptr(VtJudged) judged = xml ? vt_session_judge(session, xml, name, false, &error) : NULL;

    vt_progress_clear(&sum->progress);
    if (!judged)
        return vt_complain(error);
    layer = vt_judged_managed_by(judged);
    if (judged->result->plan->changes->len == 0 && (!repin || layer))
        return VT_EXIT_NOTHING;
    if (layer) {
        vt_talk(_("%s: left alone, its definition belongs to '%s'"), name, layer);
        return VT_EXIT_NOTHING;
    }
    count_changes(sum, judged->result->plan, vt_virt_domain_is_active(domain));
    g_ptr_array_add(sum->domains, domain);
    return VT_EXIT_NOTHING;
}

static int
look_at_all(Sum *sum, VtSession *session, const GPtrArray *domains, bool repin)
{
    int worst = VT_EXIT_NOTHING;

    sum->progress.count = domains->len;
    for (guint i = 0; i < domains->len; i++) {
        VtVirtDomain *domain = domains->pdata[i];
        vt_progress_show(&sum->progress, i + 1, vt_virt_domain_name(domain));
        if (vt_virt_domain_is_persistent(domain))
            worst = vt_worst(worst, look_at(sum, session, domain, repin));
    }
    vt_progress_clear(&sum->progress);
    return worst;
}

static void
tell_sum(const Sum *sum, bool repin)
{
    enum { NAMES = 10 };
    guint count = sum->domains->len, shown = MIN(count, NAMES);
    g_autoptr(GString) names = g_string_new(NULL);

    for (guint i = 0; i < shown; i++)
        g_string_append_printf(names, "%s%s", i ? ", " : "",
                               vt_virt_domain_name(sum->domains->pdata[i]));
    vt_talk(_("%u changes to the stored definitions of %u guests: %u take effect at once, %u at "
              "the next cold boot, %u by hand"),
            sum->at_once + sum->next_boot + sum->by_hand, count, sum->at_once, sum->next_boot,
            sum->by_hand);
    if (repin)
        vt_talk(_("and other pins where this host cannot honour those that are there"));
    if (shown < count)
        vt_talk(_("guests: %s and %u more"), names->str, count - shown);
    else
        vt_talk(_("guests: %s"), names->str);
    vt_talk(
        _("'vmtune diff --all' shows each change; 'vmtune undo' takes them back, guest by guest"));
}

static bool
is_confirmed(void)
{
    g_autofree char *answer = NULL;
    size_t room = 0;
    bool yes;

    fprintf(stderr, "%s ", _("Store them? [y/N]"));
    fflush(stderr);
    yes = getline(&answer, &room, stdin) > 0 && rpmatch(answer) == 1;
    if (!yes)
        vt_talk(_("nothing was stored"));
    return yes;
}

static int
apply_all(VtSession *session, const VtOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) domains = vt_virt_list(session->virt, &error);
    g_auto(Sum) sum = {.domains = g_ptr_array_new()};
    int status;

    if (!domains)
        return vt_complain(error);
    status = look_at_all(&sum, session, domains, options->repin);
    if (sum.domains->len == 0)
        return status;
    tell_sum(&sum, options->repin);
    if (!options->yes && !is_confirmed())
        return vt_worst(status, VT_EXIT_FOUND);
    return vt_worst(status, apply_each(session, sum.domains, options));
}

/* A name that is wrong keeps no other from its turn. */
static int
apply_named(VtSession *session, const VtOptions *options)
{
    g_autoptr(GPtrArray) domains =
        g_ptr_array_new_with_free_func((GDestroyNotify)vt_virt_domain_free);
    int worst = VT_EXIT_NOTHING;

    for (char **name = options->arguments; *name; name++) {
        g_autoptr(GError) error = NULL;
        VtVirtDomain *domain = vt_virt_lookup(session->virt, *name, &error);
        if (domain)
            g_ptr_array_add(domains, domain);
        else
            worst = vt_complain(error);
    }
    return vt_worst(worst, apply_each(session, domains, options));
}

static bool
check_options(const VtOptions *options)
{
    g_autoptr(GError) error = NULL;

    if (!options->all == !options->arguments)
        vt_talk(_("vmtune: name the domains to apply to, or --all"));
    else if (options->all && !options->yes && !isatty(STDIN_FILENO))
        vt_talk(_("vmtune: apply --all asks first, and standard input is no terminal; --yes "
                  "applies without being asked, 'vmtune diff --all' shows what"));
    else if (options->seconds != 0 && !options->measure)
        vt_talk(_("vmtune: --seconds says how long --measure is to take, and that is not given"));
    else if (vt_measure_check_seconds(options, &error))
        return true;
    else
        vt_complain(error);
    return false;
}

int
vt_cmd_apply(const VtOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtSession) session = NULL;

    if (!check_options(options))
        return VT_EXIT_TROUBLE;
    session = vt_session_open(options->connect, "apply", &error);
    if (!session)
        return vt_complain(error);
    session->context->profile = g_strdup(options->profile);
    return options->all ? apply_all(session, options) : apply_named(session, options);
}
