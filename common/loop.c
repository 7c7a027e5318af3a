/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "event.h"
#include "fd.h"
#include "loop.h"
#include "per_process.h"
#include "tls.h"

#define STOP_MS 2000
#define IDLE_MS 60000 /* between looks at descriptors */
#define BUSY_MS 1000  /* the same while one is watched */
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
    atomic_flag is_joined;      /* or detached */
    int epoll;                  /* owned; it watches wake */
    struct akv_fd wake, waker;  /* owned; a pipe's ends */
    size_t watched;             /* descriptors besides wake */
    struct akv_timer timers;    /* head of a ring, earliest first */
    struct epoll_event *events; /* what is being dispatched, or NULL */
    int event_count;
    bool isolated; /* the thread's: it has a library context of its own */
    atomic_bool stop;
    atomic_bool lost;               /* descriptors: it is left alone */
    pthread_mutex_t lock;           /* guards what follows, for a short time */
    struct akv_task *first, **last; /* the queue */
    struct akv_task *on_loss;
    struct akv_fd *kept; /* owned, as what is in it */
    size_t kept_count, kept_room;
    struct akv_loop *next_lost; /* the process's: reachable, never freed */
};

/* What this process shares. */
struct process {
    struct akv_own own;
    pthread_mutex_t lock;  /* guards loop and refs */
    struct akv_loop *loop; /* owned; NULL while nobody holds a reference */
    unsigned refs;
    struct akv_loop *lost; /* the first of those that have lost descriptors */
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
    int64_t most = loop->watched > 0 ? BUSY_MS : IDLE_MS, left;

    if (loop->timers.next == &loop->timers)
        return (int)most;
    left = loop->timers.next->due - now_ms();
    if (left < 0)
        return 0;
    return left > most ? (int)most : (int)left;
}

static void drain_wake(const struct akv_loop *loop)
{
    char bytes[64];

    while (read(loop->wake.fd, bytes, sizeof(bytes)) < 0 && errno == EINTR)
        ;
}

static bool watch_wake(struct akv_loop *loop, int what)
{
    struct epoll_event event = { .events = EPOLLIN };

    event.data.ptr = loop; /* no watch has this address */
    return epoll_ctl(loop->epoll, what, loop->wake.fd, &event) == 0;
}

/* An epoll that watches what is ours is ours. */
static bool has_all(struct akv_loop *loop)
{
    size_t i = 0;

    while (i < loop->kept_count && akv_fd_is_ours(&loop->kept[i]))
        i++;
    return i == loop->kept_count && akv_fd_is_ours(&loop->waker)
           && akv_fd_is_ours(&loop->wake) && watch_wake(loop, EPOLL_CTL_MOD);
}

bool akv_loop_intact(struct akv_loop *loop)
{
    if (atomic_load(&loop->lost))
        return false;
    (void)pthread_mutex_lock(&loop->lock);
    if (!has_all(loop))
        atomic_store(&loop->lost, true);
    (void)pthread_mutex_unlock(&loop->lock);
    return !atomic_load(&loop->lost);
}

/* Closes what is its own. Where something was lost the program may be closing
 * and opening at this very moment: the rest is left open. */
static void close_all(struct akv_loop *loop)
{
    if (!akv_loop_intact(loop))
        return;
    (void)pthread_mutex_lock(&loop->lock);
    (void)close(loop->epoll);
    akv_fd_close(&loop->wake);
    akv_fd_close(&loop->waker);
    while (loop->kept_count > 0)
        akv_fd_close(&loop->kept[--loop->kept_count]);
    (void)pthread_mutex_unlock(&loop->lock);
}

bool akv_loop_lost(const struct akv_loop *loop)
{
    return atomic_load(&loop->lost);
}

void akv_loop_on_loss(struct akv_loop *loop, struct akv_task *task)
{
    (void)pthread_mutex_lock(&loop->lock);
    task->next = loop->on_loss;
    loop->on_loss = task;
    (void)pthread_mutex_unlock(&loop->lock);
}

void akv_loop_off_loss(struct akv_loop *loop, struct akv_task *task)
{
    struct akv_task **link;

    (void)pthread_mutex_lock(&loop->lock);
    for (link = &loop->on_loss; *link != NULL; link = &(*link)->next)
        if (*link == task) {
            *link = task->next;
            break;
        }
    (void)pthread_mutex_unlock(&loop->lock);
}

static void run_on_loss(struct akv_loop *loop)
{
    struct akv_task *task;

    for (;;) {
        (void)pthread_mutex_lock(&loop->lock);
        task = loop->on_loss;
        if (task != NULL)
            loop->on_loss = task->next;
        (void)pthread_mutex_unlock(&loop->lock);
        if (task == NULL)
            return;
        task->fn(task->arg);
    }
}

