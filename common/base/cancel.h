/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A thread of the program's that is cancelled (pthread_cancel(3)) must not end
 * while it holds a lock or a reference of ours, so it cannot be cancelled where
 * we wait, write or open; it ends at the next cancellation point behind. Never
 * across the pause of a job, which may go on in another thread.
 */

#ifndef AKV_CANCEL_H
#define AKV_CANCEL_H

#include <pthread.h>

/* What the thread's state was. */
static inline int akv_cancel_off(void)
{
    int before = PTHREAD_CANCEL_ENABLE;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    return before;
}

static inline void akv_cancel_restore(int before)
{
    (void)pthread_setcancelstate(before, NULL);
}

#endif
