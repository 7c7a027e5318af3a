/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The one descriptor of a client in a process, and what is due: functions to be
 * called in the program's thread. It is readable while there are some, and
 * where there is no thread also when there is something to be done for the
 * loop.
 */

#ifndef AKV_DISPATCH_H
#define AKV_DISPATCH_H

#include <pthread.h>

#include "akv/error.h"
#include "transport/loop_drive.h"

/* Something to be called; the memory is the caller's until it is. */
struct akv_due {
    struct akv_due *next;
    void (*fn)(void *arg);
    void *arg;
};

struct akv_dispatch {
    pthread_mutex_t lock;    /* taken before the loop's */
    bool is_on;              /* the program has asked for the descriptor */
    struct akv_ready_fd due; /* up while first is not NULL */
    struct akv_ready_fd all; /* the program's: watches due, and the loop's */
    struct akv_mate mate;    /* by that, while calls are under way */
    struct akv_due *first, **last;
    unsigned under_way; /* calls that will have something due */
};

/* False: no memory. */
bool akv_dispatch_init(struct akv_dispatch *dispatch) AKV_MUST_CHECK;

/* When nobody uses it any more. */
void akv_dispatch_destroy(struct akv_dispatch *dispatch);

/* As akv_client_fd(). */
int akv_dispatch_fd(struct akv_dispatch *dispatch, struct akv_loop *loop,
                    struct akv_error *err);

/* A call with something due at its end begins, and ends in the loop. False:
 * the program has no descriptor, and it is to be called there and then. */
void akv_dispatch_begin(struct akv_dispatch *dispatch, struct akv_loop *loop);
bool akv_dispatch_end(struct akv_dispatch *dispatch, struct akv_loop *loop,
                      struct akv_due *due) AKV_MUST_CHECK;

/* Calls what is due by now; returns how many that was. */
size_t akv_dispatch_run(struct akv_dispatch *dispatch);

#endif
