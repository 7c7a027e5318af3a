/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a client has done in this process: counters, and how long operations
 * took. The I/O thread counts; any thread may read.
 */

#ifndef AKV_STATS_H
#define AKV_STATS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The counters at one moment. */
struct akv_stats_read {
    uint64_t calls, failures, requests, retries, tokens;
    uint64_t sum_ms, max_ms;
    uint64_t p50_ms, p99_ms; /* so many calls took no longer; powers of two */
};

#ifdef __cplusplus
}
#endif

#endif
