/* SPDX-License-Identifier: Apache-2.0 */

/* The real I/O thread. What is checked in it is recorded there and looked at
 * by the test's thread, behind an event. */

#include <fcntl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "transport/loop_drive.h"
#include "unit.h"

#define LONG_MS 20000 /* longer than anything here takes */

static struct akv_event ended;

static int64_t now_ms(void)
{
    return akv_clock_mono(akv_clock_system());
}

static struct akv_loop *acquire(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_loop *loop = akv_loop_acquire(unit_may_thread(), &err);

    CHECK_AT(err.message, loop != NULL);
    return loop;
}

static void set_event(void *arg)
{
    akv_event_set(arg);
}

/* Waits until the loop has done all that was posted before. */
static bool settle(struct akv_loop *loop)
{
    struct akv_event event;
    struct akv_task task = { NULL, set_event, &event };
    bool ok;

    if (!akv_event_init(&event))
        return false;
    akv_loop_post(loop, &task);
    ok = akv_loop_await(loop, &event, NULL, now_ms() + LONG_MS);
    akv_event_destroy(&event);
    return ok;
}

struct step {
    struct akv_task task;
    unsigned number;
};

static unsigned next_number, out_of_order;
static pthread_t where_it_ran;

static void count_step(void *arg)
{
    const struct step *step = arg;

    if (step->number != next_number++)
        out_of_order++;
    where_it_ran = pthread_self();
}

static void post_order(void)
{
    static struct step steps[2000];
    struct akv_loop *loop = acquire();
    unsigned i;

    next_number = out_of_order = 0;
    for (i = 0; i < COUNT(steps); i++) {
        steps[i].task.fn = count_step;
        steps[i].task.arg = &steps[i];
        steps[i].number = i;
        akv_loop_post(loop, &steps[i].task);
    }
    CHECK(settle(loop));
    CHECK_INT("run", next_number, COUNT(steps));
    CHECK_INT("out of order", out_of_order, 0);
    CHECK_INT("in this thread",
              pthread_equal(where_it_ran, pthread_self()) != 0,
              akv_loop_is_driven(loop));
    akv_loop_release(loop);
}

static atomic_uint chained;
static struct akv_loop *chain_loop;

static void post_next(void *arg)
{
    struct akv_task *task = arg;

    if (atomic_fetch_add(&chained, 1) < 99)
        akv_loop_post(chain_loop, task);
    else
        akv_event_set(&ended);
}

/* A task may post itself: its memory is free again when it is called. */
static void posted_by_a_task(void)
{
    struct akv_task task = { NULL, post_next, &task };

    CHECK(akv_event_init(&ended));
    atomic_store(&chained, 0);
    chain_loop = acquire();
    akv_loop_post(chain_loop, &task);
    CHECK(akv_loop_await(chain_loop, &ended, NULL, now_ms() + LONG_MS));
    CHECK_INT("runs", atomic_load(&chained), 100);
    akv_loop_release(chain_loop);
    akv_event_destroy(&ended);
}

#define TIMERS 12

struct timing {
    struct akv_loop *loop;
    struct akv_timer *timers[TIMERS];
    unsigned order[TIMERS], fired;
    int64_t started, took; /* setting them */
    int64_t files[TIMERS];
};

struct alarm {
    struct timing *timing;
    unsigned number, stops; /* the number of another that it stops, or itself */
};

static struct timing timing;
static struct alarm alarms[TIMERS];

static void ring(void *arg)
{
    const struct alarm *alarm = arg;

    timing.files[timing.fired] = now_ms() - timing.started;
    timing.order[timing.fired++] = alarm->number;
    if (alarm->stops != alarm->number)
        akv_loop_timer_stop(timing.loop, timing.timers[alarm->stops]);
    if (alarm->number == TIMERS - 1)
        akv_event_set(&ended);
}

/* Milliseconds of each timer, in the order in which they are set. */
static const int64_t delays[TIMERS] = { 30, 10, 20, 10, 0,  -5,
                                        0,  25, 10, 5,  20, 40 };

