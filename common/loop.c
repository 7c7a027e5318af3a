/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "event.h"
#include "loop.h"
#include "per_process.h"
#include "tls.h"

#define STOP_MS 2000
#define EVENTS_AT_ONCE 64

struct akv_timer {
    struct akv_timer *prev, *next;
    int64_t due; /* monotonic ms */
    akv_loop_fn *fn;
    void *arg;
};

struct akv_loop {
    pthread_t thread;
    struct akv_event ended;     /* the thread's last act */
    int epoll;                  /* owned */
    int wake;                   /* owned; eventfd, watched by epoll */
    struct akv_timer timers;    /* head of a ring, earliest first */
    struct epoll_event *events; /* what is being dispatched, or NULL */
    int event_count;
    bool isolated; /* the thread's: it has a library context of its own */
    atomic_bool stop;
    pthread_mutex_t lock;           /* guards the queue, never held for long */
    struct akv_task *first, **last; /* the queue */
};

/* What this process shares. */
struct process {
    struct akv_own own;
    pthread_mutex_t lock;  /* guards loop and refs */
    struct akv_loop *loop; /* owned; NULL while nobody holds a reference */
    unsigned refs;
};

static akv_own_slot this_process;

/* NULL: no memory. */
static struct process *get_process(void)
{
    struct process *found = (struct process *)akv_own_find(&this_process);
    struct process *mine;

    if (found != NULL)
        return found;
    mine = calloc(1, sizeof(*mine));
    if (mine == NULL || pthread_mutex_init(&mine->lock, NULL) != 0) {
        free(mine);
        return NULL;
    }
    found = (struct process *)akv_own_put(&this_process, &mine->own);
    if (found == mine)
        return mine;
    (void)pthread_mutex_destroy(&mine->lock);
    free(mine);
    return found;
}

static int64_t now_ms(void)
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
    int64_t now = now_ms();
    struct akv_timer *timer;

    while ((timer = loop->timers.next) != &loop->timers && timer->due <= now) {
        akv_loop_fn *fn = timer->fn;
        void *arg = timer->arg;

        akv_loop_timer_stop(loop, timer);
        fn(arg);
        run_queue(loop);
    }
}

static int next_timeout(const struct akv_loop *loop)
{
    int64_t left;

    if (loop->timers.next == &loop->timers)
        return -1;
    left = loop->timers.next->due - now_ms();
    if (left < 0)
        return 0;
    return left > 60000 ? 60000 : (int)left;
}

static void drain_wake(const struct akv_loop *loop)
{
    uint64_t count;

    while (read(loop->wake, &count, sizeof(count)) < 0 && errno == EINTR)
        ;
}

static void dispatch(struct akv_loop *loop, struct epoll_event *events, int n)
{
    int i;

    loop->events = events;
    loop->event_count = n;
    for (i = 0; i < n; i++) {
        struct akv_watch *watch = events[i].data.ptr;

        if (watch == NULL) /* unwatched by an earlier one of this round */
            continue;
        if (watch == (void *)loop)
            drain_wake(loop);
        else
            watch->fn(watch->arg, watch->fd, events[i].events);
    }
    loop->events = NULL;
}

static void *loop_main(void *arg)
{
    struct akv_loop *loop = arg;
    struct epoll_event events[EVENTS_AT_ONCE];
    struct akv_tls_thread *tls = akv_tls_thread_enter();

    loop->isolated = tls != NULL;
    while (!atomic_load(&loop->stop)) {
        int n =
            epoll_wait(loop->epoll, events, EVENTS_AT_ONCE, next_timeout(loop));

        if (n > 0)
            dispatch(loop, events, n);
        run_queue(loop);
        run_timers(loop);
        akv_wipe_traces(AKV_TRACES_LOOP); /* it may wait long for the next */
    }
    run_queue(loop);
    akv_wipe_traces(AKV_TRACES_LOOP);
    akv_tls_thread_leave(tls);
    akv_event_set(&loop->ended);
    return NULL;
}

static void loop_free(struct akv_loop *loop)
{
    struct akv_timer *timer, *next;

    for (timer = loop->timers.next; timer != &loop->timers; timer = next) {
        next = timer->next;
        free(timer);
    }
    if (loop->epoll >= 0)
        (void)close(loop->epoll);
    if (loop->wake >= 0)
        (void)close(loop->wake);
    akv_event_destroy(&loop->ended);
    (void)pthread_mutex_destroy(&loop->lock);
    free(loop);
}

