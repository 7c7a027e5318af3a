/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a client has done in this process: counters, and how long operations
 * took. The I/O thread counts; any thread may read.
 */

#ifndef AKV_STATS_H
#define AKV_STATS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AKV_STATS_BUCKETS 18 /* below 1, 2, 4 ... 65,536 ms, and above */

struct akv_stats {
    _Atomic uint64_t calls;    /* operations that have ended */
    _Atomic uint64_t failures; /* those that have failed */
    _Atomic uint64_t requests; /* HTTP requests to vaults */
    _Atomic uint64_t retries;  /* of operations */
    _Atomic uint64_t tokens;   /* that were asked for */
    _Atomic uint64_t sum_ms;   /* of the time from call to end */
    _Atomic uint64_t max_ms;
    _Atomic uint64_t buckets[AKV_STATS_BUCKETS]; /* calls by their time */
};

/* The same at one moment. */
struct akv_stats_read {
    uint64_t calls, failures, requests, retries, tokens;
    uint64_t sum_ms, max_ms;
    uint64_t p50_ms, p99_ms; /* so many calls took no longer; powers of two */
};

/* Adds one to a counter; stats may be NULL. */
#define AKV_COUNT(stats, counter)                                              \
    ((stats) != NULL ? (void)(stats)->counter++ : (void)0)

/* An operation has ended; stats may be NULL. */
void akv_stats_ended(struct akv_stats *stats, bool ok, int64_t ms);
void akv_stats_take(const struct akv_stats *stats, struct akv_stats_read *read);

/* "calls=3 failures=0 ..." for a log. */
void akv_stats_describe(const struct akv_stats *stats, char *text, size_t size);

#endif
