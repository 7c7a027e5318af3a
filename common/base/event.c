/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Threads wait for the condition, by the monotonic clock; jobs line up as
 * waits. Each wait gets one wake(), by whoever takes it off the line, or by
 * itself if it comes too late: always without the lock, under which no other is
 * taken. Once all who wait have seen it set it may be destroyed: behind the
 * unlocking nothing of it is used any more.
 */

#include <errno.h>
#include <time.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/event.h"

#define BRIEF_MS 10

static const atomic_bool never;

bool akv_event_init(struct akv_event *event)
{
    pthread_condattr_t attr;
    bool ok;

    event->is_set = false;
    event->waits = NULL;
    if (pthread_condattr_init(&attr) != 0)
        return false;
    ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0
         && pthread_cond_init(&event->cond, &attr) == 0;
    (void)pthread_condattr_destroy(&attr);
    if (!ok)
        return false;
    if (pthread_mutex_init(&event->lock, NULL) == 0)
        return true;
    (void)pthread_cond_destroy(&event->cond);
    return false;
}

static void wake_all(struct akv_wait *waits)
{
    while (waits != NULL) {
        struct akv_wait *wait = waits;

        waits = wait->next;
        wait->ops->wake(wait);
    }
}

void akv_event_destroy(struct akv_event *event)
{
    wake_all(event->waits);
    (void)pthread_cond_destroy(&event->cond);
    (void)pthread_mutex_destroy(&event->lock);
}

void akv_event_set(struct akv_event *event)
{
    struct akv_wait *waits;

    (void)pthread_mutex_lock(&event->lock);
    event->is_set = true;
    waits = event->waits;
    event->waits = NULL;
    (void)pthread_cond_broadcast(&event->cond);
    (void)pthread_mutex_unlock(&event->lock);
    wake_all(waits);
}

bool akv_event_wait(struct akv_event *event, int64_t until_ms)
{
    return akv_event_wait_or(event, &never, until_ms);
}

bool akv_event_wait_or(struct akv_event *event, const atomic_bool *also,
                       int64_t until_ms)
{
    int cancel = akv_cancel_off();
    struct timespec until;
    bool is_set;

    until.tv_sec = until_ms / 1000;
    until.tv_nsec = until_ms % 1000 * 1000000;
    (void)pthread_mutex_lock(&event->lock);
    while (!event->is_set && !atomic_load(also) && until_ms > 0)
        if (pthread_cond_timedwait(&event->cond, &event->lock, &until)
            == ETIMEDOUT)
            break;
    is_set = event->is_set;
    (void)pthread_mutex_unlock(&event->lock);
    akv_cancel_restore(cancel);
    return is_set;
}

void akv_event_poke(struct akv_event *event)
{
    (void)pthread_mutex_lock(&event->lock);
    (void)pthread_cond_broadcast(&event->cond);
    (void)pthread_mutex_unlock(&event->lock);
}

static void line_up(struct akv_event *event, struct akv_wait *wait)
{
    bool is_set;

    (void)pthread_mutex_lock(&event->lock);
    is_set = event->is_set;
    if (!is_set) {
        wait->next = event->waits;
        event->waits = wait;
    }
    (void)pthread_mutex_unlock(&event->lock);
    if (is_set)
        wait->ops->wake(wait); /* nobody else will */
}

/* False: it is set after all, and whoever did that wakes the wait. */
static bool event_withdraw(struct akv_event *event, struct akv_wait *wait)
{
    struct akv_wait **at = &event->waits;
    bool found;

    (void)pthread_mutex_lock(&event->lock);
    while (*at != NULL && *at != wait)
        at = &(*at)->next;
    found = *at != NULL;
    if (found)
        *at = wait->next;
    (void)pthread_mutex_unlock(&event->lock);
    if (found)
        wait->ops->wake(wait);
    return found;
}

bool akv_event_wait_by(struct akv_event *event, struct akv_wait *wait,
                       int64_t until_ms)
{
    int64_t now;
    bool is_set;

    if (wait == NULL)
        return akv_event_wait(event, until_ms);
    line_up(event, wait);
    while (!(is_set = akv_event_wait(event, 0))
           && (now = akv_clock_mono(akv_clock_system())) < until_ms)
        if (!wait->ops->pause(wait))
            (void)akv_event_wait_or(event, &never, now + BRIEF_MS);
    if (!is_set)
        is_set = !event_withdraw(event, wait);
    wait->ops->end(wait);
    return is_set;
}
