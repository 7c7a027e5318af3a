/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The system's clocks, and times in options and parameters. A day stands for
 * its first second in UTC.
 */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/ascii.h"
#include "base/clock.h"

#define LATEST_TIME 253402300800 /* the year 10000 */

static int64_t system_mono_ms(void *arg)
{
    struct timespec now;

    (void)arg;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_wall_s(void *arg)
{
    (void)arg;
    return (int64_t)time(NULL);
}

const struct akv_clock *akv_clock_system(void)
{
    static const struct akv_clock clock = { system_mono_ms, system_wall_s,
                                            NULL };

    return &clock;
}

static bool parse_seconds(const char *text, int64_t *time)
{
    char *end;
    long long seconds = strtoll(text, &end, 10);

    if (!akv_is_digit(*text) || *end != '\0' || seconds >= LATEST_TIME)
        return false;
    *time = seconds;
    return true;
}

bool akv_time_parse(const char *text, int64_t *time)
{
    const char *end;
    struct tm tm;
    int day;

    if (parse_seconds(text, time))
        return true;
    memset(&tm, 0, sizeof(tm));
    end = strptime(text, "%Y-%m-%d", &tm);
    if (end != NULL && *end == 'T')
        end = strptime(end, "T%H:%M:%SZ", &tm);
    day = tm.tm_mday;
    if (end == NULL || *end != '\0')
        return false;
    *time = (int64_t)timegm(&tm);
    return tm.tm_mday == day; /* else it was a 31st of June */
}