static void set_timers(void *arg)
{
    unsigned i;

    (void)arg;
    timing.started = now_ms();
    for (i = 0; i < TIMERS; i++) {
        alarms[i].timing = &timing;
        alarms[i].number = alarms[i].stops = i;
        timing.timers[i] =
            akv_loop_timer(timing.loop, delays[i], ring, &alarms[i]);
    }
    alarms[1].stops = 8; /* due at the same time, set later */
    alarms[9].stops = 7;
    akv_loop_timer_stop(timing.loop, timing.timers[0]);
    akv_loop_timer_stop(timing.loop, NULL);
    timing.took = now_ms() - timing.started;
}

static void run_timing(void)
{
    struct akv_task task = { NULL, set_timers, NULL };

    memset(&timing, 0, sizeof(timing));
    CHECK(akv_event_init(&ended));
    timing.loop = acquire();
    akv_loop_post(timing.loop, &task);
    CHECK(akv_loop_await(timing.loop, &ended, NULL, now_ms() + LONG_MS));
    CHECK(settle(timing.loop));
    akv_loop_release(timing.loop);
    akv_event_destroy(&ended);
}

/* By due time, and by the order of setting where that is the same. On a busy
 * machine setting them may take longer than they differ: once more then. */
static void timer_order(void)
{
    static const unsigned want[] = { 4, 5, 6, 9, 1, 3, 2, 10, 11 };
    unsigned i;

    for (i = 0; i < 100; i++) {
        run_timing();
        if (timing.took < 5)
            break;
    }
    CHECK_INT("fired", timing.fired, COUNT(want));
    for (i = 0; i < COUNT(want); i++) {
        CHECK_INT("order", timing.order[i], want[i]);
        CHECK(timing.files[i] >= delays[want[i]]);
    }
}

static unsigned rounds;

static void ring_again(void *arg)
{
    (void)arg;
    if (++rounds < 20)
        timing.timers[0] = akv_loop_timer(timing.loop, 0, ring_again, NULL);
    else
        akv_event_set(&ended);
}

static void start_again(void *arg)
{
    (void)arg;
    ring_again(NULL);
}

/* A timer that sets itself anew keeps nobody else from running. */
static void timer_anew(void)
{
    struct akv_task task = { NULL, start_again, NULL };

    CHECK(akv_event_init(&ended));
    rounds = 0;
    timing.loop = acquire();
    akv_loop_post(timing.loop, &task);
    CHECK(settle(timing.loop));
    CHECK(akv_loop_await(timing.loop, &ended, NULL, now_ms() + LONG_MS));
    CHECK_INT("rounds", rounds, 20);
    akv_loop_release(timing.loop);
    akv_event_destroy(&ended);
}

static void never(void *arg)
{
    (*(unsigned *)arg)++;
}

static void set_far_timers(void *arg)
{
    int i;

    for (i = 0; i < 10; i++)
        (void)!akv_loop_timer(timing.loop, 3600000 + i, never, arg);
}

/* What was posted is still done; timers are dropped, and freed. */
static void stop_with_pending(void)
{
    static struct step steps[100];
    unsigned fired = 0, i;
    struct akv_task task = { NULL, set_far_timers, &fired };

    next_number = out_of_order = 0;
    timing.loop = acquire();
    akv_loop_post(timing.loop, &task);
    for (i = 0; i < COUNT(steps); i++) {
        steps[i].task.fn = count_step;
        steps[i].task.arg = &steps[i];
        steps[i].number = i;
        akv_loop_post(timing.loop, &steps[i].task);
    }
    akv_loop_release(timing.loop); /* the thread is joined */
    CHECK_INT("posted tasks", next_number, COUNT(steps));
    CHECK_INT("timers", fired, 0);
}

struct reading {
    struct akv_watch watch;
    struct akv_loop *loop;
    char text[20];
    size_t len;
    bool ok, known;
};

static void on_readable(void *arg, int fd, uint32_t events)
{
    struct reading *reading = arg;
    ssize_t n = read(fd, reading->text + reading->len, 1);

    if (n == 1 && (events & EPOLLIN) != 0)
        reading->len++;
    if (n == 1 && reading->text[reading->len - 1] != '.')
        return;
    akv_loop_unwatch(reading->loop, &reading->watch);
    akv_event_set(&ended);
}

static void start_watch(void *arg)
{
    struct reading *reading = arg;

    reading->watch.events = EPOLLIN;
    reading->ok = akv_loop_watch(reading->loop, &reading->watch, false)
                  && akv_loop_watch(reading->loop, &reading->watch, true);
}

