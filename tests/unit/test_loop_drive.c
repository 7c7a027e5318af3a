/* SPDX-License-Identifier: Apache-2.0 */

/* The loop's work where there is no thread: who does it, and who is told that
 * there is some. */

#include <openssl/err.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "transport/loop_drive.h"
#include "unit.h"

#define LONG_MS 20000 /* longer than anything here takes */

static int64_t in_ms(int64_t ms)
{
    return akv_clock_mono(akv_clock_system()) + ms;
}

static struct akv_loop *acquire(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_loop *loop = akv_loop_acquire(false, &err);

    CHECK_AT(err.message, loop != NULL);
    CHECK(akv_loop_is_driven(loop));
    return loop;
}

static bool is_up(const struct akv_ready_fd *ready, int ms)
{
    struct pollfd polled = { ready->fd, POLLIN, 0 };

    return poll(&polled, 1, ms) == 1;
}

/* Something that happens in the loop after a while. */
struct alarm {
    struct akv_loop *loop;
    struct akv_task task;
    struct akv_event rung;
    int64_t ms;
};

static void ring(void *arg)
{
    akv_event_set(arg);
}

static void set_alarm(void *arg)
{
    struct alarm *alarm = arg;

    if (akv_loop_timer(alarm->loop, alarm->ms, ring, &alarm->rung) == NULL)
        akv_event_set(&alarm->rung);
}

static void alarm_post(struct alarm *alarm, struct akv_loop *loop, int64_t ms)
{
    CHECK(akv_event_init(&alarm->rung));
    alarm->loop = loop;
    alarm->ms = ms;
    alarm->task = (struct akv_task){ NULL, set_alarm, alarm };
    akv_loop_post(loop, &alarm->task);
}

static bool has_rung(struct alarm *alarm)
{
    return akv_event_wait(&alarm->rung, 0);
}

static void spoil_queue(void *arg)
{
    (void)arg;
    ERR_clear_error();
    ERR_raise_data(ERR_LIB_USER, ERR_R_INTERNAL_ERROR, "the loop's");
}

static int queue_reason(void)
{
    return ERR_GET_REASON(ERR_get_error());
}

/* What libcurl does to the queue is not seen, and marks stay. */
static void error_queue(void)
{
    struct akv_task task = { NULL, spoil_queue, NULL };
    struct akv_loop *loop = acquire();
    struct alarm alarm;
    int round;

    for (round = 0; round < 2; round++) {
        ERR_clear_error();
        ERR_raise_data(ERR_LIB_USER, ERR_R_PASSED_NULL_PARAMETER, "text");
        CHECK(ERR_set_mark());
        ERR_raise(ERR_LIB_USER, ERR_R_MALLOC_FAILURE);
        akv_loop_post(loop, &task);
        alarm_post(&alarm, loop, 1);
        CHECK(akv_loop_await(loop, &alarm.rung, NULL, in_ms(LONG_MS)));
        CHECK_INT("last", ERR_GET_REASON(ERR_peek_last_error()),
                  ERR_R_MALLOC_FAILURE);
        CHECK(ERR_pop_to_mark());
        CHECK_INT("first", queue_reason(), ERR_R_PASSED_NULL_PARAMETER);
        CHECK_INT("no more", queue_reason(), 0);
        akv_event_destroy(&alarm.rung);
    }
    akv_loop_post(loop, &task); /* an empty one stays so */
    akv_loop_poll(loop, &(struct akv_mate){ .crew = NULL });
    CHECK_INT("empty", queue_reason(), 0);
    akv_loop_release(loop);
}

#define THREADS 8
#define ROUNDS 100

static atomic_uint in_time;

static void *wait_often(void *arg)
{
    struct akv_loop *loop = arg;
    struct alarm alarm;
    int i;

    for (i = 0; i < ROUNDS; i++) {
        alarm_post(&alarm, loop, i % 3);
        if (akv_loop_await(loop, &alarm.rung, NULL, in_ms(LONG_MS)))
            atomic_fetch_add(&in_time, 1);
        akv_event_destroy(&alarm.rung);
    }
    return NULL;
}

