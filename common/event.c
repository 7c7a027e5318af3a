/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "cancel.h"
#include "clock.h"
#include "event.h"

/* On the heap: the stack of a job goes when it is abandoned. */
struct akv_turn {
    struct akv_turn *next;
    const struct akv_waiter *waiter;
    void *wait;
};

bool akv_event_init(struct akv_event *event)
{
    pthread_condattr_t attr;
    bool ok;

    event->is_set = false;
    event->turns = NULL;
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

static void wake_all(struct akv_turn *turns)
{
    while (turns != NULL) {
        struct akv_turn *turn = turns;

        turns = turn->next;
        turn->waiter->wake(turn->wait);
        free(turn);
    }
}

void akv_event_destroy(struct akv_event *event)
{
    wake_all(event->turns);
    (void)pthread_cond_destroy(&event->cond);
    (void)pthread_mutex_destroy(&event->lock);
}

void akv_event_set(struct akv_event *event)
{
    struct akv_turn *turns;

    (void)pthread_mutex_lock(&event->lock);
    event->is_set = true;
    turns = event->turns;
    event->turns = NULL;
    (void)pthread_cond_broadcast(&event->cond);
    (void)pthread_mutex_unlock(&event->lock);
    wake_all(turns);
}

bool akv_event_wait(struct akv_event *event, int64_t until_ms)
{
    int cancel = akv_cancel_off();
    struct timespec until;
    bool is_set;

    until.tv_sec = until_ms / 1000;
    until.tv_nsec = until_ms % 1000 * 1000000;
    (void)pthread_mutex_lock(&event->lock);
    while (!event->is_set)
        if (pthread_cond_timedwait(&event->cond, &event->lock, &until)
            == ETIMEDOUT)
            break;
    is_set = event->is_set;
    (void)pthread_mutex_unlock(&event->lock);
    akv_cancel_restore(cancel);
    return is_set;
}

/* Takes the turn. */
static void line_up(struct akv_event *event, struct akv_turn *turn)
{
    bool is_set;

    (void)pthread_mutex_lock(&event->lock);
    is_set = event->is_set;
    if (!is_set) {
        turn->next = event->turns;
        event->turns = turn;
    }
    (void)pthread_mutex_unlock(&event->lock);
    if (is_set)
        wake_all(turn); /* nobody else will */
}

bool akv_event_wait_by(struct akv_event *event, const struct akv_waiter *waiter,
                       int64_t until_ms)
{
    struct akv_turn *turn;
    void *wait;
    bool is_set;

    turn = waiter != NULL ? calloc(1, sizeof(*turn)) : NULL;
    wait = turn != NULL ? waiter->begin() : NULL;
    if (wait == NULL) {
        free(turn);
        return akv_event_wait(event, until_ms);
    }
    turn->waiter = waiter;
    turn->wait = wait;
    line_up(event, turn);
    while (!akv_event_wait(event, 0)
           && akv_clock_mono(akv_clock_system()) < until_ms)
        if (!waiter->pause(wait))
            break;
    is_set = akv_event_wait(event, until_ms);
    waiter->end(wait);
    return is_set;
}
