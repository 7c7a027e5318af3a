/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Nothing waits here: callers compare the pause with their deadlines. Hints are
 * Retry-After (RFC 9110, 10.2.3) and Azure's own in milliseconds; one of more
 * than a day counts as a day.
 */

#include <stdlib.h>
#include <sys/random.h>

#include "base/date.h"
#include "base/settings_impl.h"
#include "transport/retry.h"

#define CONNECTIONS 3
#define FIRST_MS 250
#define LONGEST_MS 8000
#define LONGEST_PAUSE_MS 30000
#define LONGEST_HINT_MS (24LL * 3600 * 1000)

bool akv_retry_status(long status)
{
    return status == 408 || status == 429 || status == 500 || status == 502
           || status == 503 || status == 504;
}

bool akv_retry_connection(const struct akv_settings *settings, unsigned nth)
{
    return settings->retry_after_failure_ms <= 0 || nth <= CONNECTIONS;
}

/* -1 unless the text is a number of the unit. */
static int64_t number_hint(const char *text, int64_t unit_ms)
{
    long long value;
    char *end;

    if (text == NULL || *text < '0' || *text > '9')
        return -1;
    value = strtoll(text, &end, 10);
    if (*end != '\0')
        return -1;
    return value > LONGEST_HINT_MS / unit_ms ? LONGEST_HINT_MS
                                             : value * unit_ms;
}

static int64_t date_hint(const char *text, const struct akv_clock *clock)
{
    int64_t left;

    if (text == NULL || !akv_date_read_http(text, &left))
        return -1;
    left -= akv_clock_wall(clock);
    if (left > LONGEST_HINT_MS / 1000)
        return LONGEST_HINT_MS;
    return left > 0 ? left * 1000 : 0;
}

static int64_t server_hint(const struct akv_http_reply *reply,
                           const struct akv_clock *clock)
{
    int64_t ms = number_hint(reply->headers[AKV_H_RETRY_AFTER_MS], 1);

    if (ms < 0)
        ms = number_hint(reply->headers[AKV_H_X_MS_RETRY_AFTER_MS], 1);
    if (ms < 0)
        ms = number_hint(reply->headers[AKV_H_RETRY_AFTER], 1000);
    if (ms < 0)
        ms = date_hint(reply->headers[AKV_H_RETRY_AFTER], clock);
    return ms;
}

static int64_t retry_spread(int64_t ms, uint32_t random)
{
    return ms * (800 + random % 501) / 1000;
}

int64_t akv_retry_delay(unsigned attempt, const struct akv_http_reply *reply,
                        const struct akv_clock *clock, uint32_t random)
{
    int64_t hint = reply != NULL ? server_hint(reply, clock) : -1;
    int64_t ms = FIRST_MS;

    if (hint >= 0) {
        ms = retry_spread(FIRST_MS, random);
        return hint > ms ? hint : ms;
    }
    while (attempt-- > 1 && ms < LONGEST_MS)
        ms *= 2;
    return retry_spread(ms, random);
}

uint32_t akv_retry_random(void)
{
    uint32_t value = 0;

    if (getrandom(&value, sizeof(value), GRND_NONBLOCK) != sizeof(value))
        value = 250; /* early at boot: no spread is no harm */
    return value;
}

int64_t akv_retry_pause(int64_t retry_ms, int64_t before)
{
    int64_t wait = before > 0 ? 2 * before : retry_ms;

    return wait > LONGEST_PAUSE_MS && wait > retry_ms ? LONGEST_PAUSE_MS : wait;
}

void akv_retry_not_tried(const struct akv_error *why, int64_t next_ms,
                         struct akv_error *err)
{
    (void)akv_error_set(err, why->code,
                        "not tried, the next try is in %lld ms: %s",
                        (long long)next_ms, why->message);
    akv_error_set_reply(err, why->http_status, why->service_code,
                        why->inner_code, why->request_id);
}
