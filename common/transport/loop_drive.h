/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The loop's work where no thread can be started: those who wait do it, one at
 * a time. A thread that waits does it until it has what it waits for, and then
 * hands over to the next. Of the jobs of one thread (ASYNC_start_job(3)) one is
 * in charge: the descriptor by which it waits is readable when there is
 * something to do, and whoever polls it resumes the job, which does that. Each
 * thread has one in charge, since a program may leave one alone for long.
 */

#ifndef AKV_LOOP_DRIVE_H
#define AKV_LOOP_DRIVE_H

#include "base/event.h"
#include "transport/loop.h"
#include "transport/ready.h"

/* One of a thread's that wait by a descriptor. */
struct akv_mate {
    struct akv_mate *next;
    struct akv_crew *crew;            /* or NULL: it does not wait */
    const struct akv_ready_fd *ready; /* borrowed */
    bool barred;                      /* somebody else was in the loop */
};

/*
 * Waits until the event is set, which the loop's work brings about, or the
 * monotonic clock shows until_ms; true: set. begin says how (NULL: the thread
 * is blocked). A job must not be in the loop, and neither must the thread.
 */
bool akv_loop_await(struct akv_loop *loop, struct akv_event *event,
                    akv_waiter_fn *begin, int64_t until_ms) AKV_MUST_CHECK;

/* Does what there is to do, without waiting for more, unless somebody else
 * does it. For one that has joined or not. Any thread that is not in the loop.
 */
void akv_loop_poll(struct akv_loop *loop, struct akv_mate *mate);

/* Keeps others out for good, at the end. False: somebody is still in the loop
 * when the monotonic clock shows until_ms. */
bool akv_loop_claim(struct akv_loop *loop, int64_t until_ms) AKV_MUST_CHECK;

/* The calling thread's descriptor ready waits from now on for the loop's work;
 * nothing happens where there is a thread. Whoever finds it readable calls
 * akv_loop_poll(). */
void akv_mate_join(struct akv_loop *loop, struct akv_mate *mate,
                   const struct akv_ready_fd *ready);

/* No longer. Fine where it has not joined, or has left. */
void akv_mate_leave(struct akv_loop *loop, struct akv_mate *mate);

#endif
