/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>

#include "pause.h"

static long now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void emu_pause(int client_fd, int stop_fd, long ms)
{
    struct pollfd fds[2] = { { client_fd, POLLRDHUP, 0 },
                             { stop_fd, POLLIN, 0 } };
    long until = now_ms() + ms;

    for (;;) {
        long left = ms < 0 ? -1 : until - now_ms();
        int n;

        if (ms >= 0 && left <= 0)
            return;
        n = poll(fds, 2, left > INT_MAX ? INT_MAX : (int)left);
        if (n > 0 || (n < 0 && errno != EINTR))
            return;
    }
}