static bool keep(struct akv_loop *loop, const struct akv_fd *own)
{
    struct akv_fd *more = loop->kept;

    if (loop->kept_count == loop->kept_room)
        more = reallocarray(more, 2 * loop->kept_room + 4, sizeof(*more));
    if (more == NULL)
        return false;
    if (loop->kept_count == loop->kept_room)
        loop->kept_room = 2 * loop->kept_room + 4;
    loop->kept = more;
    more[loop->kept_count++] = *own;
    return true;
}

bool akv_loop_keep(struct akv_loop *loop, int fd)
{
    struct akv_fd own = AKV_FD_NONE;
    bool ok;

    (void)pthread_mutex_lock(&loop->lock);
    ok = akv_fd_take(&own, fd) && keep(loop, &own);
    (void)pthread_mutex_unlock(&loop->lock);
    if (!ok)
        akv_fd_close(&own);
    return ok;
}

void akv_loop_close(struct akv_loop *loop, int fd)
{
    size_t i = 0;

    (void)pthread_mutex_lock(&loop->lock);
    while (i < loop->kept_count && loop->kept[i].fd != fd)
        i++;
    if (i < loop->kept_count) {
        if (!atomic_load(&loop->lost))
            akv_fd_close(&loop->kept[i]);
        loop->kept[i] = loop->kept[--loop->kept_count];
    }
    (void)pthread_mutex_unlock(&loop->lock);
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

        if (!akv_loop_intact(loop))
            break;
        if (n > 0)
            dispatch(loop, events, n);
        run_queue(loop);
        run_timers(loop);
        akv_wipe_traces(AKV_TRACES_LOOP); /* it may wait long for the next */
    }
    run_queue(loop);
    if (atomic_load(&loop->lost))
        run_on_loss(loop);
    akv_wipe_traces(AKV_TRACES_LOOP);
    akv_tls_thread_leave(tls);
    if (atomic_load(&loop->lost) && !atomic_flag_test_and_set(&loop->is_joined))
        (void)pthread_detach(pthread_self()); /* nobody will come */
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
    close_all(loop);
    free(loop->kept);
    akv_event_destroy(&loop->ended);
    (void)pthread_mutex_destroy(&loop->lock);
    free(loop);
}

static bool make_epoll(struct akv_loop *loop)
{
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0)
        return false;
    if (watch_wake(loop, EPOLL_CTL_ADD))
        return true;
    (void)close(loop->epoll);
    loop->epoll = -1;
    return false;
}

static struct akv_loop *loop_new(void)
{
    struct akv_loop *loop = calloc(1, sizeof(*loop));

    if (loop == NULL || !akv_event_init(&loop->ended)) {
        free(loop);
        return NULL;
    }
    (void)pthread_mutex_init(&loop->lock, NULL);
    atomic_flag_clear(&loop->is_joined);
    loop->timers.prev = loop->timers.next = &loop->timers;
    loop->last = &loop->first;
    if (akv_fd_pipe(&loop->wake, &loop->waker) && make_epoll(loop))
        return loop;
    akv_fd_close(&loop->wake); /* it is not intact yet */
    akv_fd_close(&loop->waker);
    loop_free(loop);
    return NULL;
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
    if (!akv_fd_is_ours(&loop->waker))
        return;
    while (write(loop->waker.fd, "", 1) < 0 && errno == EINTR)
        ; /* where the pipe is full the thread is awake */
}

static void loop_stop(struct akv_loop *loop)
{
    atomic_store(&loop->stop, true);
    wake_up(loop);
    if (!akv_event_wait(&loop->ended, now_ms() + STOP_MS)
        || atomic_flag_test_and_set(&loop->is_joined))
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
    if (process->loop != NULL && !akv_loop_intact(process->loop)) {
        process->loop->next_lost = process->lost;
        process->lost = process->loop;
        process->loop = NULL;
        process->refs = 0;
    }
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
    if (process->loop == loop && akv_loop_intact(loop)
        && --process->refs == 0) {
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
    loop->watched += !known;
    if (atomic_load(&loop->lost))
        return false;
    return epoll_ctl(loop->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
                     watch->fd, &event)
           == 0;
}

void akv_loop_unwatch(struct akv_loop *loop, struct akv_watch *watch)
{
    int i;

    loop->watched--;
    if (!atomic_load(&loop->lost))
        (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    for (i = 0; loop->events != NULL && i < loop->event_count; i++)
        if (loop->events[i].data.ptr == watch)
            loop->events[i].data.ptr = NULL;
}