/* Each does the others' work, and hands over. */
static void threads(void)
{
    struct akv_loop *loop = acquire();
    pthread_t ids[THREADS];
    size_t i;

    atomic_store(&in_time, 0);
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_create(&ids[i], NULL, wait_often, loop) == 0);
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_join(ids[i], NULL) == 0);
    CHECK_INT("in time", atomic_load(&in_time), THREADS * ROUNDS);
    akv_loop_release(loop);
}

static void too_late(void)
{
    struct akv_loop *loop = acquire();
    struct alarm alarm;
    int64_t until = in_ms(20);

    alarm_post(&alarm, loop, LONG_MS);
    CHECK(!akv_loop_await(loop, &alarm.rung, NULL, until));
    CHECK(in_ms(0) >= until);
    akv_loop_release(loop); /* with its timer */
    akv_event_destroy(&alarm.rung);
}

struct crew {
    struct akv_loop *loop;
    struct akv_ready_fd ready[3];
    struct akv_mate mates[3];
};

static void crew_open(struct crew *crew)
{
    size_t i;

    memset(crew, 0, sizeof(*crew));
    crew->loop = acquire();
    for (i = 0; i < COUNT(crew->mates); i++) {
        CHECK(akv_ready_fd_open(&crew->ready[i]));
        akv_mate_join(crew->loop, &crew->mates[i], &crew->ready[i]);
    }
}

static void crew_close(struct crew *crew)
{
    size_t i;

    for (i = 0; i < COUNT(crew->mates); i++) {
        akv_mate_leave(crew->loop, &crew->mates[i]);
        akv_ready_fd_close(&crew->ready[i]);
    }
    akv_loop_release(crew->loop);
}

/* Which of them is told of an alarm; -1: none, or several. */
static int who_is_told(struct crew *crew, struct alarm *alarm)
{
    int told = -1, i;
    struct pollfd polled[3];

    alarm_post(alarm, crew->loop, 5);
    akv_loop_poll(crew->loop, &crew->mates[0]); /* sets it */
    for (i = 0; i < 3; i++)
        polled[i] = (struct pollfd){ crew->ready[i].fd, POLLIN, 0 };
    if (poll(polled, 3, LONG_MS) != 1)
        return -1;
    for (i = 0; i < 3; i++)
        if (polled[i].revents != 0)
            told = i;
    return told;
}

/* One of a thread's is in charge; when it leaves, another is. */
static void in_charge(void)
{
    struct crew crew;
    struct alarm alarm;
    int first, next;

    crew_open(&crew);
    first = who_is_told(&crew, &alarm);
    CHECK(first >= 0);
    akv_loop_poll(crew.loop, &crew.mates[first]);
    CHECK(has_rung(&alarm));
    CHECK("nothing is left to do" && !is_up(&crew.ready[first], 0));
    akv_event_destroy(&alarm.rung);

    akv_mate_leave(crew.loop, &crew.mates[first]);
    akv_mate_leave(crew.loop, &crew.mates[first]);
    next = who_is_told(&crew, &alarm);
    CHECK(next >= 0 && next != first);
    akv_mate_leave(crew.loop, &crew.mates[next]); /* with work to do */
    CHECK(!is_up(&crew.ready[next], 0));
    CHECK(is_up(&crew.ready[3 - first - next], LONG_MS));
    akv_loop_poll(crew.loop, &crew.mates[3 - first - next]);
    CHECK(has_rung(&alarm));
    akv_event_destroy(&alarm.rung);
    crew_close(&crew);
}

static sem_t inside, go_on;

static void stay(void *arg)
{
    (void)arg;
    (void)sem_post(&inside);
    (void)sem_wait(&go_on);
}

static void *stay_inside(void *loop)
{
    akv_loop_poll(loop, &(struct akv_mate){ .crew = NULL });
    return NULL;
}

