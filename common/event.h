/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Something that happens once, and that another thread waits for with a bound.
 * What was written before it was set is seen by whoever saw it set.
 */

#ifndef AKV_EVENT_H
#define AKV_EVENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct akv_event {
    pthread_mutex_t lock; /* guards is_set */
    pthread_cond_t cond;
    bool is_set;
};

/* False: no memory. */
bool akv_event_init(struct akv_event *event) AKV_MUST_CHECK;

/* Nobody may be using it any more. */
void akv_event_destroy(struct akv_event *event);

void akv_event_set(struct akv_event *event);

/* Waits until it is set or the monotonic clock shows until_ms; true: set. */
bool akv_event_wait(struct akv_event *event, int64_t until_ms) AKV_MUST_CHECK;

#endif
