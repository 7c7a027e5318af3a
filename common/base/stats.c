/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Whoever is in the loop writes, one thread at a time; each counter is atomic
 * by itself, so that readers may see a moment between two of them. Times are
 * counted by powers of two of milliseconds: percentiles are upper bounds.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/stats_impl.h"

/* The first bucket whose limit is above. */
static size_t bucket_of(uint64_t ms)
{
    size_t i = 0;

    while (i + 1 < AKV_STATS_BUCKETS && ms >= (uint64_t)1 << i)
        i++;
    return i;
}

/* One thread writes: that the two steps are not one does not matter. */
void akv_stats_ended(struct akv_stats *stats, bool ok, int64_t ms)
{
    uint64_t took = ms > 0 ? (uint64_t)ms : 0;

    if (stats == NULL)
        return;
    stats->calls++;
    if (!ok)
        stats->failures++;
    stats->sum_ms += took;
    if (took > stats->max_ms)
        stats->max_ms = took;
    stats->buckets[bucket_of(took)]++;
}

/* The limit that a share of the calls stayed below, or the longest. */
static uint64_t stats_quantile(const struct akv_stats *stats, uint64_t calls,
                               unsigned percent)
{
    uint64_t seen = 0, max = stats->max_ms;
    size_t i;

    for (i = 0; i + 1 < AKV_STATS_BUCKETS; i++) {
        seen += stats->buckets[i];
        if (seen * 100 >= calls * percent)
            return (uint64_t)1 << i < max ? (uint64_t)1 << i : max;
    }
    return max;
}

void akv_stats_take(const struct akv_stats *stats, struct akv_stats_read *read)
{
    memset(read, 0, sizeof(*read));
    read->calls = stats->calls;
    read->failures = stats->failures;
    read->requests = stats->requests;
    read->retries = stats->retries;
    read->tokens = stats->tokens;
    read->sum_ms = stats->sum_ms;
    read->max_ms = stats->max_ms;
    read->p50_ms = stats_quantile(stats, read->calls, 50);
    read->p99_ms = stats_quantile(stats, read->calls, 99);
}

void akv_stats_describe(const struct akv_stats *stats, char *text, size_t size)
{
    struct akv_stats_read read;

    akv_stats_take(stats, &read);
    (void)snprintf(text, size,
                   "calls=%" PRIu64 " failures=%" PRIu64 " requests=%" PRIu64
                   " retries=%" PRIu64 " tokens=%" PRIu64 " mean_ms=%" PRIu64
                   " p50_ms=%" PRIu64 " p99_ms=%" PRIu64 " max_ms=%" PRIu64,
                   read.calls, read.failures, read.requests, read.retries,
                   read.tokens, read.calls > 0 ? read.sum_ms / read.calls : 0,
                   read.p50_ms, read.p99_ms, read.max_ms);
}
