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
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ops.h"

/* Far more than any operation takes; libvirt itself would wait for ever. */
#define TIME_LIMIT_SECONDS 10

static const struct {
    const char *name;
    int (*run)(const char *domain_name);
} operations[] = {
    {"prepare", vt_hook_prepare}, {"started", vt_hook_record},  {"reconnect", vt_hook_record},
    {"release", vt_hook_release}, {"migrate", vt_hook_migrate}, {"restore", vt_hook_restore},
};

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

int
main(int argc, char **argv)
{
    char stack[16384];

    if (argc < 3)
        return VT_HOOK_ALLOW;
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (strcmp(argv[2], operations[i].name) == 0) {
            open_standard_descriptors();
            guard(stack, sizeof(stack));
            return operations[i].run(argv[1]);
        }
    }
    return VT_HOOK_ALLOW;
}
