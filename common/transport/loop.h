/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One event loop per process, in which all HTTP happens: in the I/O thread, or
 * where none can be started in whichever thread waits (loop_drive.h). "In the
 * loop" is where that work is done.
 *
 * The thread is started by the first acquire and ended by the last release. It
 * blocks all signals. Either way the work is done in an OpenSSL library context
 * of its own, so that the application's providers, properties and error queues
 * never meet libcurl's. After a fork the child gets a new loop; the parent's is
 * forgotten, not touched.
 */

#ifndef AKV_LOOP_H
#define AKV_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "akv/error.h"

struct akv_loop;
struct akv_timer;

typedef void akv_loop_fn(void *arg);

/* A function to be run in the loop; the memory is the poster's and must stay
 * until the function was called. */
struct akv_task {
    struct akv_task *next;
    akv_loop_fn *fn;
    void *arg;
};

/* A descriptor that is watched; the memory is the watcher's. */
struct akv_watch {
    int fd;
    uint32_t events; /* EPOLLIN, EPOLLOUT */
    void (*fn)(void *arg, int fd, uint32_t events);
    void *arg;
};

/* A counted reference to this process's loop. Safe from any thread. may_thread
 * is asked of who comes first: false, or if no thread can be started, the
 * process has none for the rest of its life. */
struct akv_loop *akv_loop_acquire(bool may_thread, struct akv_error *err);

/* One more reference for who has one, or is in the loop. */
void akv_loop_hold(struct akv_loop *loop);

/* Whether there is no thread. */
bool akv_loop_is_driven(const struct akv_loop *loop);

/*
 * Gives the reference back. The last one stops the thread and waits for it,
 * two seconds at most: then what the thread stands on is left alone, since it
 * is still in use. In a forked child this does nothing.
 */
void akv_loop_release(struct akv_loop *loop);

/* Runs the task in the loop, in the order of posting. Any thread; where there
 * is no I/O thread, it has to wait or poll then. */
void akv_loop_post(struct akv_loop *loop, struct akv_task *task);

/*
 * Whether all descriptors of the loop are still its own: see fd.h. False for
 * good once one was lost: who finds that acquires another loop, as after a
 * fork, and leaves this one alone. Its thread ends when it finds out. Any
 * thread.
 */
bool akv_loop_intact(struct akv_loop *loop) AKV_MUST_CHECK;

/* Runs the task in the loop if that ends because descriptors were lost: none of
 * them may be used then. Any thread. */
void akv_loop_on_loss(struct akv_loop *loop, struct akv_task *task);
void akv_loop_off_loss(struct akv_loop *loop, struct akv_task *task);

/* The functions below are for who is in the loop. */

/* Whether it has a library context of its own: without one, nothing may be
 * sent. */
bool akv_loop_isolated(const struct akv_loop *loop);

/* What akv_loop_intact() has found. The loop asks it in each round, and other
 * threads at any moment: who is told so uses no descriptor any more. */
bool akv_loop_lost(const struct akv_loop *loop) AKV_MUST_CHECK;

/* The descriptor is one of the loop's, and owned, until it is closed. False,
 * and it is closed: no memory. */
bool akv_loop_keep(struct akv_loop *loop, int fd) AKV_MUST_CHECK;
void akv_loop_close(struct akv_loop *loop, int fd);

/* From now on nobody closes it without telling by akv_loop_close(): if it is
 * gone, it is lost. Does nothing where the number is none that is kept. */
void akv_loop_settle(struct akv_loop *loop, int fd);

/*
 * Between these two somebody else's code may close descriptors of the loop that
 * are not settled without telling (libcurl 7.88 does so with a connection that
 * is given up while it is being made): nobody takes that for a loss. What is
 * closed is to be forgotten before leave(): one by akv_loop_own_gone(), or all
 * that are. Not nested.
 */
void akv_loop_own_enter(struct akv_loop *loop);
void akv_loop_own_gone(struct akv_loop *loop, int fd); /* -1: any */
void akv_loop_own_leave(struct akv_loop *loop);

/* Calls fn once, ms milliseconds from now. NULL: no memory. */
struct akv_timer *akv_loop_timer(struct akv_loop *loop, int64_t ms,
                                 akv_loop_fn *fn, void *arg);

/* Stops a timer that has not fired. NULL is fine. */
void akv_loop_timer_stop(struct akv_loop *loop, struct akv_timer *timer);

/* Watches a descriptor, or changes what it is watched for. */
bool akv_loop_watch(struct akv_loop *loop, struct akv_watch *watch,
                    bool known) AKV_MUST_CHECK;
void akv_loop_unwatch(struct akv_loop *loop, struct akv_watch *watch);

#endif
