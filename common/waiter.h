/* SPDX-License-Identifier: Apache-2.0 */

/* Waiting that does not block a thread. */

#ifndef AKV_WAITER_H
#define AKV_WAITER_H

#include <stdbool.h>

/*
 * How to wait where a thread must not be blocked, because it runs many jobs in
 * turn. begin() is called in the thread that wants to wait; NULL means that it
 * shall be blocked as usual. Otherwise wake() is called once when it is over,
 * in any thread, even if nobody has come back to wait; and pause() as often as
 * it is not over, until end(). pause() may never return, if the job is
 * abandoned: nothing ends then.
 */
struct akv_waiter {
    void *(*begin)(void);
    void (*wake)(void *wait);
    bool (*pause)(void *wait); /* false: it cannot; the thread is blocked */
    void (*end)(void *wait);
};

#endif
