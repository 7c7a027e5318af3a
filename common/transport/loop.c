/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The work of the loop, by whoever is in it. The lock is held for the queue,
 * not while functions are called: these may post, and set and stop timers. A
 * task's memory may go in its call, and a watch's as soon as it is unwatched,
 * and what the same round has left for it is dropped.
 */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "akv/buf.h"
#include "base/clock.h"
#include "transport/loop_impl.h"

#define IDLE_MS 60000 /* between looks at descriptors */
#define BUSY_MS 1000  /* the same while one is watched */
#define EVENTS_AT_ONCE 64

int64_t akv_loop_now(void)
{
    return akv_clock_mono(akv_clock_system());
}

static void run_queue(struct akv_loop *loop)
{
    struct akv_task *task, *next;

    (void)pthread_mutex_lock(&loop->lock);
    task = loop->first;
    loop->first = NULL;
    loop->last = &loop->first;
    (void)pthread_mutex_unlock(&loop->lock);
    for (; task != NULL; task = next) {
        next = task->next; /* the task's memory may go with the call */
        task->fn(task->arg);
    }
}

/* Runs what is due; a timer that is set with 0 ms meanwhile may be, too. */
static void run_timers(struct akv_loop *loop)
{
    int64_t now = akv_loop_now();
    struct akv_timer *timer;

    while ((timer = loop->timers.next) != &loop->timers && timer->due <= now) {
        akv_loop_fn *fn = timer->fn;
        void *arg = timer->arg;

        akv_loop_timer_stop(loop, timer);
        fn(arg);
        run_queue(loop);
    }
}

void akv_loop_work(struct akv_loop *loop)
{
    run_queue(loop);
    if (atomic_load(&loop->lost))
        akv_loop_run_on_loss(loop);
    else
        run_timers(loop);
}

static int next_timeout(const struct akv_loop *loop, int64_t most)
{
    int64_t look = loop->watched > 0 ? BUSY_MS : IDLE_MS, left;

    if (most > look)
        most = look;
    if (loop->timers.next != &loop->timers) {
        left = loop->timers.next->due - akv_loop_now();
        if (left < most)
            most = left;
    }
    return most > 0 ? (int)most : 0;
}

static void loop_drain(int fd)
{
    char bytes[64];

    while (read(fd, bytes, sizeof(bytes)) < 0 && errno == EINTR)
        ;
}

static void loop_dispatch(struct akv_loop *loop, struct epoll_event *events,
                          int n)
{
    int i;

    loop->events = events;
    loop->event_count = n;
    for (i = 0; i < n; i++) {
        struct akv_watch *watch = events[i].data.ptr;

        if (watch == NULL) /* unwatched by an earlier one of this round */
            continue;
        if (watch == (void *)&loop->own.wake)
            loop_drain(loop->own.wake.fd);
        else if (watch == (void *)&loop->own.due)
            loop_drain(loop->own.due);
        else
            watch->fn(watch->arg, watch->fd, events[i].events);
    }
    loop->events = NULL;
}

bool akv_loop_round(struct akv_loop *loop, int64_t most_ms)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int n = epoll_wait(loop->own.epoll, events, EVENTS_AT_ONCE,
                       next_timeout(loop, most_ms));

    if (!akv_loop_intact(loop)) {
        akv_loop_work(loop);
        return false;
    }
    if (n > 0)
        loop_dispatch(loop, events, n);
    akv_loop_work(loop);
    return true;
}

void akv_loop_wake(const struct akv_loop *loop)
{
    if (!akv_fd_is_ours(&loop->own.waker))
        return;
    while (write(loop->own.waker.fd, "", 1) < 0 && errno == EINTR)
        ; /* where the pipe is full somebody is awake */
}

/* Where nobody does the loop's work, whoever posts goes on to do it. */
void akv_loop_post(struct akv_loop *loop, struct akv_task *task)
{
    bool was_empty, wake;

    task->next = NULL;
    (void)pthread_mutex_lock(&loop->lock);
    was_empty = loop->first == NULL;
    *loop->last = task;
    loop->last = &task->next;
    wake = was_empty && (!loop->driven || loop->drivers.busy);
    (void)pthread_mutex_unlock(&loop->lock);
    if (wake)
        akv_loop_wake(loop);
}

bool akv_loop_isolated(const struct akv_loop *loop)
{
    return loop->tls != NULL;
}

bool akv_loop_is_driven(const struct akv_loop *loop)
{
    return loop->driven;
}

/* Most timers are set for later than all others: search from the end. */
struct akv_timer *akv_loop_timer(struct akv_loop *loop, int64_t ms,
                                 akv_loop_fn *fn, void *arg)
{
    struct akv_timer *timer = calloc(1, sizeof(*timer)), *at;

    if (timer == NULL)
        return NULL;
    timer->due = akv_loop_now() + (ms > 0 ? ms : 0);
    timer->fn = fn;
    timer->arg = arg;
    for (at = loop->timers.prev; at != &loop->timers && at->due > timer->due;)
        at = at->prev;
    timer->prev = at;
    timer->next = at->next;
    at->next->prev = timer;
    at->next = timer;
    return timer;
}

void akv_loop_timer_stop(struct akv_loop *loop, struct akv_timer *timer)
{
    (void)loop;
    if (timer == NULL)
        return;
    timer->prev->next = timer->next;
    timer->next->prev = timer->prev;
    free(timer);
}

bool akv_loop_watch(struct akv_loop *loop, struct akv_watch *watch, bool known)
{
    struct epoll_event event = { .events = watch->events };

    event.data.ptr = watch;
    loop->watched += !known;
    if (atomic_load(&loop->lost))
        return false;
    return epoll_ctl(loop->own.epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
                     watch->fd, &event)
           == 0;
}

void akv_loop_unwatch(struct akv_loop *loop, struct akv_watch *watch)
{
    int i;

    loop->watched--;
    if (!atomic_load(&loop->lost))
        (void)epoll_ctl(loop->own.epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    for (i = 0; loop->events != NULL && i < loop->event_count; i++)
        if (loop->events[i].data.ptr == watch)
            loop->events[i].data.ptr = NULL;
}
