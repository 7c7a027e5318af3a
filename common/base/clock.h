/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Time, passed in so that tests can replace it. Two kinds, never mixed:
 * monotonic milliseconds measure how long something takes, wall-clock seconds
 * say when a token expires.
 */

#ifndef AKV_CLOCK_H
#define AKV_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct akv_clock {
    int64_t (*mono_ms)(void *arg); /* CLOCK_MONOTONIC, milliseconds */
    int64_t (*wall_s)(void *arg);  /* seconds since 1970-01-01 UTC */
    void *arg;                     /* borrowed */
};

/* The system's clock; lives for ever, safe from any thread. */
const struct akv_clock *akv_clock_system(void);

/* Reads 2026-01-31, 2026-01-31T12:00:00Z (RFC 3339) or seconds since 1970. */
bool akv_time_parse(const char *text, int64_t *time);

static inline int64_t akv_clock_mono(const struct akv_clock *clock)
{
    return clock->mono_ms(clock->arg);
}

static inline int64_t akv_clock_wall(const struct akv_clock *clock)
{
    return clock->wall_s(clock->arg);
}

#endif
