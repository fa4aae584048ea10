/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvirt's qemu hook. libvirt runs it as root in the path of every start:
 *
 *     qemu NAME OPERATION SUB-OPERATION EXTRA     the domain's XML on standard input
 *
 * Laws: no libvirt (it would deadlock), no child, nothing on standard output but in a filter, and
 * any trouble of vmtune's own is a line on standard error and exit 0: a hook that fails on
 * reconnect costs a running guest its life.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edges/context.h"
#include "edges/ledger.h"
#include "ops.h"

/* Far more than any operation takes; libvirt itself would wait for ever. */
#define TIME_LIMIT_SECONDS 10

/* Also what would be a crash must not harm a guest. Calls what is safe in a signal handler. */
static void
leave(int number)
{
    static const char message[] = "vmtune: the hook was ended by a signal; the guest is left as "
                                  "it is\n";

    (void)number;
    if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0) {
        /* nobody there to be told */
    }
    _exit(VT_HOOK_ALLOW);
}

/* A descriptor that is closed would be given to the next file, which must not pass for standard
 * output. */
static void
open_standard_descriptors(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

/* @stack: for the handler, since the other may be what ran out */
static void
guard(void *stack, size_t size)
{
    static const int deadly[] = {SIGABRT, SIGALRM, SIGBUS,  SIGFPE,  SIGHUP, SIGILL,
                                 SIGINT,  SIGSEGV, SIGTERM, SIGXCPU, SIGSYS};
    const stack_t alternate = {.ss_sp = stack, .ss_size = size};
    struct sigaction action = {.sa_handler = leave, .sa_flags = SA_ONSTACK};

    sigaltstack(&alternate, NULL);
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
        sigaction(deadly[i], &action, NULL);
    /* these come back as errors of the call */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    alarm(TIME_LIMIT_SECONDS);
}

/* Half a domain would be worse than none: from here on nothing interrupts. */
static void
print_all(const char *text)
{
    gsize left = strlen(text);

    alarm(0);
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    while (left > 0) {
        ssize_t put = write(STDOUT_FILENO, text, left);
        if (put < 0 && errno != EINTR)
            return;
        text += MAX(put, 0);
        left -= (gsize)MAX(put, 0);
    }
}

int
main(int argc, char **argv)
{
    VtHookOperation run = argc < 3 ? NULL : vt_hook_find(argv[2]);
    VtHookCall call = {
        .name = argc < 3 ? NULL : argv[1],
        .xml_fd = STDIN_FILENO,
        .host_root = "/",
        .conf_dir = vt_context_confdir(), /* the rules are read from there, too */
        .run_dir = VT_RUNDIR,
        .pid_dir = VT_LEDGER_PID_DIR,
    };
    char stack[16384];
    int status;

    if (!run)
        return VT_HOOK_ALLOW;
    open_standard_descriptors();
    /* a filter's output is the domain and nothing else */
    g_log_writer_default_set_use_stderr(TRUE);
    guard(stack, sizeof(stack));
    status = run(&call);
    if (call.answer)
        print_all(call.answer);
    g_free(call.answer);
    return status;
}
