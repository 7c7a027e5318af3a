/* SPDX-License-Identifier: Apache-2.0 */

/* What a loop consists of, for loop.c (its work), loop_own.c (descriptors and
 * their loss), loop_run.c (the thread) and loop_drive.c (callers). */

#ifndef AKV_LOOP_IMPL_H
#define AKV_LOOP_IMPL_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>

#include "base/event.h"
#include "base/fd.h"
#include "base/per_process.h"
#include "base/stack.h"
#include "transport/loop.h"
#include "transport/loop_drive.h"
#include "transport/tls.h"

struct akv_timer {
    struct akv_timer *prev, *next;
    int64_t due; /* monotonic ms */
    akv_loop_fn *fn;
    void *arg;
};

/* One that others work with, such as libcurl's sockets. */
struct akv_kept {
    struct akv_fd fd;
    bool settled; /* see akv_loop_settle() */
};

/* The descriptors that are the loop's. */
struct akv_loop_own {
    int epoll;                 /* it watches what follows */
    struct akv_fd wake, waker; /* a pipe's ends */
    int due;                   /* timerfd for those who poll; -1: none */
    struct akv_kept *kept;
    size_t kept_count, kept_room;
    bool unsure; /* of those not settled: see akv_loop_own_enter() */
};

/* Who does the work where there is no thread. */
struct akv_loop_drivers {
    bool busy;                    /* somebody does */
    struct akv_follower *waiting; /* threads, to take over */
    struct akv_crew *crews;       /* of threads with jobs */
    size_t barred;                /* in charge, but did not get in */
    int64_t armed;                /* what due is set to; 0: nothing */
};

struct akv_loop {
    struct akv_stamp stamp;    /* whose it is */
    struct akv_tls_world *tls; /* the thread's, or shared; NULL: see isolated */
    struct akv_tls_visit *visit; /* owned: of who is in the loop */
    struct akv_timer timers;     /* head of a ring, earliest first */
    size_t watched;              /* descriptors besides wake and due */
    struct epoll_event *events;  /* what is being dispatched, or NULL */
    int event_count;
    pthread_t thread;        /* where there is one */
    struct akv_event ended;  /* the thread's last act */
    atomic_flag is_joined;   /* or detached */
    bool driven;             /* there is none */
    struct akv_stack *stack; /* owned: callers' while they drive */
    atomic_bool stop;
    atomic_bool lost;               /* descriptors: it is left alone */
    pthread_mutex_t lock;           /* guards what follows, for a short time */
    struct akv_task *first, **last; /* the queue */
    struct akv_task *on_loss;
    struct akv_loop_own own;
    struct akv_loop_drivers drivers;
    struct akv_loop *next_lost; /* the process's: reachable, never freed */
};

/* Monotonic. */
int64_t akv_loop_now(void);

/* loop.c. These two: by whoever does the loop's work. */

/* Runs what was posted and what is due. */
void akv_loop_work(struct akv_loop *loop);

/* Waits for events, most_ms at most, and runs what they bring. False: it has
 * lost descriptors, and none of its own may be used. */
bool akv_loop_round(struct akv_loop *loop, int64_t most_ms) AKV_MUST_CHECK;

void akv_loop_wake(const struct akv_loop *loop);

/* loop_own.c */

/* All that it needs, or false, with errno. */
bool akv_loop_own_open(struct akv_loop *loop, bool driven) AKV_MUST_CHECK;
void akv_loop_own_close(struct akv_loop *loop);
void akv_loop_run_on_loss(struct akv_loop *loop);

#endif
