/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <time.h>

#include "event.h"

bool akv_event_init(struct akv_event *event)
{
    pthread_condattr_t attr;
    bool ok;

    event->is_set = false;
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

void akv_event_destroy(struct akv_event *event)
{
    (void)pthread_cond_destroy(&event->cond);
    (void)pthread_mutex_destroy(&event->lock);
}

void akv_event_set(struct akv_event *event)
{
    (void)pthread_mutex_lock(&event->lock);
    event->is_set = true;
    (void)pthread_cond_broadcast(&event->cond);
    (void)pthread_mutex_unlock(&event->lock);
}

bool akv_event_wait(struct akv_event *event, int64_t until_ms)
{
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
    return is_set;
}