static struct akv_loop *loop_new(void)
{
    struct akv_loop *loop = calloc(1, sizeof(*loop));
    struct epoll_event event = { .events = EPOLLIN };

    if (loop == NULL || !akv_event_init(&loop->ended)) {
        free(loop);
        return NULL;
    }
    (void)pthread_mutex_init(&loop->lock, NULL);
    loop->timers.prev = loop->timers.next = &loop->timers;
    loop->last = &loop->first;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    event.data.ptr = loop; /* no watch has this address */
    if (loop->epoll < 0 || loop->wake < 0
        || epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->wake, &event) != 0) {
        loop_free(loop);
        return NULL;
    }
    return loop;
}

/* The thread inherits the mask: the application's signals never go to it. */
static int start_thread(struct akv_loop *loop)
{
    /* The thread's own faults: a crash handler must see them. */
    static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
    sigset_t all, before;
    size_t i;
    int rc;

    (void)sigfillset(&all);
    for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        (void)sigdelset(&all, faults[i]);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&loop->thread, NULL, loop_main, loop);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc == 0)
        (void)pthread_setname_np(loop->thread, "akv-io");
    return rc;
}

static struct akv_loop *loop_start(struct akv_error *err)
{
    struct akv_loop *loop = loop_new();
    int rc;

    if (loop == NULL) {
        (void)akv_error_set(err, AKV_E_MEMORY,
                            "the I/O loop cannot be made: %s", strerror(errno));
        return NULL;
    }
    rc = start_thread(loop);
    if (rc == 0)
        return loop;
    loop_free(loop);
    (void)akv_error_set(err, AKV_E_MEMORY,
                        "the I/O thread cannot be started: %s", strerror(rc));
    return NULL;
}

static void wake_up(const struct akv_loop *loop)
{
    const uint64_t one = 1;

    while (write(loop->wake, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

static void loop_stop(struct akv_loop *loop)
{
    atomic_store(&loop->stop, true);
    wake_up(loop);
    if (!akv_event_wait(&loop->ended, now_ms() + STOP_MS))
        return;
    (void)pthread_join(loop->thread, NULL);
    loop_free(loop);
}

struct akv_loop *akv_loop_acquire(struct akv_error *err)
{
    struct process *process = get_process();
    struct akv_loop *loop;

    if (process == NULL) {
        (void)akv_error_set(err, AKV_E_MEMORY, "no memory for the I/O loop");
        return NULL;
    }
    (void)pthread_mutex_lock(&process->lock);
    if (process->loop == NULL)
        process->loop = loop_start(err);
    loop = process->loop;
    if (loop != NULL)
        process->refs++;
    (void)pthread_mutex_unlock(&process->lock);
    return loop;
}

void akv_loop_release(struct akv_loop *loop)
{
    struct process *process = get_process();
    bool last = false;

    if (loop == NULL || process == NULL)
        return;
    (void)pthread_mutex_lock(&process->lock);
    if (process->loop == loop && --process->refs == 0) {
        process->loop = NULL;
        last = true;
    }
    (void)pthread_mutex_unlock(&process->lock);
    if (last)
        loop_stop(loop);
}

void akv_loop_post(struct akv_loop *loop, struct akv_task *task)
{
    bool was_empty;

    task->next = NULL;
    (void)pthread_mutex_lock(&loop->lock);
    was_empty = loop->first == NULL;
    *loop->last = task;
    loop->last = &task->next;
    (void)pthread_mutex_unlock(&loop->lock);
    if (was_empty)
        wake_up(loop);
}

bool akv_loop_isolated(const struct akv_loop *loop)
{
    return loop->isolated;
}

/* Most timers are set for later than all others: search from the end. */
struct akv_timer *akv_loop_timer(struct akv_loop *loop, int64_t ms,
                                 akv_loop_fn *fn, void *arg)
{
    struct akv_timer *timer = calloc(1, sizeof(*timer)), *at;

    if (timer == NULL)
        return NULL;
    timer->due = now_ms() + (ms > 0 ? ms : 0);
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
    return epoll_ctl(loop->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
                     watch->fd, &event)
           == 0;
}

void akv_loop_unwatch(struct akv_loop *loop, struct akv_watch *watch)
{
    int i;

    (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    for (i = 0; loop->events != NULL && i < loop->event_count; i++)
        if (loop->events[i].data.ptr == watch)
            loop->events[i].data.ptr = NULL;
}
