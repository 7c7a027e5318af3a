/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Locks: the loop's is taken before an event's, and held while nobody waits.
 * The end of what somebody waits for may come in any of the loop's functions,
 * also before the first wait: it is looked at behind each. Nothing of a job is
 * paused while it is in the loop.
 */

#include <stdlib.h>
#include <sys/timerfd.h>

#include "akv/buf.h"
#include "base/cancel.h"
#include "transport/loop_impl.h"

#define BLOCKED_MS 100 /* of a job that cannot wait otherwise */

/* A thread that waits to take over. On its stack. */
struct akv_follower {
    struct akv_follower *next;
    struct akv_event *event; /* borrowed */
    atomic_bool promoted;    /* it is in the loop now */
};

/* A thread's jobs that wait. */
struct akv_crew {
    struct akv_crew *next;
    pthread_t thread;
    struct akv_mate *mates;
    struct akv_mate *in_charge; /* one of them, or NULL: none can be */
};

/* Crews. All of this with the loop's lock held. */

/* The next one whose descriptor can be made to stand for the loop's. Those who
 * wait are told if there is none. */
static void loop_drive_appoint(struct akv_loop *loop, struct akv_crew *crew)
{
    struct akv_mate *mate = crew->mates;

    while (mate != NULL && !akv_ready_fd_watch(mate->ready, loop->own.epoll))
        mate = mate->next;
    crew->in_charge = mate;
    if (mate != NULL)
        return;
    for (mate = crew->mates; mate != NULL; mate = mate->next)
        akv_ready_fd_raise(mate->ready);
}

static void loop_drive_bar(struct akv_loop *loop, struct akv_mate *mate)
{
    if (mate->barred)
        return;
    akv_ready_fd_unwatch(mate->ready, loop->own.epoll);
    mate->barred = true;
    loop->drivers.barred++;
}

static void loop_drive_unbar(struct akv_loop *loop, struct akv_mate *mate)
{
    if (!mate->barred)
        return;
    mate->barred = false;
    loop->drivers.barred--;
}

static void unbar_all(struct akv_loop *loop)
{
    struct akv_crew *crew;

    for (crew = loop->drivers.crews; crew != NULL && loop->drivers.barred > 0;
         crew = crew->next) {
        struct akv_mate *mate = crew->in_charge;

        if (mate == NULL || !mate->barred)
            continue;
        loop_drive_unbar(loop, mate);
        if (!akv_ready_fd_watch(mate->ready, loop->own.epoll))
            loop_drive_appoint(loop, crew);
    }
}

/* NULL: no memory. */
static struct akv_crew *get_crew(struct akv_loop *loop)
{
    struct akv_crew *crew = loop->drivers.crews;

    while (crew != NULL && !pthread_equal(crew->thread, pthread_self()))
        crew = crew->next;
    if (crew != NULL)
        return crew;
    crew = calloc(1, sizeof(*crew));
    if (crew == NULL)
        return NULL;
    crew->thread = pthread_self();
    crew->next = loop->drivers.crews;
    loop->drivers.crews = crew;
    return crew;
}

static void crew_free(struct akv_loop *loop, struct akv_crew *crew)
{
    struct akv_crew **at = &loop->drivers.crews;

    while (*at != crew)
        at = &(*at)->next;
    *at = crew->next;
    free(crew);
}

static void leave_crew(struct akv_loop *loop, struct akv_mate *mate)
{
    struct akv_crew *crew = mate->crew;
    struct akv_mate **at = &crew->mates;

    while (*at != mate)
        at = &(*at)->next;
    *at = mate->next;
    mate->crew = NULL;
    if (crew->in_charge == mate) {
        if (!mate->barred)
            akv_ready_fd_unwatch(mate->ready, loop->own.epoll);
        loop_drive_unbar(loop, mate);
        loop_drive_appoint(loop, crew);
    }
    if (crew->mates == NULL)
        crew_free(loop, crew);
}

/* For those who poll. */
static void loop_drive_arm(struct akv_loop *loop)
{
    const struct akv_timer *timer = loop->timers.next;
    struct itimerspec when = { { 0, 0 }, { 0, 0 } };
    int64_t armed = loop->drivers.armed;

    if (timer == &loop->timers
        || (armed > akv_loop_now() && armed <= timer->due))
        return;
    when.it_value.tv_sec = timer->due / 1000;
    when.it_value.tv_nsec = timer->due % 1000 * 1000000 + 1; /* 0: disarmed */
    if (timerfd_settime(loop->own.due, TFD_TIMER_ABSTIME, &when, NULL) == 0)
        loop->drivers.armed = timer->due;
}

/* In and out. */

static bool get_in(struct akv_loop *loop, struct akv_follower *me)
{
    bool in;

    (void)pthread_mutex_lock(&loop->lock);
    in = !loop->drivers.busy;
    loop->drivers.busy = true;
    if (!in && me != NULL) {
        me->next = loop->drivers.waiting;
        loop->drivers.waiting = me;
    }
    (void)pthread_mutex_unlock(&loop->lock);
    return in;
}