static void watch(void)
{
    static struct reading reading;
    struct akv_task task = { NULL, start_watch, &reading };
    int fds[2];

    CHECK(akv_event_init(&ended) && pipe(fds) == 0);
    memset(&reading, 0, sizeof(reading));
    reading.loop = acquire();
    reading.watch.fd = fds[0];
    reading.watch.fn = on_readable;
    reading.watch.arg = &reading;
    CHECK(write(fds[1], "one", 3) == 3);
    akv_loop_post(reading.loop, &task);
    CHECK(settle(reading.loop) && reading.ok);
    CHECK(write(fds[1], " two.", 5) == 5);
    CHECK(akv_loop_await(reading.loop, &ended, NULL, now_ms() + LONG_MS));
    CHECK_STR("read", reading.text, "one two.");
    CHECK(write(fds[1], "x", 1) == 1);
    CHECK(settle(reading.loop));
    CHECK_STR("unwatched", reading.text, "one two.");
    akv_loop_release(reading.loop);
    akv_event_destroy(&ended);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

/* Two descriptors of one round, each of which unwatches both. */
static struct reading pair[2];
static unsigned pair_calls;

static void on_either(void *arg, int fd, uint32_t events)
{
    (void)arg;
    (void)fd;
    (void)events;
    pair_calls++;
    akv_loop_unwatch(pair[0].loop, &pair[0].watch);
    akv_loop_unwatch(pair[0].loop, &pair[1].watch);
    akv_event_set(&ended);
}

static void start_pair(void *arg)
{
    start_watch(&pair[0]);
    start_watch(&pair[1]);
    (void)arg;
}

static void unwatch_another(void)
{
    struct akv_task task = { NULL, start_pair, NULL };
    int fds[4], i;

    CHECK(akv_event_init(&ended) && pipe(fds) == 0 && pipe(fds + 2) == 0);
    memset(pair, 0, sizeof(pair));
    pair_calls = 0;
    for (i = 0; i < 2; i++) {
        pair[i].loop = acquire();
        pair[i].watch.fd = fds[2 * i];
        pair[i].watch.fn = on_either;
        CHECK(write(fds[2 * i + 1], "x", 1) == 1);
    }
    akv_loop_post(pair[0].loop, &task);
    CHECK(akv_loop_await(pair[0].loop, &ended, NULL, now_ms() + LONG_MS));
    CHECK(settle(pair[0].loop));
    CHECK_INT("calls", pair_calls, 1);
    akv_loop_release(pair[0].loop);
    akv_loop_release(pair[1].loop);
    akv_event_destroy(&ended);
    for (i = 0; i < 4; i++)
        (void)close(fds[i]);
}

struct keeping {
    struct akv_loop *loop;
    int fds[3];
    bool ok;
};

/* As libcurl may do in the middle of a call: closes two, and tells of none. */
static void close_silently(void *arg)
{
    struct keeping *keeping = arg;
    struct akv_loop *loop = keeping->loop;
    int i;

    keeping->ok = true;
    for (i = 0; i < 3; i++)
        keeping->ok &= akv_loop_keep(loop, keeping->fds[i]);
    akv_loop_own_enter(loop);
    (void)close(keeping->fds[0]);
    keeping->ok &= akv_loop_intact(loop); /* another thread may ask meanwhile */
    akv_loop_own_gone(loop, keeping->fds[0]);
    akv_loop_own_gone(loop, keeping->fds[1]); /* it is still there */
    akv_loop_own_leave(loop);
    keeping->ok &= akv_loop_intact(loop);
    akv_loop_own_enter(loop);
    (void)close(keeping->fds[1]);
    akv_loop_own_gone(loop, -1);
    akv_loop_own_leave(loop);
    keeping->ok &= akv_loop_intact(loop);
    akv_loop_close(loop, keeping->fds[2]);
}

static void closed_silently(void)
{
    struct keeping keeping = { acquire(), { -1, -1, -1 }, false };
    struct akv_task task = { NULL, close_silently, &keeping };
    int i;

    for (i = 0; i < 3; i++)
        CHECK((keeping.fds[i] = dup(STDIN_FILENO)) >= 0);
    akv_loop_post(keeping.loop, &task);
    CHECK(settle(keeping.loop));
    CHECK("it has lost nothing" && keeping.ok);
    CHECK(fcntl(keeping.fds[2], F_GETFD) < 0);
    akv_loop_release(keeping.loop);
}

static atomic_uint done_in_threads;

static void *use_loop(void *arg)
{
    struct akv_error err = AKV_ERROR_INIT;
    int i;

    (void)arg;
    for (i = 0; i < 100; i++) {
        struct akv_loop *loop = akv_loop_acquire(unit_may_thread(), &err);

        if (loop == NULL)
            break;
        if (settle(loop))
            atomic_fetch_add(&done_in_threads, 1);
        akv_loop_release(loop);
    }
    return NULL;
}

/* The thread begins and ends as references come and go. */
static void from_several_threads(void)
{
    pthread_t threads[8];
    size_t i;

    atomic_store(&done_in_threads, 0);
    for (i = 0; i < COUNT(threads); i++)
        CHECK(pthread_create(&threads[i], NULL, use_loop, NULL) == 0);
    for (i = 0; i < COUNT(threads); i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK_INT("done", atomic_load(&done_in_threads), 100 * COUNT(threads));
}

static void one_for_all(void)
{
    struct akv_loop *a = acquire(), *b = acquire();

    CHECK(a == b);
    akv_loop_release(a);
    CHECK("a reference is left" && settle(b));
    akv_loop_release(b);
    akv_loop_release(NULL);
}

struct look {
    sigset_t blocked;
    OSSL_LIB_CTX *libctx;
};

static void look_around(void *arg)
{
    struct look *look = arg;

    (void)pthread_sigmask(SIG_SETMASK, NULL, &look->blocked);
    look->libctx = OSSL_LIB_CTX_set0_default(NULL);
}

/* The application's signals and library context are not the thread's. */
static void isolated(void)
{
    struct look look;
    struct akv_task task = { NULL, look_around, &look };
    struct akv_loop *loop = acquire();
    int blocks = !akv_loop_is_driven(loop);
    sigset_t blocked;

    memset(&look, 0, sizeof(look));
    akv_loop_post(loop, &task);
    CHECK(settle(loop));
    CHECK_INT("SIGTERM", sigismember(&look.blocked, SIGTERM), blocks);
    CHECK_INT("SIGCHLD", sigismember(&look.blocked, SIGCHLD), blocks);
    CHECK_INT("SIGPIPE", sigismember(&look.blocked, SIGPIPE), blocks);
    CHECK(look.libctx != NULL);
    CHECK(look.libctx != OSSL_LIB_CTX_set0_default(NULL));
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &blocked) == 0);
    CHECK("this thread's are as before" && !sigismember(&blocked, SIGTERM));
    akv_loop_release(loop);
}

