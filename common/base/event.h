/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Something that happens once, and that others wait for with a bound: threads,
 * or jobs of which one thread runs many in turn. What was written before it was
 * set is seen by whoever saw it set.
 */

#ifndef AKV_EVENT_H
#define AKV_EVENT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "akv/error.h"
#include "base/waiter.h"

struct akv_event {
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t cond;
    bool is_set;
    struct akv_wait *waits; /* borrowed: of jobs */
};

/* False: no memory. */
bool akv_event_init(struct akv_event *event) AKV_MUST_CHECK;

/* Nobody may be using it any more. */
void akv_event_destroy(struct akv_event *event);

void akv_event_set(struct akv_event *event);

/* Waits until it is set or the monotonic clock shows until_ms; true: set. */
bool akv_event_wait(struct akv_event *event, int64_t until_ms) AKV_MUST_CHECK;

/* The same where *also, which another thread sets before akv_event_poke(), ends
 * it, too. */
bool akv_event_wait_or(struct akv_event *event, const atomic_bool *also,
                       int64_t until_ms);
void akv_event_poke(struct akv_event *event);

/* The same by a wait that has begun, which it ends. NULL: the thread is
 * blocked. */
bool akv_event_wait_by(struct akv_event *event, struct akv_wait *wait,
                       int64_t until_ms) AKV_MUST_CHECK;

#endif
