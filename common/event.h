/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Something that happens once, and that others wait for with a bound: threads,
 * or jobs of which one thread runs many in turn. What was written before it was
 * set is seen by whoever saw it set.
 */

#ifndef AKV_EVENT_H
#define AKV_EVENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "waiter.h"

struct akv_turn;

struct akv_event {
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t cond;
    bool is_set;
    struct akv_turn *turns; /* owned: of those who wait by a waiter */
};

/* False: no memory. */
bool akv_event_init(struct akv_event *event) AKV_MUST_CHECK;

/* Nobody may be using it any more. */
void akv_event_destroy(struct akv_event *event);

void akv_event_set(struct akv_event *event);

/* Waits until it is set or the monotonic clock shows until_ms; true: set. */
bool akv_event_wait(struct akv_event *event, int64_t until_ms) AKV_MUST_CHECK;

/* The same by a waiter; NULL: the thread is blocked. */
bool akv_event_wait_by(struct akv_event *event, const struct akv_waiter *waiter,
                       int64_t until_ms) AKV_MUST_CHECK;

#endif