/* In the child: 0 if all is as it should be. */
static int child_main(struct akv_loop *parents)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_loop *loop;

    akv_loop_release(parents); /* does nothing */
    loop = akv_loop_acquire(unit_may_thread(), &err);
    if (loop == NULL || loop == parents)
        return 1;
    if (!settle(loop))
        return 2;
    akv_loop_release(parents);
    if (!settle(loop))
        return 3;
    akv_loop_release(loop);
    loop = akv_loop_acquire(unit_may_thread(), &err);
    if (loop == NULL || !settle(loop))
        return 4;
    akv_loop_release(loop);
    return 0;
}

static void forked(void)
{
    struct akv_loop *loop = acquire();
    int status = -1;
    pid_t child;

    CHECK(settle(loop));
    child = fork();
    if (child == 0)
        _exit(child_main(loop));
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK_INT("child's status", WIFEXITED(status) ? WEXITSTATUS(status) : -1,
              0);
    CHECK("the parent's goes on" && settle(loop));
    akv_loop_release(loop);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "order of posting", post_order },
        { "posted by a task", posted_by_a_task },
        { "order of timers", timer_order },
        { "a timer set anew", timer_anew },
        { "stop with something pending", stop_with_pending },
        { "a watched descriptor", watch },
        { "one unwatches another", unwatch_another },
        { "one loop for all", one_for_all },
        { "closed silently", closed_silently },
        { "from several threads", from_several_threads },
        { "isolated", isolated },
/* The thread sanitizer allows no thread in a child of threads. */
#ifndef __SANITIZE_THREAD__
        { "after a fork", forked },
#endif
    };

    (void)forked;
    return unit_main("loop", tests, COUNT(tests));
}