/* Who finds somebody else in the loop is told again when he is out. */
static void barred(void)
{
    struct crew crew;
    struct akv_task task = { NULL, stay, NULL };
    struct alarm alarm;
    pthread_t other;
    int told;

    CHECK(sem_init(&inside, 0, 0) == 0 && sem_init(&go_on, 0, 0) == 0);
    crew_open(&crew);
    told = who_is_told(&crew, &alarm);
    CHECK(told >= 0);
    akv_loop_post(crew.loop, &task);
    CHECK(pthread_create(&other, NULL, stay_inside, crew.loop) == 0);
    CHECK(sem_wait(&inside) == 0);
    akv_loop_poll(crew.loop, &crew.mates[told]);
    CHECK("barred" && !is_up(&crew.ready[told], 0));
    akv_loop_poll(crew.loop, &crew.mates[told]);
    CHECK(sem_post(&go_on) == 0);
    CHECK(pthread_join(other, NULL) == 0);
    if (!has_rung(&alarm)) { /* the other's round may have done it */
        CHECK(is_up(&crew.ready[told], LONG_MS));
        akv_loop_poll(crew.loop, &crew.mates[told]);
    }
    CHECK(has_rung(&alarm));
    akv_event_destroy(&alarm.rung);
    crew_close(&crew);
}

/* A job, which is resumed when its descriptor is readable. */
static struct {
    struct akv_wait base;
    struct akv_ready_fd ready;
    int woken, paused, ended;
    bool cannot; /* pause */
    void (*abandoned)(void *arg);
    void *arg;
} job;

static void job_wake(struct akv_wait *wait)
{
    (void)wait;
    job.woken++;
    akv_ready_fd_raise(&job.ready);
}

static bool job_pause(struct akv_wait *wait)
{
    (void)wait;
    job.paused++;
    return !job.cannot && is_up(&job.ready, LONG_MS);
}

static void job_end(struct akv_wait *wait)
{
    (void)wait;
    job.ended++;
    (void)akv_ready_fd_lower(&job.ready);
}

static const struct akv_ready_fd *job_ready(struct akv_wait *wait)
{
    (void)wait;
    return &job.ready;
}

static void job_on_abandoned(struct akv_wait *wait, void (*fn)(void *arg),
                             void *arg)
{
    (void)wait;
    job.abandoned = fn;
    job.arg = arg;
}

static struct akv_wait *begin_job(void)
{
    static const struct akv_wait_ops ops = { job_wake, job_pause, job_end,
                                             job_ready, job_on_abandoned };

    memset(&job, 0, sizeof(job));
    job.base.ops = &ops;
    CHECK(akv_ready_fd_open(&job.ready));
    return &job.base;
}

static struct akv_wait *begin_job_that_cannot(void)
{
    struct akv_wait *wait = begin_job();

    job.cannot = true;
    return wait;
}

static void a_job(void)
{
    static const struct {
        const char *name;
        akv_waiter_fn *begin;
        int64_t ms;
        bool in_time;
    } rows[] = {
        { "resumed", begin_job, 10, true },
        { "at once", begin_job, 0, true },
        { "pauses are none", begin_job_that_cannot, 10, true },
        { "pauses are none, too late", begin_job_that_cannot, LONG_MS, false },
    };
    struct akv_loop *loop = acquire();
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct alarm alarm;

        alarm_post(&alarm, loop, rows[i].ms);
        CHECK_INT(rows[i].name,
                  akv_loop_await(loop, &alarm.rung, rows[i].begin,
                                 in_ms(rows[i].in_time ? LONG_MS : 30)),
                  rows[i].in_time);
        CHECK_INT(rows[i].name, job.woken, 1);
        CHECK_INT(rows[i].name, job.ended, 1);
        CHECK(rows[i].ms != 0 || job.paused == 0);
        CHECK(!is_up(&job.ready, 0));
        akv_ready_fd_close(&job.ready);
        if (rows[i].in_time)
            akv_event_destroy(&alarm.rung);
    }
    akv_loop_release(loop);
}

static struct crew abandoned_crew;
static struct alarm later;

