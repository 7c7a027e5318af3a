/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a client has done in this process: counters, and how long operations
 * took. The I/O thread counts; any thread may read.
 */

#ifndef AKV_STATS_H
#define AKV_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The counters; opaque. */
struct akv_stats;

/* The same at one moment. */
struct akv_stats_read {
    uint64_t calls, failures, requests, retries, tokens;
    uint64_t sum_ms, max_ms;
    uint64_t p50_ms, p99_ms; /* so many calls took no longer; powers of two */
};

void akv_stats_take(const struct akv_stats *stats, struct akv_stats_read *read);

/* "calls=3 failures=0 ..." for a log. */
void akv_stats_describe(const struct akv_stats *stats, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
