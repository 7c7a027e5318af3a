/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "base/clock.h"
#include "base/event.h"
#include "unit.h"

static int64_t in_ms(int64_t ms)
{
    return akv_clock_mono(akv_clock_system()) + ms;
}

struct exchange {
    struct akv_event to, from;
    int value;
};

static void *answer(void *arg)
{
    struct exchange *exchange = arg;

    if (akv_event_wait(&exchange->to, in_ms(20000)))
        exchange->value *= 2;
    akv_event_set(&exchange->from);
    return NULL;
}

/* What was written before is seen behind it, both ways. */
static void between_threads(void)
{
    struct exchange exchange;
    pthread_t thread;
    int i;

    for (i = 0; i < 50; i++) {
        memset(&exchange, 0xff, sizeof(exchange));
        CHECK(akv_event_init(&exchange.to) && akv_event_init(&exchange.from));
        CHECK(pthread_create(&thread, NULL, answer, &exchange) == 0);
        exchange.value = i;
        akv_event_set(&exchange.to);
        CHECK(akv_event_wait(&exchange.from, in_ms(20000)));
        CHECK_INT("value", exchange.value, 2 * i);
        CHECK(pthread_join(thread, NULL) == 0);
        akv_event_destroy(&exchange.to);
        akv_event_destroy(&exchange.from);
    }
}

static void bounds(void)
{
    struct akv_event event;
    int64_t until = in_ms(20);

    CHECK(akv_event_init(&event));
    CHECK(!akv_event_wait(&event, in_ms(-1000)));
    CHECK(!akv_event_wait(&event, 0));
    CHECK(!akv_event_wait(&event, until));
    CHECK(in_ms(0) >= until);
    akv_event_set(&event);
    akv_event_set(&event);
    CHECK(akv_event_wait(&event, 0)); /* set is set, however late it is */
    CHECK(akv_event_wait(&event, in_ms(20000)));
    akv_event_destroy(&event);
}

/* Jobs of one thread: each has paused, and goes on, when it is its turn. */
static struct {
    struct akv_event event;
    struct akv_wait waits[2];
    int begun, woken, pauses, ended;
    int set_at;  /* the pause in which it is set */
    bool cannot; /* pause */
} jobs;

static bool is_job(const struct akv_wait *wait)
{
    return wait == &jobs.waits[0] || wait == &jobs.waits[1];
}

static void job_wake(struct akv_wait *wait)
{
    CHECK(is_job(wait));
    jobs.woken++;
}

static bool job_pause(struct akv_wait *wait)
{
    CHECK(is_job(wait));
    if (++jobs.pauses == jobs.set_at)
        akv_event_set(&jobs.event);
    return !jobs.cannot;
}

static void job_end(struct akv_wait *wait)
{
    CHECK(is_job(wait));
    jobs.ended++;
}

static struct akv_wait *begin(const struct akv_wait_ops *ops)
{
    struct akv_wait *wait = &jobs.waits[jobs.begun++];

    wait->ops = ops;
    return wait;
}

static const struct akv_wait_ops one = { job_wake, job_pause, job_end, NULL,
                                         NULL };

/* Another job of the thread waits for the same, and both go on. */
static bool nested_pause(struct akv_wait *wait)
{
    CHECK(is_job(wait));
    if (jobs.begun == 1)
        CHECK(akv_event_wait_by(&jobs.event, begin(&one), in_ms(20000)));
    return true;
}

static void by_jobs(void)
{
    static const struct akv_wait_ops two = { job_wake, nested_pause, job_end,
                                             NULL, NULL };
    static const struct {
        const char *name;
        const struct akv_wait_ops *ops;
        int set_at;
        bool cannot;
        int64_t ms;
        bool is_set;
        int begun, pauses;
    } rows[] = {
        { "set in a pause", &one, 3, false, 20000, true, 1, 3 },
        { "pauses are none", &one, 3, true, 20000, true, 1, 3 },
        { "too late", &one, 9, false, -1, false, 1, 0 },
        { "two jobs", &two, 2, false, 20000, true, 2, 2 },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        memset(&jobs, 0, sizeof(jobs));
        jobs.set_at = rows[i].set_at;
        jobs.cannot = rows[i].cannot;
        CHECK(akv_event_init(&jobs.event));
        CHECK_INT(rows[i].name,
                  akv_event_wait_by(&jobs.event, begin(rows[i].ops),
                                    in_ms(rows[i].ms)),
                  rows[i].is_set);
        CHECK_INT(rows[i].name, jobs.begun, rows[i].begun);
        CHECK_INT(rows[i].name, jobs.pauses, rows[i].pauses);
        CHECK_INT(rows[i].name, jobs.ended, rows[i].begun);
        CHECK_INT(rows[i].name, jobs.woken, rows[i].begun);
        akv_event_destroy(&jobs.event); /* no more of them is there */
        CHECK_INT(rows[i].name, jobs.woken, rows[i].begun);
    }
}

/* No pause is one: nobody spins meanwhile. */
static void never_set(void)
{
    memset(&jobs, 0, sizeof(jobs));
    jobs.cannot = true;
    CHECK(akv_event_init(&jobs.event));
    CHECK(!akv_event_wait_by(&jobs.event, begin(&one), in_ms(50)));
    CHECK(jobs.pauses >= 1 && jobs.pauses <= 50);
    CHECK_INT("ended", jobs.ended, 1);
    CHECK_INT("woken", jobs.woken, 1);
    akv_event_destroy(&jobs.event);
}

/* Each that has begun ends, whenever it was set. */
static void by_jobs_afterwards(void)
{
    memset(&jobs, 0, sizeof(jobs));
    CHECK(akv_event_init(&jobs.event));
    akv_event_set(&jobs.event);
    CHECK(akv_event_wait_by(&jobs.event, begin(&one), in_ms(20000)));
    CHECK(akv_event_wait_by(&jobs.event, NULL, in_ms(20000)));
    CHECK_INT("begun", jobs.begun, 1);
    CHECK_INT("woken", jobs.woken, 1);
    CHECK_INT("pauses", jobs.pauses, 0);
    CHECK_INT("ended", jobs.ended, 1);
    akv_event_destroy(&jobs.event);
}

static void *poke(void *arg)
{
    atomic_store((atomic_bool *)arg, true);
    akv_event_poke(&jobs.event);
    return NULL;
}

static void poked(void)
{
    atomic_bool also = false;
    pthread_t thread;

    memset(&jobs, 0, sizeof(jobs));
    CHECK(akv_event_init(&jobs.event));
    CHECK(pthread_create(&thread, NULL, poke, &also) == 0);
    CHECK(!akv_event_wait_or(&jobs.event, &also, in_ms(20000)));
    CHECK("poked" && atomic_load(&also));
    CHECK(pthread_join(thread, NULL) == 0);
    akv_event_destroy(&jobs.event);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "between threads", between_threads },
        { "bounds", bounds },
        { "by jobs", by_jobs },
        { "never set", never_set },
        { "by jobs, afterwards", by_jobs_afterwards },
        { "poked", poked },
    };

    return unit_main("event", tests, COUNT(tests));
}
