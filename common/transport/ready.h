/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A descriptor for others to poll: readable while it is up.
 *
 * It is an epoll of its own, so that it can stand for other descriptors, too,
 * and so that it is known again behind a number that a program may have closed
 * and given to another file (fd.h): an epoll that watches what is ours is ours.
 * For that it watches both ends of a pipe, one for nothing and one for being
 * writable, which it always is, while it is up. Of the epolls that watch one
 * file the kernel lets 500 be watched by others: a pipe serves 100.
 */

#ifndef AKV_READY_H
#define AKV_READY_H

#include "base/fd.h"

struct akv_ready_pipe;

struct akv_ready_fd {
    int fd;                      /* -1: none */
    struct akv_ready_pipe *pipe; /* the process's */
};

#define AKV_READY_FD_NONE                                                      \
    {                                                                          \
        -1, NULL                                                               \
    }

/* Any thread; of one descriptor, one at a time. Where it is not ours any more
 * nothing happens, and false is returned. */

/* Makes one that is down. False, with errno: it cannot. */
bool akv_ready_fd_open(struct akv_ready_fd *ready) AKV_MUST_CHECK;

/* Whether the number is still what was opened. */
bool akv_ready_fd_is_ours(const struct akv_ready_fd *ready) AKV_MUST_CHECK;

void akv_ready_fd_raise(const struct akv_ready_fd *ready);

/* True: it was up. Not while it watches another. */
bool akv_ready_fd_lower(const struct akv_ready_fd *ready);

/* It is readable while this other one is, too. False, with errno: it cannot. */
bool akv_ready_fd_watch(const struct akv_ready_fd *ready,
                        int other) AKV_MUST_CHECK;
void akv_ready_fd_unwatch(const struct akv_ready_fd *ready, int other);

void akv_ready_fd_close(struct akv_ready_fd *ready);

#endif