/* True: it is in the loop after all. */
static bool give_up(struct akv_loop *loop, struct akv_follower *me)
{
    struct akv_follower **at = &loop->drivers.waiting;
    bool in;

    (void)pthread_mutex_lock(&loop->lock);
    in = atomic_load(&me->promoted);
    while (!in && *at != me)
        at = &(*at)->next;
    if (!in)
        *at = me->next;
    (void)pthread_mutex_unlock(&loop->lock);
    return in;
}

/* Waits to be let in, or until the event is set. */
static bool get_in_by(struct akv_loop *loop, struct akv_event *event,
                      int64_t until_ms)
{
    struct akv_follower me = { .event = event };

    if (get_in(loop, &me))
        return true;
    (void)akv_event_wait_or(event, &me.promoted, until_ms);
    return give_up(loop, &me);
}

static void get_out(struct akv_loop *loop)
{
    struct akv_follower *next;

    (void)pthread_mutex_lock(&loop->lock);
    next = loop->drivers.waiting;
    if (next != NULL) {
        loop->drivers.waiting = next->next;
        atomic_store(&next->promoted, true);
        akv_event_poke(next->event);
    } else {
        loop->drivers.busy = false;
        if (loop->drivers.crews != NULL && !atomic_load(&loop->lost))
            loop_drive_arm(loop);
        if (loop->drivers.barred > 0)
            unbar_all(loop);
    }
    (void)pthread_mutex_unlock(&loop->lock);
}

/* The work, on the loop's stack. */

struct drive {
    struct akv_loop *loop;
    struct akv_event *event; /* until it is set, or NULL: one round */
    int64_t until_ms;
};

static bool is_over(const struct drive *drive)
{
    return drive->event != NULL
           && (akv_event_wait(drive->event, 0)
               || akv_loop_now() >= drive->until_ms);
}

static void drive_on_stack(void *arg)
{
    const struct drive *drive = arg;
    struct akv_loop *loop = drive->loop;
    bool again = true;

    if (loop->tls == NULL)
        loop->tls = akv_tls_shared();
    akv_tls_enter(loop->tls, loop->visit);
    akv_loop_work(loop);
    while (again && !atomic_load(&loop->lost) && !is_over(drive)) {
        int64_t most =
            drive->event != NULL ? drive->until_ms - akv_loop_now() : 0;

        again = akv_loop_round(loop, most) && drive->event != NULL;
    }
    if (atomic_load(&loop->lost)) /* another may have found that out */
        akv_loop_work(loop);
    akv_wipe_traces(AKV_TRACES_LOOP);
    akv_tls_leave(loop->tls, loop->visit);
}

/* Who is in the loop drives, and is out of it then. */
static void drive_until(struct akv_loop *loop, struct akv_event *event,
                        int64_t until_ms)
{
    struct drive what = { loop, event, until_ms };

    akv_stack_run(loop->stack, drive_on_stack, &what);
    get_out(loop);
}

/* In, unless somebody else is: then it is not told of work until he is out. */
static bool get_in_or_bar(struct akv_loop *loop, struct akv_mate *mate,
                          bool only_in_charge)
{
    bool in_charge, in = false;

    (void)pthread_mutex_lock(&loop->lock);
    in_charge = mate->crew != NULL && mate->crew->in_charge == mate;
    if (in_charge && loop->drivers.busy)
        loop_drive_bar(loop, mate);
    else if (!loop->drivers.busy && (in_charge || !only_in_charge))
        in = loop->drivers.busy = true;
    (void)pthread_mutex_unlock(&loop->lock);
    return in;
}

static void poll_once(struct akv_loop *loop, struct akv_mate *mate,
                      bool only_in_charge)
{
    int cancel = akv_cancel_off();

    if (get_in_or_bar(loop, mate, only_in_charge))
        drive_until(loop, NULL, 0);
    akv_cancel_restore(cancel);
}

/* False: it is the parent's, which a child neither works for nor changes. */
static bool is_driven_here(const struct akv_loop *loop)
{
    return loop->driven && akv_stamp_is_here(&loop->stamp);
}

void akv_loop_poll(struct akv_loop *loop, struct akv_mate *mate)
{
    if (is_driven_here(loop))
        poll_once(loop, mate, false);
}

bool akv_loop_claim(struct akv_loop *loop, int64_t until_ms)
{
    struct akv_event never;
    bool in;

    if (!akv_event_init(&never))
        return false;
    in = get_in_by(loop, &never, until_ms);
    akv_event_destroy(&never);
    return in;
}

/* Threads. */

