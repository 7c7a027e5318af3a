/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A thread inherits the signal mask of who starts it, which is set around that:
 * a mask that the thread set itself could come behind the first signal.
 */

#include <signal.h>

#include "base/thread.h"

int akv_thread_start(pthread_t *thread, void *(*fn)(void *arg), void *arg)
{
    static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
    sigset_t all, before;
    size_t i;
    int rc;

    (void)sigfillset(&all);
    for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        (void)sigdelset(&all, faults[i]);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(thread, NULL, fn, arg);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}
