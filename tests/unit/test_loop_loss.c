/* SPDX-License-Identifier: Apache-2.0 */

/* The I/O thread of a program that closes descriptors which it did not open. */

#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "transport/loop_drive.h"
#include "unit.h"

#define LONG_MS 20000 /* longer than anything here takes */

static int64_t now_ms(void)
{
    return akv_clock_mono(akv_clock_system());
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

static sem_t heard;

static void on_loss(void *arg)
{
    *(bool *)arg = true;
    (void)sem_post(&heard);
}

/* In a child, which has no other descriptors to lose: 0 if all is as it should
 * be. */
static int lose_descriptors(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_loop *loop = akv_loop_acquire(unit_may_thread(), &err), *next;

    if (loop == NULL || !settle(loop) || !akv_loop_intact(loop))
        return 1;
    closefrom(3);
    if (akv_loop_intact(loop) || akv_loop_intact(loop) || !akv_loop_lost(loop))
        return 2;
    next = akv_loop_acquire(unit_may_thread(), &err);
    if (next == NULL || next == loop || !settle(next))
        return 3;
    akv_loop_release(loop); /* does nothing */
    if (!settle(next))
        return 4;
    akv_loop_release(next);
    return 0;
}

static void in_child(int (*fn)(void))
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        (void)alarm(60);
        _exit(fn());
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK_INT("child's status", WIFEXITED(status) ? WEXITSTATUS(status) : -1,
              0);
}

static void lost(void)
{
    in_child(lose_descriptors);
}

static struct {
    struct akv_loop *loop;
    struct akv_watch *watch;
} watching;

static void start_watching(void *arg)
{
    (void)arg;
    if (!akv_loop_watch(watching.loop, watching.watch, false))
        (void)raise(SIGABRT);
}

/* One that is watched is looked at once a second. */
static int lose_while_watching(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_loop *loop = akv_loop_acquire(unit_may_thread(), &err);
    bool told = false, silent = false;
    struct akv_task tell = { NULL, on_loss, &told };
    struct akv_task off = { NULL, on_loss, &silent };
    struct akv_watch watch = { .events = EPOLLIN };
    struct akv_mate nobody = { .crew = NULL };
    struct akv_task post;
    struct timespec until;
    int ends[2];

    if (loop == NULL || pipe(ends) != 0 || sem_init(&heard, 0, 0) != 0)
        return 1;
    watch.fd = ends[0];
    watching.loop = loop;
    watching.watch = &watch;
    post = (struct akv_task){ NULL, start_watching, NULL };
    akv_loop_post(loop, &post);
    if (!settle(loop))
        return 2;
    akv_loop_on_loss(loop, &tell);
    akv_loop_on_loss(loop, &off); /* it would be the first */
    akv_loop_off_loss(loop, &off);
    closefrom(3);
    akv_loop_poll(loop, &nobody); /* where there is no thread */
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LONG_MS / 1000;
    return sem_timedwait(&heard, &until) == 0 && told && !silent ? 0 : 3;
}

static void lost_while_watching(void)
{
    in_child(lose_while_watching);
}

/* What a program closes while libcurl is at work: 0 if it is noticed. */
static struct {
    struct akv_loop *loop;
    int fd;          /* kept, and settled */
    bool closes_all; /* or that one alone */
    bool is_intact;  /* meanwhile */
} meanwhile;

static void lose_meanwhile(void *arg)
{
    (void)arg;
    if (!akv_loop_keep(meanwhile.loop, meanwhile.fd))
        return;
    akv_loop_settle(meanwhile.loop, meanwhile.fd);
    akv_loop_own_enter(meanwhile.loop);
    if (meanwhile.closes_all)
        closefrom(3);
    else
        (void)close(meanwhile.fd);
    akv_loop_own_gone(meanwhile.loop, -1);
    meanwhile.is_intact = akv_loop_intact(meanwhile.loop);
    akv_loop_own_leave(meanwhile.loop);
    (void)sem_post(&heard);
}

static int lose_while_unsure(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_task task = { NULL, lose_meanwhile, NULL };
    struct akv_mate nobody = { .crew = NULL };
    struct akv_loop *next;

    meanwhile.loop = akv_loop_acquire(unit_may_thread(), &err);
    meanwhile.fd = dup(STDIN_FILENO);
    meanwhile.is_intact = true;
    if (meanwhile.loop == NULL || meanwhile.fd < 0
        || sem_init(&heard, 0, 0) != 0)
        return 1;
    akv_loop_post(meanwhile.loop, &task);
    akv_loop_poll(meanwhile.loop, &nobody); /* where there is no thread */
    while (sem_wait(&heard) != 0) {
    }
    next = akv_loop_acquire(unit_may_thread(), &err);
    if (meanwhile.is_intact || next == meanwhile.loop || next == NULL
        || !settle(next))
        return 2;
    akv_loop_release(next);
    return 0;
}

static void lost_while_unsure(void)
{
    meanwhile.closes_all = false;
    in_child(lose_while_unsure);
    meanwhile.closes_all = true;
    in_child(lose_while_unsure);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "descriptors lost", lost },
        { "descriptors lost while one is watched", lost_while_watching },
        { "descriptors lost in the middle of a call", lost_while_unsure },
    };

    return unit_main("loop_loss", tests, COUNT(tests));
}