static bool loop_drive_await(struct akv_loop *loop, struct akv_event *event,
                             int64_t until_ms)
{
    int cancel = akv_cancel_off();

    if (get_in_by(loop, event, until_ms))
        drive_until(loop, event, until_ms);
    akv_cancel_restore(cancel);
    return akv_event_wait(event, 0);
}

/* Jobs. */

/* Held by the job until it goes on or is abandoned, and by the event until it
 * is set. */
struct job {
    struct akv_wait base;
    atomic_uint refs;
    struct akv_wait *inner; /* counts for itself */
    struct akv_loop *loop;  /* borrowed; it outlives the operation */
    struct akv_event *event;
    struct akv_mate mate;
};

static void loop_drive_drop(struct job *job)
{
    if (atomic_fetch_sub(&job->refs, 1) == 1)
        free(job);
}

/* The base is the first member. */
static struct job *loop_drive_of(struct akv_wait *base)
{
    return (struct job *)base;
}

static void loop_drive_wake(struct akv_wait *base)
{
    struct job *job = loop_drive_of(base);

    akv_mate_leave(job->loop, &job->mate);
    job->inner->ops->wake(job->inner);
    loop_drive_drop(job);
}

static bool has_driver(const struct job *job)
{
    bool has;

    (void)pthread_mutex_lock(&job->loop->lock);
    has = job->mate.crew != NULL && job->mate.crew->in_charge != NULL;
    (void)pthread_mutex_unlock(&job->loop->lock);
    return has;
}

static bool loop_drive_pause_job(struct akv_wait *base)
{
    struct job *job = loop_drive_of(base);
    int64_t soon = akv_loop_now() + BLOCKED_MS;

    if (!akv_stamp_is_here(&job->loop->stamp)) /* a copy of the parent's */
        return job->inner->ops->pause(job->inner);
    if (has_driver(job) && job->inner->ops->pause(job->inner))
        poll_once(job->loop, &job->mate, true);
    else
        (void)loop_drive_await(job->loop, job->event, soon);
    return true;
}

static void loop_drive_end(struct akv_wait *base)
{
    struct job *job = loop_drive_of(base);

    job->inner->ops->end(job->inner);
    loop_drive_drop(job);
}

static void loop_drive_on_abandoned(void *arg)
{
    struct job *job = arg;

    if (!akv_stamp_is_here(&job->loop->stamp))
        return;
    akv_mate_leave(job->loop, &job->mate);
    loop_drive_drop(job);
}

/* NULL: no memory. */
static struct akv_wait *job_new(struct akv_loop *loop, struct akv_event *event,
                                struct akv_wait *inner)
{
    static const struct akv_wait_ops ops = { loop_drive_wake,
                                             loop_drive_pause_job,
                                             loop_drive_end, NULL, NULL };
    struct job *job = calloc(1, sizeof(*job));

    if (job == NULL)
        return NULL;
    job->base.ops = &ops;
    atomic_init(&job->refs, 2);
    job->inner = inner;
    job->loop = loop;
    job->event = event;
    inner->ops->on_abandoned(inner, loop_drive_on_abandoned, job);
    akv_mate_join(loop, &job->mate, inner->ops->ready(inner));
    return &job->base;
}

bool akv_loop_await(struct akv_loop *loop, struct akv_event *event,
                    akv_waiter_fn *begin, int64_t until_ms)
{
    struct akv_wait *inner = begin != NULL ? begin() : NULL, *job;

    if (!loop->driven)
        return akv_event_wait_by(event, inner, until_ms);
    job = inner != NULL ? job_new(loop, event, inner) : NULL;
    if (job != NULL) {
        akv_loop_poll(loop, &loop_drive_of(job)->mate);
        return akv_event_wait_by(event, job, until_ms);
    }
    if (inner != NULL) {
        inner->ops->wake(inner);
        inner->ops->end(inner);
    }
    return loop_drive_await(loop, event, until_ms);
}

/* Descriptors. */

void akv_mate_join(struct akv_loop *loop, struct akv_mate *mate,
                   const struct akv_ready_fd *ready)
{
    struct akv_crew *crew;

    if (!is_driven_here(loop))
        return;
    (void)pthread_mutex_lock(&loop->lock);
    crew = get_crew(loop);
    if (crew != NULL) {
        mate->crew = crew;
        mate->ready = ready;
        mate->barred = false;
        mate->next = crew->mates;
        crew->mates = mate;
        if (crew->in_charge == NULL)
            loop_drive_appoint(loop, crew);
        if (!loop->drivers.busy && !atomic_load(&loop->lost))
            loop_drive_arm(loop);
    }
    (void)pthread_mutex_unlock(&loop->lock);
}

void akv_mate_leave(struct akv_loop *loop, struct akv_mate *mate)
{
    if (!is_driven_here(loop))
        return;
    (void)pthread_mutex_lock(&loop->lock);
    if (mate->crew != NULL)
        leave_crew(loop, mate);
    (void)pthread_mutex_unlock(&loop->lock);
}
