/* SPDX-License-Identifier: Apache-2.0 */

/* Which answers are worth another try, and how long to wait before it. */

#ifndef AKV_RETRY_H
#define AKV_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "http.h"

/* Tries after a connection that failed; answers are tried until the deadline
 * instead, since a server that answers is there. */
#define AKV_RETRY_CONNECTIONS 3

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

#endif
