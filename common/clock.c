/* SPDX-License-Identifier: Apache-2.0 */

#include <stddef.h>
#include <time.h>

#include "clock.h"

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
