/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <time.h>

#include "clock.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t offset;
static int64_t stopped_at; /* system time at which the clock was frozen */
static bool frozen;

static int64_t base(void)
{
    return frozen ? stopped_at : (int64_t)time(NULL);
}

int64_t emu_now(void)
{
    int64_t now;

    pthread_mutex_lock(&lock);
    now = base() + offset;
    pthread_mutex_unlock(&lock);
    return now;
}

void emu_clock_get(struct emu_clock_state *state)
{
    pthread_mutex_lock(&lock);
    state->now = base() + offset;
    state->offset = offset;
    state->frozen = frozen;
    pthread_mutex_unlock(&lock);
}

void emu_clock_set_offset(int64_t seconds)
{
    pthread_mutex_lock(&lock);
    offset = seconds;
    pthread_mutex_unlock(&lock);
}

void emu_clock_advance(int64_t seconds)
{
    pthread_mutex_lock(&lock);
    offset += seconds;
    pthread_mutex_unlock(&lock);
}

void emu_clock_freeze(bool freeze)
{
    pthread_mutex_lock(&lock);
    if (freeze && !frozen)
        stopped_at = (int64_t)time(NULL);
    frozen = freeze;
    pthread_mutex_unlock(&lock);
}
