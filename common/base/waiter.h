/* SPDX-License-Identifier: Apache-2.0 */

/* Waiting that does not block a thread. */

#ifndef AKV_WAITER_H
#define AKV_WAITER_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct akv_ready_fd;
struct akv_wait;

/*
 * How to wait where a thread must not be blocked, because it runs many jobs in
 * turn. wake() is called once when it is over or given up, in any thread, even
 * if nobody has come back to wait; and pause() as often as it is not over,
 * until end(). pause() may never return, if the job is abandoned: nothing ends
 * then. Such a wait is on the heap, since the stack of a job goes with it.
 */
struct akv_wait_ops {
    void (*wake)(struct akv_wait *wait);
    bool (*pause)(struct akv_wait *wait); /* false: it was none */
    void (*end)(struct akv_wait *wait);
    /* What tells that the job is to go on; as long as the wait lasts. */
    const struct akv_ready_fd *(*ready)(struct akv_wait *wait);
    /* Sets what is called, once, when the job is abandoned, in the thread that
     * does that; NULL: nothing. */
    void (*on_abandoned)(struct akv_wait *wait, void (*fn)(void *arg),
                         void *arg);
};

/* One such wait: the first member of what it needs. */
struct akv_wait {
    const struct akv_wait_ops *ops; /* static */
    struct akv_wait *next;          /* of those that wait for the same */
};

/* Begins to wait, in the thread that wants to; NULL: it shall be blocked as
 * usual. */
typedef struct akv_wait *akv_waiter_fn(void);

#ifdef __cplusplus
}
#endif

#endif
