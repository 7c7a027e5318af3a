/* SPDX-License-Identifier: Apache-2.0 */

/*
 * To be preloaded: when the program ends, it says "ended" with its process id
 * to the file that PAUSE names, and waits for a SIGUSR1, so that somebody can
 * look into its memory (see core.c).
 */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static void __attribute__((constructor)) prepare(void)
{
    sigset_t usr1;

    (void)sigemptyset(&usr1);
    (void)sigaddset(&usr1, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &usr1, NULL);
    /* Where only ancestors may look: everybody who may at all. */
    (void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
}

static void __attribute__((destructor)) pause_here(void)
{
    const char *path = getenv("PAUSE");
    int fd = path != NULL ? open(path, O_WRONLY | O_CLOEXEC) : -1, got;
    sigset_t usr1;

    if (fd < 0)
        return;
    (void)sigemptyset(&usr1);
    (void)sigaddset(&usr1, SIGUSR1);
    if (dprintf(fd, "ended %ld\n", (long)getpid()) > 0)
        (void)sigwait(&usr1, &got);
    (void)close(fd);
}