/* It never comes back: somebody frees its connection, and another of the thread
 * is in charge. */
static bool pause_for_ever(struct akv_wait *wait)
{
    struct crew *crew = &abandoned_crew;
    bool ok = true;

    (void)wait;
    akv_mate_join(crew->loop, &crew->mates[0], &crew->ready[0]);
    ok &= is_up(&job.ready, LONG_MS) && !is_up(&crew->ready[0], 0);
    job.abandoned(job.arg);
    job.abandoned = NULL;
    ok &= !is_up(&job.ready, 0) && is_up(&crew->ready[0], LONG_MS);
    akv_loop_poll(crew->loop, &crew->mates[0]);
    ok &= has_rung(&later) && job.woken == 1;
    _exit(ok ? 0 : 1);
}

static struct akv_wait *begin_abandoned(void)
{
    static const struct akv_wait_ops ops = { job_wake, pause_for_ever, job_end,
                                             job_ready, job_on_abandoned };

    (void)begin_job();
    job.base.ops = &ops;
    return &job.base;
}

static int abandon(void)
{
    memset(&abandoned_crew, 0, sizeof(abandoned_crew));
    abandoned_crew.loop = acquire();
    alarm_post(&later, abandoned_crew.loop, 20);
    CHECK(akv_ready_fd_open(&abandoned_crew.ready[0]));
    return akv_loop_await(abandoned_crew.loop, &later.rung, begin_abandoned,
                          in_ms(LONG_MS))
               ? 2
               : 3;
}

static void abandoned(void)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0)
        _exit(abandon());
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK_INT("child", status, 0);
}

/* A child has a loop of its own, whoever was in the parent's. */
static int in_child(struct crew *parents)
{
    struct akv_loop *loop = acquire();
    struct alarm alarm;

    if (loop == parents->loop)
        return 1;
    alarm_post(&alarm, loop, 1);
    if (!akv_loop_await(loop, &alarm.rung, NULL, in_ms(LONG_MS)))
        return 2;
    akv_loop_release(loop);
    return 0;
}

static void forked(void)
{
    struct akv_task task = { NULL, stay, NULL };
    struct crew crew;
    pthread_t other;
    int status = -1;
    pid_t child;

    CHECK(sem_init(&inside, 0, 0) == 0 && sem_init(&go_on, 0, 0) == 0);
    crew_open(&crew);
    akv_loop_post(crew.loop, &task);
    CHECK(pthread_create(&other, NULL, stay_inside, crew.loop) == 0);
    CHECK(sem_wait(&inside) == 0);
    child = fork();
    if (child == 0)
        _exit(in_child(&crew));
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK_INT("child", status, 0);
    CHECK(sem_post(&go_on) == 0);
    CHECK(pthread_join(other, NULL) == 0);
    crew_close(&crew);
}

/* Who ends it waits for who is in it, but not for ever. */
static void end_while_inside(void)
{
    struct akv_task task = { NULL, stay, NULL };
    struct akv_loop *loop = acquire();
    pthread_t other;

    CHECK(sem_init(&inside, 0, 0) == 0 && sem_init(&go_on, 0, 0) == 0);
    akv_loop_post(loop, &task);
    CHECK(pthread_create(&other, NULL, stay_inside, loop) == 0);
    CHECK(sem_wait(&inside) == 0);
    CHECK(!akv_loop_claim(loop, in_ms(20)));
    CHECK(sem_post(&go_on) == 0);
    CHECK(akv_loop_claim(loop, in_ms(LONG_MS)));
    CHECK(!akv_loop_claim(loop, in_ms(0)));
    CHECK(pthread_join(other, NULL) == 0);
    /* It is claimed for good, and left so. */
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "error queue", error_queue },
        { "threads", threads },
        { "too late", too_late },
        { "in charge", in_charge },
        { "barred", barred },
        { "a job", a_job },
        { "abandoned", abandoned },
        { "forked", forked },
        { "ended while somebody is inside", end_while_inside },
    };

    return unit_main("drive", tests, COUNT(tests));
}
