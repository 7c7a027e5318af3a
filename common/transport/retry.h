/* SPDX-License-Identifier: Apache-2.0 */

/* Which answers are worth another try, and how long to wait before it. */

#ifndef AKV_RETRY_H
#define AKV_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/settings_impl.h"
#include "transport/http.h"

/*
 * Whether a connection that has failed for the nth time is worth another try:
 * until the deadline, as answers are that say so. Where others wait for the end
 * of the call, in servers (retry-after-failure is set), three times; then the
 * breaker (client/breaker.h) says how it goes on. A name that cannot be looked
 * up and a proxy that refuses are final at once: the resolver has tried by
 * itself, and a password that is wrong once too often locks an account.
 */
bool akv_retry_connection(const struct akv_settings *settings, unsigned nth);

/* 408, 429, 500, 502, 503 and 504. */
bool akv_retry_status(long status);

/*
 * Milliseconds to wait before try number attempt + 1: what the reply asks for
 * (retry-after-ms, x-ms-retry-after-ms, Retry-After in seconds or as a date;
 * reply may be NULL), but no less than the first pause; else 250 ms doubled
 * with each attempt up to 8 s and spread by a factor of 0.8 to 1.3. attempt
 * starts at 1; random is any number.
 */
int64_t akv_retry_delay(unsigned attempt, const struct akv_http_reply *reply,
                        const struct akv_clock *clock, uint32_t random);

/* A random number for the spread. Not for secrets. */
uint32_t akv_retry_random(void);

/* Milliseconds until the next try after one more failure: retry_ms doubled, up
 * to 30 s. before: what it was, 0 at first. */
int64_t akv_retry_pause(int64_t retry_ms, int64_t before);

/* Says of a failure, once more, that this was not tried. */
void akv_retry_not_tried(const struct akv_error *why, int64_t next_ms,
                         struct akv_error *err);

#endif
